"""A reward that is learned while any agent acts: records, asks, refits, keeps itself."""

import json
import math
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from prefrl.checkpoints import whole_checkpoints, write_checkpoint
from prefrl.errors import UserError
from prefrl.observation_checks import check_rewards
from prefrl.preference_learner import PreferenceLearner, PreferenceSettings
from prefrl.recording import SegmentRecorder
from prefrl.reward_files import check_made_for, load_reward
from prefrl.reward_model import make_reward_model
from prefrl.schedules import Schedule, label_counts
from prefrl.seeding import integer_seed
from prefrl.store import LabelStore
from prefrl.teachers import OracleTeacher, Teacher
from prefrl.trees import Array, Tree, tree_map

RUN = "online"
"""The run's name in the label store."""


class OnlineReward:
    """Learns a reward from comparisons of what some agent does, whoever owns the agent.

    Give it to `LearnedReward` or `VectorLearnedReward`, which call it at every step. It records
    segments, and at every `steps / rounds` steps asks the teacher about the newest ones and refits
    the reward. Until the first fit the reward is 0; after `steps` steps it stays as it is.

    Its folder holds the label store and a checkpoint of every fit. Made again with the same folder,
    it goes on from there; questions that have verdicts already are not asked again.

    Args:
        observation_space: See `StepEncoder`.
        action_space: See `StepEncoder`.
        folder: Where labels and checkpoints are kept.
        teacher: Who answers; by default the oracle.
        labels: The label budget, above 0.
        steps: Environment steps over which the budget is spent.
        rounds: How often to ask and refit, at least 1.
        initial_share: Share of the budget that the first round spends, above 0 and at most 1.
        schedule: How the rest is spread.
        members: Members of the reward ensemble.
        seed: Determines initial weights, questions and fits.
        settings: See `PreferenceSettings`.

    Raises:
        UserError: If the folder's reward was made for other spaces.
        ValueError: If a number is out of range.
    """

    def __init__(
        self,
        observation_space: gymnasium.Space[Any],
        action_space: gymnasium.Space[Any],
        *,
        folder: Path | str,
        teacher: Teacher | None = None,
        labels: int = 200,
        steps: int = 20_000,
        rounds: int = 20,
        initial_share: float = 0.1,
        schedule: Schedule = "constant",
        members: int = 3,
        seed: int = 0,
        settings: PreferenceSettings | None = None,
    ) -> None:
        """Start anew, or go on from the folder."""
        if min(labels, steps, rounds) < 1 or steps < rounds or not 0 < initial_share <= 1:
            raise ValueError(
                "labels and rounds must be at least 1, steps at least the rounds, and "
                "initial_share above 0 and at most 1"
            )
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings = settings or PreferenceSettings()
        self._ends = [math.ceil(steps * (index + 1) / rounds) for index in range(rounds)]
        shares = [index / rounds for index in range(rounds)]
        counts = label_counts(labels, shares, schedule=schedule, initial_share=initial_share)
        self._scheduled = np.cumsum(counts).tolist()
        model = make_reward_model(
            observation_space, action_space, members=members, seed=integer_seed(seed, "reward")
        )
        self.store = LabelStore(self.folder / "labels.sqlite")
        self.learner = PreferenceLearner(
            model,
            self.store,
            teacher or OracleTeacher(),
            run=RUN,
            num_envs=1,
            seed=seed,
            settings=self.settings,
        )
        self._recorders: dict[int, SegmentRecorder] = {}
        self.steps_taken = 0
        self.rounds_done = 0
        self._asked = 0
        self._go_on()

    def restart(self, env: int = 0) -> None:
        """Note that an environment was reset, whether or not its episode had ended.

        Args:
            env: The environment's place in its vector.
        """
        if env in self._recorders:
            self._recorders[env].reset()

    def record(
        self, observation: Tree, action: Array, true_reward: float, done: bool, *, env: int = 0
    ) -> None:
        """Take in a step; from time to time, ask and refit.

        Args:
            observation: Before the action, `[*obs]`.
            action: As the environment took it, `[*act]`.
            true_reward: The environment's own reward, for synthetic teachers.
            done: Whether the step ended the episode.
            env: The environment's place in its vector.

        Raises:
            UserError: If the true reward is not finite.
        """
        check_rewards(np.array([true_reward]), self.steps_taken, first=env)
        if env not in self._recorders:
            self._recorders[env] = self.learner.make_recorder(1)
        self._recorders[env].record(
            tree_map(lambda leaf: leaf[None], observation),
            np.asarray(action)[None],
            np.array([true_reward]),
            np.array([done]),
        )
        self.steps_taken += 1
        while self.rounds_done < len(self._ends) and self.steps_taken >= self._due:
            self._finish_round()

    def predict(self, observations: Tree, actions: Array) -> NDArray[np.float32]:
        """Return the reward of steps as it is now, `[...]`; 0 before the first fit.

        Args:
            observations: `[..., *obs]`, or a dictionary of such.
            actions: `[..., *act]`.
        """
        rewards = self.learner.model.predict(observations, actions)
        return rewards if self.learner.last_report is not None else np.zeros_like(rewards)

    def __deepcopy__(self, memo: dict[int, Any]) -> "OnlineReward":
        """Return itself: copies of an environment's spec go on learning together."""
        return self

    @property
    def _due(self) -> int:
        return self._ends[self.rounds_done]

    def _finish_round(self) -> None:
        # A round that has seen too little to compare leaves its questions to the next.
        count = self._scheduled[self.rounds_done] - self._asked
        if count and self.learner.unasked >= 2:
            self.learner.ask(self.rounds_done, count, self.steps_taken)
            self._asked += count
        self.rounds_done += 1
        if len(self.learner.fitter):
            self.learner.fit()
        write_checkpoint(self.folder, self.rounds_done, self._save)

    def _save(self, folder: Path) -> None:
        self.learner.save(folder)
        state = {
            "steps_taken": self.steps_taken,
            "rounds_done": self.rounds_done,
            "asked": self._asked,
        }
        (folder / "online.json").write_text(json.dumps(state))

    def _go_on(self) -> None:
        whole = whole_checkpoints(self.folder)
        if not whole:
            return
        model = self.learner.model
        check_made_for(load_reward(whole[-1]), model.observation_space, model.action_space)
        try:
            state = json.loads((whole[-1] / "online.json").read_text())
        except FileNotFoundError as error:
            raise UserError(f"{self.folder} is the folder of another kind of run") from error
        self.learner.load(whole[-1])
        self.steps_taken, self.rounds_done = state["steps_taken"], state["rounds_done"]
        self._asked = state["asked"]
