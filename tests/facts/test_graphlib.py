"""graphlib and networkx, as m1_engineering/e01_role_compass tells them."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import networkx
import pytest


def order(graph: dict[str, list[str]]) -> list[str]:
    return list(TopologicalSorter(graph).static_order())


def test_a_name_that_is_only_needed_is_taken_for_a_node() -> None:
    assert order({"api": ["databse"], "database": []}) == ["databse", "database", "api"]


def test_the_order_goes_level_by_level() -> None:
    assert order({"api": ["database"], "worker": []}) == ["database", "worker", "api"]


def test_the_same_graph_listed_otherwise_may_have_another_order() -> None:
    assert order({"api": [], "worker": []}) == ["api", "worker"]
    assert order({"worker": [], "api": []}) == ["worker", "api"]


def test_a_cycle_is_listed_from_what_is_needed_with_its_first_name_twice() -> None:
    with pytest.raises(CycleError) as caught:
        TopologicalSorter({"api": ["cache"], "cache": ["worker"], "worker": ["api"]}).prepare()
    assert caught.value.args[1] == ["api", "worker", "cache", "api"]


def test_get_ready_says_what_can_start_now() -> None:
    sorter = TopologicalSorter({"api": ["database"], "worker": []})
    sorter.prepare()
    assert set(sorter.get_ready()) == {"database", "worker"}
    sorter.done("database")
    assert sorter.get_ready() == ("api",)


def test_networkx_sorts_by_the_smallest_key_that_is_ready() -> None:
    places = {name: place for place, name in enumerate(["deploy", "document", "test", "announce"])}
    graph = networkx.DiGraph([("test", "deploy")])
    graph.add_nodes_from(places)
    assert list(networkx.lexicographical_topological_sort(graph, key=places.__getitem__)) == [
        "document",
        "test",
        "deploy",
        "announce",
    ]


def test_networkx_knows_ancestors_and_cycles() -> None:
    graph = networkx.DiGraph([("a", "b"), ("b", "c")])
    assert networkx.ancestors(graph, "c") == {"a", "b"}
    graph.add_edge("c", "a")
    assert list(networkx.find_cycle(graph)) == [("a", "b"), ("b", "c"), ("c", "a")]
