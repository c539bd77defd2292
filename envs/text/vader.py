"""How positive a text is, by VADER's word list and rules (Hutto and Gilbert 2014)."""

from functools import cache
from typing import Any

from .errors import TextError


def score(prompt: str, continuation: str) -> float:
    """Return how positive a continuation is, between −1 and 1; 0 is neutral.

    To be named as a scorer: `prefrl.envs.text.vader:score`.

    Raises:
        TextError: Without the package vaderSentiment.
    """
    return float(_analyzer().polarity_scores(continuation)["compound"])


@cache
def _analyzer() -> Any:
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError as error:
        raise TextError(
            "the package vaderSentiment is missing; pip install --no-deps vaderSentiment==3.3.2"
        ) from error
    return SentimentIntensityAnalyzer()
