"""Grader for m2_llms/e10_grounded_answer.

What a passage states is judged here by the corpus alone: a sentence of the simulated model is the plain sentence of one
fact, and it is supported if the cited passage is one that was sent, is labelled with that fact, and holds the quote,
which holds a form of the fact's value.
"""

import functools
import json
import math
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradus import coldtrail
from gradus.grading import raises, type_name, value_of
from gradus.sim import RateLimited, ReadTimeout, Reply, ServerError, Unauthorized
from gradus.sim.reader import Reader

QUESTION = "How long does the CG-30 keep its readings, and does it need mains power?"
POWER = (
    "help/cg-30#power",
    "CG-30 gateway > Power",
    "Keep it on mains power. A cell inside bridges a power cut of 6 hours,\nat −10 °C of four hours. It doesn't charge "
    "phones. Do not open the case. The cell, part P-77, is changed every 2.10 years by firmware 3.1.4’s reckoning.",
)
MEMORY = (
    "help/cg-30#memory",
    "CG-30 gateway > Memory and E-7707",
    "While the line is down, readings are kept for 12 days. The “oldest” go first. With 1,200 loggers it is two days, "
    "and never less. Copies cost €14 a month. The memory was last enlarged on 7 May 2025.",
)
PAGES = (POWER, MEMORY)

KEPT = ("The CG-30's readings are kept for 12 days.", MEMORY[0], "readings are kept for 12 days")
CUTS = ("The cell bridges a power cut of 6 hours.", POWER[0], "A cell inside bridges a power cut of 6 hours,")
FIRST = ("The oldest readings go first.", MEMORY[0], 'The "oldest" go first.')
MADE_UP = ("The CG-30's readings are kept for 21 days.", MEMORY[0], "readings are kept for 12 days")

