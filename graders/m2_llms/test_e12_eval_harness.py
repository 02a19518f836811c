"""Grader for m2_llms/e12_eval_harness.

Runs are written as marks, one for each item: "+" passed, "-" failed, "x" crashed.
"""

from fractions import Fraction
from functools import cache
from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradus.grading import raises

Z = 1.959963984540054
RESAMPLES = 4000


# Building what the submission takes


def item(submission, id_="q1", slice_="storage", question="How warm may insulin get?", expected="8 °C"):
    return submission.Item(id=id_, slice=slice_, question=question, expected=expected)


def dataset(submission, **expected):
    """Items by their id, each with a question of its own."""
    return [item(submission, id_, question=f"Question {id_}?", expected=text) for id_, text in expected.items()]


def never_asked(question):
    raise AssertionError("the system was asked, though the dataset has to be refused")


def rows(marks, slice_="storage", start=0):
    """One row for each mark, with ids of its slice."""
    return [
        (f"{slice_}-{number}", slice_, {"exact": mark == "+"}, "TimeoutError" if mark == "x" else None)
        for number, mark in enumerate(marks, start)
    ]


def run(submission, driver, *of):
    """A run with these rows."""
    return driver.outcomes(submission.Outcome, list(of))


def marks(total, won=0, lost=0, same="+"):
    """The marks of an old and a new run: first the items won, then those lost, then those that are the same in both."""
    rest = (same * total)[: total - won - lost]
    return "-" * won + "+" * lost + rest, "+" * won + "-" * lost + rest


def both(submission, driver, *args, **kwargs):
    return [run(submission, driver, *rows(of)) for of in marks(*args, **kwargs)]


def compare(submission, driver, total, won, lost, seed=1, resamples=RESAMPLES, same="+"):
    old, new = both(submission, driver, total, won, lost, same=same)
    return submission.compare(old, new, "exact", seed=seed, resamples=resamples)


def slices(**of):
    """Rows of an old and a new run: for each slice, its total, won and lost."""
    pairs = {name: marks(*numbers) for name, numbers in of.items()}
    return tuple([row for name, pair in pairs.items() for row in rows(pair[side], name)] for side in (0, 1))


def gate(submission, driver, seed=1, min_items=30, resamples=1000, **of):
    old, new = (run(submission, driver, *side) for side in slices(**of))
    return submission.gate(old, new, "exact", seed=seed, min_items=min_items, resamples=resamples)


def judge(submission, min_items=30, **changes):
    """The verdict on a comparison that shows an improvement, but for these changes."""
    shown = {"total": 100, "won": 20, "lost": 4, "difference": 0.16, "low": 0.07, "high": 0.25, "p_value": 0.001}
    return submission.judge(submission.Comparison(**{**shown, **changes}), min_items).name


# Oracles


def tidied(text):
    """What `normalise` is to return, one character at a time."""
    kept = ""
    for character in text.casefold():
        character = " " if character.isspace() else character
        if character != " " or kept[-1:] not in ("", " "):
            kept += character
    while kept and kept[-1] in ".,;:!? ":
        kept = kept[:-1]
    return kept


def score_bound(passed, total, upper):
    """A bound of Wilson's interval as he defines it: where the observed rate is just z standard errors away."""
    observed = passed / total
    near, far = (observed, 1.0) if upper else (observed, 0.0)
    for _ in range(60):
        middle = (near + far) / 2
        if abs(observed - middle) <= Z * sqrt(middle * (1 - middle) / total):
            near = middle
        else:
            far = middle
    return near


def sign_test(won, lost):
    """Both tails of m tosses, added up outcome by outcome."""
    tosses = won + lost
    tails = [comb(tosses, heads) for heads in range(tosses + 1) if abs(2 * heads - tosses) >= abs(won - lost)]
    return float(Fraction(sum(tails), 2**tosses))


@cache
def resampled(total, won, lost):
    """The exact distribution of a resample's difference times `total`: its cumulated probabilities from -total on."""
    draw = np.array([lost, total - won - lost, won]) / total
    spread = np.ones(1)
    for bit in f"{total:b}":  # as one raises to a power: squared at each bit, and once more where it is set
        spread = np.convolve(spread, spread)
        spread = np.convolve(spread, draw) if bit == "1" else spread
    return np.cumsum(spread)


def quantile(total, won, lost, share):
    return (int(np.searchsorted(resampled(total, won, lost), share)) - total) / total


def bounds(total, won, lost, share, resamples=RESAMPLES):
    """Between what a percentile of so many resamples lies, whoever draws them: five standard errors to either side."""
    off = 5 * sqrt(share * (1 - share) / resamples)
    return tuple(quantile(total, won, lost, at) for at in (max(share - off, 1e-12), min(share + off, 1 - 1e-12)))


def assert_bootstrapped(found, total, won, lost, resamples=RESAMPLES):
    for name, share in (("low", 0.025), ("high", 0.975)):
        least, most = bounds(total, won, lost, share, resamples)
        value = getattr(found, name)
        assert least - 1e-9 <= value <= most + 1e-9, (
            f"{name} is {value} for {total} items of which {won} were won and {lost} lost. The {100 * share} % point "
            f"of the differences on items drawn with replacement, in pairs, is between {least:.4f} and {most:.4f}"
        )


