"""What the provider keeps: completions and responses, to be fetched, listed, continued and deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .contract import check_chat_update
from .contract.paging import check_paging, metadata_filter
from .errors import ApiError, Rejected, bad_request, invalid_url, method_not_allowed
from .ledger import Exchange
from .models import chat_model
from .wire.listing import page

KEPT = 1000


@dataclass(frozen=True)
class Stored:
    """One of them: its body, and what the model was given, as lists show it."""

    body: dict[str, Any]
    given: list[dict[str, Any]]


class Store:
    """The last 1000 of one kind.

    Args:
        kind: how messages call one of them ("Response").
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._entries: dict[str, Stored] = {}

    def __iter__(self) -> Iterator[Stored]:
        """The oldest first."""
        return iter(self._entries.values())

    def get(self, name: str) -> Stored | None:
        return self._entries.get(name)

    def find(self, name: str) -> Stored:
        """The one of this id. Raises Rejected if there is none."""
        entry = self._entries.get(name)
        if entry is None:
            raise Rejected(ApiError(404, f"{self._kind} with id '{name}' not found."))
        return entry

    def put(self, entry: Stored) -> None:
        """Keep it under the id in its body; one that was there keeps its place."""
        self._entries[entry.body["id"]] = entry
        if len(self._entries) > KEPT:
            del self._entries[next(iter(self._entries))]

    def delete(self, name: str) -> None:
        """Raises Rejected if there is none of this id."""
        self.find(name)
        del self._entries[name]


def about_completions(store: Store, exchange: Exchange, query: Mapping[str, str], path: list[str]) -> dict[str, Any]:
    """The body that answers a request about stored completions.

    Args:
        store: where they are kept.
        exchange: the request.
        query: its query string.
        path: what stands behind /v1/chat/completions.
    """
    match exchange.method, path:
        case "GET", []:
            return _listed(store, query)
        case "GET", [name]:
            return store.find(name).body
        case "POST", [name]:
            entry = store.find(name)
            check_chat_update(exchange.request)
            changed = {**entry.body, "metadata": exchange.request["metadata"] or {}}
            store.put(replace(entry, body=changed))
            return changed
        case "DELETE", [name]:
            store.delete(name)
            return {"id": name, "object": "chat.completion.deleted", "deleted": True}
        case "GET", [name, "messages"]:
            return page(store.find(name).given, check_paging(query, "asc"))
        case _, [] | [_] | [_, "messages"]:
            raise method_not_allowed(exchange.method, exchange.path)
    raise invalid_url(exchange.method, exchange.path)


def about_responses(store: Store, exchange: Exchange, query: Mapping[str, str], path: list[str]) -> dict[str, Any]:
    """The same for stored responses; `path` is what stands behind /v1/responses."""
    match exchange.method, path:
        case "GET", [name]:
            return store.find(name).body
        case "DELETE", [name]:
            store.delete(name)
            return {"id": name, "object": "response", "deleted": True}
        case "GET", [name, "input_items"]:
            return page(store.find(name).given, check_paging(query, "desc"))
        case "POST", [name, "cancel"]:
            store.find(name)
            raise bad_request("Cannot cancel a synchronous response: only those made with background=true can be.")
        case _, [] | [_] | [_, "input_items" | "cancel"]:
            raise method_not_allowed(exchange.method, exchange.path)
    raise invalid_url(exchange.method, exchange.path)


def earlier_items(store: Store, body: dict[str, Any]) -> list[dict[str, Any]]:
    """All items of the response that a request continues, [] if it continues none; Rejected if that is not kept."""
    name = body.get("previous_response_id")
    if not isinstance(name, str):
        return []
    earlier = store.get(name)
    if earlier is None:
        message = f"Previous response with id '{name}' not found."
        raise bad_request(message, "previous_response_id", "previous_response_not_found")
    return [*earlier.given, *earlier.body["output"]]


def _listed(store: Store, query: Mapping[str, str]) -> dict[str, Any]:
    """The body of a page of completions, those of one model or with certain metadata if the query says so."""
    paging = check_paging(query, "asc")
    wanted = metadata_filter(query)
    asked = query.get("model", "")
    model = chat_model(asked)
    name = model.name if model else asked
    bodies = [
        entry.body
        for entry in store
        if name in ("", entry.body["model"]) and wanted.items() <= entry.body["metadata"].items()
    ]
    return page(bodies, paging)
