"""What a text states: its sentences, table cells and lines of code, each with what stands above it, held against facts.

A sentence rarely names all that it speaks of: the model is in the title, the plan in the column's head, the topic in
the heading. So a statement carries what stands above it, nearest first, and speaks of what is named nearest.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gradus.coldtrail.facts import Entity, Fact, Knowledge

TOPIC = "topic"

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
_QUOTES = {ord("’"): "'", ord("‘"): "'", ord("“"): '"', ord("”"): '"'}
_EMPHASIS = re.compile(r"[*`]+|(?<!\w)_+|_+(?!\w)")
_GROUPING = re.compile(r"(?<=\d)[, ](?=\d{3}(?!\d))")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"'(\[]?[A-Z0-9€$±-])|;\s+")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|approx|incl|excl|max|min|no|vs)|^\d+)\.$", re.IGNORECASE)
_ITEM = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+")
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_RULE = re.compile(r"^\s*(?:-{3,}|={3,}|\*{3,})\s*$")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")


@dataclass(frozen=True)
class Statement:
    """The smallest piece of text that can state a fact: a sentence, a table cell, a line of code.

    Attributes:
        text: the piece itself, normalised; for a cell its row's first cell and its column's head stand before it.
        cell: the cell alone, or "" where the piece is not a cell.
        above: what stands above it, normalised, nearest first: sentences before it in its paragraph, the line that
            leads in its list, headings, the title.
        cued: the text, with those of the things above it whose words count as its own: lead-in and nearest heading.
    """

    text: str
    cell: str
    above: tuple[str, ...]
    cued: str


def normalise(text: str) -> str:
    """The text with one kind of dash, quote, space and number grouping, without emphasis; its case is kept.

    Example:
        >>> normalise("**1,200** requests – 5\\u00a0%")
        '1200 requests - 5%'
    """
    plain = unicodedata.normalize("NFKC", text.replace("º", "°")).translate(_DASHES | _QUOTES)
    plain = _EMPHASIS.sub("", plain)
    plain = re.sub(r"\s+", " ", plain).strip()
    plain = _GROUPING.sub("", plain)
    return re.sub(r"(?<=\d) ?(%|°)", lambda match: match[1] if match[1] == "%" else " °", plain)


def statements(text: str, above: Sequence[str] = ()) -> tuple[Statement, ...]:
    """All statements of a text in its order.

    Args:
        text: Markdown or plain text; Markdown headings in it are understood.
        above: what stands above the text, nearest first: its heading, the headings over that, the title.

    Example:
        >>> [s.text for s in statements("It lasts 24 months. Then change it.", ["Battery", "CT-200"])]
        ['It lasts 24 months.', 'Then change it.']
    """
    found: list[Statement] = []
    outer = tuple(normalise(part) for part in above)
    headings: list[tuple[int, str]] = []
    lead = ""
    for block in _blocks(text.splitlines()):
        over = (*(name for _, name in reversed(headings)), *outer)
        if heading := _HEADING.match(block[0]):
            level = len(heading[1])
            headings = [*((depth, name) for depth, name in headings if depth < level), (level, normalise(heading[2]))]
            lead = ""
        elif block[0].lstrip().startswith("|"):
            found += _cells(block, lead, over)
        elif _FENCE.match(block[0]):
            found += (_statement(line, (), lead, over) for line in map(normalise, block[1:]) if line)
        else:
            item = bool(_ITEM.match(block[0]))
            sentences = _sentences(" ".join(_ITEM.sub("", line) for line in block))
            for index, sentence in enumerate(sentences):
                found.append(_statement(sentence, tuple(reversed(sentences[:index])), lead if item else "", over))
            if not item:
                lead = sentences[-1] if sentences and sentences[-1].endswith(":") else ""
    return tuple(found)


def _statement(text: str, before: tuple[str, ...], lead: str, over: tuple[str, ...], cell: str = "") -> Statement:
    leads = (lead,) if lead else ()
    return Statement(text, cell, (*before, *leads, *over), " | ".join((text, *leads, *over[:1])))


def _cells(rows: Sequence[str], lead: str, over: tuple[str, ...]) -> Iterator[Statement]:
    table = [
        [normalise(cell) for cell in row.strip().strip("|").split("|")] for row in rows if not _TABLE_RULE.match(row)
    ]
    head, *body = table
    for row in body:
        for column, cell in enumerate(row):
            if cell and column:
                name = head[column] if column < len(head) else ""
                yield _statement(f"{row[0]} | {name} | {cell}", (), lead, over, cell)


def _blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    """Headings, tables, fenced code, list items and paragraphs, each a list of lines."""
    block: list[str] = []
    fenced = False
    for line in lines:
        if _FENCE.match(line):
            if fenced:
                yield block
                block, fenced = [], False
                continue
            if block:
                yield block
            block, fenced = [line], True
        elif fenced:
            block.append(line)
        elif not line.strip() or _RULE.match(line):
            if block:
                yield block
            block = []
        elif block and _continues(block, line):
            block.append(line)
        else:
            if block:
                yield block
            block = [line]
    if block:
        yield block


def _continues(block: list[str], line: str) -> bool:
    if _HEADING.match(line) or _HEADING.match(block[0]) or _ITEM.match(line):
        return False
    return line.lstrip().startswith("|") == block[0].lstrip().startswith("|")


def _sentences(paragraph: str) -> list[str]:
    pieces: list[str] = []
    for piece in _SENTENCE.split(normalise(paragraph)):
        if pieces and _ABBREVIATION.search(pieces[-1]):
            pieces[-1] += f" {piece}"
        elif piece:
            pieces.append(piece)
    return pieces


class Matcher:
    """Says which facts a statement states. Made once for a body of knowledge.

    Args:
        knowledge: entities, attributes and facts.

    Example:
        >>> matcher = Matcher(knowledge())
        >>> matcher.stated(statements("The CT-200 weighs 95 g."))
        frozenset({'ct-200.weight'})
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._facts: dict[str, list[Fact]] = {}
        for fact in knowledge.facts:
            self._facts.setdefault(fact.subject, []).append(fact)
        # Headings and titles stand above many statements: each text is searched for names once.
        self._named_in = functools.lru_cache(maxsize=4096)(self._names)

    def stated(self, pieces: Iterable[Statement]) -> frozenset[str]:
        """The ids of the facts that are stated, right value and all."""
        return frozenset(fact.id for piece in pieces for fact in self.concerned(piece) if gives(piece, fact))

    def misstated(self, pieces: Iterable[Statement]) -> frozenset[str]:
        """The ids of the facts for which the wrong value is stated."""
        return frozenset(
            fact.id for piece in pieces for fact in self.concerned(piece) if gives(piece, fact, wrong=True)
        )

    def concerned(self, piece: Statement) -> Iterator[Fact]:
        """The facts whose subject and attribute a statement speaks of, in their version and region, right or wrong."""
        named = self._speaks_of(piece)
        for subject in sorted(named):
            for fact in self._facts.get(subject, ()):
                cues = self._knowledge.attribute[fact.attribute].cues
                if _qualifiers(fact) <= named and (not cues or mentions(piece.cued, cues)):
                    yield fact

    def _speaks_of(self, piece: Statement) -> set[str]:
        """The ids of the entities that a statement speaks of: of each kind those named nearest, and every topic."""
        found: set[str] = set()
        settled: set[str] = set()
        for level in (piece.text, *piece.above):
            named = self._named_in(level)
            found |= {entity.id for entity in named if entity.kind not in settled}
            settled |= {entity.kind for entity in named if entity.kind != TOPIC}
        return found

    def _names(self, text: str) -> tuple[Entity, ...]:
        return tuple(entity for entity in self._knowledge.entities if mentions(text, entity.names))


