"""Bad input to text tasks: one clear line each, whoever makes the environment."""

import sys
from pathlib import Path
from typing import Any

import pytest

from prefrl.clips import film_episode
from prefrl.environments import make, make_vector
from prefrl.errors import UserError

ENV_ID = "prefrl.envs:prefrl/TextGeneration-v0"
GOOD: dict[str, Any] = {"prompts": ["the film"], "scorer": "prefrl.envs.text.tasks.dates:score"}
LONG = "the film was very dull and the music was very loud"


def complaint(**settings: Any) -> str:
    """Make an environment and a vector; return what both complain of."""
    messages = []
    for attempt in (lambda: make(ENV_ID, settings), lambda: make_vector(ENV_ID, 2, settings)):
        with pytest.raises(UserError) as caught:
            attempt()
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert len(messages[0].splitlines()) == 1
    return messages[0].removeprefix(f"{ENV_ID} cannot be made: ")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"prompts": None}, "prompts is missing; give a file with one prompt per line"),
        ({"scorer": None}, "scorer is missing; give module:function"),
        ({"prompts": []}, "there is no prompt in what was given as prompts; give at least one"),
        ({"prompts": ["the film", ""]}, "the prompt '' has no tokens; leave it out"),
        ({"horizon": 0}, "horizon=0 is impossible; it must be a whole number from 1"),
        ({"horizon": 2.5}, "horizon=2.5 is impossible"),
        ({"samples_per_prompt": 0}, "samples_per_prompt=0 is impossible"),
        ({"prompt_seed": -1}, "prompt_seed=-1 is impossible"),
        ({"context": True}, "context=True is impossible"),
        ({"scorer": "score"}, "the scorer 'score' is no function; write module:function"),
        ({"scorer": "json:score"}, "json has no function 'score' to be the scorer"),
        (
            {"scorer": "no_such:score"},
            "the module of the scorer 'no_such:score' cannot be imported",
        ),
        ({"responder": "json:decoder"}, "json has no function 'decoder' to be the responder"),
        ({"prompts": "json:loads"}, "the function of the prompts, json:loads, raised TypeError"),
        ({"prompts": "missing.txt"}, "the prompts cannot be read from missing.txt"),
        ({"tokenizer": "missing"}, "there is no tokenizer missing; give a tokenizer.json"),
        ({"end_token": "<stop>"}, "has no token '<stop>'; give its end token as end_token"),
    ],
)
def test_settings_that_do_not_fit(settings: dict[str, Any], message: str) -> None:
    assert message in complaint(**{**GOOD, **settings})


def test_arguments_that_nothing_takes() -> None:
    with pytest.raises(UserError, match="unexpected keyword argument 'horison'"):
        make(ENV_ID, {**GOOD, "horison": 3})


def test_prompts_longer_than_the_context() -> None:
    message = complaint(**{**GOOD, "prompts": ["the film", LONG]}, context=12, horizon=4)
    assert message == (
        f"the prompt {LONG!r} has 11 tokens, which with the horizon of 4 exceed the context of 12; "
        "shorten it, or set context=15"
    )


def test_an_empty_prompt_file(tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("\n  \n")
    message = complaint(**{**GOOD, "prompts": str(tmp_path / "prompts.txt")})
    assert message == f"there is no prompt in {tmp_path / 'prompts.txt'}; give at least one"


def test_a_prompt_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_bytes(b"\xff\xfe\x00")
    message = complaint(**{**GOOD, "prompts": str(tmp_path / "prompts.txt")})
    assert "cannot be read" in message


@pytest.mark.parametrize("content", ["", "{}", "the film", '{"version": "1.0", "model": 3}'])
def test_a_tokenizer_file_that_is_none(content: str, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(content)
    for path in (tmp_path, tmp_path / "tokenizer.json"):
        message = complaint(**GOOD, tokenizer=str(path))
        assert message.endswith("is no tokenizer; give a tokenizer.json or its folder")


def test_a_film_of_text(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be drawn as pictures: it shows text"):
        film_episode(tmp_path / "film.mp4", "prefrl.envs:prefrl/Dates-v0", lambda observation: 5)
    assert not list(tmp_path.iterdir())


def test_without_the_package_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    assert "pip install 'prefrl[text]'" in complaint(**GOOD)
