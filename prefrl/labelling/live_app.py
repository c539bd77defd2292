"""The web application of a live session: the game as it goes on, and what is said of it."""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prefrl.labelling.live_session import LiveSession
from prefrl.labelling.posts import (
    read_flag,
    read_holder,
    read_json,
    read_number,
    read_seconds,
    read_token,
)
from prefrl.labelling.security import Secrets
from prefrl.labelling.web import fresh, guarded, html
from prefrl.rendering import to_png

WAIT_SECONDS = 1.0
"""How long a request for the next picture waits for one, at most, in seconds."""

POLL_SECONDS = 0.01
"""How often it is looked whether there is a next picture meanwhile, in seconds."""

Act = Callable[[LiveSession, Mapping[str, Any]], dict[str, Any]]


def create_live_app(
    session: LiveSession, secrets: Secrets, *, run: str, open_to_others: bool = False
) -> Starlette:
    """Return the web application.

    Args:
        session: What is shown and judged.
        secrets: What a page must know.
        run: The run's name.
        open_to_others: Whether other hosts reach it.
    """

    def page(request: Request) -> Response:
        return html("live.html", posting=secrets.posting, task=session.task, run=run)

    def state(request: Request) -> Response:
        return fresh(dataclasses.asdict(session.state()))

    async def frame(request: Request) -> Response:
        step, picture = session.frame()
        deadline = time.monotonic() + WAIT_SECONDS
        while str(step) == request.query_params.get("after") and time.monotonic() < deadline:
            await asyncio.sleep(POLL_SECONDS)
            step, picture = session.frame()
        if str(step) == request.query_params.get("after"):
            return Response(status_code=204, headers={"Cache-Control": "no-store"})
        png = await run_in_threadpool(to_png, picture)
        headers = {"Cache-Control": "no-store", "X-Step": str(step)}
        return Response(png, media_type="image/png", headers=headers)

    def posted(act: Act) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            values = await read_json(request)
            return fresh(await run_in_threadpool(act, session, values))

        return answer

    acts = {
        "feedback": _feedback, "undo": _undo, "speed": _speed, "pause": _pause, "train": _train
    }  # fmt: skip
    routes = [Route("/", page), Route("/state", state), Route("/frame", frame)]
    routes += [Route(f"/{name}", posted(act), methods=["POST"]) for name, act in acts.items()]
    return guarded(routes, secrets, open_to_others=open_to_others)


def _feedback(session: LiveSession, values: Mapping[str, Any]) -> dict[str, Any]:
    holder, token = read_holder(values.get("labeller"), values.get("tab")), _token(values)
    value = read_number("value", values.get("value"), least=-1, most=1)
    if value == 0:
        raise HTTPException(400, "value is above or below 0")
    # The browser says how long ago it was pressed, since its clock is its own.
    given_at = time.time() - read_seconds(values.get("ago"))
    written = session.feedback(value, labeller=holder.labeller, given_at=given_at, token=token)
    return {"confirmed": token, "fresh": written, "finished": session.state().finished}


def _undo(session: LiveSession, values: Mapping[str, Any]) -> dict[str, Any]:
    holder, token = read_holder(values.get("labeller"), values.get("tab")), _token(values)
    return {"confirmed": token, "fresh": session.undo(labeller=holder.labeller, token=token)}


def _speed(session: LiveSession, values: Mapping[str, Any]) -> dict[str, Any]:
    name = "steps_per_second"
    session.set_speed(read_number(name, values.get(name), least=1e-3, most=1e3))
    return dataclasses.asdict(session.state())


def _pause(session: LiveSession, values: Mapping[str, Any]) -> dict[str, Any]:
    session.pause(read_flag("paused", values.get("paused")))
    return dataclasses.asdict(session.state())


def _train(session: LiveSession, values: Mapping[str, Any]) -> dict[str, Any]:
    session.train(read_flag("training", values.get("training")))
    return dataclasses.asdict(session.state())


def _token(values: Mapping[str, Any]) -> str:
    return read_token(values.get("token"))
