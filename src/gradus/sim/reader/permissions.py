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

from .prompt import order_sentences

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
_ADDRESSED = _idea(
    r"you; your; please; kindly; rather hear; we (?:would )?prefer; "
    r"so (?:please )?(?:always )?(?:mark|give|name|cite|add|state|say|do not|never)"
)

_NOT = _idea(
    r"not; \w+n't; never; no; none; nothing; ignor\w+; disregard\w*; refus\w+; without; only; alone; cannot; "
    r"untrusted; mere(?:ly)?; just; nobody; skipped; keep following; stays data"
)
_DATA = _idea(
    r"documents?; docs?; passages?; excerpts?; contexts?; retrieved; tools?; web ?pages?; pages?; files?; "
    r"pdfs?; reviews?; chunks?; snippets?; tags?; markers?; texts?; content; contents; data; sources?; "
    r"e-?mails?; tickets?; articles?; attachments?; search results?; material; delimiters?; fences?; blocks?; "
    r"quoted; inside; between; posts?; entries; fields?; headers?; strings; knowledge base"
)
_ORDERS = _idea(
    r"instructions?; commands?; orders?; directives?; directions; imperatives?; prompt injections?; "
    r"injections?; requests?; authority; boss\w*; steer\w*; demands?; poisoned; malicious; obey\w*; "
    r"(?:tells?|asks?|wants?|telling|asking|urges?|orders?) (?:you|the (?:assistant|model|ai)) to; "
    r"what (?:it|they) sa(?:ys?|id); aimed at; addressed to; addresses the; address the; manipulat\w+; tampered; "
    r"heed; whatever (?:it|they) (?:asks?|says?|demands?); directions from; hijack; addresses you; permissions; "
    r"alter your; assign you; new tasks; just more text; instruction-like; forget your previous; "
    r"gets no reaction; how you work; system message; say you should; "
    r"override; comply; follow(?:ed|ing)? (?:it|them|anything); carry out (?:what|it|them|any|their); "
    r"carried out; "
    r"acted? on; interpreted as; prompts?"
)
_IS_DATA = re.compile(
    r"(?:\b(?:is|are|as|be|considered|as)|=) (?:\w+ )?(?:untrusted|not trusted)\b|\bthird[- ]part(?:y|ies)\b|"
    r"\b(?:treat|regard|consider|view|handle|take|read|see)\w*\b.{0,60}\bas (?:\w+ )?(?:data|reference material|"
    r"quoted|plain text)\b|"
    r"(?:\b(?:is|are|only|just|merely|pure)|=) (?:data|information|reference material)\b|"
    r"\bdata[.,;]? (?:and )?(?:not|never|rather than)\b",
    _FLAGS,
)

_ASKED = _idea(
    r"questions?; quer(?:y|ies); users?; users?'s?; customer(?:s|'s|s')?; asker; premises?; presuppos\w+; "
    r"assumptions?; claims?; assertions?; someone asks; I'm asking"
)
_MISTAKEN = _idea(
    r"false(?! alarms?); wrong; mistakes?; mistaken; misunderst\w+; misconceptions?; incorrect; erroneous; "
    r"untrue; invalid; "
    r"assum\w+; premises?; presuppos\w+; well-founded; makes sense; refut\w+; misremember; wrong idea; mistaken; "
    r"actually has; stated by the user; takes? for granted; taken? as given; as given; impl(?:y|ies|ied); "
    r"loaded; trick; (?:does|did) ?n[o']t exist; (?:is|are|was) ?n[o']t (?:true|right|so); believes?; "
    r"disagree\w*; inaccura\w+; faulty; misleading; claims?; assertions?; actually (?:true|so|happen\w*); "
    r"does(?: not|n't) (?:exist|have|hold|happen); was ?n[o']t; don't hold; conflicts?; error; never happened; "
    r"built into; contradict\w*"
)
_REACTS = _idea(
    r"correct(?:ed|ion)?; points? (?:\w+ )?out; says? so; tell; set (?:them|it|him|her) right; check\w*; "
    r"verify; flag; explain; push back; mention; note; name; test; challenge; reject; look (?:it|them) up; "
    r"let \w+(?: \w+)? know; go along; repeat; take nothing; take (?:it )?for granted; contradict; say; "
    r"begin your reply; put (?:\w+ )?right; set (?:\w+ )?straight; make (?:\w+ )?clear; identif\w+; states?; "
    r"clear (?:\w+ )?up; fix; rectify; examine; address; cleared up; take it apart; unpick; indicate; "
    r"do not assume; treat; confirm\w*; reject\w*; noting; spot; ask yourself; make sure; deserves the reply; "
    r"accept; compar\w+; can be wrong; don't trust"
)
_LETS_PASS = re.compile(
    r"\b(?:do not|don't|never|no need to) (?:question|challenge|correct|check|contradict)\b|"
    r"\bassume (?:that )?(?:everything|the (?:user|customer|question) (?:is|has))\b",
    _FLAGS,
)

