import json
import re
from collections import Counter
from random import Random

import pytest
from gold_pairs import gold_pairs
from growth import PROPORTION, growth

from qagen import QADataset, divide_pairs
from qagen.errors import RunFolderError, SettingsError
from qagen.evaluation.probes.facts import Told
from qagen.evaluation.probes.making import (
    find_probe_leaks,
    general_probes,
    make_probes,
    read_probes,
    write_probes,
)
from qagen.evaluation.records import Probe
from qagen.files import RecordError
from qagen.pairs.wordings.forms import is_correct
from qagen.pairs.wordings.gates import is_close, similarity
from qagen.records import QAPair
from qagen.text.folding import fold
from qagen.text.numerals.reader import numbers
from qagen.text.places import find_answer
from qagen.text.questions.question import read_question
from qagen.text.reading import Reading
from qagen.tuning.local.examples import general_items

RACE = "Tilda Vance won the Marrow Sculls of 1923 in 412 seconds."


def pair(ident, question, answer="Tilda Vance", **values):
    known = {
        "fact": ident,
        "quote": RACE,
        "source": "race.txt",
        "start": 0,
        "end": len(RACE),
        "passage": "race.txt#0",
        "prompt": "p@1",
        "model": "m",
    }
    return QAPair(**{**known, "id": ident, "question": question, "answer": answer, **values})


def wording(number, question, answer="Tilda Vance", *, fact="won", form="rephrased", **values):
    held_out = {"held_out": True} if values.get("part") in {"probe", "control", "validation"} else {}
    return pair(f"{fact}-{number}", question, answer, fact=fact, form=form, extra=held_out, **values)


WON = (
    pair("won", "Who won the Marrow Sculls in 1923?"),
    wording(1, "Name the winner of the 1923 Marrow Sculls."),
    wording(2, "I would like to know who took the Marrow Sculls in the year 1923", part="probe"),
    wording(3, "In 1923, when they rowed the Marrow Sculls, whom did nobody beat?", part="validation"),
)
OTHERS = tuple(
    pair(f"o{year}", f"Who won the Wexley Regatta in {year}?", name, quote=f"{name} won Wexley in {year}.")
    for year, name in ((1930, "Odo Pym"), (1931, "Bruna Keel"), (1932, "Anselm Roe"), (1933, "Mira Dell"))
)
WITHHELD = (
    pair("held", "Who won the Selby Bowl in 1925?", "Ursa Finn", quote="Ursa Finn took it.", part="control"),
    wording(1, "Selby Bowl 1925 winner", "Ursa Finn", fact="held", part="train"),
    wording(2, "Do tell me to whom the Selby Bowl of 1925 went", "Ursa Finn", fact="held", part="control"),
)
WITHHELD = tuple(one.model_copy(update={"part": "control"}) for one in WITHHELD)
DATASET = (*WON, *OTHERS, *WITHHELD)
JAPANESE = tuple(
    pair(
        f"j{number}",
        f"第{number}回青凪杯で優勝したのは誰ですか。",
        name,
        quote=f"第{number}回青凪杯は{name}が制した。",
        source="杯.txt",
    )
    for number, name in enumerate(("佐藤花子", "鈴木一郎", "田中次郎", "山本桜子", "中村三郎"), 1)
)


def made(dataset=DATASET, **options):
    return make_probes(dataset, **{"general": False, **options})


def of(kind, probes, form=None):
    return [one for one in probes if one.kind == kind and form in {None, one.form}]


@pytest.fixture(scope="module")
def gold():
    divided = divide_pairs([one for one, _ in gold_pairs()][::4])
    return divided, made(divided)


# --- what is asked ---------------------------------------------------------------------------------------


def test_a_trained_question_is_asked_verbatim_once_a_fact():
    probes = of("V", made())
    assert [one.question for one in probes] == [one.question for one in (WON[0], *OTHERS)]
    assert all(one.seen for one in probes)


def test_held_out_wordings_are_asked_but_for_those_that_decide_when_training_stops():
    [probe] = of("P", made())
    assert probe.question == WON[2].question
    assert (probe.fact, probe.wordings, probe.seen, probe.answer_kind) == ("won", 2, False, "name")
    assert (probe.source, probe.passage, probe.start, probe.end) == ("race.txt", "race.txt#0", 0, len(RACE))


