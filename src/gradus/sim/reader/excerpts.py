"""Which parts of a turn are data: passages between marks, under labels, in JSON, or just pasted in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

QUESTION_TAGS = frozenset(("question", "query", "user_question", "user_query", "request"))
ORDER_TAGS = frozenset(
    ("instructions", "instruction", "rules", "rule", "task", "system", "format", "output", "role", "guidelines")
)
OTHER_TAGS = frozenset(("policy", "examples", "example", "schema", "thinking", "answer"))
NOT_DATA = QUESTION_TAGS | ORDER_TAGS | OTHER_TAGS

_TAG = re.compile(r"<([A-Za-z][\w-]*)((?:\s+[\w-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s<>]+))*)\s*>")
_ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s]+))")
_ID_NAMES = ("id", "passage_id", "doc_id", "document_id", "source", "ref", "name", "doc", "index", "n", "number")
_TEXT_NAMES = ("text", "content", "passage", "body", "page_content", "document", "snippet", "chunk")
_ABOVE_NAMES = ("title", "heading", "headings", "section")
# What opens and what closes: a group of the opening is the name of what follows.
_MARKS = (
    (re.compile(r"<<<+(?:[ \t]*([^\n<>]*)\n)?"), ">>>"),
    (re.compile(r"^[ \t]*```+([^\n`]*)\n", re.M), "```"),
    (re.compile(r"^[ \t]*~~~+([^\n~]*)\n", re.M), "~~~"),
    (re.compile(r"\"\"\"()"), '"""'),
    (re.compile(r"\'\'\'()"), "'''"),
    (re.compile(r"```()"), "```"),
)
_BEGIN = re.compile(r"^[^\w\n]*(?:BEGIN|START)(?:[ _]OF)?[ _]([A-Z][\w #:/.-]*?)[^\w\n]*$", re.M | re.I)
_RULE = re.compile(r"^[ \t]*([-=#*_])\1{3,}[^\n]*$", re.M)
_JSON = re.compile(r"[\[{]\s*[\[{\"]")
FILLER = "\0"  # stands where data was cut out, so that all else keeps its place
TRIES = 100  # places at which JSON that does not hold is looked for
_LABEL = re.compile(
    r"^[ \t]*(?:[-*•#]+[ \t]*)?(?:\[(?P<bracket>[^\]\n]{1,80})\][:.)]?(?!\()|"
    r"(?:id|passage[_ ]id)[ \t]*[:=][ \t]*(?P<given>[^\s,;|]{1,80})[ \t,;|]*|"
    r"source[ \t]*[:=][ \t]*(?P<origin>[^\s,;|]{1,80})[ \t]*$|"
    r"(?:passage|document|doc|source|excerpt|chunk|result|snippet)[ \t]*#?[ \t]*(?P<number>\d+|[\w./-]*[#/][\w./#-]*)?"
    r"(?:[ \t]*[(\[](?P<named>[^)\]\n]{1,80})[)\]])?[ \t]*[:.\n]|"
    r"\(?(?P<path>[a-z][\w-]*/[\w.-]+#[\w-]+)\)?[ \t]*[:\n])",
    re.M | re.I,
)
_HEAD = re.compile(
    r"^[ \t]*(?:#+[ \t]*)?(?:the\s+)?(?:relevant\s+|retrieved\s+|search\s+|support\s+|reference\s+|following\s+)*"
    r"(?:context|passages?|documents?|sources?|excerpts?|results?|material|knowledge|background|articles?|snippets?|"
    r"ticket|email|message|review|text|data|notes?)[ \t]*:[ \t]*$",
    re.M | re.I,
)
_QUESTION_HEAD = re.compile(
    r"^[ \t]*(?:#+[ \t]*)?(?:the\s+)?(?:(?:user|customer)(?:'s)?\s+)?"
    r"(?:question|query|request|task|instructions?|answer)[ \t]*:",
    re.M | re.I,
)


@dataclass(frozen=True)
class Excerpt:
    """One piece of data in a prompt.

    Attributes:
        id: what the prompt calls it, or None.
        text: what it says.
        above: titles and headings that stand over it, nearest first.
        enclosed: whether marks show where it begins and ends.
        role: the role of the turn it stands in: "user", "tool", "system".
    """

    id: str | None
    text: str
    above: tuple[str, ...] = ()
    enclosed: bool = False
    role: str = "user"


