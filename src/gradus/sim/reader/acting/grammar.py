"""How orders, questions and wishes look in plain English: what a goal is cut into steps by."""

from __future__ import annotations

import re
from typing import Literal

from .details import identifiers
from .vocabulary import READING, concepts, is_verb, meanings

Mood = Literal["ask", "act", "wish", "say"]

_ANY = re.IGNORECASE
_SUM_OF_MONEY = r"(?:[€$£]\s?)?\d+(?:[.,]\d\d)?\s?(?:[€$£]|euros?\b|dollars?\b|pounds?\b|eur\b|usd\b|gbp\b)"
_FILLERS = (
    "please|pls|kindly|now|then|next|first(?:ly)?|second(?:ly)?|third(?:ly)?|finally|lastly|also|so|and|but|ok(?:ay)?",
    "well|just",
    "afterwards?|after that|hello|hi|hey|good morning|morning|thanks|in the end|once (?:that|this) is done",
    "would you mind|i wonder|i was wondering|(?:can|could|would|will) (?:you|somebody|someone)",
    "(?:i|we)(?:'d| would) like you to",
    "(?:i|we) (?:need|want|would like|ask) you to|you (?:should|must|can|may|have to|need to)",
    "(?:be so kind|be so good) (?:as )?to|go ahead and|make sure (?:to|that you)|try to|let's|let us",
    "(?:i|we)(?:'d| would)? (?:like|need|want|have) to",
    "(?:your|the) (?:task|job|goal) is to|help me(?: to)?|to",
)
FILLER = re.compile(rf"^(?:(?:{'|'.join(_FILLERS)})\b[\s,:!.]*)+", _ANY)
LINK = re.compile(
    r"\s*,?\s*\b(?:and(?: then| also| after(?:wards| that)| finally)?|then|after(?:wards| that)|also|plus|but|"
    r"before that|finally)\b,?\s+|\s*,\s+|\s+-\s+|:\s+|\s+[–—]\s+",
    _ANY,
)
_QUESTION = re.compile(
    r"^(?:and |so |but )?(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|does|do|did|has|have|had|may|"
    r"am|should|can|could|whether)\b(?:'s)?",
    _ANY,
)
_WISHES = (
    r"^(?P<like>(?:i|we|they|he|she)(?:'d| would)? (?:like|need|want|wants|needs)|(?:i|we) (?:ask|request) for|"
    r"(?:needs?|wants?)) (?:a|an|the|another|some|my|our|their)\b",
    r"\b(?:has|have|needs?|ought|want) to be \w+ed\b",
    r"\b(?:must|should|shall) (?:now )?be \w+(?:ed|en|t)\b",
    r"\bneeds? \w+ing\b",
    r"\bwants? (?:his|her|their|its|it|them) \w+ed\b",
    r"\b(?:should|must|has to|needs to) (?:know|hear)\b",
    rf"\bgets? {_SUM_OF_MONEY}",
    r"(?P<wants>\b(?:needs?|wants?) (?:a|an|another|some)\b)",
)
_WISHED = re.compile("|".join(_WISHES), _ANY)
NEGATED = re.compile(
    r"^(?:do not|don't|never|no|not|without|nothing|avoid|there is no need|no need|not necessary)\b", _ANY
)
_OBJECTS = (
    "the a an it them him her this that these those all their its any each every both my our his your another one "
    "to me us in off up on out for over into what whether which how if who when where about back down open as"
)
_AFTER_A_VERB = re.compile(
    rf"^(?:(?:{_OBJECTS.replace(' ', '|')})\b|\d|\S+@|[A-Z€$£#\"'“]|"
    r"\w+ (?:[A-Z]{1,5}-\d|(?:to|of|with|for|as|from)\b))"
)
_ASKED_TO = re.compile(r"\s*(?:\w+,? )?(?:can|could|would|will) (?:you|somebody|someone)\b", _ANY)
_STATEMENT = re.compile(r"(?:it|they|he|she|this|that|there|i|we)(?:'s|'re|'m|'ve)?\s(?!need|want|would)", _ANY)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|would|'s|'re|'ve|can|could|may|might|did|does|do|got|went|came|said|says)\b",
    _ANY,
)
_TELLING = (
    r"say(?:ing)?|tell(?:ing)?|stat(?:e|ing)|inform(?:ing)?|not(?:e|ing)|writ(?:e|ing)|mention(?:ing)?|reads?|let(?:ting)?|know|"
    r"repl(?:y|ying)|messag(?:e|ing)|add(?:ing)?|mail(?:ing)?|answer(?:ing)?|email(?:ing)?|remark|comment|notify(?:ing)?|document(?:ing)?|record(?:ing)?|jot"
)
_ANNOUNCED = (
    rf"\b(?:{_TELLING})\b[^.:]{{0,80}}?"
    r"(?:\bsaying(?: that)?\b|\bthat(?: says| reads)?\b|\breads?\b|\bwith the (?:text|words|message|note)\b)",
    r"\b(?:saying(?: that)?|that says|that reads|which says|with the (?:text|words|message))\b",
)
_WORDS_OF = re.compile("|".join(_ANNOUNCED), _ANY)
_SAYS_AFTER_COLON = re.compile(
    r"\b(?:note|message|reply|mail|email|comment|text|tell \w+|remark|body|subject|reason|query|question|search)\b"
    r"[^:]{0,60}:\s",
    _ANY,
)
_ANNOUNCEMENT = re.compile(r"(?:\bsaying(?: that)?|\bthat|\breads|\bwith the \w+|\b(?:that|which) says|:)\s*$", _ANY)
_IF_FIRST = re.compile(
    r"^(if|when|in case|provided|should|unless)\b(.+?)(?:,\s*(?:then\s+)?|\s+then\s+)(.+)$", _ANY | re.DOTALL
)
_IF_LAST = re.compile(r"^(.+?),?\s+(if|in case|provided that|unless|as long as)\s+(.+)$", _ANY | re.DOTALL)
_OTHER_CASE = re.compile(r"[,;]?\s+(?:and |but )?(?:otherwise|or else|else|if not)\b,?\s*", _ANY)
_WHETHER = re.compile(
    r"\b(?:check|see|know|ask|tell|find out|say|wonder|sure|verify|confirm)\b(?:\s+\S+){0,2}\s*$", _ANY
)
BARE_CONDITION = re.compile(
    r"^(?:so|yes|(?:it|that|this|they) (?:is|are|does|do|has)|that is (?:so|the case)|"
    r"(?P<no>no|not|(?:it|that|this|they) (?:is|are|does|do|has)(?: not|n't)|that is not (?:so|the case)))$",
    _ANY,
)
OTHERWISE = re.compile(r"^(?:otherwise|if not|else|or else)\b[,:]?\s*", _ANY)
_NOMINAL = re.compile(
    r"^(?:(?:an?|one|the|another) )?(?:rma|replacement|exchange|credit|refund|goodwill|internal note|note)\b|"
    rf"^{_SUM_OF_MONEY}|^\d+\.\d\d\b|^(?:the )?(?:ticket|status) (?:to|on) \w+$",
    _ANY,
)
QUOTES = re.compile(r"[\"“«][^\"”»\n]*[\"”»]|(?<!\w)['‘][^'’\n]+(?:['’]\w[^'’\n]*)*['’](?!\w)")
_ALWAYS_VERBS = ("let", "give", "tell", "look", "find", "get", "put", "take", "drop", "hand", "pass", "connect")
_VERBS_OR_NOUNS = (
    "credit note ticket message mail email text check list return order book answer reply account bill file case "
    "log review display issue view search refund charge comment end close start place record request report "
    "replacement exchange rma open show route query mark change update set move reset approval escalation "
    "transfer unit site device"
)
_NOUNS = frozenset(_VERBS_OR_NOUNS.split())


