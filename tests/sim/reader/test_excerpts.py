"""What is data in a prompt, however it is set apart: its id, its words, what stands above it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradus.sim.reader.excerpts import split
from gradus.sim.reader.prompt import read_prompt

FIRST = "It lasts 24 months. Then change it."
SECOND = "The socket takes one probe."
ASK = "How long does the battery last?"

MARKED = {
    "tags": f"<passage id='help/a#b'>{FIRST}</passage>\n<passage id=\"help/c\">{SECOND}</passage>\n\n{ASK}",
    "tags in a tag": f"<context><doc source=help/a#b>{FIRST}</doc><doc source=help/c>{SECOND}</doc></context>\n{ASK}",
    "fields in tags": f"<d><id>help/a#b</id><text>{FIRST}</text></d><d><id>help/c</id><text>{SECOND}</text></d>\n{ASK}",
    "begin and end": f"BEGIN DOCUMENT help/a#b\n{FIRST}\nEND DOCUMENT help/a#b\n"
    f"BEGIN DOCUMENT help/c\n{SECOND}\nEND DOCUMENT help/c\n{ASK}",
    "fences": f"```help/a#b\n{FIRST}\n```\n```help/c\n{SECOND}\n```\n{ASK}",
    "json": f"Passages: {json.dumps([{'id': 'help/a#b', 'text': FIRST}, {'id': 'help/c', 'text': SECOND}])}\n{ASK}",
    "angles": f"<<<help/a#b\n{FIRST}\n>>>\n<<<help/c\n{SECOND}\n>>>\n{ASK}",
}
LABELLED = {
    "brackets": f"[help/a#b] {FIRST}\n[help/c] {SECOND}\n\nQuestion: {ASK}",
    "numbers with names": f"Passage 1 (help/a#b): {FIRST}\n\nPassage 2 (help/c): {SECOND}\n\n{ASK}",
    "paths": f"help/a#b: {FIRST}\n\nhelp/c#d: {SECOND}\n\n{ASK}",
    "sources": f"Source: help/a#b\n{FIRST}\n\nSource: help/c\n{SECOND}\n\nQuestion: {ASK}",
}


@pytest.mark.parametrize("name", MARKED)
def test_marks_set_passages_apart(name: str) -> None:
    _, found = split(MARKED[name], "user")
    assert [(piece.id, piece.text, piece.enclosed) for piece in found] == [
        ("help/a#b", FIRST, True),
        ("help/c", SECOND, True),
    ]


@pytest.mark.parametrize("name", LABELLED)
def test_labels_name_passages_and_enclose_nothing(name: str) -> None:
    _, found = split(LABELLED[name], "user")
    assert [piece.text for piece in found] == [FIRST, SECOND]
    assert found[0].id == "help/a#b"
    assert not any(piece.enclosed for piece in found)


@pytest.mark.parametrize(
    "text", [*MARKED.values(), *LABELLED.values(), f'"""{FIRST}"""\n{ASK}', f"=====\n{FIRST}\n=====\n{ASK}"]
)
def test_the_question_is_what_is_left(text: str) -> None:
    prompt = read_prompt({"messages": [{"role": "user", "content": text}]})
    assert ASK in prompt.question
    assert FIRST not in prompt.question + prompt.instructions


def test_paragraphs_that_are_just_pasted_in_are_data() -> None:
    prompt = read_prompt({"messages": [{"role": "user", "content": f"{FIRST}\n\n{SECOND}\n\n{ASK}"}]})
    assert [piece.text for piece in prompt.excerpts] == [FIRST, SECOND]
    assert prompt.question.strip() == ASK


def test_a_head_names_what_follows() -> None:
    prompt = read_prompt(
        {"messages": [{"role": "user", "content": f"Context:\n{FIRST}\n\n{SECOND}\n\nQuestion: {ASK}"}]}
    )
    assert [piece.text for piece in prompt.excerpts] == [FIRST, SECOND]
    assert prompt.question == ASK


def test_titles_stand_above() -> None:
    _, (piece,) = split(f"<doc>CT-200 > Battery > How long?\n\n{FIRST}</doc>", "user")
    assert (piece.above, piece.text) == (("How long?", "Battery", "CT-200"), FIRST)


def test_data_may_stand_in_the_system_turn_and_in_tool_results() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "search", "arguments": "{}"}}
    body = {
        "messages": [
            {"role": "system", "content": f"Be brief.\n<doc id='a'>{FIRST}</doc>"},
            {"role": "user", "content": ASK},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": json.dumps({"results": [{"id": "b", "text": SECOND}]})},
        ]
    }
    prompt = read_prompt(body)
    assert [(piece.id, piece.role) for piece in prompt.excerpts] == [("a", "system"), ("b", "tool")]
    assert prompt.instructions.startswith("Be brief.")
    assert [(result.name, result.arguments) for result in prompt.results] == [("search", "{}")]


def test_instructions_in_tags_stay_instructions() -> None:
    text = f"<instructions>Cite the passage ids.</instructions><doc>{FIRST}</doc><question>{ASK}</question>"
    prompt = read_prompt({"messages": [{"role": "user", "content": text}]})
    assert "Cite" in prompt.instructions
    assert prompt.question == ASK
    assert [piece.text for piece in prompt.excerpts] == [FIRST]


MARKS = ("<doc id='a'>", "</doc>", "<<<", ">>>", "```\n", '"""', "[1] ", "{", "}", "[", '"text": ', "\n\n", "=====\n")
PIECES = st.sampled_from([*MARKS, "BEGIN X\n", "END X\n", "Context:\n", FIRST, ASK, " "])


@settings(max_examples=300)
@given(st.lists(PIECES | st.text(max_size=8), max_size=25).map("".join))
def test_no_text_upsets_it(text: str) -> None:
    outside, found = split(text, "user")
    assert isinstance(outside, str)
    assert all(piece.text == piece.text.strip("\n ") for piece in found)


@pytest.mark.parametrize("mark", ["<a>", "[", "```\n", '{"a":', "<<<", "=====\n", "[1] ", "BEGIN X\n", '"""'])
def test_marks_that_nothing_closes_do_not_hold_it_up(mark: str) -> None:
    # Were a search for the end started anew at every mark, this would take minutes.
    split(mark * 20_000, "user")
