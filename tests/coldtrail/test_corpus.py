"""The corpus as a whole: nothing has drifted from what it is derived from, and it keeps what it promises of itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.corpus import METHODS, METRICS, OVERALL, Outcome, Rankers, acceptance, evaluate, mean
from gradus.authoring.corpus.derive import UNTRACKED, derive
from gradus.coldtrail import data_folder, docs, queries

DIGEST = """
import hashlib
from gradus.authoring.corpus.derive import derive
from gradus.coldtrail import data_folder

digest = hashlib.sha256()
for name, content in derive(data_folder()).items():
    digest.update(name.encode() + content)
print(digest.hexdigest())
"""


@pytest.fixture(scope="module")
def derived() -> dict[str, bytes]:
    return derive(data_folder())


def test_nothing_has_drifted(derived: dict[str, bytes]) -> None:
    """Run `make corpus` and commit what it writes."""
    drifted = [name for name, content in derived.items() if (data_folder() / name).read_bytes() != content]
    assert drifted == []


def test_derived_folders_hold_nothing_else(derived: dict[str, bytes]) -> None:
    folder = data_folder()
    present = {path.relative_to(folder).as_posix() for path in folder.glob("**/derived/*")}
    assert present - set(derived) == set()


def test_the_corpus_is_derived_alike_whatever_the_hash_seed(derived: dict[str, bytes]) -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_the_data_sheet_names_every_file_that_is_not_a_document() -> None:
    folder = data_folder()
    sheet = (folder / "README.md").read_text(encoding="utf-8")
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith("docs/") and name not in UNTRACKED:
            assert path.name in sheet or f"{path.parent.relative_to(folder).as_posix()}/" in sheet, name


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    """What the three methods do for every query that has an answer."""
    return evaluate(Rankers(), (*queries("dev"), *queries("held_out")))


def test_the_acceptance_of_the_labelled_queries(outcomes: list[Outcome]) -> None:
    """Neither "vectors are enough" nor "hybrid is always better" may be true of this corpus."""
    assert [promise for promise, holds in acceptance(outcomes).items() if not holds] == []


def sheet(head: str) -> list[list[str]]:
    """The rows of the data sheet's table whose head begins with this."""
    text = (data_folder() / "README.md").read_text(encoding="utf-8")
    _, found, below = text.partition(f"| {head}")
    assert found, head
    rows = below.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in rows]


def test_the_data_sheet_counts_the_documents() -> None:
    for kind, documents, passages, *_ in sheet("kind | documents"):
        found = [document for document in docs() if document.kind == kind]
        assert (int(documents), int(passages)) == (len(found), sum(len(one.passages) for one in found)), kind


def test_the_data_sheet_tells_what_plain_retrievers_do(outcomes: list[Outcome]) -> None:
    """Within a few points: another processor rounds vectors otherwise, and a near tie goes the other way."""
    for stratum, count, *hits, _ in sheet("stratum | n | dense"):
        for method, cell in zip(METHODS, hits, strict=True):
            for metric, told in zip(METRICS, cell.split(" / "), strict=False):
                assert mean(outcomes, method, metric, stratum) == pytest.approx(float(told), abs=0.06), (
                    stratum,
                    method,
                )
        assert int(count) == sum(o.method == "dense" and stratum in (OVERALL, o.query.stratum) for o in outcomes)
