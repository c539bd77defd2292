"""The tokens of episodes side by side."""

from collections.abc import Sequence

import gymnasium
import numpy as np
from numpy.typing import NDArray

from .errors import TextError
from .functions import function_name, one_line
from .scoring import checked_score
from .task import Task, Tokens

Observation = dict[str, NDArray[np.integer]]


class Transcripts:
    """N rows of tokens, each of one episode.

    Args:
        task: The rules.
        count: The number of rows N.
    """

    def __init__(self, task: Task, count: int) -> None:
        """Start with empty rows."""
        self.task = task
        self.tokens = np.zeros((count, task.context), np.int64)
        self.is_action = np.zeros((count, task.context), np.int8)
        self.lengths = np.zeros(count, np.int64)
        self.prompt_lengths = np.zeros(count, np.int64)
        self.keys = np.full(count, "", object)
        self._prompt_texts = [""] * count
        self._actions = np.zeros(count, np.int64)

    def start(self, row: int, prompt: int) -> None:
        """Replace a row by a prompt, given by its place among the task's."""
        chosen = self.task.prompts[prompt]
        size = len(chosen.tokens)
        self.tokens[row] = 0
        self.tokens[row, :size] = chosen.tokens
        self.is_action[row] = 0
        self.lengths[row] = self.prompt_lengths[row] = size
        self.keys[row] = chosen.key
        self._prompt_texts[row] = chosen.text
        self._actions[row] = 0

    def write(
        self, tokens: Tokens, rows: Tokens, generators: Sequence[np.random.Generator]
    ) -> NDArray[np.bool_]:
        """Append one action to each of some rows, and replies where there are any.

        Args:
            tokens: The actions of all rows, `[N]`.
            rows: Which rows take theirs; the others stay as they are.
            generators: One per row, for what is random about replies.

        Returns:
            Whose episodes ended by it, `[N]`.

        Raises:
            gymnasium.error.InvalidAction: If an action is no token of the vocabulary.
            TextError: If a responder fails.
        """
        task = self.task
        taken = tokens[rows]
        if ((taken < 0) | (taken >= task.tokenizer.size)).any():
            raise gymnasium.error.InvalidAction(
                f"actions must be tokens from 0 to {task.tokenizer.size - 1}, not {taken.tolist()}"
            )
        places = self.lengths[rows]
        self.tokens[rows, places] = taken
        self.is_action[rows, places] = 1
        self.lengths[rows] += 1
        self._actions[rows] += 1
        ended = np.zeros(len(self.lengths), bool)
        ended[rows] = taken == task.tokenizer.end
        full = (self._actions == task.horizon) | (self.lengths == task.context)
        if task.responder is not None:
            for row in rows[~full[rows]].tolist():
                if self._reply(row, generators[row]):
                    ended[row] = False
            full |= self.lengths == task.context
        ended[rows] |= full[rows]
        return ended

    def observe(self) -> Observation:
        """Return copies of everything, one row per episode."""
        return {
            "tokens": self.tokens.copy(),
            "length": self.lengths[:, None].copy(),
            "prompt_length": self.prompt_lengths[:, None].copy(),
            "is_action": self.is_action.copy(),
        }

    def observe_row(self, row: int) -> Observation:
        """Return copies of what one episode shows."""
        return {
            "tokens": self.tokens[row].copy(),
            "length": self.lengths[row : row + 1].copy(),
            "prompt_length": self.prompt_lengths[row : row + 1].copy(),
            "is_action": self.is_action[row].copy(),
        }

    def score(self, row: int) -> float:
        """Return the score of a row as it is.

        Raises:
            TextError: If the scorer fails; names the text.
        """
        written = self.tokens[row, self.prompt_lengths[row] : self.lengths[row]]
        continuation = self.task.tokenizer.decode(written.tolist())
        return checked_score(self.task.scorer, self._prompt_texts[row], continuation)

    def _reply(self, row: int, generator: np.random.Generator) -> int:
        """Append what the responder says, and return how many tokens were."""
        length = int(self.lengths[row])
        reply = self._ask_responder(self.tokens[row, :length].copy(), generator)
        reply = reply[: self.task.context - length]
        self.tokens[row, length : length + len(reply)] = reply
        self.lengths[row] += len(reply)
        return len(reply)

    def _ask_responder(self, tokens: Tokens, generator: np.random.Generator) -> Tokens:
        responder = self.task.responder
        assert responder is not None
        try:
            reply = np.asarray(responder(tokens, generator), np.int64).reshape(-1)
        except Exception as error:  # whatever somebody's responder does
            text = self.task.tokenizer.decode(tokens.tolist())
            raise TextError(
                f"the responder {function_name(responder)} raised {one_line(error)} on {text!r}"
            ) from error
        if ((reply < 0) | (reply >= self.task.tokenizer.size)).any():
            raise TextError(
                f"the responder {function_name(responder)} gave {reply.tolist()}, which are not "
                f"all tokens from 0 to {self.task.tokenizer.size - 1}"
            )
        return reply
