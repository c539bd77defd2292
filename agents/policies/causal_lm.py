"""A policy that is a causal language model, for the stock PPO."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.distributions import CategoricalDistribution, Distribution
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.type_aliases import PyTorchObs, Schedule
from torch import Tensor, nn

from prefrl.language.causal_models import load_causal_model
from prefrl.language.lora import has_lora, lora_off
from prefrl.language.scoring import MOST_LOGITS
from prefrl.text_spaces import LENGTH, PROMPT_LENGTH

from .cached_reader import CachedReader
from .frozen_weights import leave_frozen_weights_out
from .nucleus_mask import MaskPolicy, NucleusMask, pack, unpack
from .reference_model import frozen_copy
from .sequence_states import states_before
from .token_distribution import ILLEGAL, draw_tokens, judge_tokens, log_probabilities_of
from .weight_layout import store_by_input

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class CausalLMPolicy(ActorCriticPolicy):
    """Writes texts with a causal language model; a linear head on its last layer gives values.

    An action is a token, drawn from the model's distribution at the given temperature and, where
    there is a mask, within the mask. This is the distribution that PPO trains as well. The value
    head starts at zero, as in Ziegler et al. 2019, unless one is given. Dropout is off, also during
    training, so that PPO's ratios start at 1.

    What the model was at first is the reference model: a frozen copy, or, where the model has
    adapters, the model without them. Frozen weights are not in `state_dict`, since they are those
    that the policy is made with.

    Attributes:
        last_masks: Which tokens `forward` could draw last, packed, `[N, V / 8]`, or None.

    Args:
        observation_space: A Dict with `tokens` `[L]`, padded on the right, and `length` `[1]`.
        action_space: Discrete, of V tokens.
        lr_schedule: Learning rate by the share of training that remains.
        model: The language model, or its folder. It is trained in place: those of its parameters
            that require gradients.
        temperature: What logits are divided by, above 0.
        mask: Draw within NLPO's mask, or None.
        critic: A language model of its own for the values; it is trained in place. By default they
            are read from the policy's.
        value_head: Of one output, on the hidden states of whichever gives the values; it is trained
            in place.
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
        mask: NucleusMask | None = None,
        critic: "PreTrainedModel | None" = None,
        value_head: nn.Linear | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the models over."""
        super().__init__(observation_space, action_space, lr_schedule, **kwargs)
        if isinstance(model, str | Path):
            model = load_causal_model(model, vocabulary_size=int(action_space.n))
        self.temperature = temperature
        self.language_model = model
        self.reference = None if has_lora(model) else frozen_copy(model)
        store_by_input(model)  # the reference reads whole texts only
        self.mask = None if mask is None else MaskPolicy(model, mask)
        self.last_masks: NDArray[np.uint8] | None = None
        self.critic = critic
        self.value_head = value_head or _zero_head((critic or model).config.hidden_size)
        self._reader, self._critic_reader = CachedReader(), CachedReader()
        self.train(False)  # as whatever was given may not be
        leave_frozen_weights_out(self, kept="mask.")
        trained = [parameter for parameter in self.parameters() if parameter.requires_grad]
        options = dict(self.optimizer_kwargs)
        if self.optimizer_class is torch.optim.Adam:
            options.setdefault("fused", True)
        self.optimizer = self.optimizer_class(trained, lr=lr_schedule(1), **options)  # type: ignore[call-arg]
        # Torch does not count the changes that fused steps make.
        self.optimizer.register_step_post_hook(lambda *_: self._forget_own())

    def _build(self, lr_schedule: Schedule) -> None:
        """Leave it to the constructor, which can take modules in only after its parent's."""

    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation mode, whatever is asked for, so that dropout stays off."""
        return super().train(False)

    def set_training_mode(self, mode: bool) -> None:
        """Take note of an update's beginning (PPO asks for training mode then) or end."""
        if self.mask is not None and mode:
            self.mask.note_update()
        elif self.mask is not None:
            self.mask.renew_if_due(self.language_model)

    def forward(
        self, obs: PyTorchObs, deterministic: bool = False
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return actions `[B]`, values `[B, 1]` and log-probabilities `[B]`."""
        tokens, lengths = _texts(obs)
        states = self._reader.last_states(self.language_model, tokens, lengths)
        uniforms = None if deterministic else torch.rand(len(tokens), dtype=torch.float64)
        logits = self._logits(states)
        if self.mask is not None:
            allowed = self.mask.allowed(tokens, lengths, self.temperature)
            self.last_masks = pack(allowed)
            logits = logits.masked_fill(~allowed, ILLEGAL)
        actions, log_probabilities = draw_tokens(logits, uniforms)
        return actions, self._values(states, tokens, lengths), log_probabilities

    def evaluate_actions(
        self, obs: PyTorchObs, actions: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Judge many actions in each of some whole texts, or one in each observation.

        Args:
            obs: As `TokenRolloutBuffer.get` gives them: texts that hold M actions in all, by `row`
                and `position`, each `[M]`, and their `mask` where there is one, packed. Or as the
                environment gives them, `[B, *]`.
            actions: `[M]` or `[B]`.

        Returns:
            Values `[M, 1]`, log-probabilities `[M]` and entropies `[M]`.
        """
        assert isinstance(obs, dict)
        states = states_before(self.language_model, obs["tokens"], *_places(obs))
        logits = self._logits(states)
        if self.mask is not None:
            if "mask" in obs:
                allowed = unpack(obs["mask"], logits.shape[-1])
            else:
                allowed = self.mask.allowed(*_texts(obs), self.temperature)
            logits = logits.masked_fill(~allowed, ILLEGAL)
        log_probabilities, entropies = judge_tokens(logits, actions)
        if self.critic is not None:
            states = states_before(self.critic, obs["tokens"], *_places(obs))
        return self.value_head(states), log_probabilities, entropies

    def get_distribution(self, obs: PyTorchObs) -> Distribution:
        """Return the distribution over the next tokens."""
        tokens, lengths = _texts(obs)
        states = self._reader.last_states(self.language_model, tokens, lengths)
        assert isinstance(self.action_dist, CategoricalDistribution)
        return self.action_dist.proba_distribution(self._masked_logits(states, tokens, lengths))

    def predict_values(self, obs: PyTorchObs) -> Tensor:
        """Return values to bootstrap from, `[B, 1]`.

        Those of texts that are only prompts are 0: no return runs over the beginning of an episode,
        and of the prompts, which are read again after training, only one token is read here.
        """
        tokens, lengths = _texts(obs)
        written = _are_written(obs)
        if not written.any():
            return torch.zeros(len(lengths), 1)
        lengths = torch.where(written, lengths, 1)
        states = self._reader.last_states(self.language_model, tokens, lengths)
        return self._values(states, tokens, lengths) * written[:, None]

    def next_tokens(self, tokens: Tensor, lengths: Tensor, uniforms: Tensor | None) -> Tensor:
        """Return a next token for each text, `[N]`, as `forward` would.

        Args:
            tokens: Texts, `[N, L]`, padded on the right.
            lengths: Their lengths, `[N]`.
            uniforms: What to draw with, in [0, 1), `[N]` float64; None takes the likeliest tokens.
        """
        states = self._reader.last_states(self.language_model, tokens, lengths)
        with torch.no_grad():
            return draw_tokens(self._masked_logits(states, tokens, lengths), uniforms)[0]

    @torch.no_grad()
    def unmasked_log_probabilities(self, obs: dict[str, Tensor], actions: Tensor) -> Tensor:
        """Return log-probabilities, `[M]`, as they would be without a mask.

        Args:
            obs: As `evaluate_actions` takes them.
            actions: `[M]`.
        """
        states = states_before(self.language_model, obs["tokens"], *_places(obs))
        rows = max(1, MOST_LOGITS // self.language_model.config.vocab_size)
        pieces = zip(states.split(rows), actions.split(rows), strict=True)
        return torch.cat([log_probabilities_of(self._logits(part), own) for part, own in pieces])

    @contextmanager
    def as_reference(self) -> Iterator[None]:
        """Let the policy be the reference model meanwhile: it draws and judges as that does."""
        trained, mask = self.language_model, self.mask
        self.forget()
        try:
            with lora_off(trained) if self.reference is None else nullcontext():
                self.language_model, self.mask = self.reference or trained, None
                yield
        finally:
            self.language_model, self.mask = trained, mask
            self.forget()

    def forget(self) -> None:
        """Read all texts anew; afterwards results do not depend on what was read before."""
        self._forget_own()
        if self.mask is not None:
            self.mask.forget()

    def _forget_own(self) -> None:
        self._reader.forget()
        self._critic_reader.forget()

    def _predict(self, observation: PyTorchObs, deterministic: bool = False) -> Tensor:
        tokens, lengths = _texts(observation)
        uniforms = None if deterministic else torch.rand(len(tokens), dtype=torch.float64)
        return self.next_tokens(tokens, lengths, uniforms)

    def _logits(self, states: Tensor) -> Tensor:
        logits: Tensor = self.language_model.get_output_embeddings()(states)
        return logits if self.temperature == 1 else logits / self.temperature

    def _masked_logits(self, states: Tensor, tokens: Tensor, lengths: Tensor) -> Tensor:
        logits = self._logits(states)
        if self.mask is None:
            return logits
        allowed = self.mask.allowed(tokens, lengths, self.temperature)
        return logits.masked_fill(~allowed, ILLEGAL)

    def _values(self, states: Tensor, tokens: Tensor, lengths: Tensor) -> Tensor:
        if self.critic is not None:
            states = self._critic_reader.last_states(self.critic, tokens, lengths)
        values: Tensor = self.value_head(states)
        return values


def _zero_head(width: int) -> nn.Linear:
    head = nn.Linear(width, 1)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return head


def _texts(obs: PyTorchObs) -> tuple[Tensor, Tensor]:
    """Return tokens `[B, L]` and lengths `[B]`."""
    assert isinstance(obs, dict)
    return obs["tokens"], obs["length"].flatten()


def _are_written(obs: PyTorchObs) -> Tensor:
    """Return which texts go on after their prompts, `[B]` bool."""
    assert isinstance(obs, dict)
    lengths = obs[LENGTH].flatten()
    if PROMPT_LENGTH not in obs:
        return torch.ones(len(lengths), dtype=torch.bool)
    return lengths > obs[PROMPT_LENGTH].flatten()


def _places(obs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return where actions are put: rows and positions, each `[M]`."""
    if "row" in obs:
        return obs["row"], obs["position"]
    lengths = obs["length"].flatten()
    return torch.arange(len(lengths)), lengths
