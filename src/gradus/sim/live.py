"""A real endpoint in place of the script: any that speaks the OpenAI API, hosted or on one's own machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import tokens
from .answers import Answer
from .cassette import kept_headers
from .delivery import Piece
from .errors import ApiError
from .ledger import SECRET_HEADERS, Exchange
from .messages import Chunk, Fault, Request, Response
from .models import Model, chat_model
from .reply import Usage
from .wire.body import EVENT_STREAM, JSON, encode, read
from .wire.events import Event
from .wire.heard import Heard, StreamListener, heard

if TYPE_CHECKING:
    import httpx2

    from .transport import Core

CONNECT_SECONDS, SILENCE_SECONDS = 10.0, 120.0
# What concerns one connection only, and what no longer holds once a body has been unpacked and cut anew.
HOP_BY_HOP = (
    *("connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer", "upgrade", "host"),
    *("transfer-encoding", "content-length", "content-encoding", "accept-encoding"),
)
FAULTS = {"connection_reset": "ConnectionReset", "no_answer": "ReadTimeout"}


class Upstream:
    """A core that passes requests on to an endpoint over the network, and its bytes back as they come.

    What goes wrong on the way comes back as a fault, or as an API error 502 if the endpoint was not reached at all.
    Redirects are not followed: the key is for this address alone.

    Args:
        base_url: of the endpoint, with its version ("https://api.openai.com/v1").
        api_key: what it is sent as a bearer token.
        model: the endpoint's name for what takes the place of the simulator's chat models; None: names stay.

    Raises:
        ValueError: for an address or a key that no request could carry.

    Example:
        >>> upstream = Upstream("http://localhost:11434/v1", "none", model="llama3.2")
        >>> upstream.handle(Request("GET", "/v1/models")).status
        200
    """

    def __init__(self, base_url: str, api_key: str, model: str | None = None) -> None:
        import httpx2

        check_endpoint(base_url, api_key)
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._model = model
        timeout = httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
        self._client = httpx2.Client(timeout=timeout, follow_redirects=False)

    def handle(self, request: Request) -> Response:
        """Ask the endpoint. No request makes it raise."""
        import httpx2

        try:
            answer = self._client.send(self._outgoing(request), stream=True)
        except (httpx2.ReadTimeout, httpx2.WriteTimeout):
            return Response(0, {}, iter([Fault("no_answer")]))
        except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError):
            return Response(0, {}, iter([Fault("connection_reset")]))
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return self._unreached(error)
        headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP}
        return Response(answer.status_code, headers, _chunks(answer))

    def close(self) -> None:
        """Let go of the connections; a request that is under way fails."""
        self._client.close()

    def _outgoing(self, request: Request) -> httpx2.Request:
        left_out = (*HOP_BY_HOP, *SECRET_HEADERS)
        headers = {name: value for name, value in request.headers.items() if name not in left_out}
        headers |= {"authorization": f"Bearer {self._api_key}", "accept-encoding": "identity"}
        return self._client.build_request(
            request.method,
            self._base_url + request.path.removeprefix("/v1"),
            params=dict(request.query) or None,
            headers=[(name.encode(), value.encode()) for name, value in headers.items()],
            content=self._renamed(request.body) or None,
        )

    def _renamed(self, data: bytes) -> bytes:
        """The body with the endpoint's own name for the model."""
        body = read(data)
        if self._model is None or not body or not isinstance(body.get("model"), str) or not chat_model(body["model"]):
            return data
        return json.dumps({**body, "model": self._model}).encode()

    def _unreached(self, error: Exception) -> Response:
        message = (
            f"The endpoint at {public_url(self._base_url)} was not reached: {error or type(error).__name__}. "
            "See that it runs and that the address is right."
        )
        failed = ApiError(502, message, type="server_error", code="endpoint_unreachable")
        return Response(failed.status, {"content-type": JSON}, iter([encode(failed.body())]))


