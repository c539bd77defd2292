"""What a run learns its reward with: the reward model, the label store and the teacher."""

from typing import Any

import gymnasium

from prefrl.labelling.person_teacher import PersonTeacher
from prefrl.preference_learner import PreferenceLearner
from prefrl.reward_model import make_reward_model
from prefrl.seeding import integer_seed
from prefrl.store import LabelStore
from prefrl.teachers import OracleTeacher, Teacher

from .settings import RunSettings
from .text.settings import LanguageSettings
from .text.task import text_task

TEACHERS = ("oracle", "human")
"""The teachers that can be named on the command line."""


def make_preferences(
    settings: RunSettings,
    store: LabelStore,
    env: gymnasium.Env[Any, Any],
    language: LanguageSettings | None,
) -> PreferenceLearner:
    """Return what learns a run's reward, with nothing learned yet.

    Args:
        settings: The run's.
        store: The run's label store.
        env: An environment of the run, for its spaces.
        language: The language model that training starts from, where the environment writes texts.
    """
    model = make_reward_model(
        env.observation_space,
        env.action_space,
        members=settings.members,
        seed=integer_seed(settings.seed, "reward"),
        **_text_arguments(env, language),
    )
    return PreferenceLearner(
        model,
        store,
        _make_teacher(settings, store),
        run=settings.run,
        num_envs=settings.ppo.num_envs,
        seed=settings.seed,
        settings=settings.preferences,
    )


def _text_arguments(
    env: gymnasium.Env[Any, Any], language: LanguageSettings | None
) -> dict[str, Any]:
    if language is None:
        return {}
    task = text_task(env)
    return {
        "language_model": language.model,
        "horizon": task.horizon,
        "end_token": task.tokenizer.end,
        "lora_rank": language.lora_rank or None,
        "heads_only": language.reward_fit == "head",
        "likelihood": language.reward_likelihood,
        "temperature": language.temperature,
    }


def _make_teacher(settings: RunSettings, store: LabelStore) -> Teacher:
    if settings.teacher == "human":
        return PersonTeacher(store, settings.run)
    return OracleTeacher()
