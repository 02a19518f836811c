"""What the instructions allow and ask for, in whatever words they do it.

A sentence counts if it tells the model what to do; one that only mentions the same words does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .prompt import sentences

_FLAGS = re.IGNORECASE

# Somebody else is the subject: "customers often say that they do not know".
_OTHERS = (
    r"(?:customers?|users?|people|callers?|they|someone|somebody|clients?|colleagues?|we|our|pharmac\w+|staff|"
    r"visitors?)"
)
_SUBJECT_IS_OTHER = re.compile(rf"^(?:(?:most|many|some|often|sometimes|all|the|a|an)\s+)*{_OTHERS}\b", _FLAGS)
_ADVERB = (
    r"(?:please|always|also|then|instead|simply|just|only|and|but|or|so|in that case|otherwise|next|finally)[,\s]+"
)

_ORDER = re.compile(
    rf"^(?:{_ADVERB})*(?:never|do not|don't|avoid|no \w+ing|make sure|be sure|ensure|remember|feel free|let|"
    r"cite|reference|refer|quote|name|give|include|add|append|mention|list|put|state|show|say|point|attribute|back|"
    r"support|link|mark|tag|end|finish|follow|close|answer|reply|respond|write|return|output|tell|admit|abstain|decline|"
    r"use|leave|refuse|treat|consider|regard|ignore|disregard|view|handle|take|keep|provide|note|indicate|identify|"
    r"specify|correct|check|verify|challenge|reject|prefer|rely|stick|base)\b",
    _FLAGS,
)
_ADDRESSED = re.compile(
    r"\byou(?:'re|r)?\b|\b(?:it is|it's|that is)\s+"
    r"(?:fine|ok|okay|acceptable|better|allowed|alright|all right|permitted)\b"
    r"|\b(?:every|each|all|any)\b.{0,60}\b(?:must|should|needs?|has to|have to|is to|carr(?:y|ies)|ends?)\b"
    r"|\b(?:must|should)\s+(?:be|not|never|always)\b"
    r"|^(?:if|when|where|whenever|unless|in case|should|for|after|with|at|behind|under|next to|in)\b|\bbetter\b|\brather\b|\b(?:answers?|replies|claims?|sentences?|statements?)\s+"
    r"(?:must|should|need|carry|without)\b|\b(?:is|are) (?:never|not|just|only|merely|untrusted|data|quoted)\b",
    _FLAGS,
)

_LACK = (
    r"(?:not|n't|no|none|nothing|missing|lacks?|lacking|absent|insufficient|silent|unclear|unsure|uncertain|unable|"
    r"without|fails?|unanswer\w+|outside|unless|cannot|only)"
)
_SOURCE = (
    r"(?:answer|passages?|context|documents?|docs|sources?|information|info|text|texts|evidence|excerpts?|material|it|"
    r"that|this|you|nothing|none|data|facts?|question|pages?|snippets?|above|below|provided|given|sure|certain|know)"
)
_SAYING = (
    r"(?:say|saying|answer|reply|respond|write|return|output|state|tell|admit|abstain|decline|set|leave|refuse|"
    r"put|use|give|stop|escalate|hand|report|mark)"
)
_IF = r"(?:if|when|where|whenever|unless|in case|should|otherwise|as long as|in the absence of|failing that|in doubt)"
_GUESS_ANYWAY = re.compile(
    r"(?<!not )(?<!never )(?<!n't )(?<!without )(?<!no )\b(?:best guess|educated guess|guess anyway|make an estimate|"
    r"(?:use|from|rely on|draw on) (?:your |general |own |world )+knowledge|always (?:give|answer)|estimate)\b",
    _FLAGS,
)
_ABSTAIN = tuple(
    re.compile(pattern, _FLAGS)
    for pattern in (
        rf"\b{_IF}\b(?=.*\b{_SOURCE}\b)(?=.*\b{_LACK}\b|.*n't\b|.*\bin doubt\b).*\b{_SAYING}\b",
        rf"^(?:{_ADVERB})*{_SAYING}\b.*\b(?:not know|don't know|unknown|no answer|not found|cannot|can't)\b.*\b{_IF}\b",
        rf"^(?:{_ADVERB})*{_SAYING}\b.*\b{_IF}\b.*\b{_SOURCE}\b.*(?:\b{_LACK}\b|n't\b)",
        r"\b(?:you (?:may|can|are (?:allowed|free|welcome|permitted)|should|must)|feel free|it is (?:fine|ok|okay|"
        r"acceptable|better|alright|all right|allowed|permitted)|it's (?:fine|ok|okay|better)|prefer|better|rather)\b.*"
        r"\b(?:not know|don't know|not to know|not knowing|abstain|decline|no answer|unsure|not sure|unanswered|"
        r"cannot (?:say|answer|tell)|can't (?:say|answer|tell)|refuse to answer|admit|not to answer|unknown)\b",
        rf"^(?:{_ADVERB})*(?:never|do not|don't|avoid|no)\s+(?:ever\s+)?(?:guess|guessing|invent|inventing|make up|"
        r"making up|make things up|make anything up|speculate|speculating|speculation|fabricate|improvise|fill)\b",
        r"\byou (?:must|should|may|are) (?:never|not)(?: to)? (?:ever )?(?:guess|invent|make (?:\w+ )?up|speculate|"
        r"fabricate|improvise)\b",
        rf"^(?:{_ADVERB})*(?:answer|reply|respond)\b.*\bonly (?:if|when|where)\b",
        rf"^(?:{_ADVERB})*only (?:answer|reply|respond)\b.*\b(?:if|when|where)\b",
    )
)
_LACK_OF_OTHERS = re.compile(
    rf"\b{_IF}\b\s+(?:\w+\s+){{0,2}}(?!(?:they|we|our)\b){_OTHERS}\b|\bthey (?:do not|don't) know\b", _FLAGS
)
_WORDS = re.compile(
    r"[\"“'‘`]([^\"”'’`]*(?:['’]t [^\"”'’`]*)?)[\"”'’`](?!\w)|\b([A-Z]{3,}(?:_[A-Z]+)+|UNKNOWN|NONE|N/A)\b"
)

_CITED = (
    r"(?:passages?|sources?|documents?|excerpts?|ids?|identifiers?|citations?|references?|brackets?|bracketed|"
    r"where (?:it|each|that|you|they) \w+|comes? from|came from|taken from|rests? on|evidence|labels?|origins?)"
)
_CITE = tuple(
    re.compile(pattern, _FLAGS)
    for pattern in (
        rf"\b(?:cite|citing|cited|reference|refer|quote|name|naming|give|giving|include|add|append|mention|list|put|"
        rf"state|show|indicate|identify|specify|note|point|attribute|back|backed|support|supported|link|mark|tag|end|"
        rf"ends|follow|followed|close|carry|carries|say|tell|provide|need|needs|credit)\b.*\b{_CITED}\b",
        r"^(?:\w+\s+){0,3}(?:cite|citing)\b",
        rf"\b(?:cite|cited)\b.*\b{_CITED}\b",
        rf"\b{_CITED}\b.*\b(?:must be|should be|is to be) (?:cited|named|given|shown)\b",
    )
)
_ONLY_FROM = re.compile(
    rf"^(?:{_ADVERB})*(?:answer|reply|respond|use|rely|base|stick)\b.*\b(?:only|solely|exclusively|nothing but)\b",
    _FLAGS,
)

_DATA = (
    r"(?:documents?|passages?|data|tags?|markers?|text|texts|content|contents|context|excerpts?|sources?|tool|tools|outputs?|"
    r"results?|tickets?|emails?|e-mails?|messages?|pages?|material|inside|between|within|enclosed|delimiters?|fences?|blocks?)"
)
_COMMANDS = r"(?:instructions?|commands?|orders?|requests?|directions?|directives?|prompts?)"
_DISTRUST = tuple(
    re.compile(pattern, _FLAGS)
    for pattern in (
        r"\b(?:never|not|n't|ignore|disregard|without|refuse to|must not|nothing)\b.*"
        rf"\b(?:follow\w*|obey\w*|act(?:ing)? on|execut\w+|carry out|comply\w*|{_COMMANDS})\b(?=.*\b{_DATA}\b)",
        rf"\b{_DATA}\b.*\b(?:never|not|n't|no)\b.*\b(?:follow\w*|obey\w*|acted on|execut\w+|carried out|{_COMMANDS})\b",
        rf"\b(?:treat|consider|regard|view|handle|take|see)\b.*\b{_DATA}\b.*\b(?:as|is|are)\b.*\b(?:data|untrusted|quoted|"
        r"reference material|information only|third[- ]party)\b",
        rf"\b{_DATA}\b.*\b(?:is|are)\b.*"
        r"\b(?:untrusted|not trusted|data only|only data|just data|merely data|third[- ]party)\b",
    )
)
_PREMISE = re.compile(
    r"\b(?:premises?|assum\w+|presuppos\w+|mistaken|false|wrong|claims? in the question)\b.*"
    r"\b(?:correct|point|say|tell|check|reject|note|contradict)\w*\b|\b(?:correct|check|question|challenge|verify|"
    r"contradict|reject)\b.*\b(?:premises?|assum\w+|presuppos\w+|mistake|mistaken|false|wrong)\b",
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
    directive = [sentence for sentence in sentences(instructions) if _is_directive(sentence)]
    abstaining = [sentence for sentence in directive if _allows_abstaining(sentence)]
    if any(_GUESS_ANYWAY.search(sentence) for sentence in directive):
        abstaining = []
    return Permissions(
        abstain=bool(abstaining),
        abstain_with=next((words for sentence in abstaining if (words := _prescribed(sentence))), ""),
        cite=any(_asks_for_citations(sentence) for sentence in directive),
        distrust=any(pattern.search(sentence) for sentence in directive for pattern in _DISTRUST),
        check_premise=any(_PREMISE.search(sentence) for sentence in directive),
    )


def _is_directive(sentence: str) -> bool:
    if _SUBJECT_IS_OTHER.search(sentence):
        return False
    return bool(_ORDER.search(sentence) or _ADDRESSED.search(sentence))


def _allows_abstaining(sentence: str) -> bool:
    if _LACK_OF_OTHERS.search(sentence):
        return False
    return any(pattern.search(sentence) for pattern in _ABSTAIN)


def _asks_for_citations(sentence: str) -> bool:
    if re.search(
        r"\b(?:never|not|n't|no need to|without|avoid)\b.{0,20}\b(?:cite|citing|citations?|reference\w*)\b",
        sentence,
        _FLAGS,
    ):
        return False
    if _ONLY_FROM.search(sentence) and not re.search(r"\bcit\w+\b|\bids?\b", sentence, _FLAGS):
        return False
    return any(pattern.search(sentence) for pattern in _CITE)


def _prescribed(sentence: str) -> str:
    """The words in quotation marks or capitals that an abstaining answer has to use."""
    found = _WORDS.search(sentence)
    return next((words.strip() for words in found.groups() if words), "") if found else ""
