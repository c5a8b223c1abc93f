import pytest
from growth import PROPORTION, growth

from qagen.pairs.gates.evidence import check_evidence
from qagen.pairs.writing.making import make_pair
from qagen.records import Passage

TEXT = (
    "In the 1897 final at Marrow Bridge, Tilda Vance rowed the mile in 6:02, four seconds ahead of Odo Pym. "
    "The prize was  ten thousand\ncrowns."
)
CONTEXT = "Rowing came to Marrow in 1850, brought by Ida Molnar."


def passage(text=TEXT, start=100, **changes):
    values = {
        "id": "log#1", "source": "log", "theme": "Races", "text": text, "start": start,
        "end": start + len(text), "tokens": 9, "context": CONTEXT, "section": ("Finals of 1897",),
    }  # fmt: skip
    return Passage(**{**values, **changes})


def check(quote, answer="Tilda Vance", place=None, question="Who won?"):
    place = place or passage()
    pair = make_pair(place, question=question, answer=answer, quote=quote, prompt="p@1", model="m")
    checked, problem = check_evidence(pair, place)
    if checked.start is not None:
        found = place.text[checked.start - place.start : checked.end - place.start]
        assert found == checked.quote
    return checked, problem and problem.reason


@pytest.mark.parametrize(
    ("quote", "exact"),
    [
        ("Tilda Vance rowed the mile", "Tilda Vance rowed the mile"),
        ("Ｔｉｌｄａ  Vance rowed", "Tilda Vance rowed"),
        ("“tilda vance rowed the mile in 6:02”", "Tilda Vance rowed the mile in 6:02"),
        ("The prize was ten thousand crowns.", "The prize was  ten thousand\ncrowns."),
        (
            "Tilda Vence rowed the mile in 6:02, four seconds",
            "Tilda Vance rowed the mile in 6:02, four seconds",
        ),
        (
            "In the 1897 final ... rowed the mile",
            "In the 1897 final at Marrow Bridge, Tilda Vance rowed the mile",
        ),
        ("idge, Tilda Vence rowed the mil", "Bridge, Tilda Vance rowed the mile"),
    ],
)
def test_a_quote_is_found_and_becomes_the_words_of_the_document(quote, exact):
    checked, reason = check(quote)
    assert (checked.quote, reason) == (exact, None)


@pytest.mark.parametrize(
    ("text", "quote", "exact"),
    [
        ("The **longest** pier is 412 m long.", "The longest pier is 412 m long.", None),
        ("See [the pier](https://x.example/a_b), built[2] *late*.", "See the pier, built late.", None),
        ("It was built in 1897.[^3] It fell in 1910.", "It was built in 1897. It fell in 1910.", None),
        ("The com-\npetition\fof the well-\nknown club.", "The competition of the well-known club.", None),
        (
            "It costs 5\\* a day \\[net\\] for ~~all~~ members.",
            "It costs 5* a day [net] for all members.",
            None,
        ),
        ("> The boat won¹ the\n> race.", "The boat won the race.", "The boat won¹ the\n> race."),
        ("- **Fee**: 40 euros", "Fee: 40 euros", "Fee**: 40 euros"),
        ("Its <b>fee</b> is 5. More.", "Its fee is 5.", "Its <b>fee</b> is 5."),
        ("Der Boots\u00adbau ist alt.", "Der Bootsbau ist alt.", None),
    ],
)
def test_a_quote_may_leave_out_what_a_reader_does_not_read(text, quote, exact):
    place = passage(text, context="", section=())
    assert check(quote, "yes", place)[0].quote == (exact or text)


@pytest.mark.parametrize(
    ("text", "answer", "reason"),
    [
        ("A quarter of the boats sank.", "25 %", None),
        ("It was 0.25 of all boats.", "25 percent", None),
        ("Half of the boats sank.", "25 %", "number_not_in_source"),
        ("Half of the 40 boats sank.", "50 % of 90", "number_not_in_source"),
        ("The array holds 10⁶ rows.", "one million rows", None),
        ("The array holds 10⁶ rows.", "106 rows", "number_not_in_source"),
        ("Es brauchte 1,5 Meter Stoff.", "1.5 metres", None),
    ],
)
def test_a_number_may_be_written_in_another_notation(text, answer, reason):
    assert check(text, answer, passage(text, context="", section=()), "How much?")[1] == reason


def test_a_raised_digit_is_no_mark_of_a_note_behind_a_number():
    place = passage("The array holds 10⁶ rows of data.", context="", section=())
    assert check("The array holds 10⁶ rows", "rows", place)[1] is None
    assert check("The array holds 10 rows of data.", "rows", place)[1] == "quote_not_found"


