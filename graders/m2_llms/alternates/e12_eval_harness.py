"""The harness built differently: one regular expression, sufficient statistics, and a multinomial bootstrap."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import chain

import numpy as np

PUNCTUATION = ".,;:!?"
Z = 1.959963984540054
PERCENTILES = (2.5, 97.5)
RESAMPLES = 4000
ALPHA = 0.05
MIN_ITEMS = 30


@dataclass(frozen=True)
class Item:
    id: str
    slice: str
    question: str
    expected: str


@dataclass(frozen=True)
class Outcome:
    id: str
    slice: str
    answer: str | None
    error: str | None
    passed: Mapping[str, bool]


@dataclass(frozen=True)
class Rate:
    passed: int
    total: int
    rate: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Report:
    micro: Rate
    macro: float | None
    slices: Mapping[str, Rate]
    errors: Mapping[str, int]


@dataclass(frozen=True)
class Comparison:
    total: int
    won: int
    lost: int
    difference: float
    low: float
    high: float
    p_value: float


class Verdict(StrEnum):
    IMPROVED = "improved"
    REGRESSED = "regressed"
    NO_EVIDENCE = "no evidence"
    TOO_SMALL = "too small"


@dataclass(frozen=True)
class Finding:
    verdict: Verdict
    comparison: Comparison


@dataclass(frozen=True)
class Decision:
    ship: bool
    blocked_by: tuple[str, ...]
    overall: Finding
    slices: Mapping[str, Finding]


class ItemsError(ValueError):
    def __init__(self, ids: Iterable[str]) -> None:
        self.ids = tuple(sorted(set(ids)))
        super().__init__(", ".join(self.ids))


class DuplicateItemsError(ItemsError):
    pass


class LeakedItemsError(ItemsError):
    pass


class UnpairedItemsError(ItemsError):
    pass


System = Callable[[str], str]
Scorer = Callable[[Item, str], bool]


def exact_match(item: Item, answer: str) -> bool:
    return normalise(item.expected) == normalise(answer)


def normalise(text: str) -> str:
    blanks = re.sub(r"\s+", " ", text).lstrip()
    return re.sub(rf"[{re.escape(PUNCTUATION)} ]*\Z", "", blanks).casefold()


def evaluate(
    system: System, items: Sequence[Item], scorers: Mapping[str, Scorer], few_shots: Sequence[Item] = ()
) -> list[Outcome]:
    known: set[str] = set()
    twice = {item.id for item in items if item.id in known or known.add(item.id)}  # type: ignore[func-returns-value]
    if twice:
        raise DuplicateItemsError(twice)
    shown = {*chain.from_iterable((("id", shot.id), ("text", normalise(shot.question))) for shot in few_shots)}
    leaked = [item.id for item in items if shown & {("id", item.id), ("text", normalise(item.question))}]
    if leaked:
        raise LeakedItemsError(leaked)
    return list(outcomes(system, items, scorers))


def outcomes(system: System, items: Iterable[Item], scorers: Mapping[str, Scorer]) -> Iterator[Outcome]:
    for item in items:
        answer, error = None, None
        try:
            answer = system(item.question)
        except Exception as raised:
            error = raised.__class__.__name__
        passed = {name: error is None and scorer(item, answer or "") for name, scorer in scorers.items()}
        yield Outcome(id=item.id, slice=item.slice, answer=answer, error=error, passed=passed)


def wilson_interval(passed: int, total: int) -> tuple[float, float]:
    """The two roots of (p - passed / total)² = z² p (1 - p) / total, a quadratic equation in p."""
    if not total:
        return (0.0, 1.0)
    a, b, c = total + Z * Z, 2 * passed + Z * Z, passed * passed / total
    root = math.sqrt(max(b * b - 4 * a * c, 0.0))
    low, high = ((b + sign * root) / (2 * a) for sign in (-1, 1))
    return (low if passed else 0.0, high if passed < total else 1.0)


def summarise(run: Sequence[Outcome], scorer: str) -> Report:
    totals = Counter(outcome.slice for outcome in run)
    passes = Counter(outcome.slice for outcome in run if outcome.passed[scorer])
    shares = [Fraction(passes[name], totals[name]) for name in totals]
    return Report(
        rate_of(passes.total(), totals.total()),
        float(sum(shares) / len(shares)) if shares else None,
        {name: rate_of(passes[name], totals[name]) for name in totals},
        {error: count for error, count in Counter(outcome.error for outcome in run).items() if error},
    )


def rate_of(passed: int, total: int) -> Rate:
    return Rate(passed, total, passed / total if total else None, *wilson_interval(passed, total))


def compare(
    old: Sequence[Outcome], new: Sequence[Outcome], scorer: str, *, seed: int, resamples: int = RESAMPLES
) -> Comparison:
    sides: dict[str, list[bool]] = {}
    for outcome in chain(old, new):
        sides.setdefault(outcome.id, []).append(outcome.passed[scorer])
    alone = [id_ for id_, pair in sides.items() if len(pair) == 1]
    if alone:
        raise UnpairedItemsError(alone)
    total = len(sides)
    won = sum(pair == [False, True] for pair in sides.values())
    lost = sum(pair == [True, False] for pair in sides.values())
    if total == 0:
        return Comparison(0, 0, 0, 0.0, -1.0, 1.0, 1.0)
    # How often the three kinds of items are drawn is all that a resample's difference depends on.
    kinds = np.array([won, lost, total - won - lost]) / total
    drawn = np.random.Generator(np.random.PCG64(seed)).multinomial(total, kinds, size=resamples)
    differences = np.sort(drawn[:, 0] - drawn[:, 1]) / total
    low, high = (differences[math.ceil(resamples * share / 100) - 1] for share in PERCENTILES)
    return Comparison(total, won, lost, (won - lost) / total, float(low), float(high), coin(won, lost))


def coin(won: int, lost: int) -> float:
    tosses = won + lost
    ways, tail = 1, 0
    for heads in range(min(won, lost) + 1):
        tail += ways
        ways = ways * (tosses - heads) // (heads + 1)
    return float(min(Fraction(1), Fraction(2 * tail, 2**tosses)))


def judge(comparison: Comparison, min_items: int) -> Verdict:
    match comparison:
        case Comparison(total=total) if total < min_items:
            return Verdict.TOO_SMALL
        case Comparison(p_value=p_value, low=low) if p_value < ALPHA and low > 0:
            return Verdict.IMPROVED
        case Comparison(p_value=p_value, high=high) if p_value < ALPHA and high < 0:
            return Verdict.REGRESSED
    return Verdict.NO_EVIDENCE


def gate(
    old: Sequence[Outcome],
    new: Sequence[Outcome],
    scorer: str,
    *,
    seed: int,
    min_items: int = MIN_ITEMS,
    resamples: int = RESAMPLES,
) -> Decision:
    findings: dict[str | None, Finding] = {}
    for name in [None, *dict.fromkeys(outcome.slice for outcome in old)]:
        runs = ([outcome for outcome in run if name in (None, outcome.slice)] for run in (old, new))
        comparison = compare(*runs, scorer, seed=seed, resamples=resamples)
        findings[name] = Finding(judge(comparison, min_items), comparison)
    overall = findings.pop(None)
    slices = {str(name): finding for name, finding in findings.items()}
    blocked = sorted(name for name, finding in slices.items() if finding.verdict == Verdict.REGRESSED)
    return Decision(
        ship=overall.verdict == Verdict.IMPROVED and not blocked,
        blocked_by=tuple(blocked),
        overall=overall,
        slices=slices,
    )
