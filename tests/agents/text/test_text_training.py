"""Runs on texts: the same loop and the same PPO, with penalties, a reference and samples."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from tiny_llama import make_tiny_llama

import prefrl.envs  # noqa: F401  # registers the ids
from prefrl.agents.policies.causal_lm import CausalLMPolicy
from prefrl.agents.run_folder import create_run_folder
from prefrl.agents.settings import PPOSettings, RunSettings
from prefrl.agents.text.policy import start_critic
from prefrl.agents.text.settings import LanguageSettings
from prefrl.agents.training import Training
from prefrl.checkpoints import newest_checkpoint
from prefrl.language.text_reward_model import TextRewardModel
from prefrl.preference_learner import PreferenceSettings

ENV = "prefrl.envs:prefrl/IncreasingNumbers-v0"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language model with random weights, for the tokenizer that comes along."""
    folder = tmp_path_factory.mktemp("model")
    make_tiny_llama(folder, vocabulary_size=912, end_token=1)
    return folder


@pytest.fixture
def settings(model: Path) -> RunSettings:
    """A run of a few seconds: 3 rounds on the learned reward."""
    return RunSettings(
        env=ENV,
        run="tiny",
        steps=512,
        labels=12,
        rounds=2,
        members=1,
        env_kwargs={"horizon": 6, "samples_per_prompt": 2},
        ppo=PPOSettings(
            num_envs=8, n_steps=16, batch_size=64, n_epochs=2, gamma=1.0, annealed=True
        ),
        preferences=PreferenceSettings(segment_length=1, first_epochs=1, epochs=1),
        language=LanguageSettings(model=str(model), kl_target=0.5, evaluation_texts=4),
    )


def train(settings: RunSettings, folder: Path, silent: Any) -> Training:
    create_run_folder(folder, settings)
    training = Training(settings, folder, silent)
    training.run()
    return training


def test_each_round_says_how_far_the_agent_is_from_the_reference(
    settings: RunSettings, tmp_path: Path, silent: Any
) -> None:
    training = train(settings, tmp_path / "run", silent)
    first, *later = silent.rows
    assert first["evaluation/kl"] == pytest.approx(0, abs=1e-4), "nothing is trained yet"
    assert all(row["kl"] is not None and row["kl_coefficient"] != 0.1 for row in later)
    assert all(0 <= row["evaluation/win_rate"] <= 1 for row in silent.rows)
    assert not silent.warnings, "that texts end early is as it should be"
    assert training.store is not None
    assert training.store.labels_used() == settings.labels


@pytest.mark.parametrize("reward", ["learned", "true"])
def test_a_resumed_run_equals_one_never_stopped(
    reward: Any, settings: RunSettings, tmp_path: Path, silent: Any
) -> None:
    check_resumed(dataclasses.replace(settings, reward=reward), tmp_path, silent)


class Interrupting(Mock):
    """Progress that interrupts a run after its second round."""

    def finish_round(self, row: dict[str, Any]) -> None:
        if row["round"] == 1:
            raise KeyboardInterrupt


def check_resumed(settings: RunSettings, tmp_path: Path, silent: Any) -> None:
    whole = train(settings, tmp_path / "whole", silent)
    rows = list(silent.rows)
    create_run_folder(tmp_path / "stopped", settings)
    with pytest.raises(KeyboardInterrupt):
        Training(settings, tmp_path / "stopped", Interrupting(), checkpoint_share=math.inf).run()
    resumed = Training(settings, tmp_path / "stopped", silent)
    resumed.load(newest_checkpoint(tmp_path / "stopped"))
    torch.manual_seed(99)
    np.random.seed(99)
    resumed.run()
    for name, value in whole.agent.policy.state_dict().items():
        assert torch.equal(value, resumed.agent.policy.state_dict()[name]), name
    for row, other in zip(rows[2:], silent.rows[len(rows) :], strict=True):
        assert without_times(row) == without_times(other)


def without_times(row: dict[str, Any]) -> dict[str, Any]:
    return {name: repr(value) for name, value in row.items() if name != "seconds"}


def test_a_checkpoint_leaves_out_what_the_model_folder_holds(
    settings: RunSettings, tmp_path: Path, silent: Any
) -> None:
    train(settings, tmp_path / "run", silent)
    checkpoint = newest_checkpoint(tmp_path / "run")
    state = json.loads((checkpoint / "state.json").read_text())
    assert state["shaping"]["kl_coefficient"] > 0
    assert not any("reference" in name for name in saved_names(checkpoint))


def saved_names(checkpoint: Path) -> list[str]:
    import safetensors

    with safetensors.safe_open(checkpoint / "policy.safetensors", "pt") as file:
        return list(file.keys())


def test_the_model_is_fitted_to_demonstrations_first(
    settings: RunSettings, tmp_path: Path, silent: Any
) -> None:
    assert settings.language is not None
    language = dataclasses.replace(settings.language, supervised_texts=8)
    settings = dataclasses.replace(settings, language=language)
    train(settings, tmp_path / "run", silent)
    assert "8 texts" in silent.told[0]
    assert silent.rows[0]["evaluation/kl"] == pytest.approx(0, abs=1e-4), "it is the reference"
    kept = (tmp_path / "run" / "model" / "model.safetensors").read_bytes()
    Training(settings, tmp_path / "run", silent)
    assert (tmp_path / "run" / "model" / "model.safetensors").read_bytes() == kept


def test_a_critic_of_its_own_starts_as_the_reward_model(
    settings: RunSettings, tmp_path: Path, silent: Any
) -> None:
    assert settings.language is not None
    language = dataclasses.replace(settings.language, critic="reward")
    training = train(dataclasses.replace(settings, language=language), tmp_path / "run", silent)
    policy = training.agent.policy
    assert training.preferences is not None
    reward = training.preferences.model
    assert isinstance(policy, CausalLMPolicy)
    assert isinstance(reward, TextRewardModel)
    start_critic(policy, reward)
    observation = {
        key: value[None] for key, value in training.env.observation_space.sample().items()
    }
    observation["length"][:] = 5
    tokens, lengths = (torch.from_numpy(observation[key]) for key in ("tokens", "length"))
    values = policy.predict_values({"tokens": tokens, "length": lengths})
    expected = reward.score(
        observation["tokens"], observation["length"][:, 0], observation["prompt_length"][:, 0]
    )
    np.testing.assert_allclose(values[:, 0].numpy(force=True), expected, rtol=1e-3, atol=1e-4)


def test_nlpo_is_an_option_of_the_same_agent(
    settings: RunSettings, tmp_path: Path, silent: Any
) -> None:
    assert settings.language is not None
    language = dataclasses.replace(settings.language, mask_share=0.5, mask_updates=1, mask_least=2)
    training = train(dataclasses.replace(settings, language=language), tmp_path / "run", silent)
    assert type(training.agent) is PPO
    assert isinstance(training.agent.policy, CausalLMPolicy)
    assert training.agent.policy.mask is not None
    assert training.agent.policy.mask.updates > 0


@pytest.mark.parametrize(
    "special",
    [
        {"lora_rank": 2},
        {"lora_rank": 2, "reward_fit": "head"},
        {"critic": "reward"},
        {"reward_likelihood": True},
        {"mask_share": 0.5},
    ],
    ids=str,
)
def test_whatever_is_trained_resumes(
    special: dict[str, Any], settings: RunSettings, tmp_path: Path, silent: Any
) -> None:
    assert settings.language is not None
    language = dataclasses.replace(settings.language, **special)
    check_resumed(dataclasses.replace(settings, language=language), tmp_path, silent)
