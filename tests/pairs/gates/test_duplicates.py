import json
import random

import numpy as np
import pytest
from bare import pair
from conftest import ROOT
from gold_pairs import gold_pairs
from langchain_core.embeddings import Embeddings

from qagen import curate_pairs
from qagen.pairs.gates.duplicates import find_twins

GATES = ROOT / "benchmarks" / "gates"


def kinds(*items):
    """The kinds of the twins among these (question, answer) pairs."""
    return [twin.kind for twin in find_twins([pair(*item, number=n) for n, item in enumerate(items)])]


def proven(question, answer, number, source="s", start=0):
    return pair(question, answer, number).model_copy(
        update={"source": source, "start": start, "end": start + 10, "quote": "ten signs."}
    )


WON = "Who won the 1897 rowing final at Marrow Bridge?"
WON_JA = "1897年のマロー橋の決勝で優勝したのは誰ですか？"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((WON, "Tilda Vance"), ("Who was the winner of the 1897 rowing final at Marrow Bridge?", "Vance")),
        ((WON, "Tilda Vance"), ("By whom was the 1897 rowing final at Marrow Bridge won?", "Tilda Vance.")),
        ((WON, "Vance"), ("Who won the １８９７ rowing final at Marrow Bridge?", "Ｔｉｌｄａ Vance")),
        ((WON_JA, "ヴァンス"), ("1897年のマロー橋の決勝の優勝者は誰ですか？", "ティルダ・ヴァンス")),
        (
            ("How many people saw the 1902 race?", "10,000"),
            ("How many people saw the 1902 race?", "ten thousand"),
        ),
        (("観客は何人でしたか？", "１０，０００人"), ("観客は何人でしたか？", "1万人")),
        (("When was Vance born?", "14 May 1871"), ("In which year was Vance born?", "1871")),
        (("How deep is Lake Orrin?", "90 m"), ("What is the depth of Lake Orrin?", "90 metres")),
        (("Who translated the Orrin Log?", "Vance"), ("Who made the translation of the Orrin Log?", "Vance")),
        (("Where was Vance born?", "Selby"), ("Where was Vance born?", "Selby, Norland")),
        (("黒鷺号の艇長は誰ですか？", "佐伯"), ("黒鷺号の艇長は誰ですか？", "黒鷺号の佐伯艇長")),
        (("北の橋の長さは？", "82メートル"), ("北の橋の長さは？", "北の橋の長さ82メートル")),
    ],
)
def test_the_same_question_in_other_words_is_a_duplicate(one, other):
    assert kinds(one, other) == ["duplicate"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (WON, "Who won the 1898 rowing final at Marrow Bridge?"),
        (WON, "Who lost the 1897 rowing final at Marrow Bridge?"),
        (WON, "Who won the 1897 rowing final at Harrowgate?"),
        (WON, "Who won the 1897 rowing semi-final at Marrow Bridge?"),
        (WON_JA, "1898年のマロー橋の決勝で優勝したのは誰ですか？"),
        ("Who won the first leg of the 1931 final?", "Who won the second leg of the 1931 final?"),
        ("How long is Lake Orrin?", "How deep is Lake Orrin?"),
        ("Who coached Ilsa Quorvik?", "Who coached Elsa Quorvick?"),
        ("Who owned the Model 30 in 1950?", "Who owned the Model 30S in 1950?"),
        ("Who beat Vance in 1897?", "Whom did Vance beat in 1897?"),
        ("1897年にヴァンスを破ったのは誰ですか？", "1897年にヴァンスが破ったのは誰ですか？"),
    ],
)
@pytest.mark.parametrize("answers", [("Lamm", "Lamm"), ("Lamm", "Moss")])
def test_questions_about_different_things_are_no_twins(one, other, answers):
    assert kinds((one, answers[0]), (other, answers[1])) == []


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (WON, "Ilsa Quorvik", "Elsa Quorvick"),
        (WON, "Tilda Vance", "Tilda Vance's sister"),
        (WON, "Vance", "Vance and Quorvik"),
        (WON, "Vance", "Vance, Quorvik"),
        (WON, "30", "30S"),
        (WON, "3–1", "1–3"),
        (WON, "Yes", "No"),
        (WON, "★", "☆"),
        ("How long is the tunnel?", "12 km", "12 miles"),
        ("How many died in 1905?", "20", "more than 20"),
        (WON_JA, "ヴァンス", "ヴァンスとクオービック"),
        (WON_JA, "ヴァンス", "ヴァンスト"),
        (WON_JA, "佐伯", "艇長佐伯渡"),
        (WON_JA, "3対1", "1対3"),
        (WON_JA, "20人", "20人以上"),
    ],
)
def test_one_question_with_different_answers_is_a_contradiction(question, one, other):
    assert kinds((question, one), (question, other)) == ["two_answers"]


