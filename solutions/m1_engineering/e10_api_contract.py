"""API contract: pages, errors and revisions that another team can rely on.

Lesson: modules/m1_engineering/e10_api_contract.md
Grade:  make grade EX=e10
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sqlite3
import uuid
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError, OpenAI
from pydantic import BaseModel, Field
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MODEL = "sim-small"
PROBLEMS = "https://coldtrail.example/problems/"
PROBLEM_JSON = "application/problem+json"
STATUSES = ("new", "open", "waiting", "solved", "closed")

# The table that the tickets are in. It has more columns than these; they are nobody's business here.
SCHEMA = """\
CREATE TABLE tickets (
  id TEXT PRIMARY KEY,
  subject TEXT NOT NULL,
  status TEXT NOT NULL,
  priority TEXT NOT NULL,
  created_at TEXT NOT NULL -- UTC, YYYY-MM-DDTHH:MM:SSZ; many tickets may share one
)
"""


@dataclass(frozen=True)
class Ticket:
    """One row of the table `tickets`, as it is stored.

    Attributes:
        id: such as "T-1042"; unique.
        subject: the customer's words.
        status: one of STATUSES.
        priority: "P1", "P2", "P3" or "P4".
        created_at: UTC, YYYY-MM-DDTHH:MM:SSZ. Not unique.
    """

    id: str
    subject: str
    status: str
    priority: str
    created_at: str


@dataclass(frozen=True)
class Page:
    """Some tickets of a listing, and where it goes on.

    Attributes:
        items: the tickets, newest first.
        next_cursor: what to ask for the next page with; None if no ticket comes after this page.
    """

    items: list[Ticket]
    next_cursor: str | None


class InvalidCursorError(Exception):
    """A text that is not a cursor of this listing."""


class ProblemError(Exception):
    """An error with a kind of its own, for the caller to read.

    Attributes:
        status: the HTTP status.
        kind: what programs tell it by: the problem's `type` is PROBLEMS + kind.
        title: the same in a few words, for people.
        detail: what is wrong this time, for the caller. Nothing that is only our business.
        headers: sent with the answer.
    """

    def __init__(
        self, status: int, kind: str, title: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route passes as `responses=`, so that its OpenAPI document names the errors it answers. Given.

    Example:
        >>> @app.get("/v1/plans", responses=problem_responses(404))
        ... def plans() -> list[str]: ...
    """
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {PROBLEM_JSON: {"schema": {"type": "object"}}},
        }
        for status in statuses
    }


_PROBLEM = {"content": {PROBLEM_JSON: {"schema": {"type": "object"}}}}

# Revision 1.0 as it was published: the part of the OpenAPI document that other teams made their clients from.
PUBLISHED_1_0: dict[str, Any] = {
    "info": {"title": "Coldtrail support", "version": "1.0"},
    "paths": {
        "/v1/tickets": {
            "get": {
                "parameters": [
                    {
                        "name": "limit",
                        "in": "query",
                        "required": False,
                        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
                    },
                    {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}},
                ],
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["items", "next_cursor"],
                                    "properties": {
                                        "items": {
                                            "type": "array",
                                            "items": {
                                                "type": "object",
                                                "required": ["id", "subject", "status", "created_at"],
                                                "properties": {
                                                    "id": {"type": "string"},
                                                    "subject": {"type": "string"},
                                                    "status": {"type": "string"},
                                                    "created_at": {"type": "string"},
                                                },
                                            },
                                        },
                                        "next_cursor": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                                    },
                                }
                            }
                        }
                    },
                    "400": _PROBLEM,
                    "422": _PROBLEM,
                },
            }
        },
        "/v1/answers": {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["question"],
                                "properties": {"question": {"type": "string", "minLength": 1, "maxLength": 20000}},
                            }
                        }
                    },
                },
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["answer"],
                                    "properties": {"answer": {"type": "string"}},
                                }
                            }
                        }
                    },
                    "413": _PROBLEM,
                    "422": _PROBLEM,
                    "502": _PROBLEM,
                    "503": _PROBLEM,
                    "504": _PROBLEM,
                },
            }
        },
    },
}