PLAIN = settings(
    derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def passages_of(submission, pages=PAGES):
    return [submission.Passage(*page) for page in pages]


def sentence_of(submission, text, passage_id, quote):
    return submission.Sentence(text=text, passage_id=passage_id, quote=quote)


def supported(submission, text, quote, page=MEMORY[0], question=QUESTION):
    """`is_supported` for a sentence that cites one of PAGES."""
    said = sentence_of(submission, text, page, quote)
    return submission.is_supported(said, question, passages_of(submission))


def checked(submission, *sentences, answerable=True, question=QUESTION):
    """`check` for a draft of these sentences."""
    draft = submission.Draft(
        answerable=answerable, sentences=[sentence_of(submission, *sentence) for sentence in sentences]
    )
    return submission.check(draft, question, passages_of(submission))


def shown(grounded):
    """The sentences of an answer as plain values."""
    return [(sentence.text, sentence.passage_id, sentence.quote) for sentence in grounded.sentences]


def reason_of(grounded):
    return grounded.reason and grounded.reason.value


def draft_text(*sentences, answerable=True, **options):
    """A draft as the model writes it."""
    listed = [{"text": text, "passage_id": passage_id, "quote": quote} for text, passage_id, quote in sentences]
    return json.dumps({"answerable": answerable, "sentences": listed}, ensure_ascii=False, **options)


def answer(submission, sim, *steps, question=QUESTION):
    """`answer` with these replies; that no other is asked for is the script's to say."""
    sim.script(*steps)
    return submission.answer(sim.client(max_retries=0), question, passages_of(submission))


def messages_of(sim, call):
    return [(message["role"], message["content"]) for message in sim.ledger.exchanges[call - 1].request["messages"]]


# Task 1: the quote


@pytest.mark.task(1)
def test_finds_a_quote_and_the_sentence_it_was_taken_from(submission):
    """A quote shows what somebody chose to show. The whole sentence shows what was left out."""
    for quote, sentences in (
        ("bridges a power cut", "A cell inside bridges a power cut of 6 hours, at −10 °C of four hours."),
        ("It doesn't charge phones.", "It doesn't charge phones."),
        ("open the case", "Do not open the case."),
        ("Keep it on mains", "Keep it on mains power."),
        ("firmware 3.1.4", "The cell, part P-77, is changed every 2.10 years by firmware 3.1.4's reckoning."),
    ):
        assert submission.find_quote(quote, POWER[2]) == sentences


@pytest.mark.task(1)
def test_returns_every_sentence_that_the_quote_touches(submission):
    """A quote may run over a full stop. What stands around both of its ends belongs to it."""
    text = "Stop it. Close the door. Wait a minute! Start it. Open the door."
    for quote, sentences in (
        ("door. Wait", "Close the door. Wait a minute!"),
        ("door. Wait a minute!", "Close the door. Wait a minute!"),
        ("it. Close the door. Wait a", "Stop it. Close the door. Wait a minute!"),
        ("Start it. Open", "Start it. Open the door."),
        (text, text),
    ):
        assert submission.find_quote(quote, text) == sentences


@pytest.mark.task(1)
def test_a_sentence_ends_where_the_contract_says(submission):
    """A full stop, an exclamation or a question mark with a blank behind it ends a sentence. A decimal point, a colon
    or a line break by itself does not."""
    for text, sentence in (
        ("Wait! Is it on? Press start.", "Is it on?"),
        ("Use 2.5 V, e.g. is it on, then stop.", "is it on, then stop."),
        ("Read v2.Is it on: yes; no (maybe)", None),
        ("Wait: is it on; or not", "Wait: is it on; or not"),
        ("is it on", "is it on"),
        ("Wait.\n\nis it on.\tStop.", "is it on."),
        ('Say "stop." is it on?! Go.', 'Say "stop." is it on?!'),
        ("It is it on.", "It is it on."),
    ):
        quote = "Is it on" if "Is it" in text else "is it on"
        assert submission.find_quote(quote, text) == sentence


@pytest.mark.task(1)
def test_white_space_does_not_count(submission):
    """Lines are broken differently in a page, an index and a prompt. A check that minds it drops true sentences."""
    for quote in (
        "A cell inside bridges a power cut of 6 hours, at −10 °C of four hours.",
        "  A cell inside\tbridges a power\r\n\r\n cut of\u00a06 hours,\u2009at −10 °C\nof four hours. ",
    ):
        found = submission.find_quote(quote, POWER[2])
        assert found == "A cell inside bridges a power cut of 6 hours, at −10 °C of four hours."


@pytest.mark.task(1)
def test_the_shape_of_quotation_marks_does_not_count(submission):
    """Models write straight quotation marks where a page has curly ones, and the other way round."""
    for quote in ('The "oldest" go first.', "The “oldest” go first.", "The „oldest“ go first.", "The «oldest» go"):
        assert submission.find_quote(quote, MEMORY[2]) == 'The "oldest" go first.'
    assert submission.find_quote("It doesn’t charge", POWER[2]) == "It doesn't charge phones."


@pytest.mark.task(1)
def test_everything_else_counts(submission):
    """A quote is word for word, or it is a paraphrase. "Nearly the same" is what a changed number is, too."""
    for quote in (
        "readings are kept for 21 days",
        "Readings are kept for 12 days",
        "readings are kept 12 days",
        "readings are kept for 12 days!",
        "readings were kept for 12 days",
        "“readings are kept for 12 days”",
        "While the line is down ... kept for 12 days",
        "With 1200 loggers",
    ):
        assert submission.find_quote(quote, MEMORY[2]) is None
    assert submission.find_quote("readings are kept for 12 days", MEMORY[2]) is not None


@pytest.mark.task(1)
def test_a_quote_does_not_begin_or_end_within_a_word(submission):
    """ "2 days" stands in "12 days" character for character, and says something else. Cut words change what is said."""
    for quote, text in (
        ("2 days", "It is kept for 12 days."),
        ("kept for 1", "It is kept for 12 days."),
        ("5 °C", "It starts at -5 °C."),
        ("10 or later", "It needs 2.10 or later."),
        ("needs 2", "It needs 2.10 or later."),
        ("E-40", "E-4012 is shown."),
        ("4012 is", "E-4012 is shown."),
        ("lock the case", "Please unlock the case."),
        ("the cell", "Change the cells."),
        ("at 6", "Open at 6:30."),
        ("200 loggers", "Up to 1,200 loggers."),
    ):
        assert submission.find_quote(quote, text) is None
    assert submission.find_quote("-5 °C", "It starts at -5 °C.") == "It starts at -5 °C."


@pytest.mark.task(1)
def test_looks_at_every_place_where_the_quote_stands(submission):
    """The first place may lie within a word, and the next may not. They can even overlap."""
    for quote, text, sentence in (
        ("2 days", "Not 12 days. It was 2 days. Or 2 days.", "It was 2 days."),
        ("ha ha", "Aha ha ha ha.", "Aha ha ha ha."),
        ("no no", "Cano no no. Yes.", "Cano no no."),
    ):
        assert submission.find_quote(quote, text) == sentence


@pytest.mark.task(1)
def test_no_words_are_no_quote(submission):
    """The empty text stands in every passage. A quote without a word is no evidence for anything."""
    text = 'Keep it , on. Or "…" off.'
    for quote in ("", " \n", ".", "…", '"', " , "):
        assert submission.find_quote(quote, text) is None
    assert submission.find_quote("on", text) == "Keep it , on."


PIECES = st.sampled_from(["2", "12", "-2", "2.1", "day", "days", "a", "days.", "12!", "a?", "E-2", '"a"', "”a,"])
BLANKS = st.sampled_from([" ", "\n", "  "])
WORDS = re.compile(r"(?<!\w)-?\d\w*(?:[-.,:/]\w+)*|[^\W\d]\w*(?:[-.:/']\w+)*")


def words_of(*parts):
    return [word for part in parts for word in WORDS.findall(part)]


def oracle(quote, text):
    """Cut the text at the quote: if no word is cut, the words before, of and behind it are the text's words."""
    quote, text = (" ".join(part.replace("”", '"').split()) for part in (quote, text))
    for start in range(len(text)):
        parts = text[:start], quote, text[start + len(quote) :]
        if text.startswith(quote, start) and words_of(*parts) == words_of(text):
            first = max((at + 2 for at in range(start - 1) if text[at] in ".!?" and text[at + 1] == " "), default=0)
            last = start + len(quote) - 1
            while last < len(text) and not (text[last] in ".!?" and text[last + 1 : last + 2] in ("", " ")):
                last += 1
            return text[first : last + 1]
    return None


@pytest.mark.task(1)
@settings(PLAIN, max_examples=30)
@given(pieces=st.lists(PIECES, min_size=1, max_size=7), blank=BLANKS, data=st.data())
def test_finds_what_any_text_holds_and_nothing_else(submission, pieces, blank, data):
    """Whatever the text, a stretch of it is found if it is made of whole words, with the sentences around it."""
    text = blank.join(pieces)
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : data.draw(st.integers(start + 1, len(text)))]
    if not quote[:1].isspace() and not quote[-1:].isspace() and WORDS.search(quote):
        assert submission.find_quote(quote, text) == oracle(quote, text)