def test_answers_that_can_both_be_true_are_neither():
    assert kinds(("When did it open?", "1889"), ("When did it open?", "1 June")) == []
    frozen = ("because the river Orrin froze", "the river Orrin froze over")
    assert kinds(*(("Why was the 1905 regatta cancelled?", answer) for answer in frozen)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Did Vance beat Pym?", "Did Pym beat Vance?"),
        ("Which boat did Vance build for Pym?", "Which boat did Pym build for Vance?"),
        ("What did Tilda Vance send to Ada Pym?", "What did Ada Pym send to Tilda Vance?"),
        ("Is Selby larger than Orrin?", "Is Orrin larger than Selby?"),
        ("Was Vance a pupil of Pym?", "Was Pym a pupil of Vance?"),
        ("ヴァンスはピムに勝ちましたか？", "ピムはヴァンスに勝ちましたか？"),
        (
            "ヴァンスはピムのために何という船を造りましたか？",
            "ピムはヴァンスのために何という船を造りましたか？",
        ),
        ("ヴァンスはピムの弟子ですか？", "ピムはヴァンスの弟子ですか？"),
        ("ヴァンスを破ったピムの出身地は？", "ピムを破ったヴァンスの出身地は？"),
    ],
)
@pytest.mark.parametrize("answers", [("Heron", "Heron"), ("Heron", "Wren")])
def test_two_names_exchanged_make_another_question(one, other, answers):
    assert kinds((one, answers[0]), (other, answers[1])) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How far is Selby from Orrin?", "How far is Orrin from Selby?"),
        ("When did Vance marry Pym?", "When did Pym marry Vance?"),
        ("Who built the road between Selby and Orrin?", "Who built the road between Orrin and Selby?"),
        ("Which boat was built by Vance for Pym?", "Which boat did Vance build for Pym?"),
        ("ヴァンスとピムは何年に結婚しましたか？", "ピムとヴァンスは何年に結婚しましたか？"),
    ],
)
def test_two_names_that_do_the_same_may_stand_in_either_order(one, other):
    assert kinds((one, "Heron"), (other, "Heron")) == ["duplicate"]
    assert kinds((one, "Heron"), (other, "Wren")) == ["two_answers"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("オリン社の正式名称は何ですか？", "オリン株式会社"), ("オリン社は何都市にありますか？", "12都市")),
        (("オリン社の正式名称は何ですか？", "オリン株式会社"), ("オリン社とは何ですか？", "造船所")),
        (("オリン社はいつ創業されましたか？", "1897年"), ("オリン社の創業者は誰ですか？", "ヴァンス")),
        (("オリン社の創業は？", "1897年"), ("オリン社の創業者は？", "ヴァンス")),
        (("ヴァンスの出身地は？", "東京"), ("ヴァンスの生年月日は？", "1897年")),
        (("What is Orrin Ltd called in full?", "Orrin Limited"), ("What is Orrin Ltd?", "a boatbuilder")),
        (("How many cities host the Orrin Cup?", "12"), ("Which cities host the Orrin Cup?", "Selby")),
        (("When was Orrin Ltd founded?", "1897"), ("Who founded Orrin Ltd?", "Vance")),
        (("鷺号はいつまで使われましたか？", "1931年"), ("鷺号はいつから使われましたか？", "1884年")),
        (("鷺号は何年まで使われましたか？", "1931年"), ("鷺号は何年に使われましたか？", "1931年")),
        (("ヴァンスはどこに移りましたか？", "東京"), ("ヴァンスはどこから移りましたか？", "青森市")),
        (("オリン社は何を造っていますか？", "船"), ("オリン社は何で造っていますか？", "鉄")),
        (("オリン大会は第何回ですか？", "第5回"), ("オリン大会は何回行われましたか？", "12回")),
        (("Where did Vance move from?", "Selby"), ("Where did Vance move to?", "Orrin")),
        (("Who did Vance work for?", "Pym"), ("With whom did Vance work?", "Moss")),
    ],
)
def test_questions_that_ask_for_another_kind_of_thing_are_no_twins(one, other):
    assert kinds(one, other) == []


