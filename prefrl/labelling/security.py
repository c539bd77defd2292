"""Who may talk to the labelling page, and what browsers are told to forbid."""

import hashlib
import hmac
import ipaddress
import logging
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("prefrl.labelling")

COOKIE = "prefrl_token"

MOST_BODY_BYTES = 8192

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True)
class Secrets:
    """What a page must know.

    Attributes:
        access: Gives access from other hosts.
        posting: Goes with each post, so that no other site's page can post here.
    """

    access: str
    posting: str


def read_secrets(folder: Path) -> Secrets:
    """Return the secrets of a run, which are made at first and kept: open pages outlive restarts.

    Raises:
        OSError: If they cannot be kept.
    """
    path = folder / "labelling.secret"
    if not path.exists():
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        partial.replace(path)
    secret = path.read_text().encode()
    return Secrets(_derive(secret, b"access"), _derive(secret, b"posting"))


def is_local(host: str) -> bool:
    """Return whether a host is this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """Turns away requests that may not be made, and writes a line about each that was refused.

    Args:
        app: What is guarded.
        secrets: See `Secrets`.
        open_to_others: Whether other hosts reach the page, so that it needs the access token.
    """

    def __init__(self, app: ASGIApp, *, secrets: Secrets, open_to_others: bool) -> None:
        """Guard an application."""
        self._app, self._secrets, self._open = app, secrets, open_to_others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if (status := message["status"]) >= 400:
                    log.warning("%s %r: %d", scope["method"], scope["path"][:200], status)
            await send(message)

        response = self._enter(scope) or self._refuse(scope)
        await (response or self._app)(scope, receive, send_guarded)

    def _enter(self, scope: Scope) -> Response | None:
        """Take the token from the address into a cookie."""
        given = QueryParams(scope["query_string"]).get("token")
        if not self._open or scope["path"] != "/" or given is None:
            return None
        if not _equal(given, self._secrets.access):
            return _refusal(403, "this link's token is not right; use the one that prefrl printed")
        response = RedirectResponse("/", 303)
        response.set_cookie(
            COOKIE, self._secrets.access, httponly=True, samesite="lax", max_age=30 * 86_400
        )
        return response

    def _refuse(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if self._open:
            cookies = cookie_parser(headers.get("cookie", ""))
            if not _equal(cookies.get(COOKIE, ""), self._secrets.access):
                return _refusal(403, "open the link that prefrl printed, which has a token")
        elif not is_local(_hostname(headers.get("host", ""))):
            # Another site's name that leads here could read what is shown here.
            return _refusal(403, "this page is for this machine only")
        if scope["method"] != "POST":
            return None
        if not _equal(headers.get("x-csrf-token", ""), self._secrets.posting):
            return _refusal(403, "load the page again")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:12]) > MOST_BODY_BYTES:
            return _refusal(413, f"a post has at most {MOST_BODY_BYTES} bytes")
        return None


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status)


def _equal(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), right.encode())


def _hostname(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).strip("[]")


def _derive(secret: bytes, purpose: bytes) -> str:
    return hmac.new(secret, purpose, hashlib.sha256).hexdigest()[:32]
