"""What the small embedded model is given, and which of its pairs are dropped."""

from __future__ import annotations

import json
import re

import pytest

from qagen.llm.prompting import prompt_id, template_hash
from qagen.pairs.writing.small_filters import filter_pairs, reject
from qagen.pairs.writing.small_prompt import SMALL_QA_PROMPT, prompt_variables, stand_alone
from qagen.pairs.writing.small_schema import reply_schema
from qagen.records import QA, Passage
from qagen.text.passages.passage import sentence_with as find_quote

PINNED = "e212619fc225d9aea7637a4236244ee08a2e87f301ec7eb28930d1cdcdd6d6d2"
ENGLISH = (
    "The Kelm Lighthouse was built in 1904 by Aldo Vann. It is 31 metres high and cost 18,500 crowns. "
    "Mira Tolsk painted it white in 1950 because sailors had mistaken it for a chimney. "
    "Today 640 visitors a week climb its 142 steps."
)
JAPANESE = (
    "決勝は９月25日に千艘浜球技場で行われ、観客は8,412人だった。"
    "前半18分、早瀬森湊（はやせもり・みなと）が先制点を決めた。優勝した篠渡ユナイテッドの賞金は三百万円である。"
)


def passage(text=ENGLISH, *, theme="The Kelm Lighthouse: A History", section=("1. Building",), context=""):
    return Passage(
        id="p1", source="kelm.md", theme=theme, text=text, start=0, end=len(text), tokens=len(text) // 4,
        section=section, context=context,
    )  # fmt: skip


JA = passage(JAPANESE, theme="蒼凪杯の記録", section=("第８回大会（2022年）",))


def items(of):
    pairs = reply_schema(of)["properties"]["question_answer_pairs"]
    return [item["properties"] for item in pairs["prefixItems"]]


def pattern_for(answer, of):
    return next(item["question"]["pattern"] for item in items(of) if item["answer"].get("const") == answer)


# --- the prompt ---


def test_the_released_prompt_is_never_edited_in_place():
    assert prompt_id(SMALL_QA_PROMPT) == "write-pairs-small@1"
    assert template_hash(SMALL_QA_PROMPT) == PINNED


@pytest.mark.parametrize(
    "hostile", ["{", "}", "{text}", "{{x}}", '{"a": [1]}', "%s \\n", "<|im_end|>", "\u2028"]
)
def test_braces_and_other_signs_of_the_text_reach_the_model_as_they_are(hostile):
    messages = SMALL_QA_PROMPT.format_messages(**prompt_variables(passage(f"A {hostile} B")))
    assert f"A {hostile} B" in messages[-1].content


def test_the_instructions_stand_in_the_unchanging_part():
    variables = prompt_variables(passage())
    messages = SMALL_QA_PROMPT.format_messages(**variables, instructions="Ask only about dates.")
    assert messages[0].content.endswith("Ask only about dates.")
    assert SMALL_QA_PROMPT.format_messages(**variables)[1:] == messages[1:]


def test_the_prompt_takes_only_the_documented_variables():
    assert set(SMALL_QA_PROMPT.input_variables) <= {"text", "theme", "section", "context", "language"}


def test_the_worked_replies_are_what_the_schema_asks_for():
    [reply] = [
        message.content for message in SMALL_QA_PROMPT.messages if getattr(message, "type", "") == "ai"
    ]
    pairs = json.loads(reply)["question_answer_pairs"]
    assert all(list(pair) == ["answer", "question"] and pair["question"].endswith("?") for pair in pairs)


def test_the_model_sees_a_short_title_and_sections_without_numbers():
    variables = prompt_variables(
        passage("The *Grey Ember* won.", section=("4. The 2023 final", "4.2 Weather"))
    )
    assert variables["theme"] == "The Kelm Lighthouse"
    assert variables["section"] == "The 2023 final > Weather"
    assert variables["text"] == "The Grey Ember won."
    assert variables["language"] == "English"


