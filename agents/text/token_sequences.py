"""The texts of a rollout, each once, and where in them its actions are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prefrl.trees import Array

Places = NDArray[np.int64]


@dataclass(frozen=True)
class TokenSequences:
    """S texts, the shortest first, that hold all M actions of T steps of N environments.

    Actions are listed text by text, and in a text from left to right.

    Attributes:
        tokens: `[S, L]`, padded on the right with 0.
        lengths: Tokens of each text, `[S]`; its last one is an action.
        rows: Which text an action is in, `[M]`.
        positions: Its place there, `[M]`.
        steps: The step that took it, `[M]`.
        envs: The environment that took it, `[M]`.
    """

    tokens: Places
    lengths: Places
    rows: Places
    positions: Places
    steps: Places
    envs: Places

    def as_steps(self, values: Array) -> Array:
        """Return values by step and environment, `[T, N]`, of one per action, `[M]`."""
        steps = np.zeros((self.steps.max() + 1, self.envs.max() + 1), values.dtype)
        steps[self.steps, self.envs] = values
        return steps


class SequenceCollector:
    """Puts the texts of N environments together from observations and actions.

    A text goes on while an observation begins with what was there before and the action just
    taken; the environment may have appended more. Where something else is shown, because an episode
    began or a wrapper changed tokens, another text begins.

    Args:
        count: The number of environments N.
        context: Most tokens of an observation.
    """

    def __init__(self, count: int, context: int) -> None:
        """Start with no steps."""
        self._tokens = np.zeros((count, context + 1), np.int64)
        self._lengths = np.zeros(count, np.int64)
        self._texts = np.full(count, -1)
        self._finished: dict[int, Places] = {}
        self._steps: list[tuple[Places, Places]] = []
        self._begun = 0

    def add(self, tokens: Places, lengths: Places, actions: Places, begins: Array) -> None:
        """Take in a step.

        Args:
            tokens: Before the action, `[N, L]`.
            lengths: How many of them there are, `[N]`.
            actions: `[N]`.
            begins: Where an episode begins, `[N]` bool.
        """
        new = begins.astype(bool) | (self._texts < 0) | ~self._goes_on(tokens, lengths)
        self._finish(np.flatnonzero(new & (self._texts >= 0)))
        self._texts[new] = self._begun + np.arange(new.sum())
        self._begun += int(new.sum())
        self._tokens[:, :-1] = tokens
        self._tokens[np.arange(len(lengths)), lengths] = actions
        self._lengths = lengths + 1
        self._steps.append((self._texts.copy(), lengths.copy()))

    def sequences(self) -> TokenSequences:
        """Return all texts, those that have not ended included."""
        self._finish(np.arange(len(self._texts)))
        by_length = sorted(self._finished, key=lambda text: len(self._finished[text]))
        lengths = np.array([len(self._finished[text]) for text in by_length])
        tokens = np.zeros((len(lengths), lengths.max()), np.int64)
        for row, text in enumerate(by_length):
            tokens[row, : lengths[row]] = self._finished[text]
        texts, positions = (np.array(column) for column in zip(*self._steps, strict=True))
        rows = np.argsort(by_length)[texts]
        listing = np.lexsort((positions.ravel(), rows.ravel()))
        steps, envs = np.unravel_index(listing, rows.shape)
        return TokenSequences(
            tokens, lengths, rows.ravel()[listing], positions.ravel()[listing], steps, envs
        )

    def _goes_on(self, tokens: Places, lengths: Places) -> Array:
        same = self._tokens[:, :-1] == tokens
        behind = np.arange(tokens.shape[1]) >= self._lengths[:, None]
        going_on: Array = (same | behind).all(1) & (lengths >= self._lengths)
        return going_on

    def _finish(self, envs: Places) -> None:
        for env in envs.tolist():
            text = self._tokens[env, : self._lengths[env]]
            self._finished[int(self._texts[env])] = text.copy()
