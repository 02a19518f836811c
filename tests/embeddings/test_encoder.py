"""The encoder on the onnx engine: shapes, bad input, counters, cache, settings, and what it leaves unloaded."""

from __future__ import annotations

import subprocess
import sys
from enum import StrEnum
from pathlib import Path

import numpy as np
import pytest

import gradus
from gradus.embeddings import DIMENSIONS, MAX_SEQ_LENGTH, Encoder
from gradus.embeddings import encoder as encoder_module

HEAVY = ("torch", "onnxruntime", "sentence_transformers", "tokenizers", "onnx", "transformers")
TEXTS = ["Where is my parcel?", "", "cold " * 600, "冷たい鎖", "🚚❄️", "def f(x):\n    return x"]


@pytest.fixture
def encoder(tmp_path: Path) -> Encoder:
    return Encoder("onnx", tmp_path / "cache")


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, whoever asks for an engine fails."""

    def refuse(engine: str, model: str) -> None:
        raise AssertionError("the engine was loaded")

    monkeypatch.setattr(encoder_module, "load_engine", refuse)


def run_python(code: str, *arguments: object) -> str:
    """What a fresh interpreter prints; it fails the test when it fails."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_text_gives_one_vector(encoder: Encoder) -> None:
    vector = encoder.encode("cold chain")
    assert vector.shape == (DIMENSIONS,)
    assert vector.dtype == np.float32


@pytest.mark.parametrize("container", [list, tuple, np.array])
def test_many_texts_give_a_row_each(encoder: Encoder, container: type) -> None:
    vectors = encoder.encode(container(TEXTS))
    assert vectors.shape == (len(TEXTS), DIMENSIONS)
    assert vectors.dtype == np.float32
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert np.array_equal(vector, Encoder("onnx", encoder.cache.file.parent).encode(text))


def test_no_texts_give_no_rows(encoder: Encoder, no_engine: None) -> None:
    assert encoder.encode([]).shape == (0, DIMENSIONS)


def test_a_vector_does_not_depend_on_its_company(tmp_path: Path) -> None:
    together = Encoder("onnx", tmp_path / "together").encode([*TEXTS, "x" * 5000])
    backwards = Encoder("onnx", tmp_path / "backwards").encode(["x" * 5000, *reversed(TEXTS)])[::-1]
    alone = np.stack([Encoder("onnx", tmp_path / "alone").encode(text) for text in [*TEXTS, "x" * 5000]])
    assert np.abs(together - alone).max() <= 1e-6
    assert np.abs(together - backwards).max() <= 1e-6


def test_what_is_too_long_is_cut(encoder: Encoder) -> None:
    vectors = encoder.encode(["cold " * 600, "cold " * (MAX_SEQ_LENGTH - 2), "cold " * (MAX_SEQ_LENGTH - 3)])
    assert np.array_equal(vectors[0], vectors[1])
    assert not np.array_equal(vectors[1], vectors[2])


def test_arguments_of_sentence_transformers_are_accepted(encoder: Encoder) -> None:
    plain = encoder.encode(TEXTS)
    dressed = encoder.encode(
        TEXTS, batch_size=2, show_progress_bar=False, convert_to_numpy=True, normalize_embeddings=True
    )
    assert np.allclose(plain, dressed, atol=1e-6)
    assert encoder.get_embedding_dimension() == encoder.get_sentence_embedding_dimension() == 384
    assert encoder.max_seq_length == MAX_SEQ_LENGTH == 256


def test_normalizing_scales_to_unit_length(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = np.array([[0.0], [0.5], [3.0]], np.float32)
    monkeypatch.setattr(encoder, "_vectors", lambda texts: lengths * np.float32(384**-0.5) * np.ones(384, np.float32))
    norms = np.linalg.norm(encoder.encode(["a", "b", "c"], normalize_embeddings=True), axis=1)
    assert np.allclose(norms, [0, 1, 1])


def test_a_returned_vector_may_be_changed(encoder: Encoder) -> None:
    vectors = encoder.encode(["a", "a"])
    vectors[0] = 0
    assert not np.array_equal(vectors[0], vectors[1])
    assert np.array_equal(encoder.encode("a"), vectors[1])


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (None, "not NoneType"),
        (7, "not int"),
        (b"bytes", "not bytes"),
        ({"a"}, "not set"),
        ({"a": 1}, "not dict"),
        ((text for text in "ab"), "not generator"),
        (["a", None], "item 1 of its list is NoneType"),
        ([b"a"], "item 0 of its list is bytes"),
        ([["a"]], "item 0 of its list is list"),
        (np.array([["a"]]), "item 0 of its list is ndarray"),
        (np.array([1.0]), "item 0 of its list is float64"),
    ],
)
def test_what_is_not_text_is_refused(encoder: Encoder, no_engine: None, wrong: object, named: str) -> None:
    with pytest.raises(TypeError, match=rf"a string or a list of strings.* {named}\."):
        encoder.encode(wrong)  # type: ignore[arg-type]
    assert encoder.calls == encoder.texts == 0