def check_endpoint(base_url: str, api_key: str) -> None:
    """Raises ValueError for an address or a key that no request could carry."""
    import httpx2

    try:
        url = httpx2.URL(base_url)
    except httpx2.InvalidURL as error:
        raise ValueError(f"the address {base_url!r} of the endpoint cannot be read: {error}") from error
    if url.scheme not in ("http", "https") or not url.host or url.query or url.fragment:
        raise ValueError(f"the endpoint's address is like http://host/v1 or https://host/v1, and not {base_url!r}")
    if not api_key.isascii() or not api_key.isprintable() or api_key != api_key.strip():
        raise ValueError("the API key holds spaces at its ends or characters that no header can carry")


def public_url(base_url: str) -> str:
    """The address without the user that may stand in it.

    Example:
        >>> public_url("https://me:secret@models.invalid/v1")
        'https://models.invalid/v1'
    """
    scheme, _, rest = base_url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _chunks(answer: httpx2.Response) -> Iterator[Chunk]:
    import httpx2

    try:
        yield from answer.iter_bytes()
    except httpx2.TimeoutException:
        yield Fault("no_answer")
    except (httpx2.HTTPError, httpx2.StreamError):
        yield Fault("connection_reset")
    finally:
        answer.close()


def passed_on(core: Core, exchange: Exchange, model: Model, prompt_tokens: int) -> tuple[Answer, dict[str, Any] | None]:
    """Let a core answer an accepted request.

    Args:
        core: what answers.
        exchange: the request.
        model: what the tokens are charged as.
        prompt_tokens: what the prompt counts if the answer does not tell.

    Returns:
        The answer, byte for byte, with the exchange filled from it; and the finished body in it, if it has one.
    """
    headers = {"content-type": JSON, "accept": "text/event-stream" if exchange.streamed else JSON}
    response = core.handle(Request("POST", exchange.path, headers, encode(exchange.request)))
    pieces, answer = _listened(response)
    faults = [FAULTS[piece.kind] for piece in pieces if isinstance(piece, Fault)]
    exchange = replace(
        exchange,
        status=response.status,
        fault=next(iter(faults), ""),
        error=answer.error,
        acted=response.status == 200,
        text=answer.text,
        tool_calls=answer.tool_calls,
        finish_reason=answer.finish_reason,
    )
    if exchange.acted:
        usage = answer.usage or Usage(prompt_tokens, tokens.count([answer.text]))
        exchange = replace(
            exchange,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            cached_tokens=usage.cached_tokens,
            cost=model.cost(usage),
        )
    elif not exchange.error:
        exchange = replace(exchange, error=_unread(pieces))
    finished = answer.body if exchange.acted and not faults and _can_be_kept(exchange.path, answer.body) else None
    return Answer(exchange, pieces, kept_headers(response.headers)), finished


def _can_be_kept(path: str, body: dict[str, Any] | None) -> bool:
    """Whether a finished body has what is needed to fetch and continue it, which not every provider gives."""
    said = (body or {}).get("output" if path == "/v1/responses" else "choices")
    named = body is not None and isinstance(body.get("id"), str) and isinstance(body.get("model"), str)
    return named and isinstance(said, list) and all(map(_is_item, said))


def _is_item(item: Any) -> bool:
    return isinstance(item, dict) and (item.get("type") != "function_call" or isinstance(item.get("call_id"), str))


def _listened(response: Response) -> tuple[list[Piece], Heard]:
    """All of a response, each piece with what it says, and what it says as a whole."""
    chunks = list(response.chunks)
    if not response.headers.get("content-type", "").startswith(EVENT_STREAM.partition(";")[0]):
        return list(chunks), heard(b"".join(chunk for chunk in chunks if isinstance(chunk, bytes)))
    listener = StreamListener()
    pieces: list[Piece] = [
        Event(chunk, *listener.take(chunk)) if isinstance(chunk, bytes) else chunk for chunk in chunks
    ]
    return pieces, listener.heard()


def _unread(pieces: list[Piece]) -> str:
    """The beginning of an error response that is none of the API's."""
    said = b"".join(piece for piece in pieces if isinstance(piece, bytes)).decode("utf-8", "replace")
    return " ".join(said.split())[:200]