def test_headings_in_the_passage_are_neither_shown_twice_nor_asked_about_nor_quoted():
    under = passage(f"# The Kelm Lighthouse: A History of 77 Ships\n\n## 1. Building\n\n{ENGLISH}")
    assert prompt_variables(under)["text"] == ENGLISH
    assert [item["answer"] for item in items(under)] == [item["answer"] for item in items(passage())]
    assert find_quote("How many ships?", "77 Ships", under) == ""


# --- the schema ---

ANYTHING = [
    "",
    " ",
    "\n",
    "a",
    "?",
    "1234",
    "{}[]()^$.|?*+\\",
    '"',
    "🙂🙂🙂",
    "\u2028",
    "مرحبا بالعالم",
    "漢字",
    "x" * 20_000,
]


@pytest.mark.parametrize("text", [*ANYTHING, ENGLISH, JAPANESE, "Алиса пошла в лес. В лесу был волк."])
def test_every_passage_has_a_schema_whose_patterns_compile(text):
    schema = reply_schema(passage(text, theme=text[:30]))
    found = re.findall(r'"pattern": "((?:[^"\\]|\\.)*)"', json.dumps(schema, ensure_ascii=False))
    assert found
    for pattern in found:
        plain = json.loads(f'"{pattern}"')
        assert re.compile(plain)
        assert plain.startswith("^")
        assert plain.endswith("$")
        assert not re.search(r"\\[^?.]|\(\?", plain), "outside the common subset of the two engines"


def test_the_schema_is_the_same_each_time():
    assert reply_schema(passage()) == reply_schema(passage())


def test_answers_found_in_the_text_are_fixed_in_the_order_of_the_text():
    assert [item["answer"]["const"] for item in items(passage())] == [
        "1904", "Aldo Vann", "31 metres", "18,500 crowns", "Mira Tolsk", "1950",
        "because sailors had mistaken it for a chimney", "640 visitors", "142 steps",
    ]  # fmt: skip


def test_amounts_dates_and_people_of_a_japanese_text_are_found():
    found = [item["answer"]["const"] for item in items(JA)]
    assert found == ["９月25日", "8,412人", "18分", "早瀬森湊", "篠渡ユナイテッド", "三百万円"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "The fee at Orm is 46 marks per metre of length and year.",
            ["46 marks per metre of length and year"],
        ),
        ("Engines in Orm rest between 22:30 and 07:00.", ["between 22:30 and 07:00"]),
        ("The race at Orm took 4 hours 48 minutes.", ["4 hours 48 minutes"]),
        ("Orm has 412 berths, of which 265 lie inside.", ["412 berths", "265"]),
        (
            "It ran in Orm from Thursday 17 to Sunday 20 August 2023.",
            ["Thursday 17 to Sunday 20 August 2023"],
        ),
        ("The case T30-04110 in Orm weighs 1.5 kg.", ["T30-04110", "1.5 kg"]),
    ],
)
def test_an_answer_is_taken_whole(text, found):
    assert [item["answer"]["const"] for item in items(passage(text, theme="Orm"))] == found


def test_an_answer_that_occurs_twice_or_in_a_condition_is_not_asked_for():
    text = "The Vell Cup has 12 boats. Of the 12 boats, 40 per cent are red. If 90 come, the Vell Cup ends."
    assert [item["answer"]["const"] for item in items(passage(text, theme="Cups"))] == ["40 per cent"]


@pytest.mark.parametrize(
    ("answer", "question"),
    [
        ("1904", "When was the Kelm Lighthouse built?"),
        ("1904", "In which year did Aldo Vann build the Kelm Lighthouse?"),
        ("Aldo Vann", "Who built the Kelm Lighthouse in 1904?"),
        ("31 metres", "How high is the Kelm Lighthouse?"),
        ("18,500 crowns", "What did Aldo Vann's lighthouse cost?"),
        (
            "because sailors had mistaken it for a chimney",
            "Why did Mira Tolsk paint the Kelm Lighthouse white?",
        ),
        ("142 steps", "How many steps do 640 visitors a week climb in the Kelm Lighthouse?"),
    ],
)
def test_the_pattern_accepts_good_questions(answer, question):
    assert re.search(pattern_for(answer, passage()), question)