def page_of_tickets(database: Path, *, limit: int, cursor: str | None = None, status: str | None = None) -> Page:
    """The next tickets of a listing, newest first, however the table changes between two pages.

    The listing is in descending order of `created_at`; tickets with the same `created_at` are in descending order of
    `id`. Both are compared as text. A page holds the first `limit` tickets, as the table is now, that come after the
    place that `cursor` stands for. That place is where the page ended that handed the cursor out: right after its last
    ticket as it was then, even if that ticket has been changed or deleted since. So whoever reads on from page to page
    gets every ticket that stays where it is once, whatever comes in and goes meanwhile.

    A cursor stands for a place and nothing else: it may be used with another `limit` or `status`, at any later time,
    and by another process that has the same code. It consists of ASCII letters, digits and the characters - . _ ~ =
    alone, which need no escaping in a URL, and neither the ticket's `id` nor its `created_at` can be read in it as they
    are: whoever sees what a cursor is made of builds their own. It is no secret and needs no key, but it must show any
    accident: a cursor with one character changed, left out or added is no cursor.

    Args:
        database: a SQLite file with the table of SCHEMA.
        limit: how many tickets at most; at least 1. Whoever calls has seen to that.
        cursor: the `next_cursor` of an earlier page; None for the first page.
        status: only tickets whose status is exactly this text; None for all.

    Returns:
        The tickets, and a cursor for what follows. `next_cursor` is None exactly if no ticket follows now.

    Raises:
        InvalidCursorError: `cursor` is a text that no page handed out: damaged, made up, or empty.

    Example:
        >>> first = page_of_tickets(database, limit=2)
        >>> [ticket.id for ticket in first.items]
        ['T-1042', 'T-1041']
        >>> [ticket.id for ticket in page_of_tickets(database, limit=2, cursor=first.next_cursor).items]
        ['T-1040', 'T-1039']
    """
    conditions, values = ["TRUE"], list[str]()
    if cursor is not None:
        # A place in the order, not a number of rows: rows that come or go before it move nothing.
        conditions.append("(created_at, id) < (?, ?)")
        values.extend(_place_of(cursor))
    if status is not None:
        conditions.append("status = ?")
        values.append(status)
    query = f"""
        SELECT id, subject, status, priority, created_at FROM tickets
        WHERE {" AND ".join(conditions)} ORDER BY created_at DESC, id DESC LIMIT ?
    """
    with closing(sqlite3.connect(database)) as connection:
        # One more than asked for: whether it is there says whether the listing goes on.
        rows = connection.execute(query, (*values, limit + 1)).fetchall()
    items = [Ticket(*row) for row in rows[:limit]]
    return Page(items, _cursor_after(items[-1]) if len(rows) > limit else None)


def _cursor_after(ticket: Ticket) -> str:
    return _sealed(json.dumps([ticket.created_at, ticket.id]).encode())


def _place_of(cursor: str) -> tuple[str, str]:
    """The `created_at` and `id` that a cursor was made of."""
    try:
        place = base64.urlsafe_b64decode(cursor)[_CHECKSUM:]
    except ValueError as error:
        raise InvalidCursorError(cursor) from error
    # Compared as a whole, because base64 has several spellings of the same bytes; and before anything is made of them.
    if _sealed(place) != cursor:
        raise InvalidCursorError(cursor)
    created_at, ticket_id = json.loads(place)
    return created_at, ticket_id


_CHECKSUM = 8  # bytes


def _sealed(place: bytes) -> str:
    # The checksum is against accidents. Nobody gains anything by making up a place, so there is no key in it.
    return base64.urlsafe_b64encode(hashlib.sha256(place).digest()[:_CHECKSUM] + place).decode()