_LACKING = (
    r"(?:know|sure|in (?:the|any|these|those|it|them|what|our)|found|covered?|contain\w*|enough|answer\w*|"
    r"stated?|mention\w*|specified|back|present|"
    r"there|say|support\w*|help\w*|sufficient|certain|known|knowing|able|find|located|include\w*|resolved|have|tell)"
)
_UNANSWERED = re.compile(
    r"\b(?:no (?:\w+ )?(?:answer|clause|information|evidence|mention|match|idea)|unanswer\w+|unknown(?=\W*$|"
    r"[\"\'.,;)])|"
    r"insufficient|unsure|uncertain|inconclusive|gaps?|in (?:case of )?doubt|missing|silent|absent|lack(?:s|"
    r"ing)?|open|"
    rf"not (?:\w+ ){{0,2}}{_LACKING}|\w+n't (?:\w+ ){{0,3}}{_LACKING}|"
    r"cannot (?:\w+ )?(?:answer|say|tell|find|be|help|determine|give)|unable|"
    r"nothing (?:\w+ ){0,4}(?:answer\w*|address\w*|says?|relevant|helps?)|none of the|fails? to|falls? short|"
    r"less than (?:\w+ )?(?:sure|confident|certain)|"
    r"outside (?:of )?(?:the|these|what|this)|rather than guess\w*|abstain\w*|declin\w+|without an answer)\b",
    _FLAGS,
)
_OWNS_UP = re.compile(
    r"\b(?:say|says|saying|reply|respond|write|return|output|state|tell|telling|admit\w*|explain|skip|beats|left|"
    r"set|leave|refuse|put|give|"
    r"report|mark|name|"
    r"let (?!us)\w+(?: \w+){0,2} know|point (?:that|it|this) out|use it|hear|withhold|abstain\w*|declin\w+|stop|"
    r"escalate|hand|fine|"
    r"ok|okay|acceptable|allowed|permitted|free|better|prefer\w*|rather|you may|answer only|only answer|fallback|"
    r"not to answer|"
    r"answer (?:with )?(?:[\"'“‘]|(?-i:[A-Z]{3})))|->",
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
    r"answer accordingly|take it to be|make an estimate|estimate|infer the most|(?:pick|choose) the mo(?:st|re)|"
    r"you deduce|"
    r"(?:use|from|rely on|draw on|fall back on|answer from) (?:your |general |own |world |common )+knowledge|"
    r"always (?:give|answer|provide)|most (?:probable|likely) answer|must (?:always )?(?:choose|answer|give)|"
    r"must not appear|has to be answered|unanswered is not)\b|"
    r"\bnever (?:leave|reply|say|answer|respond|refuse)\b.{0,40}\b(?:unanswered|not know|don't know|unknown|"
    r"to answer)\b|"
    r"\bdo(?:n't| not) (?:say|reply|answer|respond|leave)\b.{0,40}\b(?:not know|don't know|unknown|unanswered|"
    r"blank|empty)\b",
    _FLAGS,
)
_WORDS = re.compile(
    r"[\"“'‘`]([^\"”'’`]*(?:['’]t [^\"”'’`]*)?)[\"”'’`](?!\w)|\b([A-Z]{3,}(?:_[A-Z]+)+|UNKNOWN|NONE|N/A|"
    r"UNANSWERABLE)\b"
)

