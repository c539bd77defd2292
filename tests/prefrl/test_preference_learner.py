"""Tests of prefrl.preference_learner."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from gymnasium import spaces

from prefrl.preference_learner import PreferenceLearner, PreferenceSettings
from prefrl.queries import Query, QueryKey
from prefrl.reward_model import RewardEnsemble, member_returns
from prefrl.segments import Segment
from prefrl.store import LabelStore
from prefrl.teachers import Answer, OracleTeacher, Teacher, oracle_verdict

SETTINGS = PreferenceSettings(
    segment_length=4, strategy="disagreement", learning_rate=1e-2, first_epochs=20
)
OBSERVATIONS = spaces.Box(-1, 1, (2,))
ACTIONS = spaces.Box(-1, 1, (1,))

MakeLearner = Callable[..., PreferenceLearner]


class CountingOracle(OracleTeacher):
    """An oracle that remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Query] = []

    def submit(self, queries: Sequence[Query]) -> None:
        self.asked += queries
        super().submit(queries)


class SlowTeacher:
    """Answers the first queries that are still open, a few at each call."""

    def __init__(self, answers_per_call: int) -> None:
        self._answers_per_call = answers_per_call
        self._open: list[Query] = []

    def submit(self, queries: Sequence[Query]) -> None:
        self._open += queries

    def collect(self) -> list[Answer]:
        ready = self._open[: self._answers_per_call]
        del self._open[: self._answers_per_call]
        return [Answer(query, oracle_verdict(query)) for query in ready]


@pytest.fixture
def make_learner(tmp_path: Path) -> Iterator[MakeLearner]:
    """Make learners that share one store."""
    store = LabelStore(tmp_path / "labels.sqlite")

    def make(
        teacher: Teacher | None = None, settings: PreferenceSettings = SETTINGS
    ) -> PreferenceLearner:
        model = RewardEnsemble(OBSERVATIONS, ACTIONS, hidden=(16,))
        teacher = teacher or OracleTeacher()
        return PreferenceLearner(
            model, store, teacher, run="run", num_envs=2, seed=3, settings=settings
        )

    yield make
    store.close()


def act(learner: PreferenceLearner, steps: int = 80, seed: int = 0) -> None:
    """Act at random in two environments whose reward is the action, in episodes of 10 steps."""
    rng = np.random.default_rng(seed)
    for step in range(steps):
        observations = rng.uniform(-1, 1, (2, 2)).astype(np.float32)
        actions = rng.uniform(-1, 1, (2, 1)).astype(np.float32)
        dones = np.full(2, step % 10 == 9)
        learner.recorder.record(observations, actions, actions[:, 0], dones)


def predictions(learner: PreferenceLearner) -> list[float]:
    grid = np.linspace(-1, 1, 21, dtype=np.float32)
    rewards: list[float] = learner.model.predict(np.zeros((21, 2)), grid[:, None]).tolist()
    return rewards


def test_asking_and_fitting_learns_the_reward(make_learner: MakeLearner) -> None:
    learner = make_learner()
    act(learner, 200)
    answers = learner.ask(0, 80, agent_step=400)
    report = learner.fit()
    assert len(answers) == report.comparisons == 80
    assert np.corrcoef(predictions(learner), np.linspace(-1, 1, 21))[0, 1] > 0.95


def test_questions_name_run_round_strategy_and_step(make_learner: MakeLearner) -> None:
    learner = make_learner()
    act(learner)
    learner.ask(0, 3, agent_step=160)
    learner.fit()
    act(learner)
    learner.ask(1, 2, agent_step=320)
    queries = [comparison.query for comparison in learner.store.comparisons("run")]
    assert [(query.key, query.strategy, query.agent_step) for query in queries] == [
        *[(QueryKey("run", 0, index), "uniform", 160) for index in range(3)],
        *[(QueryKey("run", 1, index), "disagreement", 320) for index in range(2)],
    ]


def test_the_uniform_strategy_stays_uniform_after_a_fit(make_learner: MakeLearner) -> None:
    learner = make_learner(settings=replace(SETTINGS, strategy="uniform"))
    act(learner)
    learner.ask(0, 3, 0)
    learner.fit()
    act(learner)
    assert learner.ask(1, 1, 0)[0].query.strategy == "uniform"


def test_only_new_segments_are_asked_about(make_learner: MakeLearner) -> None:
    learner = make_learner()
    act(learner)
    old = {segment.id for segment in learner.pool}
    learner.ask(0, 5, 0)
    learner.fit()
    act(learner, seed=1)
    answers = learner.ask(1, 5, 0)
    assert old.isdisjoint(segment.id for answer in answers for segment in answer.query.segments)


