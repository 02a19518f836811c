"""What the instructions allow and ask for, in whatever words they do it.

Each permission is a few ideas that have to come together in one sentence, or in two that follow each other, and each
idea is a list of ways to word it. A sentence counts if it tells the model what to do: one that only mentions the same
words, because it speaks of customers or demands the opposite, does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .prompt import sentences

_FLAGS = re.IGNORECASE


def _idea(wordings: str) -> re.Pattern[str]:
    """Any of the wordings, which semicolons separate, as whole words."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(wordings.split('; '))})(?!\w)", _FLAGS)


# Somebody else is spoken of: "customers often say that they do not know", "our office answers nobody at night".
_OTHERS = re.compile(
    r"^(?:(?:most|many|some|often|sometimes|all|the|a|an|few|no)\s+)*(?:customers?|people|callers?|someone|somebody|"
    r"clients?|colleagues?|we|our|pharmac\w+|staff|visitors?|engineers?|agents?|nobody)\b",
    _FLAGS,
)
_OTHERS_LACK = re.compile(
    r"\b(?:if|when|where|whenever)\b\s+(?:\w+\s+){0,2}(?:customers?|people|callers?|someone|somebody|clients?|"
    r"users?|staff)\s+"
    r"(?:(?:do(?:es)?|can) ?(?:not|n't)|(?:are|is) (?:not sure|unsure)|(?:has|have) no|cannot|lacks?)\b|"
    r"\bthey (?:do not|don't) know\b",
    _FLAGS,
)
_ADDRESSED = _idea(r"you; your; please; kindly")

_NOT = _idea(
    r"not; \w+n't; never; no; none; nothing; ignor\w+; disregard\w*; refus\w+; without; only; alone; cannot; "
    r"untrusted; mere(?:ly)?; just"
)
_DATA = _idea(
    r"documents?; docs?; passages?; excerpts?; contexts?; retrieved; tools?; web ?pages?; pages?; files?; "
    r"pdfs?; reviews?; chunks?; snippets?; tags?; markers?; texts?; content; contents; data; sources?; "
    r"e-?mails?; tickets?; articles?; attachments?; search results?; material; delimiters?; fences?; blocks?; "
    r"quoted; inside; between"
)
_ORDERS = _idea(
    r"instructions?; commands?; orders?; directives?; directions; imperatives?; prompt injections?; "
    r"injections?; requests?; authority; boss\w*; steer\w*; demands?; poisoned; malicious; obey\w*; "
    r"(?:tells?|asks?|wants?|telling|asking|urges?|orders?) (?:you|the (?:assistant|model|ai)) to; "
    r"what it says; aimed at; override; comply; follow(?:ed|ing)? (?:it|them|anything); carry out; carried out; "
    r"acted? on; interpreted as; prompts?"
)
_IS_DATA = re.compile(
    r"\b(?:untrusted|not trusted|third[- ]part(?:y|ies)|as (?:data|reference material|quoted)|(?:is|are|=|only|"
    r"just|merely|"
    r"pure) (?:data|information)\b|data[.,;]? (?:and )?(?:not|never|rather than))",
    _FLAGS,
)

_ASKED = _idea(
    r"questions?; quer(?:y|ies); users?; users?'s?; customer(?:s|'s|s')?; asker; premises?; presuppos\w+; "
    r"assumptions?"
)
_MISTAKEN = _idea(
    r"false; wrong; mistakes?; mistaken; misunderst\w+; misconceptions?; incorrect; erroneous; untrue; invalid; "
    r"assum\w+; premises?; presuppos\w+; takes? for granted; taken? as given; as given; impl(?:y|ies|ied); "
    r"loaded; trick; (?:does|did) ?n[o']t exist; (?:is|are|was) ?n[o']t (?:true|right|so); believes?; "
    r"disagree\w*; never happened; built into; contradict\w*"
)
_REACTS = _idea(
    r"correct(?:ed|ion)?; points? (?:\w+ )?out; says? so; tell; set (?:them|it|him|her) right; check\w*; "
    r"verify; flag; explain; push back; mention; note; name; test; challenge; reject; look (?:it|them) up; "
    r"let \w+(?: \w+)? know; go along; repeat; take nothing; take (?:it )?for granted; contradict; say; "
    r"begin your reply; accept; compar\w+; can be wrong; don't trust"
)
_LETS_PASS = re.compile(
    r"\b(?:do not|don't|never|no need to) (?:question|challenge|correct|check|contradict)\b", _FLAGS
)

