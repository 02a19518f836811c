"""API contract with async handlers, one handler for all exceptions, a middleware function, and hexadecimal cursors."""

from __future__ import annotations

import hmac
import secrets
import sqlite3
import string
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError, OpenAI
from pydantic import BaseModel, StringConstraints
from starlette.exceptions import HTTPException

MODEL = "sim-small"
PROBLEMS = "https://coldtrail.example/problems/"
PROBLEM_JSON = "application/problem+json"
STATUSES = ("new", "open", "waiting", "solved", "closed")


@dataclass(frozen=True)
class Ticket:
    id: str
    subject: str
    status: str
    priority: str
    created_at: str


@dataclass(frozen=True)
class Page:
    items: list[Ticket]
    next_cursor: str | None


class InvalidCursorError(Exception):
    pass


class ProblemError(Exception):
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
    content = {PROBLEM_JSON: {"schema": {"type": "object"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def page_of_tickets(database: Path, *, limit: int, cursor: str | None = None, status: str | None = None) -> Page:
    # Greater than any time and id that a ticket has.
    created_at, ticket_id = ("~", "~") if cursor is None else unpacked(cursor)
    connection = sqlite3.connect(database)
    try:
        found = connection.execute(
            """
            SELECT id, subject, status, priority, created_at FROM tickets
            WHERE (created_at < :created_at OR created_at = :created_at AND id < :ticket_id)
              AND (:status IS NULL OR status = :status)
            ORDER BY created_at DESC, id DESC
            """,
            {"created_at": created_at, "ticket_id": ticket_id, "status": status},
        )
        items = [Ticket(*row) for row in found.fetchmany(limit)]
        more = found.fetchone() is not None
    finally:
        connection.close()
    return Page(items, packed(items[-1]) if more else None)


def packed(ticket: Ticket) -> str:
    place = f"{ticket.created_at} {ticket.id}".encode().hex()
    return f"{seal(place)}.{place}"


def unpacked(cursor: str) -> tuple[str, str]:
    sealed, _, place = cursor.partition(".")
    if not cursor.isascii() or not hmac.compare_digest(sealed, seal(place)):
        raise InvalidCursorError(cursor)
    created_at, _, ticket_id = bytes.fromhex(place).decode().partition(" ")
    return created_at, ticket_id


def seal(place: str) -> str:
    return hmac.digest(b"tickets, newest first", place.encode(), "sha256").hex()[:20]


ALLOWED = frozenset(string.ascii_letters + string.digits + "._-")


def install_problems(app: FastAPI) -> None:
    async def with_id(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        given = request.headers.get("X-Request-ID") or "?"
        request.state.known_as = given if len(given) <= 64 and ALLOWED.issuperset(given) else secrets.token_urlsafe(12)
        response = await call_next(request)
        response.headers["X-Request-ID"] = request.state.known_as
        return response

    app.middleware("http")(with_id)
    for kind in (ProblemError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, answered)


def answered(request: Request, error: Exception) -> JSONResponse:
    known_as: str = request.state.known_as
    body: dict[str, Any] = {
        "type": "about:blank",
        "status": 500,
        "detail": "We have noted what went wrong.",
        "request_id": known_as,
    }
    headers: dict[str, str] = {}
    match error:
        case ProblemError():
            body |= {"type": PROBLEMS + error.kind, "title": error.title, "status": error.status}
            body["detail"] = error.detail
            headers |= error.headers
        case HTTPException():
            body |= {"status": error.status_code, "detail": error.detail}
            headers |= error.headers or {}
        case RequestValidationError():
            body |= {"type": f"{PROBLEMS}invalid-request", "title": "Not a valid request", "status": 422}
            body["detail"] = f"{len(error.errors())} part(s) of the request are not valid."
            body["errors"] = [
                {"at": "/".join(str(part) for part in found["loc"]), "detail": found["msg"]} for found in error.errors()
            ]
    body.setdefault("title", HTTPStatus(body["status"]).phrase)
    return JSONResponse(body, body["status"], headers | {"X-Request-ID": known_as}, PROBLEM_JSON)


class TicketOut(BaseModel):
    id: str
    subject: str
    status: str
    created_at: str


class TicketOutWithPriority(TicketOut):
    priority: str


class Listing(BaseModel):
    items: list[TicketOut]
    next_cursor: str | None


class ListingWithPriority(BaseModel):
    items: list[TicketOutWithPriority]
    next_cursor: str | None


class Question(BaseModel):
    question: Annotated[str, StringConstraints(min_length=1, max_length=20_000)]


class Answer(BaseModel):
    answer: str


class Status(Enum):
    NEW = "new"
    OPEN = "open"
    WAITING = "waiting"
    SOLVED = "solved"
    CLOSED = "closed"


class Paging:
    """What both revisions take to find a page; a dependency."""

    def __init__(self, cursor: str | None = None, limit: Annotated[int, Query(gt=0, lt=101)] = 20) -> None:
        self.cursor = cursor
        self.limit = limit

    async def page(self, database: Path, status: Status | None = None) -> dict[str, Any]:
        def read() -> Page:
            return page_of_tickets(
                database, limit=self.limit, cursor=self.cursor, status=None if status is None else status.value
            )

        try:
            return asdict(await run_in_threadpool(read))
        except InvalidCursorError:
            raise ProblemError(400, "invalid-cursor", "Not a cursor", "Ask for the first page again.") from None


def create_app(database: Path, client: OpenAI) -> FastAPI:
    router = APIRouter(prefix="/v1")

    @router.get("/tickets", responses=problem_responses(400, 422), response_model=Listing)
    async def tickets(paging: Annotated[Paging, Depends()]) -> dict[str, Any]:
        return await paging.page(database)

    return assembled("1.0", router, client)


def create_app_1_1(database: Path, client: OpenAI) -> FastAPI:
    router = APIRouter(prefix="/v1")

    @router.get("/tickets", responses=problem_responses(400, 422), response_model=ListingWithPriority)
    async def tickets(paging: Annotated[Paging, Depends()], status: Status | None = None) -> dict[str, Any]:
        return await paging.page(database, status)

    return assembled("1.1", router, client)


def assembled(version: str, tickets: APIRouter, client: OpenAI) -> FastAPI:
    app = FastAPI(title="Coldtrail support", version=version)
    app.include_router(tickets)

    @app.post("/v1/answers", responses=problem_responses(413, 422, 502, 503, 504), response_model=Answer)
    async def answers(asked: Question) -> Any:
        return {"answer": await run_in_threadpool(ask, client, asked.question)}

    install_problems(app)
    return app


def ask(client: OpenAI, question: str) -> str:
    try:
        completion = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": question}])
    except APITimeoutError:
        raise failed(504, "model-timeout") from None
    except APIConnectionError:
        raise failed(503, "model-unavailable") from None
    except APIError as error:
        match error.code, getattr(error, "status_code", 0):
            case "context_length_exceeded", _:
                raise failed(413, "question-too-long") from None
            case "insufficient_quota", _:
                raise failed(502, "model-failed") from None
            case _, status if status == 429 or status // 100 == 5:
                raise failed(503, "model-unavailable", wait_of(error)) from None
        raise failed(502, "model-failed") from None
    return completion.choices[0].message.content or ""


def wait_of(error: APIError) -> dict[str, str]:
    wait: str = error.response.headers.get("Retry-After", "") if isinstance(error, APIStatusError) else ""
    return {"Retry-After": wait} if wait.isascii() and wait.isdigit() else {}


def failed(status: int, kind: str, headers: Mapping[str, str] | None = None) -> ProblemError:
    return ProblemError(status, kind, HTTPStatus(status).phrase, "No answer could be had to this question.", headers)
