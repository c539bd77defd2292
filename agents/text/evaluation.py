"""Texts of a policy compared with those of the reference model, on the same prompts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from prefrl.agents.evaluation import EVALUATION_SEED
from prefrl.agents.metrics import Metrics
from prefrl.agents.policies.causal_lm import CausalLMPolicy
from prefrl.environments import make_vector
from prefrl.seeding import integer_seed
from prefrl.text_spaces import IS_ACTION, LENGTH, PROMPT_LENGTH, TOKENS
from prefrl.trees import Array

from .demonstrations import demonstration_scores
from .task import text_task

FINAL_TEXTS = 512
"""Texts by which the final policy is compared with the reference."""


@dataclass(frozen=True)
class Texts:
    """Finished texts.

    Attributes:
        observations: The last ones, `[B, *obs]`.
        scores: The task's gold scores, `[B]`.
    """

    observations: dict[str, Array]
    scores: NDArray[np.float64]

    @property
    def tokens_written(self) -> int:
        """How many tokens the policy wrote."""
        return int(self.observations[IS_ACTION].sum())


@dataclass(frozen=True)
class ReferenceComparison:
    """What a policy and the reference model wrote for the same prompts.

    Attributes:
        texts: The policy's.
        reference: The reference's.
        demonstration_scores: Of the corpus's own texts for these prompts, `[B]`, where there
            are any.
        kl: The mean over the policy's texts of log π − log ρ, in nats per text, π without a mask.
        reference_log_probability: The mean over the policy's tokens of log ρ, in nats per token.
    """

    texts: Texts
    reference: Texts
    demonstration_scores: Array | None
    kl: float
    reference_log_probability: float

    @property
    def win_rate(self) -> float:
        """The share of prompts for which the policy's text scores higher; ties count half."""
        return win_rate(self.texts.scores, self.reference.scores)

    @property
    def win_rate_over_demonstrations(self) -> float | None:
        """The same, over the texts of the task's corpus; None where there are none."""
        if self.demonstration_scores is None:
            return None
        return win_rate(self.texts.scores, self.demonstration_scores)

    def metrics(self) -> Metrics:
        """Return everything that is a number."""
        return {
            "evaluation/score": float(self.texts.scores.mean()),
            "evaluation/reference_score": float(self.reference.scores.mean()),
            "evaluation/win_rate": self.win_rate,
            "evaluation/win_rate_over_demonstrations": self.win_rate_over_demonstrations,
            "evaluation/kl": self.kl,
            "evaluation/reference_log_probability": self.reference_log_probability,
        }


def win_rate(scores: Array, others: Array) -> float:
    """Return the share of pairs in which the first is higher; ties count half."""
    return float(np.mean((scores > others) + 0.5 * (scores == others)))


class TextEvaluation:
    """Compares a policy with its reference model, on the same prompts whatever the run's seed.

    What the reference writes is drawn once. Torch's own generator is left as it is.

    Args:
        env_id: The environment's id.
        env_kwargs: Arguments for the environment.
        count: How many texts.
    """

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any] | None, count: int) -> None:
        """Make the environments."""
        env = make_vector(env_id, count, env_kwargs)
        assert env is not None, "environments that write texts have vectors"
        self._env = env
        self._id = env_id
        self._task = text_task(env)
        self._reference: Texts | None = None

    def __call__(self, policy: CausalLMPolicy) -> ReferenceComparison:
        """Let both write, drawing as in training."""
        if self._reference is None:
            with policy.as_reference():
                self._reference = write_texts(policy, self._env, "reference")
            observations = self._reference.observations
            self._demonstrations = demonstration_scores(self._id, self._task, observations)
        texts = write_texts(policy, self._env, "policy")
        ratios, reference = _judge(policy, texts.observations)
        kl = float(ratios.sum()) / len(texts.scores)
        return ReferenceComparison(
            texts, self._reference, self._demonstrations, kl, float(reference.mean())
        )


def write_texts(policy: CausalLMPolicy, env: VectorEnv[Any, Any, Any], who: str) -> Texts:
    """Return what a policy writes in environments that restart at once (SAME_STEP).

    Args:
        policy: Draws tokens.
        env: Gives the prompts, from fixed seeds.
        who: Gives the draws a random stream of their own.
    """
    count = env.num_envs
    seeds: Any = [integer_seed(EVALUATION_SEED, "evaluation", index) for index in range(count)]
    observations, _ = env.reset(seed=seeds)
    last: list[dict[str, Array] | None] = [None] * count
    scores = np.zeros(count)
    policy.forget()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(integer_seed(EVALUATION_SEED, who))
        while any(text is None for text in last):
            actions, _ = policy.predict(observations)
            observations, rewards, ended, _, infos = env.step(actions)
            for row in np.flatnonzero(ended).tolist():
                if last[row] is None:
                    last[row], scores[row] = infos["final_obs"][row], rewards[row]
    policy.forget()
    finished = [text for text in last if text is not None]
    return Texts({key: np.stack([text[key] for text in finished]) for key in finished[0]}, scores)


@torch.no_grad()
def _judge(policy: CausalLMPolicy, observations: dict[str, Array]) -> tuple[Array, Array]:
    """Return log π − log ρ and log ρ of all tokens that the policy wrote, each `[M]`."""
    rows, positions = np.nonzero(observations[IS_ACTION])
    tokens = torch.from_numpy(observations[TOKENS])
    places = tuple(torch.from_numpy(np.ascontiguousarray(part)) for part in (rows, positions))
    actions = tokens[places]
    asked = {"tokens": tokens, "row": places[0], "position": places[1]}
    own = policy.unmasked_log_probabilities(asked, actions)
    with policy.as_reference():
        reference = policy.unmasked_log_probabilities(asked, actions)
    return (own - reference).numpy(), reference.numpy()


def continuation(observations: dict[str, Array], row: int) -> list[int]:
    """Return the tokens of a text behind its prompt."""
    start, end = (int(observations[key][row, 0]) for key in (PROMPT_LENGTH, LENGTH))
    written: list[int] = observations[TOKENS][row, start:end].tolist()
    return written