# Task 2: what the quote states


@pytest.mark.task(2)
def test_accepts_what_the_quote_states(submission):
    """A check that drops true sentences makes the co-pilot silent. Other words, other spellings of a number and other
    endings are fine; the subject may stand in the heading."""
    for text, page, quote in (
        KEPT,
        CUTS,
        FIRST,
        ("Do not open the case.", POWER[0], "Do not open the case."),
        ("The case of the CG-30 must never be opened.", POWER[0], "Do not open the case."),
        ("The CG-30 needs mains power.", POWER[0], "Keep it on mains power."),
        ("With 1200 loggers the memory lasts 2 days, never less.", MEMORY[0], "With 1,200 loggers it is two days"),
        ("Copies cost 14 euros each month.", MEMORY[0], "Copies cost €14 a month."),
        ("The memory was enlarged on 7 May 2025.", MEMORY[0], "The memory was last enlarged on 7 May 2025."),
        (
            "At -10 °C the cell bridges 4 hours.",
            POWER[0],
            "A cell inside bridges a power cut of 6 hours,\nat −10 °C of four hours.",
        ),
        (
            "Part P-77 is changed with firmware 3.1.4.",
            POWER[0],
            "part P-77, is changed every 2.10 years by firmware 3.1.4's reckoning",
        ),
    ):
        assert supported(submission, text, quote, page) is True, f"True for the sentence {text!r}"


@pytest.mark.task(2)
def test_the_passage_must_be_one_that_was_sent(submission):
    """An id can look right and be made up. Only those that you sent can be looked up."""
    assert supported(submission, *KEPT[::2]) is True
    for passage_id in ("help/cg-30#alarms", "help/CG-30#memory", "help/cg-30", "", " help/cg-30#memory"):
        assert supported(submission, *KEPT[::2], page=passage_id) is False, f"False for the id {passage_id!r}"


@pytest.mark.task(2)
def test_the_quote_must_stand_in_the_passage_that_is_cited(submission):
    """Whoever follows the citation finds another page. That the words stand somewhere is of no use to them."""
    assert supported(submission, *KEPT[::2], page=MEMORY[0]) is True
    assert supported(submission, *KEPT[::2], page=POWER[0]) is False
    made_up = "The CG-30 keeps its readings for 12 days."
    assert supported(submission, made_up, made_up) is False, "False: these words stand in no passage"
    assert supported(submission, "The gateway has memory.", "") is False, "False: nothing is quoted"


@pytest.mark.task(2)
def test_a_changed_number_is_not_supported(submission):
    """All words fit but one, and that one is what somebody will rely on. Likeness cannot see it: compare numbers
    exactly."""
    for text in (
        "The CG-30's readings are kept for 21 days.",
        "The CG-30 keeps readings for 120 days.",
        "The CG-30 keeps readings for twenty, that is 20 days.",
        "Readings are kept for 12.5 days.",
        "Readings are kept for -12 days.",
        "Readings of 3 loggers are kept for 12 days.",
    ):
        assert supported(submission, text, KEPT[2]) is False, f"False for the sentence {text!r}"
    assert supported(submission, KEPT[0], KEPT[2]) is True


@pytest.mark.task(2)
def test_a_unit_belongs_to_its_number(submission):
    """Twelve hours are not twelve days, and the seventh of June is not the seventh of May. The digits alone agree."""
    for text, quote in (
        ("Readings are kept for 12 hours.", KEPT[2]),
        ("Copies cost $14 each month.", "Copies cost €14 a month."),
        ("Copies cost 14 % each month.", "Copies cost €14 a month."),
        ("Copies cost 14 months.", "Copies cost €14 a month."),
        ("The memory was last enlarged on 7 June 2025.", "The memory was last enlarged on 7 May 2025."),
        ("The memory was last enlarged on 7 May 2026.", "The memory was last enlarged on 7 May 2025."),
    ):
        assert supported(submission, text, quote) is False, f"False for the sentence {text!r}"


@pytest.mark.task(2)
def test_only_a_currency_stands_before_its_number(submission):
    """ "€14" is fourteen euros, and "In May 12 sensors" are not the twelfth of May. The name of a month, of a second or
    of a minute before a number begins something else."""
    text = "In May 12 sensors failed."
    page = submission.Passage(id="log", heading="Log", text=text)
    says = [
        submission.Sentence(text=claim, passage_id="log", quote=text) for claim in (text, "Sensors failed on 12 May.")
    ]
    found = [submission.is_supported(said, "How many sensors failed?", [page]) for said in says]
    assert found == [True, False], "the sentence itself, and one that makes a date of it"


