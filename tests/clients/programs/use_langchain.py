"""LangChain's ChatOpenAI, alone and in a LangGraph agent."""

from typing import Any

import openai
from common import MODEL, QUESTION, Reading, loop, read_sensor, report
from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings


def model(api: str, **options: Any) -> ChatOpenAI:
    return ChatOpenAI(model=MODEL, use_responses_api=api == "responses", **options)


def plain(api: str) -> str:
    return model(api).invoke(QUESTION).text


def streamed(api: str) -> list[str]:
    return [chunk.text for chunk in model(api).stream(QUESTION) if chunk.text]


def streamed_asynchronously(api: str) -> list[str]:
    async def pieces() -> list[str]:
        return [chunk.text async for chunk in model(api).astream(QUESTION) if chunk.text]

    return loop.run_until_complete(pieces())


def tools(api: str) -> str:
    agent = create_agent(model(api), tools=[tool(read_sensor)])
    return agent.invoke({"messages": [("user", QUESTION)]})["messages"][-1].text


def streamed_tools(api: str) -> str:
    agent = create_agent(model(api), tools=[tool(read_sensor)])
    chunks = agent.stream({"messages": [("user", QUESTION)]}, stream_mode="messages")
    return "".join(message.text for message, _ in chunks if message.type == "AIMessageChunk")


def structured(api: str) -> Any:
    reading = model(api).with_structured_output(Reading).invoke(QUESTION)
    return reading.model_dump()


def tools_then_structured(api: str) -> Any:
    agent = create_agent(model(api), tools=[tool(read_sensor)], response_format=Reading)
    return agent.invoke({"messages": [("user", QUESTION)]})["structured_response"].model_dump()


def retried(api: str) -> str:
    return model(api).invoke(QUESTION).text


def refused(api: str) -> Any:
    try:
        model(api, temperature=2.5).invoke(QUESTION)
    except openai.BadRequestError as error:
        return [error.status_code, error.code, error.param]


def embeddings() -> list[list[float]]:
    # By default it counts tokens first, with a vocabulary that it would have to download.
    encoder = OpenAIEmbeddings(model="sim-embed", check_embedding_ctx_length=False)
    return [vector[:3] for vector in encoder.embed_documents(["valve", "pump"])]


report(
    plain,
    streamed,
    streamed_asynchronously,
    tools,
    streamed_tools,
    structured,
    tools_then_structured,
    retried,
    refused,
    once=(embeddings,),
)
