"""The rollout buffer of texts."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from gymnasium import spaces
from tiny_language import collect, text_envs, text_ppo

from prefrl.agents.text.token_rollout_buffer import TokenRolloutBuffer
from prefrl.trees import Array

SPACE = spaces.Dict(
    {
        "tokens": spaces.Box(0, 9, (6,), np.int64),
        "length": spaces.Box(0, 6, (1,), np.int64),
    }
)


def make_buffer(steps: int, envs: int, rewards: Callable[[], Array]) -> TokenRolloutBuffer:
    return TokenRolloutBuffer(
        steps, SPACE, spaces.Discrete(10), n_envs=envs, gamma=0.9, gae_lambda=0.5, rewards=rewards
    )


def observe(*texts: list[int]) -> dict[str, Array]:
    tokens = np.zeros((len(texts), 6), np.int64)
    for row, text in zip(tokens, texts, strict=True):
        row[: len(text)] = text
    return {"tokens": tokens, "length": np.array([[len(text)] for text in texts])}


def add(
    buffer: TokenRolloutBuffer, texts: list[list[int]], actions: list[int], **given: Array
) -> None:
    buffer.add(
        observe(*texts),
        np.array(actions)[:, None],
        np.zeros(len(texts)),
        given["starts"],
        torch.tensor(given["values"])[:, None],
        torch.full((len(texts),), -1.5),
    )


def test_advantages_run_over_actions_and_pass_over_what_the_environment_appends() -> None:
    buffer = make_buffer(3, 1, lambda: np.array([[0.0], [0.0], [1.0]]))
    # Between the first action (4) and the second (5) the environment says 8 9.
    add(buffer, [[1]], [4], starts=np.array([True]), values=np.array([0.2]))
    add(buffer, [[1, 4, 8, 9]], [5], starts=np.array([False]), values=np.array([0.4]))
    add(buffer, [[1, 4, 8, 9, 5]], [6], starts=np.array([False]), values=np.array([0.6]))
    buffer.compute_returns_and_advantage(torch.tensor([7.0]), np.array([True]))
    # Schulman et al. 2016 by hand, with gamma .9 and lambda .5; the end has no value.
    third = 1 - 0.6
    second = 0.9 * 0.6 - 0.4 + 0.45 * third
    first = 0.9 * 0.4 - 0.2 + 0.45 * second
    assert buffer.advantages[:, 0] == pytest.approx([first, second, third])
    assert buffer.returns[:, 0] == pytest.approx([first + 0.2, second + 0.4, 1])
    (batch,) = buffer.get(3)
    observations = batch.observations
    assert observations["tokens"].tolist() == [[1, 4, 8, 9, 5, 6]]
    assert observations["position"].tolist() == [1, 4, 5]
    assert batch.advantages.tolist() == pytest.approx([first, second, third])
    assert batch.actions.tolist() == [4, 5, 6]
    assert batch.old_log_prob.tolist() == [-1.5] * 3


def test_texts_that_go_on_are_bootstrapped_and_those_that_ended_are_not() -> None:
    buffer = make_buffer(1, 2, lambda: np.array([[0.0, 0.0]]))
    add(buffer, [[1], [2]], [4, 5], starts=np.ones(2, bool), values=np.array([0.5, 0.5]))
    buffer.compute_returns_and_advantage(torch.tensor([2.0, 2.0]), np.array([False, True]))
    assert buffer.advantages[0] == pytest.approx([0.9 * 2 - 0.5, -0.5])


def test_minibatches_are_whole_texts_of_about_the_size() -> None:
    agent = text_ppo(text_envs(8), steps=18)
    buffer = collect(agent)
    batches = list(buffer.get(48))
    assert len(batches) == 3
    for batch in batches:
        rows = batch.observations["row"]
        assert 36 <= len(rows) <= 60
        assert (rows.diff() >= 0).all()
        tokens = batch.observations["tokens"]
        assert (tokens[rows, batch.observations["position"]] == batch.actions).all()


def test_a_buffer_can_be_filled_again() -> None:
    agent = text_ppo(text_envs())
    first = collect(agent).sequences
    second = collect(agent).sequences
    assert first is not second
    assert len(second.rows) == 48
