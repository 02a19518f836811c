"""Grader for m1_engineering/e01_role_compass."""

from fractions import Fraction
from itertools import combinations, product
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradus.grading import raises, value_of

ROLES = ["AI_ENGINEER", "ML_ENGINEER", "ML_RESEARCHER", "SOFTWARE_ENGINEER"]
WEIGHTS = ["NONE", "USED", "FINE_TUNED", "FROM_SCRATCH"]
ARTEFACTS = ["PAPER", "CHECKPOINT", "MODEL_SERVER", "FEATURE", "EVALUATION"]
YARDSTICKS = ["STATE_OF_THE_ART", "MODEL_SCORE", "USER_OUTCOME"]
AREAS = ["ENGINEERING", "LLMS", "RETRIEVAL", "AGENTS", "ML_LITERACY", "TRAINING", "RESEARCH"]
LISTED = "dacbe"  # the order in which generated graphs list their skills
TITLES = [
    "Fix the footer",
    "Train the new model",
    "Fine-tuning",
    "Paper on state-of-the-art embeddings",
    "LLM agent feature",
    "",
]

# The work of each role in its plainest form: weights, what it ships, yardstick.
PLAIN = {
    "AI_ENGINEER": ("USED", ["FEATURE"], "USER_OUTCOME"),
    "ML_ENGINEER": ("FINE_TUNED", ["CHECKPOINT"], "MODEL_SCORE"),
    "ML_RESEARCHER": ("FROM_SCRATCH", ["PAPER"], "STATE_OF_THE_ART"),
    "SOFTWARE_ENGINEER": ("NONE", ["FEATURE"], "USER_OUTCOME"),
}

# A map like the one in the exercise, by name: area, needs, roles.
MAP = {
    "answers": ("LLMS", ["prompts", "search", "hallucination"], ["AI_ENGINEER"]),
    "agents": ("AGENTS", ["prompts", "failure_modes"], ["AI_ENGINEER"]),
    "search": ("RETRIEVAL", ["embeddings", "http"], []),
    "prompts": ("LLMS", ["http"], []),
    "http": ("ENGINEERING", [], ["SOFTWARE_ENGINEER"]),
    "failure_modes": ("ML_LITERACY", ["evaluation"], []),
    "evaluation": ("ML_LITERACY", [], []),
    "embeddings": ("ML_LITERACY", [], []),
    "hallucination": ("ML_LITERACY", [], []),
    "training": ("TRAINING", ["gradients", "evaluation"], ["ML_ENGINEER"]),
    "gradients": ("TRAINING", ["matrices"], []),
    "matrices": ("TRAINING", [], []),
    "proofs": ("RESEARCH", ["matrices"], ["ML_RESEARCHER"]),
}


# Building what the submission takes, and naming what it gives


def work(submission, weights="USED", ships=(), yardstick="USER_OUTCOME", title="Some work", days=1):
    return submission.WorkItem(
        title=title,
        weights=getattr(submission.Weights, weights),
        ships=frozenset(getattr(submission.Artefact, artefact) for artefact in ships),
        yardstick=getattr(submission.Yardstick, yardstick),
        days=days,
    )


def classify(submission, *args, **kwargs):
    return submission.classify_work(work(submission, *args, **kwargs))


def member(submission, name):
    return value_of(getattr(submission.Role, name))


def name_of(role):
    """A role by its name, for tests that look at many; what is no role is left as it is."""
    return getattr(role, "name", role)


def advert(submission, *shares):
    """One plain item for each pair of a role's name and days."""
    return [work(submission, *PLAIN[name], days=days) for name, days in shares]


def read(submission, *shares):
    return submission.read_advert(advert(submission, *shares))


def percentages(submission, *numbers):
    return {member(submission, name): number for name, number in zip(ROLES, numbers, strict=True)}


def skills(submission, rows):
    """The graph of these rows, in their order; a row is a skill's area, needs and roles."""
    return [skill(submission, name, *row) for name, row in rows.items()]


def skill(submission, name, area, needs, roles):
    return submission.Skill(
        name=name,
        area=getattr(submission.Area, area),
        needs=tuple(needs),
        roles=frozenset(getattr(submission.Role, hired) for hired in roles),
    )