@pytest.mark.parametrize(
    ("quote", "reason"),
    [
        ("The boats were painted green and white.", "quote_not_found"),
        ("Tilda Vance rowed the mile in 6:03, four seconds ahead", "quote_not_found"),
        ("Rowing came to Marrow in 1850", "quote_from_context"),
        ("x" * 5000, "quote_not_found"),
    ],
)
def test_a_quote_that_is_not_in_the_text_is_a_problem(quote, reason):
    checked, found = check(quote)
    assert found == reason
    assert checked.start is None


@pytest.mark.parametrize("quote", ["", " "])
def test_a_pair_without_a_quote_gets_the_sentence_with_its_answer(quote):
    checked, reason = check(quote, "6:02")
    assert "6:02" in checked.quote
    assert checked.start is not None
    assert reason is None
    assert check(quote, "a word of which nothing is said")[1] == "no_quote"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("10,000 crowns", None),
        ("6:02", None),
        ("4 seconds", None),
        ("1850", None),
        ("Yes", None),
        ("6:20", "number_not_in_source"),
        ("in 1898", "number_not_in_source"),
        ("Ida Molnar", None),
        ("Tilda Pym", "name_not_in_source"),
        ("Hans Brandt", "name_not_in_source"),
        ("x" * 500, "answer_too_long"),
    ],
)
def test_numbers_and_names_of_an_answer_stand_in_the_source(answer, reason):
    assert check(TEXT[:60], answer)[1] == reason


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("３対１", None), ("3-1", None), ("2対1", "number_not_in_source"), ("田中選手", None)],
)
def test_japanese_evidence_is_checked_alike(answer, reason):
    place = passage("決勝は三対一で田中一郎選手が勝った。", context="", section=())
    assert check("決勝は三対一で", answer, place, "誰が勝ったか")[1] == reason


@pytest.mark.parametrize(
    ("question", "reason"), [("Who won the final?", None), ("誰が勝ったか", "name_not_in_source")]
)
def test_names_are_not_compared_when_the_pair_is_in_another_script_than_its_source(question, reason):
    place = passage("決勝は三対一で田中一郎選手が勝った。", context="", section=(), theme="")
    assert check("決勝は三対一で", "Ichiro Tanaka", place, question)[1] == reason


@pytest.mark.parametrize(
    ("text", "answer", "reason"),
    [
        ("She rowed the mile in 6 min 2 s.", "6:02", None),
        ("She rowed the mile in 6 min 20 s.", "6:02", "number_not_in_source"),
        ("Das Rennen begann um 15.30 Uhr.", "15:30", None),
        ("The race began at 3:00.", "15:00", None),
        ("The race began at 3:00 in the morning.", "15:00", "number_not_in_source"),
        ("The race began at 15:30.", "3:30", None),
        ("The race began at 15:30.", "3:30 am", "number_not_in_source"),
    ],
)
def test_a_time_may_have_other_marks_or_be_of_the_other_clock(text, answer, reason):
    place = passage(text, context="", section=())
    assert check(text, answer, place, "When, or how long?")[1] == reason


@pytest.mark.parametrize(
    ("text", "answer", "reason"),
    [
        ("The shed has 14 windows and a red door.", "1 window", "number_not_in_source"),
        ("The shed has 14 windows and a red door.", "1", "number_not_in_source"),
        ("The shed has a small window and 3 doors.", "1 window", None),
        ("The shed has a small window and 3 doors.", "one", None),
        ("The shed has a single window.", "one window", None),
        ("The shed has one window.", "1", None),
        ("小屋には窓が14枚ある。", "1枚", "number_not_in_source"),
        ("小屋の唯一の窓は赤い。", "1枚", None),
    ],
)
def test_an_article_is_one_only_of_what_it_stands_before(text, answer, reason):
    place = passage(text, context="", section=())
    assert check(text, answer, place, "How many windows has the shed?")[1] == reason