@pytest.mark.task(2)
def test_a_number_without_a_unit_may_have_one_in_the_quote(submission):
    """What the sentence does not say cannot be wrong: "12" is stated by "12 days", but "12 days" not by "12"."""
    assert supported(submission, "Readings are kept for 12.", KEPT[2]) is True
    assert supported(submission, "Readings are kept for 12 days.", "readings are kept for 12") is False


@pytest.mark.task(2)
def test_numbers_are_compared_as_text(submission):
    """2.10 and 2.1 are the same float and two different releases."""
    quote = "The cell, part P-77, is changed every 2.10 years"
    assert supported(submission, "The cell is changed every 2.10 years.", quote, POWER[0]) is True
    assert supported(submission, "The cell is changed every 2.1 years.", quote, POWER[0]) is False


@pytest.mark.task(2)
def test_what_stands_beside_the_quote_is_not_quoted(submission):
    """The number stands in the same sentence of the passage, but not in the quote. The reader sees the quote."""
    text = "While the line is down readings are kept for 12 days."
    assert supported(submission, text, "While the line is down, readings are kept for 12 days.") is True
    assert supported(submission, text, "While the line is down, readings are kept") is False


@pytest.mark.task(2)
def test_codes_stand_in_the_quote_or_in_the_heading(submission):
    """A page rarely repeats its subject in every sentence: it stands in the heading. A code that stands in neither is
    somebody else's."""
    assert supported(submission, "At E-7707 the oldest readings go first.", FIRST[2]) is True
    assert supported(submission, "At E-7770 the oldest readings go first.", FIRST[2]) is False
    assert supported(submission, "The CG-10 keeps readings for 12 days.", KEPT[2]) is False
    assert supported(submission, "The cell is part P-77.", "The cell, part P-77", POWER[0]) is True
    assert supported(submission, "The cell is part P-78.", "The cell, part P-77", POWER[0]) is False


@pytest.mark.task(2)
def test_a_number_in_the_heading_is_not_quoted(submission):
    """A heading names the subject. It does not state the value: numbers have to stand in the quote."""
    page = submission.Passage("p", "Release 30 > Memory for 90 days", "Readings are kept while the line is down.")
    quote = "Readings are kept"
    for text, expected in (("Readings are kept in memory.", True), ("Readings are kept for 90 days.", False)):
        said = sentence_of(submission, text, "p", quote)
        assert submission.is_supported(said, QUESTION, [page]) is expected


@pytest.mark.task(2)
def test_a_negation_is_neither_lost_nor_added(submission):
    """One small word turns a sentence into its opposite and leaves all others as they were."""
    for text, page, quote, expected in (
        ("The case may be opened.", POWER[0], "Do not open the case.", False),
        ("The case may not be opened.", POWER[0], "Do not open the case.", True),
        ("It charges phones.", POWER[0], "It doesn't charge phones.", False),
        ("It doesn’t charge phones.", POWER[0], "It doesn't charge phones.", True),
        ("Without mains power, keep it.", POWER[0], "Keep it on mains power.", False),
        ("The oldest readings never go first.", MEMORY[0], FIRST[2], False),
        ("Nobody keeps readings for 12 days.", MEMORY[0], KEPT[2], False),
    ):
        assert supported(submission, text, quote, page) is expected, f"{expected} for the sentence {text!r}"


@pytest.mark.task(2)
def test_a_quote_does_not_shed_a_negation(submission):
    """ "Open the case" stands in "Do not open the case", word for word. Look for the "not" in the whole sentence, and
    not in the part that was chosen."""
    for text, quote, page in (
        ("Open the case.", "open the case.", POWER[0]),
        ("It charges phones.", "charge phones", POWER[0]),
        ("With 1200 loggers it is two days.", "With 1,200 loggers it is two days", MEMORY[0]),
    ):
        assert supported(submission, text, quote, page) is False, f"False for the sentence {text!r}"


@pytest.mark.task(2)
def test_a_quote_about_something_else_supports_nothing(submission):
    """The id is real, the quote stands there word for word, and it is about something else. With no number in the
    sentence, only its words can tell: half of them or fewer are not enough."""
    for text in (
        "Call the hotline in Lyon first.",
        "Firmware updates run at night.",
        "Return it to the dealer.",
        "Gateway warranties cover lightning damage.",
        "The memory survives lightning.",
    ):
        assert supported(submission, text, FIRST[2]) is False, f"False for the sentence {text!r}"
    assert supported(submission, "The oldest readings go first.", FIRST[2]) is True


@pytest.mark.task(2)
def test_more_than_half_of_the_telling_words_agree(submission):
    """Words of four letters and more, each once, by their first four letters, units and negations aside: more than half
    of them in the quote or the heading. A looser count lets other topics in, a stricter one drops true sentences."""
    for text, expected in (
        ("The lines are down.", True),
        ("Line down.", True),
        ("While a line is down, wait for hours.", True),
        ("While a line is down, they wait here, dear reader.", False),
        ("The line line line is down, dear sir, they wait here.", False),
        ("Lining up, downing tools.", False),
        ("It is so.", False),
        ("The gateway has memory.", True),
        ("The gatekeeper has memories.", True),
        ("The gate has a door.", False),
        ("Any gap has memory.", True),
    ):
        quote = "While the line is down, readings are kept for 12 days."
        assert supported(submission, text, quote) is expected, f"{expected} for the sentence {text!r}"