def goals(**needs):
    """Rows of skills that an AI engineer is hired for, each with what it needs."""
    return {name: ("AGENTS", names, ["AI_ENGINEER"]) for name, names in needs.items()}


def plan(submission, rows, known=(), role="AI_ENGINEER"):
    return submission.plan_path(getattr(submission.Role, role), known, skills(submission, rows))


# Oracles


def whose(weights, ships, yardstick):
    """The rules of Task 1, as a list of conditions."""
    rules = [
        (yardstick == "STATE_OF_THE_ART", "ML_RESEARCHER"),
        (weights in ("FINE_TUNED", "FROM_SCRATCH") or "MODEL_SERVER" in ships, "ML_ENGINEER"),
        (weights == "USED", "AI_ENGINEER"),
    ]
    return next((name for applies, name in rules if applies), "SOFTWARE_ENGINEER")


def shared_out(days):
    """Whole percentages: who comes early enough, by what was lost and then by place, gets one more."""
    exact = [Fraction(100 * count, sum(days)) for count in days]
    lost = [share - floor(share) for share in exact]
    ranks = [
        sum(other > mine or (other == mine and j < i) for j, other in enumerate(lost)) for i, mine in enumerate(lost)
    ]
    return [floor(share) + (rank < sum(lost)) for share, rank in zip(exact, ranks, strict=True)]


def planned(rows, known, role):
    """The path, by the words of the contract: what is missing, then always the first that can be learnt."""
    wanted = {name for name, (_, _, roles) in rows.items() if role in roles} - known
    while more := {need for name in wanted for need in rows[name][1]} - known - wanted:
        wanted |= more
    path = []
    while len(path) < len(wanted):
        can = [name for name in rows if name in wanted and name not in path and {*rows[name][1]} <= known | {*path}]
        path.append(can[0])
    return path


def is_circle(rows, names):
    """Whether each needs the one after it, the last the first, and none is said twice."""
    return 0 < len(names) == len(set(names)) and all(
        name in rows and following in rows[name][1]
        for name, following in zip(names, (*names[1:], names[0]), strict=True)
    )


@st.composite
def maps(draw):
    """Five skills without a circle; where one stands in the graph has nothing to do with what it needs."""
    names = draw(st.permutations(LISTED))
    pairs = draw(st.sets(st.sampled_from([*combinations(names, 2)]), max_size=7))
    hired = draw(st.sets(st.sampled_from([*product(names, ROLES)]), max_size=8))
    area = draw(st.sampled_from(AREAS))
    return {
        name: (
            area,
            [need for need, of in sorted(pairs) if of == name],
            [role for whom, role in sorted(hired) if whom == name],
        )
        for name in LISTED
    }


@st.composite
def circular_maps(draw):
    """Such a map with at least one circle in it."""
    rows = draw(maps())
    ring = draw(st.lists(st.sampled_from(sorted(rows)), unique=True, min_size=1, max_size=4))
    for name, following in zip(ring, [*ring[1:], ring[0]], strict=True):
        area, needs, roles = rows[name]
        rows[name] = (area, list(dict.fromkeys([*needs, following])), roles)
    return rows


# Task 1: whose work it is


@pytest.mark.task(1)
@pytest.mark.parametrize("name", ROLES)
def test_tells_the_four_jobs_apart(submission, name):
    """One builds on models, one makes and runs them, one finds out what nobody knew, and much good work has no model in
    it. Whoever mixes these up learns for the wrong job."""
    assert classify(submission, *PLAIN[name]) == member(submission, name)


@pytest.mark.task(1)
@pytest.mark.parametrize("ships", [["FEATURE"], ["EVALUATION", "FEATURE"], []])
def test_fine_tuning_is_training(submission, ships):
    """Whoever changes weights, if only an adapter's, needs training data, training runs and a plan for the next base
    model. That is ML engineering, though it ends in a feature, or ships nothing."""
    assert classify(submission, "FINE_TUNED", ships) == member(submission, "ML_ENGINEER")


@pytest.mark.task(1)
@pytest.mark.parametrize("yardstick", ["MODEL_SCORE", "USER_OUTCOME"])
def test_training_from_scratch_is_not_yet_research(submission, yardstick):
    """Companies train small models from nothing every day, because they need one. It is research when the result has
    to beat what the field has published."""
    assert classify(submission, "FROM_SCRATCH", ["CHECKPOINT"], yardstick) == member(submission, "ML_ENGINEER")