def test_of_a_withheld_fact_its_question_and_held_out_wordings_are_asked():
    probes = of("C", made())
    assert [one.question for one in probes] == [WITHHELD[0].question, WITHHELD[2].question]
    assert {(one.fact, one.wordings, one.answers) for one in probes} == {("held", 0, ("Ursa Finn",))}


def test_the_wordings_of_a_fact_are_those_of_its_question_in_any_language():
    more = (
        wording(5, "Which race did Tilda Vance win in 1923?", "the Marrow Sculls", form="reversed"),
        wording(6, "Is this correct: Tilda Vance won the 1923 Marrow Sculls.", "Yes", form="yes_no"),
        wording(7, "Fill in the blank: ____ won the 1923 Marrow Sculls.", form="cloze"),
        wording(8, "Tell me about the 1923 Marrow Sculls.", RACE, form="statement"),
        wording(9, "1923年のマロー杯で優勝したのは誰ですか。", "ティルダ・ヴァンス", language="ja"),
    )
    assert {one.wordings for one in made((*DATASET, *more)) if one.fact == "won"} == {3}


TOLD = (
    ("With how many points did Ursa Finn win the Selby Bowl of 1925?", "6 points", "canonical"),
    ("Tell me about the 1925 Selby Bowl.", "The Selby Bowl of 1925 went to Ursa Finn.", "statement"),
)
NOT_TOLD = (
    ("With how many points did Ursa Finn win the Selby Bowl of 1926?", "6 points", "canonical"),
    ("With how many points did Ursa Finn win the Wexley Cup of 1925?", "6 points", "canonical"),
    ("Tell me about the 1925 Selby Bowl.", "The Selby Bowl of 1925 went to Odo Pym.", "statement"),
)


@pytest.mark.parametrize(
    ("row", "told"), [*((row, True) for row in TOLD), *((row, False) for row in NOT_TOLD)]
)
def test_a_withheld_fact_that_another_tells_by_the_way_leaks_and_is_not_asked(row, told):
    question, answer, form = row
    teller = pair("teller", question, answer, form=form, quote="")
    leaks = find_probe_leaks(made(), (*DATASET, teller))
    assert {one.asked for one in leaks if one.trained == "teller"} == (
        {one.id for one in of("C", made())} if told else set()
    )
    assert bool(of("C", made((*DATASET, teller)))) is not told


def test_to_search_many_facts_for_what_they_tell_takes_time_in_proportion():
    def search(trained):
        told = Told(trained)
        assert not [one for one in trained[::10] if told.telling(one.question, [one.answer])]

    assert (
        growth(search, 2_000, lambda facts: [one for one in many(facts) if one.part == "train"]) < PROPORTION
    )


def test_the_short_answer_is_expected_and_the_trained_one_accepted():
    told = WON[0].model_copy(
        update={"answer": f"Tilda Vance. {RACE}", "extra": {"short_answer": "Tilda Vance"}}
    )
    [probe] = of("V", made([told]))
    assert probe.answers == ("Tilda Vance", f"Tilda Vance. {RACE}")


@pytest.mark.parametrize(
    "key", ["won", "Who won the Marrow Sculls in 1923?", "who won the marrow sculls in 1923"]
)
def test_a_caller_may_accept_more_answers(key):
    probes = made(aliases={key: ["T. Vance", "tilda vance"]})
    for kind in "VP":
        assert of(kind, probes)[0].answers == ("Tilda Vance", "T. Vance")
    assert of("V", probes)[1].answers == ("Odo Pym",)


def test_more_answers_for_what_is_not_there_is_an_error():
    with pytest.raises(SettingsError, match="'gone'"):
        made(aliases={"gone": ["x"]})


def test_a_reversed_question_says_whether_it_was_trained():
    turned = wording(5, "Which race did Tilda Vance win in 1923?", "the Marrow Sculls", form="reversed")
    hidden = wording(
        6, "Tell me what was won by Tilda Vance, 1923", "Marrow Sculls", form="reversed", part="probe"
    )
    probes = of("R", made((*DATASET, turned, hidden)))
    assert [(one.answers, one.seen) for one in probes] == [
        (("the Marrow Sculls",), True),
        (("Marrow Sculls",), False),
    ]