@pytest.mark.parametrize(
    ("one", "other", "answers"),
    [
        ("オリン社の創業者は？", "オリン社を創業したのは誰ですか？", ("ヴァンス", "ピム")),
        ("ヴァンスの出身地は？", "ヴァンスはどこで生まれましたか？", ("弘前市", "青森市")),
        ("ヴァンスの生年月日は？", "ヴァンスはいつ生まれましたか？", ("1897年", "1898年")),
        ("オリン社は何都市にありますか？", "オリン社は何都市に存在しますか？", ("12都市", "13都市")),
        ("What is Orrin Ltd called in full?", "What is the full name of Orrin Ltd?", ("Orrin", "Pym")),
        ("鷺号はいつから使われましたか？", "鷺号はいつ使われましたか？", ("1884年", "1885年")),
        ("ヴァンスはどこへ移りましたか？", "ヴァンスはどこに移りましたか？", ("東京", "青森市")),
        ("ヴァンスは誰に教えられましたか？", "ヴァンスは誰から教えられましたか？", ("ピム", "モス")),
        ("For whom did Vance work?", "Who did Vance work for?", ("Pym", "Moss")),
    ],
)
def test_the_same_kind_of_thing_asked_for_in_other_words_is_told(one, other, answers):
    assert kinds((one, answers[0]), (other, answers[0])) == ["duplicate"]
    assert kinds((one, answers[0]), (other, answers[1])) == ["two_answers"]


