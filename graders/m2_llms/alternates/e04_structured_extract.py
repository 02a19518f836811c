"""The same over the Responses API, whose parse() hides why a reply ended: so here create() and a validation of our own.

The class forbids other keys and has no defaults, which makes its plain JSON schema a strict one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from openai import OpenAI
from openai.types.responses import Response, ResponseFormatTextJSONSchemaConfigParam
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, TypeAdapter, ValidationError

MODEL = "sim-small"
INSTRUCTIONS = (
    "Fill in the form from the customer's e-mail. Copy the order id exactly as it is written. "
    "Use null for whatever the e-mail does not state; never guess."
)


class Device(StrEnum):
    CT_200 = "CT-200"
    CT_210 = "CT-210"
    CT_300 = "CT-300"


class Reason(StrEnum):
    DEFECTIVE = "defective"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    NOT_NEEDED = "not_needed"
    OTHER = "other"


class FailureKind(StrEnum):
    """Why there is no form that may be used."""

    TRUNCATED = "truncated"  # the provider cut the reply at its length limit
    FILTERED = "filtered"  # the provider's content filter cut the reply
    REFUSED = "refused"  # the model declined
    INVALID = "invalid"  # the reply is not exactly one form
    IMPLAUSIBLE = "implausible"  # a form, but it cannot be right


@dataclass(frozen=True)
class Failure:
    """Why an e-mail gave no form, and one sentence for whoever looks into it."""

    kind: FailureKind
    detail: str


class Extraction(BaseModel):
    model_config = ConfigDict(extra="forbid")

    order_id: StrictStr | None
    device: Device | None
    quantity: Annotated[StrictInt, Field(gt=0)] | None
    purchased_on: Annotated[date, Field(strict=True)] | None
    reason: Reason


FORM = TypeAdapter(Extraction)
FORMAT: ResponseFormatTextJSONSchemaConfigParam = {
    "type": "json_schema",
    "name": "return_request",
    "strict": True,
    "schema": FORM.json_schema(),
}
CUT = {"max_output_tokens": FailureKind.TRUNCATED, "content_filter": FailureKind.FILTERED}


def implausible_fields(extraction: Extraction, email: str, received_on: date) -> list[str]:
    wrong = {
        "order_id": extraction.order_id is not None and not contains_word(email, extraction.order_id),
        "purchased_on": (extraction.purchased_on or date.min) > received_on,
    }
    return [field for field, is_wrong in wrong.items() if is_wrong]


def contains_word(text: str, word: str) -> bool:
    spaced = "".join(letter if letter.isalnum() or letter == "-" else " " for letter in text)
    return word in spaced.split()


def extract_rma(client: OpenAI, email: str, received_on: date) -> Extraction | Failure:
    response = client.responses.create(model=MODEL, instructions=INSTRUCTIONS, input=email, text={"format": FORMAT})
    if response.incomplete_details and response.incomplete_details.reason:
        reason = response.incomplete_details.reason
        return Failure(CUT[reason], f"The reply was cut: {reason}.")
    refusal = "".join(refusals(response))
    if refusal:
        return Failure(FailureKind.REFUSED, refusal)
    try:
        extraction = FORM.validate_json(response.output_text)
    except ValidationError as error:
        return Failure(FailureKind.INVALID, str(error))
    wrong = implausible_fields(extraction, email, received_on)
    return Failure(FailureKind.IMPLAUSIBLE, " and ".join(wrong)) if wrong else extraction


def refusals(response: Response) -> Iterator[str]:
    for item in response.output:
        for part in item.content if item.type == "message" else ():
            if part.type == "refusal":
                yield part.refusal
