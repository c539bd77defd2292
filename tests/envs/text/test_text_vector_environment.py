"""Tests of envs/text/vector_environment.py."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from vector_conformance import check_vector

import prefrl.envs  # noqa: F401  # registers the ids
from prefrl.envs.text.environment import TextGeneration
from prefrl.envs.text.errors import TextError
from prefrl.envs.text.task import Tokens
from prefrl.envs.text.vector_environment import TextGenerationVector

MODES = list(AutoresetMode)
IDS = ["Sentiment", "IncreasingNumbers", "Dates", "SummariseFacts"]


def mumble(tokens: Tokens, generator: np.random.Generator) -> Sequence[int]:
    """Reply to a third of all actions, by up to three tokens."""
    if generator.integers(3):
        return []
    return [int(token) for token in generator.integers(0, 300, generator.integers(1, 4))]


def total(prompt: str, continuation: str) -> float:
    return len(prompt) + 1000 * sum(continuation.encode())


SETTINGS: dict[str, Any] = {
    "prompts": ["the film", "my friend said", "overall , the plot"],
    "scorer": total,
    "horizon": 9,
    "context": 18,
    "samples_per_prompt": 2,
    "responder": mumble,
}


def make_vector(count: int = 3, **settings: Any) -> TextGenerationVector:
    return TextGenerationVector(count, **{**SETTINGS, **settings})


@pytest.mark.parametrize("mode", MODES)
def test_a_vector_equals_single_environments_step_by_step(mode: AutoresetMode) -> None:
    check_vector(partial(make_vector, autoreset_mode=mode), partial(TextGeneration, **SETTINGS))


@pytest.mark.parametrize("name", IDS)
def test_the_registered_vectors_equal_single_environments(name: str) -> None:
    env_id = f"prefrl/{name}-v0"
    vectorised = partial(
        gymnasium.make_vec, env_id, 2, vectorization_mode="vector_entry_point", horizon=5
    )
    check_vector(
        vectorised, lambda: gymnasium.make(env_id, disable_env_checker=True, horizon=5), steps=40
    )


def test_equal_seeds_give_equal_prompts() -> None:
    vector = make_vector(4, prompts=[f"the film {number}" for number in range(1000)])
    _, infos = vector.reset(seed=[5, 5, 6, 6])
    first = infos["segment_group"].tolist()
    assert first == [first[0]] * 2 + [first[2]] * 2
    assert first[0] != first[2]


def test_texts_are_drawn_and_rendered_side_by_side() -> None:
    vector = make_vector(2, prompts=["the film"], render_mode="ansi", responder=None)
    vector.reset()
    (word,) = vector.task.tokenizer.encode(" was")
    vector.step(np.array([word, vector.task.tokenizer.encode(" is")[0]]))
    assert vector.render() == ("the film | was", "the film | is")
    assert vector.snapshot().shape == (2, 20)
    assert make_vector(2).render() is None


def test_seeds_can_be_read_back() -> None:
    vector = make_vector(2)
    vector.reset(seed=8)
    assert vector.np_random_seed == (8, 9)
    assert len(vector.np_random) == 2


def test_a_text_that_has_ended_needs_a_reset_where_nobody_else_does_it() -> None:
    vector = make_vector(2, autoreset_mode="Disabled", responder=None)
    vector.reset()
    vector.step(np.array([1, 7]))
    with pytest.raises(gymnasium.error.ResetNeeded, match=r"texts \[0\] have ended"):
        vector.step(np.array([7, 7]))
    vector.reset(options={"reset_mask": np.array([True, False])})
    vector.step(np.array([7, 7]))


@pytest.mark.parametrize("mask", [[True], [False, False], [1, 0]])
def test_a_mask_must_be_one(mask: list[Any]) -> None:
    vector = make_vector(2)
    with pytest.raises(TextError, match=r"reset_mask.* must hold 2 bools"):
        vector.reset(options={"reset_mask": np.array(mask)})


def test_there_must_be_a_seed_per_text() -> None:
    with pytest.raises(TextError, match="3 seeds were given for 2 texts"):
        make_vector(2).reset(seed=[1, 2, 3])


@pytest.mark.parametrize("actions", [[1], [[1, 1]], [-1, 1], [1, 5000]])
def test_actions_must_be_tokens(actions: list[Any]) -> None:
    vector = make_vector(2)
    vector.reset()
    with pytest.raises(gymnasium.error.InvalidAction):
        vector.step(np.array(actions))


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(TextError, match="autoreset_mode='never' is impossible"):
        make_vector(autoreset_mode="never")
