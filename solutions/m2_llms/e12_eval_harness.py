"""Evaluation harness: run a system on a dataset, put an error bar on the result, and decide by it what may ship.

Lesson: modules/m2_llms/e12_eval_harness.md
Grade:  make grade EX=m2/e12
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import mean

import numpy as np
import numpy.typing as npt

PUNCTUATION = ".,;:!?"  # what `normalise` cuts off the end of a text
Z = 1.959963984540054  # the normal distribution's quantile for 95 %
PERCENTILES = (2.5, 97.5)  # between which a bootstrap interval for 95 % lies
RESAMPLES = 4000
ALPHA = 0.05  # a p-value below it counts as evidence
MIN_ITEMS = 30


@dataclass(frozen=True)
class Item:
    """One question of a dataset.

    Attributes:
        id: what it is known by in every run.
        slice: the group that it is counted with, such as "vaccine".
        question: what the system is asked.
        expected: the right answer.
    """

    id: str
    slice: str
    question: str
    expected: str


@dataclass(frozen=True)
class Outcome:
    """What became of one item in one run. A run is a list of these, one for each item.

    Attributes:
        id: the item's id.
        slice: the item's slice.
        answer: what the system said, as it said it; None if it crashed.
        error: the name of the exception's type if it crashed, such as "TimeoutError"; otherwise None.
        passed: what each scorer said, by the scorer's name.
    """

    id: str
    slice: str
    answer: str | None
    error: str | None
    passed: Mapping[str, bool]


@dataclass(frozen=True)
class Rate:
    """A share, and the interval in which it may lie for all questions of this kind.

    Attributes:
        passed: how many passed.
        total: of how many.
        rate: passed / total; None if there were none.
        low, high: its Wilson interval.
    """

    passed: int
    total: int
    rate: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Report:
    """The rates of one run, by one scorer.

    Attributes:
        micro: the rate over all items: each item counts the same.
        macro: the mean of the slices' rates: each slice counts the same, however small; None if there are none.
        slices: the rate of each slice, by its name.
        errors: how many items crashed, by the name of the exception's type.
    """

    micro: Rate
    macro: float | None
    slices: Mapping[str, Rate]
    errors: Mapping[str, int]


@dataclass(frozen=True)
class Comparison:
    """Two runs on the same items, by one scorer.

    Attributes:
        total: how many items there are.
        won: how many passed in the new run only.
        lost: how many passed in the old run only.
        difference: the new rate minus the old one.
        low, high: the interval of the difference, by a paired bootstrap.
        p_value: of the exact sign test: how often a fair coin would part the changed items at least as unevenly.
    """

    total: int
    won: int
    lost: int
    difference: float
    low: float
    high: float
    p_value: float


class Verdict(StrEnum):
    """What a comparison shows."""

    IMPROVED = "improved"
    REGRESSED = "regressed"
    NO_EVIDENCE = "no evidence"  # neither of them is shown; that is not the same as "equally good"
    TOO_SMALL = "too small"  # too few items to decide anything by


@dataclass(frozen=True)
class Finding:
    """A comparison, and what it shows."""

    verdict: Verdict
    comparison: Comparison


@dataclass(frozen=True)
class Decision:
    """Whether the new system may replace the old one.

    Attributes:
        ship: yes or no.
        blocked_by: the names of the slices that regressed, sorted.
        overall: what all items together show.
        slices: what each slice shows, by its name.
    """

    ship: bool
    blocked_by: tuple[str, ...]
    overall: Finding
    slices: Mapping[str, Finding]


class ItemsError(ValueError):
    """Items that make a number worthless: `ids`, sorted, each once."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.ids = tuple(sorted(set(ids)))
        super().__init__(", ".join(self.ids))


class DuplicateItemsError(ItemsError):
    """Several items of a dataset have the same id."""


class LeakedItemsError(ItemsError):
    """The system is shown these items of the dataset as examples: what it says about them is copied."""


class UnpairedItemsError(ItemsError):
    """Only one of two runs has these items."""


System = Callable[[str], str]  # answers a question
Scorer = Callable[[Item, str], bool]  # says whether the answer to an item passes


