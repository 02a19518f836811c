"""C5: a prompt's prefix that was read before is counted, and costs a tenth."""

from __future__ import annotations

from typing import Any

import pytest
from openai import OpenAI

from gradus.sim import ConnectionReset, RateLimited, Reply, Simulator, Usage, tokens
from gradus.sim.caching import REMEMBERED, PromptCache
from gradus.sim.models import CHAT_MODELS
from gradus.sim.turns import Turn

MODEL = "sim-small-2026-09"
MANUAL = "valve " * 1500
PADDING = "pump " * 1030


def chat(client: OpenAI, *contents: str, **options: Any) -> int:
    """The cached tokens of a call with these user messages."""
    messages: Any = [{"role": "user", "content": content} for content in contents]
    usage = client.chat.completions.create(**{"model": MODEL, "messages": messages, **options}).usage
    assert usage is not None
    assert usage.prompt_tokens_details is not None
    return usage.prompt_tokens_details.cached_tokens or 0


def test_a_prefix_that_was_read_before_is_cached_in_steps_of_128(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise("pong")
    assert chat(client, MANUAL, "Where?") == 0
    assert chat(client, MANUAL, "Why?") == 1500 // 128 * 128 == 1408
    assert sim.ledger[1].cached_tokens == 1408
    assert f"stop, {1500 + tokens.count(['Why?'])} (1408 cached) + 2 tokens" in sim.ledger.transcript()
    assert "(0 cached)" not in sim.ledger.transcript()


def test_both_endpoints_share_what_was_read(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise("pong")
    chat(client, MANUAL)
    usage = client.responses.create(model=MODEL, input=MANUAL + "and a pump").usage
    assert usage is not None
    assert usage.input_tokens_details.cached_tokens == sim.ledger[1].cached_tokens == 1408


@pytest.mark.parametrize(("words", "cached"), [(1023, 0), (1024, 1024), (1151, 1024), (1152, 1152)])
def test_nothing_is_cached_below_1024_tokens(sim: Simulator, client: OpenAI, words: int, cached: int) -> None:
    sim.otherwise("pong")
    same = "valve " * words
    chat(client, same + "hall")
    assert chat(client, same + "bolt") == cached


def test_one_byte_at_the_start_undoes_it(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise("pong")
    chat(client, "Today is 1 May.", MANUAL)
    assert chat(client, "Today is 2 May.", MANUAL) == 0
    assert chat(client, "Today is 2 May.", MANUAL) == 1408


def test_roles_are_part_of_the_prefix(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise("pong")
    chat(client, MANUAL)
    assert chat(client, messages=[{"role": "system", "content": MANUAL}]) == 0


def test_tools_stand_before_messages(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise("pong")
    tool = {"type": "function", "function": {"name": "lookup", "description": PADDING}}
    turned: Any = {"function": dict(reversed(tool["function"].items())), "type": "function"}  # type: ignore[attr-defined]
    chat(client, "one", tools=[tool])
    assert chat(client, "two", tools=[tool]) == 1024
    assert chat(client, "two", tools=[turned]) == 0
    assert chat(client, "one", MANUAL) == 0


def test_each_dated_model_has_read_for_itself(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise("pong")
    chat(client, MANUAL, model="sim-small")
    assert chat(client, MANUAL, model="sim-small-2026-03") == 0
    assert chat(client, MANUAL, model="sim-large") == 0
    assert chat(client, MANUAL, model=MODEL) == 1408


def test_cached_tokens_cost_a_tenth(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise("pong")
    chat(client, MANUAL)
    chat(client, MANUAL)
    first, second = sim.ledger.exchanges
    assert first.cost == pytest.approx((1500 * 0.10 + 2 * 0.40) / 1e6)
    assert second.cost == pytest.approx(((1500 - 1408) * 0.10 + 1408 * 0.01 + 2 * 0.40) / 1e6)
    assert CHAT_MODELS["sim-large-2026-09"].cost(Usage(1_000_000, 0, 1_000_000)) == pytest.approx(0.10)


def test_a_stream_that_was_left_is_charged_for_what_was_cached(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise("one two three")
    chat(client, MANUAL)
    stream = client.responses.create(model=MODEL, input=MANUAL, stream=True)
    next(stream)
    stream.close()
    assert sim.ledger[1].closed_early
    assert sim.ledger[1].cost == pytest.approx((92 * 0.10 + 1408 * 0.01) / 1e6)


@pytest.mark.parametrize(
    ("fault", "cached"),
    [(RateLimited(), 0), (ConnectionReset(), 0), (ConnectionReset(after_acting=True), 1408)],
)
def test_only_a_call_that_reached_the_model_leaves_its_prompt(
    sim: Simulator, client: OpenAI, fault: RateLimited | ConnectionReset, cached: int
) -> None:
    sim.script(fault, "pong")
    assert chat(client, MANUAL) == cached


def test_a_lost_answer_is_charged_for_what_was_cached(sim: Simulator, client: OpenAI) -> None:
    sim.script("pong", ConnectionReset(after_acting=True), "pong")
    chat(client, MANUAL)
    chat(client, MANUAL)
    assert sim.ledger[1].cost == pytest.approx((92 * 0.10 + 1408 * 0.01) / 1e6)


def test_scripted_usage_has_nothing_cached(sim: Simulator, client: OpenAI) -> None:
    sim.script("pong", Reply("pong", usage=(1500, 1)))
    chat(client, MANUAL)
    assert chat(client, MANUAL) == 0


def test_a_conversation_finds_its_own_past(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise("pong")
    response = client.responses.create(model=MODEL, input=MANUAL, instructions="Be brief.")
    again = client.responses.create(
        model=MODEL, input="Why?", instructions="Be brief.", previous_response_id=response.id
    )
    assert again.usage is not None
    assert again.usage.input_tokens_details.cached_tokens == 1408


def test_the_longest_prefix_counts_whichever_prompt_it_came_from() -> None:
    cache = PromptCache()
    for word, count in (("hall", 1100), ("bolt", 1400), ("zinc", 1200), ("acid", 1300)):
        cache.remember(MODEL, [Turn("user", "valve " * count + word)])
    assert cache.cached_tokens(MODEL, [Turn("user", "valve " * 1400)]) == 1280
    assert cache.cached_tokens(MODEL, [Turn("user", "valve " * 1400 + "bolt")]) == 1400 // 128 * 128
    assert cache.cached_tokens(MODEL, [Turn("user", "valve " * 1150 + "rest")]) == 1024


def test_only_the_last_200_prompts_are_remembered() -> None:
    cache = PromptCache()
    prompts = [[Turn("user", f"number {number} " + MANUAL)] for number in range(REMEMBERED + 1)]
    for prompt in prompts:
        cache.remember(MODEL, prompt)
    assert cache.cached_tokens(MODEL, prompts[0]) == 0
    assert cache.cached_tokens(MODEL, prompts[1]) > 0
    assert cache.cached_tokens(MODEL, prompts[-1]) > 0


def test_half_a_word_never_counts_for_more_than_the_whole() -> None:
    cache = PromptCache()
    whole = "valve " * 1279 + "internationalisation"
    cache.remember(MODEL, [Turn("user", whole[:-2] + "x")])
    assert cache.cached_tokens(MODEL, [Turn("user", whole)]) <= tokens.count([whole])


def test_short_prompts_are_neither_kept_nor_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = PromptCache()

    def count(texts: Any) -> int:
        raise AssertionError("a prompt of under 1024 characters was counted")

    monkeypatch.setattr(tokens, "count", count)
    cache.remember(MODEL, [Turn("user", "x" * 1023)])
    assert cache.cached_tokens(MODEL, [Turn("user", "x" * 1023)]) == 0
    assert cache._in_order == []
