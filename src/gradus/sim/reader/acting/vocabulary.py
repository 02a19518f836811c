"""Which words mean about the same when somebody asks for something to be done: what tools are chosen by."""

from __future__ import annotations

import functools
import re

# Each line: what its words are taken for. A word may stand in several.
_ALIKE = {
    "get": "get find look lookup show check read fetch retrieve see view display inspect verify determine review pull "
    "query list search confirm",
    "list": "list enumerate every",
    "search": "search lookup",
    "create": "create open add make start raise book register enter file log new submit request record schedule "
    "arrange issue insert attach initiate",
    "credit": "credit refund reimburse reimbursement compensate compensation goodwill cashback",
    "close": "close cancel end terminate stop void delete remove discontinue withdraw",
    "solve": "solve resolve finish close",
    "update": "update make change set switch modify edit adjust mark move rename correct assign put downgrade upgrade",
    "send": "send email mail message write notify inform reply respond text tell ping answer reach",
    "note": "note comment remark annotate annotation memo jot",
    "transfer": "transfer handoff handover route escalate escalation forward delegate redirect",
    "rma": "rma replacement exchange replace swap return authorisation authorization",
    "approve": "approve approval authorise authorize",
    "device": "device logger tracker gateway sensor unit serial hardware",
    "customer": "customer client account site",
    "invoice": "invoice bill billing charge",
    "money": "money amount price cost cents payment",
    "ticket": "ticket case",
    "error": "error fault",
    "docs": "documentation document doc manual article handbook guide knowledge passage page help faq",
    "warranty": "warranty guarantee covered",
    "phone": "phone telephone",
    "mail": "mail email",
    "eur": "eur euro €",
    "usd": "usd dollar $",
    "gbp": "gbp pound £",
    "replace": "replacement exchange replace swap",
    "reset": "reset restart reboot",
    "retire": "retire deactivate decommission",
}
# What is said in several words, and the one word that it amounts to.
_AMOUNTS_TO = (
    (r"\b(?:give|send|show|tell|get|bring) (?:me|us)\b|\blet (?:me|us) know\b", "get"),
    (r"\b(?:look(?:s|ing)?|pull(?:s|ing)?|bring) (?:(?:it|them|that) )?up\b|\bfind(?:s|ing)? out\b", "get"),
    (r"\blook (?:at|into)\b|\b(?:have|take) a look\b", "get"),
    (r"(?:^|(?<=[.!:;] )|\band )returns(?= )", "get"),
    (r"\blet (?:\S+ ){1,4}?know\b|\bdrop (?:\S+ ){1,4}?a line\b|\bget back to\b", "send"),
    (r"\b(?:hand|pass)(?:s|es|ed|ing)?(?: (?!and\b)\S+){0,3}? (?:over|on)\b|\bhand[- _]?off\b", "transfer"),
    (r"\bput(?: \S+){1,2} through\b", "transfer"),
    (
        r"\b(?:connect|forward|refer|pass|send|hand)(?:s|es|ing)? (?:me|us|this|it|the (?:case|chat)) to\b",
        "transfer",
    ),
    (r"\bmoney back\b|\btransfer(?= (?:an? |the )?(?:goodwill|credit|refund|[€$£]|\d))", "credit"),
    (r"\b(?:should|must|has to|needs to) (?:know|hear|be told)\b", "send"),
    (r"^\W*document(?= (?:on|in|this|that|for)\b)", "note"),
    (r"\bwrites? (?:this |it |that )?down\b|\b(?:writes?|leaves?)\b(?=.{0,80}\b(?:note|comment)\b)", "note"),
    (r"\bsets? up\b", "create"),
    (r"\bgets? rid of\b|\btakes? (?:\S+ ){0,3}?off\b(?= (?:\S+ ){0,3}list)", "close"),
)
_PHRASES = tuple((re.compile(pattern, re.IGNORECASE), word) for pattern, word in _AMOUNTS_TO)
_MONEY = re.compile(
    r"[€$£]\s?\d|\d\s?(?:[€$£]|(?:euros?|dollars?|pounds?|cents?|eur|usd|gbp)\b)|^\d+\.\d\d\b", re.IGNORECASE
)
SUM = re.compile(r"(?<![\w-])[(\d][\d.()]*(?:\s*[*×÷+^]\s*|\s+[-/]\s+)[\d.()]+(?:\s*[-*/×÷+^]\s*[\d.()]+)*")
_TAKEN_OFF = re.compile(r"\b(?:give|grant|book|take|knock|pay|offer|gets?)\b|\boff\b|\bback\b", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]+(?:'t)?|[€$£]|\d+")
_LITTLE = (
    "a an the of to in on at for from by with and or but as is are was were be been being it its this that these "
    "those them they their there he she his her him i me my we our us you your please can could would will shall "
    "may might do does did don't not no any some if when what which who whom whose where why how then so up out "
    "off over into about has have had use used using given one all only also just id ids e g eg etc via per "
    "whether than hello hi thanks thank need want like number name s t"
)
_SAY_LITTLE = frozenset(_LITTLE.split())
GENERAL = frozenset({"get", "create", "update", "list"})  # verbs that go with any object
FOR_ANY_OBJECT = GENERAL | {"close", "solve", "retire", "reset", "approve"}
READING = frozenset({"get", "list", "search", "count", "calculat", "comput", "convert", "translat", "summar", "compar"})
VERBS = GENERAL | {
    "search",
    "send",
    "close",
    "retire",
    "reset",
    "credit",
    "solve",
    "note",
    "transfer",
    "rma",
    "approve",
}
_OTHER_VERBS = (
    "calculate compute convert translate summarise summarize count compare reject reset restart reboot run "
    "execute deploy remind order buy pay ship block unblock lock unlock enable disable turn activate deactivate "
    "retire invite archive restore merge upload download print sync rotate apply give grant take rent hire "
    "sell measure test train leave document place"
)


def stem(word: str) -> str:
    """A word without its ending.

    Example:
        >>> stem("exchanges") == stem("exchanging") == stem("exchange")
        True
    """
    word = word.lower()
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


@functools.cache
def _meanings() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for meaning, alike in _ALIKE.items():
        for word in alike.split():
            found[stem(word)] = (*found.get(stem(word), ()), meaning)
    return found


_VERB_STEMS = frozenset(stem(word) for word in _OTHER_VERBS.split())


def meanings(word: str) -> tuple[str, ...]:
    """What a word is taken for: itself without its ending, where nothing else means the same."""
    return _meanings().get(stem(word), (stem(word),))


def raw_words(text: str) -> list[str]:
    """The words of a text, names in snake_case and camelCase cut up.

    Example:
        >>> raw_words("get_customerById C-127")
        ['get', 'customer', 'By', 'Id', 'C', '127']
    """
    return [str(word) for word in _WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text))]


@functools.lru_cache(maxsize=4096)
def concepts(text: str) -> tuple[str, ...]:
    """What the words of a text are taken for, each once, in their order.

    Example:
        >>> concepts("Please refund the client") == concepts("credit a customer")
        True
    """
    found: dict[str, None] = {}
    for word in raw_words(_plainly(text)):
        if word.lower() in _SAY_LITTLE or word.isdigit():
            continue
        if len(word) > 1 or word in "€$£":
            found.update(dict.fromkeys(meanings(word)))
    if _MONEY.search(text):
        found["money"] = None
        if _TAKEN_OFF.search(text) or _MONEY.match(text):
            found["credit"] = None
    if SUM.search(text):
        found[stem("calculate")] = None
    return tuple(found)


def is_verb(word: str) -> bool:
    """Whether a word may be a verb that orders something."""
    if word != word.lower() and word[1:] != word[1:].lower():
        return False
    return stem(word) in _VERB_STEMS or bool(VERBS.intersection(meanings(word)))


def _plainly(text: str) -> str:
    for pattern, word in _PHRASES:
        text = pattern.sub(f" {word} ", text)
    return text
