"""What a goal asks for, step by step: sentences and parts of sentences that order or ask something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .details import identifiers, quoted
from .vocabulary import READING, concepts, is_verb, meanings

MOST_STEPS = 24
MOST_READ = 8000  # characters of a goal

_SENTENCE = re.compile(r"(?:[^.?!;\n]|[.?!](?!\s|$)|(?<=\be\.g)\.|(?<=\bi\.e)\.)+[.?!;]*")
_LIST_MARK = re.compile(r"^\s*(?:[-*•]|\(?\d{1,2}[.)]|step \d+\s*:|[a-h]\))\s+", re.IGNORECASE)
_LINK = re.compile(
    r"\s*,?\s*\b(?:and(?: then| also| after(?:wards| that)| finally)?|then|after(?:wards| that)|also|plus|but|before that|finally)\b,?\s+|\s*,\s+|\s+-\s+|:\s+|\s+[–—]\s+",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"^(?:(?:please|pls|kindly|now|then|next|first(?:ly)?|second(?:ly)?|third(?:ly)?|finally|lastly|also|so|and|but|ok(?:ay)?|well|just|afterwards?|after that|"
    r"hello|hi|hey|morning|good morning|thanks|in the end|once (?:that|this) is done|(?:can|could|would|will) (?:you|somebody|someone)|"
    r"would you mind|(?:i|we)(?:'d| would) like you to|(?:i|we) (?:need|want|would like|ask) you to|you (?:should|must|can|may|have to|need to)|"
    r"(?:be so kind|be so good) (?:as )?to|go ahead and|make sure (?:to|that you)|try to|let's|let us|"
    r"(?:i|we)(?:'d| would)? (?:like|need|want) to (?=know|see|find|check|get|learn|open|cancel|book|file|add|send|change)|"
    r"(?:your|the) (?:task|job|goal) is to|help me(?: to)?|to)\b[\s,:!.]*)+",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"^(?:and |so |but )?(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|does|do|did|has|have|had|may|"
    r"am|should|can|could|whether)\b(?:'s)?",
    re.IGNORECASE,
)
_WISHED = re.compile(
    r"^(?:(?:i|we|they|he|she)(?:'d| would)? (?:like|need|want|wants|needs)|(?:i|we) (?:ask|request) for|(?:needs?|wants?)) (?:a|an|the|another|some|my|our|their)\b|"
    r"\b(?:has|have|needs?|ought|want) to be \w+ed\b|\b(?:must|should|shall) (?:now )?be \w+(?:ed|en|t)\b|\bneeds? \w+ing\b|\bwants? (?:his|her|their|its|it|them) \w+ed\b",
    re.IGNORECASE,
)
_NEGATED = re.compile(
    r"^(?:do not|don't|never|no|not|without|nothing|avoid|there is no need|no need|not necessary)\b", re.IGNORECASE
)
_AFTER_A_VERB = re.compile(
    r"^(?:the|a|an|it|them|him|her|this|that|these|those|all|their|its|any|each|every|both|my|our|his|your|another|one|to|"
    r"me|us|in|off|up|on|out|for|over|into|what|whether|which|how|if|who|when|where|about|back|down|open|as|\d|[A-Z€$£#\"'“])"
)
_NO_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|would|'s|'re|'ve|can|could|may|might|did|does|do|got|went|came|said|says)\b",
    re.I,
)
_WORDS_OF = re.compile(
    r"\b(?:say(?:ing)?|tell(?:ing)?|stat(?:e|ing)|inform(?:ing)?|not(?:e|ing)|writ(?:e|ing)|mention(?:ing)?|reads?|let(?:ting)?|know|repl(?:y|ying)|messag(?:e|ing)|add(?:ing)?|"
    r"mail(?:ing)?|answer(?:ing)?|email(?:ing)?|remark|comment|notify(?:ing)?)\b[^.:]{0,80}?(?:\bthat\b|\bsaying\b|\breads?\b|\bwith the (?:text|words|message|note)\b)"
    r"|\b(?:saying|that says|that reads|which says|with the (?:text|words|message))\b",
    re.IGNORECASE,
)
_SAYS_AFTER_COLON = re.compile(
    r"\b(?:note|message|reply|mail|email|comment|text|tell \w+|remark|body|subject|reason|query|question|search)\b[^:]{0,60}:\s",
    re.IGNORECASE,
)
_IF_FIRST = re.compile(
    r"^(if|when|in case|provided|should|unless)\b(.+?)(?:,\s*(?:then\s+)?|\s+then\s+)(.+)$", re.IGNORECASE | re.DOTALL
)
_IF_LAST = re.compile(r"^(.+?),?\s+(if|in case|provided that|unless|as long as)\s+(.+)$", re.IGNORECASE | re.DOTALL)
_WHETHER = re.compile(
    r"\b(?:check|see|know|ask|tell|find out|say|wonder|sure|verify|confirm)\b(?:\s+\S+){0,2}\s*$", re.IGNORECASE
)
_OTHERWISE = re.compile(r"^(?:otherwise|if not|else|or else)\b[,:]?\s*", re.IGNORECASE)

_INLINE_NUMBER = re.compile(r"(?:^|(?<=[.:;!?,]))[ \t]+(?:\(?\d{1,2}[.)]|step \d+:)\s+", re.IGNORECASE)
_SUM = r"(?:[€$£]\s?)?\d+(?:[.,]\d\d)?\s?(?:[€$£]|euros?\b|dollars?\b|pounds?\b|eur\b|usd\b|gbp\b)"
_NOMINAL = re.compile(
    rf"^(?:(?:an?|one|the|another) )?(?:rma|replacement|exchange|credit|refund|goodwill|internal note|note)\b|^{_SUM}|^\d+\.\d\d\b|^(?:the )?ticket (?:to|on) \w+$",
    re.IGNORECASE,
)

_QUOTES = re.compile(r"[\"“«][^\"”»\n]*[\"”»]|(?<!\w)['‘][^'’\n]+(?:['’]\w[^'’\n]*)*['’](?!\w)")

Mood = Literal["ask", "act", "wish", "say"]


@dataclass(frozen=True)
class Step:
    """One thing that is asked for.

    Attributes:
        words: the words that ask for it.
        mood: "ask" for something to be found out, "act" for something to be done, "wish" for something that may be either,
            "say" for what only tells something.
        condition: what it depends on, in the goal's words, or "".
        reversed: whether it is to be done where the condition does not hold.
        waits: whether the words put it after what stands before.
    """

    words: str
    mood: Mood
    condition: str = ""
    reversed: bool = False
    waits: bool = False

    @property
    def order(self) -> str:
        """The words without those that a message or a note is to have."""
        dictated = _dictated(self.words)
        return self.words[: dictated[0]] if dictated else _QUOTES.sub(" ", self.words)

    @property
    def dictated(self) -> str:
        """The words that a message or a note is to have, or ""."""
        if found := quoted(self.words):
            return max(found, key=len)
        dictated = _dictated(self.words)
        return self.words[dictated[1] :].strip(" .\"'") if dictated else ""


def steps_of(goal: str) -> tuple[Step, ...]:
    """The steps of a goal, in its order.

    Example:
        >>> [(step.mood, step.words) for step in steps_of("Look up C-127 and then credit 50 euros. Don't call.")]
        [('ask', 'Look up C-127'), ('act', 'credit 50 euros')]
    """
    found: list[Step] = []
    for sentence in _SENTENCE.findall(_INLINE_NUMBER.sub("\n- ", goal[:MOST_READ])):
        sentence = _LIST_MARK.sub("", sentence).strip()
        if sentence:
            found += _in_sentence(sentence, found[-1] if found else None)
    return tuple(found[:MOST_STEPS])


def _in_sentence(sentence: str, before: Step | None) -> Iterator[Step]:
    condition, turned, rest = _conditional(sentence)
    if not condition and before and before.condition and (other := _OTHERWISE.match(rest)):
        condition, turned, rest = before.condition, not before.reversed, rest[other.end() :]
    asks = sentence.rstrip().endswith("?")
    polite = bool(re.search(r"\b(?:please|pls|kindly)\b", rest, re.IGNORECASE))
    first = True
    for words, waits in _parts(rest):
        body = _FILLER.sub("", words).strip()
        if condition and not first and (other := _OTHERWISE.match(body)):
            turned, body = not turned, body[other.end() :]
        if not body or _NEGATED.search(body):
            first = False
            continue
        mood = _mood(body, words, asks=asks and first, polite=polite)
        yield Step(body.rstrip(" .;,!"), mood, condition, turned, waits or (bool(condition) and first))
        first = False


def _conditional(sentence: str) -> tuple[str, bool, str]:
    if (match := _IF_FIRST.match(sentence)) and not sentence.rstrip().endswith("?"):
        return match[2].strip(), match[1].lower() == "unless", match[3]
    if (match := _IF_LAST.match(sentence)) and not _WHETHER.search(match[1]) and not _starts_content(match[1]):
        return match[3].strip(" .!"), match[2].lower() == "unless", match[1]
    return "", False, sentence


def _starts_content(text: str) -> bool:
    return bool(_WORDS_OF.search(text) or _SAYS_AFTER_COLON.search(f"{text}: "))


def _parts(sentence: str) -> Iterator[tuple[str, bool]]:
    """The parts of a sentence that each begin with an order, and whether each says that it comes later."""
    masked = _QUOTES.sub(lambda quote: "“" + "·" * (len(quote[0]) - 2) + "”", sentence)
    start, waits = 0, False
    for link in _LINK.finditer(masked):
        if link.start() < start:
            continue
        piece = masked[start : link.start()]
        if _in_words(masked[start : link.end()]) and "then" not in link[0].lower():
            continue
        if not _begins_order(masked[link.end() :]):
            continue
        if piece.strip():
            yield sentence[start : link.start()], waits
        start = link.end()
        waits = bool(re.search(r"\bthen\b|\bafter", link[0], re.IGNORECASE))
    yield sentence[start:], waits


def _in_words(text: str) -> bool:
    """Whether what follows still belongs to a message or note that the sentence dictates."""
    found = _dictated(text)
    return found is not None and "”" not in text[found[1] :]


def _dictated(text: str) -> tuple[int, int] | None:
    """Where the words that announce a dictated text begin to do so, and where the text itself begins."""
    found = _WORDS_OF.search(text) or _SAYS_AFTER_COLON.search(text)
    if found is None:
        return None
    announced = re.search(
        r"(?:\bthat|\bsaying|\breads|\bwith the \w+|\b(?:that|which) says|:)\s*$", found[0], re.IGNORECASE
    )
    return found.start() + (announced.start() if announced else 0), found.end()


def _begins_order(text: str) -> bool:
    body = _FILLER.sub("", text)
    addressed = body != text and re.match(r"\s*(?:please|can you|could you|then|also)\b", text, re.IGNORECASE)
    return (
        _is_order(body)
        or bool(
            _OTHERWISE.match(body) or _NOMINAL.match(body) or re.match(r"(?:do not|don't|never)\b", body, re.IGNORECASE)
        )
        or bool(re.match(r"(?:what|how|why|whether)\b", body, re.IGNORECASE))
        or bool(addressed and concepts(body[:60]))
    )


def _is_order(body: str) -> bool:
    """Whether it begins with a verb that orders something."""
    words = body.split(maxsplit=2)
    if not words:
        return False
    first = words[0].rstrip(",:.!?").removesuffix("-up")
    if not first.isalpha() or first.lower().endswith("ed") or first.lower().endswith("ing"):
        return False
    if first.lower().endswith("s") and not first.lower().endswith("ss"):
        return False
    if first.lower() in (
        "let",
        "give",
        "tell",
        "look",
        "find",
        "get",
        "put",
        "take",
        "drop",
        "hand",
        "pass",
        "connect",
    ):
        return True
    if not is_verb(first):
        return False
    rest = body[len(words[0]) :].lstrip()
    return not rest or bool(_AFTER_A_VERB.match(rest)) or not _is_noun(first)


def _is_noun(word: str) -> bool:
    return word.lower() in [
        "credit",
        "note",
        "ticket",
        "message",
        "mail",
        "email",
        "text",
        "check",
        "list",
        "return",
        "order",
        "book",
        "answer",
        "reply",
        "account",
        "bill",
        "file",
        "case",
        "log",
        "review",
        "display",
        "issue",
        "view",
        "search",
        "refund",
        "charge",
        "comment",
        "end",
        "close",
        "start",
        "place",
        "record",
        "request",
        "report",
        "replacement",
        "exchange",
        "rma",
        "open",
        "show",
        "return",
        "route",
        "query",
        "mark",
        "change",
        "update",
        "set",
        "move",
        "reset",
        "approval",
        "escalation",
        "transfer",
        "unit",
        "site",
        "device",
    ]


def _mood(body: str, words: str, *, asks: bool, polite: bool) -> Mood:
    if _is_order(body):
        if re.match(r"(?:give|tell|show|send|get|let|bring)\s+(?:me|us)\b", body, re.IGNORECASE):
            return "ask"
        first = meanings(body.split()[0].rstrip(",:.!?"))
        plain = body.split()[0].lower() not in ("let", "give", "take", "put", "drop", "hand", "pass", "connect", "tell")
        if (plain and READING.intersection(first)) or re.match(r"(?:look|pull)\b|find out", body, re.IGNORECASE):
            return "ask"
        return "act"
    if _QUESTION.match(body) or asks:
        if re.match(r"(?:can|could|may) (?:i|we) (?:get|have) (?:a|an|my|our|the) ", body, re.IGNORECASE):
            return "act"
        return "ask"
    if re.match(r"(?:know|learn)\b", body, re.IGNORECASE):
        return "ask"
    if found := _WISHED.search(words):
        return "wish" if found.start() == 0 else "act"
    if _NOMINAL.match(body):
        return "act"
    return "wish" if (polite or _names_only(body)) and concepts(body) else "say"


def _names_only(body: str) -> bool:
    """Whether it names a thing to be done without any verb: "RMA for SN-300-0014"."""
    named = set(concepts(body))
    brief = len(body.split()) <= 14 and not _NO_VERB.search(body)
    return (
        brief
        and bool(named & {"rma", "credit", "transfer"})
        and bool(identifiers(body) or "for" in body.split() or "money" in named)
    )
