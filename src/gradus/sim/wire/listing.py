"""/v1/models: what can be asked."""

from __future__ import annotations

from typing import Any

from ..models import NAMES


def models(created: int) -> dict[str, Any]:
    """The body of the models list."""
    return {"object": "list", "data": [model(name, created) for name in NAMES]}


def model(name: str, created: int) -> dict[str, Any]:
    """The body of one model."""
    return {"id": name, "object": "model", "created": created, "owned_by": "gradus"}
