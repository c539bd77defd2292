"""Functions named by `module:function`."""

import importlib
import re
from collections.abc import Callable
from typing import Any

from .errors import TextError

NAME = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def is_function_name(name: str) -> bool:
    """Return whether a string has the form `module:function`."""
    return NAME.fullmatch(name) is not None


def find_function(named: str | Callable[..., Any], purpose: str) -> Callable[..., Any]:
    """Return a function by its name, or the function itself.

    Args:
        named: `module:function`, or a function.
        purpose: What it is for, to be named in errors.

    Raises:
        TextError: If there is no such function, or its module cannot be imported.
    """
    if callable(named):
        return named
    if not is_function_name(named):
        raise TextError(f"the {purpose} {named!r} is no function; write module:function")
    module_name, _, name = named.partition(":")
    try:
        function = getattr(importlib.import_module(module_name), name, None)
    except Exception as error:  # whatever somebody's module does while it is imported
        raise TextError(
            f"the module of the {purpose} {named!r} cannot be imported: {one_line(error)}"
        ) from error
    if not callable(function):
        raise TextError(f"{module_name} has no function {name!r} to be the {purpose}")
    found: Callable[..., Any] = function
    return found


def function_name(function: Callable[..., Any]) -> str:
    """Return `module:function` of a function."""
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{function.__module__}:{name}"


def one_line(error: Exception) -> str:
    """Return what an error says, in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
