"""Training: rounds of collecting, asking, fitting and updating the agent."""

import json
import random
import time
from pathlib import Path

import numpy as np
import torch
from stable_baselines3.common.vec_env import VecEnv

from prefrl.checkpoints import write_checkpoint
from prefrl.environments import make
from prefrl.plain_observations import PlainObservation
from prefrl.preference_learner import PreferenceLearner
from prefrl.seeding import integer_seed
from prefrl.store import LabelStore
from prefrl.tensors import load_module, load_optimizer, save_module, save_optimizer

from .metrics import Metrics, MetricsLog
from .people import People
from .policy_snapshots import policy_bytes, snapshot_rounds, write_snapshot
from .ppo import make_ppo, update_normalisation
from .progress import Progress
from .recording_env import RecordingVecEnv
from .reward_shaping import make_shaping
from .rollout_rewards import RolloutRewards
from .rounds import Round, plan_rounds
from .run_folder import LABELS
from .run_preferences import make_preferences
from .settings import RunSettings
from .spaces import check_trainable
from .text.stages import text_stages
from .text.starting_model import located_language, prepare_model
from .text.task import horizon, text_task
from .worlds import make_worlds

CHECKPOINT_SHARE = 0.01
"""About the most share of the time that checkpoints take."""

LONGEST_UNSAVED = 300.0
"""Seconds after which there is a checkpoint whatever it takes; those with images are large."""

LABELS_AT_ONCE = 50
"""After how many given labels it is shown how many there are to go; texts take time to be read."""


