"""How many threads torch computes with."""

import os
from collections.abc import Iterator

import pytest
import torch

from prefrl.agents.text.settings import LanguageSettings
from prefrl.agents.threads import set_threads


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("language", [None, LanguageSettings()])
def test_small_networks_use_one(language: LanguageSettings | None) -> None:
    torch.set_num_threads(3)
    set_threads(language)
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize(
    ("given", "threads"), [("3", 3), ("", os.cpu_count()), ("0", os.cpu_count()), (None, None)]
)
def test_a_language_model_that_is_given_uses_all_or_as_many_as_the_environment_says(
    given: str | None, threads: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if given is None:
        monkeypatch.delenv("OMP_NUM_THREADS")
    else:
        monkeypatch.setenv("OMP_NUM_THREADS", given)
    set_threads(LanguageSettings(model="somewhere"))
    assert torch.get_num_threads() == (threads or os.cpu_count())