# Task 1: normalise


@pytest.mark.task(1)
@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("  Above 8 °C,\n it spoils !", "above 8 °c, it spoils"),
        ("E-4012", "e-4012"),
        ("two\t weeks ?! ", "two weeks"),
        ("8\u00a0°C.", "8 °c"),
        ("STRASSE 9;", "strasse 9"),
        ("Straße 9:", "strasse 9"),
        ("... , !", ""),
        ("", ""),
    ],
)
def test_takes_away_what_makes_no_difference(submission, text, normalised):
    """Capitals, blanks and a full stop at the end say nothing about whether an answer is right. Counted as errors, they
    hide the errors."""
    assert submission.normalise(text) == normalised


@pytest.mark.task(1)
@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ("12", "1.2"),
        ("5", "-5"),
        ("5", "+5"),
        ("1,200", "1.200"),
        ("0.5", ".5"),
        ("E-4012", "E4012"),
        ("8 °C", "8°C"),
        ("8 °C", "8 °F"),
        ("5 %", "5"),
        ("re-pair", "repair"),
        ("8 °C", "at 8 °C"),
        ("yes", "?yes"),
        ("19", "19)"),
    ],
)
def test_keeps_what_makes_a_difference(submission, expected, answer):
    """A normalisation that drops every sign takes 1.2 for 12 and -5 for 5: wrong answers pass, and nobody sees which.
    Only what stands at the end may go."""
    assert submission.exact_match(item(submission, expected=expected), f"{expected.upper()}. ")
    assert not submission.exact_match(item(submission, expected=expected), answer)
    assert not submission.exact_match(item(submission, expected=answer), expected)


@pytest.mark.task(1)
def test_normalises_any_text(submission):
    """Answers come as models write them. The three rules hold for each of them, and nothing else is changed."""
    texts = st.text(st.sampled_from("aB9ßİ-°()'\"…§ .,;:!?\t\n\u00a0\u2009\u2212"), max_size=8)

    @settings(max_examples=40, derandomize=True, database=None)
    @given(texts)
    def holds(text):
        assert submission.normalise(text) == tidied(text)

    holds()


# Task 1: evaluate


@pytest.mark.task(1)
def test_asks_each_question_once_and_shows_no_more(submission):
    """A system that sees the expected answer, or a second chance, is not the one that your users have."""
    asked = []

    def system(*args, **kwargs):
        asked.append((args, kwargs))
        return "8 °C"

    submission.evaluate(system, dataset(submission, b="8 °C", a="8 °C", c="no"), {"exact": submission.exact_match})
    assert asked == [(("Question b?",), {}), (("Question a?",), {}), (("Question c?",), {})]


@pytest.mark.task(1)
def test_keeps_the_answer_and_what_each_scorer_said(submission):
    """A rate tells that something is wrong. The answers tell what: keep them as they came, with every scorer's word."""
    items = [item(submission, "q7"), item(submission, "q3", "billing", "VAT?", "19 %")]
    seen = []

    def short(item, answer):
        seen.append((item.id, answer))
        return len(answer) < 6

    scorers = {"exact": submission.exact_match, "short": short}
    found = submission.evaluate({"How warm may insulin get?": " 8 °c. ", "VAT?": "7 %"}.get, items, scorers)
    assert found == [
        submission.Outcome("q7", "storage", " 8 °c. ", None, {"exact": True, "short": False}),
        submission.Outcome("q3", "billing", "7 %", None, {"exact": False, "short": True}),
    ]
    assert seen == [("q7", " 8 °c. "), ("q3", "7 %")], "a scorer gets the item and the answer as the system gave it"
    assert submission.evaluate(never_asked, [], scorers) == []


@pytest.mark.task(1)
def test_a_crash_is_an_outcome(submission):
    """Whoever got no answer was not helped. A run that leaves crashes out, or ends at the first, measures the system
    that would be there if it never crashed."""
    judged = []

    def system(question):
        if question == "Question b?":
            raise TimeoutError("no answer within 30 s")
        if question == "Question c?":
            raise KeyError("choices")
        return "8 °C"

    def polite(item, answer):
        judged.append(item.id)
        return True

    items = [item(submission, id_, f"slice {id_}", f"Question {id_}?") for id_ in "abcd"]
    found = submission.evaluate(system, items, {"exact": submission.exact_match, "polite": polite})
    assert [outcome.id for outcome in found] == ["a", "b", "c", "d"], "one outcome for each item, crashed or not"
    assert [outcome.slice for outcome in found] == ["slice a", "slice b", "slice c", "slice d"]
    assert [outcome.error for outcome in found] == [None, "TimeoutError", "KeyError", None]
    assert [outcome.answer for outcome in found] == ["8 °C", None, None, "8 °C"]
    passes, fails = {"exact": True, "polite": True}, {"exact": False, "polite": False}
    assert [outcome.passed for outcome in found] == [passes, fails, fails, passes], "a crash passes by no scorer"
    assert judged == ["a", "d"], "there is nothing to judge where the system crashed"


