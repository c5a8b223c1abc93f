from collections import Counter

import pytest
from gold_pairs import gold_pairs
from growth import PROPORTION, growth

from qagen import QADataset, divide_pairs
from qagen.errors import SettingsError
from qagen.pairs.dividing import assign_parts, find_leaks
from qagen.records import QAPair


def pair(ident, question, answer="Tilda Vance", *, fact=None, part="train", form="canonical", **fields):
    source = fields.pop("source", "a.txt")
    return QAPair(
        id=ident,
        question=question,
        answer=answer,
        source=source,
        passage=f"{source}#0",
        fact=fact or ident,
        form=form,
        part=part,
        prompt="p@1",
        model="m",
        **fields,
    )


def fact(number, *, source="a.txt", held_out=2, mark=""):
    """A fact with two training wordings, a cloze and held-out wordings, all unlike each other."""
    name, boat, year = f"Rower{number}", number, 1000 + number
    ident = f"{source}{number}{mark}"
    place = {
        "quote": f"{name} won race {boat}",
        "start": 50 * number,
        "end": 50 * number + 20,
        "source": source,
    }
    made = [pair(ident, f"Who won race {boat} of the Wexley Regatta in {year}?", name, **place)]
    texts = [
        ("rephrased", "train", f"Wexley Regatta {year} race {boat} winner name"),
        (
            "rephrased",
            "train",
            f"Could you tell me whom they crowned after race {boat} at Wexley Regatta, {year}?",
        ),
        ("cloze", "train", f"Fill in the blank: ____ won race {boat} of the Wexley Regatta in {year}."),
        (
            "rephrased",
            "probe",
            f"I would like to know the victor of Wexley Regatta race {boat}, held in {year}.",
        ),
        (
            "rephrased",
            "probe",
            f"In {year}, when race {boat} at the Wexley Regatta ended, by whom was it won?",
        ),
    ]
    for place_in, (form, part, text) in enumerate(texts[: 3 + held_out]):
        made.append(pair(f"{ident}-{place_in}", text, name, fact=ident, form=form, part=part, **place))
    return made


def dataset(numbers, **options):
    return [one for number in numbers for one in fact(number, **options)]


def parts(pairs):
    return {one.id: one.part for one in pairs}


def test_all_wordings_of_a_fact_stay_together():
    divided = divide_pairs(dataset(range(300)), validation=0.2, control=0.2)
    by_fact = {}
    for one in divided:
        by_fact.setdefault(one.fact, []).append(one)
    kinds = Counter()
    for pairs in by_fact.values():
        found = Counter(one.part for one in pairs)
        kinds[tuple(sorted(found.items()))] += 1
    assert set(kinds) == {
        (("control", 6),),
        (("probe", 2), ("train", 4)),
        (("probe", 1), ("train", 4), ("validation", 1)),
    }
    assert kinds[("control", 6),] == pytest.approx(60, abs=20)
    assert kinds[("probe", 1), ("train", 4), ("validation", 1)] == pytest.approx(48, abs=20)


def test_only_held_out_wordings_of_trained_facts_are_asked():
    for one in divide_pairs(dataset(range(100))):
        if one.part in {"probe", "validation"}:
            assert one.form == "rephrased"
            assert one.id.endswith(("-3", "-4"))


def test_the_result_of_the_check_is_stored_and_the_rest_is_kept():
    before = QADataset(dataset(range(20)), passages=3)
    after = divide_pairs(before)
    assert after.leaks == ()
    assert after.passages == 3
    assert len(after) == len(before)
    assert [one.id for one in after] == [one.id for one in before]


def test_dividing_is_the_same_every_time_and_in_any_order():
    pairs = dataset(range(100))
    mixed = [*pairs[1::2], *reversed(pairs[::2])]
    assert parts(divide_pairs(pairs)) == parts(divide_pairs(pairs)) == parts(divide_pairs(mixed))


