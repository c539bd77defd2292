"""Reward models: an ensemble of networks whose members are computed in one batch."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from prefrl.convolutions import EnsembleConvolutions
from prefrl.encoding import StepEncoder
from prefrl.language.text_reward_model import TextRewardModel
from prefrl.queries import Choice
from prefrl.segments import Segment, SegmentBatch
from prefrl.text_spaces import is_text
from prefrl.trees import Array, Tree


class RewardModel(Protocol):
    """What fitting, queries and agents need of a reward model, in every domain.

    A model has M ≥ 1 members. Inputs are made once from segments and then indexed and batched, so
    that a fit does not encode the same segments again every epoch.
    """

    members: int

    def kept(self, observations: Tree, actions: Array) -> Tree:
        """Return what segments need to keep of observations, `[..., *obs]`."""

    def inputs(self, batch: SegmentBatch) -> Tensor:
        """Return what the members read, `[B, T, *input]`."""

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return raw rewards per step, `[M, *leading]`, for inputs `[*leading, *input]`."""

    def each(self, inputs: Tensor) -> Tensor:
        """Return raw rewards, `[M, *leading]`, for each member's own inputs.

        Args:
            inputs: `[M, *leading, *input]`.
        """

    def parameters(self) -> Any:
        """Return the parameters; those that require gradients are fitted."""

    def squared_norms(self) -> Tensor:
        """Return the sum of squares of each member's parameters that may decay, `[M]`."""

    def fit_scales(self, segments: Sequence[Segment]) -> None:
        """Set the scale of the inputs, before a fit, to that of these segments."""

    def fit_normalisation(self, segments: Sequence[Segment], *, centred: bool = True) -> None:
        """Set each member's normalisation, after a fit, on these segments.

        Args:
            segments: What to normalise on.
            centred: Whether to subtract the mean, which is without meaning unless segments of
                different lengths were compared.
        """

    def predict(self, observations: Tree, actions: Array) -> NDArray[np.float32]:
        """Return the mean of the members' normalised rewards, `[...]`, for steps `[..., *obs]`."""


