"""What /v1/embeddings accepts: one text, or up to 2048 of them."""

from __future__ import annotations

from typing import Any

from ..errors import bad_request, invalid_type
from .parameters import STRING, Parameter, check_parameters, empty_array, long_array

MAX_TEXTS = 2048
DIMENSIONS = 384
PARAMETERS = {
    "dimensions": Parameter("an integer", 1, DIMENSIONS),
    "encoding_format": Parameter("a string", choices=("float", "base64")),
    "input": Parameter("a string or an array"),
    "model": STRING,
    "user": STRING,
}


def check_embeddings(body: dict[str, Any]) -> list[str]:
    """The texts to embed.

    Raises Rejected for a body that the API would turn down, and for token arrays: their vocabulary is not ours.
    """
    check_parameters(body, PARAMETERS, required=("model", "input"))
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    if not texts:
        raise empty_array("input")
    if len(texts) > MAX_TEXTS:
        raise long_array("input", MAX_TEXTS, len(texts))
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise invalid_type(f"input[{place}]", "a string", text)
        if not text:
            raise bad_request("Invalid 'input': input cannot be an empty string.", "input")
    return texts