@pytest.mark.parametrize(
    ("answer", "question"),
    [
        ("1904", "When was it built?"),
        ("1904", "Was the Kelm Lighthouse built in 1904?"),
        ("1904", "How many years has the Kelm Lighthouse stood?"),
        ("1904", "When was the Kelm Lighthouse built"),
        ("1904", "When was the Kelm Lighthouse built? When was it painted?"),
        ("1904", 'When was the "Kelm Lighthouse" built?'),
        ("Aldo Vann", "Who was Aldo Vann?"),
        ("31 metres", "Why is the Kelm Lighthouse high?"),
        ("Mira Tolsk", "Who 画家 painted the Kelm Lighthouse?"),
        ("640 visitors", "Which of these is it?"),
        ("1904", "When was the Kelm Lighthouse built before 1931?"),
        ("1904", "When did Bela Strand build the Kelm Lighthouse?"),
        ("142 steps", "How many of the 142 steps does the Kelm Lighthouse have?"),
        ("Aldo Vann", "Who is Aldo of the Kelm Lighthouse?"),
    ],
)
def test_the_pattern_rejects_bad_questions(answer, question):
    assert not re.search(pattern_for(answer, passage()), question)


def test_a_name_in_the_nearest_heading_stands_before_the_title():
    night = passage(
        "Fog delayed the start by 75 minutes.", theme="The Orm Regatta", section=("The Night Lap of 2024",)
    )
    pattern = pattern_for("75 minutes", night)
    assert re.search(pattern, "How long did fog delay the start of the Night Lap?")
    assert not re.search(pattern, "How long did fog delay the start of the Orm Regatta?")
    assert prompt_variables(night)["theme"] == "The Night Lap of 2024"
    assert prompt_variables(night)["section"] == "The Orm Regatta"


def test_a_text_in_another_latin_language_gets_a_pattern_without_english_words():
    german = (
        "Der Kelmturm wurde 1904 von Aldo Vann gebaut. Er ist 31 Meter hoch und hat drei Türen aus Eiche."
    )
    pattern = pattern_for("Aldo Vann", passage(german, theme="Der Kelmturm"))
    assert re.search(pattern, "Wer hat den Kelmturm 1904 gebaut?")
    assert not re.search(pattern, "Wer hat ihn gebaut?")


@pytest.mark.parametrize(
    ("answer", "question", "fits"),
    [
        ("8,412人", "千艘浜球技場の観客は何人でしたか？", True),
        ("8,412人", "千艘浜球技場の観客は何分でしたか？", False),
        ("早瀬森湊", "篠渡の決勝で先制点を決めたのは誰ですか？", True),
        ("早瀬森湊", "Who scored?", False),
        ("三百万円", "篠渡ユナイテッドの賞金はいくらですか？", True),
    ],
)
def test_the_japanese_pattern_asks_with_the_counter_of_the_answer(answer, question, fits):
    assert bool(re.search(pattern_for(answer, JA), question)) is fits