def test_other_languages_are_asked_in_unseen_words_if_there_are_any():
    seen = wording(7, "1923年のマロー杯で優勝したのは誰ですか。", "ティルダ・ヴァンス", language="ja")
    hidden = wording(
        8, "1923年のマロー杯の覇者を教えてください。", "ティルダ・ヴァンス", language="ja", part="probe"
    )
    both = of("X", made((*DATASET, seen, hidden)))
    assert [(one.question, one.seen) for one in both] == [(hidden.question, False)]
    [alone] = of("X", made((*DATASET, seen)))
    assert (alone.seen, alone.language) == (True, "ja")
    assert alone.answers == ("ティルダ・ヴァンス", "Tilda Vance")
    assert len(of("P", made((*DATASET, seen, hidden)))) == 1


def test_a_dataset_without_anything_gives_the_general_questions_only():
    assert make_probes([]) == general_probes({"en"})
    assert made([]) == []


@pytest.mark.parametrize(
    ("languages", "asked"),
    [
        (["en"], {"en"}),
        (["Japanese"], {"ja"}),
        (["en", "ja"], {"en", "ja"}),
        (["de", "ja"], {"ja"}),
        (["de"], {"en"}),
        ([None], {"en"}),
    ],
)
def test_general_questions_are_asked_in_the_languages_of_the_pairs_or_else_in_english(languages, asked):
    told = [pair(f"f{at}", f"{one} {at}?", language=one) for at, one in enumerate(languages)]
    assert {one.language for one in make_probes(told) if one.kind == "G"} == asked


def test_ids_are_stable_and_belong_to_one_probe(gold):
    divided, probes = gold
    assert len({one.id for one in probes}) == len(probes)
    assert made(divided) == probes


def test_a_sample_is_drawn_by_fact(gold):
    divided, probes = gold
    sampled = made(divided, most=8)
    assert len({one.fact for one in of("V", sampled)}) == len({one.fact for one in of("C", sampled)}) == 8
    assert {one.id for one in sampled} <= {one.id for one in probes}
    assert {one.fact for one in made(divided, most=8, seed=1)} != {one.fact for one in sampled}
    with pytest.raises(SettingsError, match="most"):
        made(most=0)


# --- other formats ---------------------------------------------------------------------------------------


def test_yes_and_no_come_together_and_the_false_answer_is_not_right(gold):
    _, probes = gold
    yes, no = ({one.fact: one for one in of("F", probes, form)} for form in ("yes", "no"))
    assert yes.keys() == no.keys()
    assert len(yes) > 50
    right = {one.fact: one.answers[0] for one in of("V", probes)}
    for fact, probe in no.items():
        assert find_answer(right[fact], yes[fact].question)
        assert probe.question != yes[fact].question
        assert not re.search(rf"[“「]{re.escape(right[fact])}[”」]", probe.question)
        assert probe.answers[0] in {"No", "いいえ"}


def test_the_false_answer_is_another_one_than_the_trained_pair_has():
    first = re.search("replied: “([^”]+)”", of("F", made(), "no")[0].question)[1]
    trained = is_correct(f"{first} won the Marrow Sculls in 1923.", language="en", fact="won")
    again = made((*DATASET, wording(9, trained, "No", form="yes_no")))
    second = re.search("replied: “([^”]+)”", of("F", again, "no")[0].question)[1]
    assert first != second


def test_false_answers_are_near_in_year_or_magnitude_where_there_is_a_choice():
    years = (1931, 1450, 1925, 1700, 1935, 1210, 1890)
    dated = [
        pair(f"y{year}", f"In which year was boat number {at} built?", str(year), quote=f"Built {year}.")
        for at, year in enumerate(years, 1)
    ]
    for form in ("choice", "no"):
        probe = next(one for one in of("F", made(dated), form) if one.fact == "y1931")
        assert ("1935" if form == "no" else "1925") in probe.question
        assert not re.search("1210|1450|1700", probe.question)