def exact_match(item: Item, answer: str) -> bool:
    """Whether the answer is the expected one, up to what `normalise` takes away. Given: use it as it is.

    Example:
        >>> exact_match(Item("q1", "storage", "How warm may insulin get?", "8 °C"), "8 °c.")
        True
    """
    return normalise(item.expected) == normalise(answer)


def normalise(text: str) -> str:
    """Take away the differences between two texts that make no difference, and no others.

        1. Case: as `str.casefold` does it.
        2. Whitespace: each run of it becomes one blank, and none is left at either end. Whitespace is what
           `str.isspace` says it is.
        3. The end: cut off the last character, as long as it is one of PUNCTUATION or a blank.

    Everything else stays as it is: signs, units, hyphens, and punctuation at the start and within.

    Args:
        text: any text.

    Returns:
        The normalised text; it may be empty.

    Example:
        >>> normalise("  Above 8 °C,\\n it spoils !")
        'above 8 °c, it spoils'
        >>> normalise("-1.5.")
        '-1.5'
    """
    return " ".join(text.casefold().split()).rstrip(PUNCTUATION + " ")


def evaluate(
    system: System, items: Sequence[Item], scorers: Mapping[str, Scorer], few_shots: Sequence[Item] = ()
) -> list[Outcome]:
    """Run a system on a dataset: ask it the question of each item once, in order, and have every scorer judge the
    answer.

    Crashes. If the system raises an `Exception`, that is the item's outcome: it has no answer, the name of the
    exception's type as its error, and passes by no scorer; no scorer is asked. The next item is asked as ever. An
    empty answer is an answer. What is no `Exception` (KeyboardInterrupt, SystemExit) goes through as it is.

    Leaks. An item leaks if one of the few-shots has the same id, or a question that is the same after `normalise`.

    Args:
        system: is called with an item's question and nothing else.
        items: the dataset.
        scorers: by name. A scorer is called with an item and the answer as the system gave it. What it raises is a
            fault of the harness and not of the system: it goes through as it is.
        few_shots: the examples that the system's prompt contains.

    Returns:
        One outcome for each item, in the order of the dataset.

    Raises:
        DuplicateItemsError: with the ids that several items have. Raised before the system is asked anything, and
            before leaks are looked for.
        LeakedItemsError: with the ids that leaking items have in the dataset. Raised before the system is asked
            anything.

    Example:
        >>> items = [Item("q1", "storage", "How warm may insulin get?", "8 °C"), Item("q2", "billing", "VAT?", "19 %")]
        >>> evaluate(lambda question: {"VAT?": "19 %."}[question], items, {"exact": exact_match})
        [Outcome(id='q1', slice='storage', answer=None, error='KeyError', passed={'exact': False}),
         Outcome(id='q2', slice='billing', answer='19 %.', error=None, passed={'exact': True})]
    """
    _refuse_duplicates(items)
    _refuse_leaks(items, few_shots)
    return [_outcome(system, item, scorers) for item in items]


def _refuse_duplicates(items: Sequence[Item]) -> None:
    count = Counter(item.id for item in items)
    duplicates = [id_ for id_, times in count.items() if times > 1]
    if duplicates:
        raise DuplicateItemsError(duplicates)


def _refuse_leaks(items: Sequence[Item], few_shots: Sequence[Item]) -> None:
    # By id and by text: an example may have been shortened for the prompt, or copied under a new id.
    ids = {shot.id for shot in few_shots}
    questions = {normalise(shot.question) for shot in few_shots}
    leaked = [item.id for item in items if item.id in ids or normalise(item.question) in questions]
    if leaked:
        raise LeakedItemsError(leaked)


def _outcome(system: System, item: Item, scorers: Mapping[str, Scorer]) -> Outcome:
    # Nothing but the system is tried: a scorer that raises must not look like a system that crashes.
    try:
        answer = system(item.question)
    except Exception as error:
        return Outcome(item.id, item.slice, None, type(error).__name__, dict.fromkeys(scorers, False))
    passed = {name: scorer(item, answer) for name, scorer in scorers.items()}
    return Outcome(item.id, item.slice, answer, None, passed)


