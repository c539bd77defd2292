"""Tests of envs/text/transcripts.py: what responders append."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from prefrl.envs.text.environment import TextGeneration
from prefrl.envs.text.errors import TextError
from prefrl.envs.text.task import Responder, Tokens

END = 1
SILENCE: list[int] = []


def make(responder: Responder, **settings: Any) -> TextGeneration:
    settings = {"prompts": ["the film"], "horizon": 3, "context": 12, **settings}
    return TextGeneration(scorer=lambda prompt, text: len(text), responder=responder, **settings)


def answer_end(tokens: Tokens, generator: np.random.Generator) -> Sequence[int]:
    return [20, 21] if tokens[-1] == END else SILENCE


def shown(env: TextGeneration, observation: Any) -> list[int]:
    """Return what follows the prompt."""
    start, length = int(observation["prompt_length"][0]), int(observation["length"][0])
    assert not observation["tokens"][length:].any()
    tokens: list[int] = observation["tokens"][start:length].tolist()
    return tokens


def test_an_answered_end_goes_on_and_replies_are_no_actions() -> None:
    env = make(answer_end)
    env.reset()
    env.step(30)
    observation, reward, terminated, _, _ = env.step(END)
    assert shown(env, observation) == [30, END, 20, 21]
    assert not terminated
    assert reward == 0
    start = int(observation["prompt_length"][0])
    assert observation["is_action"][start : start + 4].tolist() == [1, 1, 0, 0]


def test_the_horizon_counts_actions_and_its_last_gets_no_answer() -> None:
    env = make(answer_end)
    env.reset()
    assert not env.step(END)[2]
    assert not env.step(END)[2]
    observation, _, terminated, _, _ = env.step(END)
    assert terminated
    assert shown(env, observation) == [END, 20, 21, END, 20, 21, END]


def test_silence_ends_a_text_at_its_end_token() -> None:
    env = make(lambda tokens, generator: SILENCE)
    env.reset()
    assert env.step(END)[2]


def test_a_reply_is_cut_to_the_context_which_then_ends_the_text() -> None:
    env = make(lambda tokens, generator: range(20, 40), context=9)
    env.reset()
    observation, _, terminated, _, _ = env.step(30)
    assert terminated
    written = 9 - int(observation["prompt_length"][0])
    assert shown(env, observation) == [30, *range(20, 20 + written - 1)]


def test_a_responder_sees_all_tokens_and_cannot_change_them() -> None:
    seen = []

    def spoil(tokens: Tokens, generator: np.random.Generator) -> Sequence[int]:
        seen.append(tokens.tolist())
        tokens[:] = 0
        return [20]

    env = make(spoil)
    start = env.task.tokenizer.encode("the film")
    env.reset()
    env.step(30)
    observation = env.step(31)[0]
    assert seen == [[*start, 30], [*start, 30, 20, 31]]
    assert shown(env, observation) == [30, 20, 31, 20]


def test_random_replies_come_from_the_environments_seed() -> None:
    env = make(lambda tokens, generator: [int(generator.integers(2, 200))])
    replies = []
    for seed in (0, 0, 1):
        env.reset(seed=seed)
        replies.append(shown(env, env.step(30)[0]))
    assert replies[0] == replies[1] != replies[2]


def test_replies_are_drawn_in_brackets_and_scored() -> None:
    env = make(lambda tokens, generator: answer, horizon=1000, context=1010)
    answer = env.task.tokenizer.encode(" it rained")
    env.reset()
    for token in env.task.tokenizer.encode(" was"):
        env.step(token)
    assert env.draw(env.snapshot()) == "the film | was[ it rained]"


def test_a_responder_that_raises_is_named_with_the_text() -> None:
    def fail(tokens: Tokens, generator: np.random.Generator) -> Sequence[int]:
        raise KeyError("turn")

    env = make(fail)
    env.reset()
    with pytest.raises(TextError, match=r"fail raised KeyError: 'turn' on 'the film"):
        env.step(env.task.tokenizer.encode(" was")[0])


def test_replies_must_be_tokens() -> None:
    env = make(lambda tokens, generator: [5, 5000])
    env.reset()
    with pytest.raises(TextError, match=r"gave \[5, 5000\], which are not all tokens"):
        env.step(30)