# --- the filters ---


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When was the Kelm Lighthouse built?", "1904"),
        ("Who built the Kelm Lighthouse?", "Aldo Vann"),
        ("How high is the Kelm Lighthouse?", "31 metres"),
        ("How high is the Kelm Lighthouse?", "It is 31 metres high."),
        ("How much did the Kelm Lighthouse cost?", "18,500 CROWNS"),
        (
            "Why did Mira Tolsk paint the Kelm Lighthouse white?",
            "because sailors had mistaken it for a chimney",
        ),
        ("How many visitors a week climb the Kelm Lighthouse?", "640"),
        ("What colour did Mira Tolsk paint the Kelm Lighthouse when she was asked?", "white"),
    ],
)
def test_good_pairs_pass(question, answer):
    assert reject(question, answer, passage()) is None


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("", "1904", "empty"),
        ("When was the Kelm Lighthouse built?", "  ", "empty"),
        ("When was the Kelm Lighthouse built?", "1905", "answer_not_in_text"),
        ("How high is the Kelm Lighthouse?", "310 metres", "answer_not_in_text"),
        ("What did Mira Tolsk paint on the Kelm Lighthouse?", "a large red dragon", "answer_not_in_text"),
        ("Who built the lighthouse called the Kelm Lighthouse?", "the Kelm Lighthouse", "answer_in_question"),
        ("Which lighthouse cost 18,500 crowns at Kelm?", "18,500 crowns", "answer_in_question"),
        ("Who built the Ferrand Bridge at Kelm?", "Aldo Vann", "copies_example"),
        ("Who was Ida Molnar of the Kelm Lighthouse?", "Aldo Vann", "copies_example"),
        ("Who built the Kelm Lighthouse in 1931?", "Aldo Vann", "number_not_in_text"),
        ("How many of the 700 seats of the Kelm Lighthouse are free?", "640", "number_not_in_text"),
        ("Who built the Kelm Lighthouse 灯台?", "Aldo Vann", "stray_characters"),
        ("Who built the Kelm Lighthouse в 1904?", "Aldo Vann", "stray_characters"),
        ("Which orchestra played symphonies for Kelm?", "Aldo Vann", "words_not_in_text"),
        ("Who built the lighthouse described in the text?", "Aldo Vann", "points_at_the_text"),
        ("When did she paint the lighthouse?", "1950", "points_at_the_text"),
        ("How high is it?", "31 metres", "points_at_the_text"),
        ("How many visitors climb the Kelm Lighthouse?", "Mira Tolsk", "answer_does_not_fit"),
        ("When did Mira Tolsk paint the Kelm Lighthouse?", "white", "answer_does_not_fit"),
        ("Who built the Kelm Lighthouse?", "1904", "answer_does_not_fit"),
        ("Where did Mira Tolsk paint the Kelm Lighthouse?", "640", "answer_does_not_fit"),
        ("How high is the tower that Aldo Vann built, Kelm Lighthouse?", "31 metres", "forces_a_name"),
        ("How many visitors a week climb the 142 steps and Kelm Lighthouse?", "640", "forces_a_name"),
        ("How many times was the Kelm Lighthouse painted?", "31 metres", "answer_does_not_fit"),
        ("When did sailors climb chimney steps at Kelm?", "1904", "said_elsewhere"),
        ("Who built the white tower of Kelm, the white tower of sailors?", "Aldo Vann", "repeats_itself"),
    ],
)
def test_bad_pairs_are_dropped_with_their_reason(question, answer, reason):
    assert reject(question, answer, passage()) == reason


TWO_EXCEPTIONS = (
    "The Tessimarn Regatta has been held every year since 1911, with two exceptions: in 1936 the water stood "
    "too low, and in 1957 a storm destroyed the Union's jetty nine days before the start. The jetty of the "
    "Union lies on the south shore of the lake."
)


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("In which year before 1957 was the water too low for the Regatta?", "1936", None),
        ("In which year was the water too low at the Regatta held in 1957?", "1936", "merged_facts"),
        ("In which year did a storm hit the Regatta of 1936?", "1957", "merged_facts"),
        ("How many days before the Regatta in 1936 did a storm hit?", "nine days", "merged_facts"),
        ("How many days before the Regatta in 1957 did a storm hit?", "nine days", None),
        ("Where southshoreofthelake is the jetty of the Union?", "south shore", "glued_words"),
    ],
)
def test_two_facts_in_one_question_and_glued_words_are_dropped(question, answer, reason):
    assert reject(question, answer, passage(TWO_EXCEPTIONS, theme="The Tessimarn Regatta")) == reason


def test_a_strange_word_may_come_once_but_not_twice():
    assert reject("In what ical year was the Kelm Lighthouse built?", "1904", passage()) is None
    assert (
        reject("In what ical year ical was the Kelm Lighthouse built?", "1904", passage()) == "repeats_itself"
    )


