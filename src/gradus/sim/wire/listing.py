"""Lists: the models, and pages of what is stored."""

from __future__ import annotations

from typing import Any

from ..contract.paging import Paging
from ..errors import bad_request
from ..models import NAMES


def models(created: int) -> dict[str, Any]:
    """The body of the models list."""
    return {"object": "list", "data": [model(name, created) for name in NAMES]}


def model(name: str, created: int) -> dict[str, Any]:
    """The body of one model."""
    return {"id": name, "object": "model", "created": created, "owned_by": "gradus"}


def page(entries: list[dict[str, Any]], paging: Paging) -> dict[str, Any]:
    """The body of one page of entries that have ids, given oldest first.

    Raises:
        Rejected: there is no entry for the page to come after.
    """
    ordered = entries[::-1] if paging.newest_first else entries
    if paging.after is not None:
        places = [place for place, entry in enumerate(ordered) if entry["id"] == paging.after]
        if not places:
            raise bad_request(f"Invalid 'after': the list has no '{paging.after}'.", "after", "invalid_value")
        ordered = ordered[places[0] + 1 :]
    shown = ordered[: paging.limit]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": len(ordered) > len(shown),
    }
