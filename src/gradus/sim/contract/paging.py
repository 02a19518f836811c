"""How a list is to be paged, as its query string says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..errors import invalid_type
from .parameters import Parameter, check_value

LIMIT = Parameter("an integer", 1, 100)
ORDER = Parameter("a string", choices=("asc", "desc"))
DEFAULT_LIMIT = 20


class Paging(NamedTuple):
    """Up to `limit` entries, behind the one with the id `after` if there is one."""

    limit: int
    after: str | None
    newest_first: bool


def check_paging(query: Mapping[str, str], order: str) -> Paging:
    """What `limit`, `after` and `order` say; `order` is the one by default. Raises Rejected for senseless values."""
    limit = query.get("limit", str(DEFAULT_LIMIT))
    try:
        number = int(limit)
    except ValueError:
        raise invalid_type("limit", "an integer", limit) from None
    check_value("limit", number, LIMIT)
    order = query.get("order", order)
    check_value("order", order, ORDER)
    return Paging(number, query.get("after"), order == "desc")


def metadata_filter(query: Mapping[str, str]) -> dict[str, str]:
    """What the entries' metadata must hold: `metadata[ticket]=7` in the query string."""
    return {
        name.removeprefix("metadata[").removesuffix("]"): value
        for name, value in query.items()
        if name.startswith("metadata[") and name.endswith("]")
    }
