"""Tests of envs/text/environment.py."""

import subprocess
import sys
import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_for_sb3

from prefrl.envs.text.environment import TextGeneration
from prefrl.envs.text.errors import TextError
from prefrl.envs.text.registration import HORIZONS

PROMPTS = ["the film", "the plot of it", "my friend said"]
IDS = ["Sentiment", "IncreasingNumbers", "Dates", "SummariseFacts"]
LIGHT = """
import sys
import gymnasium
import prefrl.envs
for make in (gymnasium.make, gymnasium.make_vec):
    env = make("prefrl/Dates-v0")
    env.reset(seed=0)
    env.step(env.action_space.sample())
heavy = {"torch", "transformers", "mujoco"} & set(sys.modules)
assert not heavy, heavy
"""


def count_words(prompt: str, continuation: str) -> float:
    return 100 * len(prompt.split()) + len(continuation.split())


def make(**settings: Any) -> TextGeneration:
    settings = {"prompts": PROMPTS, "scorer": count_words, "horizon": 4, **settings}
    return TextGeneration(**settings)


def write(env: TextGeneration, text: str) -> list[tuple[Any, ...]]:
    """Write the tokens of a text; return what each step gave."""
    return [env.step(token) for token in env.task.tokenizer.encode(text)]


@pytest.mark.parametrize("name", IDS)
def test_every_task_passes_both_checkers_without_a_warning(name: str) -> None:
    env = gymnasium.make(f"prefrl/{name}-v0", render_mode="ansi").unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env)
        check_env_for_sb3(env)


def test_anybodys_own_task_passes_both_checkers() -> None:
    arguments: dict[str, Any] = {"prompts": PROMPTS, "scorer": "prefrl.envs.text.tasks.dates:score"}
    env = gymnasium.make("prefrl/TextGeneration-v0", render_mode="ansi", **arguments).unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env)
        check_env_for_sb3(env)


def test_there_is_an_id_per_task() -> None:
    assert len(HORIZONS) == len(IDS)


def test_no_model_is_loaded() -> None:
    subprocess.run([sys.executable, "-c", LIGHT], check=True)


def test_an_observation_holds_the_prompt_and_then_the_actions() -> None:
    env = make(prompts=["the film"], context=8)
    tokens = env.task.tokenizer.encode("the film")
    observation, _ = env.reset()
    assert observation["tokens"].tolist() == [*tokens, *[0] * (8 - len(tokens))]
    assert observation["length"].tolist() == observation["prompt_length"].tolist() == [len(tokens)]
    assert not observation["is_action"].any()
    observation = env.step(7)[0]
    assert observation["tokens"].tolist() == [*tokens, 7, *[0] * (7 - len(tokens))]
    assert observation["length"].tolist() == [len(tokens) + 1]
    assert observation["prompt_length"].tolist() == [len(tokens)]
    assert np.flatnonzero(observation["is_action"]).tolist() == [len(tokens)]


def test_the_end_token_ends_a_text_and_pays_its_score() -> None:
    env = make(prompts=["the film"])
    env.reset()
    steps = write(env, " was great")
    steps.append(env.step(env.task.tokenizer.end))
    assert [reward for _, reward, *_ in steps] == [0.0, 0.0, 202.0]
    assert [terminated for _, _, terminated, *_ in steps] == [False, False, True]
    assert not any(truncated for *_, truncated, _ in steps)


def test_the_horizon_ends_a_text_and_pays_its_score() -> None:
    env = make(prompts=["the film"])
    env.reset()
    steps = write(env, " was great and warm")
    assert [reward for _, reward, *_ in steps] == [0.0, 0.0, 0.0, 204.0]
    assert [terminated for _, _, terminated, *_ in steps] == [False, False, False, True]


def test_a_text_that_has_ended_needs_a_reset() -> None:
    env = make()
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(5)
    env.reset()
    env.step(env.task.tokenizer.end)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(5)


@pytest.mark.parametrize("action", [-1, 10_000])
def test_an_action_outside_the_vocabulary_is_refused(action: int) -> None:
    env = make()
    env.reset()
    with pytest.raises(gymnasium.error.InvalidAction, match=f"not \\[{action}\\]"):
        env.step(action)


def test_prompts_are_drawn_by_the_seed_and_all_come() -> None:
    env = make()
    drawn = []
    for _ in range(2):
        env.reset(seed=4)
        drawn.append([env.reset()[1]["segment_group"] for _ in range(30)])
    assert drawn[0] == drawn[1]
    assert set(drawn[0]) == {prompt.key for prompt in env.task.prompts}


def test_each_prompt_is_kept_for_some_episodes() -> None:
    env = make(samples_per_prompt=3, prompts=[f"the film {number}" for number in range(1000)])
    groups = [env.reset(seed=1)[1]["segment_group"]]
    groups += [env.reset()[1]["segment_group"] for _ in range(8)]
    assert groups == [key for key in groups[::3] for _ in range(3)]
    assert len(set(groups)) == 3
    env.reset()
    assert env.reset(seed=1)[1]["segment_group"] == groups[0]
    assert [env.reset()[1]["segment_group"] for _ in range(3)] == groups[1:4]


def test_every_step_counts_and_says_its_group() -> None:
    env = make(prompts=["the film"])
    _, info = env.reset()
    key = env.task.prompts[0].key
    assert info == {"segment_group": key}
    assert env.step(5)[-1] == {"segment_group": key, "segment_mask": True}


def test_a_text_can_be_drawn_later_by_another_copy() -> None:
    env = make(prompts=["the film"], render_mode="ansi")
    env.reset()
    first = env.snapshot()
    write(env, " was great")
    later = env.snapshot()
    assert env.render() == "the film | was great"
    other = make(prompts=["the film"])
    assert [other.draw(snapshot) for snapshot in (first, later)] == [
        "the film |",
        "the film | was great",
    ]
    assert first.shape == later.shape
    assert other.render() is None


def test_a_scorer_that_raises_is_named_with_the_text() -> None:
    env = make(prompts=["the film"], scorer=raise_lines)
    env.reset()
    write(env, " was")
    message = (
        r"scorer .*:raise_lines raised RuntimeError: two lines on the prompt 'the film' with the "
        r"continuation ' was'$"
    )
    with pytest.raises(TextError, match=message):
        env.step(env.task.tokenizer.end)


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_score_that_is_not_finite_is_named_with_the_text(score: float) -> None:
    env = make(prompts=["the film"], scorer=lambda prompt, continuation: score)
    env.reset()
    with pytest.raises(TextError, match=f"gave {score}.*the prompt 'the film'"):
        env.step(env.task.tokenizer.end)


def raise_lines(prompt: str, continuation: str) -> float:
    raise RuntimeError("two\nlines")


def test_read_gives_what_render_shows_after_the_action() -> None:
    env = make(render_mode="ansi", horizon=20, responder=lambda tokens, generator: tokens[:1])
    observation, _ = env.reset(seed=0)
    for token in env.task.tokenizer.encode(" the film was good"):
        prompt, written = env.read(observation, token)
        observation = env.step(token)[0]
        shown = env.render()
        assert shown is not None
        assert shown.startswith(f"{prompt} |{written}")
