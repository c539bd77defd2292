from pathlib import Path

from prefrl.agents.text.settings import LanguageSettings
from prefrl.agents.text.starting_model import source
from prefrl.language.causal_models import COPYIST, TINY


def test_summaries_start_from_the_model_that_copies() -> None:
    for env_id, shipped in (
        ("prefrl/SummariseFacts-v0", COPYIST),
        ("prefrl.envs:prefrl/SummariseFacts-v0", COPYIST),
        ("prefrl/Sentiment-v0", TINY),
    ):
        assert source(LanguageSettings(), env_id) == shipped
        assert source(LanguageSettings(model="given"), env_id) == Path("given")
