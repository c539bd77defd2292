"""Which options were given that differ from their defaults."""

import dataclasses
from collections.abc import Iterator
from typing import Any


def changed(options: Any) -> Iterator[str]:
    """Yield the names of options that differ from their defaults, those of parts too.

    Args:
        options: A dataclass, whose fields may be dataclasses.
    """
    for field in dataclasses.fields(options):
        value, factory = getattr(options, field.name), field.default_factory
        if dataclasses.is_dataclass(value):
            yield from changed(value)
        elif value != (field.default if factory is dataclasses.MISSING else factory()):
            yield field.name


def flag(name: str) -> str:
    """Return an option's name as the command line writes it."""
    return name.replace("_", "-")
