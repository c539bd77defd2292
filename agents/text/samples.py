"""What a run's agent writes, beside what the reference model writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from prefrl.agents.policies.causal_lm import CausalLMPolicy
from prefrl.agents.policy_snapshots import kept_snapshots, load_snapshot
from prefrl.agents.ppo import load_agent
from prefrl.agents.run_folder import read_settings
from prefrl.environments import make
from prefrl.text_spaces import PROMPT_LENGTH, TOKENS

from .evaluation import ReferenceComparison, TextEvaluation, continuation
from .task import text_task

SHOWN = 8
"""Prompts for which samples are printed."""

SHOWN_OVER_TRAINING = 3
"""Prompts for which samples of every policy snapshot are printed."""


@dataclass(frozen=True)
class SamplePair:
    """Two continuations of one prompt, with the task's gold scores.

    Attributes:
        prompt: What both begin with.
        text: The agent's.
        score: Of it.
        reference_text: The reference model's.
        reference_score: Of it.
    """

    prompt: str
    text: str
    score: float
    reference_text: str
    reference_score: float


def compare_agent(folder: Path, count: int, steps: int | None = None) -> ReferenceComparison:
    """Return what a run's agent and its reference model write for the same prompts.

    Args:
        folder: The run's folder.
        count: How many texts.
        steps: As of which policy snapshot; by default as of the newest checkpoint.

    Raises:
        UserError: If the folder holds no agent that writes texts.
    """
    settings = read_settings(folder)
    policy = load_agent(folder, steps).policy
    assert isinstance(policy, CausalLMPolicy)
    return TextEvaluation(settings.env, settings.env_kwargs, count)(policy)


def sample_pairs(folder: Path, found: ReferenceComparison) -> list[SamplePair]:
    """Return texts to read, in the order of the prompts.

    Args:
        folder: The run's folder.
        found: What its agent and the reference wrote.
    """
    settings = read_settings(folder)
    decode = text_task(make(settings.env, settings.env_kwargs)).tokenizer.decode
    pairs = []
    for row, score in enumerate(found.texts.scores.tolist()):
        own, other = found.texts.observations, found.reference.observations
        length = int(own[PROMPT_LENGTH][row, 0])
        pairs.append(
            SamplePair(
                prompt=decode(own[TOKENS][row, :length].tolist()),
                text=decode(continuation(own, row)),
                score=score,
                reference_text=decode(continuation(other, row)),
                reference_score=float(found.reference.scores[row]),
            )
        )
    return pairs


def print_samples(folder: Path, console: Console, count: int = SHOWN) -> None:
    """Print continuations of a run's agent beside those of the reference model.

    Args:
        folder: The run's folder.
        console: Where to print.
        count: Of how many prompts.

    Raises:
        UserError: If the folder holds no agent that writes texts.
    """
    found = compare_agent(folder, count)
    console.print(_table(sample_pairs(folder, found)))
    console.print(
        f"better than the reference in {found.win_rate:.0%} of {count} prompts (ties count half), "
        f"KL {found.kl:.1f} nats per text"
    )


def print_samples_over_training(
    folder: Path, console: Console, count: int = SHOWN_OVER_TRAINING
) -> None:
    """Print continuations of the reference model and of each policy snapshot, prompt by prompt.

    Args:
        folder: The run's folder.
        console: Where to print.
        count: Of how many prompts.

    Raises:
        UserError: If the run kept no snapshots.
    """
    settings, kept = read_settings(folder), kept_snapshots(folder)
    policy = load_agent(folder, kept[0]).policy
    assert isinstance(policy, CausalLMPolicy)
    evaluation = TextEvaluation(settings.env, settings.env_kwargs, count)
    samples = []
    for steps in kept:
        load_snapshot(folder, steps, policy)
        samples.append(sample_pairs(folder, evaluation(policy)))
    for pairs in zip(*samples, strict=True):
        first = pairs[0]
        table = Table("tokens", "text", "score", title=escape(first.prompt), title_justify="left")
        table.add_row("reference", escape(first.reference_text), f"{first.reference_score:.2f}")
        for steps, pair in zip(kept, pairs, strict=True):
            table.add_row(f"{steps:,}", escape(pair.text), f"{pair.score:.2f}")
        console.print(table)


def _table(pairs: Sequence[SamplePair]) -> Table:
    table = Table("prompt", "agent", "score", "reference", "score", show_lines=True)
    for pair in pairs:
        texts = map(escape, (pair.prompt, pair.text, pair.reference_text))
        prompt, text, reference = texts
        table.add_row(prompt, text, f"{pair.score:.2f}", reference, f"{pair.reference_score:.2f}")
    return table
