"""Fitting a reward model to comparisons."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from prefrl.bradley_terry import (
    negative_log_likelihood,
    preference_probabilities,
    verdict_targets,
)
from prefrl.queries import Comparison, QueryKey
from prefrl.regularisation import AdaptiveL2
from prefrl.reward_model import RewardModel
from prefrl.seeding import generator
from prefrl.segments import SegmentBatch


@dataclass(frozen=True)
class FitReport:
    """How good the fit is.

    Attributes:
        comparisons: How many comparisons the fit used.
        training_loss: Mean over members, in nats.
        heldout_loss: The loss on comparisons that a member never trained on, in nats.
        heldout_accuracy: Share of decided comparisons that members who never trained on them
            predict; NaN where there are none.
        l2: Mean L2 coefficient.
    """

    comparisons: int
    training_loss: float
    heldout_loss: float
    heldout_accuracy: float
    l2: float


class RewardFitter:
    """Holds comparisons as tensors and fits a reward model to them, again and again.

    Members differ by their initial weights and by a Poisson bootstrap: each comparison counts
    Poisson(1) times for a member, so that a share 1/e of them is that member's validation set
    (Christiano et al. 2017, section 2.2.3, hold out 1/e per predictor). The counts depend on the
    seed and the question alone; re-asks of a question share them.

    Args:
        model: The model to fit, in place.
        segment_length: The most steps T that a segment has.
        seed: Determines the bootstrap and the order of minibatches.
        noise: Share of answers taken to be random (Christiano et al. 2017: 0.1).
        learning_rate: Adam's, above 0.
        batch_size: Comparisons per minibatch.
        most_l2: The greatest L2 coefficient (see `AdaptiveL2`), above 0.

    Attributes:
        lengths_differ: Whether segments of different lengths were ever compared.
    """

    def __init__(
        self,
        model: RewardModel,
        segment_length: int,
        *,
        seed: int = 0,
        noise: float = 0.1,
        learning_rate: float = 1e-3,
        batch_size: int = 32,
        most_l2: float = 1.0,
    ) -> None:
        """Start with no comparisons."""
        self.model = model
        self.l2 = AdaptiveL2(model.members, most=most_l2)
        fitted = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.Adam(fitted, lr=learning_rate)
        self.lengths_differ = False
        self._length = segment_length
        self._seed, self._noise, self._batch_size = seed, noise, batch_size
        self._held: dict[QueryKey, _Held] = {}

    def __len__(self) -> int:
        """Return the number of comparisons held."""
        return len(self._held)

    @property
    def keys(self) -> list[QueryKey]:
        """The keys of the comparisons held, in the order in which they came."""
        return list(self._held)

    def add(self, comparisons: Sequence[Comparison]) -> None:
        """Take in comparisons, in the place of earlier ones of the same key.

        Skipped ones say nothing and are left out.
        """
        for comparison in comparisons:
            query = comparison.query
            self._held.pop(query.key, None)
            if comparison.verdict == "skip":
                continue
            batch = SegmentBatch.from_segments(query.segments, self._length)
            self.lengths_differ |= len(set(batch.mask.sum(-1).tolist())) > 1
            self._held[query.key] = _Held(
                inputs=self.model.inputs(batch),
                mask=torch.from_numpy(batch.mask),
                targets=verdict_targets([comparison.verdict], [len(query.segments)])[0],
                counts=torch.from_numpy(
                    bootstrap_counts(self._seed, query.key, self.model.members)
                ),
            )

    def fit(self, epochs: int, *, progress: Callable[[float], None] | None = None) -> FitReport:
        """Fit the model, starting from where it is.

        Args:
            epochs: Passes over the comparisons, at least 0.
            progress: Called after each epoch with the share done, in (0, 1].

        Raises:
            ValueError: If there are no comparisons.
        """
        if not self._held:
            raise ValueError("there are no comparisons to fit the reward model to")
        _keep_freed_memory()
        data = self._data()
        rng = generator(self._seed, "fit", len(self), int(self._epochs_done()))
        for epoch in range(epochs):
            self._run_epoch(data, rng)
            if progress is not None:
                progress((epoch + 1) / epochs)
        return self._report(data)

    def _epochs_done(self) -> float:
        state = next(iter(self.optimizer.state.values()), None)
        return 0.0 if state is None else float(state["step"])

    def _data(self) -> "_Data":
        held = list(self._held.values())
        options = max(len(one.targets) for one in held)
        return _Data(
            inputs=_pad_stack([one.inputs for one in held], options),
            masks=_pad_stack([one.mask for one in held], options),
            targets=_pad_stack([one.targets for one in held], options),
            counts=torch.stack([one.counts for one in held], 1).float(),
        )

    def _run_epoch(self, data: "_Data", rng: np.random.Generator) -> None:
        most = int((data.counts > 0).sum(1).max())
        steps = max(1, math.ceil(most / self._batch_size))
        trained = _batches(data.counts, steps, rng)
        heldout = _batches((data.counts == 0).float(), steps, rng)
        sums = torch.zeros(4, self.model.members)
        for train_on, judge in zip(trained, heldout, strict=True):
            sums[:2] += self._step(data, train_on)
            sums[2:] += self._judge(data, judge)
        self.l2.update(sums[0] / sums[1], sums[2] / sums[3])

    def _step(self, data: "_Data", batch: "_Batch") -> Tensor:
        losses = self._losses(data, batch)
        weights = batch.weights.sum(1)
        self.optimizer.zero_grad()
        ((losses / weights.clamp_min(1)).sum() + self._penalty()).backward()
        self.optimizer.step()
        return torch.stack([losses.detach(), weights])

    @torch.no_grad()
    def _judge(self, data: "_Data", batch: "_Batch") -> Tensor:
        return torch.stack([self._losses(data, batch), batch.weights.sum(1)])

    def _losses(self, data: "_Data", batch: "_Batch") -> Tensor:
        """Return the weighted sum of each member's losses on its own comparisons, `[M]`."""
        inputs, masks = data.inputs[batch.indices], data.masks[batch.indices]
        rewards = self.model.each(inputs.flatten(1, 2)).unflatten(1, masks.shape[1:3])
        targets = data.targets[batch.indices]
        losses = negative_log_likelihood(_returns(rewards, masks), targets, self._noise)
        return (losses * batch.weights).sum(1)

    def _penalty(self) -> Tensor:
        return (self.model.squared_norms() * self.l2.coefficients.float()).sum()

    @torch.no_grad()
    def _report(self, data: "_Data") -> FitReport:
        size = self._batch_size
        chunks = zip(data.inputs.split(size), data.masks.split(size), strict=True)
        pieces = [
            _returns(self.model(inputs.flatten(0, 1)).unflatten(1, masks.shape[:2]), masks)
            for inputs, masks in chunks
        ]
        returns = torch.cat(pieces, 1)
        targets = data.targets.expand_as(returns)
        losses = negative_log_likelihood(returns, targets, self._noise)
        training, heldout = _split_means(losses, data.counts)
        return FitReport(
            comparisons=len(self),
            training_loss=float(training.nanmean()),
            heldout_loss=float(heldout.nanmean()),
            heldout_accuracy=heldout_accuracy(returns, data.targets, data.counts),
            l2=float(self.l2.coefficients.mean()),
        )


