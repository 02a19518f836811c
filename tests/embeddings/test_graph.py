"""The checked-in graph is what graph.py builds."""

from __future__ import annotations

import onnx

from gradus.embeddings import onnx_engine
from gradus.embeddings.graph import build


def test_the_checked_in_graph_is_up_to_date() -> None:
    checked_in = onnx.ModelProto.FromString(onnx_engine.GRAPH.read_bytes())
    assert checked_in == build(), "run `python -m gradus.embeddings.graph`"


def test_the_graph_carries_no_weights() -> None:
    assert onnx_engine.GRAPH.stat().st_size < 25_000
