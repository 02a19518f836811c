"""litellm's completion, responses and embedding."""

import json
from typing import Any

import litellm
import openai
from common import MODEL, QUESTION, Reading, loop, read_sensor, report

NAME = f"openai/{MODEL}"
ASKED = [{"role": "user", "content": QUESTION}]
PARAMETERS = {
    "type": "object",
    "properties": {"room": {"type": "string"}},
    "required": ["room"],
    "additionalProperties": False,
}
CHAT_TOOL = {"type": "function", "function": {"name": "read_sensor", "parameters": PARAMETERS, "strict": True}}
RESPONSES_TOOL = {"type": "function", "name": "read_sensor", "parameters": PARAMETERS, "strict": True}

assert issubclass(litellm.BadRequestError, openai.BadRequestError)  # as m1/e05 says of all its errors

litellm.suppress_debug_info = True
# Of a model that it does not know, litellm takes responses whole and plays the stream itself.
litellm.register_model({NAME: {"litellm_provider": "openai", "mode": "chat", "supports_native_streaming": True}})


def plain(api: str) -> str:
    if api == "chat":
        return litellm.completion(NAME, ASKED).choices[0].message.content
    return litellm.responses(QUESTION, NAME).output_text


def streamed(api: str) -> list[str]:
    if api == "chat":
        chunks = litellm.completion(NAME, ASKED, stream=True)
        return [chunk.choices[0].delta.content for chunk in chunks if chunk.choices[0].delta.content]
    events = litellm.responses(QUESTION, NAME, stream=True)
    return [event.delta for event in events if event.type == "response.output_text.delta"]


def streamed_asynchronously(api: str) -> list[str]:
    async def pieces() -> list[str]:
        if api == "chat":
            chunks = await litellm.acompletion(NAME, ASKED, stream=True)
            return [piece async for chunk in chunks if (piece := chunk.choices[0].delta.content)]
        events = await litellm.aresponses(QUESTION, NAME, stream=True)
        return [event.delta async for event in events if event.type == "response.output_text.delta"]

    return loop.run_until_complete(pieces())


def tools(api: str) -> str:
    return _chat_tools() if api == "chat" else _responses_tools()


def streamed_tools(api: str) -> str:
    return _chat_tools(stream=True) if api == "chat" else _responses_tools(stream=True)


def _chat_tools(stream: bool = False) -> str:
    def ask(messages: list[Any]) -> Any:
        answer = litellm.completion(NAME, messages, tools=[CHAT_TOOL], stream=stream)
        return (litellm.stream_chunk_builder(list(answer)) if stream else answer).choices[0].message

    message = ask(ASKED)
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": read_sensor(**json.loads(call.function.arguments))}
        for call in message.tool_calls
    ]
    return ask([*ASKED, message, *results]).content


def _responses_tools(stream: bool = False) -> str:
    def ask(given: Any, **options: Any) -> Any:
        answer = litellm.responses(given, NAME, tools=[RESPONSES_TOOL], stream=stream, **options)
        return _last(answer) if stream else answer

    response = ask(QUESTION)
    outputs = [
        {"type": "function_call_output", "call_id": item.call_id, "output": read_sensor(**json.loads(item.arguments))}
        for item in response.output
    ]
    return ask(outputs, previous_response_id=response.id).output_text


def _last(events: Any) -> Any:
    return next(event.response for event in events if event.type == "response.completed")


def structured(api: str) -> Any:
    if api == "chat":
        text = litellm.completion(NAME, ASKED, response_format=Reading).choices[0].message.content
    else:
        text = litellm.responses(QUESTION, NAME, text_format=Reading).output_text
    return Reading.model_validate_json(text).model_dump()


def retried(api: str) -> str:
    if api == "chat":
        return litellm.completion(NAME, ASKED, max_retries=2).choices[0].message.content
    return litellm.responses(QUESTION, NAME, num_retries=2).output_text


def refused(api: str) -> Any:
    try:
        if api == "chat":
            litellm.completion(NAME, ASKED, temperature=2.5)
        else:
            litellm.responses(QUESTION, NAME, temperature=2.5)
    except litellm.BadRequestError as error:
        # Of an error from the Responses API, litellm keeps the body in its message alone.
        body = error.body or json.loads(error.message.partition(" - ")[2])["error"]
        return [error.status_code, body["code"], body["param"]]


def embeddings() -> list[list[float]]:
    return [entry["embedding"][:3] for entry in litellm.embedding("openai/sim-embed", ["valve", "pump"]).data]


report(
    plain, streamed, streamed_asynchronously, tools, streamed_tools, structured, retried, refused, once=(embeddings,)
)
