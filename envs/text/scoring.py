"""Gold scores of finished texts; where there is none, an error names the text."""

import math
from collections.abc import Callable

from .errors import TextError
from .functions import function_name, one_line

Scorer = Callable[[str, str], float]
"""Returns the true reward of a prompt and its continuation."""


def checked_score(scorer: Scorer, prompt: str, continuation: str) -> float:
    """Return the score of a finished text.

    Raises:
        TextError: If the scorer raises, or gives anything but a finite number.
    """
    text = f"the prompt {prompt!r} with the continuation {continuation!r}"
    try:
        score = float(scorer(prompt, continuation))
    except Exception as error:  # whatever somebody's scorer does
        raise TextError(
            f"the scorer {function_name(scorer)} raised {one_line(error)} on {text}"
        ) from error
    if not math.isfinite(score):
        raise TextError(
            f"the scorer {function_name(scorer)} gave {score}, which is not finite, for {text}"
        )
    return score