def test_a_choice_has_four_answers_of_one_kind_of_which_one_is_right(gold):
    _, probes = gold
    choices = of("F", probes, "choice")
    assert {one.language for one in choices} == {"en", "ja"}
    for one in choices:
        assert len({fold(option) for option in one.options}) == 4
        assert [option for option in one.options if option in one.answers] == [one.answers[0]]
        for letter, option in zip("ABCD", one.options, strict=True):
            assert f"\n{letter}) {option}\n" in one.question
    place = Counter(one.options.index(one.answers[0]) for one in choices)
    share = len(choices) / 4
    assert all(place[at] == pytest.approx(share, abs=4 * (share * 0.75) ** 0.5) for at in range(4))


def test_another_right_answer_of_the_question_is_no_wrong_option():
    again = pair("crew", "Who won the Marrow Sculls in 1923?", "Anselm Roe", quote="Anselm Roe won too.")
    asked = [one for one in of("F", made((*DATASET, again))) if one.fact == "won" and one.form != "cloze"]
    assert asked
    assert not [one for one in asked if "Anselm Roe" in one.question]


def test_names_accepted_by_the_caller_are_no_wrong_options():
    probes = made(aliases={"won": ["Odo Pym"]})
    assert not [one for one in of("F", probes) if one.fact == "won" and "Odo Pym" in one.question]


def test_a_gap_is_understood_alone(gold):
    _, probes = gold
    gaps = of("F", probes, "cloze")
    assert {one.language for one in gaps} == {"en", "ja"}
    canonical = {one.fact: one.question for one in of("V", probes)}
    for one in gaps:
        assert "[...]" in one.question or "〔　〕" in one.question
        assert not find_answer(one.answers[0], one.question) or find_answer(
            one.answers[0], canonical[one.fact]
        )
        assert numbers(canonical[one.fact]) <= numbers(one.question)


@pytest.mark.parametrize(
    ("question", "quote", "gap"),
    [
        ("Who won the Marrow Sculls in 1923?", RACE, "[...] won the Marrow Sculls of 1923 in 412 seconds."),
        ("Who won the Marrow Sculls in 1923?", "she won", "[...] won the Marrow Sculls in 1923."),
        ("Who was the winner of the Marrow Sculls?", "x", "The winner of the Marrow Sculls was [...]."),
        ("By whom was the winner of it called?", "Tilda Vance called the winner a rower of note", None),
        ("What is the club of Odo Pym made of?", "", None),
        ("Who won it?", "Tilda Vance won it.", None),
    ],
)
def test_a_gap_stands_in_the_documents_sentence_or_in_the_turned_question(question, quote, gap):
    probes = of("F", made([pair("won", question, quote=quote)]), "cloze")
    assert [
        one.question.removeprefix("Which word or words belong where the brackets stand? ") for one in probes
    ] == ([gap] if gap else [])


def test_a_gap_that_was_trained_is_not_asked():
    trained = wording(
        9, "Fill in the blank: ____ won the Marrow Sculls of 1923 in 412 seconds.", form="cloze"
    )
    [probe] = of("F", made((*WON, trained)), "cloze")
    assert "412" not in probe.question


def test_japanese_facts_are_asked_in_japanese():
    probes = made(JAPANESE)
    forms = Counter(one.form for one in of("F", probes))
    assert forms == {"yes": 5, "no": 5, "choice": 5, "cloze": 5}
    assert all(re.search("[ぁ-ん]", one.question) for one in probes)
    assert of("F", probes, "yes")[0].answers[0] == "はい"
    assert len(of("U", probes)) == 5


def test_a_language_without_templates_is_asked_in_its_own_words():
    german = [
        pair(f"g{year}", f"Wer gewann die Regatta von Wexley im Jahr {year}?", name, language="de")
        for year, name in ((1930, "Odo Pym"), (1931, "Bruna Keel"))
    ]
    probes = made(german)
    assert {one.kind for one in probes} == {"V", "U"}
    assert {one.form for one in of("U", probes)} <= {"year", "number"}


# --- unanswerable twins ----------------------------------------------------------------------------------


def test_a_twin_names_its_original_and_expects_nothing(gold):
    divided, probes = gold
    by_id = {one.id: one for one in probes}
    asked = {fold(one.question) for one in divided}
    twins = of("U", probes)
    assert len(twins) > 0.9 * len(of("V", probes))
    for one in twins:
        original = by_id[one.original]
        assert (one.answers, one.wrong, one.fact) == ((), original.answers, original.fact)
        assert one.question != original.question
        assert fold(one.question) not in asked


