"""The simulated provider: one pure core that answers HTTP requests, and clients of the real SDK on top of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from . import models, tokens
from .answers import Answer, cut_short, failure, refusal, said
from .clock import VirtualClock
from .contract import check_chat, check_embeddings, check_responses
from .delivery import Delivery
from .errors import ApiError, Rejected, bad_request, invalid_url, method_not_allowed, model_not_found
from .faults import CutStream
from .ids import Ids
from .ledger import Exchange, Ledger, public_headers, retry_count
from .messages import Request, Response, Sleep
from .reply import Reply, Usage
from .script import Script, Step
from .turns import item_turns, offers_of, turns_of
from .wire import chat, embeddings, listing, responses
from .wire.body import EVENT_STREAM, JSON, encode, read
from .wire.events import Call, Event, cut

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from openai import AsyncOpenAI, OpenAI

    Embed = Callable[[list[str]], NDArray[np.float32]]


@dataclass(frozen=True)
class _Stored:
    """A response that can be fetched and continued: its body, and all items up to its end."""

    body: dict[str, Any]
    items: list[dict[str, Any]]


class Simulator:
    """A provider of the OpenAI API that does what it is told.

    Args:
        seed: identifiers depend on it, and nothing else does yet.
        clock: the time that replies and faults take passes here.
        embed: texts to float32 array of shape (n, 384); without it `/v1/embeddings` answers 404.

    Example:
        >>> sim = Simulator()
        >>> sim.script(RateLimited(retry_after=2), "pong")
        >>> client = sim.client(max_retries=0)
    """

    def __init__(self, seed: int = 0, clock: VirtualClock | None = None, embed: Embed | None = None) -> None:
        self.clock = clock or VirtualClock()
        self.ledger = Ledger()
        self._ids = Ids(seed)
        self._embed = embed
        self._script = Script()
        self._stored: dict[str, _Stored] = {}
        self._lock = threading.RLock()

    def script(self, *steps: Step) -> None:
        """Say what happens to the next model calls, one step each.

        A step is a text, a Reply, a fault, or a callable that gets the request's body and returns one of these. A call
        that breaks the contract is refused and uses no step. A call for embeddings is answered by the encoder; it uses
        a step only if that is a fault.

        Raises:
            TypeError: for what is no step.
        """
        self._script.extend(steps)

    def otherwise(self, step: Step) -> None:
        """Say what happens to every model call after the script; without it, such a call is an error."""
        self._script.set_otherwise(step)

    def unmet(self) -> str:
        """What did not go by the script, in one sentence (a call too many, steps never asked for), or ""."""
        return self._script.unmet()

    def client(self, **options: Any) -> OpenAI:
        """The SDK's own client, connected to this simulator. `options` are those of `openai.OpenAI`."""
        from .client import client

        return client(self, self.clock, **options)

    def async_client(self, **options: Any) -> AsyncOpenAI:
        """The SDK's own asynchronous client, connected to this simulator."""
        from .client import async_client

        return async_client(self, self.clock, **options)

    def handle(self, request: Request) -> Response:
        """Answer one HTTP request. No request makes it raise: what is wrong with it comes back as the API's error."""
        with self._lock:
            body = read(request.body)
            exchange = self._opened(request, body or {})
            try:
                answer = self._answer(exchange, body, request)
            except Rejected as rejection:
                answer = refusal(exchange, rejection.error)
            except RecursionError:
                answer = refusal(exchange, ApiError(400, "The JSON body of your request is nested too deeply."))
            self.ledger.add(answer.exchange)
            headers = {"x-request-id": self._ids.new("req_"), **answer.headers}
        delivery = Delivery(answer.pieces, partial(self._ended, exchange.index))
        return Response(answer.exchange.status, headers, delivery)

    def _opened(self, request: Request, body: dict[str, Any]) -> Exchange:
        asked = body["model"] if isinstance(body.get("model"), str) else ""
        model = models.chat_model(asked)
        return Exchange(
            index=len(self.ledger),
            method=request.method,
            path=request.path,
            request=body,
            headers=public_headers(request.headers),
            status=200,
            started=self.clock.now,
            streamed=body.get("stream") is True,
            sdk_retry=retry_count(request.headers),
            model=model.name if model else asked,
        )

    def _ended(self, index: int, taken: Sequence[Event] | None) -> None:
        exchange = replace(self.ledger[index], ended=self.clock.now, closed_early=taken is not None)
        model = models.chat_model(exchange.model)
        if taken is not None and exchange.streamed and exchange.acted and model:
            exchange = cut_short(exchange, taken, model)
        self.ledger.put(exchange)

    def _answer(self, exchange: Exchange, body: dict[str, Any] | None, request: Request) -> Answer:
        if not request.path.startswith("/v1/"):
            raise invalid_url(request.method, request.path)
        if body is None and request.method == "POST":
            raise bad_request("We could not parse the JSON body of your request: it is not a JSON object.")
        match request.method, request.path.removeprefix("/v1/").split("/"):
            case "POST", ["chat", "completions"]:
                return self._chat(exchange)
            case "POST", ["responses"]:
                return self._responses(exchange)
            case "POST", ["embeddings"]:
                return self._embeddings(exchange)
            case "GET", ["responses", name]:
                return self._stored_response(exchange, name, request.query.get("stream") == "true")
            case "DELETE", ["responses", name]:
                self._find(name)
                del self._stored[name]
                return said(exchange, {"id": name, "object": "response", "deleted": True})
            case "GET", ["models"]:
                return said(exchange, listing.models(self._created))
            case "GET", ["models", name]:
                if name not in models.NAMES:
                    raise model_not_found(name)
                return said(exchange, listing.model(name, self._created))
            case _, ["chat", "completions"] | ["responses" | "embeddings" | "models"] | ["responses" | "models", _]:
                raise method_not_allowed(request.method, request.path)
        raise invalid_url(request.method, request.path)

    @property
    def _created(self) -> int:
        return int(self.clock.time())

    def _chat(self, exchange: Exchange) -> Answer:
        body = exchange.request
        check_chat(body)
        prompt = [turn.text for turn in turns_of(body)]

        def build(call: Call) -> list[Event]:
            return chat.stream(call) if exchange.streamed else [Event(encode(chat.completion(call)))]

        return self._generate(exchange, prompt, build)

    def _responses(self, exchange: Exchange) -> Answer:
        body = exchange.request
        earlier = self._earlier_items(body)
        check_responses(body, earlier)
        prompt = [turn.text for turn in (*item_turns(earlier), *turns_of(body))]

        def build(call: Call) -> list[Event]:
            finished = responses.response(call)
            if body.get("store") is not False:
                given = body["input"]
                items = [{"role": "user", "content": given}] if isinstance(given, str) else given
                self._stored[finished["id"]] = _Stored(finished, [*earlier, *items, *finished["output"]])
            return responses.stream(finished) if exchange.streamed else [Event(encode(finished))]

        return self._generate(exchange, prompt, build)

    def _generate(self, exchange: Exchange, prompt: list[str], build: Callable[[Call], list[Event]]) -> Answer:
        """Let the script answer an accepted request; `build` puts a reply on the wire of its endpoint."""
        body = exchange.request
        model = models.chat_model(body["model"])
        if model is None:
            raise model_not_found(body["model"])
        prompt_tokens = tokens.count([*prompt, *offers_of(body)])
        outcome = self._script.next_outcome(body, self.ledger.calls + 1, exchange.streamed)
        if not isinstance(outcome, Reply | CutStream):
            return failure(exchange, outcome, Usage(prompt_tokens, 0), model)
        reply = self._with_call_ids(outcome.whole if isinstance(outcome, CutStream) else outcome)
        completion_tokens = tokens.count([reply.written]) * chat.choices(body)
        usage = Usage(*(reply.usage or (prompt_tokens, completion_tokens)))
        events = build(Call(body, model, reply, usage, self._created, self._ids))
        exchange = replace(
            exchange,
            acted=True,
            text=reply.text or reply.refusal or "",
            tool_calls=tuple(reply.tool_calls),
            finish_reason=reply.finished_because,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            cost=model.cost(usage),
        )
        if isinstance(outcome, CutStream):
            events = cut(events, outcome.after)
            exchange = replace(cut_short(exchange, events, model), fault="CutStream")
        latency = [Sleep(reply.latency)] if reply.latency else []
        return Answer(exchange, [*latency, *events], {"content-type": EVENT_STREAM if exchange.streamed else JSON})

    def _with_call_ids(self, reply: Reply) -> Reply:
        calls = [replace(call, id=call.id or self._ids.new("call_")) for call in reply.tool_calls]
        return replace(reply, tool_calls=calls)

    def _embeddings(self, exchange: Exchange) -> Answer:
        body = exchange.request
        texts = check_embeddings(body)
        model = models.EMBEDDING_MODELS.get(body["model"])
        if model is None:
            raise model_not_found(body["model"])
        if self._embed is None:
            message = "Simulator: it was made without an encoder, so it has no embeddings: Simulator(embed=...)."
            raise Rejected(ApiError(404, message, code="model_not_found"))
        usage = Usage(tokens.count(texts), 0)
        fault = self._script.next_fault()
        if fault is not None:
            return failure(exchange, fault, usage, model)
        answer = embeddings.embeddings(body, model.name, self._embed(texts), usage.prompt_tokens)
        charged = replace(exchange, acted=True, prompt_tokens=usage.prompt_tokens, cost=model.cost(usage))
        return said(charged, answer)

    def _stored_response(self, exchange: Exchange, name: str, streamed: bool) -> Answer:
        body = self._find(name).body
        if not streamed:
            return said(exchange, body)
        return Answer(replace(exchange, streamed=True), responses.stream(body), {"content-type": EVENT_STREAM})

    def _find(self, name: str) -> _Stored:
        if name not in self._stored:
            raise Rejected(ApiError(404, f"Response with id '{name}' not found."))
        return self._stored[name]

    def _earlier_items(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        name = body.get("previous_response_id")
        if not isinstance(name, str):
            return []
        if name not in self._stored:
            message = f"Previous response with id '{name}' not found."
            raise bad_request(message, "previous_response_id", "previous_response_not_found")
        return self._stored[name].items
