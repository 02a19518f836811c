"""instructor over the OpenAI client: records from tools, from a JSON schema, and while they arrive."""

from typing import Any

import instructor
from common import MODEL, QUESTION, Reading, report
from instructor import Mode
from instructor.core import InstructorRetryException

ASKED = [{"role": "user", "content": QUESTION}]


def client(api: str, mode: Mode = Mode.TOOLS) -> Any:
    return instructor.from_provider(f"openai/{MODEL}", mode=Mode.RESPONSES_TOOLS if api == "responses" else mode)


def structured(api: str) -> Any:
    return client(api, Mode.JSON_SCHEMA).create(response_model=Reading, messages=ASKED).model_dump()


def structured_by_tool(api: str) -> Any:
    return client(api, Mode.TOOLS).create(response_model=Reading, messages=ASKED).model_dump()


def streamed_structured(api: str) -> Any:
    partial = list(client(api).create_partial(response_model=Reading, messages=ASKED))
    return [len(partial) > 1, partial[-1].model_dump()]


def asked_again(api: str) -> Any:
    """The first answer does not fit the record: instructor says what is wrong with it and asks once more."""
    return client(api).create(response_model=Reading, messages=ASKED, max_retries=2).model_dump()


def retried_structured(api: str) -> Any:
    return client(api).create(response_model=Reading, messages=ASKED).model_dump()


def refused(api: str) -> Any:
    try:
        client(api).create(response_model=Reading, messages=ASKED, temperature=2.5)
    except InstructorRetryException as error:
        cause = error.__cause__
        return [cause.status_code, cause.code, cause.param]


report(structured, structured_by_tool, streamed_structured, asked_again, retried_structured, refused)
