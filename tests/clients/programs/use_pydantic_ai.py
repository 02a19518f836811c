"""pydantic-ai's Agent on both of its OpenAI models."""

from typing import Any

from common import MODEL, QUESTION, Reading, read_sensor, report
from pydantic_ai import Agent, Embedder, ModelHTTPError, NativeOutput
from pydantic_ai.models import Model
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel


def model(api: str) -> Model:
    return OpenAIResponsesModel(MODEL) if api == "responses" else OpenAIChatModel(MODEL)


def plain(api: str) -> str:
    return Agent(model(api)).run_sync(QUESTION).output


def streamed(api: str) -> list[str]:
    result = Agent(model(api)).run_stream_sync(QUESTION)
    return list(result.stream_text(delta=True, debounce_by=None))


def tools(api: str) -> str:
    return Agent(model(api), tools=[read_sensor]).run_sync(QUESTION).output


def streamed_tools(api: str) -> str:
    result = Agent(model(api), tools=[read_sensor]).run_stream_sync(QUESTION)
    return "".join(result.stream_text(delta=True, debounce_by=None))


def structured(api: str) -> Any:
    return Agent(model(api), output_type=NativeOutput(Reading)).run_sync(QUESTION).output.model_dump()


def tools_then_structured(api: str) -> Any:
    return Agent(model(api), tools=[read_sensor], output_type=Reading).run_sync(QUESTION).output.model_dump()


def retried(api: str) -> str:
    return Agent(model(api)).run_sync(QUESTION).output


def refused(api: str) -> Any:
    try:
        Agent(model(api), model_settings={"temperature": 2.5}).run_sync(QUESTION)
    except ModelHTTPError as error:
        return [error.status_code, error.body["code"], error.body["param"]]


def embeddings() -> list[list[float]]:
    vectors = Embedder("openai:sim-embed").embed_documents_sync(["valve", "pump"]).embeddings
    return [list(vector[:3]) for vector in vectors]


report(plain, streamed, tools, streamed_tools, structured, tools_then_structured, retried, refused, once=(embeddings,))
