"""How many threads torch computes with."""

import os

from .text.settings import LanguageSettings


def set_threads(language: LanguageSettings | None) -> None:
    """Use one thread for small networks, and every processor for a language model that is given.

    Small networks would lose more by sharing than they compute; and with one thread the same
    numbers come out on every machine of a kind. `OMP_NUM_THREADS` overrides what is for large ones.

    Args:
        language: The settings of a run that writes texts.
    """
    import torch

    large = language is not None and language.model
    torch.set_num_threads(_processors() if large else 1)


def _processors() -> int:
    given = os.environ.get("OMP_NUM_THREADS", "")
    return int(given) if given.isdecimal() and int(given) else os.cpu_count() or 1