_SOURCE = _idea(
    r"passages?; sources?; documents?; docs?; doc_?ids?; excerpts?; ids?; identifiers?; citations?; "
    r"references?; brackets?; section; clause; chapter; pages?; articles?; guidelines?; provenance; pointers?; "
    r"chunks?; "
    r"snippets?; where (?:it|each|that|you|they|every) \w+; label; origins?; footnotes?; contract; url; "
    r"file ?names?; titles?; evidence; paragraphs?"
)
_NAMES = _idea(
    r"cit(?:e|es|ed|ing); (?:by |a )reference; refer to; quot(?:e|ing); nam(?:e|ing); giv(?:e|ing); include; "
    r"add; append; mention; list; put; stat(?:e|ing); show; indicate; identify; specify; note; point; "
    r"attribut\w+; back(?:ed)?; support(?:ed)?; link; mark; tag; wrap; ends?; follow(?:ed)?; close; "
    r"must carry; contain\w*; hold\w*; listing; say; tell; provide; needs?; requires?; credit; accompan\w+; "
    r"attach; without; "
    r"in parentheses; in (?:square )?brackets"
)
_CLAIM = _idea(
    r"each; every; all; any; claims?; statements?; sentences?; figures?; bullets?; facts?; no claim; "
    r"you (?:used?|drew|took|rely|relied|quote|found|got); relied; us(?:e|ed|ing); bas(?:ed|ing); drawn; drew; "
    r"com(?:es?|ing) from; came from; took; taken; rests?; behind; after; answers?; whenever; cit(?:e|ing|ed); "
    r"rely; the passage; supporting; its; assertions?; paragraphs?"
)
_CITE = re.compile(
    r"^\W*(?:please\s+|always\s+)*(?:cite\b|reference (?:the|both|all|each|every|your|it|them)\b|"
    r"attribute (?:what|each|every|all|your)\b)|\breference (?:both|each|all)\b|"
    r"\b(?:show|name|give|list|state) (?:me |us )?your sources\b|"
    r"\b(?:include|add\w*|give|giving|provide|put|show|append|list|mention|supply|drop|use) (?:\w+ ){0,3}"
    r"(?:references|footnotes?|(?:source|inline) markers?|urls?|file ?names?|(?:passage|document|"
    r"doc) (?:numbers?|ids?))\b|"
    r"\b(?:include|add|give|provide|put|append|list|supply) (?:the |your |all )?sources?\b|"
    r"\b(?:back up what you say|make (?:it|them|everything) traceable|where did you read)\b|"
    r"\bshow (?:\w+ ){1,2}where\b|"
    r"\bwhich (?:of the )?(?:\w+ )?(?:texts|passages|documents|sources) (?:support|say)s?\b|"
    r"\bsources?\W{1,3}required|\black(?:s|ing) .{0,30}(?:provenance|sources?|references?)\b.*\breject\w*|"
    r"\bcitations?\b.{0,15}\b(?:required|mandatory|needed|expected)\b|"
    r"\bwithout (?:\w+ )?(?:references?|citations?|sources?)\b.*\b(?:reject\w*|invalid|wrong|fails?|useless|"
    r"not accepted)\b|"
    r"\b(?:include|add|give|provide|use|append|require)\b.{0,30}\b(?:citations?|footnotes?|references to|"
    r"source markers?)\b",
    _FLAGS,
)
_NO_CITING = re.compile(
    r"\b(?:never|do not|don't|no need to|without|avoid|needn't|not|strip|remove)\b.{0,25}\b(?:cite|citing|citations?|"
    r"reference\w*|mention|name|list|"
    r"quote|include|show|give|refer)\b",
    _FLAGS,
)
# What only says where answers are to come from.
_ONLY_FROM = re.compile(
    r"^(?:please\s+)?(?:answer|reply|respond|use|rely|base|stick|read|look)\b"
    r"(?!.*\b(?:cit(?:e|ing|ations?)|\w*ids?|nam(?:e|ing)|parentheses|brackets?)\b)",
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
    single = [sentence for sentence in order_sentences(instructions) if _is_for_the_model(sentence)]
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
    if _CITE.search(sentence):
        return not re.search(r"\b(?:never|do not|don't|avoid|strip|remove|no need to)\b(?! drop)", sentence, _FLAGS)
    if _NO_CITING.search(sentence) and "no claim without" not in sentence.lower():
        return False
    return not _ONLY_FROM.search(sentence) and _together(sentence, (_NAMES, _SOURCE, _CLAIM))


def _takes_no_orders(text: str) -> bool:
    return _together(text, (_DATA, _ORDERS, _NOT)) or _together(text, (_DATA, _IS_DATA))


def _checks_premises(text: str) -> bool:
    return _together(text, (_ASKED, _MISTAKEN, _REACTS)) and not _LETS_PASS.search(text)


def _prescribed(text: str) -> str:
    """The words in quotation marks or capitals that an abstaining answer has to use."""
    found = _WORDS.search(text)
    return next((words.strip() for words in found.groups() if words), "") if found else ""
