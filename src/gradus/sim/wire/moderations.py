"""/v1/moderations: how much of each kind of harm is in a text, judged by words alone.

Every category has a small lexicon of patterns. A text with none of them scores 0.01, with one 0.8, and each further one
takes four fifths of what is missing to 1 (0.96, 0.992). Above 0.5 the category holds, and the input is flagged. Images
are not looked at. What the words cannot see, this cannot see: irony, other languages, harm in plain words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..contract.moderations import Moderated

NOTHING_FOUND = 0.01
FLAGGED_ABOVE = 0.5

_PERSON = r"(?:you|him|her|them|someone|somebody|everyone|everybody|people|my \w+|your \w+)"
_GROUP = r"(?:women|men|foreigners|immigrants|refugees|jews|muslims|christians|gays|blacks|whites|disabled people)"
_THREAT = r"(?:kill|murder|stab|strangle|hurt|beat up)"
_DIE = r"(?:kill myself|end my life|take my own life|hang myself|slit my wrists|want to die|commit suicide)"
LEXICON: dict[str, tuple[str, ...]] = {
    "harassment": (
        r"\byou(?:'re| are)?(?: \w+){0,3} idiots?\b",
        r"\b(?:morons?|imbeciles?|scumbags?|bastards?|bitch(?:es)?|assholes?|cunts?)\b",
        r"\byou(?:'re| are)(?: all)?(?: an?)?(?: \w+)? (?:stupid|worthless|pathetic|useless|retarded|retards?)\b",
        r"\b(?:fuck you|go to hell|screw you)\b",
        rf"\b(?:i|we)(?:'ll| will| am going to|'m going to) {_THREAT} (?:you|your)\b",
    ),
    "harassment/threatening": (
        rf"\b(?:i|we)(?:'ll| will| am going to|'m going to|'re going to) {_THREAT} (?:you|your)\b",
        r"\byou(?:'ll| will| are going to) (?:pay for this with your life|die|bleed|regret being born)\b",
        r"\bi know where you (?:live|sleep)\b",
    ),
    "hate": (
        rf"\b{_GROUP} (?:are|is) (?:all )?(?:vermin|subhuman|animals|parasites|scum|inferior|filth)\b",
        rf"\b(?:hate|despise) (?:all )?(?:the )?{_GROUP}\b",
        rf"\b(?:kill|exterminate|gas|burn|deport) (?:all )?(?:the )?{_GROUP}\b",
    ),
    "hate/threatening": (rf"\b(?:kill|exterminate|gas|burn|shoot) (?:all )?(?:the )?{_GROUP}\b",),
    "illicit": (
        r"\bhow (?:to|do i|can i) (?:shoplift|launder money|forge|counterfeit|pick a lock|hotwire|steal)\b",
        r"\b(?:cook|synthesi[sz]e|make|buy|sell) (?:some )?(?:meth|methamphetamine|heroin|cocaine|crack|fentanyl)\b",
        r"\b(?:stolen credit cards?|fake passports?|money laundering scheme)\b",
        r"\b(?:build|make|assemble|construct) an? (?:\w+ )?(?:bomb|explosive device|molotov cocktail)\b",
    ),
    "illicit/violent": (
        r"\b(?:build|make|assemble|construct) an? (?:\w+ )?(?:bomb|explosive device|molotov cocktail)\b",
        r"\b(?:buy|get|print) an? (?:illegal |untraceable |unregistered )(?:gun|weapon|rifle|pistol)\b",
        r"\bhire an? (?:hitman|hit man|contract killer)\b",
    ),
    "self-harm": (
        rf"\b{_DIE}\b",
        r"\b(?:self-harm|cutting myself|cut myself on purpose|starve myself|suicidal)\b",
        r"\b(?:kill yourself|how to commit suicide|painless ways? to die)\b",
    ),
    "self-harm/instructions": (
        r"\b(?:how (?:to|do i|can i)|best way to|ways? to) (?:kill (?:myself|yourself)|commit suicide|self-harm|"
        r"end my life|cut myself on purpose|starve myself)\b",
        r"\bpainless ways? to die\b",
        r"\b(?:lethal dose of|how many pills to die)\b",
    ),
    "self-harm/intent": (
        rf"\bi(?:'m| am)?(?: \w+){{0,3}} {_DIE}\b",
        r"\bi(?:'m| am) (?:suicidal|cutting myself)\b",
    ),
    "sexual": (
        r"\b(?:porn|pornography|blowjobs?|handjobs?|orgasms?|masturbat\w+|horny|nudes|cumshots?)\b",
        r"\b(?:have|had|having) sex with\b",
    ),
    "sexual/minors": (
        r"\b(?:child|kiddie|underage) (?:porn|pornography|sex|nudes)\b",
        r"\b(?:sex|sexual|nudes) (?:with|of|from) (?:an? )?(?:child|children|minors?|underage \w+)\b",
    ),
    "violence": (
        rf"\b{_THREAT} {_PERSON}\b",
        r"\b(?:massacres?|beheading|behead(?:ed)?|lynch(?:ed|ing)?|slaughter(?:ed)? (?:people|them|everyone))\b",
        r"\bshoot (?:him|her|them|everyone|everybody|people|up the)\b",
        r"\b(?:blow up|bomb|burn down) (?:the|your|a|this) (?:building|house|office|school|warehouse|depot|plant)\b",
    ),
    "violence/graphic": (
        r"\b(?:disembowel\w*|dismember\w*|decapitat\w+|mutilat\w+|entrails|severed (?:head|limbs?|hand|arm))\b",
        r"\b(?:blood|brains) (?:\w+ ){0,2}(?:gushing|spurting|splattered|everywhere)\b",
    ),
}
PATTERNS = {name: [re.compile(words, re.IGNORECASE) for words in lexicon] for name, lexicon in LEXICON.items()}
SEEN_IN_IMAGES = (
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "violence",
    "violence/graphic",
)


def moderation(name: str, model: str, inputs: Sequence[Moderated]) -> dict[str, Any]:
    """The body of a moderation: one result for each input."""
    return {"id": name, "model": model, "results": [_result(each) for each in inputs]}


def verdict(body: dict[str, Any]) -> str:
    """The results of a moderation in a line: the categories that hold."""
    held = [[name for name, holds in result["categories"].items() if holds] for result in body["results"]]
    return "; ".join("flagged: " + ", ".join(names) if names else "not flagged" for names in held)


def scores(text: str) -> dict[str, float]:
    """How much of each category is in the text, from 0 to 1.

    Example:
        >>> scores("I know where you live.")["harassment/threatening"]
        0.8
    """
    text = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return {name: _score(sum(len(words.findall(text)) for words in lexicon)) for name, lexicon in PATTERNS.items()}


def _score(found: int) -> float:
    return round(1 - 0.2**found, 6) if found else NOTHING_FOUND


def _result(moderated: Moderated) -> dict[str, Any]:
    scored = scores(moderated.text)
    categories = {name: score > FLAGGED_ABOVE for name, score in scored.items()}
    return {
        "flagged": any(categories.values()),
        "categories": categories,
        "category_scores": scored,
        "category_applied_input_types": {
            name: [kind for kind in moderated.kinds if kind == "text" or name in SEEN_IN_IMAGES] for name in LEXICON
        },
    }