OPENED, OPENED_JA = "When did Orrin station open?", "オリン駅はいつ開業しましたか？"
OFFICE, OFFICE_JA = "Where is the office of Orrin Ltd?", "オリン社の本社はどこにありますか？"


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (OPENED_JA, "1897年", "1897年ごろ"),
        (OPENED_JA, "1897年頃", "1897年ごろ"),
        (OPENED_JA, "明治30年5月3日", "1897年（明治30年）"),
        (OPENED_JA, "1897年（明治30年）5月3日", "1897年5月"),
        (OPENED_JA, "1897年末", "1897年"),
        (OPENED, "1897", "around 1897"),
        (OPENED, "1897", "in the spring of 1897"),
        ("塔の高さはどのくらいですか？", "30メートルほど", "30メートル"),
        ("オリン社を設立したのは誰ですか？", "ヴァンス", "ティルダ・ヴァンス"),
        ("Who founded Orrin Ltd?", "Vance", "Tilda Vance"),
    ],
)
def test_an_answer_that_says_the_same_less_exactly_is_the_same(question, one, other):
    assert kinds((question, one), (question, other)) == ["duplicate"]


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (OPENED_JA, "1897年", "1897年まで"),
        (OPENED_JA, "1897年以降", "1897年"),
        (OPENED_JA, "1897年5月3日から", "1897年"),
        ("店は何時に閉まりますか？", "午後3時", "午後3時以降"),
        (OPENED, "1897", "until 1897"),
        (OPENED, "since May 1897", "1897"),
        (OPENED, "3 April 1897", "in the spring of 1897"),
        (OFFICE_JA, "東京", "東京都千代田区"),
        (OFFICE_JA, "千代田区", "東京都千代田区"),
        (OFFICE_JA, "青森県弘前市", "弘前"),
        (OFFICE_JA, "弘前市", "弘前市の中心部"),
        (OFFICE, "Selby", "Bridge Street, Selby"),
        ("In which town is the office of Orrin Ltd?", "Selby, Norland", "Selby"),
    ],
)
def test_the_end_of_a_time_and_a_place_in_another_are_no_contradiction(question, one, other):
    assert kinds((question, one), (question, other)) == []


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (OPENED_JA, "1897年", "明治31年"),
        (OPENED_JA, "1897年ごろ", "1898年"),
        (OPENED_JA, "1897年まで", "1898年まで"),
        (OPENED_JA, "1897年（明治30年）5月3日", "1897年6月"),
        (OPENED_JA, "1897年初頭", "1897年末"),
        ("店は何時に閉まりますか？", "午後3時", "午後4時以降"),
        (OPENED, "1897", "before 1897"),
        (OPENED, "3 May 1897", "late 1897"),
        (OPENED, "until 1897", "until 1898"),
        (OFFICE_JA, "京都", "東京都"),
        (OFFICE_JA, "松山市", "東松山市"),
        (OFFICE_JA, "東京都港区", "東京都千代田区"),
        (OFFICE_JA, "弘前", "弘前城"),
        (OFFICE_JA, "弘前市", "弘前市と青森市"),
        (OFFICE, "Selby", "Bridge Street, Orrin"),
        (OFFICE, "Selby", "North Selby"),
        ("Which towns lie on the Moss?", "Selby", "Selby, Orrin"),
        ("オリン社を設立したのは誰ですか？", "ティルダ・ヴァンス", "ウィリアム・ヴァンス"),
    ],
)
def test_another_time_or_place_is_a_contradiction(question, one, other):
    assert kinds((question, one), (question, other)) == ["two_answers"]


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("Which towns lie on the Moss?", "Selby and Orrin", "Orrin, Selby"),
        ("Who rowed boat 3?", "Vance, Pym, and Quill", "Quill, Vance and Pym"),
        ("モス川沿いの町はどこですか？", "セルビーとオリン", "オリン、セルビー"),
        ("How long is the pole?", "12 m", "1200 cm"),
        ("How long is the pole?", "twelve metres", "1,200 cm"),
        ("How heavy is the bell?", "2 t", "2000 kg"),
        ("How long did it take?", "90 minutes", "1 hour and 30 minutes"),
        ("How long did it take?", "half an hour", "30 min"),
        ("How long did it take?", "6:02", "6 minutes 2 seconds"),
        ("How far is Orrin?", "12 km", "7.5 miles"),
        ("竿の長さは？", "12メートル", "1200センチ"),
    ],
)
def test_the_same_list_or_measure_in_other_words_is_the_same_answer(question, one, other):
    assert kinds((question, one), (question, other)) == ["duplicate"]


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("How long is the pole?", "12 m", "120 cm"),
        ("How long is the pole?", "3 m", "3 km"),
        ("How long did it take?", "6:02", "6 minutes 3 seconds"),
        ("Which towns lie on the Moss?", "Selby and Orrin", "Selby and Tarn"),
        ("In what order did they finish?", "Vance, Pym, Quill", "Pym, Vance, Quill"),
    ],
)
def test_other_lists_and_measures_are_other_answers(question, one, other):
    assert kinds((question, one), (question, other)) == ["two_answers"]


@pytest.mark.parametrize(
    "question",
    [
        "Which is one tributary of the Moss?",
        "Name a member of the crew of 1897.",
        "What is an example of a lens?",
        "Who was one of the rowers in 1897?",
        "モス川の支流の一つは何ですか？",
        "1897年の選手を一人挙げてください。",
    ],
)
def test_a_question_for_one_of_several_may_have_many_answers(question):
    assert kinds((question, "Selby"), (question, "Orrin")) == []
    assert kinds((question, "Selby"), (question, "selby.")) == ["duplicate"]