class RewardEnsemble(nn.Module):
    """Members of fully connected networks on observation and action, images through convolutions.

    Christiano et al. 2017, appendix A.1: two hidden layers of 64, leaky ReLU with slope 0.01. The
    members' weights are stacked, `[M, in, out]`, so that one batched product serves them all.

    Args:
        observation_space: See `StepEncoder`.
        action_space: See `StepEncoder`.
        members: The number of members M, at least 1.
        hidden: Units of each hidden layer.
        seed: Determines the initial weights, whatever the global random state.
    """

    input_mean: Tensor
    input_std: Tensor
    output_mean: Tensor
    output_std: Tensor

    def __init__(
        self,
        observation_space: gymnasium.Space[Any],
        action_space: gymnasium.Space[Any],
        *,
        members: int = 3,
        hidden: tuple[int, ...] = (64, 64),
        seed: int = 0,
    ) -> None:
        """Draw the initial weights as torch.nn.Linear does."""
        super().__init__()
        self.members = members
        self.observation_space = observation_space
        self.action_space = action_space
        self._encoder = StepEncoder(observation_space, action_space)
        draw = torch.Generator().manual_seed(seed)
        images = self._encoder.images.values()
        layers = [EnsembleConvolutions(members, shape.small, draw) for shape in images]
        self.convolutions = nn.ModuleList(layers)
        seen = sum(part.size for part in layers)
        sizes = (self._encoder.size + seen, *hidden, 1)
        self.weights = nn.ParameterList()
        self.biases = nn.ParameterList()
        for fan_in, fan_out in itertools.pairwise(sizes):
            bound = 1 / math.sqrt(fan_in)
            weight = torch.empty(members, fan_in, fan_out).uniform_(-bound, bound, generator=draw)
            bias = torch.empty(members, 1, fan_out).uniform_(-bound, bound, generator=draw)
            self.weights.append(nn.Parameter(weight))
            self.biases.append(nn.Parameter(bias))
        self.register_buffer("input_mean", torch.zeros(self._encoder.size))
        self.register_buffer("input_std", torch.ones(self._encoder.size))
        self.register_buffer("output_mean", torch.zeros(members))
        self.register_buffer("output_std", torch.ones(members))

    def kept(self, observations: Tree, actions: Array) -> Tree:
        """Return what segments need to keep of observations (see `StepEncoder`)."""
        return self._encoder.kept(observations, actions)

    def inputs(self, batch: SegmentBatch) -> Tensor:
        """Return encoded steps, `[B, T, D]` (see `StepEncoder`)."""
        return torch.from_numpy(self._encoder(batch.observations, batch.actions))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return raw rewards, `[M, *leading]`, for encoded steps `[*leading, D]`."""
        if self.convolutions:
            return self.each(inputs.expand(self.members, *inputs.shape))
        steps = self._scaled(inputs.reshape(-1, inputs.shape[-1]))
        rewards = self._network(steps.expand(self.members, *steps.shape))
        return rewards.reshape(self.members, *inputs.shape[:-1])

    def each(self, inputs: Tensor) -> Tensor:
        """Return raw rewards, `[M, *leading]`, for encoded steps `[M, *leading, D]`."""
        vectors, *images = self._unpacked(inputs.flatten(1, -2))
        features = [layers(part) for layers, part in zip(self.convolutions, images, strict=True)]
        steps = torch.cat([self._scaled(vectors), *features], -1)
        return self._network(steps).reshape(inputs.shape[:-1])

    def _unpacked(self, steps: Tensor) -> list[Tensor]:
        """Return the vectors, and the frames of each image, `[..., C, h, w]`."""
        if not self.convolutions:
            return [steps]
        shapes = [shape.small for shape in self._encoder.images.values()]
        sizes = [4 * self._encoder.size, *map(math.prod, shapes)]
        vectors, *images = steps.split(sizes, -1)
        frames = [part.unflatten(-1, shape) for part, shape in zip(images, shapes, strict=True)]
        return [vectors.contiguous().view(torch.float32), *frames]

    def _scaled(self, steps: Tensor) -> Tensor:
        return (steps - self.input_mean) / self.input_std

    def _network(self, steps: Tensor) -> Tensor:
        hidden = steps
        *layers, last = zip(self.biases, self.weights, strict=True)
        for bias, weight in layers:
            hidden = functional.leaky_relu_(torch.baddbmm(bias, hidden, weight), 0.01)
        return torch.baddbmm(last[0], hidden, last[1])

    def squared_norms(self) -> Tensor:
        """Return the sum of squares of each member's parameters, `[M]`."""
        squares = [value.square().reshape(self.members, -1).sum(1) for value in self.parameters()]
        return torch.stack(squares).sum(0)

    def fit_scales(self, segments: Sequence[Segment]) -> None:
        """Set input mean and standard deviation to those of the segments' steps."""
        steps = self._unpacked(self._steps(segments))[0]
        self.input_mean.copy_(steps.mean(0))
        self.input_std.copy_(steps.std(0, correction=0).clamp_min(1e-2))

    @torch.no_grad()
    def fit_normalisation(self, segments: Sequence[Segment], *, centred: bool = True) -> None:
        """Give each member's rewards mean 0 and standard deviation 1 over the segments' steps.

        If not `centred`, a mean square of 1, and the zero that was fitted: comparing segments of
        different lengths tells whether one more step is good or bad.
        """
        rewards = in_chunks(self, self._steps(segments))
        if centred:
            self.output_mean.copy_(rewards.mean(1))
            spread = rewards.std(1, correction=0)
        else:
            self.output_mean.zero_()
            spread = rewards.square().mean(1).sqrt()
        self.output_std.copy_(spread.clamp_min(1e-6))

    @torch.no_grad()
    def normalised(self, inputs: Tensor) -> Tensor:
        """Return each member's normalised rewards, `[M, *leading]`."""
        shape = (self.members, *[1] * (inputs.ndim - 1))
        flat = in_chunks(self, inputs.reshape(-1, inputs.shape[-1]))
        rewards = flat.reshape(self.members, *inputs.shape[:-1])
        return (rewards - self.output_mean.view(shape)) / self.output_std.view(shape)

    def predict(self, observations: Tree, actions: Array) -> NDArray[np.float32]:
        """Return the mean of the members' normalised rewards.

        Args:
            observations: `[..., *obs]`, or a dictionary of such, as the environment gave them.
            actions: `[..., *act]`, as the environment took them.

        Returns:
            `[...]` float32.
        """
        inputs = torch.from_numpy(self._encoder(observations, actions))
        rewards: NDArray[np.float32] = self.normalised(inputs).mean(0).numpy()
        return rewards

    def _steps(self, segments: Sequence[Segment]) -> Tensor:
        batch = SegmentBatch.from_segments(segments)
        return self.inputs(batch)[torch.from_numpy(batch.mask)]


