"""The options of `prefrl train`, and the settings that they stand for."""

import ast
import dataclasses
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gymnasium
from tyro.conf import Positional

from prefrl.environments import make, step_seconds
from prefrl.errors import UserError
from prefrl.exchange import read_labels
from prefrl.images import has_images
from prefrl.preference_learner import PreferenceSettings
from prefrl.queries import Strategy
from prefrl.schedules import Schedule
from prefrl.segments import segment_length
from prefrl.teachers import Answer

from .changed_options import changed, flag
from .given_labels import check_labels, labels_in, longest
from .run_folder import Agent
from .run_preferences import TEACHERS
from .settings import IMAGE_PPO, Pace, PPOSettings, RewardKind, RunSettings, Tuned, tuned
from .short_runs import suited_to
from .spaces import check_trainable
from .tamer.options import TamerOptions
from .tamer.settings import TamerSettings
from .text.given_texts import check_texts
from .text.options import LanguageOptions
from .text.starting_model import check_model
from .text.task import horizon, located, text_task, writes_text
from .text.tuning import SAMPLES_PER_PROMPT


@dataclass(frozen=True)
class TrainOptions:
    """Options that are not given take the defaults tuned for the environment."""

    env: Positional[str]
    """Gymnasium id of the environment: prefrl/HalfCheetah-v0, HalfCheetah-v5, module:Id, ..."""
    labels: int = 700
    """Label budget: how many comparisons the teacher answers."""
    agent: Agent = "ppo"
    """Who learns: "ppo" from comparisons, or "tamer" from feedback on each placement of Tetris."""
    teacher: str | None = None
    """Who compares: "oracle" (the default), which knows the true reward, or "human", on a page in
    the browser. Who judges TAMER: "scripted" (the default), or "human"."""
    task: str = ""
    """What people should prefer, as a sentence: "Prefer the one that ..."."""
    pace: Pace = "labels"
    """Whether training waits for people when labels are missing ("labels") or never ("free")."""
    host: str = "127.0.0.1"
    """Where the labelling page is served; any other host needs the link that is printed."""
    port: int = 8765
    """The labelling page's port."""
    labels_from: Path | None = None
    """Train on labels that exist, and ask nothing: a run's folder, exported labels, or a store."""
    reward: RewardKind = "learned"
    """What the agent trains on: the reward learned from comparisons, or the true one."""
    steps: int | None = None
    """Environment steps to take, over all environments; by default 500,000, fewer for texts."""
    seed: int = 0
    """Fixes everything: the same command with the same seed gives the same result."""
    out: Path | None = None
    """The run's folder; by default runs/ENV-SEED-TIME."""
    segment_seconds: float = 1.5
    """Duration of a segment, in simulated seconds; kept between 15 and 60 steps."""
    options: int = 2
    """Segments that a question compares."""
    strategy: Strategy | None = None
    """Which segments to ask about: random ones, or those the ensemble disagrees about most."""
    schedule: Schedule | None = None
    """When to ask: less and less often ("decaying"), or evenly ("constant")."""
    initial_share: float | None = None
    """Share of the labels that is asked about the initial policy, above 0 and at most 1."""
    rounds: int | None = None
    """Rounds of training; each ends with questions and a fit of the reward."""
    members: int | None = None
    """Members of the reward ensemble."""
    fit_epochs: int | None = None
    """Passes over the comparisons in each fit of the reward but the first."""
    env_kwargs: tuple[str, ...] = ()
    """Arguments for the environment, each as KEY=VALUE."""
    num_envs: int | None = None
    """Environments side by side."""
    n_steps: int | None = None
    """PPO: steps per environment and rollout."""
    batch_size: int | None = None
    """PPO: transitions per minibatch."""
    n_epochs: int | None = None
    """PPO: passes over a rollout."""
    learning_rate: float | None = None
    """PPO: Adam's learning rate."""
    gamma: float | None = None
    """PPO: discount, in [0, 1]."""
    gae_lambda: float | None = None
    """PPO: bias against variance of advantages, in [0, 1]."""
    ent_coef: float | None = None
    """PPO: weight of the entropy bonus."""
    log_std_init: float | None = None
    """PPO: logarithm of the first standard deviation of continuous actions."""
    language: LanguageOptions = field(default_factory=LanguageOptions)
    """Options of environments that write texts."""
    tamer: TamerOptions = field(default_factory=TamerOptions)

    def resolve(self) -> tuple[RunSettings, Path, list[Answer]]:
        """Check the options against each other and the environment.

        Returns:
            The settings of the run, its folder, and the labels that it is given.

        Raises:
            UserError: If an option is out of range, the environment cannot be trained on, or given
                labels are not about it.
        """
        self._check()
        given = read_labels(self.labels_from) if self.labels_from is not None else []
        env_id = complete_id(self.env)
        env_kwargs = parse_kwargs(self.env_kwargs)
        env_kwargs |= self.language.tokenizer_of_model(env_id, env_kwargs)
        env = make(env_id, env_kwargs)
        check_trainable(env.observation_space, env.action_space)
        check_labels(given, env)
        base = tuned(env_id)
        if writes_text(env):
            base = self.language.tuned()
            env_kwargs = located(env_kwargs)
        tuned_for = dataclasses.replace(base, **self._given(Tuned))
        language = self.language.settings(tuned_for.language, self.reward)
        if language is not None:
            env_kwargs = self._with_samples(env_kwargs)
            check_model(language, text_task(env), env_id)
            check_texts(given, text_task(env))
        folder = self._folder(env_id)
        settings = RunSettings(
            env=env_id,
            run=folder.resolve().name,
            seed=self.seed,
            steps=tuned_for.steps,
            reward=self.reward,
            teacher=self.teacher or "oracle",
            labels=labels_in(given) if given else self.labels,
            labels_given=bool(given),
            task=self.task,
            pace=self.pace,
            rounds=tuned_for.rounds,
            schedule=tuned_for.schedule,
            initial_share=tuned_for.initial_share,
            members=tuned_for.members,
            env_kwargs=env_kwargs,
            evaluation_episodes=tuned_for.evaluation_episodes,
            ppo=self._ppo(tuned_for, env),
            preferences=self._preferences(tuned_for, env, longest(given)),
            language=language,
        )
        env.close()
        return settings, folder, given

    def resolve_tamer(self) -> tuple[TamerSettings, Path]:
        """Check the options of a run of TAMER.

        Returns:
            The settings of the run, and its folder.

        Raises:
            UserError: If an option is out of range or not TAMER's, or the environment not Tetris.
        """
        for name in changed(dataclasses.replace(self, tamer=TamerOptions())):
            if name not in _SHARED:
                raise UserError(f"--{flag(name)} is for --agent ppo; leave it out for TAMER")
        self._check_range("seed")
        env_id = complete_id(self.env)
        folder = self._folder(env_id)
        settings = self.tamer.settings(
            env_id,
            folder,
            seed=self.seed,
            teacher=self.teacher,
            task=self.task,
            env_kwargs=parse_kwargs(self.env_kwargs),
        )
        return settings, folder

    def _folder(self, env_id: str) -> Path:
        name = env_id.rpartition(":")[2].replace("/", "-")
        return self.out or Path("runs") / f"{name}-{self.seed}-{time.strftime('%Y%m%d-%H%M%S')}"

    def _check(self) -> None:
        for name in changed(self.tamer):
            raise UserError(f"--{flag(name)} is for --agent tamer; leave it out for PPO")
        if self.teacher not in (None, *TEACHERS):
            raise UserError(f"unknown teacher {self.teacher!r}; known are: {', '.join(TEACHERS)}")
        if self.reward == "learned" and self.labels == 0:
            raise UserError("--labels must be at least 1, not 0, or use --reward true")
        for name in _RANGES:
            self._check_range(name)

    def _check_range(self, name: str) -> None:
        words, holds = _RANGES[name]
        value = getattr(self, name)
        if value is not None and not holds(value):
            raise UserError(f"--{flag(name)} must be {words}, not {value}")

    def _with_samples(self, env_kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return arguments of an environment that writes texts, of which some share a prompt.

        Raises:
            UserError: If there are fewer of a prompt than are to be compared.
        """
        samples = {"samples_per_prompt": max(SAMPLES_PER_PROMPT, self.options), **env_kwargs}
        if self.reward == "learned" and samples["samples_per_prompt"] < self.options:
            raise UserError(
                f"samples_per_prompt={samples['samples_per_prompt']} gives too few texts of a "
                f"prompt to compare {self.options}; set --env-kwargs "
                f"samples_per_prompt={self.options}"
            )
        return samples

    def _given(self, settings_class: type[Tuned] | type[PPOSettings]) -> dict[str, Any]:
        names = {field.name for field in dataclasses.fields(settings_class)} - {"language"}
        values = {name: getattr(self, name, None) for name in names}
        return {name: value for name, value in values.items() if value is not None}

    def _ppo(self, tuned_for: Tuned, env: gymnasium.Env[Any, Any]) -> PPOSettings:
        base = IMAGE_PPO if has_images(env.observation_space) else tuned_for.ppo
        given = self._given(PPOSettings)
        if not given.keys() & {"num_envs", "n_steps", "batch_size"}:
            base = suited_to(base, tuned_for.steps, horizon(env))
        settings = dataclasses.replace(base, **given)
        if settings.num_envs * settings.n_steps % settings.batch_size:
            raise UserError(
                f"--batch-size {settings.batch_size} must divide a rollout of "
                f"{settings.num_envs} environments x {settings.n_steps} steps"
            )
        return settings

    def _preferences(
        self, tuned_for: Tuned, env: gymnasium.Env[Any, Any], longest_given: int
    ) -> PreferenceSettings:
        if tuned_for.strategy == "disagreement" and tuned_for.members == 1:
            raise UserError(
                "--strategy disagreement needs members that disagree; use --members 3, or "
                "--strategy uniform"
            )
        # A text's last step shows all of it; all else is judged by stretches of time.
        length = 1
        if not writes_text(env):
            length = segment_length(self.segment_seconds, step_seconds(env), horizon(env))
        return dataclasses.replace(
            tuned_for.preferences,
            segment_length=max(length, longest_given),
            strategy=tuned_for.strategy,
            epochs=tuned_for.fit_epochs,
            options=self.options,
        )


_SHARED = ("env", "agent", "teacher", "task", "host", "port", "seed", "out", "env_kwargs")
"""Options that every agent takes."""


def _at_least(least: int) -> tuple[str, Callable[[float], bool]]:
    return f"at least {least}", lambda value: value >= least


_POSITIVE = "above 0 and finite", lambda value: 0 < value < math.inf
_SHARE = "in [0, 1]", lambda value: 0 <= value <= 1

_RANGES: dict[str, tuple[str, Callable[[float], bool]]] = {
    **dict.fromkeys(("labels", "seed"), _at_least(0)),
    **dict.fromkeys(("steps", "rounds", "members", "fit_epochs"), _at_least(1)),
    **dict.fromkeys(("num_envs", "n_epochs"), _at_least(1)),
    **dict.fromkeys(("n_steps", "batch_size", "options"), _at_least(2)),
    **dict.fromkeys(("segment_seconds", "learning_rate"), _POSITIVE),
    **dict.fromkeys(("gamma", "gae_lambda"), _SHARE),
    **dict.fromkeys(("ent_coef", "log_std_init"), ("finite", math.isfinite)),
    "initial_share": ("above 0 and at most 1", lambda value: 0 < value <= 1),
}


def parse_kwargs(words: Sequence[str]) -> dict[str, Any]:
    """Return arguments given as KEY=VALUE; values are Python literals, or else strings.

    Raises:
        UserError: If a word is not of this form, or its value cannot be kept as JSON.
    """
    kwargs: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key.isidentifier():
            raise UserError(f"--env-kwargs takes KEY=VALUE, not {word!r}")
        try:
            kwargs[key] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            kwargs[key] = value
    try:
        # As a resumed run will read them from its config.json.
        kept: dict[str, Any] = json.loads(json.dumps(kwargs))
    except TypeError as error:
        raise UserError(f"--env-kwargs cannot be kept: {error}") from error
    return kept


def complete_id(env_id: str) -> str:
    """Return an id in `module:Id` form where it is one of prefrl's own."""
    return f"prefrl.envs:{env_id}" if env_id.startswith("prefrl/") else env_id