def conditional(sentence: str) -> tuple[str, bool, str]:
    """What a sentence makes its order depend on, whether on that it does not hold, and the rest; "" if on nothing.

    Example:
        >>> conditional("Unless it is covered, tell them.")
        ('it is covered', True, 'tell them.')
    """
    if (match := _IF_FIRST.match(sentence)) and not sentence.rstrip().endswith("?"):
        return match[2].strip(), match[1].lower() == "unless", match[3]
    if (match := _IF_LAST.match(sentence)) and not _WHETHER.search(match[1]) and dictated(f"{match[1]}: ") is None:
        condition, *other = _OTHER_CASE.split(match[3], maxsplit=1)
        rest = ", otherwise ".join([match[1], *other])
        return condition.strip(" .!"), match[2].lower() == "unless", rest
    return "", False, sentence


def dictated(text: str) -> tuple[int, int] | None:
    """Where the words that announce a dictated text begin, and where the text itself does; None if there is none."""
    found = _WORDS_OF.search(text) or _SAYS_AFTER_COLON.search(text)
    if found is None:
        return None
    announced = _ANNOUNCEMENT.search(found[0])
    return found.start() + (announced.start() if announced else 0), found.end()


def begins_order(text: str) -> bool:
    """Whether a new order, or a new question, begins here."""
    body = FILLER.sub("", text)
    addressed = body != text and re.match(r"\s*(?:please|can you|could you|then|also)\b", text, _ANY)
    forbids = re.match(r"(?:do not|don't|never)\b", body, _ANY)
    asks = re.match(r"(?:what|how|why|whether)\b", body, _ANY)
    named = OTHERWISE.match(body) or _NOMINAL.match(body)
    tells = _STATEMENT.match(body)
    return is_order(body) or bool(forbids or asks or named or (addressed and not tells and concepts(body[:60])))