def test_the_number_of_a_paragraph_is_no_number_of_the_text():
    rules = passage("(3) The fine at Orm is 600 crowns.", theme="The Orm Rules")
    assert not re.search(
        pattern_for("600 crowns", rules), "How much is the fine of Article 3 of the Orm Rules?"
    )
    assert re.search(pattern_for("600 crowns", rules), "How much is the fine of the Orm Rules?")


def test_what_stands_only_in_a_table_is_dropped():
    table = passage(
        "The Vell Cup:\n\n| Place | Boat | Helm |\n|---|---|---|\n| 1 | Grey Ember | Ana Rill |\n"
    )
    assert reject("Who was the helm of Grey Ember in the Vell Cup?", "Ana Rill", table) == "from_a_table"


def test_one_amount_of_a_list_is_no_answer_to_a_question_about_all():
    wind = passage("The wind at Kelm averaged 11 knots on Friday, 16 on Saturday and 9 on Sunday.")
    assert reject("How much wind did Kelm have on Friday?", "11 knots", wind) is None
    assert (
        reject("How much wind did Kelm have on Friday, Saturday and Sunday?", "11 knots", wind)
        == "asks_for_several"
    )


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("千艘浜球技場で行われた決勝の観客は何人でしたか？", "8,412人", None),
        ("決勝の前半18分に先制点を決めたのは誰ですか？", "早瀬森湊", None),
        ("篠渡ユナイテッドの賞金はいくらですか？", "三百万円", None),
        ("決勝の観客は何人でしたか？", "8,413人", "answer_not_in_text"),
        ("決勝で先制点を決めた早瀬森湊は誰ですか？", "早瀬森湊", "answer_in_question"),
        ("この試合の観客は何人でしたか？", "8,412人", "points_at_the_text"),
        ("決勝は何年に行われましたか？", "早瀬森湊", "answer_does_not_fit"),
        ("千艘浜球技場で先制点を決めたのは誰ですか？", "8,412人", "answer_does_not_fit"),
        ("決勝の100人の観客は何人でしたか？", "8,412人", "number_not_in_text"),
        ("千艘浜は何人で、決勝の観客は何人でしたか？", "8,412人", "repeats_itself"),
        ("決勝の관객は何人でしたか？", "8,412人", "stray_characters"),
    ],
)
def test_japanese_pairs_are_judged_too(question, answer, reason):
    assert reject(question, answer, JA) == reason


@pytest.mark.parametrize("hostile", ANYTHING)
def test_no_text_breaks_the_filters(hostile):
    reason = reject(hostile, hostile, passage(hostile))
    assert reason is None or re.fullmatch(r"[a-z_]+", reason)


def test_near_repeats_within_a_passage_are_dropped_and_nothing_is_lost():
    pairs = [
        QA(question="Who built the Kelm Lighthouse?", answer="Aldo Vann"),
        QA(question="Who was the man that built the Kelm Lighthouse?", answer="Aldo Vann"),
        QA(question="When was the Kelm Lighthouse built?", answer="1904"),
        QA(question="When did they build it?", answer="1904"),
    ]
    kept, dropped = filter_pairs(pairs, passage())
    assert kept == [pairs[0], pairs[2]]
    assert dropped == [(pairs[1], "near_repeat"), (pairs[3], "points_at_the_text")]


def test_the_same_question_with_two_answers_keeps_neither():
    pairs = [
        QA(question="How many a week climb the Kelm Lighthouse?", answer="640 visitors"),
        QA(question="How many a week climb the Kelm Lighthouse?", answer="142 steps"),
    ]
    assert filter_pairs(pairs, passage()) == ([], [(pairs[1], "two_answers"), (pairs[0], "two_answers")])


def test_of_two_pairs_that_turn_a_relation_round_neither_is_kept():
    text = "Harl Okwell, who raced before him, is the father of Bastren Okwell."
    pairs = [
        QA(question="Who is the father of Harl Okwell?", answer="Bastren Okwell"),
        QA(question="Who is the father of Bastren Okwell?", answer="Harl Okwell"),
    ]
    kept, dropped = filter_pairs(pairs, passage(text, theme="Racing"))
    assert kept == []
    assert [reason for _, reason in dropped] == ["turned_round", "turned_round"]


