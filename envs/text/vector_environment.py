"""Text generation as a vector environment, computed in one batch."""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils.seeding import np_random
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from .drawing import Snapshot, draw_text, take_snapshots
from .errors import TextError
from .prompt_draws import PromptDraws
from .task import Tokens, load_task
from .transcripts import Observation, Transcripts

Flags = NDArray[np.bool_]
Step = tuple[Observation, NDArray[np.float64], Flags, Flags, dict[str, Any]]


class TextGenerationVector(VectorEnv[Observation, Tokens, NDArray[Any]]):
    """Writes N texts side by side, each as `TextGeneration` of the same seed would.

    Texts of equal seeds have equal prompts, one after the other, so `reset(seed=[5, 5, 6, 6])`
    gives two continuations of each prompt at a time.

    Args:
        num_envs: The number of texts N.
        autoreset_mode: How new texts begin. Under DISABLED, and at any time under the others,
            `reset(options={"reset_mask": mask})` begins new ones where the mask is True.
        render_mode: "ansi" for `render()` to return the texts so far, or None.
        **task: As `load_task` takes them.

    Raises:
        TextError: If the task's files or functions are not what they should be.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
        render_mode: str | None = None,
        **task: Any,
    ) -> None:
        """Load the task."""
        self.num_envs = num_envs
        self.render_mode = render_mode
        self._mode = _as_mode(autoreset_mode)
        self.metadata = {
            "render_modes": ["ansi"],
            "render_fps": 10,
            "autoreset_mode": self._mode,
        }
        self.task = load_task(**task)
        self.single_observation_space = self.task.observation_space
        self.single_action_space = self.task.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._transcripts = Transcripts(self.task, num_envs)
        prompts, samples = len(self.task.prompts), self.task.samples_per_prompt
        self._draws = [PromptDraws(prompts, samples) for _ in range(num_envs)]
        self._seeded = [np_random() for _ in range(num_envs)]
        self._generators = [generator for generator, _ in self._seeded]
        self._ended = np.ones(num_envs, bool)

    def reset(  # a list of seeds, as Gymnasium's own vectors take
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Observation, dict[str, Any]]:
        """Start texts with the next prompts.

        Args:
            seed: One per text; a number s stands for s, s + 1, and so on.
            options: Under "reset_mask", which texts are started, `[N]` bool; by default all.

        Raises:
            TextError: If there is not a seed per text, or the mask is none.
        """
        mask = _checked_mask((options or {}).get("reset_mask"), self.num_envs)
        seeds = _seed_list(seed, self.num_envs)
        for row in np.flatnonzero(mask).tolist():
            self._seed(row, seeds[row])
            self._start(row)
        self._ended &= ~mask
        return self._transcripts.observe(), self._column("segment_group", mask)

    def step(self, actions: Tokens) -> Step:
        """Append a token to each text.

        Raises:
            gymnasium.error.ResetNeeded: Under DISABLED, if a text has ended and was not reset.
            gymnasium.error.InvalidAction: If the actions are no tokens of the vocabulary.
            TextError: If the scorer or the responder fails; names the text.
        """
        tokens = np.asarray(actions, np.int64)
        if tokens.shape != (self.num_envs,):
            raise gymnasium.error.InvalidAction(
                f"actions must be of the shape ({self.num_envs},), not {tokens.shape}"
            )
        live = self._begin_step()
        ended = self._transcripts.write(tokens, np.flatnonzero(live), self._generators)
        rewards = np.zeros(self.num_envs)
        for row in np.flatnonzero(ended).tolist():
            rewards[row] = self._transcripts.score(row)
        infos: dict[str, Any] = {}
        if self._mode == AutoresetMode.SAME_STEP and ended.any():
            infos = self._finish(ended)
            live = ~ended
        else:
            self._ended = ended
        infos |= self._column("segment_group", np.ones(self.num_envs, bool))
        infos |= _flag_column("segment_mask", live)
        return self._transcripts.observe(), rewards, ended.copy(), np.zeros_like(ended), infos

    def render(self) -> tuple[str, ...] | None:
        """Return the texts so far, where the render mode is "ansi"."""
        if self.render_mode != "ansi":
            return None
        return tuple(self.draw(snapshot) for snapshot in self.snapshot())

    def snapshot(self) -> Snapshot:
        """Return the tokens of all texts, to be drawn later, `[N, L + 2]`."""
        return take_snapshots(self._transcripts)

    def draw(self, snapshot: Snapshot) -> str:
        """Return the text of one row of `snapshot()`."""
        return draw_text(self.task.tokenizer, snapshot)

    @property  # type: ignore[misc]  # as Gymnasium's own vectors, read-only
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]
        """The generators that prompts are drawn from, one per text."""
        return tuple(self._generators)

    @property
    def np_random_seed(self) -> tuple[int, ...]:  # type: ignore[override]
        """The seeds of the generators."""
        return tuple(seed for _, seed in self._seeded)

    def _seed(self, row: int, seed: int | None) -> None:
        if seed is not None:
            self._seeded[row] = np_random(seed)
            self._generators[row] = self._seeded[row][0]
            self._draws[row].restart()

    def _start(self, row: int) -> None:
        self._transcripts.start(row, self._draws[row].draw(self._generators[row]))

    def _begin_step(self) -> Flags:
        """Start the texts that this step is to start; return which others it goes on with."""
        live = ~self._ended
        if live.all():
            return live
        if self._mode != AutoresetMode.NEXT_STEP:
            ended = np.flatnonzero(self._ended).tolist()
            raise gymnasium.error.ResetNeeded(
                f"texts {ended} have ended; reset them first, by options={{'reset_mask': mask}}"
            )
        for row in np.flatnonzero(self._ended).tolist():
            self._start(row)
        return live

    def _finish(self, ended: Flags) -> dict[str, Any]:
        """Return what ended texts show last, and start new ones in their place."""
        final_observations = np.full(self.num_envs, None, object)
        final_info = self._column("segment_group", ended) | _flag_column("segment_mask", ended)
        for row in np.flatnonzero(ended).tolist():
            final_observations[row] = self._transcripts.observe_row(row)
            self._start(row)
        return {
            "final_obs": final_observations,
            "_final_obs": ended.copy(),
            "final_info": final_info,
            "_final_info": ended.copy(),
        }

    def _column(self, name: str, mask: Flags) -> dict[str, Any]:
        column = np.full(self.num_envs, None, object)
        column[mask] = self._transcripts.keys[mask]
        return {name: column, f"_{name}": mask.copy()}


def _flag_column(name: str, mask: Flags) -> dict[str, Any]:
    # Gymnasium's vectors leave out what no environment says.
    return {name: mask.copy(), f"_{name}": mask.copy()} if mask.any() else {}


def _as_mode(mode: AutoresetMode | str) -> AutoresetMode:
    try:
        return AutoresetMode(mode)
    except ValueError as error:
        names = ", ".join(member.value for member in AutoresetMode)
        raise TextError(f"autoreset_mode={mode!r} is impossible; it must be of {names}") from error


def _seed_list(seed: int | Sequence[int | None] | None, count: int) -> list[int | None]:
    if seed is None:
        return [None] * count
    if isinstance(seed, int | np.integer):
        return [int(seed) + row for row in range(count)]
    if len(seed) != count:
        raise TextError(f"{len(seed)} seeds were given for {count} texts; give one per text")
    return list(seed)


def _checked_mask(mask: Any, count: int) -> Flags:
    if mask is None:
        return np.ones(count, bool)
    flags = np.asarray(mask)
    if flags.dtype != np.bool_ or flags.shape != (count,) or not flags.any():
        raise TextError(
            f"options['reset_mask'] must hold {count} bools, at least one True, not {mask!r}"
        )
    return flags.copy()