def is_order(body: str) -> bool:
    """Whether a text begins with a verb that orders something."""
    words = body.split(maxsplit=1)
    first = words[0].rstrip(",:.!?").removesuffix("-up").lower() if words else ""
    if not first.isalpha() or first.endswith(("ed", "ing")) or (first.endswith("s") and not first.endswith("ss")):
        return False
    if first in _ALWAYS_VERBS:
        return True
    if not is_verb(first):
        return False
    rest = words[1] if len(words) > 1 else ""
    return not rest or first not in _NOUNS or _AFTER_A_VERB.match(rest) is not None


def mood_of(body: str, words: str, *, asks: bool, polite: bool) -> Mood:
    """Whether words ask for something to be found out, or done, or either, or only tell something.

    Args:
        body: the words without what makes them polite.
        words: all of them.
        asks: whether their sentence ends with a question mark.
        polite: whether they say please.
    """
    if is_order(body) or _ASKED_TO.match(words):
        return "ask" if _orders_to_tell(body) else "act"
    if _QUESTION.match(body) or asks:
        wants = re.match(r"(?:can|could|may) (?:i|we) (?:get|have) (?:a|an|my|our|the) ", body, _ANY)
        return "act" if wants else "ask"
    if re.match(r"(?:know|learn)\b", body, _ANY):
        return "ask"
    if found := _WISHED.search(words):
        return "wish" if found["like"] or found["wants"] else "act"
    if _NOMINAL.match(body):
        return "act"
    wishes = (polite and not _STATEMENT.match(body)) or _names_only(body)
    return "wish" if wishes and concepts(body) else "say"


def _orders_to_tell(body: str) -> bool:
    """Whether an order is one to look something up, or to tell it to whoever asks."""
    if re.match(r"(?:give|tell|show|send|get|let|bring)\s+(?:me|us)\b|(?:look|pull)\b|find out", body, _ANY):
        return True
    first = body.split()[0].rstrip(",:.!?").lower()
    if re.match(r"get (?:rid|back)\b", body, _ANY):
        return False
    return bool(READING.intersection(meanings(first))) and (
        first in ("find", "look", "get") or first not in _ALWAYS_VERBS
    )


def _names_only(body: str) -> bool:
    """Whether it names a thing to be done without any verb: "RMA for SN-300-0014"."""
    named = set(concepts(body))
    if len(body.split()) > 14 or _FINITE.search(body) or not named & {"rma", "credit", "transfer"}:
        return False
    return bool(identifiers(body)) or "for" in body.split() or "money" in named