@pytest.mark.task(2)
def test_one_quote_supports_one_sentence(submission):
    """A second sentence rides along on the first one's quote. Nobody checked it, and the citation seems to cover it."""
    for text in (
        "Readings are kept for 12 days. The memory is yours.",
        "Readings are kept for 12 days! And readings are kept.",
        "Are readings kept?\nReadings are kept for 12 days.",
        "Yes. Readings are kept for 12 days. Readings are kept.",
    ):
        assert supported(submission, text, KEPT[2], question="How long?") is False, f"False for the sentence {text!r}"
    assert supported(submission, "Readings are kept for 12 days.", KEPT[2], question="How long?") is True


@pytest.mark.task(2)
def test_a_sentence_that_says_nothing_is_not_supported(submission):
    """It has nothing that could be wrong, and nothing that could be right. After a question, it says what the question
    says."""
    for text in ("", "  ", "Yes.", "No", "Yes, so it is.", "It is so.", "…"):
        assert supported(submission, text, KEPT[2], question="Is it kept?") is False, f"False for the sentence {text!r}"
    assert supported(submission, "It is 12.", KEPT[2], question="Is it kept?") is True


@pytest.mark.task(2)
def test_yes_takes_over_what_was_asked(submission):
    """Whoever says "yes" says what the question said, false premise and all. So what the question names has to stand in
    the quote as well."""
    for question, expected in (
        ("Are readings kept for long?", True),
        ("Are readings kept for 12 days on the CG-30?", True),
        ("Since readings are kept for 30 days, can I pull the line for a week?", False),
        ("Are readings kept for 12 weeks?", False),
        ("Does the CG-10 keep readings?", False),
        ("Is it 12?", True),
        ("Is it 21?", False),
    ):
        for text in (
            "Yes, readings are kept.",
            "YES. Readings are kept!",
            "“Yes”: readings are kept",
            "yes it is kept",
        ):
            assert supported(submission, text, KEPT[2], question=question) is expected, f"{expected} for {text!r}"
        assert supported(submission, "Readings are kept.", KEPT[2], question=question) is True, "nothing is affirmed"


@pytest.mark.task(2)
def test_no_corrects_the_question(submission):
    """A good answer to a false premise begins with "No" and gives the right value. That "no" denies the question, not
    the quote."""
    asked = "Are readings kept for 30 days?"
    for opening in ("No, ", "No. ", "NO: ", "no; ", "No! "):
        assert supported(submission, f"{opening}readings are kept for 12 days.", KEPT[2], question=asked) is True
    assert supported(submission, "No, readings are kept for 30 days.", KEPT[2], question=asked) is False


@pytest.mark.task(2)
def test_no_before_a_noun_is_a_negation(submission):
    """ "No readings are kept" begins with the same word and answers nothing: it denies what the quote states."""
    for text in ("No readings are kept for 12 days.", "No, readings are not kept for 12 days."):
        assert supported(submission, text, KEPT[2]) is False, f"False for the sentence {text!r}"


@functools.cache
def plain_text(passage):
    """A passage of the corpus without its Markdown."""
    return "\n".join(piece.text for piece in coldtrail.statements(passage.text))


@functools.cache
def page_of(passage_id):
    """A passage of the corpus as id, heading and text."""
    passage = coldtrail.passages()[passage_id]
    title = coldtrail.doc(passage.document).title
    return passage_id, " > ".join((title, *passage.headings)), plain_text(passage)


@functools.cache
def is_running_text(passage_id):
    """Whether it has neither tables nor code: the pieces of those are no quotes of it."""
    text = coldtrail.passages()[passage_id].text
    return "|" not in text and "```" not in text


@functools.cache
def fact_quotes():
    """Facts whose value is a number with a unit, each with a passage that states it and the words that do."""
    found = []
    for passage in coldtrail.passages().values():
        for fact in (coldtrail.knowledge().fact[name] for name in passage.facts if is_running_text(passage.id)):
            if fact.unit and fact.value.isdigit() and fact.wrong.isdigit():
                pieces = [piece.text for piece in coldtrail.statements(passage.text) if coldtrail.gives(piece, fact)]
                found += [(fact, passage.id, piece) for piece in pieces[:1] if fact.wrong not in piece]
    return tuple(found[::10])


def share(hits, total):
    """A share and its 95 % interval after Wilson, in words."""
    z = 1.96
    middle = (hits + z * z / 2) / (total + z * z)
    half = z / (total + z * z) * math.sqrt(hits * (total - hits) / total + z * z / 4)
    low, high = max(0, middle - half), min(1, middle + half)
    return f"{hits} of {total}, which is {hits / total:.0%} (95 % interval: {low:.0%} to {high:.0%})"


