"""What /v1/moderations accepts: a text, an array of texts, or one array of content parts."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..errors import bad_request, invalid_type, invalid_value, missing_parameter
from .parameters import OBJECT, STRING, Parameter, check_parameters, check_value, empty_array

PARAMETERS = {"input": Parameter("a string or an array"), "model": STRING}
PARTS = {
    "text": {"type": STRING, "text": STRING},
    "image_url": {"type": STRING, "image_url": OBJECT},
}
IMAGE_URL = {"url": STRING}


class Moderated(NamedTuple):
    """What one result is about: its text, and the kinds of input it came in ("text", "image")."""

    text: str
    kinds: tuple[str, ...]


def check_moderations(body: dict[str, Any]) -> list[Moderated]:
    """What to moderate: each text on its own, but content parts together. Raises Rejected as the API would."""
    check_parameters(body, PARAMETERS, required=("input",))
    entries = body["input"]
    if isinstance(entries, str):
        return [Moderated(entries, ("text",))]
    if not entries:
        raise empty_array("input")
    if isinstance(entries[0], dict):
        return [_together(entries)]
    for place, entry in enumerate(entries):
        check_value(f"input[{place}]", entry, STRING)
    return [Moderated(entry, ("text",)) for entry in entries]


def _together(parts: list[Any]) -> Moderated:
    texts, images = [], 0
    for place, part in enumerate(parts):
        path = f"input[{place}]"
        if not isinstance(part, dict):
            raise invalid_type(path, "an object", part)
        kind = part.get("type")
        if kind is None:
            raise missing_parameter(f"{path}.type")
        if not isinstance(kind, str) or kind not in PARTS:
            raise invalid_value(f"{path}.type", kind, PARTS)
        check_parameters(part, PARTS[kind], required=(kind,), path=path)
        if kind == "text":
            texts.append(part["text"])
        else:
            check_parameters(part["image_url"], IMAGE_URL, required=("url",), path=f"{path}.image_url")
            images += 1
    if images > 1:
        raise bad_request("Invalid 'input': at most one image is supported.", "input", "too_many_images")
    kinds = [*(["text"] if texts else []), *(["image"] if images else [])]
    return Moderated("\n".join(texts), tuple(kinds))
