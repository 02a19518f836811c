"""What a text states, held against facts: in prose, lists, tables and code, under headings, in any of its wordings."""

from __future__ import annotations

import pytest

from gradus.coldtrail import Matcher, knowledge, normalise, statements

MATCHER = Matcher(knowledge())


def stated(text: str, *above: str) -> set[str]:
    return set(MATCHER.stated(statements(text, above)))


def misstated(text: str, *above: str) -> set[str]:
    return set(MATCHER.misstated(statements(text, above)))


@pytest.mark.parametrize(
    "text",
    [
        "The battery of the CT-200 lasts 24 months.",
        "Expect two years from the batteries of a CT-200.",
        "A CT200 has a 2-year battery.",
        "The CT-200 is small. Its battery is good for **24 months**.",
        "The CT-200:\n\n- battery: 24 months",
        "| model | battery |\n|---|---|\n| CT-200 | 24 months |",
        "| | CT-200 | CT-210 |\n|---|---|---|\n| battery | 24 months | 20 months |",
    ],
)
def test_a_fact_is_found_in_any_wording(text: str) -> None:
    assert "ct-200.battery_life" in stated(text)


def test_title_and_heading_say_what_a_sentence_leaves_out() -> None:
    assert "ct-200.battery_life" in stated("Expect 24 months.", "Battery", "CT-200")
    assert "ct-200.battery_life" not in stated("Expect 24 months.", "Battery")
    assert "ct-200.battery_life" not in stated("Expect 24 months.", "CT-200")


def test_a_sentence_speaks_of_what_is_named_nearest() -> None:
    text = "The CT-200 came first. The CT-210 has a battery for 24 months."
    assert "ct-200.battery_life" not in stated(text, "CT-200")
    table = "| | CT-200 | CT-210 |\n|---|---|---|\n| battery | 20 months | 24 months |"
    assert stated(table) == set()


@pytest.mark.parametrize("value", ["124 months", "24.5 months", "2-24 readings", "240 months", "24 minutes"])
def test_a_value_has_to_be_there_whole(value: str) -> None:
    assert "ct-200.battery_life" not in stated(f"The battery of the CT-200 lasts {value}.")


def test_a_wrong_value_is_noticed_and_is_no_statement() -> None:
    text = "The battery of the CT-200 lasts 18 months."
    assert misstated(text) == {"ct-200.battery_life"}
    assert "ct-200.battery_life" not in stated(text)


def test_firmware_and_region_are_part_of_a_fact() -> None:
    text = "By default the CT-200 takes a reading every 5 minutes."
    assert stated(text, "Firmware 3.1") == {"ct-200.sample_interval.fw3"}
    assert stated(text) == stated(text, "Firmware 2.9") == set()
    window = "Goods can be returned within 30 days of delivery."
    assert "returns.return_window.eu" in stated(window, "Returns in the EU")
    assert "returns.return_window.eu" not in stated(window, "Returns in the US")
    assert "returns.return_window.eu" not in stated(f"{window} They come back to us.", "Returns")


def test_negative_numbers_are_not_positive_ones() -> None:
    assert "ct-200.range_low" in stated("The range of the CT-200 goes from −30 °C to +60 °C.")
    assert "ct-200.range_low" not in stated("The range of the CT-200 goes from 30 °C to 60 °C.")
    assert "ct-220.range_high" not in stated("The range of the CT-220 begins at -40 °C.")


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("1,200 requests", "1200 requests"),
        ("1 200 requests", "1200 requests"),
        ("10, 200 and 5", "10, 200 and 5"),
        ("5\u00a0% – `PT5M`", "5% - PT5M"),
        ("8°C", "8 °C"),
        ("snake_case stays, _this_ does not", "snake_case stays, this does not"),
    ],
)
def test_texts_are_made_alike_before_they_are_compared(written: str, normal: str) -> None:
    assert normalise(written) == normal


def test_code_is_read_line_by_line_and_sentences_end_where_people_end_them() -> None:
    pieces = [piece.text for piece in statements("See e.g. Table 2. It helps; Try it:\n\n```\na = 1\n\nb = 2\n```\n")]
    assert pieces == ["See e.g. Table 2.", "It helps", "Try it:", "a = 1", "b = 2"]
