"""A policy that is a causal language model, for the stock PPO."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import torch
from gymnasium import spaces
from stable_baselines3.common.distributions import CategoricalDistribution, Distribution
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.type_aliases import PyTorchObs, Schedule
from torch import Tensor, nn

from prefrl.language.causal_models import load_causal_model

from .cached_reader import CachedReader
from .frozen_weights import leave_frozen_weights_out
from .reference_model import frozen_copy, has_adapters
from .sequence_states import states_before
from .token_distribution import draw_tokens, judge_tokens

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class CausalLMPolicy(ActorCriticPolicy):
    """Writes texts with a causal language model; a linear head on its last layer gives values.

    An action is a token, drawn from the model's distribution at the given temperature, which is
    the distribution that PPO trains as well. The value head starts at zero, as in Ziegler et al.
    2019. Dropout is off, also during training, so that PPO's ratios start at 1.

    What the model was at first is the reference model: a frozen copy, or, where the model has
    adapters (peft), the model without them. Frozen weights are not in `state_dict`, since they are
    those that the policy is made with.

    Args:
        observation_space: A Dict with `tokens` `[L]`, padded on the right, and `length` `[1]`.
        action_space: Discrete, of V tokens.
        lr_schedule: Learning rate by the share of training that remains.
        model: The language model, or its folder. It is trained in place: those of its parameters
            that require gradients.
        temperature: What logits are divided by, above 0.
        **kwargs: See Stable-Baselines3's `ActorCriticPolicy`.

    Raises:
        UserError: If the folder holds no language model.
    """

    def __init__(
        self,
        observation_space: spaces.Dict,
        action_space: spaces.Discrete,
        lr_schedule: Schedule,
        *,
        model: "PreTrainedModel | str | Path",
        temperature: float = 1.0,
        **kwargs: Any,
    ) -> None:
        """Take the model over."""
        super().__init__(observation_space, action_space, lr_schedule, **kwargs)
        if isinstance(model, str | Path):
            model = load_causal_model(model, vocabulary_size=int(action_space.n))
        self.temperature = temperature
        self.language_model = model
        self.reference = None if has_adapters(model) else frozen_copy(model)
        self.value_head = nn.Linear(model.config.hidden_size, 1)
        nn.init.zeros_(self.value_head.weight)
        nn.init.zeros_(self.value_head.bias)
        self._reader = CachedReader()
        leave_frozen_weights_out(self)
        trained = [parameter for parameter in self.parameters() if parameter.requires_grad]
        options = dict(self.optimizer_kwargs)
        self.optimizer = self.optimizer_class(trained, lr=lr_schedule(1), **options)  # type: ignore[call-arg]

    def _build(self, lr_schedule: Schedule) -> None:
        """Leave it to the constructor, which can take modules in only after its parent's."""

    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation mode, whatever is asked for, so that dropout stays off."""
        return super().train(False)

    def forward(
        self, obs: PyTorchObs, deterministic: bool = False
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return actions `[B]`, values `[B, 1]` and log-probabilities `[B]`."""
        states = self._last_states(obs)
        uniforms = None if deterministic else torch.rand(len(states), dtype=torch.float64)
        actions, log_probabilities = draw_tokens(self._logits(states), uniforms)
        return actions, self.value_head(states), log_probabilities

    def evaluate_actions(
        self, obs: PyTorchObs, actions: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Judge actions in observations, or many actions in each of some whole texts.

        Args:
            obs: As the environment gives them, `[B, *]`; or as `TokenRolloutBuffer.get` does, with
                texts that hold M actions in all, by `row` and `position`, each `[M]`.
            actions: `[B]` or `[M]`.

        Returns:
            Values `[M, 1]`, log-probabilities `[M]` and entropies `[M]`.
        """
        assert isinstance(obs, dict)
        states = states_before(self.language_model, obs["tokens"], *_places(obs))
        log_probabilities, entropies = judge_tokens(self._logits(states), actions)
        return self.value_head(states), log_probabilities, entropies

    def get_distribution(self, obs: PyTorchObs) -> Distribution:
        """Return the distribution over the next tokens."""
        assert isinstance(self.action_dist, CategoricalDistribution)
        return self.action_dist.proba_distribution(self._logits(self._last_states(obs)))

    def predict_values(self, obs: PyTorchObs) -> Tensor:
        """Return values, `[B, 1]`."""
        values: Tensor = self.value_head(self._last_states(obs))
        return values

    def next_tokens(self, tokens: Tensor, lengths: Tensor, uniforms: Tensor | None) -> Tensor:
        """Return a next token for each text, `[N]`, as `forward` would.

        Args:
            tokens: Texts, `[N, L]`, padded on the right.
            lengths: Their lengths, `[N]`.
            uniforms: What to draw with, in [0, 1), `[N]` float64; None takes the likeliest tokens.
        """
        states = self._reader.last_states(self.language_model, tokens, lengths)
        return draw_tokens(self._logits(states), uniforms)[0]

    @torch.no_grad()
    def reference_log_probabilities(self, obs: dict[str, Tensor], actions: Tensor) -> Tensor:
        """Return the reference model's log-probabilities, `[M]`, at the policy's temperature.

        Args:
            obs: As `evaluate_actions` takes them.
            actions: `[M]`.
        """
        with self.as_reference():
            states = states_before(self.language_model, obs["tokens"], *_places(obs))
            return judge_tokens(self._logits(states), actions)[0]

    @contextmanager
    def as_reference(self) -> Iterator[None]:
        """Let the policy be the reference model meanwhile: it draws and judges as that does."""
        trained = self.language_model
        self.forget()
        try:
            with trained.disable_adapter() if self.reference is None else nullcontext():
                self.language_model = self.reference or trained
                yield
        finally:
            self.language_model = trained
            self.forget()

    def forget(self) -> None:
        """Read all texts anew; afterwards results do not depend on what was read before."""
        self._reader.forget()

    def _predict(self, observation: PyTorchObs, deterministic: bool = False) -> Tensor:
        return self(observation, deterministic)[0]  # type: ignore[no-any-return]

    def _logits(self, states: Tensor) -> Tensor:
        logits: Tensor = self.language_model.get_output_embeddings()(states)
        return logits if self.temperature == 1 else logits / self.temperature

    def _last_states(self, obs: PyTorchObs) -> Tensor:
        assert isinstance(obs, dict)
        lengths = obs["length"].flatten()
        return self._reader.last_states(self.language_model, obs["tokens"], lengths)


def _places(obs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return where actions are put: rows and positions, each `[M]`."""
    if "row" in obs:
        return obs["row"], obs["position"]
    lengths = obs["length"].flatten()
    return torch.arange(len(lengths)), lengths
