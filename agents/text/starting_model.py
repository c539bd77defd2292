"""The language model that a run starts from: a given one, fitted to demonstrations first or not."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

from prefrl.agents.settings import RunSettings
from prefrl.envs.text.corpora import WRITERS
from prefrl.envs.text.task import Task
from prefrl.errors import UserError
from prefrl.language.causal_models import (
    COPYIST,
    TINY,
    check_fits,
    load_causal_model,
    save_causal_model,
)
from prefrl.language.supervised import fit_language_model
from prefrl.seeding import integer_seed

from .demonstrations import demonstrations, has_corpus, task_name
from .settings import LanguageSettings

FITTED = "model"
"""The folder of a run that holds the model fitted to demonstrations."""


def check_model(language: LanguageSettings, task: Task, env_id: str) -> None:
    """See that a task's texts can be written by the model that is given.

    Args:
        language: Names the model's folder.
        task: The environment's.
        env_id: The environment's id.

    Raises:
        UserError: If the folder holds no language model, it does not suit the task, or the task has
            no texts that it could be fitted to first.
    """
    model = load_causal_model(source(language, env_id), vocabulary_size=task.tokenizer.size)
    tokenizer = task.tokenizer
    check_fits(model, tokenizer.size, task.context, tokenizer.end, tokenizer.file)
    if language.reward_likelihood and task.responder is not None:
        raise UserError(
            "--reward-likelihood would also judge what the responder appends; leave one of them out"
        )
    if language.supervised_texts and not has_corpus(env_id):
        raise UserError(
            f"--supervised-texts needs a task with a corpus: {', '.join(WRITERS)}; fit the model "
            "beforehand (prefrl.language.supervised) and give it as --model"
        )


def prepare_model(
    settings: RunSettings,
    folder: Path,
    task: Task,
    tell: Callable[[str], None] = lambda message: None,
) -> None:
    """Fit a run's language model to demonstrations, where the settings say so.

    It is done once: what a run's folder holds already is left as it is.

    Args:
        settings: The run's.
        folder: The run's folder.
        task: The environment's.
        tell: Told what is being done.
    """
    language = settings.language
    assert language is not None
    if not language.supervised_texts or (folder / FITTED).exists():
        return
    seed = integer_seed(settings.seed, "demonstrations")
    texts, prompt_lengths = demonstrations(settings.env, task, language.supervised_texts, seed)
    tell(f"fitting the language model to {len(texts):,} texts of the task's corpus")
    model = load_causal_model(source(language, settings.env), vocabulary_size=task.tokenizer.size)
    fit_language_model(
        model,
        texts,
        prompt_lengths=prompt_lengths,
        learning_rate=SUPERVISED_LEARNING_RATE,
        seed=settings.seed,
    )
    partial = folder / f"{FITTED}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    save_causal_model(model, partial)
    partial.replace(folder / FITTED)


SUPERVISED_LEARNING_RATE = 5e-4
"""Of AdamW, for fitting a pretrained model to demonstrations."""


def located_language(settings: RunSettings, folder: Path) -> LanguageSettings | None:
    """Return a run's settings of its language model, with the folder that training starts from.

    Args:
        settings: The run's.
        folder: The run's folder.
    """
    if settings.language is None:
        return None
    fitted = folder / FITTED
    given = source(settings.language, settings.env)
    start = fitted if settings.language.supervised_texts else given
    return dataclasses.replace(settings.language, model=str(start.resolve()))


SHIPPED = {"prefrl/SummariseFacts-v0": COPYIST}
"""The model that prefrl ships for a task; for all others it is `TINY`."""


def source(language: LanguageSettings, env_id: str) -> Path:
    """Return the folder of the model that is given, or else of the one that prefrl ships.

    Args:
        language: May name a folder.
        env_id: The environment's id.
    """
    return Path(language.model) if language.model else SHIPPED.get(task_name(env_id), TINY)