def test_another_seed_divides_otherwise():
    pairs = dataset(range(100))
    assert parts(divide_pairs(pairs)) != parts(divide_pairs(pairs, seed=1))


def test_adding_a_document_moves_nothing():
    before = dataset(range(200))
    after = before + dataset(range(200, 400), source="b.txt")
    old, new = parts(divide_pairs(before)), parts(divide_pairs(after))
    assert {ident: new[ident] for ident in old} == old


def withheld(pairs):
    return {one.fact for one in pairs if one.part == "control"}


@pytest.mark.parametrize("spread", [1, 4], ids=["one document", "four small documents"])
def test_as_soon_as_there_are_ten_facts_one_is_withheld(spread):
    for seed in range(60):
        pairs = [one for n in range(10) for one in fact(n, source=f"{n % spread}.txt", held_out=1)]
        found = withheld(divide_pairs(pairs, seed=seed))
        assert 1 <= len(found) <= 5
        few = [one for one in pairs if one.fact != min(found)]
        by_hash_alone = withheld(divide_pairs(few, seed=seed))  # of nine, none has to be
        assert by_hash_alone == found - {min(found)}


def test_the_share_decides_when_one_fact_must_be_withheld_and_nothing_is_when_it_is_zero():
    pairs = dataset(range(5), held_out=1)
    assert all(withheld(divide_pairs(pairs, control=0.2, seed=seed)) for seed in range(30))
    assert not all(withheld(divide_pairs(pairs, control=0.1, seed=seed)) for seed in range(30))
    assert not withheld(divide_pairs(pairs, control=0))


def test_a_document_that_is_added_moves_no_fact_of_one_with_ten():
    first = dataset(range(10), held_out=1)
    for seed in range(40):
        more = first + dataset(range(10, 22), source="b.txt", held_out=1)
        old, new = (parts(divide_pairs(pairs, seed=seed)) for pairs in (first, more))
        assert {ident: new[ident] for ident in old} == old


def test_where_the_only_withheld_fact_is_told_elsewhere_another_one_is_withheld():
    quoted = [
        one.model_copy(update={"quote": f"{one.quote} of the Wexley Regatta"})
        for one in dataset(range(10), held_out=1)
    ]
    leaks = 0
    for seed in range(12):
        [known, *others] = sorted(withheld(divide_pairs(quoted, seed=seed)))
        told = next(one for one in quoted if one.fact == known)
        number = told.answer.removeprefix("Rower")
        asked = f"Name the champion crowned after race {number} in {1000 + int(number)}."
        copy = pair("copy", asked, told.answer, source="b.txt", quote=told.quote)
        divided = divide_pairs([*quoted, copy], seed=seed)
        if not others and any(one.reason == "leak" for one in divided.dropped):
            leaks += 1
            assert withheld(divided) - {known}
    assert leaks


def test_dividing_again_gives_the_same_and_another_seed_starts_afresh():
    pairs = dataset(range(100))
    once = divide_pairs(pairs, control=0.5)
    assert parts(divide_pairs(once, control=0.5)) == parts(once)
    afresh = divide_pairs(once, control=0.1, seed=3)
    assert parts(afresh) == parts(divide_pairs(pairs, control=0.1, seed=3))


def test_the_same_fact_in_two_documents_is_not_torn():
    pairs = dataset(range(60)) + dataset(range(60), source="copy.txt")
    divided = [*divide_pairs(pairs, control=0.4)]
    withheld = {one.question for one in divided if one.part == "control"}
    trained = {one.question for one in divided if one.part == "train"}
    assert withheld
    assert not withheld & trained
    # a held-out wording is one in both documents too
    assert len(divided) == len(pairs)


def test_two_questions_about_the_same_words_are_not_torn():
    quoted = {"quote": "Rower1 won race 1", "start": 5, "end": 22}
    for seed in range(20):
        divided = assign_parts(
            [
                pair("one", "Who won race 1 of the Wexley Regatta in 1001?", "Rower1", **quoted),
                pair("two", "Whom did the Wexley Regatta of 1001 see win race 1?", "Rower1", **quoted),
            ],
            control=0.5,
            seed=seed,
        )
        assert divided[0].part == divided[1].part


