"""Structured extraction: turn a return request into typed fields, or say explicitly why not.

Lesson: modules/m2_llms/e04_structured_extract.md
Grade:  make grade EX=m2/e04
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from openai import ContentFilterFinishReasonError, LengthFinishReasonError, OpenAI
from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError

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


# The SDK sends the docstring of Extraction with its schema. An example in there would show the model what to guess, so
# it stands here:
# >>> text = '{"order_id": null, "device": "CT-210", "quantity": 2, "purchased_on": "2026-02-27", "reason": "other"}'
# >>> Extraction.model_validate_json(text)
# Extraction(order_id=None, device=<Device.CT_210: 'CT-210'>, quantity=2, purchased_on=datetime.date(2026, 2, 27), ...)
class Extraction(BaseModel):
    """A return request, as far as the customer's e-mail states it.

    Fields:
        order_id: text, the order's id exactly as the e-mail writes it; or null.
        device: one of the listed devices, the one that comes back; or null.
        quantity: an integer of at least 1, how many come back; or null.
        purchased_on: text, the day of purchase as an ISO 8601 date without a time of day; or null.
        reason: one of the listed reasons; never null.

    null means that the e-mail does not state it. All five keys must be there and no others. Nothing is converted to
    make it fit: the text "12" is not a quantity, "CT-210 " is not a device, and the number 0 is not a date.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    # No field has a default: a missing key is a question left open, and only null says "the e-mail does not state it".
    order_id: str | None
    device: Device | None
    quantity: PositiveInt | None
    purchased_on: date | None
    reason: Reason


def implausible_fields(extraction: Extraction, email: str, received_on: date) -> list[str]:
    """Name the fields of a valid form that cannot be right, given the e-mail it was filled in from.

    - "order_id" cannot be right unless the e-mail contains it, exactly, as a word of its own. A word is an unbroken run
      of letters, digits, underscores and hyphens: in an e-mail about CO-104823-2 there is no word CO-104823, and
      "order CO-104823" is two words.
    - "purchased_on" cannot be right if it lies after the day on which the e-mail arrived.

    A field that is None claims nothing, so nothing is wrong with it.

    Args:
        extraction: a valid form.
        email: the text of the e-mail.
        received_on: the day on which the e-mail arrived.

    Returns:
        The names of the fields that cannot be right, in the order of the form; [] if there are none.

    Example:
        >>> form.order_id
        'CO-104832'
        >>> implausible_fields(form, "Please take back order CO-104823.", date(2026, 3, 20))
        ['order_id']
    """
    doubtful = []
    # Not `in email`: the first half of another order's id is in there too, and so is the empty string.
    if extraction.order_id is not None and extraction.order_id not in re.findall(r"[\w-]+", email):
        doubtful.append("order_id")
    if extraction.purchased_on is not None and extraction.purchased_on > received_on:
        doubtful.append("purchased_on")
    return doubtful


def extract_rma(client: OpenAI, email: str, received_on: date) -> Extraction | Failure:
    """Have the model fill in the form from an e-mail, and return the form or the reason why there is none.

    Ask once, with the model MODEL, the INSTRUCTIONS, the e-mail unchanged as the user's message, and the strict JSON
    schema of Extraction as the output format. Whatever comes back, do not repair it and do not ask again; retries that
    the client makes by itself are its owner's business. The first line that applies decides:

    - The provider reports that it cut the reply at the length limit: TRUNCATED, even if the text is whole JSON.
    - The provider reports that its content filter cut the reply: FILTERED, whatever its text is.
    - The model refused: REFUSED, even if it wrote a form as well; with the model's words in `detail`.
    - The text is not exactly one valid form (it is empty, fenced, wrapped in prose, breaks the schema): INVALID. If
      fields are at fault, `detail` names every one of them.
    - `implausible_fields` names fields: IMPLAUSIBLE, with all their names in `detail`.
    - Otherwise: the form, as the model filled it in.

    Args:
        client: an OpenAI client, ready to use.
        email: the text of the customer's e-mail.
        received_on: the day on which it arrived.

    Returns:
        The form, or a Failure of one of the five kinds.

    Raises:
        openai.APIError: there is no reply (bad request, wrong key, rate limit, outage, time-out). It is the client's
            own exception: the e-mail has nothing to do with it, and the caller decides whether to try again.

    Example:
        >>> extract_rma(client, "Our CT-210 from order CO-104823 stopped logging.", date(2026, 3, 20))
        Extraction(order_id='CO-104823', device=<Device.CT_210: 'CT-210'>, quantity=None, purchased_on=None,
                   reason=<Reason.DEFECTIVE: 'defective'>)
    """
    try:
        completion = client.chat.completions.parse(
            model=MODEL,
            messages=[{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": email}],
            response_format=Extraction,
        )
    except LengthFinishReasonError:
        return Failure(FailureKind.TRUNCATED, "The reply was cut at the length limit.")
    except ContentFilterFinishReasonError:
        return Failure(FailureKind.FILTERED, "The reply was cut by the content filter.")
    except ValidationError as error:
        return Failure(FailureKind.INVALID, _problems(error))
    message = completion.choices[0].message
    if message.refusal:
        return Failure(FailureKind.REFUSED, message.refusal)
    if message.parsed is None:
        return Failure(FailureKind.INVALID, "The reply is empty.")
    doubtful = implausible_fields(message.parsed, email, received_on)
    if doubtful:
        return Failure(FailureKind.IMPLAUSIBLE, f"These fields do not fit the e-mail: {', '.join(doubtful)}.")
    return message.parsed


def _problems(error: ValidationError) -> str:
    """What is wrong with which field; without the values, because this goes to logs and they are the customer's."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, problem['loc'])) or 'reply'}: {problem['msg']}" for problem in problems)