@pytest.mark.task(2)
def test_tells_right_numbers_from_wrong_ones_in_the_corpus(submission):
    """Real pages word things in their own way. Of the true sentences most have to come through, or nothing is ever
    answered; of those with a wrong number, none."""
    true, false = 0, 0
    for fact, passage_id, quote in fact_quotes():
        passages = [submission.Passage(*page_of(passage_id))]
        for wrong in (False, True):
            text = coldtrail.knowledge().sentence(fact, wrong=wrong)
            said = submission.is_supported(sentence_of(submission, text, passage_id, quote), "How is it?", passages)
            true, false = true + (said and not wrong), false + (said and wrong)
    total = len(fact_quotes())
    assert false == 0, f"no sentence with a wrong number passes: {share(false, total)} did"
    assert true >= 0.45 * total, f"at least 45 % of the true sentences pass: {share(true, total)} did"


# Task 3: keep or abstain


@pytest.mark.task(3)
def test_keeps_what_is_supported_as_it_is(submission):
    """A draft that holds is shown as it was written, in its order. Its sources are named once each."""
    found = checked(submission, KEPT, CUTS, FIRST)
    assert shown(found) == [KEPT, CUTS, FIRST]
    assert isinstance(found.sentences, list)
    assert found.sources == [MEMORY[0], POWER[0]]
    assert reason_of(found) is None


@pytest.mark.task(3)
def test_a_sentence_may_stand_there_twice(submission):
    """To repeat itself is a fault of style. What is supported once is supported again."""
    found = checked(submission, CUTS, KEPT, CUTS)
    assert shown(found) == [CUTS, KEPT, CUTS]
    assert found.sources == [POWER[0], MEMORY[0]]


@pytest.mark.task(3)
def test_a_sentence_goes_together_with_its_citation(submission):
    """A citation that outlives its sentence vouches for the next one. Remove both."""
    for place in (1, 2, 3):
        draft = [CUTS, CUTS, CUTS]
        draft.insert(place, MADE_UP)
        found = checked(submission, *draft)
        assert shown(found) == [CUTS, CUTS, CUTS]
        assert found.sources == [POWER[0]], "the page that only the dropped sentence cited is no source"


@pytest.mark.task(3)
def test_every_unsupported_sentence_goes(submission):
    """One that is left in undoes the rest."""
    unknown = (*CUTS[:1], "help/cg-30#alarms", CUTS[2])
    found = checked(submission, KEPT, MADE_UP, unknown, MADE_UP, CUTS, MADE_UP)
    assert shown(found) == [KEPT, CUTS]
    assert found.sources == [MEMORY[0], POWER[0]]


@pytest.mark.task(3)
def test_without_its_first_sentence_an_answer_does_not_answer(submission):
    """The details are true, and none of them is what was asked for. Shown alone they pass for the answer."""
    for rest in ((), (CUTS,), (CUTS, FIRST), (MADE_UP, KEPT)):
        found = checked(submission, MADE_UP, *rest)
        assert reason_of(found) == "unsupported"
        assert shown(found) == [], "no sentences: what is left is not shown"
        assert found.sources == []


@pytest.mark.task(3)
def test_an_empty_answer_is_unsupported(submission):
    """A model that claims to answer and says nothing has not answered."""
    found = checked(submission)
    assert (reason_of(found), shown(found), found.sources) == ("unsupported", [], [])


@pytest.mark.task(3)
def test_a_model_that_cannot_answer_is_believed(submission):
    """It was given leave to say so. What it wrote all the same is not an answer, supported or not."""
    for sentences in ((), (KEPT,), (MADE_UP,)):
        found = checked(submission, *sentences, answerable=False)
        assert (reason_of(found), shown(found), found.sources) == ("not_answered", [], [])


@pytest.mark.task(3)
def test_a_false_premise_is_not_shown(submission):
    """The question is part of what a "yes" says. Without it, the check sees a harmless sentence."""
    affirms = ("Yes, readings are kept.", MEMORY[0], KEPT[2])
    assert reason_of(checked(submission, affirms, question="Are readings kept for 30 days?")) == "unsupported"
    assert shown(checked(submission, affirms, question="Are readings kept for 12 days?")) == [affirms]


# Task 4: ask


@pytest.mark.task(4)
def test_asks_with_everything_that_the_model_needs(submission, sim):
    """The instructions give leave to abstain, the passages have their ids, and a strict schema leaves no place for a
    sentence without a quote."""
    answer(submission, sim, draft_text(KEPT))
    (system, instructions), (user, asked) = messages_of(sim, 1)
    assert (system, user) == ("system", "user")
    assert instructions == value_of(submission.INSTRUCTIONS)
    shown_pages = [f'<passage id="{page}">\n{heading}\n\n{text}\n</passage>' for page, heading, text in PAGES]
    assert asked == "\n\n".join([*shown_pages, f"Question: {QUESTION}"])
    request = sim.ledger.exchanges[0].request
    assert request["model"] == "sim-small"
    form = (request.get("response_format") or {}).get("json_schema") or {}
    assert form.get("strict") is True, "the output format is a strict JSON schema"
    assert set(form["schema"]["properties"]) == {"answerable", "sentences"}
    assert not {"temperature", "seed"} & {name for name in request if request[name] is not None}, "left to the provider"


