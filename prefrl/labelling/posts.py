"""Reading what browsers post; whatever is malformed is refused."""

import json
import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request

from prefrl.labelling.questions import Holder
from prefrl.labelling.security import MOST_BODY_BYTES
from prefrl.queries import QueryKey, Verdict

T = TypeVar("T")

MOST_SECONDS = 86_400.0


async def read_json(request: Request) -> dict[str, Any]:
    """Return the JSON object in a request's body.

    Raises:
        HTTPException: Of status 400 or 413.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY_BYTES:
            raise HTTPException(413, f"a post has at most {MOST_BODY_BYTES} bytes")
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "the post is no JSON") from None
    if not isinstance(values, dict):
        raise HTTPException(400, "the post is no JSON object")
    return values


def read_holder(labeller: Any, tab: Any) -> Holder:
    """Return which page sent a request.

    Raises:
        HTTPException: Of status 400.
    """
    return Holder(_checked("labeller", labeller, _is_name), read_token(tab, "tab"))


def read_token(value: Any, name: str = "token") -> str:
    """Return a token that a browser chose.

    Raises:
        HTTPException: Of status 400.
    """
    return str(_checked(name, value, lambda text: _is_text(text, r"[A-Za-z0-9-]{8,64}")))


def read_key(run: str, value: Any) -> QueryKey:
    """Return the key of a question, given as its round, index and repeat.

    Raises:
        HTTPException: Of status 400.
    """
    return QueryKey(run, *_checked("key", value, _is_key))


def read_seconds(value: Any) -> float:
    """Return how long an answer took, in seconds, at most a day.

    Raises:
        HTTPException: Of status 400.
    """
    return min(float(_checked("seconds", value, _is_duration)), MOST_SECONDS)


def read_number(name: str, value: Any, *, least: float, most: float) -> float:
    """Return a number within bounds.

    Raises:
        HTTPException: Of status 400.
    """
    holds = type(value) in (int, float) and least <= value <= most
    return float(_checked(name, value, lambda _: holds))


def read_flag(name: str, value: Any) -> bool:
    """Return whether something is to be so.

    Raises:
        HTTPException: Of status 400.
    """
    return bool(_checked(name, value, lambda flag: type(flag) is bool))


def read_verdict(value: Any, shown_left: int) -> Verdict:
    """Return what "left", "right", "tie" or "skip" says of the segments.

    Args:
        value: What was posted.
        shown_left: Index of the segment that was shown on the left.

    Raises:
        HTTPException: Of status 400.
    """
    match value:
        case "left":
            return shown_left
        case "right":
            return 1 - shown_left
        case "tie":
            return "tie"
        case "skip":
            return "skip"
        case _:
            raise HTTPException(400, "verdict is left, right, tie or skip")


def _checked(name: str, value: T, holds: Callable[[Any], bool]) -> T:
    if not holds(value):
        raise HTTPException(400, f"{name} is malformed")
    return value


def _is_text(value: Any, pattern: str) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 40 and value.isprintable()


def _is_key(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and all(type(part) is int and 0 <= part < 2**31 for part in value)
    )


def _is_duration(value: Any) -> bool:
    if type(value) is int:
        return 0 <= value < 2**31
    return type(value) is float and math.isfinite(value) and value >= 0