@pytest.mark.task(1)
@pytest.mark.parametrize("weights", WEIGHTS)
def test_the_state_of_the_art_comes_first(submission, weights):
    """A result that nobody had before is research, whatever had to be trained, served or shipped on the way."""
    result = classify(submission, weights, ["MODEL_SERVER", "FEATURE"], "STATE_OF_THE_ART")
    assert result == member(submission, "ML_RESEARCHER")


@pytest.mark.task(1)
def test_a_paper_is_not_yet_research(submission):
    """Many jobs end in a document. A report on how a feature did is a part of the work on that feature."""
    assert classify(submission, "USED", ["PAPER"], "USER_OUTCOME") == member(submission, "AI_ENGINEER")
    assert classify(submission, "NONE", ["PAPER"], "USER_OUTCOME") == member(submission, "SOFTWARE_ENGINEER")


@pytest.mark.task(1)
@pytest.mark.parametrize("weights", ["NONE", "USED"])
def test_running_a_model_server_is_ml_engineering(submission, weights):
    """Accelerators, batching and quantisation are a job of their own, though nobody trains there. It is one also before
    the first model has been put on the server."""
    assert classify(submission, weights, ["FEATURE", "MODEL_SERVER"]) == member(submission, "ML_ENGINEER")


@pytest.mark.task(1)
@pytest.mark.parametrize("ships", [["EVALUATION"], ["CHECKPOINT"], []])
@pytest.mark.parametrize("yardstick", ["MODEL_SCORE", "USER_OUTCOME"])
def test_using_weights_as_they_are_is_ai_engineering(submission, ships, yardstick):
    """To measure which of two models serves your users better is a core skill of the AI engineer. What comes of it may
    be nothing but scores of models; their weights are still those that others made."""
    assert classify(submission, "USED", ships, yardstick) == member(submission, "AI_ENGINEER")


@pytest.mark.task(1)
@pytest.mark.parametrize("title", TITLES)
def test_the_title_decides_nothing(submission, title):
    """Titles are written to sound like something. "Model" stands in most of them, and says nothing about who trains,
    serves or uses it."""
    for name, (weights, ships, yardstick) in PLAIN.items():
        assert classify(submission, weights, ships, yardstick, title) == member(submission, name)


@pytest.mark.task(1)
def test_the_first_rule_that_applies_decides(submission):
    """Real work has several sides, so several rules apply to it. Which comes first is part of the rules."""
    others = ["PAPER", "CHECKPOINT", "FEATURE", "EVALUATION"]
    for weights, yardstick, ships in product(WEIGHTS, YARDSTICKS, [["MODEL_SERVER"], [], others, ARTEFACTS]):
        expected = whose(weights, ships, yardstick)
        result = name_of(classify(submission, weights, ships, yardstick, days=len(ships)))
        assert result == expected, f"weights {weights}, ships {ships}, yardstick {yardstick}: {expected}, not {result}"


# Task 2: what an advert is about


@pytest.mark.task(2)
def test_counts_days_and_not_items(submission):
    """An advert can list five small things that sound grand, and one that fills the year."""
    shares = [("ML_ENGINEER", 1), ("ML_RESEARCHER", 2), ("AI_ENGINEER", 9), ("ML_ENGINEER", 2), ("ML_ENGINEER", 2)]
    assert read(submission, *shares).role == member(submission, "AI_ENGINEER")


@pytest.mark.task(2)
def test_adds_up_the_days_of_all_items(submission):
    """A job is made of many small things of one kind as often as of one big one."""
    reading = read(submission, ("ML_ENGINEER", 4), ("AI_ENGINEER", 6), ("SOFTWARE_ENGINEER", 7), ("ML_ENGINEER", 3))
    assert reading.role == member(submission, "ML_ENGINEER")
    assert reading.percent == percentages(submission, 30, 35, 0, 35)


@pytest.mark.task(2)
@pytest.mark.parametrize("name", ROLES[:3])
def test_plain_software_does_not_outvote_the_rest(submission, name):
    """Migrations, forms and billing are a part of all three jobs, so they cannot tell you which of them it is."""
    assert read(submission, ("SOFTWARE_ENGINEER", 90), (name, 1)).role == member(submission, name)