FittedModel: TypeAlias = RewardEnsemble | TextRewardModel


def make_reward_model(
    observation_space: gymnasium.Space[Any],
    action_space: gymnasium.Space[Any],
    *,
    members: int = 3,
    seed: int = 0,
    **language: Any,
) -> FittedModel:
    """Return the reward model that suits the spaces: for texts one that reads them.

    Args:
        observation_space: See `StepEncoder` and `text_spaces`.
        action_space: The same.
        members: The number of members M, at least 1.
        seed: Determines the initial weights.
        **language: For texts, what else `TextRewardModel` takes: the language model, the horizon.

    Raises:
        UserError: If a space is of an unsupported kind, or the language model does not fit.
    """
    if not is_text(observation_space, action_space):
        return RewardEnsemble(observation_space, action_space, members=members, seed=seed)
    assert isinstance(observation_space, gymnasium.spaces.Dict)
    assert isinstance(action_space, gymnasium.spaces.Discrete)
    return TextRewardModel(observation_space, action_space, members=members, seed=seed, **language)


CHUNK = 2048
"""Steps to evaluate at a time, so that the hidden layers stay in the processor's cache."""


def in_chunks(model: Callable[[Tensor], Tensor], inputs: Tensor, size: int = CHUNK) -> Tensor:
    """Return a model's rewards, `[M, B, ...]` for inputs `[B, ...]`, computed piece by piece.

    Args:
        model: Gives rewards `[M, b, ...]` for inputs `[b, ...]`.
        inputs: What to evaluate.
        size: The most rows b of a piece.
    """
    return torch.cat([model(piece) for piece in inputs.split(size)], 1)


def member_returns(model: RewardModel, choices: Sequence[Choice]) -> Tensor:
    """Return each member's summed raw rewards of the segments of each choice.

    Segments that are in several choices are evaluated once. Gives no gradients.

    Args:
        model: The reward model.
        choices: C ≥ 1 choices; the largest has k segments.

    Returns:
        `[M, C, k]`; −inf where a choice has fewer segments.
    """
    unique = {id(segment): segment for choice in choices for segment in choice}
    places = {identity: place for place, identity in enumerate(unique)}
    sums = _segment_returns(model, list(unique.values()))
    returns = torch.full((model.members, len(choices), max(map(len, choices))), -torch.inf)
    for row, choice in enumerate(choices):
        returns[:, row, : len(choice)] = sums[:, [places[id(segment)] for segment in choice]]
    return returns


@torch.no_grad()
def _segment_returns(model: RewardModel, segments: Sequence[Segment]) -> Tensor:
    batch = SegmentBatch.from_segments(segments)
    mask = torch.from_numpy(batch.mask)
    rewards = in_chunks(model, model.inputs(batch), max(1, CHUNK // mask.shape[1]))
    return (rewards * mask).sum(-1)
