import pytest
from gold_model import bare
from gold_pairs import gold_pairs
from growth import PROPORTION, growth

from qagen.pairs.review.suspecting import suspicion
from qagen.records import Passage, QAPair


def passage_of(text="Tilda Vance won the 1897 rowing final at Marrow Bridge.", theme="Rowing", section=()):
    return Passage(
        id="p", source="s", theme=theme, section=section, text=text, start=0, end=len(text), tokens=9
    )


def reason(question, **where):
    pair = QAPair(
        id="i", question=question, answer="a", source="s", passage="p", fact="i", prompt="p", model="m"
    )
    found = suspicion(pair, passage_of(**where))
    assert found is None or found.detail
    return found and found.reason


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("According to the text, who won the 1897 final?", "points_at_text"),
        ("What does the passage say of Tilda Vance?", "points_at_text"),
        ("Who is the author of the passage on Marrow Bridge?", "points_at_text"),
        ("Which of the races mentioned above did Tilda Vance win?", "points_at_text"),
        ("Who won this match in 1897?", "deictic"),
        ("Which of these boats did Tilda Vance row?", "deictic"),
        ("What did Carrow United do in the following year?", "deictic"),
        ("Who chaired Carrow United at that time?", "deictic"),
        ("In what time did she row the mile in 1897?", "pronoun"),
        ("When was it founded?", "pronoun"),
        ("Which team did he play for in 1948?", "pronoun"),
        ("What is our policy on overtime?", "pronoun"),
        ("When was the museum opened?", "bare_noun"),
        ("What was the final score of the match?", "bare_noun"),
        ("How did Vance win the race?", "bare_noun"),
        ("How many boats entered?", "no_name"),
        ("Why?", "no_name"),
    ],
)
def test_an_english_question_that_leans_on_something_is_suspected(question, expected):
    assert reason(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "Who won the 1897 rowing final at Marrow Bridge?",
        "By which date must the winner return the Plessomar Bowl of the Tessimarn Regatta?",
        "At how many hPa is the storm alarm limit of the Oskwind 30 fixed?",
        "How far behind the winner was Grey Ember in the Night Lap of the 2023 Tessimarn Regatta?",
        "What is the currency of the lake cantons around Lake Tessimarn?",
        "Above what length is a vessel a large vessel in the Mooring Ordinance of Karrowmouth?",
        "How high above sea level does Lake Tessimarn lie?",
        "In which city is the Prado museum?",
        "After Tilda Vance won the 1897 final, what did she do with her prize?",
        "Which team changed its name to Carrow United in 1948?",
        "How long does it take light to travel from the Sun to the Earth?",
        "Was there a rescue boat at the 2023 Tessimarn Regatta?",
        'Who wrote "the glass harbour"?',
        "Who was the mayor of Oskwind in 1962?",
        "How warm was the water on the opening day of the Tessimarn Regatta of 2023?",
        "In 1897, which boat won in the same year as Tilda Vance?",
    ],
)
def test_an_english_question_that_names_its_subject_is_not(question):
    assert reason(question) is None


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("本文によると、凪迫FCの監督は誰ですか。", "points_at_text"),
        ("この試合の観客数は何人でしたか。", "deictic"),
        ("同大会で優勝したクラブはどこですか。", "deictic"),
        ("凪迫FCは同大会で何点取りましたか。", "deictic"),
        ("その年の得点王は誰ですか。", "deictic"),
        ("翌年の優勝クラブはどこですか。", "deictic"),
        ("彼の背番号は何番ですか。", "pronoun"),
        ("試合は何対何で終わりましたか。", "bare_noun"),
        ("優勝したのは誰ですか。", "no_name"),
    ],
)
def test_a_japanese_question_that_leans_on_something_is_suspected(question, expected):
    assert reason(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "2022年の蒼凪杯で優勝したクラブはどこですか。",
        "２０２２年の蒼凪杯で、同大会の最年少得点者となったのは誰ですか。",
        "同志社大学が設立されたのは何年ですか。",
        "平塚らいてうと同時に『青鞜』を始めたのは誰ですか。",
        "ビタミンCの発見者は誰で、彼の国籍はどこですか。",
        "『吾輩は猫である』の作者は誰ですか。",
    ],
)
def test_a_japanese_question_that_names_its_subject_is_not(question):
    assert reason(question) is None


@pytest.mark.parametrize(
    ("question", "heading", "expected"),
    [
        ("How many Herons did Mirrowby enter?", "5. The 2024 regatta", "no_year"),
        ("How many Herons did Mirrowby enter in 2024?", "5. The 2024 regatta", None),
        ("In 2024, how many Herons did Mirrowby enter?", "5. The 2024 regatta", None),
        ("How many Herons did Mirrowby enter?", "The lake", None),
        ("How many Herons will Mirrowby enter?", "6. After 2024", None),
        ("How many Herons did Mirrowby enter?", "The editions of 2023 and 2024", None),
        ("篠渡ユナイテッドは何位でしたか。", "三　第８回大会（２０２２年）", "no_year"),
        ("第８回大会で篠渡ユナイテッドは何位でしたか。", "三　第８回大会（2022年）", None),
    ],
)
def test_a_question_without_the_year_of_its_heading_is_suspected(question, heading, expected):
    assert reason(question, section=(heading,)) == expected


def test_a_question_about_general_knowledge_needs_no_name():
    assert reason("What do bees make honey from?") == "no_name"
    assert reason("What do bees make honey from?", text="Bees make honey from the nectar of flowers.") is None


@pytest.mark.parametrize(
    "question",
    [
        "באיזו שנה ניצחה הקבוצה?",
        "من فاز بالكأس؟",
        "这场比赛谁赢了?",
        "Wer gewann 1897 das Finale?",
        "I vincitori di Roma?",
        "",
        "?",
        "🏆?",
    ],
)
def test_other_languages_do_not_crash_and_are_left_in_peace(question):
    assert reason(question) is None


@pytest.mark.parametrize("piece", ["the ", "the match of ", "彼", "同", "その", "he ", "Which A ", "“", "a'"])
def test_time_grows_with_the_length_of_the_question(piece):
    assert growth(reason, 125_000, lambda pieces: piece * pieces) < PROPORTION


@pytest.mark.parametrize("japanese", [False, True])
def test_few_of_the_clear_questions_of_the_examples_are_suspected(japanese):
    chosen = [both for both in gold_pairs() if both[0].source.startswith("aonagi") is japanese]
    suspected = [pair.question for pair, passage in chosen if suspicion(pair, passage)]
    assert len(chosen) == (261 if japanese else 656)
    assert len(suspected) <= 0.03 * len(chosen), suspected


def test_the_careless_questions_of_the_examples_are_suspected():
    careless = [
        pair.model_copy(update={"question": bare(pair.question)})
        for pair, _ in gold_pairs()
        if bare(pair.question) != pair.question
    ]
    passages = {pair.id: passage for pair, passage in gold_pairs()}
    suspected = [pair for pair in careless if suspicion(pair, passages[pair.id])]
    assert len(careless) > 600
    assert len(suspected) >= 0.85 * len(careless)
