"""Labels that were given elsewhere, to train on."""

from collections.abc import Sequence
from typing import Any

import gymnasium

from prefrl.candidates import row_space
from prefrl.errors import UserError
from prefrl.segments import Segment
from prefrl.teachers import Answer
from prefrl.trees import space_parts


def labels_in(answers: Sequence[Answer]) -> int:
    """Return how many labels answers are: ties count; skips and re-asks do not."""
    return sum(a.verdict != "skip" and a.query.key.repeat == 0 for a in answers)


def longest(answers: Sequence[Answer]) -> int:
    """Return the most steps that a segment has; 0 without answers."""
    return max((len(segment) for a in answers for segment in a.query.segments), default=0)


def check_labels(answers: Sequence[Answer], env: gymnasium.Env[Any, Any]) -> None:
    """See that labels are about an environment, by the shapes of their segments.

    Raises:
        UserError: If they are about another one.
    """
    if answers and not labels_in(answers):
        raise UserError("the given labels are all skips, which say nothing to train on")
    # Of candidates, segments keep the rows that were chosen.
    kept = row_space(env.observation_space, env.action_space) or env.observation_space
    expected = _shapes(kept), env.action_space.shape or ()
    for answer in answers:
        for segment in answer.query.segments:
            found = _observation_shapes(segment), segment.actions.shape[1:]
            if found != expected:
                raise UserError(
                    f"the given labels are about another environment: observations and actions "
                    f"have shapes {found}, here {expected}"
                )


def _shapes(space: gymnasium.Space[Any]) -> dict[str, tuple[int, ...]]:
    return {key: part.shape or () for key, part in space_parts(space).items()}


def _observation_shapes(segment: Segment) -> dict[str, tuple[int, ...]]:
    held = segment.observations
    leaves = held if isinstance(held, dict) else {"": held}
    return {key: leaf.shape[1:] for key, leaf in leaves.items()}
