"""The policy that chooses among candidates."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3 import PPO

from prefrl.agents.policies.candidate_features import CandidateFeatures
from prefrl.agents.policies.candidates import CandidatePolicy
from prefrl.agents.ppo import make_ppo, update_normalisation
from prefrl.agents.recording_env import RecordingVecEnv
from prefrl.agents.settings import PPOSettings
from prefrl.agents.single_envs import SingleEnvs
from prefrl.trees import Array

OPTIONS, FEATURES = 4, 3


class PickTheLargest(gymnasium.Env[Any, np.int64]):
    """The reward is the first feature of the chosen row; one option is illegal each time."""

    observation_space = spaces.Dict(
        {
            "candidates": spaces.Box(-np.inf, np.inf, (OPTIONS, FEATURES), np.float32),
            "action_mask": spaces.MultiBinary(OPTIONS),
        }
    )
    action_space = spaces.Discrete(OPTIONS)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self._steps = 0
        return self._observe(), {}

    def step(self, action: np.int64) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        assert self._seen["action_mask"][action], "an illegal candidate was chosen"
        reward = float(self._seen["candidates"][action, 0])
        self._steps += 1
        return self._observe(), reward, False, self._steps == 16, {}

    def _observe(self) -> dict[str, Array]:
        self._seen = self._draw()
        return self._seen

    def _draw(self) -> dict[str, Array]:
        mask = np.ones(OPTIONS, np.int8)
        mask[self.np_random.integers(OPTIONS)] = 0
        rows = self.np_random.normal(5, 2, (OPTIONS, FEATURES)).astype(np.float32)
        return {"candidates": rows, "action_mask": mask}


def make_agent(seed: int = 0) -> tuple[PPO, RecordingVecEnv]:
    settings = PPOSettings(
        num_envs=4, n_steps=64, batch_size=64, n_epochs=8, learning_rate=3e-3, gamma=0.0
    )
    env = RecordingVecEnv(SingleEnvs([PickTheLargest() for _ in range(4)]))
    env.seed_each(range(4))
    agent = make_ppo(env, settings, rewards=lambda: env.take_rollout().true_rewards / 10, seed=seed)
    return agent, env


def observe(batch: int) -> dict[str, torch.Tensor]:
    env = PickTheLargest()
    first, _ = env.reset(seed=0)
    seen = [first, *(env._observe() for _ in range(batch - 1))]
    return {key: torch.as_tensor(np.array([part[key] for part in seen])) for key in first}


def test_the_agent_is_a_stock_ppo() -> None:
    agent, _ = make_agent()
    assert type(agent) is PPO
    assert type(agent.policy) is CandidatePolicy


def test_illegal_candidates_have_no_probability_and_the_rest_sums_to_one() -> None:
    agent, _ = make_agent()
    seen = observe(32)
    probabilities = agent.policy.get_distribution(seen).distribution.probs  # type: ignore[union-attr]
    assert probabilities[seen["action_mask"] == 0].max() == 0
    np.testing.assert_allclose(probabilities.sum(-1).detach(), 1, rtol=1e-6)


def test_the_order_of_candidates_does_not_matter() -> None:
    agent, _ = make_agent()
    seen = observe(8)
    order = torch.tensor([2, 0, 3, 1])
    turned = {key: part[:, order] for key, part in seen.items()}
    for part, other in zip(judge(agent, seen), judge(agent, turned), strict=True):
        expected = part[:, order] if part.shape[1] == OPTIONS else part
        torch.testing.assert_close(other, expected)


def judge(agent: PPO, seen: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    distribution = agent.policy.get_distribution(seen).distribution
    assert isinstance(distribution, torch.distributions.Categorical)
    return distribution.probs, agent.policy.predict_values(seen)


def test_evaluating_actions_gives_what_acting_gave() -> None:
    agent, _ = make_agent()
    policy, seen = agent.policy, observe(8)
    actions, values, log_probabilities = policy(seen)
    again, same, entropy = policy.evaluate_actions(seen, actions)
    torch.testing.assert_close(again, values)
    torch.testing.assert_close(same, log_probabilities)
    assert values.shape == (8, 1)
    assert entropy is not None
    assert float(entropy.detach().max()) <= np.log(OPTIONS - 1) + 1e-6


def test_only_legal_rows_are_in_the_statistics() -> None:
    features = CandidateFeatures(PickTheLargest.observation_space)
    rows = torch.tensor([[[1.0] * 3, [3.0] * 3, [99.0] * 3, [-99.0] * 3]])
    mask = torch.tensor([[1, 1, 0, 0]])
    features.update({"candidates": rows, "action_mask": mask})
    torch.testing.assert_close(features.rows.mean, torch.full((3,), 2.0).double())
    normalised = features({"candidates": rows, "action_mask": mask})
    torch.testing.assert_close(normalised[0, :2, 0], torch.tensor([-1.0, 1.0]), rtol=1e-4, atol=0)


@pytest.mark.parametrize("seed", range(3))
def test_ppo_learns_to_pick_the_largest(seed: int) -> None:
    agent, _ = make_agent(seed)
    _, callback = agent._setup_learn(10**6)
    assert agent.env is not None
    for _ in range(15):
        agent.collect_rollouts(agent.env, callback, agent.rollout_buffer, agent.n_steps)
        agent.train()
        update_normalisation(agent)
    seen = observe(200)
    chosen, _ = agent.predict({key: part.numpy() for key, part in seen.items()}, deterministic=True)
    legal = seen["candidates"][..., 0].masked_fill(seen["action_mask"] == 0, -torch.inf)
    share = float((legal.argmax(-1).numpy() == chosen).mean())
    assert share > 0.9, "by chance it would be a third"