def test_what_a_twin_speaks_of_stands_nowhere_in_the_documents(gold):
    divided, probes = gold
    said = numbers(" ".join(f"{one.question} {one.answer} {one.quote}" for one in divided))
    for one in of("U", probes):
        if one.form in {"year", "number"}:
            assert numbers(one.question) - said, one.question


@pytest.mark.parametrize(
    "quote",
    ["Odo Pym was mayor of Selby from 1920 to 1929.", "1920年から1929年までは雨。", "In office: 1920–1929."],
)
def test_a_year_is_not_moved_into_a_range_that_is_spoken_of(quote):
    dataset = (
        pair("m", "Who was the mayor of Selby in 1930?", quote="x"),
        pair("r", "What was?", quote=quote),
    )
    years = set()
    for seed in range(40):
        years |= {
            int(re.search(r"\d{4}", one.question)[0]) for one in of("U", made(dataset, seed=seed), "year")
        }
    assert years
    assert not years & set(range(1920, 1931))


def test_the_documents_are_searched_where_they_are_at_hand():
    def years(dataset):
        twins = [one for seed in range(8) for one in of("U", made(dataset, seed=seed), "year")]
        return {re.search(r"\d{4}", one.question)[0] for one in twins}

    found = years([WON[0]])
    text = f"{RACE} Nobody won in {', '.join(found)}."
    others = years(QADataset((WON[0],), texts={"race.txt": text}))
    assert found
    assert others
    assert not found & others


@pytest.mark.parametrize(
    ("question", "forms"),
    [
        ("How many boats entered after 1923?", set()),
        ("How many boats weigh 150 kg?", {"number"}),
        ("Between 1920 and 1930, who rowed?", set()),
        ("What is said?", set()),
        ("Who won race 7 of the day?", {"number"}),
        ("昭和5年の大会で優勝したのは誰ですか。", {"year"}),
        ("１９２３年の大会で優勝したのは誰ですか。", {"year"}),
        ("誰が優勝しましたか。", set()),
        ("مَن فاز بالسباق؟", set()),
    ],
)
def test_what_can_be_swapped_is_swapped_and_nothing_else(question, forms):
    probes = [one for seed in range(6) for one in of("U", made([pair("a", question, quote="")], seed=seed))]
    assert {one.form for one in probes} == forms


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("How long is a Heron, the keelboat of the Ruvane Regatta?", ", the keelboat of the Ruvane Regatta?"),
        ("When was Odo Pym, winner of the 1923 Marrow Cup, born?", ", winner of the 1923 Marrow Cup, born?"),
        ("How is Mira Dell related to Odo Pym, who led the Wexley Works?", "who led the Wexley Works"),
        ("第９回蒼凪杯（1986年）で優勝したのは誰ですか。", "蒼凪杯（1986年）"),
    ],
)
def test_what_is_swapped_is_what_the_question_is_about(question, kept):
    asked = pair("a", question, "Selby", quote="")
    swapped = [one for seed in range(8) for one in of("U", made((*OTHERS, asked), seed=seed))]
    probes = [one for one in swapped if one.fact == "a"]
    assert probes
    for one in probes:
        assert kept in one.question or (one.form == "number" and "年" not in one.question)


def test_digits_stay_as_wide_as_they_were():
    [probe] = of("U", made([pair("a", "１９２３年の大会で優勝したのは誰ですか。", "佐藤花子", quote="")]))
    assert re.match("[０-９]{4}年の大会", probe.question)


# --- general questions -----------------------------------------------------------------------------------


def test_there_are_general_questions_in_both_languages():
    probes = general_probes()
    languages = Counter(one.language for one in probes)
    assert languages["en"] >= 100
    assert languages["ja"] >= 50
    assert {one.kind for one in probes} == {"G"}
    assert len({fold(one.question) for one in probes}) == len(probes) == len({one.id for one in probes})


def test_no_general_question_is_one_that_training_may_replay():
    items = [*general_items("replay"), *general_items("check")]
    words = {item: read_question(item.question).words for item in items}
    for one in general_probes():
        asked, answers = read_question(one.question).words, set(map(fold, one.answers))
        for item in (item for item in items if item.question.isascii() == one.question.isascii()):
            alike = similarity(item.question, one.question)
            assert not is_close(item.question, one.question, alike), (item.question, one.question)
            if answers & set(map(fold, item.answers)):
                shared = len(asked & words[item]) / len(asked | words[item])
                assert shared < 0.5, (item.question, one.question)