@pytest.mark.parametrize(
    ("lacking", "other"),
    [
        ("Who won the final at Marrow Bridge?", "Who won the 1898 final at Marrow Bridge?"),
        ("Who won the final?", "Who was the winner of the 1898 rowing final at Marrow Bridge?"),
        ("Who coached Vance?", "Who coached Ada Vance?"),
        ("Who won the 1897 final?", "Who won the 1897 women's final?"),
        ("When was the museum opened?", "When was the Morwen Museum opened?"),
        ("マロー橋の決勝で優勝したのは誰ですか？", "1898年のマロー橋の決勝で優勝したのは誰ですか？"),
        ("大会の優勝者は誰ですか？", "2016年の春越大会の優勝者は誰ですか？"),
    ],
)
def test_a_question_that_another_sentence_would_answer_too_lacks_a_qualifier(lacking, other):
    pairs = [pair(other, "Quorvik", 0), pair(lacking, "Lamm", 1)]
    [twin] = find_twins(pairs)
    assert (twin.first, twin.second, twin.kind) == (1, 0, "missing_qualifier")
    assert "Quorvik" in twin.detail


def test_the_facts_of_the_examples_are_distinct_and_do_not_contradict_each_other():
    pairs = [pair for pair, _ in gold_pairs()]
    curation = curate_pairs(pairs)
    assert len(pairs) == 917
    assert curation.dropped == ()
    assert curation.conflicts == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            ("With how many points did Vance win in 1897?", "9"),
            ("By how many points did Vance win in 1897?", "2"),
        ),
        (
            ("With how many points did Vance win in 1897?", "9"),
            ("By how many points did Vance win in 1897?", "9"),
        ),
        (
            ("ヴァンスは1897年に何点で勝ちましたか？", "3点"),
            ("ヴァンスは1897年に何点差で勝ちましたか？", "3点"),
        ),
        (
            ("In which month is the Wexley Regatta held?", "August"),
            ("When was the 111th Wexley Regatta held?", "from Thursday 17 to Sunday 20 August 2023"),
        ),
        (
            ("ウェクスリー大会は何月に開かれますか？", "8月"),
            ("第9回ウェクスリー大会はいつ開かれましたか？", "8月17日から20日"),
        ),
        (
            ("What did the Mooring Ordinance of Selby replace?", "the Mooring Rules of Tuesday 3 May 1994"),
            (
                "What is the date of the Mooring Rules that the Mooring Ordinance of Selby replaced?",
                "Tuesday 3 May 1994",
            ),
        ),
        (
            ("Which place did Second Thought take at the 1897 Wexley Regatta?", "4"),
            ("Which place did Second Thought take in Race 2 at the 1897 Wexley Regatta?", "4"),
        ),
        (
            ("2023年の大会のA組のクラブはどこですか？", "凪迫、灯ヶ峰、朱浦"),
            ("2023年の大会のA組で首位のクラブはどこですか？", "凪迫"),
        ),
    ],
)
def test_questions_that_are_near_and_ask_for_something_else_are_no_twins(one, other):
    assert kinds(one, other) == []
    assert kinds(other, one) == []


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        (
            ("By how many points did Vance win in 1897?", "9"),
            ("How many points did Vance win by in 1897?", "9"),
            ["duplicate"],
        ),
        (
            ("By how many points did Vance win in 1897?", "9"),
            ("By how many points did Vance win in 1897?", "8"),
            ["two_answers"],
        ),
        (
            ("When was the 1897 race held?", "August"),
            ("When was the 1897 race held?", "from 1 to 3 July 1897"),
            ["two_answers"],
        ),
        (
            ("When was the 1897 race held?", "August"),
            ("When was the 1897 race held?", "1 August to 3 September"),
            ["two_answers"],
        ),
        (
            ("How did Second Thought finish in Race 2?", "4th"),
            ("How did Second Thought finish in Race 2?", "5th"),
            ["two_answers"],
        ),
    ],
)
def test_what_is_said_otherwise_is_still_told(one, other, wanted):
    assert kinds(one, other) == wanted


