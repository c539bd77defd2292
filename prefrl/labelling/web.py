"""What the web applications share: guarded routes, the page's files, answers as JSON."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from prefrl.errors import UserError
from prefrl.labelling.security import Guard, Secrets

PAGE = Path(__file__).parent / "page"


def guarded(routes: Sequence[BaseRoute], secrets: Secrets, *, open_to_others: bool) -> Starlette:
    """Return a web application.

    Args:
        routes: What it answers, beside the files of the page.
        secrets: What a page must know.
        open_to_others: Whether other hosts reach it.
    """
    return Starlette(
        routes=[*routes, Mount("/static", StaticFiles(directory=PAGE))],
        middleware=[Middleware(Guard, secrets=secrets, open_to_others=open_to_others)],
        exception_handlers={HTTPException: _refused, UserError: _out_of_order},
    )


def html(name: str, **values: Any) -> Response:
    """Return one of the page's templates, filled in."""
    templates = Environment(loader=FileSystemLoader(PAGE), autoescape=True, trim_blocks=True)
    page = templates.get_template(name).render(values)
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


def fresh(values: dict[str, Any]) -> Response:
    """Return values as JSON that is not kept."""
    return JSONResponse(values, headers={"Cache-Control": "no-store"})


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code)


async def _out_of_order(_: Request, error: Exception) -> Response:
    # The store cannot be written just now; browsers send again what was not confirmed.
    return JSONResponse({"error": str(error)}, 503)