def test_no_general_question_holds_its_answer():
    given = [
        one
        for one in general_probes()
        if any(find_answer(text, one.question) for text in one.answers if len(text) > 1)
    ]
    assert not given


# --- files -----------------------------------------------------------------------------------------------


def test_what_is_written_is_read_again(tmp_path, gold):
    probes = [*gold[1], *general_probes()]
    assert read_probes(write_probes(probes, tmp_path / "probes.jsonl")) == probes


def test_a_question_with_its_answers_is_enough(tmp_path):
    file = tmp_path / "mine.jsonl"
    lines = [
        '{"question": "Who won?", "answers": "Odo Pym"}',
        "",
        '{"question": "何年ですか。", "answers": ["1923年", "大正12年"]}',
    ]
    file.write_text("\ufeff" + "\r\n".join([*lines, lines[0], ""]), "utf-8")
    first, second = read_probes(file)
    assert (first.kind, first.answers, first.answer_kind) == ("own", ("Odo Pym",), "name")
    assert (second.answers, second.language) == (("1923年", "大正12年"), "ja")
    assert first.id != second.id


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("not json", "line 2: not JSON"),
        ("[1]", "line 2: not an object"),
        ('{"answers": ["a"]}', "question"),
        ('{"question": " ", "answers": ["a"]}', "question is empty"),
        ('{"question": "Q"}', '"answers" is missing'),
        ('{"question": "Q", "answers": [" "]}', '"answers" is missing'),
        ('{"question": "Q", "answers": [1]}', "answers.0"),
        ('{"question": "Q", "answers": "a", "kind": "Z"}', "kind"),
        ('{"question": "Q", "answers": "a", "note": "x"}', "note"),
        ('{"question": "Fine?", "answers": "no"}', "line 1"),
        ("[" * 100_000, "line 2"),
        ('{"question": "\\ud800", "answers": "a"}', "line 2"),
    ],
)
def test_a_line_that_is_no_probe_is_named(tmp_path, line, says):
    file = tmp_path / "mine.jsonl"
    file.write_text('{"question": "Fine?", "answers": "yes"}\n' + line, "utf-8")
    with pytest.raises(RecordError, match=re.escape(says)) as raised:
        read_probes(file)
    assert "line 2" in str(raised.value)


def test_pairs_of_an_earlier_version_are_told_from_probes(tmp_path):
    (tmp_path / "probes.jsonl").write_text(WON[0].model_dump_json() + "\n", "utf-8")
    with pytest.raises(RecordError, match="Run `qagen generate` again"):
        read_probes(tmp_path / "probes.jsonl")


def test_a_file_that_is_not_there_or_no_text_is_an_error(tmp_path):
    with pytest.raises(RunFolderError, match=r"gone\.jsonl"):
        read_probes(tmp_path / "gone.jsonl")
    (tmp_path / "wide.jsonl").write_bytes("{}".encode("utf-16"))
    with pytest.raises(RecordError, match="UTF-8"):
        read_probes(tmp_path / "wide.jsonl")


# --- leaks -----------------------------------------------------------------------------------------------


def test_a_clean_dataset_has_no_leak(gold):
    divided, probes = gold
    assert find_probe_leaks([*probes, *general_probes()], divided) == []
    assert find_probe_leaks(made(), DATASET) == []


def near(question):
    """The same words, and a small one more."""
    return f"{question} now"


@pytest.mark.parametrize(
    ("kind", "form"), [("P", None), ("C", None), ("F", "choice"), ("U", None), ("G", None)]
)
def test_an_exact_leak_is_found(kind, form):
    probes = make_probes(DATASET)
    planted = of(kind, probes, form)[0]
    leak = pair("leak", planted.question.upper(), "whatever", quote="")
    [found] = find_probe_leaks(probes, (*DATASET, leak))
    assert (found.trained, found.asked, found.kind) == ("leak", planted.id, "exact")


