"""The real questions, the real curriculum, and one of thirty exercises as it may become."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradus.curriculum import Curriculum, Exercise, Module, read_curriculum
from gradus.paths import Bank, read_bank

ROOT = Path(__file__).resolve().parents[2]

# Slugs of each module, with the needs that are not the exercise before.
GROWN = {
    "m1_engineering": {
        "e00_first_flight": [],
        "e05_error_taxonomy": ["m1_engineering/e00_first_flight"],
        "e06_retry_budget": ["m1_engineering/e05_error_taxonomy"],
        "e09_idempotency": ["m1_engineering/e00_first_flight"],
    },
    "m2_llms": {
        "e04_structured_extract": ["m1_engineering/e00_first_flight"],
        "e06_stream_assembler": ["m1_engineering/e06_retry_budget"],
        "e12_eval_harness": [],
    },
    "m3_retrieval": {
        "e01_what_embeddings_see": [],
        "e04_vector_store": ["m3_retrieval/e01_what_embeddings_see", "m9_gone/e01_unknown"],
        "e13_rag_answer": ["m3_retrieval/e04_vector_store", "m2_llms/e04_structured_extract"],
    },
    "m4_agents": {
        "e01_agent_loop": ["m2_llms/e04_structured_extract"],
        "e07_human_approval": ["m4_agents/e01_agent_loop"],
        "e12_saga": ["m4_agents/e07_human_approval", "m1_engineering/e09_idempotency"],
    },
}


def exercise(stem: str, needs: list[str]) -> Exercise:
    return Exercise(Path(), stem, stem, 60, "", tuple(needs), (), ())


@pytest.fixture(scope="session")
def bank() -> Bank:
    return read_bank()


@pytest.fixture(scope="session")
def curriculum() -> Curriculum:
    return read_curriculum(ROOT)


@pytest.fixture(scope="session")
def grown() -> Curriculum:
    modules = (
        Module(name, name, tuple(exercise(f"{name}/{slug}", needs) for slug, needs in slugs.items()))
        for name, slugs in GROWN.items()
    )
    return Curriculum(Path(), tuple(modules))
