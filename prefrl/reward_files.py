"""Reward models in folders: weights as safetensors, the rest as JSON."""

import json
import os
from pathlib import Path
from typing import Any

import gymnasium

from prefrl.checkpoints import newest_checkpoint
from prefrl.errors import UserError
from prefrl.language.causal_models import TINY
from prefrl.reward_model import FittedModel, RewardEnsemble, make_reward_model
from prefrl.space_json import space_from_json, space_to_json
from prefrl.tensors import load_module, save_module

WEIGHTS, DESCRIPTION = "reward.safetensors", "reward.json"


def save_reward(folder: Path | str, model: FittedModel) -> None:
    """Write a reward model to a folder, which is made where it is missing.

    Args:
        folder: Gets `reward.safetensors` and `reward.json`.
        model: A reward model of `make_reward_model`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_module(folder / WEIGHTS, model)
    description = {
        "members": model.members,
        "observation_space": space_to_json(model.observation_space),
        "action_space": space_to_json(model.action_space),
    }
    if not isinstance(model, RewardEnsemble):
        description["language"] = _relative(model.description(), folder)
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=1) + "\n")


def load_reward(folder: Path | str) -> FittedModel:
    """Return a reward model that was learned before, to predict with.

    Args:
        folder: A run's folder (the newest whole checkpoint is read), a checkpoint, or a folder
            that `save_reward` wrote.

    Raises:
        UserError: If there is no reward model in the folder.
    """
    folder = Path(folder)
    if (folder / "checkpoints").is_dir():
        folder = newest_checkpoint(folder)
    try:
        description = json.loads((folder / DESCRIPTION).read_text())
        model = make_reward_model(
            space_from_json(description["observation_space"]),
            space_from_json(description["action_space"]),
            members=description["members"],
            **_absolute(description.get("language", {}), folder),
        )
        load_module(folder / WEIGHTS, model)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise UserError(
            f"{folder} holds no readable reward model ({type(error).__name__}: {error}); "
            "name the folder of a run that learned a reward"
        ) from error
    return model


def check_made_for(
    model: FittedModel,
    observation_space: gymnasium.Space[Any],
    action_space: gymnasium.Space[Any],
) -> None:
    """Raise a UserError unless a reward model was made for these spaces."""
    pairs = (
        ("observation", model.observation_space, observation_space),
        ("action", model.action_space, action_space),
    )
    for name, made_for, given in pairs:
        if made_for != given:
            raise UserError(
                f"the reward was made for the {name} space {made_for}, and this environment has "
                f"{given}; use the environment that the reward was learned in"
            )


def _relative(language: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Name the language model so that it is found when the run, or this package, has moved."""
    model, run = language.pop("language_model").resolve(), folder.resolve().parent.parent
    if model.parent == TINY.parent.resolve():
        return {**language, "shipped_model": model.name}
    inside = run in model.parents
    return {**language, "language_model": os.path.relpath(model, folder) if inside else str(model)}


def _absolute(language: dict[str, Any], folder: Path) -> dict[str, Any]:
    if "shipped_model" in language:
        shipped = TINY.parent / language.pop("shipped_model")
        return {**language, "language_model": shipped}
    if "language_model" not in language:
        return language
    return {**language, "language_model": folder / language["language_model"]}
