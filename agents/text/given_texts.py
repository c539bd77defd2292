"""Given labels of texts: whether they are about a task's texts."""

from collections.abc import Sequence

import numpy as np

from prefrl.envs.text.task import Task
from prefrl.errors import UserError
from prefrl.language.finished_texts import finished_texts
from prefrl.segments import Segment
from prefrl.teachers import Answer
from prefrl.text_spaces import TOKENS


def check_texts(answers: Sequence[Answer], task: Task) -> None:
    """See that segments are finished texts of a task's tokens.

    Raises:
        UserError: If they were made with another tokenizer, or for another horizon.
    """
    for answer in answers:
        for segment in answer.query.segments:
            _check(segment, task)


def _check(segment: Segment, task: Task) -> None:
    observations = segment.observations
    assert isinstance(observations, dict)
    greatest = int(max(observations[TOKENS].max(), segment.actions.max()))
    if greatest >= task.tokenizer.size:
        raise UserError(
            f"the given labels have a token {greatest}, and the tokenizer {task.tokenizer.size}; "
            "give the tokenizer that they were made with"
        )
    rows = finished_texts(
        observations, segment.actions, end_token=task.tokenizer.end, horizon=task.horizon
    )
    if not np.any(rows[..., 0]) and task.responder is None:
        raise UserError(
            f"the given labels have texts that do not end within the horizon of {task.horizon}; "
            "set --env-kwargs horizon= to that with which they were made"
        )
