"""A reward model for texts: language models with a scalar head, read at a text's last token."""

import copy
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prefrl.errors import UserError
from prefrl.language.causal_models import TINY, check_fits, load_causal_model
from prefrl.language.finished_texts import LENGTH_COLUMNS, finished_texts, rows_of
from prefrl.language.lora import add_lora
from prefrl.language.scoring import hidden_states, micro_batches, token_log_probabilities
from prefrl.segments import Segment, SegmentBatch
from prefrl.trees import Array, Tree

if TYPE_CHECKING:
    from transformers import PreTrainedModel

MOST_FEATURES = 3 * 2**16
"""Hidden features of a micro-batch: wide models are no slower in small ones, which pad less."""

LEAST_NATS = 1.0
"""The least standard deviation that likelihoods are divided by; models may be sure of texts."""

REFERENCES = 256
"""Most texts that the rewards are normalised on (Ziegler et al. 2019, section 2.1)."""


class TextRewardModel(nn.Module):
    """Members that judge finished texts; steps that do not finish one have the reward 0.

    Ziegler et al. 2019 and Stiennon et al. 2020: the supervised language model without its output
    layer, and a linear head on the hidden state of the last token, drawn from N(0, 1 / (d + 1)).
    Members differ by their heads and by what they are fitted to. A reward model like any other
    (see `RewardModel`); comparisons of two are their pairwise loss, of more the best-of-k one.

    Where only heads are fitted, all members read one frozen language model, and each text is read
    once, when its segment is taken in: a fit then takes seconds whatever the size of the model.

    With `likelihood`, heads also weigh how likely the language model, as it is given, finds what
    follows the prompt. Where mistakes are unlikely texts, this tells them from few comparisons.
    It takes one more language model, unless only heads are fitted.

    Args:
        observation_space: Of an environment that writes texts (see `text_spaces`).
        action_space: Its tokens.
        language_model: A folder (see `load_causal_model`), which is needed again to load this.
        horizon: Most tokens that the agent writes, or None where only the context limits them.
        end_token: What ends a text; by default what does in the language model's configuration.
        members: The number of members M, at least 1; each is a language model of its own, unless
            only heads are fitted.
        lora_rank: Fit adapters of this rank instead of all weights; they and the heads are then all
            that is saved.
        heads_only: Fit nothing but the heads, on hidden states of mean 0 and deviation 1.
        likelihood: Let heads read the text's log-likelihood as well.
        temperature: What logits are divided by for the likelihood, above 0.
        seed: Determines heads and adapters.

    Raises:
        UserError: If the language model does not fit the spaces.
    """

    output_mean: Tensor
    output_std: Tensor
    input_mean: Tensor
    input_std: Tensor
    references: Tensor

    def __init__(
        self,
        observation_space: gymnasium.spaces.Dict,
        action_space: gymnasium.spaces.Discrete,
        *,
        language_model: str | Path = TINY,
        horizon: int | None = None,
        end_token: int | None = None,
        members: int = 1,
        lora_rank: int | None = None,
        heads_only: bool = False,
        likelihood: bool = False,
        temperature: float = 1.0,
        seed: int = 0,
    ) -> None:
        """Load the language model, once for each member that fits it."""
        super().__init__()
        self.members = members
        self.observation_space = observation_space
        self.action_space = action_space
        self.language_model, self.lora_rank = Path(language_model), lora_rank
        self.heads_only, self.likelihood = heads_only, likelihood
        self.temperature = temperature
        vocabulary_size, context = int(action_space.n), observation_space["tokens"].shape
        assert context is not None
        model = load_causal_model(language_model, vocabulary_size=vocabulary_size)
        self.end_token = _end_token(model) if end_token is None else end_token
        self.horizon = horizon
        check_fits(model, vocabulary_size, context[0], self.end_token)
        draw = torch.Generator().manual_seed(seed)
        self.trunks, self.heads = nn.ModuleList(), nn.ModuleList()
        width: int = model.config.hidden_size
        self._likelihood_scale = math.sqrt(width)
        for member in range(members):
            if not heads_only:
                self.trunks.append(_trunk(model, lora_rank, seed + member))
            self.heads.append(_head(width, likelihood, draw))
        model.requires_grad_(False)
        if heads_only:
            self.trunks.append(model.base_model)
        self.given = model if likelihood else None
        scaled = heads_only * width + likelihood
        self.register_buffer("input_mean", torch.zeros(scaled))
        self.register_buffer("input_std", torch.ones(scaled))
        self.register_buffer("output_mean", torch.zeros(members))
        self.register_buffer("output_std", torch.ones(members))
        rows = torch.zeros(REFERENCES, LENGTH_COLUMNS + context[0], dtype=torch.int32)
        self.register_buffer("references", rows)

    def kept(self, observations: Tree, actions: Array) -> Tree:
        """Return the observations, so that segments can be read, and judged by other models."""
        return observations

    def inputs(self, batch: SegmentBatch) -> Tensor:
        """Return the texts that steps finish, or what is read of them, `[B, T, *input]`.

        The last step that counts of a segment finishes a text too, whatever is seen of it: a reply
        may have filled the context.
        """
        return self._read(self._rows_of(batch))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return raw rewards, `[M, *leading]`, for inputs `[*leading, *input]`."""
        return self.each(inputs.expand(self.members, *inputs.shape))

    def each(self, inputs: Tensor) -> Tensor:
        """Return raw rewards, `[M, *leading]`, for each member's inputs, `[M, *leading, *input]`.

        An input is a text's row (see `finished_texts`), or where only heads are fitted 1 and the
        hidden state, `[1 + d]`; and then, where it counts, the log-likelihood. Its first number is
        0 where no text ends.
        """
        rewards = []
        for member, (head, own) in enumerate(zip(self.heads, inputs, strict=True)):
            ends = own[..., 0] > 0
            scores = head(self._states(member, own[ends])).squeeze(-1)
            rewards.append(scores.new_zeros(ends.shape).masked_scatter(ends, scores))
        return torch.stack(rewards)

    def _states(self, member: int, inputs: Tensor) -> Tensor:
        """Return what a member's head reads, `[n, d]`, one more with the likelihood.

        A likelihood is scaled by √d, as long as a hidden state is, or few steps would not learn it.
        """
        count = len(self.input_mean)
        read = (inputs[:, inputs.shape[1] - count :] - self.input_mean) / self.input_std
        if self.likelihood:
            read[:, -1] *= self._likelihood_scale
        if self.heads_only:
            return read
        states = last_states(self.trunks[member], inputs[:, : inputs.shape[1] - count])
        return torch.cat([states, read], 1)

    def squared_norms(self) -> Tensor:
        """Return each head's sum of squares, `[M]`.

        Decay of the other weights would not regularise but forget what the language model knows.
        """
        weights = [weight for head in self.heads for weight in head.parameters()]
        return torch.stack([weight.square().sum() for weight in weights])

    @torch.no_grad()
    def fit_scales(self, segments: Sequence[Segment]) -> None:
        """Set the scale of hidden states and likelihoods once, where they are read."""
        if not len(self.input_mean) or self.references[0, 0]:
            return
        texts = self._references_among(segments)
        if not len(texts):
            return
        read = self._read(texts)[:, -len(self.input_mean) :]
        self.input_mean.copy_(read.mean(0))
        self.input_std.copy_(read.std(0, correction=0).clamp_min(1e-6))
        if self.likelihood:
            self.input_std[-1].clamp_(min=LEAST_NATS)

    @torch.no_grad()
    def fit_normalisation(self, segments: Sequence[Segment], *, centred: bool = True) -> None:
        """Give each member's rewards mean 0 and standard deviation 1 over the reference's texts.

        These are the texts of the first call's segments, at most 256 of them, evenly spread; the
        first is to be about what the reference model wrote. They stay whatever is given later, so
        that the scale does not move with the agent. The mean is always subtracted: whatever its
        length, a text has one reward.
        """
        if not self.references[0, 0]:
            texts = self._references_among(segments)
            self.references[: len(texts)] = texts
        rewards = self(self._read(self.references[self.references[:, 0] > 0]))
        self.output_mean.copy_(rewards.mean(1))
        self.output_std.copy_(rewards.std(1, correction=0).clamp_min(1e-6))

    @torch.no_grad()
    def normalised(self, inputs: Tensor) -> Tensor:
        """Return each member's normalised rewards, `[M, *leading]`; 0 where no text ends."""
        shape = (self.members, *[1] * (inputs.ndim - 1))
        rewards: Tensor = self(inputs)
        scaled = (rewards - self.output_mean.view(shape)) / self.output_std.view(shape)
        return scaled * (inputs[..., 0] > 0)

    def predict(
        self, observations: Tree, actions: Array, ends: Array | None = None
    ) -> NDArray[np.float32]:
        """Return the mean of the members' normalised rewards, `[...]`; 0 where no text ends.

        Args:
            observations: `[..., *obs]`.
            actions: `[...]`.
            ends: Which steps end texts, `[...]` bool. By default actions and lengths say so, which
                is wrong where a responder goes on behind an end token.
        """
        inputs = self._read(self._rows(observations, actions, ends))
        rewards: NDArray[np.float32] = self.normalised(inputs).mean(0).numpy()
        return rewards

    def score(self, texts: Array, lengths: Array, prompt_lengths: Array) -> NDArray[np.float32]:
        """Return the mean of the members' normalised rewards of finished texts, `[...]`.

        Args:
            texts: `[..., L]`, padded on the right by anything.
            lengths: `[...]`, at least 1.
            prompt_lengths: How many of a text's tokens are its prompt, `[...]`.
        """
        inputs = self._read(torch.from_numpy(rows_of(texts, lengths, prompt_lengths)))
        rewards: NDArray[np.float32] = self.normalised(inputs).mean(0).numpy()
        return rewards

    def description(self) -> dict[str, Any]:
        """Return what the constructor needs to make this model again, but for spaces and seed."""
        return {
            "language_model": self.language_model,
            "horizon": self.horizon,
            "end_token": self.end_token,
            "lora_rank": self.lora_rank,
            "heads_only": self.heads_only,
            "likelihood": self.likelihood,
            "temperature": self.temperature,
        }

    @torch.no_grad()
    def value_head(self, member: int = 0) -> tuple[Tensor, Tensor]:
        """Return weights `[1, d]` and bias `[1]` of a member's normalised reward.

        They are those of the language model's last hidden states.

        Raises:
            ValueError: If the reward reads likelihoods too.
        """
        if self.likelihood:
            raise ValueError("rewards that read likelihoods are no heads on hidden states alone")
        weight, bias = self.heads[member].weight, torch.zeros(1)
        assert isinstance(weight, Tensor)
        if self.heads_only:
            weight = weight / self.input_std
            bias = -weight @ self.input_mean
        scale = self.output_std[member]
        return weight / scale, (bias - self.output_mean[member]) / scale

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """Return all but the frozen weights, which the language model's folder has."""
        state: dict[str, Any] = super().state_dict(*args, **kwargs)
        frozen = self._frozen()
        return {name: value for name, value in state.items() if name not in frozen}

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Read what `state_dict` returned."""
        return super().load_state_dict({**self._frozen(), **state_dict}, strict, assign)

    def _frozen(self) -> dict[str, Tensor]:
        named = self.named_parameters(remove_duplicate=False)
        return {name: value for name, value in named if not value.requires_grad}

    def _references_among(self, segments: Sequence[Segment]) -> Tensor:
        """Return the rows of at most 256 texts, evenly spread, `[n, L + 2]`."""
        rows = self._rows_of(SegmentBatch.from_segments(segments))
        texts = rows[rows[..., 0] > 0]
        return texts[:: max(1, -(-len(texts) // REFERENCES))]

    def _read(self, rows: Tensor) -> Tensor:
        """Return inputs for the rows of texts, `[*leading, L + 2]`."""
        if not self.heads_only and self.given is None:
            return rows
        ends = rows[..., 0] > 0
        texts = rows[ends]
        read = [texts]
        with torch.no_grad():
            if self.heads_only:
                read = [torch.ones(len(texts), 1), last_states(self.trunks[0], texts)]
            if self.given is not None:
                read.append(_log_likelihoods(self.given, texts, self.temperature)[:, None])
        joined = torch.cat(read, 1)
        inputs = joined.new_zeros(*ends.shape, joined.shape[1])
        inputs[ends] = joined
        return inputs

    def _rows_of(self, batch: SegmentBatch) -> Tensor:
        seen = self._rows(batch.observations, batch.actions)
        last = batch.mask & (np.cumsum(batch.mask[:, ::-1], 1)[:, ::-1] == 1)
        return torch.maximum(seen, self._rows(batch.observations, batch.actions, last))

    def _rows(self, observations: Tree, actions: Array, ends: Array | None = None) -> Tensor:
        assert isinstance(observations, dict)
        limits: dict[str, Any] = {"end_token": self.end_token, "horizon": self.horizon}
        return torch.from_numpy(finished_texts(observations, actions, ends=ends, **limits))


def _end_token(model: "PreTrainedModel") -> int:
    end = model.config.eos_token_id
    if end is None:
        raise UserError(f"{model.name_or_path} names no eos_token_id; give the end token")
    return int(end[0] if isinstance(end, list) else end)


def _trunk(model: "PreTrainedModel", lora_rank: int | None, seed: int) -> nn.Module:
    """Return a copy of a language model to be fitted, whole or by adapters, without its output."""
    own = copy.deepcopy(model)
    if lora_rank is not None:
        add_lora(own, lora_rank, seed=seed)
    trunk: nn.Module = own.base_model
    return trunk


def _head(width: int, likelihood: bool, draw: torch.Generator) -> nn.Linear:
    """Return a head, which does not read the likelihood at first."""
    head = nn.Linear(width + likelihood, 1, bias=False)
    nn.init.normal_(head.weight[:, :width], std=(width + 1) ** -0.5, generator=draw)
    nn.init.zeros_(head.weight[:, width:])
    return head


def _log_likelihoods(model: "PreTrainedModel", rows: Tensor, temperature: float) -> Tensor:
    """Return the log-probability of what follows the prompt of each text, `[n]`."""
    if not len(rows):
        return torch.zeros(0)
    lengths, tokens = rows[:, 0].long(), rows[:, LENGTH_COLUMNS:].long()
    written = torch.arange(tokens.shape[1]) >= rows[:, 1:2]
    return token_log_probabilities(
        model, tokens, lengths, temperature=temperature, wanted=written
    ).sum(1)


def last_states(trunk: nn.Module, rows: Tensor) -> Tensor:
    """Return the hidden state at the last token of each text, `[n, d]`, for rows `[n, L + 2]`."""
    config: Any = trunk.config
    width: int = config.hidden_size
    lengths, tokens = rows[:, 0].long(), rows[:, LENGTH_COLUMNS:].long()
    places, states = [torch.zeros(0, dtype=torch.int64)], [torch.zeros(0, width)]
    for batch in micro_batches(lengths, max(1, MOST_FEATURES // width)):
        read = hidden_states(trunk, tokens[batch], lengths[batch])
        places.append(batch)
        states.append(read[torch.arange(len(batch)), lengths[batch] - 1])
    return torch.cat(states)[torch.argsort(torch.cat(places))]