def test_disagreement_picks_more_disputed_pairs_than_chance(make_learner: MakeLearner) -> None:
    learner = make_learner()
    act(learner)
    learner.ask(0, 10, 0)
    learner.fit()
    act(learner, 400, seed=1)
    candidates = list(learner.pool)[-100:]
    answers = learner.ask(1, 10, 0)

    @torch.no_grad()
    def disputed(choices: Sequence[tuple[object, ...]]) -> float:
        returns = member_returns(learner.model, choices)  # type: ignore[arg-type]
        return float(returns.softmax(-1).var(0).mean())

    chance = disputed(list(zip(candidates[::2], candidates[1::2], strict=True)))
    assert disputed([answer.query.segments for answer in answers]) > 2 * chance


def test_a_repeated_round_asks_the_teacher_nothing_again(make_learner: MakeLearner) -> None:
    teacher = CountingOracle()
    first, resumed = make_learner(teacher), make_learner(teacher)
    for learner in (first, resumed):
        act(learner)
    answers = first.ask(0, 5, 0)
    again = resumed.ask(0, 5, 0)
    assert len(teacher.asked) == 5
    assert [answer.query.key for answer in again] == [answer.query.key for answer in answers]
    assert first.fit() == resumed.fit()


def test_late_answers_are_taken_in_when_they_come(make_learner: MakeLearner) -> None:
    learner = make_learner(SlowTeacher(2))
    act(learner)
    assert len(learner.ask(0, 3, 0)) == 2
    act(learner)
    assert [answer.query.key.round for answer in learner.ask(1, 2, 0)] == [0, 1]
    assert len(learner.fitter) == learner.store.labels_used() == 4


def test_the_first_fit_is_longer_than_the_later_ones(make_learner: MakeLearner) -> None:
    learner = make_learner(settings=replace(SETTINGS, first_epochs=5, epochs=2))
    act(learner)
    learner.ask(0, 4, 0)
    shares = [list[float](), list[float]()]
    for seen in shares:
        learner.fit(seen.append)
    assert [len(seen) for seen in shares] == [5, 2]


def test_rewards_are_normalised_over_the_pool_after_a_fit(make_learner: MakeLearner) -> None:
    learner = make_learner()
    act(learner)
    learner.ask(0, 5, 0)
    learner.fit()
    steps = [learner.model.predict(s.observations, s.actions) for s in learner.pool]
    assert abs(np.concatenate(steps).mean()) < 1e-3


@pytest.mark.parametrize("worth", [1.0, -1.0])
def test_where_episodes_end_early_one_more_step_is_good_or_bad(
    make_learner: MakeLearner, worth: float
) -> None:
    learner, rng = make_learner(), np.random.default_rng(0)
    for _ in range(40):
        steps = int(rng.integers(1, 5))
        seen = rng.uniform(-1, 1, (steps, 2)).astype(np.float32)
        learner.add(Segment(seen, seen[:, :1], np.full(steps, worth)))
    learner.ask(0, 40, agent_step=0)
    learner.fit()
    fresh = rng.uniform(-1, 1, (200, 2)).astype(np.float32)
    assert (worth * learner.model.predict(fresh, fresh[:, :1]) > 0).all()


def rounds(learner: PreferenceLearner, first: int, last: int) -> list[list[float]]:
    """Run rounds, and return what the model predicts after each."""
    seen = []
    for index in range(first, last):
        act(learner, seed=index)
        learner.ask(index, 4, 0)
        learner.fit()
        seen.append(predictions(learner))
    return seen


def test_a_loaded_learner_goes_on_exactly_as_the_saved_one(
    make_learner: MakeLearner, tmp_path: Path
) -> None:
    learner, loaded = make_learner(), make_learner()
    before = rounds(learner, 0, 2)
    learner.save(tmp_path)
    loaded.load(tmp_path)
    assert predictions(loaded) == before[-1]
    assert loaded.last_report == learner.last_report
    # Each asks on its own: what the store knows already is not asked again, but is the same.
    assert rounds(loaded, 2, 4) == rounds(learner, 2, 4)


def test_a_learner_can_be_saved_before_its_first_fit(
    make_learner: MakeLearner, tmp_path: Path
) -> None:
    learner, loaded = make_learner(), make_learner()
    act(learner)
    learner.save(tmp_path)
    loaded.load(tmp_path)
    assert len(loaded.ask(0, 3, 0)) == 3
    assert loaded.last_report is None


def test_a_verdict_undone_after_a_save_does_not_stop_a_load(
    make_learner: MakeLearner, tmp_path: Path
) -> None:
    learner, loaded = make_learner(), make_learner()
    rounds(learner, 0, 1)
    learner.save(tmp_path)
    learner.store.undo(QueryKey("run", 0, 2), "oracle")
    loaded.load(tmp_path)
    assert [key.index for key in loaded.fitter.keys] == [0, 1, 3]


def test_without_segments_nothing_can_be_asked(make_learner: MakeLearner) -> None:
    with pytest.raises(ValueError, match="no group of segments"):
        make_learner().ask(0, 1, 0)
