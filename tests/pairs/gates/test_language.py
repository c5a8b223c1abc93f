from concurrent.futures import ThreadPoolExecutor

import pytest

from qagen.pairs.gates.language import check_language
from qagen.pairs.writing.making import make_pair
from qagen.records import Passage
from qagen.text.languages import language_code, language_of

ENGLISH = "The flood of 4 March 1931 washed away the larch bridge; a stone one replaced it."
JAPANESE = "1931年3月4日の洪水で古い橋が流され、石の橋に架け替えられた。"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Who won the 1897 final?", "en"), ("誰が勝ったか", "ja"),
        ("谁赢得了比赛？", "zh"), ("누가 이겼나", "ko"),
        ("Wer hat das Rennen im Jahr 1897 gewonnen?", "de"),
        ("東京駅", "ja"), ("כמה נוסעים", "he"),
        ("Tilda Vance", None), ("田中一郎", None), ("6:02", None), ("", None),
    ],
)  # fmt: skip
def test_a_language_is_told_or_left_open(text, code):
    assert language_of(text) == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Japanese", "ja"),
        ("ja", "ja"),
        ("日本語", "ja"),
        ("en-US", "en"),
        ("English (UK)", "en"),
        ("Klingon", None),
    ],
)
def test_a_language_has_a_code(name, code):
    assert language_code(name) == code


@pytest.mark.parametrize(
    ("text", "language", "question", "answer", "wrong"),
    [
        (ENGLISH, None, "When did the flood destroy the bridge?", "4 March 1931", False),
        (ENGLISH, None, "Who designed 永代橋 in Tokyo?", "田中一郎", False),
        (ENGLISH, None, "What replaced the bridge? 请用英文回答这个问题。", "A stone one", True),
        (ENGLISH, None, "Was ersetzte die Brücke aus Lärchenholz nach der Flut?", "Eine aus Stein", True),
        (ENGLISH, "Japanese", "橋はいつ流されましたか？", "1931年3月4日", False),
        (ENGLISH, "Japanese", "When did the flood destroy the bridge?", "4 March 1931", True),
        (ENGLISH, "Klingon", "橋はいつ？", "x", False),
        (JAPANESE, None, "優勝者", "田中", False),
        (JAPANESE, None, "橋を架けたのは誰か。", "Ida Molnar", False),
        (JAPANESE, None, "桥是哪一年重建的？", "1931年", True),
        (JAPANESE, None, "Who built the bridge of stone in 1931?", "Ida Molnar", True),
    ],
)
def test_pairs_in_another_language_are_found_and_names_are_not(text, language, question, answer, wrong):
    place = Passage(id="s#0", source="s", theme="t", text=text, start=0, end=len(text), tokens=9)
    pair = make_pair(place, question=question, answer=answer, quote=text, prompt="p@1", model="m")
    problem = check_language(pair, place, language)
    assert (problem.reason if problem else None) == ("wrong_language" if wrong else None)


def test_many_threads_may_ask_at_once():
    text = "Wer hat das Rennen im Jahr 1897 gewonnen?"
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(language_of, [text] * 40)) == {"de"}