def wilson_interval(passed: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a rate by the method of Wilson (1927).

    With n = total, p = passed / n and z = Z, the interval is centre - half to centre + half, where

        centre = (p + z² / 2n) / (1 + z² / n)
        half   = z / (1 + z² / n) · sqrt(p (1 - p) / n + z² / 4n²)

    No bound is below 0 or above 1, not even by a rounding error.

    Args:
        passed: how many passed; from 0 to total.
        total: of how many; 0 or more.

    Returns:
        The lower and the upper bound. If total is 0, nothing is known: (0.0, 1.0).

    Example:
        >>> wilson_interval(18, 20)
        (0.698..., 0.972...)
        >>> wilson_interval(0, 20)
        (0.0, 0.161...)
    """
    if total == 0:
        return 0.0, 1.0
    rate = passed / total
    shrink = 1 + Z**2 / total
    centre = (rate + Z**2 / (2 * total)) / shrink
    half = Z / shrink * math.sqrt(rate * (1 - rate) / total + Z**2 / (4 * total**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def summarise(run: Sequence[Outcome], scorer: str) -> Report:
    """Sum up a run: rates over all items and for each slice, by one scorer, and what crashed.

    Every item counts in the total of its slice and in that of all, whether it crashed or not.

    Args:
        run: what `evaluate` returned; may be empty.
        scorer: the name of one of its scorers.

    Returns:
        The report. Without any item: a micro rate of None in 0 to 1, a macro rate of None, no slices and no errors.

    Example:
        >>> report = summarise(run, "exact")  # storage: 9 of 10 passed, billing: 1 of 2, of which one timed out
        >>> report.micro
        Rate(passed=10, total=12, rate=0.833..., low=0.551..., high=0.953...)
        >>> report.macro
        0.7
        >>> report.slices["billing"]
        Rate(passed=1, total=2, rate=0.5, low=0.094..., high=0.905...)
        >>> report.errors
        {'TimeoutError': 1}
    """
    slices = {name: _rate(outcomes, scorer) for name, outcomes in _by_slice(run).items()}
    return Report(
        micro=_rate(run, scorer),
        macro=mean(rate.passed / rate.total for rate in slices.values()) if slices else None,
        slices=slices,
        errors=dict(Counter(outcome.error for outcome in run if outcome.error is not None)),
    )


def _rate(run: Sequence[Outcome], scorer: str) -> Rate:
    passed, total = sum(outcome.passed[scorer] for outcome in run), len(run)
    low, high = wilson_interval(passed, total)
    return Rate(passed, total, passed / total if total else None, low, high)


def _by_slice(run: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    slices: dict[str, list[Outcome]] = {}
    for outcome in run:
        slices.setdefault(outcome.slice, []).append(outcome)
    return slices


def compare(
    old: Sequence[Outcome], new: Sequence[Outcome], scorer: str, *, seed: int, resamples: int = RESAMPLES
) -> Comparison:
    """Compare two runs item by item.

    Pairs. The outcomes of the same item belong together: those with the same id, in whatever order the runs have them.

    Interval. Draw as many items as there are, with replacement, and take the difference of the two rates on the items
    drawn, each with both its outcomes. Do that `resamples` times. `low` and `high` are the PERCENTILES of these
    differences; whether you interpolate between two neighbours is up to you, and so is how you draw.

    Chance. All of it comes from a generator of your own, made from `seed`. The same runs in the same order with the
    same seed give the same interval, in this process and in any other; another seed draws other items. The global
    generators of `random` and `numpy.random` are neither used nor changed.

    P-value. With m = won + lost, it is the probability of min(won, lost) heads or fewer in m tosses of a fair coin,
    doubled, and 1.0 where that is more than 1 or m is 0. It is exact for any m: no normal approximation.

    Without any items, nothing is known: the difference is 0.0 in -1.0 to 1.0, with a p-value of 1.0.

    Args:
        old: a run; no two of its outcomes have the same id. It stays as it is, and so does `new`.
        new: a run on the same items.
        scorer: the name of a scorer of both.
        seed: what the generator starts from; 0 or more.
        resamples: how often to draw; at least 1.

    Returns:
        The comparison.

    Raises:
        UnpairedItemsError: with the ids of the items that only one of the runs has.

    Example:
        >>> compare(old, new, "exact", seed=7)  # 100 items, 12 won and 4 lost; low is 0.0 or 0.01, as you draw
        Comparison(total=100, won=12, lost=4, difference=0.08, low=0.0, high=0.16, p_value=0.0768...)
    """
    before = {outcome.id: outcome.passed[scorer] for outcome in old}
    after = {outcome.id: outcome.passed[scorer] for outcome in new}
    unpaired = before.keys() ^ after.keys()
    if unpaired:
        raise UnpairedItemsError(unpaired)
    # What an item adds to the difference: 1 if it was won, -1 if it was lost, otherwise 0.
    changes = np.array([after[id_] - before[id_] for id_ in before])
    won, lost = int((changes > 0).sum()), int((changes < 0).sum())
    low, high = _bootstrap(changes, seed, resamples)
    difference = (won - lost) / len(changes) if len(changes) else 0.0
    return Comparison(len(changes), won, lost, difference, low, high, _sign_test(won, lost))


def _bootstrap(changes: npt.NDArray[np.int64], seed: int, resamples: int) -> tuple[float, float]:
    """The interval of the mean change. One draw takes an item's change as a whole, so the pairs stay together."""
    if not len(changes):
        return -1.0, 1.0
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(changes), size=(resamples, len(changes)))
    low, high = np.percentile(changes[drawn].mean(axis=1), PERCENTILES)
    return float(low), float(high)


