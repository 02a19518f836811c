"""Builds minilm.onnx, the computation of all-MiniLM-L6-v2 without its weights.

The file holds one text's way through the network: wordpiece ids of shape (n,) in, one unit vector of shape (384,) out.
There is no batch and so no padding and no mask: on one thread a batch is hardly faster, and this way a text's vector
never depends on what else was encoded with it. The weights stay in the installed safetensors file, under its names.

The network is BERT (https://arxiv.org/abs/1810.04805): six layers of self-attention with twelve heads and a
feed-forward part. The vector is the mean over all wordpieces (https://arxiv.org/abs/1908.10084), scaled to unit length.

`python -m gradus.embeddings.graph` writes the file anew; it needs the development dependency `onnx`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from gradus.embeddings.weights import DIMENSIONS, WEIGHTS

LAYERS = 6
HEADS = 12
HEAD_SIZE = DIMENSIONS // HEADS
HIDDEN = 1536
VOCABULARY = 30522
POSITIONS = 512
EPSILON = 1e-12


class GraphBuilder:
    """Collects nodes, constants and weights; each method returns the name of the value it adds."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.initializers: list[TensorProto] = []

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """One operator with one output."""
        output = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def constant(self, name: str, values: Sequence[int] | float) -> str:
        """An int64 vector, or a float32 number."""
        array = np.array(values, np.float32 if isinstance(values, float) else np.int64)
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def weight(self, name: str, *shape: int) -> str:
        """A float32 tensor whose bytes the engine brings from the safetensors file when it loads the graph."""
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
        tensor.external_data.add(key="location", value=WEIGHTS)
        self.initializers.append(tensor)
        return name

    def linear(self, x: str, part: str, outputs: int, inputs: int) -> str:
        weight, bias = self.weight(f"{part}.weight", outputs, inputs), self.weight(f"{part}.bias", outputs)
        return self.node("Gemm", x, weight, bias, transB=1)

    def layer_norm(self, x: str, part: str) -> str:
        scale, bias = self.weight(f"{part}.weight", DIMENSIONS), self.weight(f"{part}.bias", DIMENSIONS)
        return self.node("LayerNormalization", x, scale, bias, axis=-1, epsilon=EPSILON)


def build() -> ModelProto:
    """The whole network as an ONNX model: "ids", int64 (n,), to "vector", float32 (384,).

    Returns:
        The model, in operator set 20; each weight refers to model.safetensors and carries no data.

    Example:
        >>> len(build().SerializeToString()) < 20_000
        True
    """
    graph = GraphBuilder()
    graph.constant("split_heads", [-1, HEADS, HEAD_SIZE])
    graph.constant("join_heads", [-1, DIMENSIONS])
    graph.constant("attention_scale", HEAD_SIZE**-0.5)
    x = _embed(graph)
    for layer in range(LAYERS):
        part = f"encoder.layer.{layer}"
        x = graph.layer_norm(graph.node("Add", _attend(graph, x, part), x), f"{part}.attention.output.LayerNorm")
        x = graph.layer_norm(graph.node("Add", _feed_forward(graph, x, part), x), f"{part}.output.LayerNorm")
    mean = graph.node("ReduceMean", x, graph.constant("wordpieces", [0]), keepdims=0)
    graph.nodes.append(helper.make_node("LpNormalization", [mean], ["vector"], axis=0, p=2))
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "all-MiniLM-L6-v2",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"])],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [DIMENSIONS])],
            graph.initializers,
        ),
        opset_imports=[helper.make_opsetid("", 20)],
        ir_version=9,
        producer_name="gradus",
    )


def _embed(graph: GraphBuilder) -> str:
    """Word, position and segment embeddings, summed: (n, 384). There is only one segment, number 0."""
    words = graph.node("Gather", graph.weight("embeddings.word_embeddings.weight", VOCABULARY, DIMENSIONS), "ids")
    positions = graph.node(
        "Slice",
        graph.weight("embeddings.position_embeddings.weight", POSITIONS, DIMENSIONS),
        graph.constant("first", [0]),
        graph.node("Shape", "ids"),
    )
    segments = graph.weight("embeddings.token_type_embeddings.weight", 2, DIMENSIONS)
    segment = graph.node("Gather", segments, "first")
    return graph.layer_norm(
        graph.node("Add", graph.node("Add", words, segment), positions),
        "embeddings.LayerNorm",
    )


def _attend(graph: GraphBuilder, x: str, part: str) -> str:
    """Self-attention of twelve heads: softmax(query · key / √32) · value, joined and projected: (n, 384)."""

    def heads(name: str, permutation: list[int]) -> str:
        flat = graph.linear(x, f"{part}.attention.self.{name}", DIMENSIONS, DIMENSIONS)
        return graph.node("Transpose", graph.node("Reshape", flat, "split_heads"), perm=permutation)

    query, key, value = heads("query", [1, 0, 2]), heads("key", [1, 2, 0]), heads("value", [1, 0, 2])
    scores = graph.node("Mul", graph.node("MatMul", query, key), "attention_scale")
    mixed = graph.node("MatMul", graph.node("Softmax", scores, axis=-1), value)
    joined = graph.node("Reshape", graph.node("Transpose", mixed, perm=[1, 0, 2]), "join_heads")
    return graph.linear(joined, f"{part}.attention.output.dense", DIMENSIONS, DIMENSIONS)


def _feed_forward(graph: GraphBuilder, x: str, part: str) -> str:
    hidden = graph.node("Gelu", graph.linear(x, f"{part}.intermediate.dense", HIDDEN, DIMENSIONS))
    return graph.linear(hidden, f"{part}.output.dense", DIMENSIONS, HIDDEN)


if __name__ == "__main__":
    Path(__file__).with_name("minilm.onnx").write_bytes(build().SerializeToString())
