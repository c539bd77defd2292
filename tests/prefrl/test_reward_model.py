"""Tests of prefrl.reward_model."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from gymnasium import spaces
from torch import Tensor
from torch.nn import functional

from prefrl.reward_model import CHUNK, RewardEnsemble, in_chunks, member_returns
from prefrl.segments import Segment, SegmentBatch

MakeSegment = Callable[..., Segment]

OBSERVATIONS = spaces.Box(-1, 1, (2,))
ACTIONS = spaces.Box(-1, 1, (1,))


def make_model(members: int = 3, seed: int = 0) -> RewardEnsemble:
    return RewardEnsemble(OBSERVATIONS, ACTIONS, members=members, hidden=(8, 8), seed=seed)


def random_segments(lengths: list[int], seed: int = 0) -> list[Segment]:
    rng = np.random.default_rng(seed)
    return [
        Segment(
            rng.normal(5, 2, (steps, 2)).astype(np.float32),
            rng.normal(0, 1, (steps, 1)).astype(np.float32),
            np.zeros(steps),
        )
        for steps in lengths
    ]


def batch_of(segment: Segment) -> SegmentBatch:
    return SegmentBatch.from_segments([segment])


def looped(model: RewardEnsemble, inputs: Tensor) -> Tensor:
    """Compute what the ensemble computes, member by member."""
    rewards = []
    for member in range(model.members):
        hidden = (inputs - model.input_mean) / model.input_std
        for layer, (weight, bias) in enumerate(zip(model.weights, model.biases, strict=True)):
            if layer:
                hidden = functional.leaky_relu(hidden, 0.01)
            hidden = hidden @ weight[member] + bias[member]
        rewards.append(hidden.squeeze(-1))
    return torch.stack(rewards)


@pytest.mark.parametrize("leading", [(7,), (2, 5), (2, 3, 4)])
@torch.no_grad()
def test_the_ensemble_equals_a_loop_over_its_members(leading: tuple[int, ...]) -> None:
    model = make_model()
    model.fit_scales(random_segments([20]))
    inputs = torch.randn(*leading, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model(inputs), looped(model, inputs))


def test_weights_depend_on_the_seed_alone() -> None:
    first, other = make_model(seed=1), make_model(seed=2)
    torch.manual_seed(99)
    again = make_model(seed=1)
    assert all(map(torch.equal, first.parameters(), again.parameters()))
    assert not torch.equal(first.weights[0], other.weights[0])


def test_members_start_different() -> None:
    weight = make_model(2).weights[0]
    assert not torch.equal(weight[0], weight[1])


def test_making_a_model_leaves_the_global_random_state_alone() -> None:
    before = torch.get_rng_state()
    make_model()
    assert torch.equal(torch.get_rng_state(), before)


def test_inputs_are_standardised_over_all_steps_but_the_padding() -> None:
    model, segments = make_model(), random_segments([4, 9])
    model.fit_scales(segments)
    steps = torch.cat([model.inputs(batch_of(segment))[0] for segment in segments])
    torch.testing.assert_close(model.input_mean, steps.mean(0))
    torch.testing.assert_close(model.input_std, steps.std(0, correction=0))


def test_inputs_that_never_change_give_finite_rewards(make_segment: MakeSegment) -> None:
    model = make_model()
    constant = make_segment([0.5] * 4, observations=np.ones((4, 2), np.float32))
    model.fit_scales([constant])
    model.fit_normalisation([constant])
    assert np.isfinite(model.predict(constant.observations, constant.actions)).all()


def test_normalised_rewards_have_mean_0_and_std_1_per_member() -> None:
    model, segments = make_model(), random_segments([30, 5, 12])
    model.fit_normalisation(segments)
    steps = torch.cat([model.inputs(batch_of(segment))[0] for segment in segments])
    normalised = model.normalised(steps)
    torch.testing.assert_close(normalised.mean(1), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(normalised.std(1, correction=0), torch.ones(3))


def test_uncentred_rewards_keep_their_zero_and_have_mean_square_1() -> None:
    model, (segment,) = make_model(), random_segments([30])
    steps = model.inputs(batch_of(segment))[0]
    with torch.no_grad():
        raw = model(steps)
    model.fit_normalisation([segment], centred=False)
    normalised = model.normalised(steps)
    torch.testing.assert_close(normalised.square().mean(1), torch.ones(3))
    torch.testing.assert_close(normalised / raw, (normalised / raw)[:, :1].expand_as(raw))
    assert (normalised * raw >= 0).all()


def test_masked_steps_do_not_enter_scales_nor_normalisation() -> None:
    (segment,) = random_segments([6])
    assert isinstance(segment.observations, np.ndarray)
    mask = np.array([True, False, True, True, False, True])
    masked = Segment(segment.observations, segment.actions, segment.true_rewards, mask)
    picked = Segment(segment.observations[mask], segment.actions[mask], np.zeros(4))
    models = [make_model(), make_model()]
    for model, piece in zip(models, [masked, picked], strict=True):
        model.fit_scales([piece])
        model.fit_normalisation([piece])
    first, second = (dict(model.named_buffers()) for model in models)
    for name, value in first.items():
        torch.testing.assert_close(value, second[name])


def test_prediction_is_the_mean_of_the_normalised_rewards() -> None:
    model, (segment,) = make_model(), random_segments([10])
    model.fit_normalisation([segment])
    predicted = model.predict(segment.observations, segment.actions)
    expected = model.normalised(model.inputs(batch_of(segment))[0]).mean(0)
    np.testing.assert_allclose(predicted, expected.numpy(), rtol=1e-5, atol=1e-6)
    assert predicted.dtype == np.float32


@pytest.mark.parametrize("leading", [(), (1,), (4,), (4, 3)])
def test_prediction_keeps_any_leading_axes(leading: tuple[int, ...]) -> None:
    predicted = make_model().predict(np.zeros((*leading, 2)), np.zeros((*leading, 1)))
    assert predicted.shape == leading


@torch.no_grad()
def test_member_returns_are_sums_over_counted_steps() -> None:
    model = make_model()
    short, long, other = random_segments([2, 5, 3])
    returns = member_returns(model, [(short, long), (other, short, long)])
    expected = torch.stack(
        [model(model.inputs(batch_of(segment))[0]).sum(1) for segment in (short, long, other)], -1
    )
    absent = torch.full((3, 1), -torch.inf)
    torch.testing.assert_close(returns[:, 0], torch.cat([expected[:, :2], absent], 1))
    torch.testing.assert_close(returns[:, 1], expected[:, [2, 0, 1]])


def test_a_segment_in_several_choices_is_evaluated_once() -> None:
    model, (first, second) = make_model(), random_segments([3, 3])
    rows = list[int]()
    model.register_forward_pre_hook(lambda _, inputs: rows.append(len(inputs[0])))
    returns = member_returns(model, [(first, second)] * 5)
    assert sum(rows) == 2
    torch.testing.assert_close(returns, returns[:, :1].expand(3, 5, 2))


@pytest.mark.parametrize("count", [1, 4, 5, 12])
def test_pieces_give_what_the_whole_gives(count: int) -> None:
    inputs = torch.arange(count * 3.0).reshape(count, 3)
    pieces = list[int]()

    def model(piece: Tensor) -> Tensor:
        pieces.append(len(piece))
        return torch.stack([piece, -piece])

    assert torch.equal(in_chunks(model, inputs, 4), torch.stack([inputs, -inputs]))
    assert max(pieces) <= 4


@torch.no_grad()
def test_many_steps_are_predicted_as_few_are() -> None:
    model, (segment,) = make_model(), random_segments([CHUNK + 7])
    assert isinstance(segment.observations, np.ndarray)
    whole = model.predict(segment.observations, segment.actions)
    end = model.predict(segment.observations[-9:], segment.actions[-9:])
    np.testing.assert_allclose(whole[-9:], end, rtol=1e-4, atol=1e-5)