@pytest.mark.task(2)
def test_without_a_model_it_is_software(submission):
    """Not every job at a company with a model in its name has to do with one. Work of no days does not change that."""
    reading = read(submission, ("SOFTWARE_ENGINEER", 3), ("ML_RESEARCHER", 0))
    assert reading.role == member(submission, "SOFTWARE_ENGINEER")
    assert reading.percent == percentages(submission, 0, 0, 0, 100)


@pytest.mark.task(2)
@pytest.mark.parametrize(
    ("tied", "winner"),
    [
        (["ML_ENGINEER", "AI_ENGINEER"], "AI_ENGINEER"),
        (["ML_RESEARCHER", "ML_ENGINEER"], "ML_ENGINEER"),
        (["ML_RESEARCHER", "ML_ENGINEER", "AI_ENGINEER"], "AI_ENGINEER"),
    ],
)
def test_a_tie_goes_to_the_earlier_role(submission, tied, winner):
    """Somebody has to decide a tie, and it must not be the order in which the advert was typed."""
    expected = member(submission, winner)
    assert read(submission, *[(name, 4) for name in tied]).role == expected
    assert read(submission, *[(name, 4) for name in reversed(tied)]).role == expected


@pytest.mark.task(2)
def test_the_days_decide_and_not_the_percentages(submission):
    """100 days and 101 days are both 50 %. What was rounded for people to read is no basis for a decision."""
    reading = read(submission, ("AI_ENGINEER", 100), ("ML_ENGINEER", 101))
    assert reading.percent == percentages(submission, 50, 50, 0, 0)
    assert reading.role == member(submission, "ML_ENGINEER")
    rare = read(submission, ("SOFTWARE_ENGINEER", 211), ("ML_ENGINEER", 1))
    assert rare.percent == percentages(submission, 0, 0, 0, 100)
    assert rare.role == member(submission, "ML_ENGINEER"), "one day is a day, though it rounds to 0 %"


@pytest.mark.task(2)
def test_names_every_role(submission):
    """Whoever draws a bar for each role should not have to know that a missing one means 0."""
    assert read(submission, ("ML_RESEARCHER", 7)).percent == percentages(submission, 0, 0, 100, 0)


@pytest.mark.task(2)
@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((1, 1, 1, 0), (34, 33, 33, 0)),
        ((4, 1, 1, 0), (67, 17, 16, 0)),
        ((1, 1, 4, 0), (17, 17, 66, 0)),
        ((1, 1, 1, 5), (13, 13, 12, 62)),
        ((1, 2, 4, 0), (14, 29, 57, 0)),
        ((1, 199, 0, 0), (1, 99, 0, 0)),
    ],
)
def test_percentages_add_up_to_100(submission, days, expected):
    """Three thirds rounded one by one are 99 %. What is missing goes to those that lost most, of equals to the earlier
    role; in floats, equal remainders differ in the last digit."""
    reading = read(submission, *zip(ROLES, days, strict=True))
    assert reading.percent == percentages(submission, *expected), (
        f"{expected} percent, of {days} days for the roles in their order"
    )