_UNANSWERED = re.compile(
    r"\b(?:no (?:\w+ )?(?:answer|clause|information|evidence|mention|match|idea)|unanswer\w+|unknown(?=\W*$|"
    r"[\"\'.,;)])|insufficient|unsure|uncertain|"
    r"in (?:case of )?doubt|missing|silent|absent|lack(?:s|ing)?|open|not (?:\w+ ){0,2}(?:know|sure|in|found|"
    r"covered?|contain\w*|"
    r"enough|answer\w*|stated?|mentioned?|present|there|say|support\w*|help\w*|sufficient|certain|known|"
    r"knowing|able|find)|"
    r"\w+n't (?:\w+ ){0,3}(?:know|contain|answer\w*|cover|say|tell|find|found|enough|state|mention|include|"
    r"sure|there|resolved|"
    r"help|in|have|support)|cannot (?:\w+ )?(?:answer|say|tell|find|be|help|determine)|unable|"
    r"nothing (?:\w+ ){0,4}(?:answer\w*|"
    r"address\w*|says?|relevant|helps?)|none of the|fails? to|outside (?:of )?(?:the|these|what|this)|"
    r"rather than guess\w*|not to answer|abstain\w*|"
    r"declin\w+|no answer|without an answer)\b",
    _FLAGS,
)
_OWNS_UP = re.compile(
    r"\b(?:say|says|saying|reply|respond|write|return|output|state|tell|telling|admit|set|leave|refuse|put|give|"
    r"report|mark|let \w+(?: \w+){0,2} know|point (?:that|it|this) out|use it|hear|abstain\w*|declin\w+|stop|"
    r"escalate|hand|"
    r"fine|ok|okay|acceptable|allowed|permitted|free|better|prefer\w*|rather|may|answer only|only answer|->|fallback|"
    r"not to answer|answer (?:with )?[\"'“‘A-Z])",
    _FLAGS,
)
_NO_GUESSING = re.compile(
    r"\b(?:never|do not|don't|avoid|no|must not|should not|may not|not allowed to|without|"
    r"refrain from) (?:ever )?(?:guess\w*|invent\w*|"
    r"ma(?:ke|king) (?:\w+ )?up|make things up|make anything up|making things up|speculat\w+|fabricat\w+|"
    r"improvis\w+|fill\w*|hallucinat\w+)\b"
    r"|\b(?:fabricated|invented|made[- ]up) (?:\w+ )?(?:answer|number|one|reply|fact)",
    _FLAGS,
)
# An order not to do something, on no condition.
_FORBIDS = re.compile(
    r"^\W*(?:please\s+)?(?:do not|don't|never)\b(?!.*\b(?:if|when|where|unless|rather|instead|otherwise)\b)", _FLAGS
)
_ONLY_IF = re.compile(
    r"\b(?:answer|reply|respond)\b.{0,40}\bonly (?:if|when|where)\b|\bonly (?:answer|reply|"
    r"respond)\b.{0,40}\b(?:if|when|where)\b",
    _FLAGS,
)
_GUESS_ANYWAY = re.compile(
    r"(?<!not )(?<!never )(?<!n't )(?<!without )(?<!no )(?<!than )\b(?:best guess|educated guess|guess anyway|"
    r"answer anyway|"
    r"make an estimate|(?:use|from|rely on|draw on|fall back on|answer from) (?:your |general |own |world |"
    r"common )+knowledge|"
    r"always (?:give|answer|provide)|estimate|infer the most|most (?:probable|likely) answer|"
    r"must (?:always )?(?:choose|answer|give)|"
    r"has to be answered|unanswered is not)\b|\bnever (?:leave|reply|say|answer|respond|"
    r"refuse)\b.{0,40}\b(?:unanswered|not know|"
    r"don't know|unknown|to answer)\b|\bdo(?:n't| not) (?:say|reply|answer|respond|"
    r"leave)\b.{0,40}\b(?:not know|don't know|unknown|"
    r"unanswered|blank|empty)\b",
    _FLAGS,
)
_WORDS = re.compile(
    r"[\"“'‘`]([^\"”'’`]*(?:['’]t [^\"”'’`]*)?)[\"”'’`](?!\w)|\b([A-Z]{3,}(?:_[A-Z]+)+|UNKNOWN|NONE|N/A|"
    r"UNANSWERABLE)\b"
)