def install_problems(app: FastAPI) -> None:
    """Give every request of an app an id, and every error that it answers the form of RFC 9457.

    The id of a request is the value of its header X-Request-ID if that is well-formed: 1 to 64 characters, each of them
    an ASCII letter, an ASCII digit, ".", "_" or "-". If it is not, or there is none, the id is a new one that is
    well-formed, and another one for each request. Each answer carries the id of its request in a header X-Request-ID,
    whether it is an error or not.

    An error is answered with the content type `application/problem+json` (PROBLEM_JSON) and a JSON object. Its members
    are `type`, `title`, `status`, `detail` and `request_id`, for an invalid request also `errors`, and no others.
    `status` is the HTTP status as a number and `request_id` the id of the request. The rest depends on what was raised:

        ProblemError: its status, title, detail and headers; `type` is PROBLEMS + kind.
        HTTPException, FastAPI's own or that of Starlette, which the router raises for an unknown path or method:
            its status, detail (a text) and headers; `type` is "about:blank", `title` the status's standard phrase.
        RequestValidationError: status 422, `type` PROBLEMS + "invalid-request", title and detail in your own words, and
            `errors`: a list with an object for each of the exception's `errors()`, in their order, with the members
            `at` (their `loc`, joined with "/", such as "query/limit") and `detail` (their `msg`), and no others. The
            value that was refused is not repeated anywhere.
        Any other exception: status 500, `type` "about:blank", title "Internal Server Error", detail in your own words.
            Nothing of the exception is told: no text, type or trace. Once the answer is sent, the exception goes on to
            the server, which logs it: Starlette sees to that for a handler of Exception; leave it so.

    Args:
        app: not in debug mode; has not answered a request yet. It may have routes, and may get more later. What routes
            return when nothing is raised stays as it is, and so does what the app does when a server starts and stops
            it.

    Example:
        >>> app = FastAPI()
        >>> install_problems(app)
        ... # GET /nowhere with `X-Request-ID: export-7` is answered with 404, `X-Request-ID: export-7` and
        ... # {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "Not Found",
        ... #  "request_id": "export-7"}
    """
    app.add_middleware(_RequestIds)

    @app.exception_handler(ProblemError)
    async def own(request: Request, error: ProblemError) -> JSONResponse:
        kind = PROBLEMS + error.kind
        return _problem(request, error.status, error.detail, kind=kind, title=error.title, headers=error.headers)

    # Starlette's class: FastAPI's is a subclass, and the router raises the base for 404 and 405.
    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        return _problem(request, error.status_code, error.detail, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [{"at": "/".join(map(str, each["loc"])), "detail": each["msg"]} for each in error.errors()]
        detail = "The request is not what this operation takes; `errors` says where."
        kind = f"{PROBLEMS}invalid-request"
        return _problem(request, 422, detail, kind=kind, title="Invalid request", errors=errors)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        return _problem(request, 500, "The fault is ours, and has been logged under this request id.")


def _problem(
    request: Request,
    status: int,
    detail: str,
    *,
    kind: str = "about:blank",
    title: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    request_id = request.state.request_id
    content = {
        "type": kind,
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": request_id,
        **more,
    }
    # The answer to an unexpected exception is sent from outside of all middleware: nobody else adds the header there.
    return JSONResponse(content, status, {**(headers or {}), "X-Request-ID": request_id}, PROBLEM_JSON)


class _RequestIds:
    """Gives every request an id, in `request.state`, and sends it along with the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", given) else uuid.uuid4().hex
        Request(scope).state.request_id = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        await self._app(scope, receive, send_with_id)


def create_app(database: Path, client: OpenAI) -> FastAPI:
    """Revision 1.0 of the API, as PUBLISHED_1_0 describes it. Errors and request ids are those of `install_problems`.

    GET /v1/tickets answers a page of `page_of_tickets` as an object with `items` and `next_cursor`. Of a ticket it
    shows `id`, `subject`, `status` and `created_at`, as they are stored, and nothing else. `limit` is a whole number
    from 1 to 100, 20 if it is not given; anything else is an invalid request, and is never replaced by another number.
    A `cursor` that is none, the empty text too, is a problem with status 400 and the kind "invalid-cursor".

    POST /v1/answers takes an object with `question`, a text of 1 to 20,000 characters; anything else is an invalid
    request, and costs no call to the model. The question is asked once, with `client.chat.completions.create`, the
    model MODEL and one message, role "user", content the question as it came. (Whether the client repeats a failed
    request is for the client's options.) The answer is an object with `answer`, the text of the model's message; "" if
    it has none.

    When the client raises an `openai.APIError`, the first rule that applies decides:
        1. It is an APITimeoutError: a problem with status 504 and the kind "model-timeout".
        2. Its code is "context_length_exceeded": 413, "question-too-long".
        3. Its code is "insufficient_quota": 502, "model-failed".
        4. Its status is 429, or 500 and above, or it is an APIConnectionError: 503, "model-unavailable". If the
           provider's answer has a header `retry-after` of ASCII digits alone, the problem has the same `Retry-After`;
           otherwise it has none.
        5. Anything else: 502, "model-failed".
    Title and detail of these problems are your own words. They name neither the provider nor the model, and hold
    nothing of the provider's text: it was written for us, not for our caller.

    Args:
        database: a SQLite file with the table of SCHEMA. It may be opened for each request.
        client: asks the model. It may be used in several threads.

    Returns:
        An app whose `openapi()` promises at least what PUBLISHED_1_0 does: the paths, parameters with their bounds and
        defaults, the members of bodies, the statuses with their content types (see `problem_responses`), and the title
        and version under `info`. Names of schemas, summaries and descriptions are yours.

    Example:
        >>> app = create_app(Path("ops.db"), client)
        ... # GET /v1/tickets?limit=1 is answered with 200 and
        ... # {"items": [{"id": "T-1042", "subject": "No reading since Monday", "status": "open",
        ... #   "created_at": "2026-10-01T07:58:00Z"}], "next_cursor": "..."}
        ... # GET /v1/tickets?limit=500 is answered with 422
    """
    app = _app("1.0", client)

    @app.get("/v1/tickets", responses=problem_responses(400, 422))
    def list_tickets(limit: _Limit = 20, cursor: str | None = None) -> _TicketList:
        return _TicketList.model_validate(_page(database, limit, cursor), from_attributes=True)

    return app


# What the API shows is written down apart from what the table holds: a new column there is no new promise here.
class _Ticket(BaseModel):
    id: str
    subject: str
    status: str
    created_at: str


class _TicketList(BaseModel):
    items: list[_Ticket]
    next_cursor: str | None


class _Question(BaseModel):
    question: str = Field(min_length=1, max_length=20_000)


class _Answer(BaseModel):
    answer: str


_Limit = Annotated[int, Query(ge=1, le=100)]


def _page(database: Path, limit: int, cursor: str | None, status: str | None = None) -> Page:
    try:
        return page_of_tickets(database, limit=limit, cursor=cursor, status=status)
    except InvalidCursorError as error:
        detail = "`cursor` must be the `next_cursor` of an earlier page, unchanged."
        raise ProblemError(400, "invalid-cursor", "Invalid cursor", detail) from error


def _app(version: str, client: OpenAI) -> FastAPI:
    """What all revisions have in common."""
    app = FastAPI(title="Coldtrail support", version=version)
    install_problems(app)

    @app.post("/v1/answers", responses=problem_responses(413, 422, 502, 503, 504))
    def answer(body: _Question) -> _Answer:
        try:
            completion = client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": body.question}]
            )
        except APIError as error:
            raise _problem_of(error) from error
        return _Answer(answer=completion.choices[0].message.content or "")

    return app


def _problem_of(error: APIError) -> ProblemError:
    """What the caller hears of a failure of the provider. Its status is about our request to it, not theirs to us."""
    if isinstance(error, APITimeoutError):
        return ProblemError(504, "model-timeout", "No answer in time", "The model took too long. Try again.")
    if error.code == "context_length_exceeded":
        return ProblemError(413, "question-too-long", "Question too long", "The model cannot read so long a question.")
    if error.code != "insufficient_quota" and _may_pass(error):
        detail = "The model cannot be asked at the moment. Try again later."
        return ProblemError(503, "model-unavailable", "Model unavailable", detail, _retry_after(error))
    return ProblemError(502, "model-failed", "Model failed", "The model could not be asked. Trying again is of no use.")


def _may_pass(error: APIError) -> bool:
    if isinstance(error, APIStatusError):
        return error.status_code == 429 or error.status_code >= 500
    return isinstance(error, APIConnectionError)


def _retry_after(error: APIError) -> dict[str, str]:
    said = error.response.headers.get("retry-after", "") if isinstance(error, APIStatusError) else ""
    return {"Retry-After": said} if re.fullmatch(r"[0-9]+", said) else {}


def create_app_1_1(database: Path, client: OpenAI) -> FastAPI:
    """Revision 1.1 of the API: all that 1.0 does, under the same paths, and two things more.

    Each ticket of GET /v1/tickets also shows its `priority`. And there is an optional parameter `status`, one of
    STATUSES: only tickets with this status are listed. Any other value is an invalid request; without the parameter,
    tickets of every status are listed, as ever. Everything else is as `create_app` has it; the version is "1.1".

    Nobody who uses 1.0 notices the change. During a rollout both revisions answer behind one address, so a cursor that
    one of them handed out works with the other.

    Args:
        database: as for `create_app`.
        client: as for `create_app`.

    Returns:
        An app whose `openapi()` is additive over PUBLISHED_1_0. Nothing that was there is gone: no path, method,
        parameter, member, status or content type. Nothing has become narrower for what clients send: no new or newly
        required input, no smaller range or list of values, no other default. Nothing has become wider in what clients
        get: what was always there still is, and has the same types.

    Example:
        >>> app = create_app_1_1(Path("ops.db"), client)
        ... # GET /v1/tickets?status=open&limit=1 is answered with 200 and
        ... # {"items": [{"id": "T-1042", "subject": "No reading since Monday", "status": "open",
        ... #   "created_at": "2026-10-01T07:58:00Z", "priority": "P2"}], "next_cursor": "..."}
    """
    app = _app("1.1", client)

    @app.get("/v1/tickets", responses=problem_responses(400, 422))
    def list_tickets(limit: _Limit = 20, cursor: str | None = None, status: _Status | None = None) -> _TicketList11:
        return _TicketList11.model_validate(_page(database, limit, cursor, status), from_attributes=True)

    return app


_Status = Literal["new", "open", "waiting", "solved", "closed"]


class _Ticket11(_Ticket):
    priority: str


class _TicketList11(BaseModel):
    items: list[_Ticket11]
    next_cursor: str | None
