"""Settings that suit a run's length."""

from hypothesis import given
from hypothesis import strategies as st

from prefrl.agents.settings import IMAGE_PPO, PPOSettings
from prefrl.agents.short_runs import suited_to


def test_a_long_run_keeps_its_settings() -> None:
    assert suited_to(PPOSettings(), 500_000, 1000) == PPOSettings()


def test_a_short_run_has_smaller_rollouts() -> None:
    short = suited_to(PPOSettings(), 20_000, 500)
    assert (short.num_envs, short.n_steps, short.batch_size) == (4, 128, 128)


@given(
    steps=st.integers(1, 10**6),
    horizon=st.none() | st.integers(1, 30_000),
    settings=st.sampled_from([PPOSettings(), IMAGE_PPO]),
)
def test_minibatches_divide_the_rollout_as_before(
    steps: int, horizon: int | None, settings: PPOSettings
) -> None:
    short = suited_to(settings, steps, horizon)
    minibatches = settings.num_envs * settings.n_steps // settings.batch_size
    assert short.num_envs * short.n_steps == minibatches * short.batch_size
    assert short.batch_size > 1, "advantages of one step cannot be normalised"
    assert short.num_envs <= settings.num_envs
    assert short.n_steps <= settings.n_steps
