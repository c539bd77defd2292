"""The web application: the page, its pairs, and what is posted about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from prefrl.labelling.activity import read_activity
from prefrl.labelling.asked_questions import AskedQuestion
from prefrl.labelling.clip_shelf import ClipFormat, ClipShelf, has_encoder
from prefrl.labelling.ledger import AnsweredAlreadyError, Submission
from prefrl.labelling.posts import (
    read_holder,
    read_json,
    read_key,
    read_seconds,
    read_token,
    read_verdict,
)
from prefrl.labelling.progress import SharedStatus, status
from prefrl.labelling.questions import QuestionQueue, shown_left
from prefrl.labelling.security import Secrets
from prefrl.labelling.web import fresh, guarded, html

PAIRS = 4
"""Pairs that a page holds: the one that is shown and the next three."""

AHEAD = 24
"""Open questions whose clips are drawn ahead."""


@dataclass(frozen=True)
class Sitting:
    """What a page is served from.

    Attributes:
        folder: The run's folder.
        run: The run's name in the label store.
        task: The sentence that says what to prefer.
        budget: Labels that the run is to have.
        queue: Who is asked what.
        clips: The run's clips.
        text: Whether segments are texts to read.
    """

    folder: Path
    run: str
    task: str
    budget: int
    queue: QuestionQueue
    clips: ClipShelf
    text: bool = False

    def form(self, wanted: object = "mp4") -> ClipFormat:
        """Return the form of clips for a browser that wants one."""
        if self.text:
            return "text"
        return "json" if wanted == "json" or not has_encoder() else "mp4"

    def pairs(self, labeller: str, tab: str, form: ClipFormat) -> dict[str, Any]:
        """Return what a page is to show, and why it is to show nothing where that is so."""
        upcoming = self.draw_ahead(form)
        holder = read_holder(labeller, tab)
        given = self.queue.take(holder, PAIRS, lambda question: self._ready(question, form))
        pairs = [shown(question, form) for question in given]
        return {"pairs": pairs, "waiting": None if pairs else self._why(upcoming, form)}

    def draw_ahead(self, form: ClipFormat) -> list[AskedQuestion]:
        """Have the clips of the first open questions drawn, and return these questions."""
        upcoming = self.queue.upcoming(AHEAD)
        self.clips.want([name for question in upcoming for name in clip_names(question, form)])
        return upcoming

    def _ready(self, question: AskedQuestion, form: ClipFormat) -> bool:
        return all(self.clips.ready(name) for name in clip_names(question, form))

    def _why(self, upcoming: Sequence[AskedQuestion], form: ClipFormat) -> str:
        undrawn = [question for question in upcoming if not self._ready(question, form)]
        if undrawn:
            error = self.clips.error([n for q in undrawn for n in clip_names(q, form)])
            return f"Clips cannot be drawn: {error}" if error else "The next clips are being drawn."
        if upcoming:
            return "Others are watching the pairs that are left."
        activity = read_activity(self.folder)
        if activity is None:
            return "All questions are answered. Thank you!"
        return activity.in_words()


def clip_names(question: AskedQuestion, form: ClipFormat) -> list[str]:
    """Return the clips of a question as they are shown, from left to right."""
    first = shown_left(question.key)
    ids = question.segment_ids
    return [f"{ids[first]}.{form}", f"{ids[1 - first]}.{form}"]


def shown(question: AskedQuestion, form: ClipFormat) -> dict[str, Any]:
    """Return a question as the page is told it."""
    key = question.key
    return {"key": [key.round, key.index, key.repeat], "clips": clip_names(question, form)}


def create_app(sitting: Sitting, secrets: Secrets, *, open_to_others: bool = False) -> Starlette:
    """Return the web application.

    Args:
        sitting: What it serves.
        secrets: What a page must know.
        open_to_others: Whether other hosts reach it.
    """
    header = SharedStatus(lambda: status(sitting.folder, sitting.queue.questions(), sitting.budget))

    def page(request: Request) -> Response:
        shown = {"task": sitting.task, "run": sitting.run, "text": sitting.text}
        return html("label.html", posting=secrets.posting, **shown)

    def pairs(request: Request) -> Response:
        query = request.query_params
        form = sitting.form(query.get("format"))
        return fresh(sitting.pairs(query.get("labeller", ""), query.get("tab", ""), form))

    def show_status(request: Request) -> Response:
        return fresh(header.read())

    async def verdict(request: Request) -> Response:
        return await run_in_threadpool(_verdict, sitting, await read_json(request))

    async def undo(request: Request) -> Response:
        return await run_in_threadpool(_undo, sitting, await read_json(request))

    def clip(request: Request) -> Response:
        segment, form = request.path_params["segment"].hex, request.path_params["form"]
        known = form in get_args(ClipFormat)
        path = sitting.clips.path(f"{segment}.{form}") if known else None
        if path is None:
            raise HTTPException(404, "there is no such clip")
        return FileResponse(path, headers={"Cache-Control": "private, max-age=86400"})

    routes = [
        Route("/", page),
        Route("/pairs", pairs),
        Route("/status", show_status),
        Route("/verdict", verdict, methods=["POST"]),
        Route("/undo", undo, methods=["POST"]),
        Route("/clips/{segment:uuid}.{form:str}", clip),
    ]
    return guarded(routes, secrets, open_to_others=open_to_others)


def _verdict(sitting: Sitting, values: Mapping[str, Any]) -> Response:
    holder = read_holder(values.get("labeller"), values.get("tab"))
    key = read_key(sitting.run, values.get("key"))
    side = shown_left(key)
    submission = Submission(
        token=read_token(values.get("token")),
        key=key,
        verdict=read_verdict(values.get("verdict"), side),
        labeller=holder.labeller,
        seconds=read_seconds(values.get("seconds")),
        shown_left=side,
    )
    if sitting.queue.held_by_another(key, holder):
        raise HTTPException(409, "somebody else was given this pair")
    try:
        is_new = sitting.queue.record(submission)
    except AnsweredAlreadyError:
        raise HTTPException(409, "this pair has a verdict, or is none of this run") from None
    return fresh({"confirmed": submission.token, "fresh": is_new})


def _undo(sitting: Sitting, values: Mapping[str, Any]) -> Response:
    holder = read_holder(values.get("labeller"), values.get("tab"))
    try:
        question = sitting.queue.undo(read_token(values.get("token")), holder)
    except AnsweredAlreadyError:
        raise HTTPException(409, "this was taken back elsewhere") from None
    form = sitting.form(values.get("format"))
    return fresh({"pair": None if question is None else shown(question, form)})