@pytest.mark.task(1)
@pytest.mark.parametrize("crash", ["QuotaError", "SlowError", "AssertionError", "StopIteration"])
def test_names_the_type_of_any_crash(submission, driver, crash):
    """Twenty time-outs and twenty broken parsers are two different weeks of work. The type's own name tells them
    apart, not its base's and not the message."""
    items = dataset(submission, a="8 °C", b="8 °C")
    found, came_through = driver.evaluate_crashing(submission.evaluate, items, {"exact": submission.exact_match}, crash)
    assert came_through is None, f"the system's {crash} came through"
    assert [outcome.error for outcome in found] == [crash, crash]


@pytest.mark.task(1)
@pytest.mark.parametrize("crash", ["KeyboardInterrupt", "SystemExit"])
def test_lets_itself_be_stopped(submission, driver, crash):
    """Whoever presses Ctrl-C wants the run to end, not 900 more outcomes that say KeyboardInterrupt."""
    items = dataset(submission, a="8 °C")
    scorers = {"exact": submission.exact_match}
    assert driver.evaluate_crashing(submission.evaluate, items, scorers, crash) == (None, crash)


@pytest.mark.task(1)
def test_an_empty_answer_is_an_answer(submission):
    """An empty text is what the system said. Whether that passes is for the scorers to say: one that wants silence says
    yes."""
    items = dataset(submission, a="8 °C", b="")
    found = submission.evaluate(lambda question: "", items, {"exact": submission.exact_match})
    assert [(outcome.answer, outcome.error, outcome.passed["exact"]) for outcome in found] == [
        ("", None, False),
        ("", None, True),
    ]


@pytest.mark.task(1)
def test_a_scorer_that_breaks_is_no_crash_of_the_system(submission):
    """A bug in a scorer that is booked as a crash makes a good system look bad, on every item that meets the bug."""

    def per_word(item, answer):
        return 1 / len(answer.split()) > 0

    with raises("ZeroDivisionError"):
        submission.evaluate(lambda question: "", dataset(submission, a="8 °C"), {"per_word": per_word})
    (fine,) = submission.evaluate(lambda question: "8 °C", dataset(submission, a="8 °C"), {"per_word": per_word})
    assert fine.passed == {"per_word": True}


@pytest.mark.task(1)
@pytest.mark.parametrize(
    ("id_", "question"),
    [
        ("shot-1", "Is -2 °C too cold?"),
        ("shot-1", "is -2 °C  too COLD"),
        ("q1", "Freezing?"),
    ],
    ids=["copied", "written_otherwise", "shortened"],
)
def test_refuses_an_item_that_the_prompt_shows(submission, id_, question):
    """An example in the prompt is an answer that the system copies. It may have come there under another id, in other
    capitals, or shortened: it has been shown in each case. And a run that is worth nothing should cost nothing."""
    items = [
        item(submission, "q3", question="Is 2 °C too cold?", expected="no"),
        item(submission, "q1", question="Is -2 °C too cold?", expected="yes"),
    ]
    shots = [item(submission, "shot-0", question="Is 5 °C too cold?"), item(submission, id_, "other", question, "?")]
    with raises("LeakedItemsError") as caught:
        submission.evaluate(never_asked, items, {"exact": submission.exact_match}, shots)
    assert caught.error.fields["ids"] == ("q1",), "the id of the dataset's item, and of no other"


@pytest.mark.task(1)
def test_names_all_items_that_leak(submission):
    """Whoever has to clean the prompt up wants to know all of it at once."""
    items = dataset(submission, q4="8 °C", q3="no", q2="8 °C", q1="yes")
    shots = [item(submission, "shot-1", question="question Q1"), item(submission, "q4", question="?"), items[0]]
    with raises("LeakedItemsError") as caught:
        submission.evaluate(never_asked, items, {"exact": submission.exact_match}, shots)
    assert caught.error.fields["ids"] == ("q1", "q4")


@pytest.mark.task(1)
def test_names_each_item_with_the_question_that_leaks(submission):
    """A dataset may ask the same twice, with other capitals. If the prompt has the answer, both are given away; looked
    up by the question, one of them hides the other."""
    items = [item(submission, "q1", question="VAT?"), item(submission, "q2", question="Why?")]
    items.append(item(submission, "q3", question=" vat"))
    with raises("LeakedItemsError") as caught:
        shots = [item(submission, "shot-1", question="vat")]
        submission.evaluate(never_asked, items, {"exact": submission.exact_match}, shots)
    assert caught.error.fields["ids"] == ("q1", "q3")


@pytest.mark.task(1)
def test_takes_few_shots_that_are_not_in_the_dataset(submission):
    """Examples are no leak by themselves, nor are they by their answer: that many questions share."""
    items = dataset(submission, q1="8 °C", q2="no")
    shots = [item(submission, "shot-1", question="Question q?", expected="8 °C"), *dataset(submission, q="no")]
    found = submission.evaluate(lambda question: "no", items, {"exact": submission.exact_match}, shots)
    assert [(outcome.id, outcome.passed["exact"]) for outcome in found] == [("q1", False), ("q2", True)]


