"""Which prompt comes next."""

import numpy as np


class PromptDraws:
    """Draws prompts uniformly and keeps each for some consecutive episodes.

    Args:
        prompts: How many there are to draw from.
        samples_per_prompt: For how many episodes each is kept.
    """

    def __init__(self, prompts: int, samples_per_prompt: int) -> None:
        """Start with nothing drawn."""
        self._prompts = prompts
        self._samples = samples_per_prompt
        self.restart()

    def restart(self) -> None:
        """Let the next episode have a new prompt, as after a new seed."""
        self._prompt = self._left = 0

    def draw(self, generator: np.random.Generator) -> int:
        """Return the place of the next episode's prompt."""
        if not self._left:
            self._prompt, self._left = int(generator.integers(self._prompts)), self._samples
        self._left -= 1
        return self._prompt