def employs(where, answer, number, **place):
    return proven(f"How many people does Orrin Lens Works employ{where}?", answer, number, **place)


@pytest.mark.parametrize(
    ("whole", "part", "twins"),
    [
        (employs("", "211", 0), employs(" at Selby", "148", 1, start=12), []),
        (employs("", "211", 0), employs(" at Selby", "148", 1, start=1200), ["missing_qualifier"]),
        (employs("", "211", 0), employs(" at Selby", "148", 1, start=12, source="t"), ["missing_qualifier"]),
        (employs("", "148", 0), employs(" at Selby", "211", 1, start=12), ["missing_qualifier"]),
        (employs("", "211", 0), employs(" in 1897", "148", 1, start=12), ["missing_qualifier"]),
        (employs("", "many", 0), employs(" at Selby", "148", 1, start=12), ["missing_qualifier"]),
    ],
)
def test_a_number_in_all_stands_beside_that_of_a_part(whole, part, twins):
    assert [twin.kind for twin in find_twins([whole, part])] == twins


def test_what_the_question_lacks_is_named():
    one, other = "Who won the final at Marrow Bridge?", "Who won the 1898 final at Marrow Bridge?"
    [twin] = find_twins([pair(one, "Vance", 0), pair(other, "Quorvik", 1)])
    assert twin.detail == "the question does not say 1898; with it, the answer is 'Quorvik'"


@pytest.mark.parametrize(
    ("lacking", "other"),
    [
        ("How many people live in Marrow?", "How many people lived in Marrow Bridge in 1900?"),
        ("How deep is Lake Orrin?", "How long was Lake Orrin in 1900?"),
        ("Who was mayor of Selby?", "Who was deputy mayor of Selby in 1906?"),
        ("Who won the 1896 final?", "Who won the 1898 rowing final?"),
    ],
)
def test_another_relation_or_namesake_is_no_collision(lacking, other):
    assert kinds((lacking, "4,310"), (other, "900")) == []


def test_two_questions_about_one_sentence_do_not_collide():
    one, other = "Who won the final at Marrow Bridge?", "Who won the 1898 final at Marrow Bridge?"
    same = [proven(one, "Vance", 0), proven(other, "Quorvik", 1)]
    apart = [proven(one, "Vance", 0), proven(other, "Quorvik", 1, start=50)]
    assert find_twins(same) == []
    assert [twin.kind for twin in find_twins(apart)] == ["missing_qualifier"]


def test_wordings_of_one_fact_are_meant_to_be_alike():
    one = pair(WON, "Vance", 0)
    other = pair("Who was the winner of the 1897 rowing final at Marrow Bridge?", "Vance", 1)
    assert find_twins([one, other.model_copy(update={"fact": "0"})]) == []


class Topics(Embeddings):
    """Vectors by topic: questions that hold the same one of these words are near each other."""

    def __init__(self, *words):
        self.words = words

    def embed_documents(self, texts):
        return [[1.0, *(float(word in text) * 9 for word in self.words)] for text in texts]

    def embed_query(self, text):
        return self.embed_documents([text])[0]


