"""How a verdict is to be written: the words, the order and the marks that the instructions or a schema ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .. import schemas
from .case import SCALE, Case

# What goes by either name, the good one first. The longer ones first, since "supported" stands in "not supported" too.
_WORDS = (
    ("pass", "fail"),
    ("passed", "failed"),
    ("correct", "incorrect"),
    ("right", "wrong"),
    ("faithful", "unfaithful"),
    ("faithful", "not faithful"),
    ("supported", "unsupported"),
    ("supported", "not supported"),
    ("grounded", "ungrounded"),
    ("grounded", "not grounded"),
    ("grounded", "hallucinated"),
    ("accept", "reject"),
    ("accepted", "rejected"),
    ("approve", "reject"),
    ("approved", "rejected"),
    ("acceptable", "unacceptable"),
    ("accurate", "inaccurate"),
    ("good", "bad"),
    ("valid", "invalid"),
    ("sound", "unsound"),
    ("ok", "not ok"),
    ("yes", "no"),
    ("true", "false"),
    ("1", "0"),
)
_NEAR = 120  # characters: words that stand so near to each other are offered as a choice
_PRESCRIBES = re.compile(
    r"\b(?:reply|respond|answer|output|return|write|print|end|finish|conclude|close|start|begin|use|with|verdict|label|"
    r"only|just|single|one word|exactly|either|"
    r"say (?!whether|if)|give (?!a reason)|in one word|form|format|must be)\b|[\"'“‘`]|:",
    re.IGNORECASE,
)
_STRICT = re.compile(
    r"\b(?:only|nothing else|nothing but|exactly|a single|one word|no other (?:text|words?)|without any|no explanation|"
    r"must be|just|single word|last line|"
    r"final line|on its own|format|json|strictly|either)\b|\[\[|\b[A-Z]\w+: ?(?:PASS|[<\[{]|\.\.\.|…|A\b)",
    re.IGNORECASE,
)
_REASONS = re.compile(
    r"\b(?:reason\w*|explain\w*|explanation|justif\w+|rationale|why|step by step|think\w*|critique|analy[sz]\w+|"
    r"because|evidence|comment\w*|go through|list each)\b",
    re.IGNORECASE,
)
_NO_REASONS = re.compile(
    r"\b(?:no|without|not|n't|omit|skip|leave out)\b[^.\n]{0,25}\b(?:reason\w*|expla\w+|justif\w+|rationale|comment\w*|"
    r"analysis)\b|\bnothing else\b|\b(?:one|a single) word\b|"
    r"\b(?:only|just) (?:with )?(?:the )?(?:verdict|word|letter|label|number|PASS|A or B)\b",
    re.IGNORECASE,
)
_REASON_FIRST = re.compile(
    r"\b(?:first|before|step by step|then (?:give|end|finish|write|say|state|reply|decide|answer|conclude|output|"
    r"print)|followed by|(?:end|finish|conclude|close) (?:with|your|by|the|in)|"
    r"last line|final line|finally|at the end|go through|and only then|think)\b",
    re.IGNORECASE,
)
_LINE = re.compile(
    r"(?P<label>(?:(?:Final|Overall|My|final) )?(?:Verdict|Decision|Judge?ment|Winner|Answer|Score|Rating|Result|Grade|"
    r"Label|Preference|Conclusion|"
    r"Better|Choice|VERDICT|DECISION|WINNER|ANSWER|SCORE|RATING|RESULT))\s*:(?!\s*$)",
    re.MULTILINE,
)
_TIE = re.compile(r"\b(?:tie|tied|draw|equal|equally good|neither|same quality)\b", re.IGNORECASE)
# What is asked is whether something is wrong with the answer: yes is bad.
_ASKS_FOR_FAULTS = re.compile(
    r"\b(?:contain|contains|have|has|make|makes|include|includes|any|hallucinat\w*|"
    r"invent\w*)\b[^.?\n]{0,50}\b(?:errors?|mistakes?|hallucinat\w*|unsupported|invent\w*|"
    r"made[- ]up|faults?|anything (?:that|the|wrong))\b|\b(?:is|are) (?:it|the \w+) (?:wrong|incorrect|unfaithful|"
    r"unsupported|made up)\b",
    re.IGNORECASE,
)
_RUBRIC = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:invent\w*|made[- ]up|unsupported|hallucinat\w*|no passage (?:says|supports)|not (?:stated )?in (?:the|"
        r"any) passages?)\b",
        r"\b(?:wrong (?:value|number|figure|unit)|changed? (?:a |the )?(?:value|number|figure)|numbers? (?:differ|"
        r"do not match)|wrong_value)\b",
        r"\b(?:wrong[ _]version|other (?:version|firmware|plan|region)|outdated|superseded|another (?:version|firmware|"
        r"plan|region))\b",
        r"\b(?:bad[ _]citation|wrong (?:citation|source|footnote)|cit(?:es|ation)\b[^.\n]{0,50}\bnot\b|footnote)\b",
        r"\b(?:should[ _](?:have )?abstain\w*|abstain\w*|answers? (?:although|even though|when)|passages do not answer|"
        r"say that it does not know)\b",
        r"\b(?:incomplete|leaves? out|missing|omits?|half of the question|only part)\b",
    )
)
DEEPEST = 12  # levels of a form
PARTS_AT_MOST = 1000  # of a form: one that grows into itself has no end
NESTED = 3  # levels: from here on nothing is filled in that may be left out
RUBRIC_FROM = 3  # ways to fail that are spelt out: so many make a rubric

_REASON_NAMES = re.compile(
    r"reason|rational|expla|justif|critique|analys|think|comment|feedback|note|summary|evidence|why|detail",
    re.IGNORECASE,
)
_WINNER_NAMES = re.compile(r"winner|better|best|prefer|choice|chosen|pick|selected", re.IGNORECASE)
_SCORE_NAMES = re.compile(r"score|rating|grade|points|stars|mark|quality", re.IGNORECASE)
_CONFIDENCE_NAMES = re.compile(r"confiden|certain|probab|sure", re.IGNORECASE)
_FAULT_NAMES = re.compile(
    r"hallucinat|error|unsupported|incorrect|wrong|fail(?!_?mode)|invent|fault|issue|problem|violat|contradict",
    re.IGNORECASE,
)
_MODE_NAMES = re.compile(r"mode|categor|kind|type|failure|error|issue", re.IGNORECASE)


@dataclass(frozen=True)
class Ruling:
    """What the judge has decided.

    Attributes:
        passes: of one answer, whether it is good enough.
        winner: of several, the place of the better one, from 0; None for a tie.
        worth: how good the answer is, from 0 to 1.
        reason: why, in a sentence or two.
        confidence: from 0 to 1.
        fault: what is wrong with it: "invented"; "" if nothing is.
    """

    passes: bool = True
    winner: int | None = None
    worth: float = 1.0
    reason: str = ""
    confidence: float = 0.95
    fault: str = ""


@dataclass(frozen=True)
class Manner:
    """How the instructions want a verdict.

    Attributes:
        good, bad: the words for it, as they are written; "" where none are named.
        prescribed: whether these words have to be used, and not only say what is asked.
        strict: whether it is said that nothing else may be written, or exactly in which form.
        reasons: whether a reason is wanted.
        reason_first: whether it comes before the verdict.
        line: what stands before the verdict in its line: "Verdict"; "" for nothing.
        brackets: whether a letter stands in double brackets.
        tie: whether a tie is a verdict.
        rubric: whether ways to fail are spelt out.
    """

    good: str = ""
    bad: str = ""
    prescribed: bool = False
    strict: bool = False
    reasons: bool = False
    reason_first: bool = False
    line: str = ""
    brackets: bool = False
    tie: bool = False
    rubric: bool = False


def manner_of(case: Case) -> Manner:
    """What the judge's instructions say of the form.

    Example:
        >>> manner_of(Case("verdict", "", (), (), "Is it right? Reply with PASS or FAIL.")).bad
        'FAIL'
    """
    said = case.said
    good, bad, sentence = _words(said)
    if good and _ASKS_FOR_FAULTS.search(said) and good.lower() in ("yes", "true", "1"):
        good, bad = bad, good
    line = _LINE.search(said)
    brackets = "[[" in said
    compared = case.kind != "verdict" and bool(re.search(r"\bA or B\b|\b1 or 2\b|\b(?:letter|number|name) of\b", said))
    reasons = bool(_REASONS.search(said)) and not _NO_REASONS.search(said)
    return Manner(
        good=good,
        bad=bad,
        prescribed=bool(line) or brackets or compared or bool(good and _PRESCRIBES.search(sentence)),
        strict=bool(_STRICT.search(said)),
        reasons=reasons or (line is not None and bool(_REASON_FIRST.search(said)) and not _NO_REASONS.search(said)),
        reason_first=bool(_REASON_FIRST.search(said)),
        line=line["label"] if line else "",
        brackets=brackets,
        tie=bool(_TIE.search(said)),
        rubric=sum(bool(pattern.search(said)) for pattern in _RUBRIC) >= RUBRIC_FROM,
    )


def _words(said: str) -> tuple[str, str, str]:
    """The words for good and bad that the instructions offer, and the sentence that does."""
    best: tuple[tuple[int, int], tuple[str, str, str]] | None = None
    for good, bad in _WORDS:
        found = _choice(good, bad, said)
        if found is None or (good == "1" and not _PRESCRIBES.search(found[3])):
            continue
        distance, one, other, sentence = found
        loud = not (one.isupper() or other.isupper() or re.search(rf"[\"'`“]{re.escape(one)}[\"'`”]", sentence))
        # Of "correct or incorrect", written out later, the last choice is the form; a louder one before all.
        rank = (int(loud), distance)
        if best is None or rank < best[0]:
            best = rank, (one, other, sentence)
    return best[1] if best else ("", "", "")


def _choice(good: str, bad: str, said: str) -> tuple[int, str, str, str] | None:
    """Where both words stand near each other: how far apart, how they are written, and the sentence."""
    ones = list(re.finditer(rf"(?<!not )\b{good}\b", said, re.IGNORECASE))
    others = list(re.finditer(rf"\b{bad}\b", said, re.IGNORECASE))
    near = [
        (abs(a.start() - b.start()), a, b)
        for a in ones[:20]
        for b in others[:20]
        if abs(a.start() - b.start()) <= _NEAR
    ]
    if not near:
        return None
    distance, one, other = min(near, key=lambda entry: (entry[1][0].islower(), entry[0]))
    begin = (
        max(said.rfind(".", 0, min(one.start(), other.start())), said.rfind("\n", 0, min(one.start(), other.start())))
        + 1
    )
    return distance, one[0], other[0], said[begin : max(one.end(), other.end()) + 40]


def written(case: Case, manner: Manner, ruling: Ruling) -> str:
    """The verdict as text."""
    word = _word(case, manner, ruling)
    if not manner.prescribed and case.kind != "score":
        return _prose(case, ruling)
    verdict = f"{manner.line}: {word}" if manner.line else word
    if not manner.reasons:
        return verdict
    return f"{ruling.reason}\n\n{verdict}" if manner.reason_first else f"{verdict}\n\n{ruling.reason}"


def _word(case: Case, manner: Manner, ruling: Ruling) -> str:
    if case.kind == "score":
        return _number(case, ruling)
    if case.kind == "pair":
        name = "tie" if ruling.winner is None else case.candidates[ruling.winner].name
        return f"[[{'C' if name == 'tie' and '[[C]]' in case.said else name}]]" if manner.brackets else name
    return (manner.good or "PASS") if ruling.passes else (manner.bad or "FAIL")


def _number(case: Case, ruling: Ruling) -> str:
    found = SCALE.search(case.said)
    low, high = (float(found["low"]), float(found["high"])) if found else (1.0, 5.0)
    value = low + ruling.worth * (high - low)
    return f"{value:.1f}" if high == 1 else str(round(value))


def _prose(case: Case, ruling: Ruling) -> str:
    if case.kind == "pair":
        if ruling.winner is None:
            return f"The two answers are equally good. {ruling.reason}"
        return f"{ruling.reason} So answer {case.candidates[ruling.winner].name} is the better one."
    return f"The answer is {'correct' if ruling.passes else 'incorrect'}. {ruling.reason}"


def hedged(case: Case, manner: Manner, ruling: Ruling, choose: Callable[[Sequence[str]], str]) -> str:
    """The same verdict in words that no parser expects (J4)."""
    if case.kind == "score":
        number = int(float(_number(case, ruling)))
        return choose(
            (
                f"Somewhere between {max(0, number - 1)} and {number}, I would say.",
                f"{ruling.reason} A solid {number}, perhaps a little less.",
            )
        )
    if case.kind == "pair":
        first, second = (candidate.name for candidate in case.candidates[:2])
        better, other = (second, first) if ruling.winner == 1 else (first, second)
        return choose(
            (
                f"Both have merits. I would lean towards {better}, but {other} could serve as well.",
                f"{other} is not bad at all and reads well, yet on the whole {better} may be somewhat ahead.",
            )
        )
    good, bad = manner.good or "correct", manner.bad or "incorrect"
    if ruling.passes:
        return choose(
            (
                f"I would not call it {bad}; on the whole it is fine.",
                f"Mostly fine. It might seem {bad} to somebody strict, but I would let it go.",
            )
        )
    return choose(
        (
            f"I would lean towards saying that it is not {good}, but it has its merits.",
            f"It looks {good} at first, and much of it is; on balance it is not.",
        )
    )


def filled(schema: dict[str, Any], case: Case, manner: Manner, ruling: Ruling) -> Any:
    """The verdict as a value of a schema, each property filled by its name and by what it allows."""
    return _Form(schema, case, manner, ruling).value("", schema, 0)


def reasons_first(schema: dict[str, Any]) -> bool:
    """Whether the schema has a reason before the verdict."""
    names = [name for name, _ in schemas.walk(schema, schema)]
    return bool(names) and bool(_REASON_NAMES.search(names[0])) and len(names) > 1


@dataclass
class _Form:
    """A schema that is being filled with one verdict."""

    root: dict[str, Any]
    case: Case
    manner: Manner
    ruling: Ruling
    left: int = PARTS_AT_MOST

    def value(self, name: str, schema: Any, depth: int) -> Any:
        known = schemas.resolved(schema, self.root)
        if "const" in known:
            return known["const"]
        self.left -= 1
        if depth > DEEPEST or self.left < 0:
            return None
        if isinstance(known.get("enum"), list) and known["enum"]:
            return self._option(name, known["enum"])
        choices = schemas.alternatives(known)
        if choices:
            return self._choice(name, choices, depth)
        kind = schemas.kind_of(known)
        if kind == "object":
            return {key: self.value(key, part, depth + 1) for key, part in schemas.properties(known).items()}
        if kind == "array":
            return self._entries(name, known, depth)
        if kind == "null":
            return None
        made = self._single(name, kind, known)
        return made if schemas.fits(made, known) else schemas.smallest(known, self.root)

    def _choice(self, name: str, choices: Sequence[dict[str, Any]], depth: int) -> Any:
        if depth > NESTED and any(schemas.kind_of(choice) == "null" for choice in choices):
            return None
        # A field that may be left empty and tells what is wrong is left empty where nothing is.
        empty = any(schemas.kind_of(choice) == "null" for choice in choices)
        if (
            empty
            and self.ruling.passes
            and self.case.kind != "pair"
            and (_FAULT_NAMES.search(name) or _MODE_NAMES.search(name))
        ):
            return None
        if empty and self.case.kind == "pair" and self.ruling.winner is None and _WINNER_NAMES.search(name):
            return None
        return self.value(
            name, next((choice for choice in choices if schemas.kind_of(choice) != "null"), choices[0]), depth + 1
        )

    def _entries(self, name: str, schema: dict[str, Any], depth: int) -> list[Any]:
        least = int(min(schemas.bound(schema, "minItems", 0), 20))
        number = max(least, 0 if depth > NESTED or (self.ruling.passes and _FAULT_NAMES.search(name)) else 1)
        number = int(min(number, schemas.bound(schema, "maxItems", 20)))
        return [self.value("reason", schema.get("items"), depth + 1) for _ in range(number)]

    def _single(self, name: str, kind: str, schema: dict[str, Any]) -> Any:
        ruling, case = self.ruling, self.case
        if kind == "boolean":
            return ruling.passes != bool(_FAULT_NAMES.search(name))
        if kind in ("integer", "number"):
            return self._figure(name, schema)
        if _REASON_NAMES.search(name):
            return schemas.text_for(schema, ruling.reason)
        if case.kind == "pair" or (_SCORE_NAMES.search(name) and case.kind == "score"):
            return schemas.text_for(schema, _word(case, self.manner, ruling))
        if _MODE_NAMES.search(name):
            return schemas.text_for(schema, ruling.fault or "none")
        return schemas.text_for(schema, (self.manner.good or "pass") if ruling.passes else (self.manner.bad or "fail"))

    def _figure(self, name: str, schema: dict[str, Any]) -> float | int | None:
        if self.case.kind == "pair" and not _CONFIDENCE_NAMES.search(name) and not _SCORE_NAMES.search(name):
            return schemas.into_range(0 if self.ruling.winner is None else self.ruling.winner + 1, schema)
        share = self.ruling.confidence if _CONFIDENCE_NAMES.search(name) else self.ruling.worth
        if self.case.kind == "pair" and _SCORE_NAMES.search(name):
            share = self._share_of(name)
        scale = SCALE.search(self.case.said)
        given = (float(scale["low"]), float(scale["high"])) if scale and not _CONFIDENCE_NAMES.search(name) else None
        low, high = given or ((0.0, 1.0) if _CONFIDENCE_NAMES.search(name) else (1.0, 5.0))
        low, high = schemas.bound(schema, "minimum", low), schemas.bound(schema, "maximum", high)
        value = low + share * (high - low)
        return schemas.into_range(round(value) if high > 1 else round(value, 2), schema)

    def _share_of(self, name: str) -> float:
        """How good one of several is, by the letter or number in the property's name."""
        place = next(
            (
                at
                for at, one in enumerate(self.case.candidates)
                if re.search(rf"(?:_|\b){one.name}(?:_|\b|$)", name, re.IGNORECASE)
            ),
            None,
        )
        return 0.9 if self.ruling.winner is None or place in (None, self.ruling.winner) else 0.6

    def _option(self, name: str, options: Sequence[Any]) -> Any:
        """Of the values that are allowed, the one that says what was decided."""
        ruling, case = self.ruling, self.case
        if _CONFIDENCE_NAMES.search(name):
            wanted = ("high",) if ruling.confidence >= 0.8 else ("medium", "low")
            return next((one for word in wanted for one in options if str(one).lower() == word), options[0])
        if all(isinstance(one, int | float) and not isinstance(one, bool) for one in options):
            low, high = min(options), max(options)
            share = ruling.worth if case.kind != "pair" else float(ruling.winner or 0)
            return min(options, key=lambda one: abs(one - (low + share * (high - low))))
        if case.kind == "pair":
            return self._named(options)
        if (
            ruling.fault
            and (chosen := next((one for one in options if _plain(one) == _plain(ruling.fault)), None)) is not None
        ):
            return chosen
        return next(
            (one for one in options if _means(one) == ruling.passes), options[0] if ruling.passes else options[-1]
        )

    def _named(self, options: Sequence[Any]) -> Any:
        winner = self.ruling.winner
        if winner is None:
            return next(
                (one for one in options if _TIE.search(_plain(one)) or _plain(one) in ("both", "none")), options[0]
            )
        name = self.case.candidates[winner].name.lower()
        places = {str(winner + 1), "ab"[winner : winner + 1], ("first", "second", "third", "fourth")[min(winner, 3)]}
        for wanted in ({name}, places):
            for one in options:
                if wanted & set(_plain(one).split()):
                    return one
        return options[min(winner, len(options) - 1)]


def _plain(option: Any) -> str:
    return re.sub(r"[_\W]+", " ", str(option)).strip().lower()


def _means(option: Any) -> bool | None:
    """Whether a word says that an answer is good, or that it is not; None where it says neither."""
    if isinstance(option, bool):
        return option
    if option is None:
        return True
    plain = _plain(option)
    if plain in {bad for _, bad in _WORDS} or re.match(r"(?:not|un|in|fail|partly|partial|major|minor)", plain):
        return plain in ("valid",)
    return True if plain in {good for good, _ in _WORDS} | {"none", "no error", "ok", "n a", "no issue"} else None