def _keep_freed_memory() -> None:
    # Else, with many comparisons, glibc gives what each minibatch frees back to the system, to
    # fault it in again for the next. It keeps twice as much as the largest block of at most 32 MiB
    # that it has mapped and freed (mallopt(3), M_MMAP_THRESHOLD); this one is never touched.
    torch.empty(2**25 - 2**16, dtype=torch.uint8)


def bootstrap_counts(seed: int, key: QueryKey, members: int) -> np.ndarray:
    """Return how often a comparison counts for each member, `[members]`, Poisson(1) each."""
    return generator(seed, "bootstrap", key.round, key.index).poisson(1.0, members)


def heldout_accuracy(returns: Tensor, targets: Tensor, counts: Tensor) -> float:
    """Return the share of decided comparisons that are predicted by members new to them.

    Args:
        returns: Summed raw rewards, `[M, C, k]`.
        targets: Verdicts as distributions, `[C, k]`; ties are left out, having no right answer.
        counts: How often each member trained on each comparison, `[M, C]`.

    Returns:
        In [0, 1], or NaN where no decided comparison is new to any member.
    """
    new = (counts == 0).float()
    judged = (new.sum(0) > 0) & (targets.max(-1).values == 1)
    if not judged.any():
        return float("nan")
    probabilities = preference_probabilities(returns) * new[..., None]
    right = probabilities.sum(0).argmax(-1) == targets.argmax(-1)
    return float(right[judged].float().mean())


@dataclass(frozen=True)
class _Held:
    inputs: Tensor  # [k, T, *input]
    mask: Tensor  # [k, T] bool
    targets: Tensor  # [k]
    counts: Tensor  # [M]


@dataclass(frozen=True)
class _Data:
    inputs: Tensor  # [C, k, T, *input]
    masks: Tensor  # [C, k, T] bool; no step of an absent segment counts
    targets: Tensor  # [C, k]
    counts: Tensor  # [M, C]


@dataclass(frozen=True)
class _Batch:
    indices: Tensor  # [M, B], of comparisons; each member has its own
    weights: Tensor  # [M, B]; 0 where a member has fewer than B


def _batches(weights: Tensor, steps: int, rng: np.random.Generator) -> list[_Batch]:
    """Spread each member's comparisons of weight above 0 over `steps` batches, at random."""
    parts = [np.array_split(rng.permutation(np.flatnonzero(row)), steps) for row in weights.numpy()]
    return [_batch(weights, members) for members in zip(*parts, strict=True)]


def _batch(weights: Tensor, members: Sequence[np.ndarray]) -> _Batch:
    shape = len(members), max(1, *map(len, members))
    indices, kept = torch.zeros(shape, dtype=torch.int64), torch.zeros(shape)
    for row, chosen in enumerate(members):
        indices[row, : len(chosen)] = torch.from_numpy(chosen)
        kept[row, : len(chosen)] = 1
    return _Batch(indices, weights.gather(1, indices) * kept)


def _returns(rewards: Tensor, masks: Tensor) -> Tensor:
    """Return sums over the steps that count; −inf for absent segments, which have none."""
    return (rewards * masks).sum(-1).masked_fill(~masks.any(-1), -torch.inf)


def _pad_stack(tensors: Sequence[Tensor], length: int) -> Tensor:
    stacked = tensors[0].new_zeros(len(tensors), length, *tensors[0].shape[1:])
    for row, tensor in zip(stacked, tensors, strict=True):
        row[: len(tensor)] = tensor
    return stacked


def _split_means(losses: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    training = (losses * counts).sum(1) / counts.sum(1)
    heldout = (losses * (counts == 0)).sum(1) / (counts == 0).sum(1)
    return training, heldout
