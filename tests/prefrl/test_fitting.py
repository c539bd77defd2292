"""Tests of prefrl.fitting."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from torch import Tensor, nn

from prefrl.fitting import RewardFitter, bootstrap_counts, heldout_accuracy
from prefrl.queries import Comparison, Query, QueryKey, Verdict, uniform_choices
from prefrl.reward_model import RewardEnsemble, RewardModel
from prefrl.segments import Segment, SegmentBatch
from prefrl.teachers import oracle_verdict
from prefrl.trees import Array, Tree

STEPS = 5
OBSERVATIONS = spaces.Box(-1, 1, (2,))
ACTIONS = spaces.Box(-1, 1, (1,))


def make_model(seed: int = 0) -> RewardEnsemble:
    return RewardEnsemble(OBSERVATIONS, ACTIONS, members=3, hidden=(16,), seed=seed)


def make_fitter(model: RewardModel, **settings: Any) -> RewardFitter:
    return RewardFitter(model, STEPS, **{"learning_rate": 1e-2, **settings})


def random_segment(rng: np.random.Generator, steps: int = STEPS) -> Segment:
    """Make a stretch of an environment whose reward is the action."""
    actions = rng.uniform(-1, 1, (steps, 1)).astype(np.float32)
    observations = rng.uniform(-1, 1, (steps, 2)).astype(np.float32)
    return Segment(observations, actions, actions[:, 0])


def compare(choice: Sequence[Segment], index: int, verdict: Verdict | None = None) -> Comparison:
    query = Query(QueryKey("run", 0, index), tuple(choice))
    return Comparison(query, oracle_verdict(query) if verdict is None else verdict)


def oracle_comparisons(count: int, k: int = 2, seed: int = 0) -> list[Comparison]:
    rng = np.random.default_rng(seed)
    return [compare([random_segment(rng) for _ in range(k)], index) for index in range(count)]


def correlation_with_action(model: RewardModel) -> float:
    fresh = random_segment(np.random.default_rng(99), 300)
    predicted = model.predict(fresh.observations, fresh.actions)
    return float(np.corrcoef(predicted, fresh.true_rewards)[0, 1])


def test_counts_depend_on_seed_and_question_alone() -> None:
    keys = [QueryKey("run", place // 4, place % 4) for place in range(12)]
    first = {key: bootstrap_counts(7, key, 5).tolist() for key in keys}
    again = {key: bootstrap_counts(7, key, 5).tolist() for key in reversed(keys)}
    assert first == again
    assert first != {key: bootstrap_counts(8, key, 5).tolist() for key in keys}
    assert len({tuple(counts) for counts in first.values()}) > len(keys) / 2


def test_a_repeated_question_shares_its_counts() -> None:
    first, again = (bootstrap_counts(0, QueryKey("run", 2, 3, repeat), 50) for repeat in (0, 1))
    np.testing.assert_array_equal(first, again)


def test_counts_are_poisson_and_hold_out_one_in_e() -> None:
    counts = np.stack([bootstrap_counts(0, QueryKey("run", 0, i), 4) for i in range(2500)])
    assert counts.mean() == pytest.approx(1, abs=0.04)  # four standard errors
    assert (counts == 0).mean() == pytest.approx(math.exp(-1), abs=0.02)
    assert (counts == 2).mean() == pytest.approx(math.exp(-1) / 2, abs=0.02)


def test_heldout_accuracy_by_hand() -> None:
    returns = torch.tensor([[[1.0, 0], [0, 1], [1, 0]], [[0, 5], [1, 0], [0, 3]]])
    targets = torch.tensor([[1.0, 0], [1, 0], [0, 1]])
    # The first member judges the first comparison, rightly; the second judges the second,
    # rightly; both judge the third, and the surer one is right.
    assert heldout_accuracy(returns, targets, torch.tensor([[0, 1, 0], [2, 0, 0]])) == 1
    # The first member alone is wrong about the third; nobody is new to the others.
    assert heldout_accuracy(returns, targets, torch.tensor([[1, 1, 0], [1, 1, 1]])) == 0
    # The first member judges all of them: right, wrong, wrong.
    assert heldout_accuracy(
        returns, targets, torch.tensor([[0, 0, 0], [1, 1, 1]])
    ) == pytest.approx(1 / 3)


def test_heldout_accuracy_leaves_ties_out_and_needs_something_held_out() -> None:
    returns, tie = torch.tensor([[[1.0, 0.0]]]), torch.tensor([[0.5, 0.5]])
    assert math.isnan(heldout_accuracy(returns, tie, torch.zeros(1, 1)))
    decided = torch.tensor([[1.0, 0.0]])
    assert math.isnan(heldout_accuracy(returns, decided, torch.ones(1, 1)))


def test_a_fit_learns_that_the_reward_is_the_action() -> None:
    model = make_model()
    fitter = make_fitter(model)
    fitter.add(oracle_comparisons(150))
    before = fitter.fit(0)
    report = fitter.fit(30)
    assert correlation_with_action(model) > 0.95
    assert report.heldout_accuracy > 0.9
    assert report.heldout_loss < before.heldout_loss
    assert report.comparisons == 150


def test_a_fit_is_repeatable_and_the_seed_matters() -> None:
    def fitted(seed: int) -> list[float]:
        model = make_model()
        fitter = make_fitter(model, seed=seed)
        fitter.add(oracle_comparisons(20))
        fitter.fit(2)
        return torch.cat([p.detach().flatten() for p in model.parameters()]).tolist()

    assert fitted(0) == fitted(0)
    assert fitted(0) != fitted(1)


def test_a_fit_does_not_depend_on_the_global_random_state() -> None:
    reports = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        np.random.seed(seed)
        fitter = make_fitter(make_model())
        fitter.add(oracle_comparisons(10))
        reports.append(fitter.fit(2))
    assert reports[0] == reports[1]


def test_the_order_of_arrival_does_not_change_the_losses() -> None:
    comparisons = oracle_comparisons(20)
    reports = []
    for ordered in (comparisons, comparisons[::-1]):
        fitter = make_fitter(make_model())
        fitter.add(ordered)
        reports.append(fitter.fit(0))
    assert reports[0].training_loss == pytest.approx(reports[1].training_loss, rel=1e-5)
    assert reports[0].heldout_loss == pytest.approx(reports[1].heldout_loss, rel=1e-5)
    assert reports[0].heldout_accuracy == reports[1].heldout_accuracy


def test_skipped_comparisons_are_left_out() -> None:
    rng = np.random.default_rng(0)
    pair = random_segment(rng), random_segment(rng)
    fitter = make_fitter(make_model())
    fitter.add([compare(pair, 0, "skip"), compare(pair, 1, "tie"), compare(pair, 2, 0)])
    assert [key.index for key in fitter.keys] == [1, 2]
    assert len(fitter) == 2


def test_a_fit_needs_comparisons() -> None:
    with pytest.raises(ValueError, match="no comparisons"):
        make_fitter(make_model()).fit(1)


def test_progress_is_reported_after_each_epoch() -> None:
    fitter, shares = make_fitter(make_model()), list[float]()
    fitter.add(oracle_comparisons(2))
    fitter.fit(4, progress=shares.append)
    assert shares == [0.25, 0.5, 0.75, 1.0]


def test_a_single_comparison_can_be_fitted() -> None:
    for seed in range(3):  # some members train on it, some are only validated on it
        fitter = make_fitter(make_model(), seed=seed)
        fitter.add(oracle_comparisons(1))
        fitter.fit(2)
        assert all(parameter.isfinite().all() for parameter in fitter.model.parameters())


def test_ties_pull_returns_together() -> None:
    rng = np.random.default_rng(0)
    pairs = [(random_segment(rng), random_segment(rng)) for _ in range(60)]
    model = make_model()
    fitter = make_fitter(model)
    fitter.add([compare(pair, index, "tie") for index, pair in enumerate(pairs)])
    report = fitter.fit(20)
    assert report.training_loss == pytest.approx(math.log(2), abs=0.01)
    assert math.isnan(report.heldout_accuracy)


def test_queries_of_several_sizes_are_fitted_together() -> None:
    model = make_model()
    fitter = make_fitter(model)
    sizes = itertools.cycle([2, 4, 3])
    rng = np.random.default_rng(0)
    fitter.add([compare([random_segment(rng) for _ in range(next(sizes))], i) for i in range(120)])
    report = fitter.fit(30)
    assert correlation_with_action(model) > 0.95
    assert report.heldout_accuracy > 0.8


def test_short_segments_are_padded_to_the_length_of_the_others() -> None:
    rng = np.random.default_rng(0)
    fitter = make_fitter(make_model())
    fitter.add([compare([random_segment(rng, steps) for steps in (1, STEPS)], 0)])
    assert math.isfinite(fitter.fit(3).l2)


def test_it_is_noted_when_segments_of_different_lengths_are_compared() -> None:
    rng = np.random.default_rng(0)
    fitter = make_fitter(make_model())
    for index, steps in enumerate((5, 3)):
        fitter.add([compare([random_segment(rng, steps) for _ in range(2)], index)])
        assert not fitter.lengths_differ
    fitter.add([compare([random_segment(rng, 5), random_segment(rng, 3)], 2)])
    assert fitter.lengths_differ


def write(prompt: str, rng: np.random.Generator, noise: float = 0.0) -> Segment:
    """Write a text: the first two steps are the prompt and do not count; the last may be padding.

    What counts is worth its action.
    """
    segment = random_segment(rng)
    assert isinstance(segment.observations, np.ndarray)
    mask = np.array([False, False, True, True, rng.random() < 0.5])
    changed = segment.actions + np.float32(noise) * ~mask[:, None]
    return Segment(segment.observations, changed, changed[:, 0], mask, prompt)


def written_comparisons(noise: float = 0.0) -> list[Comparison]:
    rng = np.random.default_rng(0)
    texts = [write(prompt, rng, noise) for prompt in "abcdefgh" for _ in range(5)]
    choices = uniform_choices(texts, 120, rng)
    return [compare(choice, index) for index, choice in enumerate(choices)]


def test_texts_of_a_prompt_are_compared_by_what_was_written() -> None:
    model = make_model()
    fitter = make_fitter(model)
    fitter.add(written_comparisons())
    fitter.fit(30)
    assert correlation_with_action(model) > 0.95


def test_steps_that_do_not_count_do_not_change_a_fit() -> None:
    predictions = []
    for noise in (0.0, 50.0):
        model = make_model()
        fitter = make_fitter(model)
        fitter.add(written_comparisons(noise))
        fitter.fit(2)
        predictions.append(model.predict(np.ones((3, 2)), np.ones((3, 1))))
    np.testing.assert_array_equal(predictions[0], predictions[1])


class LastStep(nn.Module):
    """Rewards a segment on its last counted step, in proportion to the sum of its actions."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.members = shape[0]
        self.slope = nn.Parameter(torch.zeros(shape))

    def inputs(self, batch: SegmentBatch) -> Tensor:
        mask = torch.from_numpy(batch.mask)
        last = mask & (mask.flip(1).cumsum(1).flip(1) == 1)
        return torch.cat([torch.from_numpy(batch.actions), last[..., None]], -1)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.each(inputs.expand(self.members, *inputs.shape))

    def each(self, inputs: Tensor) -> Tensor:
        actions, last = inputs.unbind(-1)
        slopes = self.slope.view(-1, *[1] * (last.ndim - 1))
        return slopes * actions.sum(-1, keepdim=True) * last

    def kept(self, observations: Tree, actions: Array) -> Tree:
        return observations

    def squared_norms(self) -> Tensor:
        return self.slope.square().reshape(self.members, -1).sum(1)

    def fit_scales(self, segments: Sequence[Segment]) -> None:
        """Inputs are used as they are."""

    def fit_normalisation(self, segments: Sequence[Segment], *, centred: bool = True) -> None:
        """Rewards are used as they are."""

    @torch.no_grad()
    def predict(self, observations: Tree, actions: Array) -> NDArray[np.float32]:
        mask = np.ones(actions.shape[:2], bool)
        rewards: NDArray[np.float32] = (
            self(self.inputs(SegmentBatch(observations, actions, mask))).mean(0).numpy()
        )
        return rewards