def _sign_test(won: int, lost: int) -> float:
    changed = won + lost
    # In whole numbers: as floats, the coefficients overflow at about a thousand changed items.
    tail = sum(math.comb(changed, heads) for heads in range(min(won, lost) + 1))
    return min(1.0, 2 * tail / (1 << changed))


def judge(comparison: Comparison, min_items: int) -> Verdict:
    """Say what a comparison shows. The first rule that applies decides:

        1. It has fewer than `min_items` items: TOO_SMALL.
        2. Its p-value is not below ALPHA: NO_EVIDENCE.
        3. All of its interval is above 0: IMPROVED.
        4. All of its interval is below 0: REGRESSED.
        5. Anything else: NO_EVIDENCE.

    An interval that begins or ends at 0 is neither above nor below it. The difference itself decides nothing.

    Args:
        comparison: what `compare` returned.
        min_items: how many items it takes to decide anything; at least 1.

    Returns:
        The verdict.

    Example:
        >>> judge(Comparison(total=20, won=4, lost=0, difference=0.2, low=0.05, high=0.4, p_value=0.125), 20)
        <Verdict.NO_EVIDENCE: 'no evidence'>
    """
    if comparison.total < min_items:
        return Verdict.TOO_SMALL
    if comparison.p_value >= ALPHA:
        return Verdict.NO_EVIDENCE
    if comparison.low > 0:
        return Verdict.IMPROVED
    if comparison.high < 0:
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
    """Decide whether the new system may replace the old one.

    Compare the runs on all items, and on the items of each slice, and judge each of these comparisons by `min_items`.
    A slice that REGRESSED blocks, whatever the others and the mean do; a slice with another verdict is reported and
    decides nothing. The new system ships if all items together show that it IMPROVED, and no slice blocks.

    Args:
        old: the run of the system in use.
        new: the run of its replacement, on the same items; an item's slice is the same in both.
        scorer: the name of a scorer of both.
        seed: for each comparison, as for `compare`.
        min_items: how many items all of them, and each slice, must have to decide anything; at least 1.
        resamples: for each comparison, as for `compare`.

    Returns:
        The decision, with a finding for every slice, too small or not.

    Raises:
        UnpairedItemsError: with the ids of the items that only one of the runs has.

    Example:
        >>> decision = gate(old, new, "exact", seed=7)  # 210 questions got better, 30 about vaccines got worse
        >>> decision.ship, decision.blocked_by, decision.overall.verdict
        (False, ('vaccine',), <Verdict.IMPROVED: 'improved'>)
    """

    def find(old: Sequence[Outcome], new: Sequence[Outcome]) -> Finding:
        comparison = compare(old, new, scorer, seed=seed, resamples=resamples)
        return Finding(judge(comparison, min_items), comparison)

    overall = find(old, new)
    before, after = _by_slice(old), _by_slice(new)
    slices = {name: find(before[name], after[name]) for name in before}
    blocked_by = tuple(sorted(name for name, found in slices.items() if found.verdict is Verdict.REGRESSED))
    return Decision(overall.verdict is Verdict.IMPROVED and not blocked_by, blocked_by, overall, slices)
