"""Tests of prefrl.convolutions, and of reward models that have them."""

import numpy as np
import torch
from gymnasium import spaces
from torch.nn import functional

from prefrl.convolutions import LAYERS, EnsembleConvolutions
from prefrl.fitting import RewardFitter
from prefrl.queries import Comparison, Query, QueryKey
from prefrl.reward_model import make_reward_model
from prefrl.segments import Segment
from prefrl.teachers import oracle_verdict
from prefrl.trees import Tree

SPACE = spaces.Dict(
    {"frame": spaces.Box(0, 255, (16, 20, 3), np.uint8), "speed": spaces.Box(-1, 1, (2,))}
)


def test_the_grouped_convolutions_equal_a_loop_over_members() -> None:
    layers = EnsembleConvolutions(3, (2, 17, 23), torch.Generator().manual_seed(0))
    frames = torch.randint(0, 256, (3, 4, 2, 17, 23), dtype=torch.uint8)
    together = layers(frames)
    for member in range(3):
        hidden = frames[member].float() / 255
        for weight, bias, (_, kernel, stride) in zip(
            layers.weights, layers.biases, LAYERS, strict=True
        ):
            hidden = functional.leaky_relu(
                functional.conv2d(hidden, weight[member], bias[member], stride, kernel // 2), 0.01
            )
        torch.testing.assert_close(together[member], hidden.flatten(1))
    assert together.shape == (3, 4, layers.size)


def make_segment(rng: np.random.Generator, steps: int = 4) -> Segment:
    """Make a stretch whose reward is the brightness of the frame."""
    light = rng.integers(0, 256, steps)
    frames = np.ones((steps, 16, 20, 3), np.uint8) * light[:, None, None, None].astype(np.uint8)
    observations: Tree = {
        "frame": frames,
        "speed": rng.uniform(-1, 1, (steps, 2)).astype(np.float32),
    }
    return Segment(observations, np.zeros(steps, int), light / 255)


def test_a_reward_of_brightness_is_learned_from_frames() -> None:
    rng = np.random.default_rng(0)
    model = make_reward_model(SPACE, spaces.Discrete(2))
    fitter = RewardFitter(model, 4, learning_rate=3e-3)
    for index in range(60):
        query = Query(QueryKey("run", 0, index), (make_segment(rng), make_segment(rng)))
        fitter.add([Comparison(query, oracle_verdict(query))])
    fitter.fit(15)
    fresh = make_segment(rng, 100)
    predicted = model.predict(fresh.observations, fresh.actions)
    assert np.corrcoef(predicted, fresh.true_rewards)[0, 1] > 0.95


def test_a_batch_of_frames_equals_one_step_at_a_time() -> None:
    segment = make_segment(np.random.default_rng(1))
    model = make_reward_model(SPACE, spaces.Discrete(2))
    model.fit_scales([segment])
    together = model.predict(segment.observations, segment.actions)
    assert isinstance(segment.observations, dict)
    for step in range(4):
        one = {key: leaf[step] for key, leaf in segment.observations.items()}
        np.testing.assert_allclose(model.predict(one, segment.actions[step]), together[step], 1e-4)


def test_a_segment_of_frames_is_stored_compressed() -> None:
    frames = np.zeros((30, 64, 64, 3), np.uint8)
    segment = Segment(frames, np.zeros(30, int), np.zeros(30))
    data = segment.to_bytes()
    assert len(data) < frames.nbytes / 50
    assert Segment.from_bytes(data).id == segment.id