@pytest.mark.parametrize("shape", [(4, 1), (4,)])
def test_a_model_that_rewards_only_the_last_step_can_be_fitted(shape: tuple[int, ...]) -> None:
    model = LastStep(*shape)
    fitter = make_fitter(model, learning_rate=0.05)
    fitter.add(oracle_comparisons(60))
    report = fitter.fit(10)
    assert report.heldout_accuracy == 1
    assert (model.slope > 0.5).all()
    rewards = model.predict(np.zeros((1, 3, 2)), np.ones((1, 3, 1), np.float32))
    assert not rewards[0, :2].any()
    assert rewards[0, 2] > 1.5


@pytest.mark.parametrize("make", [make_model, lambda: LastStep(4, 1)])
def test_members_are_fitted_independently(make: Callable[[], RewardModel]) -> None:
    """A member that trains on nothing but held-out comparisons moves only by its penalty."""
    key = next(
        QueryKey("run", 0, index)
        for index in range(100)
        if (bootstrap_counts(0, QueryKey("run", 0, index), make().members) == 0).tolist()[:2]
        == [True, False]
    )
    model = make()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    fitter = make_fitter(model)
    comparison = oracle_comparisons(1)[0]
    fitter.l2.coefficients.zero_()
    fitter.add([Comparison(Query(key, comparison.query.segments), comparison.verdict)])
    fitter.fit(1)
    moved = [
        (parameter.detach() - old).abs().flatten(1).sum(1)
        for parameter, old in zip(model.parameters(), before, strict=True)
    ]
    assert all(change[0] == 0 for change in moved)
    assert any(change[1] > 0 for change in moved)


def test_the_l2_coefficient_stays_below_its_bound() -> None:
    # So few comparisons are soon learned by heart, so that the coefficient rises.
    fitters = [make_fitter(make_model(), most_l2=most) for most in (1.0, 2e-4)]
    for fitter in fitters:
        fitter.add(oracle_comparisons(30))
        fitter.fit(60)
    free, bounded = (float(fitter.l2.coefficients.max()) for fitter in fitters)
    assert bounded == 2e-4 < free
