"""FastAPI and Starlette: their errors, middleware and documents, as m1_engineering/e10_api_contract tells them."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import fastapi
import httpx2
import openai
import pytest
import starlette.exceptions
from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError, ResponseValidationError, ValidationException
from fastapi.responses import JSONResponse
from pydantic import BaseModel


class Order(BaseModel):
    sensor: str


class Reading(BaseModel):
    celsius: float
    note: str | None = None


def app_with_routes(**options: Any) -> FastAPI:
    app = FastAPI(**options)

    @app.post("/orders")
    def order(order: Order, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Order:
        return order

    @app.get("/bug")
    def bug() -> None:
        raise RuntimeError("a key of ours")

    @app.get("/broken", response_model=Order)
    def broken() -> dict[str, str]:
        return {}

    @app.get("/thread")
    def thread() -> bool:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return True
        return False

    @app.get("/reading")
    def reading() -> Reading:
        return Reading(celsius=4.5)

    return app


def send(app: FastAPI, method: str, path: str, raising: bool = False, **options: Any) -> httpx2.Response:
    async def request() -> httpx2.Response:
        transport = httpx2.ASGITransport(app, raise_app_exceptions=raising)
        async with httpx2.AsyncClient(transport=transport, base_url="http://api") as client:
            return await client.request(method, path, **options)

    return asyncio.run(request())


def test_the_routers_404_and_405_are_starlettes_exception() -> None:
    assert issubclass(fastapi.HTTPException, starlette.exceptions.HTTPException)
    app = app_with_routes()

    @app.exception_handler(fastapi.HTTPException)
    async def never(request: Request, error: Exception) -> JSONResponse:
        raise AssertionError("FastAPI's own handler took it")

    assert send(app, "GET", "/nowhere").json() == {"detail": "Not Found"}
    wrong = send(app, "GET", "/orders")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert wrong.json() == {"detail": "Method Not Allowed"}
    assert wrong.headers["content-type"] == "application/json"


def test_a_422_repeats_the_refused_value() -> None:
    (error,) = send(app_with_routes(), "POST", "/orders?limit=500", json={"sensor": "CT-210"}).json()["detail"]
    assert (error["loc"], error["input"]) == (["query", "limit"], "500")


def test_a_body_that_is_cut_off_is_a_422_and_one_that_is_not_utf_8_a_400() -> None:
    headers = {"content-type": "application/json"}
    cut = send(app_with_routes(), "POST", "/orders", content=b'{"sensor": "', headers=headers)
    assert (cut.status_code, cut.json()["detail"][0]["loc"]) == (422, ["body", 11])
    garbled = send(app_with_routes(), "POST", "/orders", content=b'{"sensor": "\xff"}', headers=headers)
    assert (garbled.status_code, garbled.json()) == (400, {"detail": "There was an error parsing the body"})


def test_invalid_data_of_ours_is_a_bug_like_any_other() -> None:
    assert issubclass(ResponseValidationError, ValidationException)
    assert issubclass(RequestValidationError, ValidationException)
    with pytest.raises(ResponseValidationError):
        send(app_with_routes(), "GET", "/broken", raising=True)
    assert send(app_with_routes(), "GET", "/broken").status_code == 500


def test_an_unexpected_exception_is_plain_text_and_raised_again() -> None:
    answer = send(app_with_routes(), "GET", "/bug")
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    assert answer.headers["content-type"].startswith("text/plain")
    with pytest.raises(RuntimeError, match="a key of ours"):
        send(app_with_routes(), "GET", "/bug", raising=True)


@pytest.mark.parametrize("debug", [False, True])
def test_debug_answers_with_the_stack_trace_whatever_handlers_there_are(debug: bool) -> None:
    app = app_with_routes(debug=debug)

    @app.exception_handler(Exception)
    async def handled(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": "ours"}, 500)

    answer = send(app, "GET", "/bug")
    assert answer.status_code == 500
    assert ("Traceback" in answer.text and "a key of ours" in answer.text) == debug
    assert debug or answer.json() == {"detail": "ours"}


def test_the_handler_of_exception_answers_outside_of_middleware_with_the_same_state() -> None:
    app = app_with_routes()

    @app.middleware("http")
    async def marked(request: Request, call_next: Any) -> Response:
        request.state.mark = "m-1"
        response: Response = await call_next(request)
        response.headers["x-mark"] = "m-1"
        return response

    @app.exception_handler(Exception)
    async def handled(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"mark": request.state.mark}, 500)

    answer = send(app, "GET", "/bug")
    assert answer.json() == {"mark": "m-1"}
    assert "x-mark" not in answer.headers
    assert send(app, "GET", "/nowhere").headers["x-mark"] == "m-1"
    with pytest.raises(RuntimeError):
        send(app, "GET", "/bug", raising=True)


def test_a_def_route_runs_in_a_thread() -> None:
    assert send(app_with_routes(), "GET", "/thread").json() is True


def test_a_model_that_is_no_name_of_the_module_is_not_found_under_postponed_annotations() -> None:
    class Local(BaseModel):
        sensor: str

    app = FastAPI()

    @app.post("/local")
    def local(body: Local) -> Local:
        return body

    answer = send(app, "POST", "/local", json={"sensor": "CT-210"})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "body"]


def test_the_sdks_timeout_is_a_connection_error_and_every_error_has_a_code() -> None:
    assert issubclass(openai.APITimeoutError, openai.APIConnectionError)
    assert not issubclass(openai.APIConnectionError, openai.APIStatusError)
    assert openai.APITimeoutError(httpx2.Request("POST", "http://api")).code is None


def test_the_document_has_fastapis_own_422_unless_the_route_names_one() -> None:
    app = app_with_routes()
    documented = app.openapi()["paths"]["/orders"]["post"]["responses"]["422"]["content"]
    assert documented["application/json"]["schema"]["$ref"].endswith("/HTTPValidationError")

    @app.get("/plans", responses={422: {"content": {"application/problem+json": {"schema": {"type": "object"}}}}})
    def plans(page: int = 1) -> list[str]:
        return []

    app.openapi_schema = None
    content = app.openapi()["paths"]["/plans"]["get"]["responses"]["422"]["content"]
    assert content == {"application/problem+json": {"schema": {"type": "object"}}}


def test_a_member_with_a_default_is_not_required_in_the_document() -> None:
    schema = app_with_routes().openapi()["components"]["schemas"]["Reading"]
    assert schema["required"] == ["celsius"]
    assert send(app_with_routes(), "GET", "/reading").json() == {"celsius": 4.5, "note": None}


def test_bounds_are_in_the_document() -> None:
    (limit,) = app_with_routes().openapi()["paths"]["/orders"]["post"]["parameters"]
    assert {name: limit["schema"][name] for name in ("minimum", "maximum", "default")} == {
        "minimum": 1,
        "maximum": 100,
        "default": 20,
    }