def test_text_that_is_not_unicode_is_refused(encoder: Encoder, no_engine: None) -> None:
    with pytest.raises(ValueError, match=r"item 1 of its list.*surrogate"):
        encoder.encode(["fine", "half a pair: \ud83d"])


def test_kinds_of_str_are_text(encoder: Encoder) -> None:
    class Colour(StrEnum):
        RED = "red"

    vectors = encoder.encode(["red", Colour.RED, np.str_("red")])
    assert np.array_equal(vectors[0], vectors[1])
    assert np.array_equal(vectors[0], vectors[2])
    assert encoder.misses == 1


def test_calls_texts_and_misses_are_counted(encoder: Encoder) -> None:
    encoder.encode("a")
    encoder.encode(["a", "b", "b"])
    encoder.encode([])
    assert (encoder.calls, encoder.texts, encoder.misses) == (3, 4, 2)
    again = Encoder("onnx", encoder.cache.file.parent)
    again.encode(["a", "b", "c"])
    assert (again.calls, again.texts, again.misses) == (1, 3, 1)


def test_a_hit_needs_no_engine(encoder: Encoder, request: pytest.FixtureRequest) -> None:
    computed = encoder.encode(TEXTS)
    request.getfixturevalue("no_engine")
    assert np.array_equal(Encoder("onnx", encoder.cache.file.parent).encode(TEXTS), computed)
    with pytest.raises(AssertionError, match="the engine was loaded"):
        encoder.encode("something new")


def test_without_a_usable_cache_everything_is_computed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    encoder = Encoder("onnx", tmp_path / "file" / "cache")
    assert np.array_equal(encoder.encode("a"), encoder.encode(["a"])[0])
    assert encoder.misses == 2
    assert "Vectors are not cached" in encoder.cache.trouble


def test_engines_do_not_share_vectors(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights").write_text("some")
    names = ["onnx", "sentence-transformers", "a/name", "another/name", str(folder)]
    assert len({encoder_module.model_digest(name) for name in names}) == len(names)


def test_a_folder_that_changes_is_another_model(tmp_path: Path) -> None:
    (tmp_path / "weights").write_text("some")
    before = encoder_module.model_digest.__wrapped__(str(tmp_path))
    assert encoder_module.model_digest.__wrapped__(str(tmp_path)) == before
    (tmp_path / "weights").write_text("other")
    assert encoder_module.model_digest.__wrapped__(str(tmp_path)) != before


def test_the_environment_chooses_engine_and_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADUS_ENCODER", "some/model")
    monkeypatch.setenv("GRADUS_CACHE", str(tmp_path))
    assert Encoder().engine == "some/model"
    assert Encoder().cache.file.parent == tmp_path
    assert Encoder("onnx", tmp_path / "own").engine == "onnx"
    assert Encoder("onnx", tmp_path / "own").cache.file.parent == tmp_path / "own"


def test_without_settings_it_is_onnx_and_the_project_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADUS_ENCODER", raising=False)
    monkeypatch.delenv("GRADUS_CACHE", raising=False)
    root = Path(__file__).parents[2]
    assert Path(gradus.__file__).is_relative_to(root)
    assert Encoder().engine == "onnx"
    assert Encoder().cache.file.parent == root / ".cache"


def test_importing_and_making_an_encoder_loads_nothing_heavy() -> None:
    loaded = run_python("import sys; from gradus.embeddings import Encoder; Encoder(); print(*sys.modules)").split()
    assert "gradus.embeddings.onnx_engine" in loaded
    assert not set(HEAVY) & set(loaded)


def test_a_fully_cached_run_loads_nothing_heavy(encoder: Encoder) -> None:
    encoder.encode(TEXTS)
    code = """
import ast, sys
from pathlib import Path
from gradus.embeddings import Encoder
encoder = Encoder("onnx", Path(sys.argv[1]))
encoder.encode(ast.literal_eval(sys.argv[2]))
assert encoder.misses == 0
print(*sys.modules)
"""
    assert not set(HEAVY) & set(run_python(code, encoder.cache.file.parent, ascii(TEXTS)).split())


@pytest.mark.parametrize("used_before", [False, True])
def test_an_encoder_works_on_both_sides_of_a_fork(tmp_path: Path, used_before: bool) -> None:
    """Children that inherited an encoder compute, write and read at once with their parent."""
    code = """
import os, sys
from pathlib import Path
import numpy as np
from gradus.embeddings import Encoder
encoder = Encoder("onnx", Path(sys.argv[1]))
if sys.argv[2] == "True":
    encoder.encode(["before"])
children = []
for child in range(3):
    pid = os.fork()
    if pid == 0:
        vectors = encoder.encode(["before", "common", f"text of {child}"])
        os._exit(0 if vectors.shape == (3, 384) and not encoder.cache.trouble else 1)
    children.append(pid)
encoder.encode(["common", "text of the parent"])
for pid in children:
    assert os.waitpid(pid, 0)[1] == 0
misses = encoder.misses
encoder.encode(["before", "common", "text of 0", "text of 1", "text of 2", "text of the parent"])
assert encoder.misses == misses, "a child's vectors are not in the cache"
assert not encoder.cache.trouble
"""
    run_python(code, tmp_path, used_before)