@pytest.mark.task(2)
@pytest.mark.parametrize(
    "days", [(29, 71, 0, 0), (71, 29, 0, 0), (57, 0, 43, 0), (0, 0, 58, 42), (14, 0, 0, 36)], ids=lambda days: str(days)
)
def test_a_share_that_is_whole_stays_as_it_is(submission, days):
    """29 of 100 days are 29 %. In floats they are 28.999999999999996, and rounded down that is a percent for somebody
    who did nothing for it."""
    expected = [100 * count // sum(days) for count in days]
    percent = read(submission, *zip(ROLES, days, strict=True)).percent
    assert percent == percentages(submission, *expected), f"{expected} percent, of {days} days for the roles in order"


@pytest.mark.task(2)
@settings(max_examples=15)
@given(days=st.lists(st.integers(0, 40), min_size=4, max_size=4).filter(any))
def test_shares_out_any_days(submission, days):
    """Rounded down, then one more for those that lost most by it: nobody is off by a whole percent, and the sum is
    right."""
    reading = read(submission, *reversed([*zip(ROLES, days, strict=True)]))
    percent = {name_of(role): number for role, number in reading.percent.items()}
    expected = dict(zip(ROLES, shared_out(days), strict=True))
    assert percent == expected, f"of {days} days: {expected}, not {percent}"
    most = max(days[:3])
    most_days = ROLES[days.index(most)] if most else "SOFTWARE_ENGINEER"
    assert name_of(reading.role) == most_days, f"of {days} days the role is {most_days}, not {name_of(reading.role)}"


@pytest.mark.task(2)
@pytest.mark.parametrize("shares", [[], [("AI_ENGINEER", 0)], [("ML_ENGINEER", 0), ("SOFTWARE_ENGINEER", 0)]])
def test_refuses_an_advert_without_work(submission, shares):
    """Nothing to go by is no answer. A default here would be read as one, and 0 of 0 days is no share."""
    with raises("ValueError"):
        read(submission, *shares)


# Task 3: what to learn, in which order


@pytest.mark.task(3)
def test_teaches_the_ai_engineer_ml_literacy(submission):
    """Who builds on models has to know what embeddings see, why models make things up, how evaluation works and where
    models fail. Struck out as "ML", it is missing when the search goes wrong."""
    path = plan(submission, MAP)
    missing = {"embeddings", "hallucination", "evaluation", "failure_modes"}.difference(path)
    assert not missing, f"{sorted(missing)} are needed by skills on the path, and are not on it: {path}"


@pytest.mark.task(3)
def test_spares_the_ai_engineer_the_maths_of_training(submission):
    """Nothing that an AI engineer is hired for needs it here, and months spent on gradients are months without what the
    job does need. Who trains models needs it, all of it."""
    ai, ml = plan(submission, MAP), plan(submission, MAP, role="ML_ENGINEER")
    assert not {"training", "gradients", "matrices", "proofs"}.intersection(ai), f"the AI engineer's path is {ai}"
    assert {"training", "gradients", "matrices"}.issubset(ml), f"the ML engineer's path is {ml}"


@pytest.mark.task(3)
def test_plans_with_the_given_skills(submission):
    """The map that you were given, for somebody who knows Python: thirteen skills, each after what it needs."""
    path = submission.plan_path(submission.Role.AI_ENGINEER, ["python"], submission.SKILLS)
    assert path == [
        "data_handling",
        "api_design",
        "reliability",
        "structured_outputs",
        "tool_calling",
        "what_embeddings_see",
        "vector_search",
        "why_models_make_things_up",
        "grounded_answers",
        "how_evaluation_works",
        "context_engineering",
        "where_models_fail",
        "human_approval",
    ]


@pytest.mark.task(3)
def test_the_areas_decide_nothing(submission):
    """An area is a shelf. If something on the path needs a skill, it has to be learnt, whichever shelf it stands on."""
    rows = {
        "goal": ("AGENTS", ["maths"], ["AI_ENGINEER"]),
        "maths": ("TRAINING", ["theory"], []),
        "theory": ("RESEARCH", [], []),
        "other": ("LLMS", [], ["ML_ENGINEER"]),
    }
    assert plan(submission, rows) == ["theory", "maths", "goal"]


@pytest.mark.task(3)
def test_teaches_what_is_needed_however_indirectly(submission):
    """A plan whose third step needs something that was never taught stops at its third step."""
    rows = {**goals(goal=["middle"]), **{name: ("LLMS", [], []) for name in ("base", "aside")}}
    rows["middle"] = ("LLMS", ["lower"], [])
    rows["lower"] = ("LLMS", ["base"], [])
    assert plan(submission, rows) == ["base", "lower", "middle", "goal"]


@pytest.mark.task(3)
def test_does_not_teach_what_is_known(submission):
    """Being taught what you know is how you come to skip the lesson after it, which you did not know."""
    rows = goals(a=[], b=["a"], c=["b"], d=[])
    assert plan(submission, rows, ["d", "b"]) == ["a", "c"]
    assert plan(submission, rows, {"a", "b", "c", "d"}) == []


@pytest.mark.task(3)
def test_does_not_teach_what_only_the_known_needs(submission):
    """Who can search vectors has learnt of embeddings what that takes. Nothing else on this path needs them, so they
    are not on it, and neither is what only they need."""
    rows = {**goals(answers=["search"]), "search": ("RETRIEVAL", ["embeddings"], [])}
    rows["embeddings"] = ("ML_LITERACY", ["vectors"], [])
    rows["vectors"] = ("ML_LITERACY", [], [])
    assert plan(submission, rows) == ["vectors", "embeddings", "search", "answers"]
    assert plan(submission, rows, ["search"]) == ["answers"]
    assert plan(submission, rows, ["answers"]) == []


@pytest.mark.task(3)
def test_teaches_a_need_of_the_known_if_another_needs_it(submission):
    """Knowing a skill does not prove that you know all that it builds on. If another skill on the path needs it too, it
    is taught; and so is what the role is hired for, whoever else needs it."""
    rows = {**goals(answers=["search"], audit=["embeddings"]), "search": ("RETRIEVAL", ["embeddings"], [])}
    rows["embeddings"] = ("ML_LITERACY", [], [])
    assert plan(submission, rows, ["search"]) == ["answers", "embeddings", "audit"]
    assert plan(submission, goals(a=["b"], b=["c"], c=[]), ["a"]) == ["c", "b"]


@pytest.mark.task(3)
@pytest.mark.parametrize("role", ROLES)
def test_plans_for_the_role_that_was_asked_for(submission, role):
    """Four jobs, four plans. What another role is hired for is on the path only if something on it needs that."""
    assert plan(submission, MAP, role=role) == planned(MAP, set(), role)


@pytest.mark.task(3)
def test_takes_the_first_in_the_graph_that_can_be_learnt(submission):
    """The author of a graph puts first what should come first. Wherever there is a choice, that decides: not the
    alphabet, not a skill's level, not where the search for needs began."""
    assert plan(submission, goals(zebra=[], yak=[], ant=[])) == ["zebra", "yak", "ant"]
    assert plan(submission, goals(z=[], y=["z"], a=[])) == ["z", "y", "a"], "y can be learnt as soon as z is there"
    assert plan(submission, goals(y=["z"], b=[], z=[], a=[])) == ["b", "z", "y", "a"], "y stands before a"
    assert plan(submission, goals(top=["q", "p"], p=[], q=[])) == ["p", "q", "top"], "p stands before q"


@pytest.mark.task(3)
@settings(max_examples=25)
@given(data=st.data(), rows=maps(), role=st.sampled_from(ROLES))
def test_plans_the_one_path_through_any_graph(submission, data, rows, role):
    """Two people with the same role, the same knowledge and the same map get the same plan, today and next year."""
    known = data.draw(st.lists(st.sampled_from(sorted(rows)), unique=True, max_size=3), label="known")
    assert plan(submission, rows, known, role) == planned(rows, set(known), role), f"{known=}, {rows=}"


@pytest.mark.task(3)
def test_the_order_of_needs_and_of_the_known_says_nothing(submission):
    """A plan that changes because somebody typed the same facts in another order cannot be compared with the last."""
    rows = goals(top=["r", "q", "p"], p=[], q=["k"], r=["l"], k=[], l=[])
    turned = goals(top=["p", "q", "r"], p=[], q=["k"], r=["l"], k=[], l=[])
    assert plan(submission, rows, ["k", "l"]) == ["p", "q", "r", "top"]
    assert plan(submission, turned, ["l", "k"]) == ["p", "q", "r", "top"]


@pytest.mark.task(3)
def test_names_the_skills_of_a_circle(submission):
    """Nobody can learn these, and whoever mends the graph needs to see who needs whom: each the next, the last the
    first. What merely leads to the circle is not to blame."""
    rows = goals(lead=["a"], a=["b"], b=["c"], c=["a", "base"], base=[])
    with raises("SkillCycleError") as caught:
        plan(submission, rows)
    names = caught.error.fields["names"]
    assert is_circle(rows, names), f"a needs b, b needs c, c needs a; the error said {names}"


@pytest.mark.task(3)
@pytest.mark.parametrize(
    "needs",
    [
        {"a": ["b"], "b": ["c", "a"], "c": ["b"]},
        {"a": ["b", "a"], "b": ["b"]},
        {"a": ["b"], "b": ["c"], "c": ["c", "b"]},
    ],
    ids=["two_share_a_skill", "one_leads_to_another", "one_in_another"],
)
def test_names_one_circle_where_circles_touch(submission, needs):
    """A walk along the needs of skills that are each on some circle is not yet a circle: it is one from the skill on
    that comes up again. What you walked through before that is another person's mistake, or nobody's."""
    rows = goals(**needs)
    with raises("SkillCycleError") as caught:
        plan(submission, rows)
    names = caught.error.fields["names"]
    assert is_circle(rows, names), f"{needs}: of these needs, {names} is no circle"


@pytest.mark.task(3)
def test_a_skill_that_needs_itself_is_a_circle(submission):
    """A slip of the pen, and the shortest circle there is: one name, said once."""
    with raises("SkillCycleError") as caught:
        plan(submission, goals(a=[], b=["b", "a"]))
    assert list(caught.error.fields["names"]) == ["b"]


@pytest.mark.task(3)
def test_finds_a_circle_off_the_path(submission):
    """A graph with a circle is broken, for the next person if not for this one. Tell the one who can mend it now:
    whichever role was asked for, and though somebody knows one of the skills."""
    rows = {"x": ("RESEARCH", ["y"], []), "y": ("RESEARCH", ["x"], ["ML_RESEARCHER"]), **goals(a=[])}
    with raises("SkillCycleError"):
        plan(submission, rows)
    with raises("SkillCycleError"):
        plan(submission, goals(a=["b"], b=["a"]), ["a"])


@pytest.mark.task(3)
@settings(max_examples=12)
@given(rows=circular_maps())
def test_names_a_circle_of_any_graph(submission, rows):
    """Wherever it is and however long: what is named has to be a circle, or somebody searches for it by hand."""
    with raises("SkillCycleError") as caught:
        plan(submission, rows)
    names = caught.error.fields["names"]
    assert is_circle(rows, names), f"{names} is no circle in { {name: row[1] for name, row in rows.items()} }"


@pytest.mark.task(3)
def test_refuses_a_known_skill_that_does_not_exist(submission):
    """A misspelt name that is passed over means that somebody is taught what they know. Case and spaces count: what is
    guessed here is guessed wrong one day."""
    for name in ("retreival", "HTTP", " http"):
        with raises("UnknownSkillError") as caught:
            plan(submission, MAP, ["http", name])
        assert list(caught.error.fields["names"]) == [name]


@pytest.mark.task(3)
def test_refuses_a_need_that_does_not_exist(submission):
    """A need that nobody wrote down cannot be taught: what needs it is taught too early. The whole graph is checked,
    for the other roles too, and behind what is known."""
    for rows, known in [
        (goals(a=["ghost"]), []),
        (goals(a=["ghost"], b=[]), ["a"]),
        ({**goals(a=[]), "x": ("RESEARCH", ["ghost"], ["ML_RESEARCHER"])}, []),
    ]:
        with raises("UnknownSkillError") as caught:
            plan(submission, rows, known)
        assert list(caught.error.fields["names"]) == ["ghost"]


@pytest.mark.task(3)
def test_names_all_unknown_skills_at_once(submission):
    """One name a run makes as many runs as there are slips. Sorted and each once, the list is the same every time."""
    rows = goals(a=["ox", "elk"], b=["elk", "yak"], c=[])
    with raises("UnknownSkillError") as caught:
        plan(submission, rows, ["newt", "ox", "c", "bee"])
    assert list(caught.error.fields["names"]) == ["bee", "elk", "newt", "ox", "yak"]


@pytest.mark.task(3)
def test_looks_at_the_names_before_the_circles(submission):
    """While names are missing, nobody can say which circles there are: the missing need may be a part of one."""
    with raises("UnknownSkillError"):
        plan(submission, goals(a=["b"], b=["a"]), ["ghost"])
    with raises("UnknownSkillError"):
        plan(submission, goals(a=["b"], b=["a", "ghost"]))


@pytest.mark.task(3)
def test_leaves_its_arguments_alone(submission, driver):
    """Whoever keeps a list of what somebody knows does not expect to find it changed by having asked for a plan."""
    graph = skills(submission, goals(b=["c"], a=[], c=[]))
    planned_for = member(submission, "AI_ENGINEER")
    for known in (["c"], {"c"}):
        after = driver.arguments_after(submission.plan_path, planned_for, known, graph)
        assert after == [planned_for, known, graph]


@pytest.mark.task(3)
def test_an_empty_graph_has_an_empty_path(submission):
    """Nothing to learn is a plan, too: an empty one."""
    assert plan(submission, {}) == []
    assert plan(submission, MAP, ["training"], "ML_ENGINEER") == []