def split(text: str, role: str) -> tuple[str, tuple[Excerpt, ...]]:
    """The text outside of data, and the pieces of data in their order.

    Args:
        text: one turn.
        role: whose turn it is: all of a tool's turn is data, of a user's without marks what does not ask or order.

    Example:
        >>> outside, found = split("<doc id='a'>It lasts 24 months.</doc> How long?", "user")
        >>> outside.strip(), found[0].id
        ('How long?', 'a')
    """
    if role == "tool":
        return "", tuple(_of_tool(text))
    outside, found = _enclosed(text.replace(FILLER, " "))
    rest, labelled = _labelled(outside)
    places = [(at, piece) for at, piece in (*found, *labelled)]
    if not places and role == "user":
        rest, pasted = _pasted(outside)
        places = list(pasted)
    places.sort(key=lambda place: place[0])
    return rest.replace(FILLER, ""), tuple(_with_role(piece, role) for _, piece in places)


def _with_role(piece: Excerpt, role: str) -> Excerpt:
    return Excerpt(piece.id, piece.text, piece.above, piece.enclosed, role)


def _of_tool(text: str) -> Iterator[Excerpt]:
    try:
        value = json.loads(text)
    except ValueError:
        _, found = split(text, "user")
        marked = [piece for piece in found if piece.id is not None or piece.enclosed]
        yield from (_with_role(piece, "tool") for piece in marked or [Excerpt(None, text)])
        return
    yield from (_with_role(piece, "tool") for piece in _from_json(value))


def _enclosed(text: str) -> tuple[str, list[tuple[int, Excerpt]]]:
    """Cut out what stands between marks. An equally long blank takes its place, so that other places hold."""
    found: list[tuple[int, Excerpt]] = []
    text = _tags(text, found)
    text = _json(text, found)
    text = _markers(text, found)
    for opening, closing in _MARKS:
        text = _between(text, opening, closing, found)
    return _ruled(text, found), found


def _markers(text: str, found: list[tuple[int, Excerpt]]) -> str:
    """What stands between lines such as BEGIN DOCUMENT 3 and END DOCUMENT 3."""
    at = 0
    unclosed: set[str] = set()
    while match := _BEGIN.search(text, at):
        name, at = match[1], match.end()
        if name.lower() in unclosed:
            continue
        end = re.compile(rf"^[^\w\n]*(?:END|STOP)(?:[ _]OF)?[ _]{re.escape(name)}[^\w\n]*$", re.M | re.I).search(
            text, at
        )
        if end is None:
            unclosed.add(name.lower())
            continue
        found += _pieces(text[match.end() : end.start()], _name_in(name), match.start())
        text, at = _blank(text, match.start(), end.end()), end.end()
    return text


def _between(text: str, opening: re.Pattern[str], closing: str, found: list[tuple[int, Excerpt]]) -> str:
    at = 0
    while match := opening.search(text, at):
        end = text.find(closing, match.end())
        if end < 0:
            break
        at = end + len(closing)
        while text.startswith(closing[0], at):
            at += 1
        if len(text[match.end() : end].split()) > 2:
            found += _pieces(text[match.end() : end], _name_in(match[1] or ""), match.start())
            text = _blank(text, match.start(), at)
    return text


def _ruled(text: str, found: list[tuple[int, Excerpt]]) -> str:
    """What stands between two lines of the same rule: ===== and =====."""
    rules = list(_RULE.finditer(text))
    place = 0
    while place + 1 < len(rules):
        first, second = rules[place], rules[place + 1]
        inner = text[first.end() : second.start()]
        if first[1] == second[1] and len(inner.split()) > 3:
            found += _pieces(inner, None, first.start())
            text = _blank(text, first.start(), second.end())
            place += 1
        place += 1
    return text


def _pieces(inner: str, name: str | None, at: int) -> list[tuple[int, Excerpt]]:
    """What stands between marks: labelled pieces, the entries of a JSON text, or one piece."""
    try:
        entries = list(_from_json(json.loads(inner)))
    except ValueError:
        entries = []
    if entries:
        return [(at + place, piece) for place, piece in enumerate(entries)]
    _, labelled = _labelled(inner)
    if labelled:
        return [(at + place, Excerpt(piece.id, piece.text, piece.above, True)) for place, piece in labelled]
    return [(at, _excerpt(name, inner, enclosed=True))]