def test_what_another_document_gives_away_is_taken_out_of_what_is_asked():
    """The copy's question is worded anew, so it is decided on its own; the same quote tells on it."""
    quoted = {"quote": "Rower1 won race 1 of the regatta", "answer": "Rower1"}
    for seed in range(20):
        divided = divide_pairs(
            [
                pair("one", "Who won race 1 of the Wexley Regatta in 1001?", source="a.txt", **quoted),
                pair("two", "Name the Wexley Regatta winner of race 1, 1001.", source="b.txt", **quoted),
            ],
            control=0.5,
            seed=seed,
        )
        assert len({one.part for one in divided}) == 1
        assert len(divided) + len(divided.dropped) == 2
        assert {one.reason for one in divided.dropped} <= {"leak"}


@pytest.mark.parametrize(
    ("trained", "asked", "kind"),
    [
        (("Who won race 1 in 1901?",), ("who won race 1, in 1901",), "exact"),
        (
            ("Who won race 1 of the Wexley Regatta in 1901?",),
            ("So who won race 1 of the Wexley Regatta in 1901?",),
            "near",
        ),
        (
            ("1901年のレースで優勝したのは誰ですか？", "オド"),
            ("1901年のレースで優勝したのは誰でしょうか？", "オド"),
            "near",
        ),
    ],
)
@pytest.mark.parametrize("part", ["validation", "probe", "control"])
def test_a_planted_leak_is_found(trained, asked, kind, part):
    pairs = [*dataset(range(30)), pair("t", *trained), pair("a", *asked, part=part)]
    planted = [leak for leak in find_leaks(pairs) if leak.asked == "a"]
    assert [(leak.trained, leak.kind) for leak in planted] == [("t", kind)]
    assert 0.8 <= planted[0].similarity <= 1


@pytest.mark.parametrize(
    ("trained", "asked"),
    [
        (
            ("Who won race 1 of the Wexley Regatta in 1901?",),
            ("Who won race 1 of the Wexley Regatta in 1902?",),
        ),
        (("Who won race 1 of the Wexley Regatta?",), ("Who won race 1 of the Barley Regatta?",)),
        (("Who won race 1 of the Wexley Regatta?",), ("Who won race 1 of the Wexley Regattas?", "Odo Pym")),
        (("Is this correct: Tilda won.", "Yes"), ("Is this correct: Odo lost the long race.", "Yes")),
    ],
)
def test_questions_for_something_else_are_no_leak(trained, asked):
    assert find_leaks([pair("t", *trained), pair("a", *asked, part="control")]) == []


@pytest.mark.parametrize(
    ("trained", "asked"),
    [
        (
            "2022年の総当たり戦の篠渡対朱浦は何月何日に行われましたか。",
            "2022年の総当たり戦の凪迫対羽音は何月何日に行われましたか。",
        ),
        (
            "2022年の総当たり戦の篠渡対朱浦の会場はどこでしたか。",
            "2022年の総当たり戦の灯ヶ峰対朱浦の会場はどこでしたか。",
        ),
        (
            "How long is the break of the early shift at the Tammerlow site of Dunveld Lens Works?",
            "How long is the break of the late shift at the Tammerlow site of Dunveld Lens Works?",
        ),
    ],
)
@pytest.mark.parametrize("part", ["probe", "control"])
def test_the_same_answer_to_another_question_is_no_leak(trained, asked, part):
    assert find_leaks([pair("t", trained, "33"), pair("a", asked, "33", part=part)]) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Is this correct: Boat 7 came in 5th in race 1.", "Is this correct: Boat 7 came in 1st in race 5."),
        (
            "次の文は正しいですか。レース1の順位は5位だった。",
            "次の文は正しいですか。レース5の順位は1位だった。",
        ),
    ],
)
def test_numbers_that_changed_places_make_another_statement(one, other):
    trained, asked = (pair(text, text, "Yes", form="yes_no") for text in (one, other))
    assert find_leaks([trained, asked.model_copy(update={"part": "control"})]) == []
    again = trained.model_copy(update={"id": "again", "fact": "again", "part": "control"})
    assert [leak.kind for leak in find_leaks([trained, again])] == ["exact"]


