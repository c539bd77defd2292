"""The plan of a run: how many rollouts and labels each round has."""

import math
from dataclasses import dataclass

import numpy as np

from prefrl.schedules import label_counts

from .settings import RunSettings

SEGMENTS_PER_QUESTION = 4
"""Segments that the initial policy must show per question about it, so that few are asked twice."""

SEGMENTS_WITHOUT_QUESTIONS = 256
"""Segments of the initial policy by which rewards are scaled, where labels are given."""

LEAST_ROUNDS = 4
"""Rounds of a run that is so short that they cannot last a horizon each."""


@dataclass(frozen=True)
class Round:
    """One round of training.

    Attributes:
        index: Its number, from 0.
        rollouts: Rollouts to collect.
        trains: Whether PPO trains on them. The first round of a run on a learned reward has no
            reward yet: it only shows what the initial policy does.
        labels: Questions to ask when the rollouts are over; the reward is fitted after.
    """

    index: int
    rollouts: int
    trains: bool
    labels: int


def plan_rounds(settings: RunSettings, horizon: int | None) -> list[Round]:
    """Return the rounds of a run, which take at least `settings.steps` steps.

    Every round starts from a reset, so it lasts at least one horizon where there is one, unless the
    run is too short for that; with few steps there are fewer rounds than asked for. The last round
    asks nothing, since nothing would be trained on the answers.

    Args:
        settings: The run's settings.
        horizon: Steps of an episode, or None where there is no limit.
    """
    ppo = settings.ppo
    total = math.ceil(settings.steps / (ppo.num_envs * ppo.n_steps))
    # Without a horizon, enough for a choice of two segments from each environment.
    least_steps = horizon or 2 * settings.preferences.segment_length
    if settings.language is not None:
        # Texts are compared with others of their prompt, which follow one another.
        least_steps *= settings.preferences.options
    shortest = max(1, min(math.ceil(least_steps / ppo.n_steps), total // LEAST_ROUNDS))
    if settings.reward == "true":
        return [
            Round(i, n, True, 0) for i, n in enumerate(_split(total, settings.rounds, shortest))
        ]
    initial = max(shortest, min(_rollouts_of_the_initial_policy(settings, horizon), total // 4))
    training = max(total - initial, shortest)
    rollouts = [initial, *_split(training, settings.rounds, shortest)]
    ends = np.cumsum(rollouts)
    counts = label_counts(
        0 if settings.labels_given else settings.labels,
        [0.0, *(ends[1:-1] / ends[-1])],
        schedule=settings.schedule,
        initial_share=settings.initial_share,
    )
    pairs = zip(rollouts, [*counts, 0], strict=True)
    return [Round(i, n, i > 0, labels) for i, (n, labels) in enumerate(pairs)]


def _rollouts_of_the_initial_policy(settings: RunSettings, horizon: int | None) -> int:
    """Return how many rollouts give enough segments for the first questions, or the scales."""
    segments = SEGMENTS_PER_QUESTION * settings.labels * settings.initial_share
    if settings.labels_given:
        segments = SEGMENTS_WITHOUT_QUESTIONS
    each = settings.preferences.segment_length
    if settings.language is not None:
        each = horizon or each  # a segment is the end of a text, which takes all its steps
    return math.ceil(segments * each / (settings.ppo.num_envs * settings.ppo.n_steps))


def _split(total: int, parts: int, shortest: int) -> list[int]:
    parts = max(1, min(parts, total // shortest))
    ends = np.round(np.linspace(0, total, parts + 1)).astype(int)
    return [int(count) for count in np.diff(ends)]
