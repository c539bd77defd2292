"""What `result.json` holds: how good the final agent is, and what it took."""

from typing import Any

from prefrl.trees import Array

from .evaluation import evaluate
from .metrics import finite_or_none
from .text.evaluation import FINAL_TEXTS
from .training import Training


def results(training: Training, wall_seconds: float) -> dict[str, Any]:
    """Return the results of a run that has just ended.

    Args:
        training: The run.
        wall_seconds: From its start, or from when it was resumed.
    """
    settings = training.settings
    preferences = training.preferences
    report = preferences.last_report if preferences is not None else None
    rate = training.env.steps_taken / (training.seconds - training.waited)
    judged = _judge(training) if training.texts is None else _judge_texts(training, rate)
    return {
        "env": settings.env,
        "seed": settings.seed,
        "reward": settings.reward,
        "teacher": settings.teacher if preferences is not None else None,
        "env_steps": training.env.steps_taken,
        "labels": _labels_used(training),
        **judged,
        "reward_heldout_accuracy": finite_or_none(report.heldout_accuracy) if report else None,
        "wall_seconds": max(wall_seconds, training.seconds),
        "waited_seconds": training.waited,
        "env_steps_per_second": rate,
    }


def _judge(training: Training) -> dict[str, Any]:
    settings = training.settings
    returns = evaluate(
        training.agent.policy,
        settings.env,
        settings.evaluation_episodes,
        settings.env_kwargs,
    )
    return _returns(returns)


def _judge_texts(training: Training, rate: float) -> dict[str, Any]:
    assert training.texts is not None
    found = training.texts.evaluate(FINAL_TEXTS)
    return {
        **_returns(found.texts.scores),
        "tokens": training.env.steps_taken,
        "tokens_per_second": rate,
        "kl": found.kl,
        "win_rate_vs_reference": found.win_rate,
        "win_rate_over_demonstrations": found.win_rate_over_demonstrations,
        "reference_return_mean": float(found.reference.scores.mean()),
        "reference_log_probability": found.reference_log_probability,
    }


def _returns(returns: Array) -> dict[str, Any]:
    return {
        "true_return_mean": float(returns.mean()),
        "true_return_std": float(returns.std()),
        "eval_episodes": len(returns),
    }


def _labels_used(training: Training) -> int:
    if training.store is None:
        return 0
    settings = training.settings
    return training.store.labels_used(None if settings.labels_given else settings.run)
