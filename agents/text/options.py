"""The options of `prefrl train` for environments that write texts."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefrl.agents.settings import RewardKind, Tuned
from prefrl.environments import find_spec
from prefrl.errors import UserError

from .settings import Critic, LanguageSettings, RewardFit
from .tuning import tuned_text


@dataclass(frozen=True)
class LanguageOptions:
    """Only where the environment writes texts; not given, they take defaults tuned for the task."""

    model: Path | None = None
    """Folder of a Hugging Face causal language model; by default the small one that comes along.
    Its tokenizer is the task's, unless --env-kwargs tokenizer=FILE gives another."""
    supervised_texts: int | None = None
    """Texts of the task's corpus that the model is fitted to first; the result is the reference."""
    lora_rank: int | None = None
    """Rank of low-rank adapters, which are then all that is trained; 0 trains every weight."""
    temperature: float | None = None
    """What logits are divided by, above 0."""
    critic: Critic | None = None
    """A value head on the policy's trunk, or a network that starts as the reward model."""
    reward_fit: RewardFit | None = None
    """What of the reward's language model is fitted: all of it (with --lora-rank adapters), or its
    head alone, the default for adapters, since it takes seconds instead of many minutes."""
    reward_likelihood: bool | None = None
    """Let the reward also learn how much it counts that the reference finds a text likely: it then
    tells mistakes that are unlikely texts, such as wrong facts, from few comparisons."""
    kl_coefficient: float | None = None
    """What a nat of KL to the reference costs (at first, if there is a target)."""
    kl_target: float | None = None
    """KL in nats per text to which the coefficient is steered; 0 leaves it as it is."""
    kl_horizon: int | None = None
    """Texts after which the coefficient has changed by a factor of e^0.2 at most."""
    missing_end_penalty: float | None = None
    """What a text without an end token costs."""
    length_penalty: float | None = None
    """What each token costs."""
    mask_share: float | None = None
    """NLPO: draw only from the likeliest tokens of this joint probability; 0 draws from all."""
    mask_least: int | None = None
    """NLPO: how many tokens are kept at least."""
    mask_updates: int | None = None
    """NLPO: updates after which the mask is made by the present policy."""
    evaluation_texts: int | None = None
    """Texts that are compared with the reference's after each round."""

    def settings(
        self, tuned: LanguageSettings | None, reward: RewardKind
    ) -> LanguageSettings | None:
        """Return the settings of a run.

        Args:
            tuned: Those of the task; None where the environment writes no texts.
            reward: What the agent trains on.

        Raises:
            UserError: If an option is out of range, or the environment writes no texts.
        """
        given = {name: value for name, value in vars(self).items() if value is not None}
        if tuned is None:
            if given:
                raise UserError(
                    f"--{_dashed(next(iter(given)))} is for environments that write texts, which "
                    "this one does not"
                )
            return None
        for name, value in given.items():
            _check(name, value)
        for name in _ZERO_IS_NONE & given.keys():
            given[name] = given[name] or None
        if self.model is not None:
            given["model"] = str(self.model.resolve())
        if given.get("kl_coefficient") == 0:  # no factor would ever raise it to a target
            given.setdefault("kl_target", None)
        settings = dataclasses.replace(tuned, **given)
        if "mask_share" not in given and given.keys() & {"mask_least", "mask_updates"}:
            raise UserError("--mask-least and --mask-updates need a --mask-share, such as 0.9")
        _check_together(settings, reward)
        return settings

    def tuned(self) -> Tuned:
        """Return the defaults that suit what is trained and fitted."""
        return tuned_text(adapters=bool(self.lora_rank), reward_fit=self.reward_fit)

    def tokenizer_of_model(self, env_id: str, env_kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the environment's argument that gives it the model's own tokenizer, if any."""
        if self.model is None or "tokenizer" in env_kwargs or not _takes_tokenizers(env_id):
            return {}
        return {"tokenizer": str(self.model.resolve())} if _has_tokenizer(self.model) else {}


_ZERO_IS_NONE = {"kl_target", "mask_share"}


def _takes_tokenizers(env_id: str) -> bool:
    return str(find_spec(env_id).entry_point).startswith("prefrl.envs.text.")


def _has_tokenizer(folder: Path) -> bool:
    return (folder / "tokenizer.json").is_file()


def _check(name: str, value: Any) -> None:
    if isinstance(value, Path | str):
        return
    above = 0 < value < float("inf")
    if name in ("temperature", "kl_horizon", "mask_least", "mask_updates", "evaluation_texts"):
        fits, words = above, "above 0 and finite"
    elif name == "mask_share":
        fits, words = 0 <= value < 1, "at least 0 and below 1"
    else:
        fits, words = above or value == 0, "at least 0 and finite"
    if not fits:
        raise UserError(f"--{_dashed(name)} must be {words}, not {value}")


def _check_together(settings: LanguageSettings, reward: RewardKind) -> None:
    if settings.kl_target is not None and not settings.kl_coefficient:
        raise UserError("--kl-coefficient 0 cannot be steered to a --kl-target; give one above 0")
    if settings.critic == "reward" and reward == "true":
        raise UserError("--critic reward needs a learned reward; use --critic shared")
    if settings.reward_likelihood and reward == "true":
        raise UserError("--reward-likelihood needs a learned reward; leave it or --reward true out")
    if settings.critic == "reward" and settings.reward_likelihood:
        raise UserError("--critic reward reads no likelihoods; use --critic shared with them")
    if settings.critic == "reward" and settings.lora_rank:
        raise UserError("--lora-rank trains nothing but adapters; use --critic shared with it")


def _dashed(name: str) -> str:
    return name.replace("_", "-")
