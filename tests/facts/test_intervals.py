"""Intervals, generators and whole numbers in Python, numpy and scipy, as m2_llms/e12_eval_harness tells them."""

from __future__ import annotations

import math
import string
import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import binom, binomtest, bootstrap


def test_a_seeded_generator_repeats_itself_and_an_unseeded_one_does_not() -> None:
    assert np.random.default_rng(7).random(4).tolist() == np.random.default_rng(7).random(4).tolist()
    assert np.random.default_rng().random(4).tolist() != np.random.default_rng().random(4).tolist()


def test_the_global_seed_reaches_the_whole_program_and_not_a_generator_of_its_own() -> None:
    def elsewhere() -> float:
        return float(np.random.random())

    state = np.random.get_state()
    try:
        np.random.seed(3)
        drawn = elsewhere()
        np.random.seed(3)
        np.random.default_rng(3).random()
        assert elsewhere() == drawn
    finally:
        np.random.set_state(state)


def test_a_set_of_texts_has_another_order_in_another_process() -> None:
    program = "print(list({'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'}))"
    seeds = ("1", "2", "3", "4")
    orders = {
        subprocess.run([sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True).stdout
        for seed in seeds
    }
    assert len(orders) > 1


def test_stripping_punctuation_takes_signs_and_units() -> None:
    assert "-5 %".strip(string.punctuation + " ") == "5"
    assert "12".translate(str.maketrans("", "", string.punctuation)) == "1.2".translate(
        str.maketrans("", "", string.punctuation)
    )
    assert "Two  weeks ?!".rstrip(".,;:!? ") == "Two  weeks"
    no_break = "8\u00a0°C"
    assert no_break.split() == ["8", "°C"]
    assert "Straße".casefold() == "STRASSE".casefold()


def test_binomial_coefficients_outgrow_a_float_and_whole_numbers_divide_exactly() -> None:
    with pytest.raises(OverflowError):
        float(math.comb(1100, 550))
    assert 0.5**1100 == 0
    tail = sum(math.comb(1100, heads) for heads in range(551))
    assert tail / 2**1100 == pytest.approx(0.5 + math.comb(1100, 550) / 2**1101, rel=1e-12)


def test_scipy_has_wilsons_interval_and_the_sign_test() -> None:
    interval = binomtest(18, 20).proportion_ci(method="wilson")
    assert (interval.low, interval.high) == pytest.approx((0.69897, 0.97213), abs=1e-5)
    for (won, lost), p_value in {(5, 0): 0.0625, (6, 0): 0.03125, (12, 4): 0.076812744140625, (4, 0): 0.125}.items():
        assert binomtest(won, won + lost).pvalue == pytest.approx(p_value)


def test_scipy_has_the_paired_bootstrap() -> None:
    old = np.array([0] * 30 + [1] * 12 + [1] * 198)
    new = np.array([1] * 30 + [0] * 12 + [1] * 198)

    def difference(new: np.ndarray, old: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray((new - old).mean(axis=axis))

    found = bootstrap((new, old), difference, paired=True, method="percentile", n_resamples=4000, rng=7)
    interval = found.confidence_interval
    assert (interval.low, interval.high) == pytest.approx((0.025, 0.129), abs=0.009)


def test_scipy_raises_on_no_items() -> None:
    with pytest.raises(ValueError):
        binomtest(0, 0)
    with pytest.raises(ValueError):
        bootstrap(([], []), lambda new, old: 0.0, paired=True)


def test_how_many_items_a_difference_of_five_points_takes() -> None:
    items, chance = 500, 0.0
    for changed in range(1, items + 1):
        won = np.arange(changed + 1)
        shown = (2 * binom.sf(won - 1, changed, 0.5) < 0.05) & (2 * won > changed)
        power = binom.pmf(won[shown], changed, 0.10 / 0.15).sum()
        chance += binom.pmf(changed, items, 0.15) * power
    assert chance == pytest.approx(0.80, abs=0.005)