@pytest.mark.parametrize(
    ("around", "question", "answer", "reason"),
    [
        ("In 1650 the mill opened.", "When was the storm?", "1650", None),
        ("In 1650 the mill opened.", "How many sacks were lost?", "1650", "number_not_in_source"),
        ("The mill sent 1650 sacks.", "What was lost?", "1650 sacks", "number_not_in_source"),
        ("The mill sent 1650 sacks.", "When was it?", "1650", "number_not_in_source"),
        ("The mill sent 12 carts.", "What was lost?", "12 carts", "number_not_in_source"),
        ("On 4 May 1650 the mill opened.", "When was the storm?", "4 May 1650", None),
        ("On 4 May 1650 the mill opened.", "How many carts?", "4", "number_not_in_source"),
        ("Race 7 was rowed first.", "Which race had a storm?", "Race 7", None),
        ("第12回春越大会", "どの大会か", "第12回大会", None),
        ("粉袋は12袋あった。", "何袋か", "12袋", "number_not_in_source"),
        ("1650年に水車が開いた。", "嵐はいつか", "1650年", None),
    ],
)
def test_around_the_text_stand_dates_and_numbers_of_names_but_no_quantities(around, question, answer, reason):
    text = (
        "そこで嵐が起きた。"
        if "年" in around or "粉" in around or "回" in around
        else "There was a storm then."
    )
    place = passage(text, context=around, section=(), theme="")
    assert check(text, answer, place, question)[1] == reason


def test_an_answer_in_another_script_than_the_source_keeps_its_names():
    assert check(TEXT[:60], "ティルダ・ヴァンス", question="誰が優勝しましたか")[1] is None


@pytest.mark.parametrize("piece", ["a. ", "1", "ab\n"])
def test_time_grows_with_the_length_of_the_passage(piece):
    def look_for(place):
        assert check("Tilda Vence rowed the mile in 6:02", "x", place)[1] == "quote_not_found"

    made = lambda size: passage((piece * size)[:size])  # noqa: E731
    assert growth(look_for, 20_000, made) < PROPORTION


LAKE = (
    "Kelverdock lies on the south shore of Lake Tessimarn, not in the north. The lock of 1911 is 82 metres "
    "long and was built by the Sailing Union. In 1957 a storm destroyed the jetty, which was 37 metres long."
    "\n\n| harbour | 1936 | 45 |\n|---|---|---|\n| Ganneck | 1902 | 45 |\n\nBy 1960 it had:\n\n- 12 boats"
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the name of the town southshoreofthelakeinthe?", "Kelverdock"),
        ("Which town is onthesouthshore?", "Kelverdock"),
        ("Where on LakeTessimarn does Kelverdock lie?", "on the south shore"),
        ("Who built the lock?", "SailingUnion"),
        ("Who built the lock of Lake Tessimarn?", "bytheSailingUnion"),
    ],
)
def test_words_that_were_run_together_are_a_problem(question, answer):
    quote = LAKE.split(". ")["lock" in question]
    assert check(quote, answer, passage(LAKE, context=""), question)[1] == "glued_words"


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("The north western hills, and a boat house, burnt.", "What of the northwestern boathouse?"),
        ("Bei den Turbinen stieg die Geschwindigkeit.", "Wie hoch ist die Turbinengeschwindigkeit?"),
        ("優勝したのはティルダ・ヴァンスだった。", "優勝したのは誰でしたか。"),
        ("ทิลดา แวนซ์ ชนะ การแข่งขัน ในปี 1897", "ใครชนะการแข่งขันในปี 1897"),
        ("북쪽 호수 의 마을 이다.", "북쪽호수의마을이다?"),
        ("Vào năm 1897 leng keng là tiếng chuông.", "Tiếng lengkeng là gì?"),
        ("The firm makes the SailBoatPro for the boat pro and the sail.", "Who makes the SailBoatPro?"),
    ],
    ids=["two words", "German", "Japanese", "Thai", "Korean", "Vietnamese", "a name in the text"],
)
def test_compounds_and_scripts_without_spaces_are_no_glued_words(text, question):
    assert check(text, text.split()[-1].strip("."), passage(text, context=""), question)[1] is None


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("What did the storm of 1957 destroy at the lock of 1911?", "the jetty", "merged_facts"),
        ("What of 37 metres was destroyed at the lock of 82 metres?", "the jetty", None),
        ("What did the storm of 1957 destroy at the lock of 82 metres?", "the jetty", None),
        ("What did the storm of 1911 destroy?", "the jetty", None),
        ("What had the storm of 1957 destroyed by 1960?", "the jetty", None),
        ("What did the storm of 1957 destroy, as that of 1936 did not?", "the jetty", None),
        ("What did the storm of 1957 destroy, sixty years after 1897?", "the jetty", None),
    ],
    ids=["years", "numbers", "a year and a number", "one year", "a list", "a table", "a heading"],
)
def test_the_years_of_two_sentences_in_one_question_are_a_problem(question, answer, reason):
    quote = "In 1957 a storm destroyed the jetty, which was 37 metres long."
    assert check(quote, answer, passage(LAKE), question)[1] == reason
