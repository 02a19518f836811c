"""The simulated provider: one pure core that answers HTTP requests, and clients of the real SDK on top of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from . import models, tokens
from .answers import Answer, cut_short, failure, refusal, said, spoilt
from .caching import PromptCache
from .clock import Clock, VirtualClock
from .contract import check_chat, check_embeddings, check_input_tokens, check_moderations, check_responses
from .contract.names import chat_model, embedding_model, moderation_model
from .contract.window import chat_prompt, check_window, count, response_prompt
from .delivery import Delivery, Piece
from .errors import ApiError, Rejected, bad_request, invalid_url, method_not_allowed, model_not_found
from .faults import StreamFault
from .ids import Ids
from .ledger import Exchange, Ledger, public_headers, retry_count
from .live import passed_on
from .messages import Request, Response, Sleep
from .models import Model
from .reply import Reply, Usage
from .script import Script, Step
from .stored import Store, Stored, about_completions, about_responses, earlier_items
from .turns import Turn
from .wire import chat, embeddings, listing, moderations, responses
from .wire.body import EVENT_STREAM, JSON, encode, read
from .wire.events import Call, Event

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from openai import AsyncOpenAI, OpenAI

    from .transport import Core

    Embed = Callable[[list[str]], NDArray[np.float32]]


class Simulator:
    """A provider of the OpenAI API that does what it is told.

    Args:
        seed: identifiers depend on it, and nothing else.
        clock: the time that replies and faults take passes here.
        embed: texts to float32 array of shape (n, 384); without it `/v1/embeddings` answers 404.
        keep: how many exchanges the ledger keeps; None: all.
        upstream: what is asked for every reply in place of the script, whose faults still happen. None: nothing is.

    Attributes:
        passed_on: the places in the ledger of what `upstream` was asked.

    Example:
        >>> sim = Simulator()
        >>> sim.script(RateLimited(retry_after=2), "pong")
        >>> client = sim.client(max_retries=0)
    """

    def __init__(
        self,
        seed: int = 0,
        clock: Clock | None = None,
        embed: Embed | None = None,
        keep: int | None = None,
        upstream: Core | None = None,
    ) -> None:
        self.clock: Clock = clock or VirtualClock()
        self.ledger = Ledger(keep)
        self._ids = Ids(seed)
        self._embed = embed
        self._upstream = upstream
        self.passed_on: list[int] = []
        self._script = Script()
        self._cache = PromptCache()
        self._stored_completions = Store("Chat completion")
        self._stored_responses = Store("Response")
        self._lock = threading.RLock()

    def script(self, *steps: Step) -> None:
        """Say what happens to the next model calls, one step each.

        A step is a text, a Reply, a fault, or a callable that gets the request's body and returns one of these. A call
        that breaks the contract is refused and uses no step. Embeddings and moderations are answered without the
        script; a call for them uses a step only if that is a fault.

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
        return Response(answer.exchange.status, headers, delivery, exchange.index)

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
        query = request.query
        match request.method, request.path.removeprefix("/v1/").split("/"):
            case "POST", ["chat", "completions"]:
                return self._chat(exchange)
            case "POST", ["responses"]:
                return self._responses(exchange)
            case "POST", ["embeddings"]:
                return self._embeddings(exchange)
            case "POST", ["moderations"]:
                return self._moderations(exchange)
            case "POST", ["responses", "input_tokens"]:
                return self._input_tokens(exchange)
            case "GET", ["responses", name] if query.get("stream") == "true":
                events = responses.stream(self._stored_responses.find(name).body)
                return Answer(replace(exchange, streamed=True), events, {"content-type": EVENT_STREAM})
            case _, ["responses", *path]:
                return said(exchange, about_responses(self._stored_responses, exchange, query, path))
            case _, ["chat", "completions", *path]:
                return said(exchange, about_completions(self._stored_completions, exchange, query, path))
            case "GET", ["models"]:
                return said(exchange, listing.models(self._created))
            case "GET", ["models", name]:
                if name not in models.NAMES:
                    raise model_not_found(name)
                return said(exchange, listing.model(name, self._created))
            case _, ["embeddings" | "moderations" | "models"] | ["models", _]:
                raise method_not_allowed(request.method, request.path)
        raise invalid_url(request.method, request.path)

    @property
    def _created(self) -> int:
        return int(self.clock.time())

    def _chat(self, exchange: Exchange) -> Answer:
        body = exchange.request
        check_chat(body)
        model = chat_model(body["model"])

        def keep(finished: dict[str, Any]) -> None:
            if body.get("store"):
                kept = {**finished, "metadata": body.get("metadata") or {}}
                self._stored_completions.put(Stored(kept, chat.stored_messages(finished, body["messages"])))

        def build(call: Call) -> list[Event]:
            finished = chat.completion(call)
            keep(finished)
            return chat.stream(finished, body) if exchange.streamed else [Event(encode(finished))]

        return self._generate(exchange, model, body, chat_prompt(body), build, keep)

    def _responses(self, exchange: Exchange) -> Answer:
        body = exchange.request
        earlier = earlier_items(self._stored_responses, body)
        check_responses(body, earlier)
        model = chat_model(body["model"])

        def keep(finished: dict[str, Any]) -> None:
            if body.get("store") is not False:
                given = responses.input_items(body["input"], self._ids)
                self._stored_responses.put(Stored(finished, [*earlier, *given]))

        def build(call: Call) -> list[Event]:
            finished = responses.response(call)
            keep(finished)
            return responses.stream(finished) if exchange.streamed else [Event(encode(finished))]

        heard = {**body, "input": [*earlier, *responses.items(body["input"])]} if earlier else body
        return self._generate(exchange, model, heard, response_prompt(body, earlier, model), build, keep)

    def _input_tokens(self, exchange: Exchange) -> Answer:
        body = exchange.request
        earlier = earlier_items(self._stored_responses, body)
        check_input_tokens(body, earlier)
        model = chat_model(body["model"]) if body.get("model") is not None else None
        counted = count(response_prompt(body, earlier, model))
        return said(exchange, {"object": "response.input_tokens", "input_tokens": counted})

    def _generate(
        self,
        exchange: Exchange,
        model: Model,
        heard: dict[str, Any],
        prompt: Sequence[Turn],
        build: Callable[[Call], list[Event]],
        keep: Callable[[dict[str, Any]], None],
    ) -> Answer:
        """Let the script answer an accepted request.

        `heard` is its body with the items that it continues, and `prompt` what of it the model reads. `build` puts a
        reply on the wire of its endpoint, and keeps what is to be stored; `keep` does that alone.
        """
        body = exchange.request
        prompt_tokens = count(prompt)
        check_window(model, body, prompt_tokens)
        cached_tokens = self._cache.cached_tokens(model.name, prompt)
        outcome = self._script.next_outcome(heard, self.ledger.calls + 1, exchange.streamed)
        if not isinstance(outcome, Reply | StreamFault):
            answer = failure(exchange, outcome, Usage(prompt_tokens, 0, cached_tokens), model)
            if answer.exchange.acted:
                self._cache.remember(model.name, prompt)
            return answer
        self._cache.remember(model.name, prompt)
        if self._upstream is not None and isinstance(outcome, Reply):
            self.passed_on.append(exchange.index)
            answer, finished = passed_on(self._upstream, exchange, model, prompt_tokens)
            if finished is not None:
                keep(finished)
            return answer
        reply = self._with_call_ids(outcome.whole if isinstance(outcome, StreamFault) else outcome)
        completion_tokens = tokens.count(choice.written for choice in reply.choices(chat.choices(body)))
        usage = Usage(*(reply.usage or (prompt_tokens, completion_tokens, cached_tokens)))
        events = build(Call(body, model, reply, usage, self._created, self._ids))
        exchange = replace(
            exchange,
            acted=True,
            text=reply.text or reply.refusal or "",
            tool_calls=tuple(reply.tool_calls),
            finish_reason=reply.finished_because,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            cached_tokens=usage.cached_tokens,
            cost=model.cost(usage),
        )
        pieces: Sequence[Piece] = events
        if isinstance(outcome, StreamFault):
            exchange, pieces = spoilt(exchange, outcome, events, model)
        latency = [Sleep(reply.latency)] if reply.latency else []
        return Answer(exchange, [*latency, *pieces], {"content-type": EVENT_STREAM if exchange.streamed else JSON})

    def _with_call_ids(self, reply: Reply) -> Reply:
        calls = [replace(call, id=call.id or self._ids.new("call_")) for call in reply.tool_calls]
        return replace(reply, tool_calls=calls, others=[self._with_call_ids(other) for other in reply.others])

    def _embeddings(self, exchange: Exchange) -> Answer:
        body = exchange.request
        texts = check_embeddings(body)
        model = embedding_model(body["model"])
        if self._embed is None:
            message = "Simulator: it was made without an encoder, so it has no embeddings: Simulator(embed=...)."
            raise Rejected(ApiError(404, message, code="model_not_found"))
        usage = Usage(tokens.count(texts), 0)
        fault = self._script.next_fault(body)
        if fault is not None:
            return failure(exchange, fault, usage, model)
        answer = embeddings.embeddings(body, model.name, self._embed(texts), usage.prompt_tokens)
        charged = replace(exchange, acted=True, prompt_tokens=usage.prompt_tokens, cost=model.cost(usage))
        return said(charged, answer)

    def _moderations(self, exchange: Exchange) -> Answer:
        body = exchange.request
        inputs = check_moderations(body)
        model = moderation_model(body.get("model"))
        exchange = replace(exchange, model=model.name)
        fault = self._script.next_fault(body)
        if fault is not None:
            return failure(exchange, fault, Usage(0, 0), model)
        answer = moderations.moderation(self._ids.new("modr-"), model.name, inputs)
        return said(replace(exchange, acted=True, text=moderations.verdict(answer)), answer)
