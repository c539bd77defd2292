"""Learning a reward while an agent acts: record segments, ask about them, fit the answers."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from prefrl.bradley_terry import preference_probabilities
from prefrl.fitting import FitReport, RewardFitter
from prefrl.pool import ADEQUATE_SEGMENTS, SegmentPool, adequate_bytes
from prefrl.queries import (
    Choice,
    Query,
    QueryKey,
    Strategy,
    most_disputed,
    uniform_choices,
)
from prefrl.recording import SegmentRecorder
from prefrl.reward_files import WEIGHTS, save_reward
from prefrl.reward_model import FittedModel, member_returns
from prefrl.seeding import generator
from prefrl.segments import Segment
from prefrl.store import LabelStore
from prefrl.teachers import Answer, Teacher
from prefrl.tensors import load_module, load_optimizer, save_optimizer


@dataclass(frozen=True)
class PreferenceSettings:
    """How a reward is learned from comparisons.

    Attributes:
        segment_length: Steps per segment.
        strategy: "uniform" asks about random choices; "disagreement" about the most disputed of
            `candidates` times as many random choices.
        candidates: Random choices per question (Christiano et al. 2017: 10).
        noise: Share of answers taken to be random (Christiano et al. 2017: 0.1).
        first_epochs: Passes over the comparisons in the first fit.
        epochs: Passes over the comparisons in each later fit.
        learning_rate: Adam's, for the reward model.
        batch_size: Comparisons per minibatch.
        pool_bytes: The most memory for segments that may still be asked about; None for what
            suits the observations (see `adequate_bytes`).
        options: Segments that a question compares, at least 2.
        most_l2: The greatest L2 coefficient (see `AdaptiveL2`), above 0.
    """

    segment_length: int = 30
    strategy: Strategy = "uniform"
    candidates: int = 10
    noise: float = 0.1
    first_epochs: int = 30
    epochs: int = 3
    learning_rate: float = 1e-3
    batch_size: int = 32
    pool_bytes: int | None = None
    options: int = 2
    most_l2: float = 1.0


SCALE_SEGMENTS = 512
"""Segments, spread over the pool, on which inputs and outputs of the reward model are scaled."""


class PreferenceLearner:
    """A reward model with the segments, questions and comparisons that it learns from.

    Args:
        model: The reward model, fitted in place.
        store: Where questions and verdicts are kept.
        teacher: Who answers.
        run: The run's name in the store.
        num_envs: Environments that are recorded side by side.
        seed: Determines questions and fits.
        settings: See `PreferenceSettings`.
    """

    def __init__(
        self,
        model: FittedModel,
        store: LabelStore,
        teacher: Teacher,
        *,
        run: str,
        num_envs: int,
        seed: int = 0,
        settings: PreferenceSettings | None = None,
    ) -> None:
        """Start with no segments and no comparisons."""
        self.settings = settings or PreferenceSettings()
        self.model = model
        self.store = store
        suitable = adequate_bytes(model.observation_space, self.settings.segment_length)
        self.pool = SegmentPool(suitable, least_segments=ADEQUATE_SEGMENTS)
        if self.settings.pool_bytes is not None:
            self.pool = SegmentPool(self.settings.pool_bytes)
        self.recorder = self.make_recorder(num_envs)
        self.fitter = RewardFitter(
            model,
            self.settings.segment_length,
            seed=seed,
            noise=self.settings.noise,
            learning_rate=self.settings.learning_rate,
            batch_size=self.settings.batch_size,
            most_l2=self.settings.most_l2,
        )
        self.last_report: FitReport | None = None
        self._teacher = teacher
        self._run, self._seed = run, seed
        self.unasked = 0

    def make_recorder(self, num_envs: int) -> SegmentRecorder:
        """Return a recorder that cuts segments for this learner from N environments."""
        length = self.settings.segment_length
        return SegmentRecorder(num_envs, length, self.add, keep=self.model.kept)

    def add(self, segment: Segment) -> None:
        """Take in a segment that may be asked about; the recorder does this with its own."""
        self.pool.add(segment)
        self.unasked += 1

    def ask(
        self, round_index: int, count: int, agent_step: int, *, first_index: int = 0
    ) -> list[Answer]:
        """Ask about segments recorded since the last call, and take in the answers.

        Questions that the store has verdicts on already, from before an interruption, are not put
        to the teacher again. Where nothing was recorded since the last call, the whole pool is
        asked about.

        Args:
            round_index: The round, part of the questions' keys.
            count: How many questions to ask.
            agent_step: Environment steps taken so far.
            first_index: The first question's place in the round.

        Returns:
            The answers that came in.
        """
        choices = self._choose(round_index, count, first_index)
        self.unasked = 0
        queries = [
            Query(QueryKey(self._run, round_index, index), choice, self._strategy, agent_step)
            for index, choice in enumerate(choices, first_index)
        ]
        known, unanswered = self.store.ask(queries)
        self._teacher.submit(unanswered)
        return self._take_in(known)

    def collect(self) -> list[Answer]:
        """Take in the answers that have come since the last call, without waiting."""
        return self._take_in([])

    def submit_stored(self) -> None:
        """Submit all questions of the run again, so that answers to old ones are taken in."""
        self._teacher.submit([label.query for label in self.store.labels(self._run)])

    def _take_in(self, known: Sequence[Answer]) -> list[Answer]:
        fresh = self._teacher.collect()
        self.store.answer([answer for answer in fresh if not answer.stored])
        answers = sorted([*known, *fresh], key=lambda answer: answer.query.key)
        self.fitter.add(answers)
        return answers

    def fit(self, progress: Callable[[float], None] | None = None) -> FitReport:
        """Fit the reward model to all comparisons, and normalise it over the pool."""
        first = self.last_report is None
        segments = self.pool.spread(SCALE_SEGMENTS)
        self.model.fit_scales(segments)
        epochs = self.settings.first_epochs if first else self.settings.epochs
        self.last_report = self.fitter.fit(epochs, progress=progress)
        self.model.fit_normalisation(segments, centred=not self.fitter.lengths_differ)
        return self.last_report

    def save(self, folder: Path) -> None:
        """Write all that is needed to go on, but for the store, to an existing folder."""
        save_reward(folder, self.model)
        save_optimizer(folder / "reward_optimizer.safetensors", self.fitter.optimizer)
        self.pool.save(folder / "pool.npz")
        state = {
            "keys": [[key.run, key.round, key.index, key.repeat] for key in self.fitter.keys],
            "l2": self.fitter.l2.coefficients.tolist(),
            "report": None if self.last_report is None else vars(self.last_report),
            "unasked": self.unasked,
        }
        (folder / "preferences.json").write_text(json.dumps(state))

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; the comparisons come from the store."""
        load_module(folder / WEIGHTS, self.model)
        self.pool.load(folder / "pool.npz")
        state = json.loads((folder / "preferences.json").read_text())
        stored = {comparison.query.key: comparison for comparison in self.store.comparisons()}
        keys = [QueryKey(*key) for key in state["keys"]]
        self.fitter.add([stored[key] for key in keys if key in stored])  # others were undone
        load_optimizer(folder / "reward_optimizer.safetensors", self.fitter.optimizer)
        self.fitter.l2.coefficients = torch.tensor(state["l2"], dtype=torch.float64)
        self.last_report = None if state["report"] is None else FitReport(**state["report"])
        self.unasked = state["unasked"]

    @property
    def _strategy(self) -> Strategy:
        # Before the first fit the members know nothing that they could disagree about.
        return "uniform" if self.last_report is None else self.settings.strategy

    def _choose(self, round_index: int, count: int, first_index: int) -> list[Choice]:
        further = (first_index,) if first_index else ()
        rng = generator(self._seed, "queries", round_index, *further)
        segments = self.pool.newest(self.unasked or len(self.pool))
        options = self.settings.options
        if self._strategy == "uniform":
            return uniform_choices(segments, count, rng, options)
        candidates = uniform_choices(segments, count * self.settings.candidates, rng, options)
        return most_disputed(candidates, count, self._probabilities)

    @torch.no_grad()
    def _probabilities(self, choices: Sequence[Choice]) -> NDArray[np.float32]:
        probabilities: NDArray[np.float32] = preference_probabilities(
            member_returns(self.model, choices)
        ).numpy()
        return probabilities
