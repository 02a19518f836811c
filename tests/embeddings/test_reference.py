"""The two engines, and other models. The only tests that import sentence-transformers, which takes 8 to 10 seconds."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gradus.curriculum import read_curriculum
from gradus.embeddings import DIMENSIONS, MAX_SEQ_LENGTH, Encoder, ModelError, installed_model
from gradus.embeddings.encoder import load_engine
from gradus.grading.pool import Pool
from gradus.grading.verdicts import Status

TEXTS = {
    "empty": "",
    "space": " ",
    "whitespace": " \t\n\r\u00a0\u2003 ",
    "word": "refrigerated",
    "sentence": "The reefer container left Rotterdam at -18.5 °C.",
    "case": "ERROR E-4012: Setpoint NOT reached",
    "600 words": "temperature log " * 300,
    "600 different words": " ".join(f"word{number}" for number in range(600)),
    "one long word": "a" * 5000,
    "emoji": "🚚❄️ delivered 👩‍🔧🇳🇱",
    "CJK": "冷たい鎖 の温度。 低温物流 냉장 물류",
    "right to left": "سلسلة التبريد שרשרת קירור",
    "accents": "Straße, İstanbul, e\u0301clair, ﬁsh, naïve",
    "code": "def retry(n: int) -> None:\n    for _ in range(n):\n        pass  # again?\n",
    "json": '{"id": 7, "tags": ["a", "b"], "ok": null}',
    "control characters": "\x00a\x01b\x7fc\u200bd",
    "special tokens": "[CLS] [SEP] [MASK] [PAD] [UNK]",
    "unknown characters": "𓀀𓁐 ꧁꧂",
}


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return Encoder("sentence-transformers", tmp_path_factory.mktemp("reference"))


@pytest.fixture(scope="session")
def expected(reference: Encoder) -> dict[str, NDArray[np.float32]]:
    return dict(zip(TEXTS, reference.encode(list(TEXTS.values())), strict=True))


@pytest.mark.parametrize("kind", TEXTS)
def test_both_engines_agree(kind: str, expected: dict[str, NDArray[np.float32]], tmp_path: Path) -> None:
    vector = Encoder("onnx", tmp_path).encode(TEXTS[kind])
    assert np.abs(vector - expected[kind]).max() <= 1e-5


def test_both_engines_say_the_same_of_themselves(reference: Encoder) -> None:
    for engine in (load_engine(name, str(installed_model())) for name in ("sentence-transformers", "onnx")):
        assert (engine.dimensions, engine.max_seq_length) == (DIMENSIONS, MAX_SEQ_LENGTH)
    assert (reference.get_embedding_dimension(), reference.max_seq_length) == (DIMENSIONS, MAX_SEQ_LENGTH)


def test_another_model_is_named_by_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "shorter"
    shutil.copytree(installed_model(), folder, ignore=shutil.ignore_patterns("*.safetensors"))
    (folder / "model.safetensors").symlink_to(installed_model() / "model.safetensors")
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 16, "do_lower_case": false}')
    other = Encoder(str(folder), tmp_path / "cache")
    assert other.encode([]).shape == (0, DIMENSIONS)
    assert other.max_seq_length == 16
    assert np.array_equal(*other.encode(["cold " * 20, "cold " * 30]))
    assert other.misses == 2


def test_a_model_that_is_not_on_this_machine_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"(?s)cannot load the model 'nobody/no-such-model'.*hf download"):
        Encoder("nobody/no-such-model", tmp_path / "cache").encode("a")


def test_a_model_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=rf"(?s)cannot load the model '{tmp_path}'.*GRADUS_ENCODER"):
        Encoder(str(tmp_path), tmp_path / "cache").encode("a")


def test_an_exercise_grades_alike_on_sentence_transformers_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADUS_ENCODER", "sentence-transformers")
    root = Path(__file__).resolve().parents[2]
    exercise = read_curriculum(root).exercise("m3_retrieval/e04_vector_store")
    with Pool([exercise]) as pool:
        result = pool.grade(exercise, root / "solutions")
    assert result.status is Status.DONE, [test.message for task in result.tasks for test in task.tests]