def gives(piece: Statement, fact: Fact, *, wrong: bool = False) -> bool:
    """Whether a statement contains a fact's value, or its wrong value, in any of its forms."""
    forms = fact.wrong_forms if wrong else fact.forms
    return mentions(piece.text, forms) or bool(piece.cell and fact.unit and _bare(piece, fact, wrong))


def _qualifiers(fact: Fact) -> set[str]:
    return {name for name in (f"fw{fact.firmware}" if fact.firmware else None, fact.region) if name}


def _bare(piece: Statement, fact: Fact, wrong: bool) -> bool:
    """A cell that holds the number alone, its unit in the row's or the column's head."""
    return (
        piece.cell == (fact.wrong if wrong else fact.value) and fact.unit.split()[0].rstrip("s") in piece.text.lower()
    )


def mentions(text: str, names: Iterable[str]) -> bool:
    """Whether any of the names stands in a normalised text as whole words; capitals in a name have to be there.

    Example:
        >>> mentions("Its battery lasts long", ["battery"]), mentions("ask us", ["US"])
        (True, False)
    """
    return _pattern(tuple(names)).search(text) is not None


@functools.cache
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(_whole_word, names)))


def _whole_word(name: str) -> str:
    first, last = name[0], name[-1]
    before = r"(?<![\w.])(?<!\D-)(?<!^-)" if first.isalnum() else r"(?<!\w)" if first == "-" else ""
    after = r"(?!\w|-\w|[.,]\d)" if last.isdigit() else r"(?!\w)" if last.isalnum() else ""
    plural = "s?" if last.isalpha() and len(name) > 2 else ""
    ignore_case = "(?i:{})" if name == name.lower() else "{}"
    return before + ignore_case.format(re.escape(name) + plural) + after