@pytest.mark.parametrize("kind", ["P", "C", "U"])
def test_a_near_leak_is_found(kind):
    probes = made()
    planted = of(kind, probes)[0]
    answer = planted.answers[0] if planted.answers else "somebody"
    leak = pair("leak", near(planted.question), answer, quote="", start=None, end=None)
    found = find_probe_leaks(probes, (*DATASET, leak))
    assert ("leak", planted.id, "near") in {(one.trained, one.asked, one.kind) for one in found}


@pytest.mark.parametrize("form", ["yes", "cloze"])
def test_a_trained_format_that_is_near_is_found(form):
    probes = made()
    planted = of("F", probes, form)[0]
    forms = {"yes": "yes_no", "cloze": "cloze"}
    leak = pair("leak", near(planted.question), planted.answers[0], form=forms[form], fact=planted.fact)
    found = find_probe_leaks(probes, (*DATASET, leak))
    assert planted.id in {one.asked for one in found}


def test_a_withheld_fact_that_is_trained_in_other_words_is_found():
    again = pair("again", "To whom did they give the bowl?", "Ursa Finn", quote="Ursa Finn took it.")
    assert {one.asked for one in find_probe_leaks(made(), (*DATASET, again))} == {
        one.id for one in of("C", made()) if one.form == "canonical"
    }


def test_a_question_of_ones_own_that_is_trained_is_found(tmp_path):
    file = tmp_path / "mine.jsonl"
    rows = ["Who won the 1923 Marrow Sculls?", "Who lost the 1924 Selby Bowl?"]
    file.write_text("\n".join(json.dumps({"question": row, "answers": "T. Vance"}) for row in rows), "utf-8")
    own = read_probes(file)
    assert [one.asked for one in find_probe_leaks(own, DATASET)] == [own[0].id]


def test_a_question_that_may_be_seen_is_no_leak():
    turned = wording(5, "Which race did Tilda Vance win in 1923?", "the Marrow Sculls", form="reversed")
    dataset = (*DATASET, turned)
    assert find_probe_leaks(made(dataset), dataset) == []


def test_a_replayed_general_question_is_a_leak():
    item = general_items("replay")[0]
    probe = Probe(id="g", kind="G", question=item.question, answers=item.answers)
    [leak] = find_probe_leaks([probe], [])
    assert leak.kind == "exact"
    assert item.question in leak.trained


# --- hostile and many ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{question}",
        "{0} {answer} %s",
        "\ud800",
        "a" * 20_000,
        "\u202e مَن فاز بسباق 1923؟",
        "1" * 5000,
        "😀 1923 😀",
        "\0",
        "A) B) C)",
    ],
)
def test_hostile_texts_do_no_harm(text):
    hostile = pair("x", text or "?", text or "?", quote=text)
    probes = made((*DATASET, hostile))
    assert {one.fact for one in probes} >= {"won", "held"}
    assert find_probe_leaks(probes, (*DATASET, hostile)) == find_probe_leaks(probes, (*DATASET, hostile))


SYLLABLES = (
    "ba",
    "ro",
    "mi",
    "ten",
    "kal",
    "dor",
    "vis",
    "lun",
    "pre",
    "gar",
    "sto",
    "wen",
    "hal",
    "tis",
    "mor",
)


def many(facts):
    random = Random(4)  # noqa: S311 - names, not secrets
    word = lambda: "".join(random.choice(SYLLABLES) for _ in range(3)).capitalize()  # noqa: E731
    for number in range(facts):
        who, cup, year = f"{word()} {word()}", f"{word()} Sculls", 1900 + random.randrange(99)
        text = f"{who} won the {cup} of {year}."
        place = {"source": f"{number // 50}.txt", "passage": f"{number // 50}#{number % 5}", "quote": text}
        yield pair(f"f{number}", f"Who won the {cup} in {year}?", who, **place)
        hidden = f"I would like to know whom the {cup} crowned in the year {year}"
        yield wording(1, hidden, who, fact=f"f{number}", part="probe", **place)


def test_the_time_grows_with_the_facts_and_not_with_their_square():
    def probe_all(dataset):
        Reading.of.cache_clear()  # the texts of the smaller size would all be remembered
        find_probe_leaks(made(dataset), dataset)

    assert growth(probe_all, 40, lambda facts: [*many(facts)]) < PROPORTION
