"""Text generation as a Gymnasium environment."""

from typing import Any, SupportsInt

import gymnasium
import numpy as np

from .drawing import Snapshot, draw_text, read_text, take_snapshots
from .prompt_draws import PromptDraws
from .task import load_task
from .transcripts import Observation, Transcripts


class TextGeneration(gymnasium.Env[dict[str, Any], np.int64]):
    """Writes one text, token by token; the rules are those of the package.

    Observations hold `tokens` `[L]`, padded on the right, `length` `[1]`, `prompt_length` `[1]` and
    `is_action` `[L]`. An action is a token. `info["segment_group"]` is the prompt's key, since only
    continuations of one prompt can be compared; `info["segment_mask"]` says that a step counts.

    Args:
        render_mode: "ansi" for `render()` to return the text so far, or None.
        **task: As `load_task` takes them.

    Raises:
        TextError: If the task's files or functions are not what they should be.
    """

    metadata = {"render_modes": ["ansi"], "render_fps": 10}  # noqa: RUF012  # Gymnasium's own

    def __init__(self, *, render_mode: str | None = None, **task: Any) -> None:
        """Load the task."""
        self.render_mode = render_mode
        self.task = load_task(**task)
        self.observation_space = self.task.observation_space
        self.action_space = self.task.action_space
        self._transcripts = Transcripts(self.task, 1)
        self._draws = PromptDraws(len(self.task.prompts), self.task.samples_per_prompt)
        self._ended = True

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start a text with the next prompt."""
        super().reset(seed=seed)
        if seed is not None:
            self._draws.restart()
        self._transcripts.start(0, self._draws.draw(self.np_random))
        self._ended = False
        return self._transcripts.observe_row(0), {"segment_group": self._transcripts.keys[0]}

    def step(self, action: SupportsInt) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Append a token.

        Raises:
            gymnasium.error.ResetNeeded: If the episode has ended.
            gymnasium.error.InvalidAction: If the action is no token of the vocabulary.
            TextError: If the scorer or the responder fails; names the text.
        """
        if self._ended:
            raise gymnasium.error.ResetNeeded("the text has ended; call reset() first")
        token = np.array([int(action)], np.int64)
        self._ended = bool(self._transcripts.write(token, _FIRST, [self.np_random])[0])
        reward = self._transcripts.score(0) if self._ended else 0.0
        info = {"segment_group": self._transcripts.keys[0], "segment_mask": True}
        return self._transcripts.observe_row(0), reward, self._ended, False, info

    def render(self) -> str | None:
        """Return the text so far, where the render mode is "ansi"."""
        return self.draw(self.snapshot()) if self.render_mode == "ansi" else None

    def snapshot(self) -> Snapshot:
        """Return the text's tokens, to be drawn later."""
        snapshot: Snapshot = take_snapshots(self._transcripts)[0]
        return snapshot

    def draw(self, snapshot: Snapshot) -> str:
        """Return the text of a snapshot: the prompt, a bar, what was written."""
        return draw_text(self.task.tokenizer, snapshot)

    def read(self, observation: Observation, action: SupportsInt) -> tuple[str, str]:
        """Return the prompt of an observation, and what was written up to and with an action."""
        return read_text(self.task.tokenizer, observation, int(action))


_FIRST = np.zeros(1, np.int64)
