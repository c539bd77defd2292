"""A policy that chooses among candidates by their features."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.distributions import CategoricalDistribution, Distribution
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.type_aliases import PyTorchObs, Schedule
from torch import Tensor, nn

from prefrl.candidates import ACTION_MASK

from .candidate_features import CandidateFeatures

ILLEGAL = -1e8
"""The logit of illegal candidates, which gives them probability 0 and finite gradients."""


class CandidatePolicy(ActorCriticPolicy):
    """Scores every candidate with one network, and chooses by a softmax over the legal ones.

    The value of a state is the mean of the candidates' values under the policy: a state is worth
    what its choices lead to, so the critic reads the same rows.

    Args:
        observation_space: A Dict with `candidates`, `[K, F]`, and `action_mask`, `[K]`.
        action_space: Discrete, of K actions.
        lr_schedule: Learning rate by the share of training that remains.
        net_arch: Units of each hidden layer, of the scorer and of the critic.
        **kwargs: See Stable-Baselines3's `ActorCriticPolicy`.
    """

    def __init__(
        self,
        observation_space: spaces.Dict,
        action_space: spaces.Discrete,
        lr_schedule: Schedule,
        net_arch: Sequence[int] = (64, 64),
        **kwargs: Any,
    ) -> None:
        """Draw the initial weights orthogonally, as Stable-Baselines3 does."""
        self._hidden = tuple(net_arch)
        kwargs.setdefault("features_extractor_class", CandidateFeatures)
        super().__init__(observation_space, action_space, lr_schedule, **kwargs)

    def _build(self, lr_schedule: Schedule) -> None:
        sizes = (self.features_dim, *self._hidden, 1)
        self.scorer = _network(sizes, gain=0.01)
        self.critic = _network(sizes, gain=1.0)
        options = dict(self.optimizer_kwargs)
        self.optimizer = self.optimizer_class(self.parameters(), lr=lr_schedule(1), **options)  # type: ignore[call-arg]

    def forward(
        self, obs: PyTorchObs, deterministic: bool = False
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return actions `[B]`, values `[B, 1]` and log-probabilities `[B]`."""
        distribution, values = self._judge(obs)
        actions = distribution.get_actions(deterministic=deterministic)
        return actions, values, distribution.log_prob(actions)

    def evaluate_actions(
        self, obs: PyTorchObs, actions: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return values `[B, 1]`, log-probabilities `[B]` and entropies `[B]`."""
        distribution, values = self._judge(obs)
        return values, distribution.log_prob(actions), distribution.entropy()

    def get_distribution(self, obs: PyTorchObs) -> Distribution:
        """Return the distribution over actions."""
        return self._judge(obs)[0]

    def predict_values(self, obs: PyTorchObs) -> Tensor:
        """Return values, `[B, 1]`."""
        return self._judge(obs)[1]

    def _judge(self, obs: PyTorchObs) -> tuple[CategoricalDistribution, Tensor]:
        assert isinstance(obs, dict)
        rows = self.features_extractor(obs)
        legal = obs[ACTION_MASK].bool()
        logits = self.scorer(rows).squeeze(-1).masked_fill(~legal, ILLEGAL)
        assert isinstance(self.action_dist, CategoricalDistribution)
        distribution = self.action_dist.proba_distribution(logits)
        values = self.critic(rows).squeeze(-1)
        # The critic's error does not pull at the scorer.
        weights = torch.softmax(logits.detach(), -1)
        return distribution, (weights * values).sum(-1, keepdim=True)


def _network(sizes: Sequence[int], gain: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        layers += [_linear(fan_in, fan_out, math.sqrt(2)), nn.Tanh()]
    *hidden, last, _ = layers
    assert isinstance(last, nn.Linear)
    nn.init.orthogonal_(last.weight, gain)
    return nn.Sequential(*hidden, last)


def _linear(fan_in: int, fan_out: int, gain: float) -> nn.Linear:
    linear = nn.Linear(fan_in, fan_out)
    nn.init.orthogonal_(linear.weight, gain)
    nn.init.zeros_(linear.bias)
    return linear
