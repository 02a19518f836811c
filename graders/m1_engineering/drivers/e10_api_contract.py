"""What makes requests of an app beside it: over ASGI, as a server would, and without a socket."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as RouterException
from starlette.types import Message, Receive, Scope, Send

SECRET = "token-5521"  # stands in what no caller may read

Answer = dict[str, Any]  # status, headers by name in lower case, body as text, and the type of what was raised


async def send(
    app: FastAPI,
    method: str,
    target: str,
    *,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    body: bytes | None = None,
) -> Answer:
    """Make one request.

    Args:
        app: what answers it.
        method: such as "GET".
        target: path and query, escaped or as bare as they are.
        headers: their values may hold any character of Latin-1.
        json: the body as a value.
        body: the body as bytes, if it is to be sent as it is under the type application/json.
    """
    (answer,) = await send_together(app, [(method, target, headers, json, body)])
    return answer


async def send_together(app: FastAPI, requests: Sequence[tuple[Any, ...]]) -> list[Answer]:
    """Make requests that are all under way at once: each (method, target[, headers[, json[, body]]])."""
    async with app.router.lifespan_context(app) as state:
        return await asyncio.gather(*(_send(app, dict(state or {}), *request) for request in requests))


async def _send(
    app: FastAPI,
    state: dict[str, Any],
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    body: bytes | None = None,
) -> Answer:
    raised: list[Exception] = []

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app({**scope, "state": state}, receive, send)
        except Exception as error:
            raised.append(error)
            raise

    sent = {name.encode(): value.encode("latin-1") for name, value in (headers or {}).items()}
    if body is not None:
        sent[b"content-type"] = b"application/json"
    transport = httpx2.ASGITransport(watched, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://api.coldtrail.example") as client:
        response = await client.request(method, target, headers=sent, json=json, content=body)
    if raised and isinstance(raised[0], NotImplementedError):
        raise raised[0]  # a task that is still to do is no answer to judge
    return {
        "status": response.status_code,
        "headers": {name.lower(): value for name, value in response.headers.items()},
        "body": response.text,
        "raised": type(raised[0]).__name__ if raised else None,
    }


def document(app: FastAPI) -> dict[str, Any]:
    """The app's OpenAPI document."""
    return app.openapi()


async def lifespan(install_problems: Callable[[FastAPI], None]) -> list[str]:
    """What happens in turn while a server starts an app with the problems installed, and stops it again."""
    events: list[str] = []

    @asynccontextmanager
    async def resources(app: FastAPI) -> AsyncIterator[None]:
        events.append("opened")
        yield
        events.append("closed")

    app = FastAPI(lifespan=resources)
    install_problems(app)
    told = iter(("lifespan.startup", "lifespan.shutdown"))

    async def receive() -> Message:
        return {"type": next(told)}

    async def send(message: Message) -> None:
        events.append(message["type"].removeprefix("lifespan."))

    await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)
    return events


def outcomes(page_of_tickets: Callable[..., Any], database: Path, cursors: Sequence[str]) -> list[str]:
    """What comes of asking with each of these cursors: the name of the type that is returned or raised."""

    def outcome(cursor: str) -> str:
        try:
            return type(page_of_tickets(database, limit=4, cursor=cursor)).__name__
        except NotImplementedError:
            raise
        except Exception as error:
            return type(error).__name__

    return [outcome(cursor) for cursor in cursors]


def page_elsewhere(page_of_tickets: Callable[..., Any], database: Path, limit: int, cursor: str) -> Any:
    """What `page_of_tickets` returns in another process: the same source executed anew, with another seed of hash()."""
    file = sys.modules[page_of_tickets.__module__].__file__
    assert file is not None
    spec = importlib.util.spec_from_file_location("elsewhere", file)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.__dict__["hash"] = lambda value: hash(("another seed", value))
    sys.modules["elsewhere"] = module
    exec(compile(Path(file).read_bytes(), file, "exec"), module.__dict__)
    return module.__dict__[page_of_tickets.__name__](database, limit=limit, cursor=cursor)


class Order(BaseModel):
    """A body with two ways to be wrong."""

    sensor: str = Field(max_length=8)
    count: int = Field(ge=1, le=9)


class Internal(BaseModel):
    """What a handler makes for itself."""

    number: int


def failing_app(install_problems: Callable[[FastAPI], None], problem_error: Callable[..., Exception]) -> FastAPI:
    """An app whose routes fail in every way there is; some are there before the problems are installed, some after."""
    app = FastAPI()

    @app.get("/fine", response_model=None)
    async def fine() -> dict[str, str]:
        return {"detail": "ready"}

    @app.get("/sold-out", response_model=None)
    async def sold_out() -> None:
        detail = "The last CT-210 went on Monday."
        raise problem_error(409, "sold-out", "Sold out", detail, {"Retry-After": "60", "X-Stock": "0"})

    @app.get("/unread", response_model=None)
    def unread() -> None:
        raise problem_error(451, "withheld", "Withheld", "Ask the quality desk.")

    @app.get("/login", response_model=None)
    async def login() -> None:
        raise HTTPException(401, "Say who you are.", headers={"WWW-Authenticate": "Bearer"})

    @app.get("/closed-today", response_model=None)
    async def closed_today() -> None:
        raise HTTPException(503, "We count the stock until noon.", headers={"Retry-After": "3600"})

    @app.post("/orders")
    async def order(order: Order, urgent: bool = False) -> Order:
        return order

    install_problems(app)

    @app.get("/moved-out", response_model=None)
    async def moved_out() -> None:
        raise RouterException(410, headers={"X-Until": "2026-10-01"})

    @app.get("/bug", response_model=None)
    async def bug() -> None:
        raise RuntimeError(f"cannot reach billing with {SECRET}")

    @app.get("/bug-in-thread", response_model=None)
    def bug_in_thread() -> None:
        raise ValueError(f"{SECRET} is no number")

    @app.get("/broken-promise", response_model=Internal)
    async def broken_promise() -> dict[str, str]:
        return {"number": SECRET}

    @app.get("/broken-inside", response_model=None)
    async def broken_inside() -> Internal:
        return Internal.model_validate({"number": SECRET})

    @app.get("/slow/{seconds}", response_model=None)
    async def slow(seconds: float) -> None:
        await asyncio.sleep(seconds)
        raise HTTPException(404, f"Nothing after {seconds:g} s.")

    return app