@pytest.mark.task(4)
def test_returns_what_was_checked(submission, sim):
    """One request is enough for a draft that holds, even if a detail has to go."""
    found = answer(submission, sim, draft_text(KEPT, MADE_UP, CUTS))
    assert shown(found) == [KEPT, CUTS]
    assert found.sources == [MEMORY[0], POWER[0]]
    assert reason_of(found) is None
    assert sim.ledger.calls == 1, "the answer stands: nothing to ask again for"


@pytest.mark.task(4)
def test_does_not_ask_without_passages(submission, sim):
    """Nothing can be cited, so nothing can be answered. The request would cost money and invite a guess."""
    found = submission.answer(sim.client(max_retries=0), QUESTION, [])
    assert (reason_of(found), shown(found), found.sources) == ("not_answered", [], [])
    assert sim.ledger.calls == 0


@pytest.mark.task(4)
@pytest.mark.parametrize("sentences", [(), (KEPT,)])
def test_believes_a_model_that_abstains(submission, sim, sentences):
    """Asked again, it may give in and guess. To abstain is an answer, and the one you asked for."""
    found = answer(submission, sim, draft_text(*sentences, answerable=False))
    assert (reason_of(found), shown(found)) == ("not_answered", [])
    assert sim.ledger.calls == 1


@pytest.mark.task(4)
@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (Reply(draft_text(KEPT), finish_reason="length"), "cut"),
        (Reply(draft_text(KEPT)[:40], finish_reason="length"), "cut"),
        (Reply(draft_text(KEPT), finish_reason="content_filter"), "cut"),
        (Reply(None, finish_reason="content_filter"), "cut"),
        (Reply(refusal="I can't help with that."), "refused"),
        (Reply(draft_text(KEPT), refusal="I can't help with that."), "refused"),
        (Reply(""), "invalid"),
        (Reply(None), "invalid"),
        (f"```json\n{draft_text(KEPT)}\n```", "invalid"),
        ('{"answerable": true}', "invalid"),
        ("It is 12 days.", "invalid"),
    ],
)
def test_tells_why_there_is_no_draft(submission, sim, step, reason):
    """Each of them calls for another remedy, and none for the same question again. What a cut or refused reply holds is
    nobody's answer, even where it looks whole."""
    found = answer(submission, sim, step)
    assert type_name(found) == "Grounded", "a Grounded with a reason"
    assert (reason_of(found), shown(found), found.sources) == (reason, [], [])
    assert sim.ledger.calls == 1


@pytest.mark.task(4)
def test_asks_once_more_with_what_was_wrong(submission, sim):
    """The same question again gets the same answer again. The model has to see its draft, and which of its sentences
    did not hold."""
    first = draft_text(MADE_UP, CUTS, (*FIRST[:1], "help/cg-30#alarms", FIRST[2]), indent=1)
    found = answer(submission, sim, first, draft_text(KEPT, FIRST))
    assert shown(found) == [KEPT, FIRST], "the second draft alone decides: nothing of the first is mixed in"
    assert found.sources == [MEMORY[0]]
    before, after = messages_of(sim, 1), messages_of(sim, 2)
    assert after[: len(before)] == before, "the second request begins with the messages of the first"
    assert after[2] == ("assistant", first), "then comes the model's reply, unchanged"
    assert [role for role, _ in after[3:]] == ["user"]
    objection = after[3][1]
    assert objection.endswith(f"Question: {QUESTION}")
    named = re.findall(r"\d+", objection.removesuffix(QUESTION))
    assert named == ["1", "3"], "the objection names the sentences that are not supported, by number from 1"


@pytest.mark.task(4)
def test_a_yes_to_a_false_premise_is_objected_to(submission, sim):
    """The customer believes in 30 days, and the model goes along. The page says 12: no "yes" may go out."""
    asked = "Readings are kept for 30 days, so may I pull the line for three weeks?"
    yes, no = (
        ("Yes, the readings are kept.", MEMORY[0], KEPT[2]),
        ("No, the readings are kept for 12 days.", MEMORY[0], KEPT[2]),
    )
    found = answer(submission, sim, draft_text(yes), draft_text(no), question=asked)
    assert shown(found) == [no]
    assert "do not support: 1." in messages_of(sim, 2)[3][1], "the objection names sentence 1"


@pytest.mark.task(4)
def test_asks_once_more_for_an_answer_without_sentences(submission, sim):
    """It is a draft like any other that cannot be shown, with no sentence to blame."""
    found = answer(submission, sim, draft_text(), draft_text(KEPT))
    assert shown(found) == [KEPT]
    assert "do not support: none." in messages_of(sim, 2)[3][1]


@pytest.mark.task(4)
def test_asks_no_third_time(submission, sim):
    """A model that cannot support its answer twice will not do so at the tenth time, and each time costs."""
    sim.otherwise(draft_text(MADE_UP, CUTS))
    found = submission.answer(sim.client(max_retries=0), QUESTION, passages_of(submission))
    assert sim.ledger.calls == 2, "exactly MAX_CALLS requests"
    assert (reason_of(found), shown(found), found.sources) == ("unsupported", [], [])