def test_an_embedding_model_finds_more_wordings_and_the_rules_confirm_them():
    one = pair("Who tended the Fenlow lighthouse in 1900?", "Hale", 0)
    other = pair("Who was keeper of the Fenlow lighthouse in 1900?", "Hale", 1)
    later = pair("Who was keeper of the Fenlow lighthouse in 1901?", "Hale", 2)
    assert find_twins([one, other, later]) == []
    [twin] = find_twins([one, other, later], embeddings=Topics("lighthouse"))
    assert {twin.first, twin.second} == {0, 1}
    assert twin.similarity == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Who tended the lighthouse after Ilsa Quorvik?", "Who kept the lighthouse after Elsa Quorvik?"),
        ("Who lit the lighthouse for the final of 1900?", "Who lit the lighthouse for the heat of 1900?"),
    ],
)
def test_an_embedding_model_makes_no_twins_of_namesakes_and_of_other_events(one, other):
    pairs = [pair(one, "Hale", 0), pair(other, "Hale", 1)]
    assert find_twins(pairs, embeddings=Topics("lighthouse")) == []


def test_no_pairs_have_no_twins():
    assert find_twins([]) == []
    assert find_twins([], embeddings=Topics("a")) == []


def test_a_thousand_answers_to_one_question_are_one_conflict():
    pairs = [pair("Which towns stand on the shore of Lake Orrin?", f"Town{n}ville", n) for n in range(1000)]
    assert len(find_twins(pairs)) < 20_000
    [conflict] = curate_pairs(pairs).conflicts
    assert len(conflict.pairs) == 1000


def test_thousands_of_alike_questions_take_little_time_and_keep_their_duplicates():
    questions = [f"Is the {n}. gate of Port Selby painted green?" for n in range(3000)]
    pairs = [pair(question, "Yes", n) for n, question in enumerate(questions)]
    pairs.append(pair("Is the 17. gate of Port Selby painted green, please tell me?", "Yes", 3000))
    assert [(twin.first, twin.second) for twin in find_twins(pairs)] == [(17, 3000)]


def test_a_large_group_is_divided_by_its_characters():
    pick = random.Random(3)  # noqa: S311  (not a secret)
    words = ["".join(pick.choices("abcdefgh", k=7)) for _ in range(400)]
    pairs = [pair(f"Does Selby keep {word}?", "Yes", n) for n, word in enumerate(words)]
    pairs.append(pair(f"Does Selby officially keep {words[200]}?", "Yes", 400))
    assert {(twin.first, twin.second) for twin in find_twins(pairs)} == {(200, 400)}


@pytest.mark.parametrize(
    "text",
    [
        "?",
        "\ud800",
        "من فاز في النهائي عام ١٨٩٧؟",
        "{year}",
        "a" * 100_000,
        "１" * 500,
        "\0",
        "Кто выиграл?",
        "👩‍🚀",
    ],
)
def test_no_text_breaks_the_search(text):
    pairs = [pair(text, text, 0), pair(text, "b", 1), pair(text + " x", text, 2)]
    assert find_twins(pairs) == find_twins(pairs)


def test_the_twins_do_not_depend_on_the_run():
    pick = random.Random(1)  # noqa: S311  (not a secret)
    cases = [json.loads(line) for line in (GATES / "conflicts_en.jsonl").read_text("utf-8").splitlines()]
    items = [tuple(item) for case in cases for item in (case["first"], case["second"])]
    pick.shuffle(items)
    pairs = [pair(*item, number=n) for n, item in enumerate(items)]
    assert find_twins(pairs) == find_twins(pairs)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("gate", ["duplicates", "conflicts"])
def test_the_labelled_cases_are_judged_right(gate, language):
    told, bad, right = 0, 0, 0
    for line in (GATES / f"{gate}_{language}.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        found = kinds(tuple(case["first"]), tuple(case["second"]))
        wanted = case.get("kind") or "duplicate"
        stopped = any((kind == "duplicate") == (gate == "duplicates") for kind in found)
        told, bad = told + stopped, bad + case["bad"]
        right += case["bad"] and wanted in found
    assert right / told >= 0.98
    assert right / bad >= 0.98


def test_vectors_of_zeros_are_near_nothing():
    class Nothing(Topics):
        def embed_documents(self, texts):
            return np.zeros((len(texts), 3)).tolist()

    assert find_twins([pair("What is a?", "a", 0), pair("Who is b?", "b", 1)], embeddings=Nothing()) == []
