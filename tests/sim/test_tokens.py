from __future__ import annotations

from gradus.sim import tokens
from gradus.sim.reply import pieces


def test_tokens_are_those_of_minilm() -> None:
    assert tokens.count(["hello world"]) == 2
    assert tokens.count(["hello world", "again"]) == 3
    assert tokens.count([]) == 0
    assert tokens.count([""]) == 0


def test_long_texts_are_counted_to_their_end() -> None:
    assert tokens.count(["valve " * 1000]) == 1000 * tokens.count(["valve"])


def test_pieces_put_together_are_the_text() -> None:
    for text in ["", "one", " one  two\n\nthree ", "\n", "internationalisation", '{"a":[1,2]}', "Kühlhaus 🧊"]:
        assert "".join(pieces(text)) == text
        assert all(len(piece.strip()) <= 12 for piece in pieces(text))
    assert pieces("one two") == ["one", " two"]
