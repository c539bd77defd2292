import sys
from types import ModuleType
from typing import Any

import pytest

from prefrl.envs.text import vader
from prefrl.envs.text.errors import TextError


class _CountsGood:
    def polarity_scores(self, text: str) -> dict[str, Any]:
        return {"compound": text.count("good") / 10, "pos": 1.0}


def test_only_the_continuation_is_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("vaderSentiment.vaderSentiment")
    package.SentimentIntensityAnalyzer = _CountsGood  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vaderSentiment", ModuleType("vaderSentiment"))
    monkeypatch.setitem(sys.modules, "vaderSentiment.vaderSentiment", package)
    vader._analyzer.cache_clear()
    assert vader.score("a good film", " is good , good") == 0.2
    vader._analyzer.cache_clear()


def test_the_package_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vaderSentiment.vaderSentiment", None)
    vader._analyzer.cache_clear()
    with pytest.raises(TextError, match="pip install --no-deps vaderSentiment"):
        vader.score("a film", " is good")
