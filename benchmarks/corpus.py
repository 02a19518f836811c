"""How three plain retrievers do on the labelled queries, by stratum.

The corpus must reject both "vectors are enough" and "hybrid is always better". Every passage that the asker may read is
ranked; queries without an answer are left out.

    .venv/bin/python -m benchmarks.corpus
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import bm25s
import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, bootstrap
from sklearn.metrics import ndcg_score

from gradus.coldtrail import Query, docs, queries
from gradus.embeddings import Encoder

RRF_K = 60
METHODS = ("dense", "BM25", "RRF")
METRICS = ("hit@1", "hit@3", "nDCG@10")
OVERALL = "overall"

# An identifier such as E-4012, CT-200 or 2.10 is one word.
_WORD = re.compile(r"[a-z0-9]+(?:[-./][a-z0-9]+)*")

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """What one method did for one query: hit@1 and hit@3 are 0 or 1, nDCG@10 lies between."""

    query: Query
    method: str
    values: dict[str, float]


class Rankers:
    """The three methods over all passages of the corpus."""

    def __init__(self) -> None:
        self._documents = [document for document in docs() for _ in document.passages]
        self.ids = [passage.id for document in docs() for passage in document.passages]
        texts = [document.content(passage) for document in docs() for passage in document.passages]
        self._encoder = Encoder()
        self._vectors = self._encoder.encode(texts)
        self._words = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
        self._words.index([words(text) for text in texts], show_progress=False)

    def scores(self, query: Query) -> dict[str, Scores]:
        """For each method a score per passage, higher is better, 0 where it has nothing to say of it."""
        readable = np.array([query.asker.may_read(document) for document in self._documents])
        dense = np.where(readable, 1 + self._vectors @ self._encoder.encode(query.text), 0).astype(np.float64)
        found = self._words.get_scores(words(query.text)) if words(query.text) else np.zeros(len(self.ids))
        lexical = np.where(readable, found, 0).astype(np.float64)
        return {"dense": dense, "BM25": lexical, "RRF": _reciprocal(dense) + _reciprocal(lexical)}


def words(text: str) -> list[str]:
    """The words of a text in lower case, identifiers whole.

    Example:
        >>> words("What does E-4012 mean?")
        ['what', 'does', 'e-4012', 'mean']
    """
    return _WORD.findall(text.lower())


def _reciprocal(scores: Scores) -> Scores:
    """1 / (k + rank) for what has a score (Cormack, Clarke and Buettcher, SIGIR 2009)."""
    ranks = np.empty(len(scores))
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return np.where(scores > 0, 1 / (RRF_K + ranks), 0)


def evaluate(rankers: Rankers, asked: Iterable[Query]) -> list[Outcome]:
    """The outcome of every method for every query that has an answer."""
    return [
        Outcome(query, method, _values(rankers.ids, query, scores))
        for query in asked
        if query.answerable
        for method, scores in rankers.scores(query).items()
    ]


def _values(ids: Sequence[str], query: Query, scores: Scores) -> dict[str, float]:
    grades = np.array([query.relevance.get(name, 0) for name in ids])
    best = grades[[index for index in np.argsort(-scores, kind="stable")[:10] if scores[index] > 0]]
    return {
        "hit@1": float((best[:1] == 2).any()),
        "hit@3": float((best[:3] == 2).any()),
        "nDCG@10": float(ndcg_score([grades], [scores], k=10)),
    }


def mean(outcomes: Iterable[Outcome], method: str, metric: str, stratum: str = OVERALL) -> float:
    """The mean of one metric for one method, over a stratum or over all."""
    return float(np.mean(_select(outcomes, method, metric, stratum)))


def _select(outcomes: Iterable[Outcome], method: str, metric: str, stratum: str) -> list[float]:
    return [
        outcome.values[metric]
        for outcome in outcomes
        if outcome.method == method and stratum in (OVERALL, outcome.query.stratum)
    ]


def _interval(values: list[float], metric: str) -> tuple[float, float]:
    """95 %: Wilson's for shares, bootstrap for nDCG."""
    if metric.startswith("hit"):
        low, high = binomtest(int(sum(values)), len(values)).proportion_ci(method="wilson")
    elif len(set(values)) == 1:
        low = high = values[0]
    else:
        low, high = bootstrap([values], np.mean, rng=np.random.default_rng(0)).confidence_interval
    return float(low), float(high)


def acceptance(outcomes: list[Outcome]) -> dict[str, bool]:
    """What the corpus promises of itself, and whether it holds."""

    def of(method: str, metric: str, stratum: str = OVERALL) -> float:
        return mean(outcomes, method, metric, stratum)

    def every(metrics: Iterable[str], holds: Callable[[str], bool]) -> bool:
        return all(holds(metric) for metric in metrics)

    hits = METRICS[:2]
    overall = [of(method, metric) for method in METHODS for metric in METRICS]
    return {
        "identifiers: dense at least 20 points behind BM25 (hit@1 and hit@3)": every(
            hits, lambda metric: of("BM25", metric, "identifier") - of("dense", metric, "identifier") >= 0.2
        ),
        "paraphrases: BM25 at least 20 points behind dense (hit@1 and hit@3)": every(
            hits, lambda metric: of("dense", metric, "paraphrase") - of("BM25", metric, "paraphrase") >= 0.2
        ),
        "paraphrases: always-on RRF at least 10 points behind dense (hit@1 or hit@3)": not every(
            hits, lambda metric: of("dense", metric, "paraphrase") - of("RRF", metric, "paraphrase") < 0.1
        ),
        "no method above .95 or below .25 overall (all three metrics)": min(overall) >= 0.25 and max(overall) <= 0.95,
    }


def table(outcomes: list[Outcome]) -> str:
    """Means with 95 % intervals, a line per stratum."""
    strata = [*dict.fromkeys(outcome.query.stratum for outcome in outcomes), OVERALL]
    lines = []
    for metric in METRICS:
        lines.append(f"{metric:<16}{'n':>4}  " + "".join(f"{method:<20}" for method in METHODS))
        for stratum in strata:
            cells = []
            for method in METHODS:
                values = _select(outcomes, method, metric, stratum)
                low, high = _interval(values, metric)
                cells.append(f"{np.mean(values):.2f} [{low:.2f}, {high:.2f}]")
            count = len(_select(outcomes, METHODS[0], metric, stratum))
            lines.append(f"{stratum:<16}{count:>4}  " + "".join(f"{cell:<20}" for cell in cells))
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Print the tables of both halves and of all, and what holds."""
    rankers = Rankers()
    halves = {"dev": evaluate(rankers, queries("dev")), "held out": evaluate(rankers, queries("held_out"))}
    for name, outcomes in {**halves, "both halves": [outcome for half in halves.values() for outcome in half]}.items():
        print(f"{name}\n{'=' * len(name)}\n{table(outcomes)}")
        for promise, holds in acceptance(outcomes).items():
            print(f"{'holds' if holds else 'FAILS':<7}{promise}")
        print()


if __name__ == "__main__":
    main()