@pytest.mark.task(4)
@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (draft_text(answerable=False), "not_answered"),
        (Reply(refusal="I can't help with that."), "refused"),
        (Reply(draft_text(KEPT), finish_reason="length"), "cut"),
        ("", "invalid"),
    ],
)
def test_the_second_reply_decides(submission, sim, second, reason):
    """Once it is asked again, the first draft is gone. What the second reply says is judged as the first one was."""
    found = answer(submission, sim, draft_text(MADE_UP, CUTS), second)
    assert (reason_of(found), shown(found), found.sources) == (reason, [], [])


@pytest.mark.task(4)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Unauthorized(), "AuthenticationError"),
        (RateLimited(), "RateLimitError"),
        (ServerError(503), "InternalServerError"),
        (ReadTimeout(), "APITimeoutError"),
    ],
    ids=["wrong key", "rate limit", "outage", "time-out"],
)
def test_errors_of_the_call_are_raised(submission, sim, fault, error):
    """An outage says nothing about the question. Told as "the passages do not say", it closes a ticket that nobody
    answered."""
    with raises(error):
        answer(submission, sim, fault)


@pytest.mark.task(4)
def test_errors_of_the_second_call_are_raised(submission, sim):
    """Half an answer is not an answer, and nobody knows yet what the other half would have said."""
    with raises("InternalServerError"):
        answer(submission, sim, draft_text(MADE_UP), ServerError(503))


# Task 4, measured: held-out queries, a model on a bad day, and the corpus as the judge

BAD_DAY = {"G1": 0.15, "G2": 0.2, "G3": 0.25, "G4": 0.6}


@functools.cache
def answerable():
    """Held-out queries with passages that answer them, and others to fill up."""
    found = []
    for query in coldtrail.queries("held_out"):
        right = [passage for passage, relevance in query.relevance.items() if relevance == 2][:2]
        sent = sorted([*right, *query.distractors[: 3 - len(right)]])
        if query.answerable and all(map(is_running_text, sent)):
            found.append((query, tuple(sent)))
    return tuple(case for place, case in enumerate(found) if place % 3 == 0)


@functools.cache
def unanswerable():
    """Held-out queries with passages that are near to them, none of which answers."""
    found = []
    for query in coldtrail.queries("held_out"):
        near = [query.near_miss] if query.near_miss else []
        others = [passage for passage in query.distractors if not query.relevance.get(passage)]
        sent = tuple(dict.fromkeys([*near, *others]))[:3]
        if len(sent) == 3 and all(map(is_running_text, sent)):
            found.append((query, sent))
    return tuple(case for place, case in enumerate(found) if place % 4 == 1)


@functools.cache
def meant():
    """What the model's sentences say: facts by their plain sentence, and whether it gives the wrong value."""
    facts = {}
    for fact in coldtrail.knowledge().facts:
        for wrong in (False, True):
            facts.setdefault(coldtrail.knowledge().sentence(fact, wrong=wrong), []).append((fact, wrong))
    return facts


def is_stated(text, passage_id, quote, sent):
    """Whether the corpus says that this quote of this passage states what the sentence says."""
    if passage_id not in sent or " ".join(quote.split()) not in " ".join(page_of(passage_id)[2].split()):
        return False
    facts = meant().get(text.removeprefix("Yes. "), [])
    known = coldtrail.passages()[passage_id].facts
    said = coldtrail.normalise(quote).lower()
    return any(not wrong and fact.id in known and coldtrail.mentions(said, fact.forms) for fact, wrong in facts)


def answers(submission, sim, cases, rates):
    """What `answer` gives for each case: sentences, sources, reason."""
    sim.otherwise(Reader(seed=3, rates=rates))
    client = sim.client(max_retries=0)
    for query, sent in cases:
        passages = passages_of(submission, map(page_of, sent))
        yield query, sent, submission.answer(client, query.text, passages)


@pytest.mark.task(4)
def test_answers_what_the_passages_answer(submission, sim):
    """Held-out queries, each with passages that answer it, and a model that on this day errs in every second answer. An
    abstention is safe and of no use: at least 35 % have to be answered, and at most 10 % of what is shown may be
    unsupported."""
    answered, said, false = 0, 0, 0
    for _, sent, found in answers(submission, sim, answerable(), BAD_DAY):
        answered += bool(shown(found))
        verdicts = [is_stated(*sentence, sent) for sentence in shown(found)]
        said, false = said + len(verdicts), false + verdicts.count(False)
    total = len(answerable())
    assert answered >= 0.35 * total, f"at least 35 % are answered: {share(answered, total)} were"
    assert false <= 0.1 * said, f"at most 10 % of the sentences are unsupported: {share(false, said)} were"


@pytest.mark.task(4)
def test_does_not_answer_what_the_passages_leave_open(submission, sim):
    """Held-out queries, each with passages that are near to it and do not answer it, and a model that guesses in most
    cases. At most 10 % may be answered."""
    found = [bool(shown(found)) for _, _, found in answers(submission, sim, unanswerable(), BAD_DAY)]
    assert sum(found) <= 0.1 * len(found), f"at most 10 % are answered: {share(sum(found), len(found))} were"
    told = draft_text(KEPT)
    sim.otherwise(told)
    control = submission.answer(sim.client(max_retries=0), QUESTION, passages_of(submission))
    assert shown(control) == [KEPT], "an answer that its quote supports is shown all the same"
