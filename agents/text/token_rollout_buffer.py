"""A rollout buffer that keeps texts, for policies that judge all actions of a text at once."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.buffers import BaseBuffer
from stable_baselines3.common.type_aliases import DictRolloutBufferSamples

from prefrl.agents.policies.causal_lm import CausalLMPolicy
from prefrl.agents.rollout_buffer import DeferredRewardDictBuffer
from prefrl.trees import Array

from .token_sequences import Places, SequenceCollector, TokenSequences


class TokenRolloutBuffer(DeferredRewardDictBuffer):
    """Keeps each text once instead of an observation per step, and gives whole texts to PPO.

    A step is one action, whatever the environment appends after it, so that advantages run over
    the tokens that are actions and pass over all others.

    Attributes:
        log_probs: Of the actions when they were taken, `[T, N]`; `rewards`, `values`, `advantages`
            and `returns` likewise.

    Args:
        rewards: Returns the rewards of the rollout that has just ended, `[T, N]`.
        masks: Returns which tokens could be drawn in the step just taken, packed, `[N, V / 8]`, or
            None; kept so that training has the very distribution.
    """

    def __init__(
        self, *args: Any, masks: Callable[[], Array | None] = lambda: None, **kwargs: Any
    ) -> None:
        """Start empty."""
        self._mask_source = masks
        super().__init__(*args, **kwargs)

    def reset(self) -> None:
        """Forget everything."""
        shape = (self.buffer_size, self.n_envs)
        self.actions = np.zeros(shape, np.int64)
        for name in ("rewards", "returns", "episode_starts", "values", "log_probs", "advantages"):
            setattr(self, name, np.zeros(shape, np.float32))
        assert isinstance(self.observation_space, spaces.Dict)
        context = self.observation_space["tokens"].shape
        assert context is not None
        self._collector = SequenceCollector(self.n_envs, context[0])
        self._masks: list[Array] = []
        self.__dict__.pop("sequences", None)
        BaseBuffer.reset(self)

    def add(  # type: ignore[override]  # Stable-Baselines3's own subclass changes it likewise
        self,
        obs: dict[str, Array],
        action: Array,
        reward: Array,
        episode_start: Array,
        value: torch.Tensor,
        log_prob: torch.Tensor,
    ) -> None:
        """Take in a step of all environments."""
        actions = action.reshape(self.n_envs)
        self._collector.add(obs["tokens"], obs["length"].reshape(-1), actions, episode_start)
        masks = self._mask_source()
        if masks is not None:
            self._masks.append(masks)
        self.actions[self.pos] = actions
        self.rewards[self.pos] = reward
        self.episode_starts[self.pos] = episode_start
        self.values[self.pos] = value.numpy(force=True).reshape(-1)
        self.log_probs[self.pos] = log_prob.numpy(force=True)
        self.pos += 1
        self.full = self.pos == self.buffer_size

    @cached_property
    def sequences(self) -> TokenSequences:
        """The texts of a full buffer."""
        assert self.full, "the rollout is not over"
        return self._collector.sequences()

    def log_ratios(self, policy: CausalLMPolicy) -> Array:
        """Return how much likelier actions were to the policy than to its reference, `[T, N]`.

        Their sum over a text is an unbiased estimate of the divergence from the reference (k1),
        in nats; it is 0 while the policy is the reference. Masks do not count (in NLPO's reward
        they do not), so that with one it is not quite the divergence of what is written. Costs one
        reading of all texts, and with masks another.

        Args:
            policy: With the parameters that it acted with.
        """
        texts = self._samples(np.arange(len(self.sequences.lengths)))
        own = texts.old_log_prob
        if self._masks:
            own = policy.unmasked_log_probabilities(texts.observations, texts.actions)
        with policy.as_reference():
            reference = policy.unmasked_log_probabilities(texts.observations, texts.actions)
        return self.sequences.as_steps((own - reference).numpy(force=True))

    def get(  # type: ignore[override]  # Stable-Baselines3's own subclass changes it likewise
        self, batch_size: int | None = None
    ) -> Iterator[DictRolloutBufferSamples]:
        """Yield whole texts in random order.

        Args:
            batch_size: About how many actions a minibatch has, since texts are not cut; None for
                all in one.
        """
        texts = self.sequences
        total = len(texts.rows)
        order = np.random.permutation(len(texts.lengths))
        actions = np.bincount(texts.rows, minlength=len(order))[order]
        batches = max(1, round(total / (batch_size or total)))
        # A text belongs to the minibatch in which its middle lies.
        middles = np.cumsum(actions) - actions / 2
        batch_of = (middles * batches / total).astype(int)
        for batch in np.unique(batch_of):
            yield self._samples(order[batch_of == batch])

    def _samples(self, chosen: Places) -> DictRolloutBufferSamples:
        """Return some texts and their actions."""
        texts = self.sequences
        chosen = np.sort(chosen)
        taken = np.isin(texts.rows, chosen)
        observations = {
            "tokens": texts.tokens[chosen, : texts.lengths[chosen].max()],
            "row": np.searchsorted(chosen, texts.rows[taken]),
            "position": texts.positions[taken],
        }
        steps, envs = texts.steps[taken], texts.envs[taken]
        if self._masks:
            observations["mask"] = np.stack(self._masks)[steps, envs]
        tensors = {name: self.to_torch(values) for name, values in observations.items()}
        columns: list[Any] = [
            self.to_torch(values[steps, envs])
            for values in (
                self.actions,
                self.values,
                self.log_probs,
                self.advantages,
                self.returns,
            )
        ]
        return DictRolloutBufferSamples(tensors, *columns)