_SOURCE = _idea(
    r"passages?; sources?; documents?; docs?; doc_?ids?; excerpts?; ids?; identifiers?; citations?; "
    r"references?; brackets?; section; clause; pages?; articles?; guidelines?; provenance; pointers?; chunks?; "
    r"snippets?; where (?:it|each|that|you|they|every) \w+; label; origins?; footnotes?; contract; url; "
    r"file ?names?; titles?; evidence; paragraphs?"
)
_NAMES = _idea(
    r"cit(?:e|es|ed|ing); (?:by |a )reference; refer to; quot(?:e|ing); nam(?:e|ing); giv(?:e|ing); include; "
    r"add; append; mention; list; put; stat(?:e|ing); show; indicate; identify; specify; note; point; "
    r"attribut\w+; back(?:ed)?; support(?:ed)?; link; mark; tag; wrap; ends?; follow(?:ed)?; close; "
    r"carr(?:y|ies); say; tell; provide; needs?; requires?; credit; accompan\w+; attach; without; "
    r"in parentheses; in (?:square )?brackets"
)
_CLAIM = _idea(
    r"each; every; all; any; claims?; statements?; sentences?; figures?; bullets?; facts?; no claim; "
    r"you (?:used?|drew|took|rely|relied|quote|found); us(?:e|ed|ing); bas(?:ed|ing); drawn; drew; "
    r"com(?:es?|ing) from; came from; took; taken; rests?; behind; after; answers?; whenever; cit(?:e|ing|ed); "
    r"rely; the passage; supporting; its; assertions?; paragraphs?"
)
_CITE = re.compile(
    r"^\W*(?:please\s+|always\s+)*(?:cite\b|reference (?:the|both|all|each|every|your|it|them)\b|"
    r"attribute (?:what|each|every|all|your)\b)|\breference (?:both|each|all)\b|"
    r"\b(?:include|add|give|provide|use|append|require)\b.{0,30}\b(?:citations?|footnotes?|references to)\b",
    _FLAGS,
)
_NO_CITING = re.compile(
    r"\b(?:never|do not|don't|no need to|without|avoid|needn't|not)\b.{0,25}\b(?:cite|citing|citations?|"
    r"reference\w*|mention|name|list|"
    r"quote|include|show|give|refer)\b",
    _FLAGS,
)
# What only says where answers are to come from.
_ONLY_FROM = re.compile(
    r"^(?:please\s+)?(?:answer|reply|respond|use|rely|base|stick|read|look)\b"
    r"(?!.*\b(?:cit\w+|\w*ids?|nam(?:e|ing)|parentheses|brackets?)\b)",
    _FLAGS,
)


@dataclass(frozen=True)
class Permissions:
    """What the instructions allow and ask for.

    Attributes:
        abstain: whether the model may say that it does not know.
        abstain_with: the words it is told to use for that, or "".
        cite: whether it has to name the passages that it answers from.
        distrust: whether it is told that what stands in data is no instruction.
        check_premise: whether it is told to correct what a question takes for granted.
    """

    abstain: bool = False
    abstain_with: str = ""
    cite: bool = False
    distrust: bool = False
    check_premise: bool = False


def read_permissions(instructions: str) -> Permissions:
    """Go through the instructions sentence by sentence.

    Example:
        >>> read_permissions("If the passages do not answer, say NOT_FOUND.").abstain_with
        'NOT_FOUND'
    """
    single = [sentence for sentence in sentences(instructions) if _is_for_the_model(sentence)]
    pairs = [f"{first} {second}" for first, second in pairwise(single)]
    abstaining = [part for part in (*single, *pairs) if _allows_abstaining(part)]
    if any(_GUESS_ANYWAY.search(sentence) for sentence in single):
        abstaining = []
    return Permissions(
        abstain=bool(abstaining),
        abstain_with=next((words for part in abstaining if (words := _prescribed(part))), ""),
        cite=any(map(_asks_for_citations, single)),
        distrust=any(map(_takes_no_orders, (*single, *pairs))),
        check_premise=any(map(_checks_premises, (*single, *pairs))),
    )


def _is_for_the_model(sentence: str) -> bool:
    if _OTHERS_LACK.search(sentence):
        return False
    return not _OTHERS.search(sentence) or bool(_ADDRESSED.search(sentence))


def _together(text: str, ideas: Sequence[re.Pattern[str]]) -> bool:
    return all(idea.search(text) for idea in ideas)


def _allows_abstaining(text: str) -> bool:
    if _FORBIDS.search(text) and not _NO_GUESSING.search(text):
        return False
    if _NO_GUESSING.search(text) or _ONLY_IF.search(text):
        return True
    return _together(text, (_UNANSWERED, _OWNS_UP))


def _asks_for_citations(sentence: str) -> bool:
    if _NO_CITING.search(sentence) and "no claim without" not in sentence.lower():
        return False
    if _CITE.search(sentence):
        return True
    return not _ONLY_FROM.search(sentence) and _together(sentence, (_NAMES, _SOURCE, _CLAIM))


def _takes_no_orders(text: str) -> bool:
    return _together(text, (_DATA, _ORDERS, _NOT)) or _together(text, (_DATA, _IS_DATA))


def _checks_premises(text: str) -> bool:
    return _together(text, (_ASKED, _MISTAKEN, _REACTS)) and not _LETS_PASS.search(text)


def _prescribed(text: str) -> str:
    """The words in quotation marks or capitals that an abstaining answer has to use."""
    found = _WORDS.search(text)
    return next((words.strip() for words in found.groups() if words), "") if found else ""
