"""What the server offers beside the API: the page at `/`, the ledger as JSON, and a way to script the simulator."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
from functools import cache
from importlib.resources import files
from typing import Any

from ..errors import ApiError, Rejected, bad_request, method_not_allowed
from ..messages import Request, Response
from ..simulator import Simulator
from ..wire.body import JSON, encode, read
from . import ledger_json
from .script_json import read_steps

METHODS = {"/": "GET", "/ledger.json": "GET", "/favicon.ico": "GET", "/script": "POST"}
QUIET_PATHS = ("/", "/ledger.json", "/favicon.ico")
GUARDED = {"cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}


class Console:
    """Answers for its own paths, and passes on what is for the API.

    Only this machine's browser is meant to use it. A page from elsewhere cannot: it may not read what is here, it
    cannot send JSON here without being allowed to, and a name of its own that it points at this machine is turned away.

    Args:
        host: the address that the server listens at, besides addresses in numbers a name under which it may be asked.
    """

    def __init__(self, sim: Simulator, host: str) -> None:
        self._sim = sim
        self._names = {"localhost", host or "localhost"}

    def handle(self, request: Request) -> Response:
        if request.path not in METHODS:
            return self._sim.handle(request)
        try:
            return self._answer(request)
        except Rejected as rejection:
            error = rejection.error
            return _response(error.status, encode(error.body()), JSON)

    def _answer(self, request: Request) -> Response:
        self._check_host(request.headers.get("host", ""))
        if request.method != METHODS[request.path]:
            raise method_not_allowed(request.method, request.path)
        match request.path:
            case "/":
                page, policy = _page()
                return _response(200, page, "text/html; charset=utf-8", {"content-security-policy": policy})
            case "/ledger.json":
                return _response(200, encode(ledger_json.view(self._sim, request.query)), JSON)
            case "/script":
                return _response(200, encode(self._script(request)), JSON)
        raise Rejected(ApiError(404, "There is no icon."))

    def _check_host(self, header: str) -> None:
        # A page on evil.example whose name suddenly points here would be asked for under that name; numbers are safe.
        host = re.sub(r":\d*$", "", header).strip("[]").lower()
        if host not in self._names and not _is_address(host):
            message = f"This page answers to localhost and to addresses in numbers, and was asked for as '{host}'."
            raise Rejected(ApiError(403, message))

    def _script(self, request: Request) -> dict[str, Any]:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != JSON:
            raise Rejected(ApiError(415, f"A script is sent with the header 'content-type: {JSON}'."))
        body = read(request.body)
        if body is None:
            raise bad_request("We could not parse the JSON body of your request: it is not a JSON object.")
        steps = read_steps(body)
        self._sim.script(*steps)
        return {"added": len(steps)}


def _response(status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> Response:
    return Response(status, {"content-type": kind, **GUARDED, **(headers or {})}, iter([body]))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@cache
def _page() -> tuple[bytes, str]:
    """The page, and a policy by which a browser runs nothing on it but what is in this very file."""
    page = files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    style, script = (_digest(page, tag) for tag in ("style", "script"))
    policy = (
        f"default-src 'none'; script-src '{script}'; style-src '{style}'; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return page.encode(), policy


def _digest(page: str, tag: str) -> str:
    [content] = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