@pytest.mark.task(1)
def test_refuses_an_id_that_several_items_have(submission):
    """Runs are compared by id. Of two items with the same one, one would silently stand in for both."""
    items = dataset(submission, q2="8 °C", q1="no", q3="yes")
    twice = [*items, item(submission, "q2", question="Something else?"), item(submission, "q1"), item(submission, "q1")]
    for shots in ([], [items[2]]):
        with raises("DuplicateItemsError") as caught:
            submission.evaluate(never_asked, twice, {"exact": submission.exact_match}, shots)
        assert caught.error.fields["ids"] == ("q1", "q2")


# Task 2


@pytest.mark.task(2)
@pytest.mark.parametrize(
    ("passed", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_agrees_with_published_intervals(submission, passed, total, low, high):
    """These four are printed in Newcombe's comparison of seven methods (1998). The textbook's p ± 1.96 standard errors
    is another one: for 0 of 20 it has no width at all."""
    assert submission.wilson_interval(passed, total) == pytest.approx((low, high), abs=5.1e-5)


@pytest.mark.task(2)
def test_holds_just_the_rates_that_fit(submission, driver):
    """Wilson's interval is what it is by definition: all rates from which the observed one is at most z standard errors
    away."""
    counts = [
        (passed, total) for total in (1, 2, 3, 7, 30, 240, 5000) for passed in {0, 1, total // 3, total - 1, total}
    ]
    for (passed, total), found in zip(counts, driver.each(submission.wilson_interval, counts), strict=True):
        held = score_bound(passed, total, upper=False), score_bound(passed, total, upper=True)
        assert tuple(found) == pytest.approx(held, abs=1e-9), f"{passed} of {total}"
    assert tuple(submission.wilson_interval(*counts[-1])) == pytest.approx(held, abs=1e-9)


@pytest.mark.task(2)
def test_knows_nothing_about_no_items(submission):
    """A slice without items is no slice with a rate of 0, and no reason for a division by zero at the end of an hour's
    run. Its rate may be anything."""
    assert tuple(submission.wilson_interval(0, 0)) == (0.0, 1.0)


@pytest.mark.task(2)
def test_never_leaves_0_to_1(submission, driver):
    """A rate of -1e-17 breaks the chart, the check and the trust of whoever reads it."""
    counts = [(passed, total) for total in range(1, 400) for passed in (0, total)]
    outside = [
        (count, (low, high))
        for count, (low, high) in zip(counts, driver.each(submission.wilson_interval, counts), strict=True)
        if low < 0 or high > 1
    ]
    assert outside == []


def rated(submission, passed, total):
    """The fields of a Rate, with the oracle's interval."""
    low, high = score_bound(passed, total, upper=False), score_bound(passed, total, upper=True)
    return [passed, total, pytest.approx(passed / total), pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9)]


def numbers(rate):
    return [rate.passed, rate.total, rate.rate, rate.low, rate.high]


@pytest.mark.task(2)
def test_counts_every_item_in_micro_and_every_slice_in_macro(submission, driver):
    """Half of one small slice fails, a tenth of a large one. The mean over items hides the one, the mean over slices
    makes much of it. They answer two questions, so each needs its own name."""
    report = submission.summarise(run(submission, driver, *rows("+++++++++-"), *rows("-+", "billing")), "exact")
    assert numbers(report.micro) == rated(submission, 10, 12)
    assert report.macro == pytest.approx((0.9 + 0.5) / 2)
    assert report.errors == {}


@pytest.mark.task(2)
def test_gives_each_slice_its_own_rate(submission, driver):
    """The mean is what nobody's customer has. Items of a slice may lie anywhere in the run."""
    of = [*rows("+-+", "vaccine"), *rows("--", "billing"), *rows("+", "vaccine", 3), *rows("+", "Vaccine")]
    found = submission.summarise(run(submission, driver, *of), "exact").slices
    assert {name: numbers(rate) for name, rate in found.items()} == {
        "vaccine": rated(submission, 3, 4),
        "billing": rated(submission, 0, 2),
        "Vaccine": rated(submission, 1, 1),
    }


@pytest.mark.task(2)
def test_crashes_stay_in_the_denominator(submission, driver):
    """Take out of the total what crashed, and a system gets better by crashing on hard questions. Count it, and say by
    type how much of it there was."""
    of = [*rows("++-x", "vaccine"), *rows("xx", "billing"), ("other-1", "other", {"exact": False}, "KeyError")]
    report = submission.summarise(run(submission, driver, *of), "exact")
    assert (report.micro.passed, report.micro.total) == (2, 7)
    assert {name: (rate.passed, rate.total) for name, rate in report.slices.items()} == {
        "vaccine": (2, 4),
        "billing": (0, 2),
        "other": (0, 1),
    }, "also where all of a slice has crashed"
    assert report.macro == pytest.approx((0.5 + 0 + 0) / 3)
    assert report.errors == {"TimeoutError": 3, "KeyError": 1}


@pytest.mark.task(2)
def test_goes_by_the_scorer_that_is_named(submission, driver):
    """Every scorer measures something else. A report that mixes them measures nothing."""
    of = [(f"q{i}", "storage", {"short": i < 1, "exact": i < 3, "polite": True}, None) for i in range(4)]
    run_ = run(submission, driver, *of)
    assert [submission.summarise(run_, name).micro.passed for name in ("short", "exact", "polite")] == [1, 3, 4]


@pytest.mark.task(2)
def test_reports_an_empty_run_as_one(submission):
    """Somebody filtered by a slice that does not exist. A rate of 0 is a catastrophe and 1 a triumph: it is neither."""
    report = submission.summarise([], "exact")
    assert numbers(report.micro) == [0, 0, None, 0.0, 1.0]
    assert (report.macro, report.slices, report.errors) == (None, {}, {})


# Task 3


@pytest.mark.task(3)
def test_counts_what_was_won_and_lost(submission, driver):
    """Two rates tell how many pass. Which ones changed, and in which direction, is what the comparison is made of."""
    found = compare(submission, driver, total=100, won=12, lost=4, same="-")
    assert (found.total, found.won, found.lost) == (100, 12, 4)
    assert found.difference == pytest.approx(0.08)
    crashed = run(submission, driver, *rows("x+x"))
    found = submission.compare(crashed, run(submission, driver, *rows("++x")), "exact", seed=1)
    assert (found.total, found.won, found.lost) == (3, 1, 0), "a crash is an item that did not pass"


@pytest.mark.task(3)
def test_pairs_by_id(submission, driver):
    """A run that went in parallel comes back in another order. Paired by position, each item is compared with a
    stranger."""
    old, new = (rows(side) for side in marks(40, won=9, lost=2, same="+-"))
    runs = run(submission, driver, *old), run(submission, driver, *new[::-1])
    found = submission.compare(*runs, "exact", seed=1, resamples=RESAMPLES)
    assert (found.total, found.won, found.lost) == (40, 9, 2)
    assert_bootstrapped(found, 40, 9, 2)


@pytest.mark.task(3)
def test_refuses_runs_on_different_items(submission, driver):
    """Items that one run lacks are seldom the easy ones. Compared on what both have, a run gets better by leaving them
    out."""
    old, new = rows("+-+-"), rows("++++")
    for runs, missing in [
        ((old, new[:1] + new[3:]), ("storage-1", "storage-2")),
        ((old[1:], new), ("storage-0",)),
        ((old[:3], new[1:]), ("storage-0", "storage-3")),
        (([], new[:1]), ("storage-0",)),
    ]:
        with raises("UnpairedItemsError") as caught:
            submission.compare(*(run(submission, driver, *side) for side in runs), "exact", seed=1)
        assert caught.error.fields["ids"] == missing
    assert submission.compare(*(run(submission, driver, *side) for side in (old, new)), "exact", seed=1).won == 2


@pytest.mark.task(3)
@pytest.mark.parametrize(
    ("total", "won", "lost"),
    [(100, 12, 4), (100, 4, 12), (60, 20, 0), (40, 2, 0), (50, 0, 9), (120, 40, 38), (8, 3, 1)],
)
@pytest.mark.parametrize("same", ["+", "-"], ids=["rest_passes", "rest_fails"])
def test_the_interval_is_that_of_a_paired_bootstrap(submission, driver, total, won, lost, same):
    """Most items are right, or wrong, for both systems, and tell nothing about the difference. Draw pairs, and they
    cancel out. Draw from each run by itself, and their noise drowns what you look for."""
    found = compare(submission, driver, total, won, lost, seed=total + won, same=same)
    assert_bootstrapped(found, total, won, lost)
    assert found.difference == pytest.approx((won - lost) / total)


@pytest.mark.task(3)
def test_runs_that_never_differ_have_no_spread(submission, driver):
    """No resample of equal pairs has a difference. Only pairs know that: a run that passes 10 of 20, by itself, has a
    rate of a half, give or take a fifth."""
    for of in ("+-" * 10, "+" * 20, "-x" * 10):
        old, new = (run(submission, driver, *rows(of)) for _ in range(2))
        found = submission.compare(old, new, "exact", seed=3)
        assert (found.difference, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def population(better, worse, right, items, studies, seed):
    """The marks of many studies of the same two systems: the chances that an item is won, lost, or right in both."""
    rng = np.random.default_rng(seed)
    chances = [better, worse, right, 1 - better - worse - right]
    pairs = np.array(["-+", "+-", "++", "--"])[rng.choice(4, p=chances, size=(studies, items))]
    return [("".join(pair[0] for pair in study), "".join(pair[1] for pair in study)) for study in pairs]


def changed(pair):
    steps = list(zip(*pair, strict=True))
    return steps.count(("-", "+")), steps.count(("+", "-"))


def standard_error(total, won, lost):
    return sqrt(won + lost - (won - lost) ** 2 / total) / total


@pytest.mark.task(3)
@pytest.mark.parametrize(
    ("better", "worse", "right"), [(0.16, 0.08, 0.5), (0.07, 0.07, 0.8)], ids=["eight_points", "no_difference"]
)
def test_the_interval_holds_the_truth_as_often_as_it_says(submission, driver, better, worse, right):
    """Here the true difference is known, because we made the systems up. Of sixty studies about 57 must have it in
    their interval: fewer, and you promise too much. More come easily to an interval that is too wide to be of use."""
    studies = population(better, worse, right, items=100, studies=60, seed=5)
    found = driver.each_pair(submission.compare, submission.Outcome, studies, seed=11, resamples=400)
    holding = sum(one.low - 1e-9 <= better - worse <= one.high + 1e-9 for one in found)
    assert holding >= 52, f"{holding} of 60 intervals hold the true difference"
    width = np.mean([one.high - one.low for one in found])
    expected = np.mean([2 * Z * standard_error(100, *changed(study)) for study in studies])
    assert width == pytest.approx(expected, rel=0.1), "as wide as it has to be, on average"
    again = submission.compare(
        *(run(submission, driver, *rows(side, "s")) for side in studies[0]), "exact", seed=11, resamples=400
    )
    assert (again.low, again.high) == pytest.approx((found[0].low, found[0].high), abs=0.05)


@pytest.mark.task(3)
def test_the_seed_decides_the_draw(submission, driver):
    """A verdict that changes when you ask again is none. With the seed written down, anybody can repeat it; and whoever
    doubts it takes another seed."""
    runs = both(submission, driver, 60, 9, 5)

    def interval(seed, resamples=25):
        found = submission.compare(*runs, "exact", seed=seed, resamples=resamples)
        return found.low, found.high

    assert [interval(seed) for seed in range(8)] == [interval(seed) for seed in range(8)]
    assert len({interval(seed) for seed in range(8)}) > 1, "eight seeds of 25 resamples each, and all draw the same"
    low, high = zip(*(interval(seed, resamples=1) for seed in range(4)), strict=True)
    assert low == pytest.approx(high), "of a single resample, all percentiles are its difference"


@pytest.mark.task(3)
def test_draws_the_same_in_every_process(submission, driver):
    """Sets of texts have another order in every process. Pair the items in that order, and the same seed draws other
    items tomorrow."""
    old, new = (rows(side) for side in marks(60, won=9, lost=5))
    found = driver.in_other_processes(submission.compare, submission.Outcome, old, new, seed=4, resamples=25)
    assert found == [found[0]] * 4
    assert (found[0].won, found[0].lost) == (9, 5)


@pytest.mark.task(3)
def test_leaves_the_global_generators_alone(submission, driver):
    """Whoever seeds a global generator makes the rest of the program predictable, and whoever draws from it depends on
    the rest of the program."""
    runs = both(submission, driver, 60, 9, 5)
    found, left_alone = driver.after_global_seeds(submission.compare, *runs, "exact", seed=4, resamples=25)
    assert found == [found[0]] * 4, "the interval depends on the state of a global generator"
    assert left_alone, "the state of a global generator is another one after the call"


@pytest.mark.task(3)
@pytest.mark.parametrize(
    ("won", "lost", "p_value"),
    [(4, 0, 0.125), (5, 0, 0.0625), (0, 6, 0.03125), (12, 4, 0.076812744140625), (1, 0, 1.0), (3, 3, 1.0), (4, 3, 1.0)],
)
def test_the_p_value_is_that_of_a_fair_coin(submission, driver, won, lost, p_value):
    """If the change did nothing, each item that changed went either way by the toss of a coin. Four of four fall the
    same way in one case of eight: know that before you celebrate. Items that did not change were no tosses."""
    for total in (won + lost, 40):
        assert compare(submission, driver, total, won, lost, resamples=1).p_value == pytest.approx(p_value, rel=1e-9)


@pytest.mark.task(3)
def test_the_p_value_is_exact_however_much_changed(submission, driver):
    """An approximation is off where few items changed, and binomial coefficients outgrow a float where many did. Whole
    numbers are neither."""
    counts = [(won, lost) for won in range(7) for lost in range(9)] + [(690, 610), (400, 900)]
    pairs = [marks(won + lost + 1, won, lost) for won, lost in counts]
    found = driver.each_pair(submission.compare, submission.Outcome, pairs, seed=1, resamples=1)
    expected = {count: sign_test(*count) for count in counts}
    assert {count: one.p_value for count, one in zip(counts, found, strict=True)} == pytest.approx(expected, rel=1e-6)


@pytest.mark.task(3)
def test_says_of_no_items_that_nothing_is_known(submission):
    """A dataset that was not found has no items. "No difference, give or take nothing" would be the surest number of
    the whole report."""
    found = submission.compare([], [], "exact", seed=1)
    assert [found.total, found.won, found.lost] == [0, 0, 0]
    assert [found.difference, found.low, found.high, found.p_value] == [0.0, -1.0, 1.0, 1.0]


@pytest.mark.task(3)
def test_compares_by_the_scorer_that_is_named(submission, driver):
    """A new system may be better by one scorer and worse by another. What you get has to be what you asked for."""
    old = [(f"q{i}", "storage", {"short": i < 3, "exact": i < 1}, None) for i in range(6)]
    new = [(f"q{i}", "storage", {"short": i < 1, "exact": i < 4}, None) for i in range(6)]
    runs = [run(submission, driver, *side) for side in (old, new)]
    found = [submission.compare(*runs, name, seed=1, resamples=1) for name in ("short", "exact")]
    assert [(one.won, one.lost) for one in found] == [(0, 2), (3, 0)]


@pytest.mark.task(3)
def test_leaves_the_runs_as_they_are(submission, driver):
    """The caller still needs them, in the order in which they were made: for the report, for the next comparison."""
    old, new = (run(submission, driver, *rows(side)[::-1]) for side in marks(12, won=3, lost=2))
    assert driver.leaves_alone(submission.compare, old, new, seed=1, resamples=5)


# Task 4


@pytest.mark.task(4)
def test_calls_evidence_what_both_numbers_show(submission):
    """The interval says how large the difference may be, the p-value how easily chance makes one. A verdict needs
    both."""
    assert judge(submission) == "IMPROVED"
    assert judge(submission, difference=-0.16, low=-0.25, high=-0.07) == "REGRESSED"
    assert judge(submission, low=1e-9) == "IMPROVED"
    assert judge(submission, difference=-0.1, low=-0.25, high=-1e-9) == "REGRESSED"


@pytest.mark.task(4)
@pytest.mark.parametrize(
    "changes",
    [
        {"low": -0.01},
        {"low": 0.0},
        {"low": -0.3, "high": 0.01, "difference": -0.16},
        {"low": -0.3, "high": 0.0, "difference": -0.16},
        {"low": 0.0, "high": 0.0, "difference": 0.0},
    ],
    ids=["spans_0", "begins_at_0", "spans_0_below", "ends_at_0", "is_0"],
)
def test_an_interval_with_0_in_it_is_no_evidence(submission, changes):
    """0 is in the interval: that nothing has changed agrees with what you saw, however good the mean looks."""
    assert judge(submission, **changes) == "NO_EVIDENCE"


@pytest.mark.task(4)
@pytest.mark.parametrize("p_value", [0.05, 0.125, 1.0])
def test_a_large_p_value_is_no_evidence(submission, p_value):
    """With four of four changed items won, every resample that has one of them is positive. The bootstrap knows only
    the items that it has seen; the coin knows that four heads in a row are nothing special."""
    assert judge(submission, p_value=p_value) == "NO_EVIDENCE"
    assert judge(submission, difference=-0.16, low=-0.25, high=-0.07, p_value=p_value) == "NO_EVIDENCE"
    assert judge(submission, p_value=0.0499) == "IMPROVED"


@pytest.mark.task(4)
@pytest.mark.parametrize("total", [29, 1, 0])
def test_too_few_items_decide_nothing(submission, total):
    """A slice of five that went from 5 to 0 may be five items by the same author about the same page. It is a reason to
    look, and to collect more."""
    assert judge(submission, total=total) == "TOO_SMALL"
    assert judge(submission, total=total, low=-0.3, p_value=1.0) == "TOO_SMALL"
    assert judge(submission, total=30) == "IMPROVED", "30 are not fewer than 30"
    assert judge(submission, total=total, min_items=max(1, total)) == ("IMPROVED" if total else "TOO_SMALL")


@pytest.mark.task(4)
def test_ships_what_is_better(submission, driver):
    """A gate that never opens is walked round. Better overall, and worse nowhere as far as anybody can show: ship."""
    decision = gate(submission, driver, vaccine=(60, 12, 1), billing=(60, 10, 4))
    assert (decision.ship, decision.blocked_by, decision.overall.verdict.name) == (True, (), "IMPROVED")


@pytest.mark.task(4)
@pytest.mark.parametrize(
    ("vaccine", "verdict"),
    [
        ((60, 5, 2), "NO_EVIDENCE"),
        ((60, 0, 0), "NO_EVIDENCE"),
        ((60, 2, 16), "REGRESSED"),
        ((29, 14, 0), "TOO_SMALL"),
        ((0, 0, 0), "TOO_SMALL"),
    ],
    ids=["mean_rises", "equal", "worse", "too_small", "no_items"],
)
def test_ships_nothing_without_evidence(submission, driver, vaccine, verdict):
    """A mean that rose by five points with three items more is what two runs of the same system do. "Not shown to be
    worse" is not "better"."""
    decision = gate(submission, driver, vaccine=vaccine)
    assert (decision.ship, decision.overall.verdict.name) == (False, verdict)


@pytest.mark.task(4)
def test_a_slice_that_got_worse_blocks(submission, driver):
    """210 questions got better and 30 about vaccines got worse. The mean rose, and the customers of those 30 are the
    ones whose goods spoil."""
    decision = gate(submission, driver, rest=(210, 50, 6), vaccine=(30, 1, 12))
    assert decision.overall.verdict.name == "IMPROVED"
    assert {name: found.verdict.name for name, found in decision.slices.items()} == {
        "rest": "IMPROVED",
        "vaccine": "REGRESSED",
    }
    assert (decision.ship, decision.blocked_by) == (False, ("vaccine",))


@pytest.mark.task(4)
def test_names_every_slice_that_blocks(submission, driver):
    """Whoever has to mend it wants to know all of it, and in an order that does not depend on the dataset's."""
    decision = gate(submission, driver, vaccine=(30, 0, 9), rest=(90, 40, 0), billing=(30, 0, 9), account=(30, 9, 0))
    assert (decision.ship, decision.blocked_by) == (False, ("billing", "vaccine"))
    decision = gate(submission, driver, vaccine=(30, 0, 9), rest=(90, 9, 1), billing=(30, 0, 9))
    assert (decision.ship, decision.blocked_by) == (False, ("billing", "vaccine")), "named even if all got no better"


@pytest.mark.task(4)
def test_a_slice_that_is_too_small_is_reported_and_blocks_nothing(submission, driver):
    """Twenty small slices are twenty chances of a false alarm. They are shown to people, and decide nothing."""
    decision = gate(submission, driver, rest=(90, 50, 4), vaccine=(29, 0, 12))
    small = decision.slices["vaccine"]
    assert (decision.ship, decision.blocked_by, small.verdict.name) == (True, (), "TOO_SMALL")
    assert (small.comparison.total, small.comparison.won, small.comparison.lost) == (29, 0, 12)
    decision = gate(submission, driver, rest=(90, 50, 4), vaccine=(29, 0, 12), min_items=29)
    assert (decision.ship, decision.blocked_by) == (False, ("vaccine",)), "29 are not fewer than min_items=29"


@pytest.mark.task(4)
def test_a_slice_that_got_better_does_not_ship_the_rest(submission, driver):
    """One slice of many is better in one gate of a few, by luck alone. All items together have to show it."""
    decision = gate(submission, driver, vaccine=(60, 10, 1), rest=(120, 12, 18))
    assert decision.slices["vaccine"].verdict.name == "IMPROVED"
    assert (decision.ship, decision.blocked_by, decision.overall.verdict.name) == (False, (), "NO_EVIDENCE")


@pytest.mark.task(4)
def test_reports_the_numbers_behind_each_finding(submission, driver):
    """A verdict without its numbers has to be believed. Each comes with the comparison that it was read from, on its
    own items, wherever in the run they lie."""
    old, new = slices(rest=(40, 9, 2), vaccine=(36, 3, 5), one=(1, 0, 1))
    runs = run(submission, driver, *old[::2], *old[1::2]), run(submission, driver, *new[::-1])
    decision = submission.gate(*runs, "exact", seed=1, min_items=30, resamples=1000)
    expected = {"rest": (40, 9, 2), "vaccine": (36, 3, 5), "one": (1, 0, 1)}
    for found, numbers_ in [
        (decision.overall, (77, 12, 8)),
        *((decision.slices[name], expected[name]) for name in expected),
    ]:
        comparison = found.comparison
        assert (comparison.total, comparison.won, comparison.lost) == numbers_
        assert comparison.p_value == pytest.approx(sign_test(*numbers_[1:]))
        assert_bootstrapped(comparison, *numbers_, resamples=1000)
    assert {*decision.slices} == {*expected}


@pytest.mark.task(4)
def test_hands_on_the_seed_and_the_resamples(submission, driver):
    """A decision that nobody can repeat can't be defended either."""
    runs = [run(submission, driver, *side) for side in slices(rest=(40, 9, 2), vaccine=(36, 7, 5))]

    def intervals(seed, resamples=10):
        decision = submission.gate(*runs, "exact", seed=seed, resamples=resamples)
        found = [decision.overall, decision.slices["rest"], decision.slices["vaccine"]]
        return [(one.comparison.low, one.comparison.high) for one in found]

    drawn = [intervals(seed) for seed in range(6)]
    assert [intervals(seed) for seed in range(6)] == drawn
    for of_one_comparison in zip(*drawn, strict=True):
        assert len({*of_one_comparison}) > 1, "six seeds of ten resamples each, and all draw the same"
    for low, high in intervals(3, resamples=1):
        assert low == pytest.approx(high), "of a single resample, all percentiles are its difference"


@pytest.mark.task(4)
def test_refuses_to_decide_on_different_items(submission, driver):
    """A new run that lacks a whole slice has not regressed on it. It has not been tested on it."""
    old, new = slices(rest=(40, 12, 0), vaccine=(2, 0, 0))
    with raises("UnpairedItemsError") as caught:
        submission.gate(run(submission, driver, *old), run(submission, driver, *new[:40]), "exact", seed=1)
    assert caught.error.fields["ids"] == ("vaccine-0", "vaccine-1")


@pytest.mark.task(4)
@pytest.mark.held_out
def test_is_right_about_systems_that_are_known(submission, driver):
    """We made up systems of which we know whether one is better. Of thirty gates between two equal ones, one may
    see a difference; of thirty between the old one and a clearly better one, most must."""
    verdicts = {}
    for name, better, worse in [("equal", 0.1, 0.1), ("better", 0.2, 0.05), ("worse", 0.05, 0.2)]:
        studies = population(better, worse, 0.5, items=100, studies=30, seed=8)
        found = driver.each_pair(submission.gate, submission.Outcome, studies, seed=2, min_items=30, resamples=200)
        verdicts[name] = [one.overall.verdict.name for one in found]
        assert [one.ship for one in found] == [verdict == "IMPROVED" for verdict in verdicts[name]]
    assert verdicts["equal"].count("NO_EVIDENCE") >= 28
    assert verdicts["better"].count("IMPROVED") >= 22
    assert verdicts["worse"].count("REGRESSED") >= 22