def _tags(text: str, found: list[tuple[int, Excerpt]]) -> str:
    at = 0
    while match := _TAG.search(text, at):
        name = match[1]
        end = text.find(f"</{name}>", match.end())
        at = match.end()
        if end < 0:
            continue
        inner, after = text[match.end() : end], end + len(name) + 3
        if name.lower() in NOT_DATA:
            label = "Question: " if name.lower() in QUESTION_TAGS else ""
            words = _fill(f"\n{label}{inner.strip()}\n", after - match.start())
            text = text[: match.start()] + words + text[after:]
            continue
        found += _tagged(name, match[2], inner, match.start())
        text = _blank(text, match.start(), after)
        at = after
    return text


def _tagged(name: str, attributes: str, inner: str, at: int) -> list[tuple[int, Excerpt]]:
    given = {key.lower(): a or b or c for key, a, b, c in _ATTRIBUTE.findall(attributes)}
    parts: list[tuple[int, Excerpt]] = []
    fields = {tag.lower(): body for tag, body in re.findall(r"<([A-Za-z][\w-]*)>([^<]*)</\1>", inner)}
    text = next((fields[key] for key in _TEXT_NAMES if key in fields), None)
    if text is not None:
        label = next((fields[key].strip() for key in _ID_NAMES if key in fields), _id_of(given))
        return [(at, _excerpt(label, text, _above(fields), enclosed=True))]
    _tags(inner, parts)
    if parts:
        return [(at + 1 + place, piece) for place, piece in parts]
    if not given:
        return _pieces(inner, None, at)
    return [(at, _excerpt(_id_of(given), inner, _above(given), enclosed=True))]


def _id_of(fields: dict[str, str]) -> str | None:
    return next((fields[name].strip() for name in _ID_NAMES if fields.get(name)), None)


def _above(fields: dict[str, Any]) -> tuple[str, ...]:
    given = [fields[name] for name in reversed(_ABOVE_NAMES) if fields.get(name)]
    return tuple(str(part) for value in given for part in (value if isinstance(value, list) else [value]))


def _json(text: str, found: list[tuple[int, Excerpt]]) -> str:
    """Cut out arrays of objects, and objects, that hold texts."""
    at = tries = 0
    decoder = json.JSONDecoder()
    while tries < TRIES and (match := _JSON.search(text, at)):
        try:
            value, end = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            tries += 1
            at = match.start() + 1
            continue
        entries = (
            list(_from_json(value)) if not isinstance(value, list) or any(isinstance(x, dict) for x in value) else []
        )
        found += [(match.start() + place, piece) for place, piece in enumerate(entries)]
        if entries:
            text = _blank(text, match.start(), end)
        at = end
    return text


def _from_json(value: Any) -> Iterator[Excerpt]:
    if isinstance(value, list):
        for entry in value:
            yield from _from_json(entry) if isinstance(entry, dict | list) else _from_json({"text": entry})
    elif isinstance(value, dict):
        nested = [part for part in value.values() if isinstance(part, list) and any(isinstance(x, dict) for x in part)]
        body = next((value[name] for name in _TEXT_NAMES if isinstance(value.get(name), str)), None)
        if body is None and nested:
            for part in nested:
                yield from _from_json(part)
            return
        label = next((str(value[name]) for name in _ID_NAMES if value.get(name) is not None), None)
        if body is None:
            body = "\n".join(f"{key}: {_flat(part)}" for key, part in value.items())
        yield _excerpt(label, body, _above(value), enclosed=True)
    elif value is not None:
        yield Excerpt(None, str(value), enclosed=True)