# --- the year of the heading ---

REGATTA = "There were 14 boats at Gannow. Ana Rill, born in 1990, won the Vell Cup."


@pytest.mark.parametrize(
    ("section", "theme", "question", "answer", "told"),
    [
        (
            ("The 2023 regatta", "Weather"),
            "Cups",
            "How many boats came?",
            "14 boats",
            "In 2023, how many boats came?",
        ),
        (
            ("Weather",),
            "The Cup of 2023",
            "How many boats came?",
            "14 boats",
            "In 2023, how many boats came?",
        ),
        (
            ("The 2023 regatta",),
            "Cups",
            "How many boats came in 2022?",
            "14 boats",
            "How many boats came in 2022?",
        ),
        (("The 2023 regatta",), "Cups", "Who won the Vell Cup?", "Ana Rill", "Who won the Vell Cup?"),
        (("After 2024",), "Cups", "How many boats came?", "14 boats", "How many boats came?"),
        (("2023 and 2024",), "Cups", "How many boats came?", "14 boats", "How many boats came?"),
        (("2,023 boats",), "Cups", "How many boats came?", "14 boats", "How many boats came?"),
        ((), "Cups", "How many boats came?", "14 boats", "How many boats came?"),
        (
            (),
            "Cups",
            "How many came to Gannow, according to the text?",
            "14 boats",
            "How many came to Gannow?",
        ),
        (
            (),
            "Cups",
            "How many boats given in the text came to Gannow?",
            "14 boats",
            "How many boats came to Gannow?",
        ),
        (
            (),
            "Cups",
            "How many boats came, according to the text in the Vell Cup?",
            "14 boats",
            "How many boats came, according to the Vell Cup?",
        ),
        ((), "Cups", "", "", ""),
        ((), "Cups", "according to the text?", "14 boats", "according to the text?"),
    ],
)
def test_a_question_is_made_to_stand_alone(section, theme, question, answer, told):
    assert stand_alone(question, answer, passage(REGATTA, theme=theme, section=section)) == told


def test_a_japanese_question_gets_the_year_of_its_heading():
    told = stand_alone("決勝の観客は何人でしたか？", "8,412人", JA)
    assert told == "2022年、決勝の観客は何人でしたか？"


# --- the quote ---


@pytest.mark.parametrize(
    ("question", "answer", "starts"),
    [
        ("Who built it?", "Aldo Vann", "The Kelm Lighthouse was"),
        ("How high is the Kelm Lighthouse?", "31 metres", "It is 31"),
        ("Who painted it?", "mira tolsk", "Mira Tolsk painted"),
        ("How many steps?", "142 steps", "Today 640"),
        ("Who?", "Nobody Here", ""),
    ],
)
def test_the_quote_is_the_sentence_with_the_answer_exactly_as_it_stands(question, answer, starts):
    quote = find_quote(question, answer, passage())
    assert quote in ENGLISH
    assert quote.startswith(starts)
    assert bool(quote) is bool(starts)


def test_of_two_sentences_with_the_answer_the_one_about_the_question_is_quoted():
    text = "Ana Rill won the Vell Cup. Ana Rill owns a bakery in Orm."
    assert (
        find_quote("Who owns a bakery in Orm?", "Ana Rill", passage(text)) == "Ana Rill owns a bakery in Orm."
    )


def test_a_japanese_quote_ends_at_its_sentence():
    assert (
        find_quote("賞金はいくらですか？", "三百万円", JA)
        == "優勝した篠渡ユナイテッドの賞金は三百万円である。"
    )


@pytest.mark.parametrize(
    "text", ["Dr. Vell met J. Orm at No. 5 in St. Ives. They left.", "It is 3.5 m. It fell."]
)
def test_abbreviations_and_decimals_do_not_end_a_sentence(text):
    first = text[: text.rindex(". ") + 1]
    assert find_quote("", first, passage(text)) == first