class Training:
    """A run in progress.

    Args:
        settings: What determines the run.
        folder: The run's folder, with its `config.json` in place.
        progress: Told how it goes.
        checkpoint_share: About the most share of the time that checkpoints may take, above 0; with
            infinity there is one after every round.
    """

    def __init__(
        self,
        settings: RunSettings,
        folder: Path,
        progress: Progress,
        *,
        checkpoint_share: float = CHECKPOINT_SHARE,
    ) -> None:
        """Set everything up, from the seed alone."""
        self.settings = settings
        self.folder = folder
        self._progress = progress
        env = make(settings.env, settings.env_kwargs)
        check_trainable(env.observation_space, env.action_space)
        if isinstance(env, PlainObservation) and env.left_out:
            progress.warn(TEXT_LEFT_OUT.format(", ".join(env.left_out)))
        if settings.language is not None:
            prepare_model(settings, folder, text_task(env), progress.tell)
        language = located_language(settings, folder)
        self._rounds = plan_rounds(settings, horizon(env))
        self.store: LabelStore | None = None
        self.preferences: PreferenceLearner | None = None
        if settings.reward == "learned":
            self.store = LabelStore(folder / LABELS)
            self.preferences = make_preferences(settings, self.store, env, language)
        self.env = RecordingVecEnv(
            make_worlds(
                env,
                settings.env,
                settings.env_kwargs,
                settings.ppo.num_envs,
                drawn=settings.reward == "learned",
            ),
            recorder=self.preferences.recorder if self.preferences else None,
            on_termination=self._note_termination,
            only_ends=settings.language is not None,
        )
        self._people = self._make_people()
        seed = integer_seed(settings.seed, "policy")
        self.agent = make_ppo(
            self.env,
            settings.ppo,
            rewards=lambda: self._rewards(),
            language=language,
            seed=seed,
        )
        shaping = make_shaping(settings, self.agent)
        self._rewards = RolloutRewards(self.env, self.preferences, shaping)
        self.texts = text_stages(settings, self.agent.policy, self.preferences)
        self._checkpoint_share = checkpoint_share
        self._checkpoint_due = 0.0
        self.rounds_done = 0
        self.seconds = 0.0

    def _note_termination(self) -> None:
        if self.settings.language is None:
            self._progress.warn(EARLY_TERMINATION)

    @property
    def waited(self) -> float:
        """How long people were waited for, in seconds."""
        return self._people.waited if self._people is not None else 0.0

    @property
    def planned_steps(self) -> int:
        """The environment steps that the run takes, over all environments."""
        per_rollout = self.settings.ppo.num_envs * self.settings.ppo.n_steps
        return per_rollout * sum(round_.rollouts for round_ in self._rounds)

    def run(self) -> None:
        """Train to the end, writing metrics and a checkpoint after every round."""
        self._take_in_given_labels()
        _, self._callback = self.agent._setup_learn(self.planned_steps)
        self.agent.num_timesteps = self.env.steps_taken
        log = MetricsLog(self.folder, self.rounds_done)
        began = time.monotonic() - self.seconds
        copied = snapshot_rounds(len(self._rounds), policy_bytes(self.agent.policy))
        if self.rounds_done == 0:
            self._copy_policy()
        for round_ in self._rounds[self.rounds_done :]:
            row = self._run_round(round_)
            self.rounds_done += 1
            if self.rounds_done in copied:
                self._copy_policy()  # before the checkpoint, so that a resumed run lacks none
            self.seconds = row["seconds"] = time.monotonic() - began
            log.write(row)
            self._checkpoint_if_due()
            self.seconds = time.monotonic() - began
            self._progress.finish_round(row)
        log.close()
        if self._people is not None:
            self._people.finish()

    def _take_in_given_labels(self) -> None:
        if self.preferences is not None and self.store is not None and self.settings.labels_given:
            fresh = {c.query.key: c for c in self.store.comparisons()}
            for key in self.preferences.fitter.keys:
                fresh.pop(key, None)
            labels = list(fresh.values())
            for start in range(0, len(labels), LABELS_AT_ONCE):
                reading = f"reading label {start:,} of {len(labels):,}"
                self._progress.advance(self.env.steps_taken, reading)
                self.preferences.fitter.add(labels[start : start + LABELS_AT_ONCE])

    def _checkpoint_if_due(self) -> None:
        """Write a checkpoint unless too little time has passed for what the last one took.

        Which rounds have checkpoints changes no result: after an interruption, the rounds since the
        last one are run again, to the same numbers, and their questions have answers in the store.
        """
        began = time.monotonic()
        ended = self.rounds_done == len(self._rounds)
        if not ended and began < self._checkpoint_due:
            return
        write_checkpoint(self.folder, self.rounds_done, self._save)
        now = time.monotonic()
        self._checkpoint_due = now + min((now - began) / self._checkpoint_share, LONGEST_UNSAVED)

    def _run_round(self, round_: Round) -> Metrics:
        if self._people is not None:
            self._progress.advance(self.env.steps_taken, "waiting")
            self._people.wait_before(round_, self.env.steps_taken)
            self._fit_answers(round_)
        if self.texts is not None:
            self.texts.begin_round(round_.index)
        self._restart(round_.index)
        for _ in range(round_.rollouts):
            self._advance("acting", round_)
            self._collect()
            if round_.trains:
                self._advance("training", round_)
                self.agent.train()
            update_normalisation(self.agent)
        self._learn_reward(round_)
        return self._metrics(round_)

    def _learn_reward(self, round_: Round) -> None:
        if self._people is not None:
            self._people.ask(round_, self.env.steps_taken)
            if round_ is self._rounds[-1]:  # others wait for answers before the next round
                self._fit_answers(round_)
        elif self.preferences is not None and (round_.labels or self._given_labels_say_more()):
            self._advance("asking", round_)
            if round_.labels:
                self.preferences.ask(round_.index, round_.labels, self.env.steps_taken)
            self._advance("fitting", round_)
            self.preferences.fit()

    def _fit_answers(self, round_: Round) -> None:
        assert self._people is not None
        self._advance("fitting", round_)
        self._people.fit_what_is_new()

    def _given_labels_say_more(self) -> bool:
        """Return whether labels that were all there at first are fitted once more.

        What a reward of robots is scaled by changes with what they do. A language model reads the
        same tokens as before, so that further epochs would only fit it too closely.
        """
        assert self.preferences is not None
        first = self.preferences.last_report is None
        return self.settings.labels_given and (first or self.texts is None)

    def _advance(self, doing: str, round_: Round) -> None:
        self._progress.advance(self.env.steps_taken, doing)
        if self._people is not None:
            self._people.note(doing, round_)

    def _restart(self, round_index: int) -> None:
        # Each round draws from generators of its own, so no checkpoint need hold their state.
        seed = integer_seed(self.settings.seed, "round", round_index)
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        seeds = [
            integer_seed(self.settings.seed, "environment", round_index, env)
            for env in range(self.env.num_envs)
        ]
        # Through the agent's own wrappers, which put the channels of images first.
        self.env.seed_each(seeds)
        self.agent._last_obs = self._agents_env.reset()  # type: ignore[assignment]  # no tuples here
        self.agent._last_episode_starts = np.ones(self.env.num_envs, bool)
        self._rewards.restart()

    def _collect(self) -> None:
        agent = self.agent
        agent.collect_rollouts(
            self._agents_env, self._callback, agent.rollout_buffer, agent.n_steps
        )
        agent._update_current_progress_remaining(agent.num_timesteps, self.planned_steps)

    @property
    def _agents_env(self) -> VecEnv:
        assert self.agent.env is not None
        return self.agent.env

    def _metrics(self, round_: Round) -> Metrics:
        logged = self.agent.logger.name_to_value if round_.trains else {}
        row: Metrics = {
            "round": round_.index,
            "steps": self.env.steps_taken,
            "labels": 0,
            **self._rewards.metrics(),
        }
        if self.texts is not None:
            row |= self.texts.evaluate().metrics()
        if self.preferences is not None and self.preferences.last_report is not None:
            report = self.preferences.last_report
            row["labels"] = report.comparisons
            if self._people is not None:
                row["labels"] = self._people.labels  # without re-asks
                row["waited_seconds"] = self.waited
            row |= {f"reward/{name}": value for name, value in vars(report).items()}
        return row | {name: float(value) for name, value in logged.items()}

    def _copy_policy(self) -> None:
        write_snapshot(self.folder, self.env.steps_taken, self.agent.policy)

    def _save(self, folder: Path) -> None:
        save_module(folder / "policy.safetensors", self.agent.policy)
        save_optimizer(folder / "policy_optimizer.safetensors", self.agent.policy.optimizer)
        state = {
            "rounds_done": self.rounds_done,
            "steps": self.env.steps_taken,
            "updates": self.agent._n_updates,
            "seconds": self.seconds,
            "shaping": self._rewards.shaping.state(),
            "waited": self.waited,
        }
        (folder / "state.json").write_text(json.dumps(state))
        if self.preferences is not None and self.store is not None:
            self.preferences.save(folder)
            self.store.copy_to(folder / LABELS)

    def load(self, folder: Path) -> None:
        """Take over the state that a checkpoint holds."""
        load_module(folder / "policy.safetensors", self.agent.policy)
        load_optimizer(folder / "policy_optimizer.safetensors", self.agent.policy.optimizer)
        state = json.loads((folder / "state.json").read_text())
        self.rounds_done = state["rounds_done"]
        self.env.steps_taken = state["steps"]
        self.agent._n_updates = state["updates"]
        self.seconds = state["seconds"]
        self._rewards.shaping.load_state(state["shaping"])
        if self._people is not None:
            self._people.waited = state["waited"]
        if self.preferences is not None:
            self.preferences.load(folder)

    def _make_people(self) -> People | None:
        if self.settings.teacher != "human" or self.settings.labels_given:
            return None
        if self.preferences is None or self.store is None:
            return None
        return People(
            self.preferences,
            self.store,
            run=self.settings.run,
            rounds=self._rounds,
            folder=self.folder,
            pace=self.settings.pace,
            tell=self._progress.tell,
        )


TEXT_LEFT_OUT = (
    "left out of the observations, since no network here reads text: {}; what it says, neither "
    "the agent nor the reward knows"
)

EARLY_TERMINATION = (
    "episodes of this environment end early, and their length tells the agent something about the "
    "reward that no label said; prefer a fixed horizon (prefrl's robots have one)"
)