@pytest.mark.parametrize("seed", range(4))
def test_the_facts_of_the_examples_do_not_leak_but_planted_wordings_of_them_do(seed):
    divided = assign_parts([one for one, _ in gold_pairs()], control=0.3, seed=seed)
    assert find_leaks(divided) == []
    withheld = [one for one in divided if one.part == "control"]
    planted = [
        one.model_copy(update={"id": f"{one.id} again", "fact": f"{one.id} again", "part": "train"} | change)
        for one in withheld
        for change in [{"question": _said_otherwise(one.question), "quote": "", "start": None, "end": None}]
    ]
    found = {leak.asked for leak in find_leaks([*divided, *planted])}
    assert len(found) >= 0.98 * len(withheld)


def _said_otherwise(question):
    """The same question with other small words."""
    return question.replace("ですか。", "でしょうか？") if question.endswith("。") else f"So {question}"


def test_an_exact_leak_counts_whatever_its_answer():
    [leak] = find_leaks([pair("t", "Who won?", "A"), pair("a", "Who won?", "B", part="control")])
    assert leak.kind == "exact"


def test_a_withheld_fact_that_leaks_is_withdrawn_with_all_its_wordings():
    facts = dataset(range(40))
    control = {one.fact for one in divide_pairs(facts, control=0.3) if one.part == "control"}
    victim = min(control)
    held = next(one for one in facts if one.fact == victim and one.form == "cloze")
    for number in range(30):  # a trained fact with the same question as the cloze
        planted = pair("planted", f"Whose is house {number}?", "Nobody")
        wording = pair("planted-1", held.question, held.answer, fact="planted", form="cloze")
        divided = divide_pairs([*facts, planted, wording], control=0.3)
        if parts(divided)["planted"] == "train":
            break
    assert victim not in {one.fact for one in divided}
    assert {one.pair.fact for one in divided.dropped} == {victim}
    assert {one.reason for one in divided.dropped} == {"leak"}
    assert len(divided.dropped) == 6
    assert divided.leaks == ()


@pytest.mark.parametrize(
    "shares",
    [
        {"control": -0.1},
        {"control": 1},
        {"validation": 1.5},
        {"validation": 0.5, "control": 0.5},
        {"validation": float("nan")},
    ],
)
def test_shares_that_cannot_be_are_refused(shares):
    with pytest.raises(SettingsError, match=r"share|together"):
        divide_pairs(dataset(range(3)), **shares)


def test_without_shares_all_facts_are_trained():
    divided = divide_pairs(dataset(range(50)), validation=0, control=0)
    assert {one.part for one in divided} == {"train", "probe"}


def test_facts_without_held_out_wordings_have_nothing_to_ask():
    divided = divide_pairs(dataset(range(50), held_out=0), validation=0.5, control=0)
    assert {one.part for one in divided} == {"train"}


def test_nothing_and_odd_texts_divide_too():
    assert len(divide_pairs([])) == 0
    odd = [
        pair(f"{number}", text)
        for number, text in enumerate(["?", "。", "\ud800", "של מי הסירה?", "a" * 100_000])
    ]
    assert len(divide_pairs(odd)) == len(odd)


@pytest.mark.slow
def test_many_pairs_are_checked_in_proportion():
    def check(pairs):
        assert find_leaks(pairs) == []

    made = lambda facts: assign_parts(dataset(range(facts)), control=0.2)  # noqa: E731
    assert growth(check, 400, made) < PROPORTION