def _flat(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _labelled(text: str) -> tuple[str, list[tuple[int, Excerpt]]]:
    """Pieces under labels such as "[3]" or "Passage 3:", and paragraphs under a head such as "Context:"."""
    found: list[tuple[int, Excerpt]] = []
    labels = list(_LABEL.finditer(text))
    for place, label in enumerate(labels):
        end = labels[place + 1].start() if place + 1 < len(labels) else _end_of_data(text, label.end())
        name = next(
            (
                part
                for part in (label["bracket"], label["named"], label["given"], label["origin"], label["path"])
                if part
            ),
            None,
        )
        body = text[label.end() : end]
        if len(body.split()) < 3:
            continue
        found.append((label.start(), _excerpt((name or label["number"] or "").strip() or None, body)))
        text = _blank(text, label.start(), end)
    for head in list(_HEAD.finditer(text)):
        end = _end_of_data(text, head.end(), paragraphs=True)
        blocks = list(_blocks(text[head.end() : end]))
        found += [(head.end() + at, piece) for at, piece in blocks]
        if blocks:
            text = _blank(text, head.start(), end)
    return text, found


def _end_of_data(text: str, start: int, *, paragraphs: bool = False) -> int:
    """Where data ends that nothing closes: at the question's head, or before a last paragraph that asks."""
    head = _QUESTION_HEAD.search(text, start)
    end = head.start() if head else len(text)
    if head:
        return end
    cut = text.rfind("\n\n", start, len(text.rstrip()))
    if cut > start and (text.rstrip().endswith("?") or not paragraphs):
        last = text[cut:].strip()
        if last.endswith("?") or (len(last.split()) < 40 and _asks(last)):
            return cut
    return end


def _asks(paragraph: str) -> bool:
    return bool(
        re.match(
            r"(?:please |now )?(?:answer|say|tell|what|which|how|who|when|where|why|is|are|does|do|can|cite|write|"
            r"summari[sz]e|classify|extract|return|if|use|reply|respond|give|list|explain|using|based on)\b",
            paragraph,
            re.IGNORECASE,
        )
    )


def _pasted(text: str) -> tuple[str, list[tuple[int, Excerpt]]]:
    """Of a turn without marks: every paragraph is data but those that ask or order, and the last one."""
    paragraphs = [
        (match.start(), match[0]) for match in re.finditer(r"(?:[^\n]|\n(?!\s*\n))+", text) if match[0].strip()
    ]
    if len(paragraphs) < 2:
        return text, []
    asking = [at for at, part in paragraphs if part.rstrip().endswith("?") or _asks(part.strip())]
    if not asking:
        asking = [paragraphs[-1][0]]
    chosen = [(at, part) for at, part in paragraphs if at not in asking]
    found = list(_with_headings(chosen))
    for at, part in chosen:
        text = _blank(text, at, at + len(part))
    return text, found


def _blocks(text: str) -> Iterator[tuple[int, Excerpt]]:
    parts = [(match.start(), match[0]) for match in re.finditer(r"(?:[^\n]|\n(?!\s*\n))+", text) if match[0].strip()]
    yield from _with_headings(parts)


def _with_headings(parts: Sequence[tuple[int, str]]) -> Iterator[tuple[int, Excerpt]]:
    """Paragraphs, each under the heading that stood before it."""
    above: tuple[str, ...] = ()
    for at, part in parts:
        piece = _excerpt(None, part)
        if _is_heading(part.strip()):
            above = tuple(reversed([name.strip(" #") for name in part.strip().split(" > ")]))
            continue
        yield at, Excerpt(None, piece.text, piece.above or above)


def _is_heading(line: str) -> bool:
    if "\n" in line or len(line.split()) > 30:
        return False
    return line.startswith("#") or " > " in line or (len(line.split()) <= 14 and line[-1] not in ".!?:;,")


def _excerpt(name: str | None, text: str, above: tuple[str, ...] = (), *, enclosed: bool = False) -> Excerpt:
    """A piece of data; a first line like "Title > Heading" stands above the rest."""
    body = text.strip("\n ")
    first, _, rest = body.partition("\n")
    if rest.strip() and _is_heading(first.strip() or "."):
        above = (*reversed([part.strip(" #") for part in first.split(" > ")]), *above)
        body = rest.strip("\n ")
    return Excerpt(name, body, above, enclosed)


def _name_in(label: str) -> str | None:
    """An id in what follows BEGIN or a fence: "DOCUMENT help/pairing" names help/pairing; "DOCUMENT" names nothing."""
    words = [word for word in re.split(r"[\s:=]+", label) if any(char in "/#-_." or char.isdigit() for char in word)]
    return words[-1] if words else None


def _fill(words: str, length: int) -> str:
    return words[:length].ljust(length, FILLER)


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + "\n" + FILLER * max(0, end - start - 2) + ("\n" if end - start > 1 else "") + text[end:]
