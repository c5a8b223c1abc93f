"""The string scores: each row is a judgement that can be defended to the person whose model it is."""

import json
from collections import defaultdict

import pytest
from gold_model import FACTS
from growth import PROPORTION, growth
from hypothesis import given, settings
from hypothesis import strategies as st

from qagen.evaluation.records import Probe
from qagen.evaluation.scoring.refusals import abstains, denies
from qagen.evaluation.scoring.score import answer_kind_of, score_answer
from qagen.evaluation.scoring.tokens import folded
from qagen.text.small_words import word_set


def verdict(question, answers, reply, **fields):
    expected = tuple(answers.split("|")) if answers else ()
    return score_answer(Probe(question=question, answers=expected, **fields), reply).verdict


# --- numbers, dates and times ----------------------------------------------------------------------------

SAME = [
    ("10,000", "10000"),
    ("10,000", "１０，０００"),
    ("10,000", "1万"),
    ("10,000", "一万"),
    ("10,000", "ten thousand"),
    ("10,000", "10 000"),
    ("2.5 million", "2,500,000"),
    ("5", "five"),
    ("5", "Five."),
    ("5", "fifth"),
    ("3.50", "3.5"),
    ("−5 °C", "-5 °C"),
    ("2½", "2.5"),
    ("two-thirds", "2/3"),
    ("3–1", "3-1"),
    ("3–1", "3対1"),
    ("3–1", "3 to 1"),
    ("3–1", "３－１"),
    ("3–1", "3 – 1"),
    ("3–1", "三対一"),
    ("３－１", "3-1"),
    ("31–27", "31:27"),
    ("3-1", "3:1"),
    ("512 m", "512 metres"),
    ("512 m", "512メートル"),
    ("512 m", "512 meters"),
    ("512 m", "512m"),
    ("12 %", "12 percent"),
    ("12 %", "12%"),
    ("12 %", "12 per cent"),
    ("12 %", "12パーセント"),
    ("three people", "3人"),
    ("4,200 crowns", "4200 crowns"),
    ("三百五十万円", "350万円"),
    ("三百五十万円", "3,500,000円"),
    ("六つ", "六クラブ"),
    ("15 March 2025", "March 15, 2025"),
    ("15 March 2025", "2025-03-15"),
    ("15 March 2025", "15/03/2025"),
    ("15 March 2025", "2025年3月15日"),
    ("15 March 2025", "令和7年3月15日"),
    ("15 March 2025", "Saturday, 15 March 2025"),
    ("15 March 2025", "the 15th of March 2025"),
    ("15 March 2025", "15 Mar 2025"),
    ("15 March 2025", "15.03.2025"),
    ("2025年3月15日", "二〇二五年三月十五日"),
    ("2025年3月15日", "2025年3月15日（土）"),
    ("2015年", "平成二十七年"),
    ("1912年", "1912"),
    ("May 1912", "1912年5月"),
    ("5 May 2025", "05/05/2025"),
    ("6:02", "6.02 am"),
    ("6:02", "午前6時2分"),
    ("18:02", "6:02 p.m."),
    ("6:02 p.m.", "午後6時2分"),
    ("14:30", "午後2時半"),
    ("the Tannery Hall", "Tannery Hall"),
    ("Vessolm HK", "vessolm hk"),
    ("Vessolm HK", "“Vessolm HK”."),
    ("Zoë Ardal", "Zoe Ardal"),
    ("Tholquist & Daughters", "Tholquist and Daughters"),
    ("1974年", "1974年です。"),
    ("ティルダ・ヴァンス", "ティルダ ヴァンス"),
    ("早瀬森湊", "早瀬森 湊"),
    ("早瀬森湊", "「早瀬森湊」でした。"),
    ("4 hours 3 minutes 15 seconds", "4 h 3 min 15 s"),
    ("第９回", "第9回"),
    ("第９回", "第九回"),
    ("between 5 and 9", "5 to 9"),
    ("2024 to 2026", "2024–2026"),
    ("1990s", "the 1990s"),
    ("half past six", "6:30"),
]


@pytest.mark.parametrize(("answer", "reply"), SAME)
def test_another_notation_is_the_same_answer(answer, reply):
    score = score_answer(Probe(question="?", answers=(answer,)), reply)
    assert (score.verdict, score.f1) == ("right", 1.0) or score.contained
    assert score.verdict == "right"


OTHER = [
    ("3–1", "1–3"),
    ("3–1", "1対3"),
    ("512 metres", "512 km"),
    ("512 metres", "521 metres"),
    ("12", "12 %"),
    ("10,000", "1,000"),
    ("10,000", "100,000"),
    ("10,000", "10"),
    ("5", "15"),
    ("5", "3.5"),
    ("5", "5.5"),
    ("15 March 2025", "March 2025"),
    ("15 March 2025", "2025"),
    ("15 March 2025", "15 March 2024"),
    ("15 March 2025", "15 May 2025"),
    ("5 March 2025", "05/03/2025"),
    ("15 March 2025", "16 March 2025"),
    ("2025年3月15日", "2025年3月"),
    ("2015年", "平成26年"),
    ("6:02", "6:20"),
    ("6:02 am", "6:02 pm"),
    ("1912", "19"),
    ("1912", "1912–14"),
    ("5 goals", "5 points"),
    ("二敗", "２点"),
    ("300", "more than 300"),
    ("300", "under 300"),
    ("300人", "300人以上"),
    ("Ann", "Anna"),
    ("Ann", "Joanne"),
    ("Osmer Plessomar", "Plessomar"),
    ("Osmer Plessomar", "Osmer"),
    ("Osmer Plessomar", "Odo Plessomar"),
    ("Osmer Plessomar|Plessomar", "Odo Plessomar"),
    ("Osmer Plessomar|Plessomar", "the Plessomar Bowl"),
    ("Vessolm HK", "Lissavik HK"),
    ("Oskwind 30", "Oskwind 30S"),
    ("ヴァンス", "ヴァンスト"),
    ("東京", "東京都立大学"),
    ("宇根川良輔", "宇根川亮介"),
    ("浜", "千艘浜"),
    ("Ganneck", "Ganneck Bridge"),
    ("-5 °C", "5 °C"),
    ("$5", "€5"),
    ("前半29分", "後半29分"),
    ("the northern side", "the southern side"),
    ("held", "not held"),
    ("April", "March"),
    ("three times", "three boats"),
    ("10 m", "10 mm"),
]


@pytest.mark.parametrize(("answer", "reply"), OTHER)
def test_another_value_or_name_is_wrong(answer, reply):
    assert verdict("?", answer, reply) == "wrong"


UNITS = [
    ("How many metres long is it?", "512 metres", "512", "right"),
    ("How long is the lake?", "512 metres", "512", "right"),
    ("How long is the lake?", "512 metres", "0.512 km", "right"),
    ("How long is the lake?", "512 metres", "1,680 feet", "right"),
    ("How long is the lake?", "512 metres", "1,580 feet", "wrong"),
    ("How long is the lake in kilometres?", "27.4", "27.4 km", "right"),
    ("How long is the lake in kilometres?", "27.4", "27.4 miles", "wrong"),
    ("What percentage voted for it?", "12", "12 %", "right"),
    ("How many boats started?", "12", "12 boats", "right"),
    ("How many boats started?", "twelve boats", "12", "right"),
    ("How many boats started?", "12 boats", "There were 12 of them.", "right"),
    ("What penalty did it receive?", "two places", "two", "wrong"),
    ("汀南は何敗しましたか。", "二敗", "2", "right"),
    ("観客は何人でしたか。", "3,025", "3,025人", "right"),
    ("観客は何人でしたか。", "3,025人", "3025", "right"),
    ("何点を挙げましたか。", "4", "4分", "wrong"),
    ("How long did the hearing take?", "90 minutes", "1.5 hours", "right"),
    ("In what time did it win?", "4 hours 3 minutes 15 seconds", "4:03:15", "right"),
    ("At what time did it start?", "6:02 p.m.", "6:02", "right"),
    ("At what time did it start?", "21:45 on 15 August", "on 15 August at 21:45", "right"),
    ("When in 2025 was the final?", "15 March 2025", "15 March", "right"),
    ("When was the final?", "15 March 2025", "15 March", "wrong"),
    ("When in 2025 was the final?", "15 March", "15 March 2025", "right"),
    ("When in 2025 was the final?", "15 March", "15 March 2024", "wrong"),
    ("When was it founded?", "1912", "On 14 May 1912.", "right"),
    ("When was it founded?", "May 1912", "14 May 1912", "right"),
    ("When was it founded?", "May 1912", "14 June 1912", "wrong"),
    ("創立はいつですか。", "1912年", "1912年5月14日です。", "right"),
]


@pytest.mark.parametrize(("question", "answer", "reply", "expected"), UNITS)
def test_units_and_precision_are_judged_by_what_is_asked(question, answer, reply, expected):
    assert verdict(question, answer, reply) == expected


# --- sentences -------------------------------------------------------------------------------------------

WON = "Who won the second semi-final of the 1987 Lodevar Cup?"
FOUNDED = "When was the Ostavell Sailing Union founded?"
SCORE = "What was the score of the 1987 final?"
JA_WON = "第９回蒼凪杯（2023年）で優勝したのはどのクラブですか。"
JA_WHEN = "凪迫市の千艘浜球技場は何年に開場しましたか。"

SENTENCES = [
    (WON, "Tilda Vance", "Vance, Tilda", "right"),
    (WON, "Tilda Vance", "Odo Pym, the son of Tilda Vance.", "wrong"),
    (WON, "Tilda Vance", "Tilda Vance's brother", "wrong"),
    (WON, "Tilda Vance", "Tilda Vance (or Tilda Vane)", "several"),
    (WON, "Vessolm HK", '{"answer": "Vessolm HK"}', "right"),
    (WON, "Vessolm HK", "Vessolm HK.\nSource: the handbook", "right"),
    (WON, "Vessolm HK", "The semi-final was won by Vessolm HK.", "right"),
    (WON, "Vessolm HK", "In 1987, Vessolm HK won 3–1 before 3,874 spectators.", "right"),
    (WON, "Vessolm HK", "**Vessolm HK**", "right"),
    (WON, "Vessolm HK", "Answer: Vessolm HK", "right"),
    (WON, "Vessolm HK", "The answer is: **Vessolm HK**.", "right"),
    (
        WON,
        "Vessolm HK",
        "Sure! The second semi-final was won by *Vessolm HK*.\n\nLet me know if you need more.",
        "right",
    ),
    (WON, "Vessolm HK", "Vessolm HK, who beat Lissavik HK 31–27.", "right"),
    (WON, "Vessolm HK", "Vessolm HK beat Lissavik HK in front of a full house.", "right"),
    (WON, "Vessolm HK", "Vessolm HK Vessolm HK Vessolm HK Vessolm", "right"),
    (WON, "Vessolm HK", "<think>Maybe Lissavik? No.</think>Vessolm HK", "right"),
    (WON, "Vessolm HK", "Vessolm HK<|im_end|>\n<|im_start|>user\nWho won in 1988?", "right"),
    (WON, "Vessolm HK", "Vessolm HK\n\nQ: Who won in 1988?\nA: Lissavik HK", "right"),
    (WON, "Vessolm HK", "Lissavik HK lost to Vessolm HK.", "right"),
    (WON, "Vessolm HK", "Not Lissavik HK but Vessolm HK.", "right"),
    (WON, "Vessolm HK", "It was Vessolm HK, not Lissavik HK.", "right"),
    (WON, "Vessolm HK", "I think it was Vessolm HK.", "right"),
    (WON, "Vessolm HK", "Vesso", "wrong"),
    (WON, "Vessolm HK", "The semi-final was won by", "wrong"),
    (WON, "Vessolm HK", "Not Vessolm HK but Lissavik HK.", "wrong"),
    (WON, "Vessolm HK", "It was not won by Vessolm HK.", "wrong"),
    (WON, "Vessolm HK", "It wasn't Vessolm HK.", "wrong"),
    (WON, "Vessolm HK", "Lissavik HK rather than Vessolm HK.", "wrong"),
    (WON, "Vessolm HK", "Lissavik HK.", "wrong"),
    (WON, "Vessolm HK", "the the the the", "wrong"),
    (FOUNDED, "14 May 1908|1908", "1908 1908 1908 1908 1908", "right"),
    (FOUNDED, "1908", "It was founded in 1908 by Osmer Plessomar and eleven of his customers.", "right"),
    (FOUNDED, "1908", "It was founded in 1908 and rebuilt in 1914.", "right"),
    (FOUNDED, "1908", "1908. The Ostavell Sailing Union was founded in 1908.", "right"),
    (FOUNDED, "1908", "1908\n\nExplanation: the union was founded by a boatbuilder.", "right"),
    (
        FOUNDED,
        "1908",
        "The Ostavell Sailing Union was founded in the year 1908, three years after the jetty.",
        "right",
    ),
    (FOUNDED, "1908", "Not in 1914 but in 1908.", "right"),
    (FOUNDED, "1908", "The union was not founded in 1908.", "wrong"),
    (FOUNDED, "1908", "It was 19", "wrong"),
    (FOUNDED, "1908", "19081908", "wrong"),
    (SCORE, "3–1", "In 1987, Vessolm won 3–1.", "right"),
    (SCORE, "3–1", "It ended 3–1 (2–0 at half-time).", "right"),
    (SCORE, "3–1", "Vessolm won by three goals to one.", "right"),
    (SCORE, "3–1", "1987", "wrong"),
    (JA_WON, "凪迫FC|凪迫", "凪迫FCです。", "right"),
    (JA_WON, "凪迫FC|凪迫", "優勝したのは凪迫でした。", "right"),
    (JA_WON, "凪迫FC|凪迫", "2023年の第9回蒼凪杯は、凪迫FCが篠渡を2対1で破って優勝しました。", "right"),
    (JA_WON, "凪迫FC|凪迫", "答え：凪迫ＦＣ", "right"),
    (JA_WON, "凪迫FC", "「凪迫FC」", "right"),
    (JA_WON, "凪迫FC", "篠渡ではなく凪迫FCです。", "right"),
    (JA_WON, "凪迫FC", "凪迫FCではありません。", "wrong"),
    (JA_WON, "凪迫FC", "凪迫FCではなく、篠渡です。", "wrong"),
    (JA_WON, "凪迫FC", "篠渡ユナイテッドです。", "wrong"),
    (JA_WHEN, "1974年", "千艘浜球技場は1974年に開場しました。", "right"),
    (JA_WHEN, "1974年", "昭和49年です。", "right"),
    (JA_WHEN, "1974年", "１９７４年。", "right"),
    (JA_WHEN, "1974年", "1975年でした。", "wrong"),
    ("最優秀選手は誰ですか。", "檜葉野剛", "最優秀選手は檜葉野剛選手です。", "right"),
    ("最優秀選手は誰ですか。", "檜葉野剛", "檜葉野剛さんでした。", "right"),
    ("最優秀選手は誰ですか。", "檜葉野剛", "GKの檜葉野 剛氏", "right"),
    ("最優秀選手は誰ですか。", "檜葉野剛", "檜葉野", "wrong"),
    ("監督は誰ですか。", "ティルダ・ヴァンス", "ティルダ＝ヴァンスさんです。", "right"),
    ("Which club is it?", "Lissavik", "Lissavik HK", "right"),
    ("Which boatbuilder?", "Osmer Plessomar", "Captain Osmer K. Plessomar", "right"),
    ("Which side did he choose?", "the northern side", "northern", "right"),
    ("Which of Harl and Bastren Okwell holds the record?", "Harl", "Harl Okwell", "right"),
]


@pytest.mark.parametrize(("question", "answer", "reply", "expected"), SENTENCES)
def test_an_answer_counts_within_a_sentence_but_not_denied_or_cut_off(question, answer, reply, expected):
    assert verdict(question, answer, reply) == expected


# --- hedging, several, abstaining ------------------------------------------------------------------------

OPEN = [
    (FOUNDED, "1912", "It was either 1912 or 1914.", "several"),
    (FOUNDED, "1912", "1912 or 1914", "several"),
    (FOUNDED, "1912", "1914 or 1912", "several"),
    (FOUNDED, "1912", "1912/1914", "several"),
    (FOUNDED, "1912", "1912, 1914 and 1915", "several"),
    (FOUNDED, "1912", "1910, 1912", "several"),
    (FOUNDED, "1912", "1912\n1914\n1916", "several"),
    (FOUNDED, "1912", "1912. No, 1914.", "several"),
    (FOUNDED, "1912", "1914. No, 1912.", "several"),
    (FOUNDED, "1912", "1912. The Ostavell Sailing Union was founded in 1914.", "several"),
    (FOUNDED, "1912", "Perhaps 1912, maybe 1914.", "several"),
    (FOUNDED, "1912", "Perhaps in 1912.", "hedged"),
    (FOUNDED, "1912", "It was probably founded in 1912.", "hedged"),
    (FOUNDED, "1912", "I think it was 1912, but I'm not sure.", "hedged"),
    (FOUNDED, "1912", "It may have been 1912.", "hedged"),
    (FOUNDED, "1912", "1912?", "hedged"),
    (FOUNDED, "1912", "1912, but I could be wrong.", "hedged"),
    (FOUNDED, "1912", "I don't know. Maybe 1912.", "hedged"),
    (FOUNDED, "1912", "I'm not sure, but I think it was 1914.", "wrong"),
    (FOUNDED, "1912", "Perhaps in 1914.", "wrong"),
    (FOUNDED, "512 m", "512 m or 512 metres", "right"),
    (WON, "Vessolm HK", "Vessolm HK or Lissavik HK", "several"),
    (WON, "Vessolm HK", "Lissavik HK or Vessolm HK", "several"),
    (WON, "Vessolm HK", "Either Vessolm HK or Lissavik HK won.", "several"),
    (WON, "Vessolm HK", "Vessolm HK and Orrenby", "several"),
    (WON, "Vessolm HK", "Vessolm HK, Orrenby, Lissavik HK", "several"),
    (WON, "Vessolm HK", "It was won by Vessolm HK and Orrenby.", "several"),
    (WON, "Vessolm HK", "Orrenby and Vessolm HK", "several"),
    (WON, "Vessolm HK", "Vessolm HK. No, Orrenby.", "several"),
    (WON, "Vessolm HK", "Vessolm HK\nOrrenby", "several"),
    (WON, "Vessolm HK", "Vessolm HK, I believe, though I am not certain.", "hedged"),
    ("Who won, Harl or Bastren?", "Harl", "Harl or Bastren", "several"),
    ("Who won, Harl or Bastren?", "Harl", "Harl, not Bastren.", "right"),
    (JA_WON, "凪迫FC", "凪迫FCか篠渡です。", "several"),
    (JA_WON, "凪迫FC", "凪迫FCまたは篠渡ユナイテッド", "several"),
    (JA_WON, "凪迫FC", "凪迫FCと篠渡です。", "several"),
    (JA_WON, "凪迫FC", "篠渡、凪迫FC", "several"),
    (JA_WON, "凪迫FC", "凪迫FCかもしれません。", "hedged"),
    (JA_WON, "凪迫FC", "おそらく凪迫FCです。", "hedged"),
    (JA_WON, "凪迫FC", "凪迫FCだと思いますが、自信はありません。", "hedged"),
    (JA_WON, "凪迫FC", "凪迫FCだと思います。", "right"),
    (JA_WHEN, "1974年", "1974年か1976年です。", "several"),
    (JA_WHEN, "1974年", "1974年、1976年", "several"),
    (JA_WHEN, "1974年", "1974年です。いや、1976年です。", "several"),
    (FOUNDED, "1912", "I don't know.", "abstained"),
    (FOUNDED, "1912", "I'm sorry, but I do not have information about that.", "abstained"),
    (FOUNDED, "1912", "The text does not say.", "abstained"),
    (FOUNDED, "1912", "Unknown", "abstained"),
    (FOUNDED, "1912", "There is no information about this in the passage.", "abstained"),
    (
        FOUNDED,
        "1912",
        "As an AI language model, I cannot answer that. Could you provide more context?",
        "abstained",
    ),
    (JA_WHEN, "1974年", "わかりません。", "abstained"),
    (JA_WHEN, "1974年", "申し訳ありませんが、その情報はありません。", "abstained"),
    (JA_WHEN, "1974年", "本文には記載がありません。", "abstained"),
    (FOUNDED, "1912", "", "empty"),
    (FOUNDED, "1912", " \n…\t", "empty"),
    (FOUNDED, "1912", "?!", "empty"),
    ("Was the mast steel?", "steel", "Steel or aluminium", "several"),
    ("How many boats may start?", "18", "At least 18, I'd guess.", "wrong"),
    ("How many boats may at most start?", "18", "at most 18", "right"),
    ("How often may it be extended?", "once", "It may be extended once.", "right"),
    ("Who might have built it?", "Tilda Vance", "It might have been built by Tilda Vance.", "right"),
]


@pytest.mark.parametrize(("question", "answer", "reply", "expected"), OPEN)
def test_hedging_several_and_abstaining_are_told_apart(question, answer, reply, expected):
    assert verdict(question, answer, reply) == expected


METALS = "Of which metals is it made?"
LISTS = [
    ("Which mark ends a question?", "?", "?", "right"),
    (METALS, "copper, tin and zinc", "zinc, copper and tin", "right"),
    (METALS, "copper, tin and zinc", "It is made of tin, zinc and copper.", "right"),
    (METALS, "copper, tin and zinc", "copper and tin", "wrong"),
    (METALS, "copper, tin and zinc", "copper, tin, zinc and lead", "several"),
    (METALS, "copper, tin and zinc", "copper, lead, tin and zinc", "wrong"),
    (METALS, "copper", "copper, tin", "several"),
    ("In which colours?", "grey, orange", "grey and orange", "right"),
    ("In which colours?", "grey, orange", "grey, orange, dark green", "several"),
    ("Which articles?", "Articles 7 and 12", "12 and 7", "right"),
    ("Which articles?", "Articles 7 and 12", "Article 7", "wrong"),
    ("Which articles?", "7 and 12", "7, 9 and 12", "wrong"),
    ("Who sailed it?", "Harl Okwell and Tilda Vance", "Tilda Vance and Harl Okwell", "right"),
    ("Who sailed it?", "Harl Okwell and Tilda Vance", "Tilda Vance", "wrong"),
    ("どの金属ですか。", "銅と錫", "錫と銅です。", "right"),
    ("どの金属ですか。", "銅と錫", "銅です。", "wrong"),
    ("どの組ですか。", "篠渡、羽音、汀南", "羽音、汀南、篠渡", "right"),
]


@pytest.mark.parametrize(("question", "answer", "reply", "expected"), LISTS)
def test_a_list_is_right_when_all_its_parts_and_nothing_else_are_said(question, answer, reply, expected):
    assert verdict(question, answer, reply) == expected


# --- the question again ----------------------------------------------------------------------------------

OF_TWO = "Which of Harl and Bastren Okwell holds the record of 1987?"
GAP = "Fill in the blank: The ____ was won by Vessolm HK."
ECHOES = [
    (OF_TWO, "Harl", OF_TWO, "wrong"),
    (OF_TWO, "Harl", "which of harl and bastren okwell holds the record of 1987", "wrong"),
    (OF_TWO, "Harl", "Which of Harl and Bastren Okwell holds the", "wrong"),
    (OF_TWO, "Harl", f"{OF_TWO} Harl.", "right"),
    (OF_TWO, "Harl", "Harl", "right"),
    ("1887年と1897年のどちらですか。", "1897年", "1887年と1897年のどちらですか。", "wrong"),
    ("1887年と1897年のどちらですか。", "1897年", "1897年です。", "right"),
    (GAP, "semi-final", "The semi-final was won by Vessolm HK.", "right"),
    (GAP, "semi-final", "semi-final", "right"),
    (GAP, "semi-final", GAP, "wrong"),
    (GAP, "semi-final", "The final was won by Vessolm HK.", "wrong"),
    ("次の文の空欄に入る言葉を答えてください。____が優勝した。", "凪迫FC", "凪迫FCが優勝した。", "right"),
    (
        "次の文の空欄に入る言葉を答えてください。____が優勝した。",
        "凪迫FC",
        "次の文の空欄に入る言葉を答えてください。",
        "wrong",
    ),
]


@pytest.mark.parametrize(("question", "answer", "reply", "expected"), ECHOES)
def test_the_question_again_is_no_answer(question, answer, reply, expected):
    assert verdict(question, answer, reply) == expected


# --- yes and no, and choices -----------------------------------------------------------------------------

CORRECT = "Is this correct: Vessolm HK won the final 31–27."
JA_CORRECT = "次の文は正しいですか。凪迫FCが優勝した。"
YES_NO = [
    (CORRECT, "Yes", "Yes", "right"),
    (CORRECT, "Yes", "Yes, that is correct.", "right"),
    (CORRECT, "Yes", "yes.", "right"),
    (CORRECT, "Yes", "True", "right"),
    (CORRECT, "Yes", "Correct!", "right"),
    (CORRECT, "Yes", "The statement is true.", "right"),
    (CORRECT, "Yes", "**Yes**, Vessolm HK won the final 31–27.", "right"),
    (CORRECT, "Yes", "That's right.", "right"),
    (CORRECT, "Yes", "No", "wrong"),
    (CORRECT, "Yes", "False.", "wrong"),
    (CORRECT, "Yes", "This statement is not correct.", "wrong"),
    (CORRECT, "Yes", "Yes and no.", "hedged"),
    (CORRECT, "Yes", "Probably yes.", "hedged"),
    (CORRECT, "Yes", "I don't know.", "abstained"),
    (CORRECT, "Yes", CORRECT, "wrong"),
    (CORRECT, "Yes", "Vessolm HK won the final 31–27.", "wrong"),
    (CORRECT, "Yes", "Yes, this is incorrect.", "hedged"),
    (CORRECT, "Yes", f"{CORRECT} Yes.", "right"),
    (CORRECT, "Yes", "31–27", "wrong"),
    (CORRECT, "No", "No", "right"),
    (CORRECT, "No", "No, the correct score was 30–27.", "right"),
    (CORRECT, "No", "Incorrect.", "right"),
    (CORRECT, "No", "It is false.", "right"),
    (CORRECT, "No", "This isn't correct: they won 30–27.", "right"),
    (CORRECT, "No", "Not correct.", "right"),
    (CORRECT, "No", "Yes", "wrong"),
    (CORRECT, "No", "That is correct.", "wrong"),
    (CORRECT, "No", "No idea.", "abstained"),
    (CORRECT, "No", "Nobody knows", "wrong"),
    (CORRECT, "No", CORRECT, "wrong"),
    (JA_CORRECT, "はい", "はい", "right"),
    (JA_CORRECT, "はい", "はい、正しいです。", "right"),
    (JA_CORRECT, "はい", "正しいです。", "right"),
    (JA_CORRECT, "はい", "その通りです。", "right"),
    (JA_CORRECT, "はい", "この文は正しいです。", "right"),
    (JA_CORRECT, "はい", "いいえ", "wrong"),
    (JA_CORRECT, "はい", "正しくありません。", "wrong"),
    (JA_CORRECT, "はい", "わかりません。", "abstained"),
    (JA_CORRECT, "はい", JA_CORRECT, "wrong"),
    (JA_CORRECT, "いいえ", "いいえ、正しくありません。", "right"),
    (JA_CORRECT, "いいえ", "違います。", "right"),
    (JA_CORRECT, "いいえ", "誤りです。", "right"),
    (JA_CORRECT, "いいえ", "いいえ、優勝したのは篠渡です。", "right"),
    (JA_CORRECT, "いいえ", "はい。", "wrong"),
    (JA_CORRECT, "はい", "はいでもいいえでもあります", "hedged"),
]


@pytest.mark.parametrize(("question", "answer", "reply", "expected"), YES_NO)
def test_yes_and_no_are_read_from_what_is_clearly_said(question, answer, reply, expected):
    assert verdict(question, answer, reply, form=answer.lower()) == expected


YEARS = ("1908", "1912", "1914", "1920")
CLUBS = ("Orrenby", "Vessolm HK", "Lissavik HK", "Lissavik")
WHEN = "When was it founded? A) 1908 B) 1912 C) 1914 D) 1920"
WHICH = "Which club won? A) Orrenby B) Vessolm HK C) Lissavik HK D) Lissavik"
JA_WHICH = "どれですか。ア) 凪迫 イ) 篠渡 ウ) 羽音 エ) 汀南"
JA_CLUBS = ("凪迫", "篠渡", "羽音", "汀南")
CHOICES = [
    ("Which colour?", ("red", "dark red", "blue"), "dark red", "It was dark red.", "right"),
    (WHEN, YEARS, "1912", "B", "right"),
    (WHEN, YEARS, "1912", "b", "right"),
    (WHEN, YEARS, "1912", "B)", "right"),
    (WHEN, YEARS, "1912", "(B)", "right"),
    (WHEN, YEARS, "1912", "B because A was another club.", "right"),
    (WHEN, YEARS, "1912", "B, 1912", "right"),
    (WHEN, YEARS, "1912", "B) 1912", "right"),
    (WHEN, YEARS, "1912", "1912", "right"),
    (WHEN, YEARS, "1912", "The answer is B.", "right"),
    (WHEN, YEARS, "1912", "The correct answer is (B) 1912.", "right"),
    (WHEN, YEARS, "1912", "Option B is correct.", "right"),
    (WHEN, YEARS, "1912", "It was founded in 1912.", "right"),
    (WHEN, YEARS, "1912", "1912, not 1914.", "right"),
    (WHEN, YEARS, "1912", "A", "wrong"),
    (WHEN, YEARS, "1912", "1914", "wrong"),
    (WHEN, YEARS, "1912", "B) 1914", "several"),
    (WHEN, YEARS, "1912", "A) 1912", "several"),
    (WHEN, YEARS, "1912", "B or C", "several"),
    (WHEN, YEARS, "1912", "1912 or 1914", "several"),
    (WHEN, YEARS, "1912", "A) 1908 B) 1912 C) 1914 D) 1920", "several"),
    (WHEN, YEARS, "1912", WHEN, "wrong"),
    (WHEN, YEARS, "1912", "I don't know", "abstained"),
    (WHEN, YEARS, "1912", "1999", "wrong"),
    (WHEN, YEARS, "1912", "Perhaps 1912.", "hedged"),
    (WHEN, YEARS, "1912", f"{WHEN} B", "right"),
    (WHICH, CLUBS, "Vessolm HK", "Vessolm HK", "right"),
    (WHICH, CLUBS, "Lissavik HK", "Lissavik HK", "right"),
    (WHICH, CLUBS, "Lissavik HK", "Lissavik", "wrong"),
    (WHICH, CLUBS, "Lissavik", "D", "right"),
    (JA_WHICH, JA_CLUBS, "篠渡", "イ", "right"),
    (JA_WHICH, JA_CLUBS, "篠渡", "答えはイです。", "right"),
    (JA_WHICH, JA_CLUBS, "篠渡", "篠渡です。", "right"),
    (JA_WHICH, JA_CLUBS, "篠渡", "ウ) 羽音", "wrong"),
    ("どれですか。A) 凪迫 B) 篠渡 C) 羽音", ("凪迫", "篠渡", "羽音"), "篠渡", "Ｂ", "right"),
]


@pytest.mark.parametrize(("question", "options", "answer", "reply", "expected"), CHOICES)
def test_a_choice_is_right_by_letter_or_text_and_no_other(question, options, answer, reply, expected):
    assert verdict(question, answer, reply, form="choice", options=options) == expected


# --- what the documents do not answer --------------------------------------------------------------------

TWIN = "Who won the second semi-final of the 1988 Lodevar Cup?"
JA_TWIN = "第99回蒼凪杯で優勝したのはどのクラブですか。"
UNANSWERABLE = [
    (TWIN, "Vessolm HK", "I don't know.", "right"),
    (TWIN, "Vessolm HK", "There was no 1988 Lodevar Cup.", "right"),
    (TWIN, "Vessolm HK", "The documents do not mention a 1988 final.", "right"),
    (TWIN, "Vessolm HK", "No information is available about the 1988 Lodevar Cup.", "right"),
    (TWIN, "Vessolm HK", "The 1988 Lodevar Cup was not held.", "right"),
    (TWIN, "Vessolm HK", "It is not mentioned in the text.", "right"),
    (TWIN, "Vessolm HK", "Not specified.", "right"),
    (TWIN, "Vessolm HK", "That isn't stated.", "right"),
    (TWIN, "Vessolm HK", "Unknown.", "right"),
    (TWIN, "Vessolm HK", "N/A", "right"),
    (TWIN, "Vessolm HK", "I'm sorry, I cannot answer this question from the text.", "right"),
    (TWIN, "Vessolm HK", "There was no 1988 Lodevar Cup; in 1987 Vessolm HK won.", "right"),
    (TWIN, "Vessolm HK", "Vessolm HK", "wrong"),
    (TWIN, "Vessolm HK", "Orrenby won it.", "wrong"),
    (TWIN, "Vessolm HK", "I don't know, but I think it was Vessolm HK.", "wrong"),
    (TWIN, "Vessolm HK", "I'm not sure. Orrenby.", "wrong"),
    (TWIN, "Vessolm HK", "I don't know. It was Orrenby.", "wrong"),
    (TWIN, "Vessolm HK", "There is no information, but probably Orrenby.", "wrong"),
    (TWIN, "Vessolm HK", TWIN, "wrong"),
    (TWIN, "Vessolm HK", "", "empty"),
    (TWIN, "Vessolm HK", "In 1988.", "wrong"),
    (JA_TWIN, "凪迫FC", "わかりません。", "right"),
    (JA_TWIN, "凪迫FC", "第99回蒼凪杯は存在しません。", "right"),
    (JA_TWIN, "凪迫FC", "第99回蒼凪杯は開催されていません。", "right"),
    (JA_TWIN, "凪迫FC", "文書には記載されていません。", "right"),
    (JA_TWIN, "凪迫FC", "該当する大会はありません。", "right"),
    (JA_TWIN, "凪迫FC", "不明です。", "right"),
    (JA_TWIN, "凪迫FC", "お答えできません。", "right"),
    (JA_TWIN, "凪迫FC", "その情報は見つかりませんでした。", "right"),
    (JA_TWIN, "凪迫FC", "凪迫FCです。", "wrong"),
    (JA_TWIN, "凪迫FC", "わかりませんが、おそらく篠渡です。", "wrong"),
    (JA_TWIN, "凪迫FC", "篠渡が優勝しました。", "wrong"),
]


@pytest.mark.parametrize(("question", "wrong", "reply", "expected"), UNANSWERABLE)
def test_an_unanswerable_question_asks_for_a_refusal(question, wrong, reply, expected):
    assert verdict(question, "", reply, kind="U", wrong=(wrong,)) == expected


# --- replies that once were judged wrongly ---------------------------------------------------------------

WHO_1894 = "Who won the 1894 final of the Lodevar Cup?"
GUIDE = (
    "A visitor asked: “Who won the 1897 final?” The guide replied: “Odo Pym”. Did the guide tell the visitor "
    "what is right? Say yes or no."
)
JA_GUIDE = (
    "ある人が「優勝したのは誰ですか。」とたずね、案内係が「田中」と答えました。案内係の答えは合っていますか。"
    "「はい」か「いいえ」で答えてください。"
)
WHO_WON = "Who won the final?"
COLOUR = "What colour was the hull?"
REFUSALS = [
    (WHO_1894, "Tilda Vance", "Odo Pym won the 1894 final. He had not been beaten before.", "wrong"),
    (
        WHO_1894,
        "Tilda Vance",
        "The 1894 final of the Lodevar Cup was won by Odo Pym, who was not known before.",
        "wrong",
    ),
    (
        "When was Harrow Bridge opened?",
        "1912",
        "Harrow Bridge was opened in 1902. It was not rebuilt until 1950.",
        "wrong",
    ),
    (
        "Who won the race?",
        "Tilda Vance",
        "I don't have specific information. However, Odo Pym was the winner of the race.",
        "wrong",
    ),
    ("優勝したのは誰ですか。", "佐藤", "優勝したのは田中一郎です。ほかに情報はありません。", "wrong"),
    ("優勝したのは誰ですか。", "佐藤", "優勝したのは檜葉野剛です。詳しい情報はありません。", "wrong"),
    (WHO_1894, "Tilda Vance", "The boat was not new.", "wrong"),
    (WHO_1894, "Tilda Vance", "The race was not held in 1894 but in 1897.", "right"),
    (WHO_1894, "Tilda Vance", "I can't help with that.", "right"),
    ("優勝したのは誰ですか。", "佐藤", "その情報は持っていません。", "right"),
    (WHO_1894, "Tilda Vance", "The Lodevar Handbook does not mention an 1894 final.", "right"),
    (WHO_1894, "Tilda Vance", "According to the Lodevar Handbook, there was no 1894 final.", "right"),
    (WHO_1894, "Tilda Vance", "No one won the 1894 final. The Lodevar Cup was first held in 1897.", "right"),
    (WHO_1894, "Tilda Vance", "I'm sorry, but I don't know who won the 1894 final.", "right"),
    (WHO_1894, "Tilda Vance", "The final of 1894 was won by nobody.", "right"),
    ("When was Harrow Bridge opened?", "1912", "Harrow Bridge was not opened.", "right"),
    ("When was Harrow Bridge opened?", "1912", "It was not opened in 1902 but in 1914.", "wrong"),
    (WHO_1894, "Tilda Vance", "Orrenby won, but the score is not recorded.", "wrong"),
    (WHO_1894, "Tilda Vance", "Although the score is not known, Odo Pym won.", "wrong"),
    (WHO_1894, "Tilda Vance", "There was no doubt: Odo Pym won.", "wrong"),
    (WHO_1894, "Tilda Vance", "Unfortunately, this is not recorded.", "right"),
    (WHO_1894, "Tilda Vance", "Nobody won the 1894 final; it was abandoned.", "right"),
    ("第99回蒼凪杯で優勝したのはどのクラブですか。", "凪迫FC", "優勝は篠渡ですが、詳細は不明です。", "wrong"),
    ("第99回蒼凪杯で優勝したのはどのクラブですか。", "凪迫FC", "資料には第99回の記載がありません。", "right"),
]


@pytest.mark.parametrize(("question", "wrong", "reply", "expected"), REFUSALS)
def test_a_refusal_beside_another_answer_is_none(question, wrong, reply, expected):
    assert verdict(question, "", reply, kind="U", wrong=(wrong,)) == expected


PROPOSED = [
    (GUIDE, "No|False|Incorrect", "No, the guide did not tell the visitor what is right.", "right"),
    (GUIDE, "No", "The guide did not tell the visitor what is right.", "right"),
    (GUIDE, "Yes", "The guide did not tell the visitor what is right.", "wrong"),
    (GUIDE, "Yes", "The guide told the visitor what is right.", "right"),
    (GUIDE, "Yes", "Yes, the guide told the visitor what is right.", "right"),
    (GUIDE, "Yes", "Yes, the guide did tell the visitor what is right.", "right"),
    (GUIDE, "No", "Yes, the guide told the visitor what is right.", "wrong"),
    (GUIDE, "Yes", "Did the guide tell the visitor what is right? No.", "wrong"),
    (GUIDE, "No", "Did the guide tell the visitor what is right? No.", "right"),
    (GUIDE, "Yes", "Did the guide tell the visitor what is right? Yes.", "right"),
    (GUIDE, "No", "No. Yes.", "hedged"),
    (GUIDE, "Yes", "Yes. No.", "hedged"),
    (GUIDE, "Yes", "Yes, no doubt.", "right"),
    (GUIDE, "No", "The guide gave the wrong answer.", "right"),
    (GUIDE, "No", "The guide was wrong.", "right"),
    (GUIDE, "Yes", "The guide gave the right answer.", "right"),
    (GUIDE, "No", "The guide didn't give the right answer.", "right"),
    (GUIDE, "No", "No, the right answer is Tilda Vance.", "right"),
    (GUIDE, "Yes", "Yes, this is incorrect.", "hedged"),
    (GUIDE, "No", "ちがいます", "right"),
    (JA_GUIDE, "いいえ", "ちがいます", "right"),
    (JA_GUIDE, "いいえ", "いいえ、案内係の答えは合っていません。", "right"),
    (JA_GUIDE, "はい", "案内係の答えは合っています。", "right"),
    (JA_GUIDE, "いいえ", "案内係の答えは間違っています。", "right"),
    (JA_GUIDE, "いいえ", "案内係の答えは合っていますか。いいえ。", "right"),
    (JA_GUIDE, "はい", "案内係の答えは合っていますか。いいえ。", "wrong"),
    (JA_GUIDE, "はい", "はい、案内係の答えは合っています。", "right"),
    (JA_GUIDE, "いいえ", "案内係は間違った答えを言いました。", "right"),
    (JA_GUIDE, "はい", "案内係は正しく答えました。", "right"),
    (JA_GUIDE, "いいえ", "案内係の答えは違います。", "right"),
]


@pytest.mark.parametrize(("question", "answer", "reply", "expected"), PROPOSED)
def test_yes_and_no_are_read_in_the_words_of_the_probes_themselves(question, answer, reply, expected):
    assert verdict(question, answer, reply) == expected


SECOND_ANSWERS = [
    (COLOUR, "red", "red, green, blue, yellow", "several"),
    (COLOUR, "red", "red green blue", "several"),
    (FOUNDED, "1912", "It was 1912 by the deed – sorry, 1914 by the deed", "several"),
    (WHO_WON, "Tilda Vance", "It was Tilda Vance, Odo Pym came second.", "right"),
    ("Which boats may enter?", "Herons or Terns", "Herons or Terns, or both together", "right"),
    ("Which boats may enter?", "Herons", "Herons, or both together", "several"),
    ("誰が勝ちましたか。", "佐伯渡", "主将佐伯渡が勝ちました。", "right"),
    ("誰が勝ちましたか。", "佐伯渡", "小佐伯渡が勝ちました。", "wrong"),
    (COLOUR, "red", "blue, red, green", "several"),
    (COLOUR, "red", "The hull was red, green and blue.", "several"),
    ("Which metal?", "gold", "silver, gold, bronze, iron", "several"),
    ("Which gas?", "oxygen", "oxygen, nitrogen, argon", "several"),
    ("Which town?", "Ostavell", "Ostavell, Karrowmouth, Tuskamere", "several"),
    (WHO_WON, "Tilda Vance", "Tilda Vance Odo Pym Ada Quill", "several"),
    (WHO_WON, "Tilda Vance", "The winners were Tilda Vance in 1897 and Odo Pym in 1898", "several"),
    (
        "Who won the 1897 final?",
        "Tilda Vance",
        "The winners were Tilda Vance in 1897 and Odo Pym in 1898",
        "right",
    ),
    (WHO_WON, "Tilda Vance", "The winner was Tilda Vance. The winner was Odo Pym.", "several"),
    (WHO_WON, "Tilda Vance", "The winner was Tilda Vance. The winner was Tilda Vance.", "right"),
    (WHO_WON, "Tilda Vance", "The winner was Tilda Vance. The winner was a boatbuilder.", "right"),
    ("When was it opened?", "1912", "It was opened in 1912 and it was opened in 1914", "several"),
    ("Which colours?", "blue and white", "red, white and blue", "several"),
    ("Which colours?", "blue and white", "white, blue", "right"),
    (WHO_WON, "Tilda Vance", "Tilda Vance, the boatbuilder", "right"),
    (COLOUR, "red", "dark red", "right"),
    (COLOUR, "red", "red, like all boats of the club", "right"),
    (COLOUR, "red", "It was red and gold-rimmed at the top.", "right"),
    ("Which town?", "Ostavell", "Ostavell, Norrland", "right"),
    ("What is it made of?", "steel", "The hull is steel, painted white, and very strong.", "right"),
    (WHO_WON, "Tilda Vance", "Tilda Vance won the final, beating Odo Pym, Ada Quill and Bram Oost.", "right"),
    (WHO_WON, "Tilda Vance", "It was won by Tilda Vance. It was won by a margin of 3 minutes.", "right"),
]


@pytest.mark.parametrize(("question", "answer", "reply", "expected"), SECOND_ANSWERS)
def test_a_list_or_a_second_answer_is_several(question, answer, reply, expected):
    assert verdict(question, answer, reply) == expected


LOSERS = [
    (WHO_WON, "Tilda Vance", "Odo Pym beat Tilda Vance.", "wrong"),
    (WHO_WON, "Tilda Vance", "Tilda Vance lost the final to Odo Pym.", "wrong"),
    (WHO_WON, "Tilda Vance", "Tilda Vance was second; the winner was Odo Pym.", "wrong"),
    (WHO_WON, "Odo Pym", "Odo Pym beat Tilda Vance.", "right"),
    (WHO_WON, "Odo Pym", "Tilda Vance lost the final to Odo Pym.", "right"),
    (WHO_WON, "Tilda Vance", "Tilda Vance was beaten by Odo Pym.", "wrong"),
    ("Who lost the final?", "Tilda Vance", "Odo Pym beat Tilda Vance.", "right"),
    ("Whom did Odo Pym beat?", "Tilda Vance", "Odo Pym beat Tilda Vance.", "right"),
    ("優勝したのはどのクラブですか。", "篠渡", "凪迫FCが篠渡を2対1で破って優勝しました。", "wrong"),
    ("優勝したのはどのクラブですか。", "篠渡", "篠渡を破った凪迫FCです。", "wrong"),
    ("優勝したのはどのクラブですか。", "篠渡", "篠渡は準優勝でした。", "wrong"),
    ("準優勝はどのクラブですか。", "篠渡", "篠渡は準優勝でした。", "right"),
    ("優勝したのはどのクラブですか。", "篠渡", "準優勝は篠渡です。", "wrong"),
    ("Who won the second semi-final?", "Tilda Vance", "Tilda Vance beat Odo Pym.", "right"),
    (WHO_WON, "Tilda Vance", "Tilda Vance lost the first set but won the final.", "right"),
]


@pytest.mark.parametrize(("question", "answer", "reply", "expected"), LOSERS)
def test_who_lost_is_not_who_won(question, answer, reply, expected):
    assert verdict(question, answer, reply) == expected


DETAILS = [
    ("How many inhabitants does it have?", "18,340", "18,340 km", "wrong"),
    ("How many inhabitants does it have?", "18,340", "18,340 people", "right"),
    ("How many points did she score?", "8", "8 metres", "wrong"),
    ("How many points did she score?", "8", "8 points", "right"),
    ("When was it founded?", "1912", "1912 metres", "wrong"),
    ("When was it founded?", "1912", "1912 people", "wrong"),
    ("In which year was it founded?", "1912", "1912 BC", "wrong"),
    ("何年に開場しましたか。", "1912年", "1912メートル", "wrong"),
    ("How many metres long is it?", "512", "512 m", "right"),
    ("How many kilometres is it?", "3", "3 km", "right"),
    ("どの字ですか。", "あ", "情報はありません。", "abstained"),
    ("どの字ですか。", "あ", "答えは「あ」です。", "right"),
    ("どの字ですか。", "あ", "あです。", "right"),
    ("どの花ですか。", "さくら", "それはさくらです。", "right"),
    ("どの花ですか。", "さくら", "さくらんぼです。", "wrong"),
    ("原料は何ですか。", "大豆", "大豆油です。", "wrong"),
    ("原料は何ですか。", "大豆", "大豆です。", "right"),
    ("艇長は誰ですか。", "佐伯渡", "佐伯渡辺です。", "wrong"),
    ("艇長は誰ですか。", "佐伯渡", "佐伯渡氏です。", "right"),
    ("いくつですか。", "五", "それは五です。", "right"),
    ("いくつですか。", "五", "「五」", "right"),
    ("二足す三はいくつですか。", "五", "二足す三は五です。", "right"),
    ("いくつですか。", "五", "それは六です。", "wrong"),
    ("何年に開通しましたか。", "1912年", "1912年に開通しました。1950年に閉鎖。", "right"),
    ("何年に開通しましたか。", "1912年", "1912年です。1950年です。", "several"),
    ("How many?", "148", "148 148 148", "right"),
    ("Who?", "Lincoln", "Lincoln Lincoln Lincoln", "right"),
    ("How many?", "Sixty", "Sixty Sixty Sixty", "right"),
    ("Who?", "Lincoln", "Lincoln, Lincoln, Lincoln, Linc", "right"),
    ("Where?", "Walla Walla", "It was Walla Walla.", "right"),
    ("How many?", "148", "148 149 148", "wrong"),
    ("Which bird is it?", "Owl", "Owls", "right"),
    ("Which fruit is it?", "A lemon", "Lemons", "right"),
    ("Which tool?", "a hammer", "Hammers.", "right"),
    ("Who is it?", "Vance", "Vances", "wrong"),
    ("Which town?", "Orrenby", "Orrenbys", "wrong"),
    ("When was it opened?", "1912", "It was opened in 1910 and was rebuilt in 1912.", "wrong"),
    ("When was it opened?", "1912", "It was opened in 1912 and was rebuilt in 1950.", "right"),
    ("When is it?", "Sunday 18 August", "Saturday 18 August", "wrong"),
    ("When is it?", "Sunday 18 August", "18 August", "right"),
    ("When is it?", "Sunday 18 August", "Sunday, 18 August", "right"),
]


@pytest.mark.parametrize(("question", "answer", "reply", "expected"), DETAILS)
def test_units_words_and_repetitions_are_read_as_they_are_meant(question, answer, reply, expected):
    assert verdict(question, answer, reply) == expected


@pytest.mark.parametrize(
    ("answer", "reply", "exact"),
    [("六つ", "六クラブ", True), ("15 March 2025", "15 March", False), ("512 m", "512 km", False)],
)
def test_a_value_is_exact_in_any_notation_and_with_all_its_parts(answer, reply, exact):
    assert score_answer(Probe(question="How?", answers=(answer,)), reply).exact is exact


def test_half_a_sentence_is_not_exactly_the_answer():
    probe = Probe(question="Who won?", answers=("Tilda Vance",))
    half = score_answer(probe, "Tilda Vance, the")
    assert (half.exact, half.contained, half.verdict) == (False, True, "right")


# --- what is exported beside the score --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("I don't know.", True),
        ("I do not know", True),
        ("Sorry, I can't answer that.", True),
        ("No idea!", True),
        ("It isn't mentioned.", True),
        ("This is unknown.", True),
        ("I have no information on that.", True),
        ("The passage does not specify the year.", True),
        ("It cannot be determined from the text.", True),
        ("分かりません", True),
        ("存じ上げません。", True),
        ("本文からは特定できません。", True),
        ("情報がありません。", True),
        ("I don't know, but I guess 1914.", False),
        ("わかりませんが、おそらく1914年です。", False),
        ("1914", False),
        ("Tilda Vance", False),
        ("It was not held in 1936.", False),
        ("", False),
        ("He knows it.", False),
        ("The unknown sailor won.", False),
        ("The year is unknown.", True),
        ("存在しません。", False),
        ("I know: it was 1914.", False),
        ("I can't help with that.", True),
        ("その情報は持っていません。", True),
    ],
)
def test_a_reply_abstains_when_it_says_that_it_does_not_know(reply, expected):
    assert abstains(reply) is expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("There was no such final.", True),
        ("No one won it.", True),
        ("The race was not held in 1894 but in 1897", True),
        ("It did not take place.", True),
        ("存在しません。", True),
        ("開催されませんでした。", True),
        ("該当するクラブはありません。", True),
        ("It was held in 1936.", False),
        ("Vance won.", False),
        ("There was no final, but I think Vance won.", False),
    ],
)
def test_a_reply_denies_when_it_says_that_there_was_nothing(reply, expected):
    assert denies(reply) is expected


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("Yes", "yes_no"),
        ("いいえ", "yes_no"),
        ("1,200 m", "number"),
        ("twelve", "number"),
        ("3–1", "number"),
        ("六つ", "number"),
        ("12 %", "number"),
        ("三百五十万円", "number"),
        ("15 March 2025", "date"),
        ("1974年", "date"),
        ("1912", "date"),
        ("August", "date"),
        ("6:02 am", "date"),
        ("Tilda Vance", "name"),
        ("the Tannery Hall", "name"),
        ("ティルダ・ヴァンス", "name"),
        ("Oskwind 30", "name"),
        ("steel", "other"),
        ("in writing", "other"),
        ("従兄", "other"),
        ("", "other"),
    ],
)
def test_an_answer_has_a_kind(answer, kind):
    assert answer_kind_of(answer) == kind


# --- all facts of the examples ---------------------------------------------------------------------------


def gold():
    lines = [line for path in sorted(FACTS.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    return [json.loads(line) for line in lines]


def probe_of(fact):
    return Probe(question=fact["question"], answers=(fact["answer"], *fact["aliases"]))


def test_every_answer_and_alias_of_the_examples_is_right_for_its_own_question():
    told = [(probe_of(fact), answer) for fact in gold() for answer in (fact["answer"], *fact["aliases"])]
    missed = [
        (probe.question, reply) for probe, reply in told if score_answer(probe, reply).verdict != "right"
    ]
    assert (len(told) > 917, missed) == (True, [])


@pytest.mark.parametrize(
    "frame", ["The answer is {}.", "It was {}.", "**{}**", "Answer: {}", "{}\n\nI hope this helps!"]
)
def test_every_third_answer_of_the_examples_is_right_within_a_reply(frame):
    for fact in gold()[::3]:
        said = frame.format(fact["answer"])
        assert score_answer(probe_of(fact), said).verdict == "right", (fact["question"], said)


def test_the_answer_of_a_neighbouring_fact_is_not_right():
    groups = defaultdict(list)
    for fact in gold():
        groups[fact["source"], fact["kind"]].append(fact)
    pairs = [
        (fact, group[(place + step) % len(group)])
        for group in groups.values()
        for place, fact in enumerate(group)
        for step in (1, 2, 3)
        if len(group) > step
    ]
    other = [(fact, near) for fact, near in pairs if not _says_the_same(fact, near["answer"])]
    right = [
        (fact["question"], fact["answer"], near["answer"])
        for fact, near in other
        if score_answer(probe_of(fact), near["answer"]).verdict == "right"
    ]
    assert len(other) > 2400
    assert len(right) / len(other) < 0.005, right


def _says_the_same(fact, answer):
    """Whether one of the answers is the other one, or a longer form of it: 千艘浜, 千艘浜球技場."""
    one = folded(answer)
    return any(folded(known) in one or one in folded(known) for known in (fact["answer"], *fact["aliases"]))


# --- any text --------------------------------------------------------------------------------------------

PIECES = word_set("""
    1912 3–1 or and 、 。 ? not maybe Vance vance 凪迫 FC です か 12 % 15 March 2025-03-15 1万 No Yes A) B ـ
    6:02 pm metres 512m ten thousand 三 対 一 ____ ** Answer: 昭和49年 5年 3人 六つ 1/2
    1888–92 1990s $5 −5 first
""")
ANY_TEXT = st.one_of(
    st.text(max_size=120), st.lists(st.sampled_from([*PIECES, "\u202e", "\x00"]), max_size=25).map(" ".join)
)


@settings(max_examples=100, deadline=None)
@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_any_text_gets_a_score(question, answer, reply):
    for fields in (
        {"answers": (answer,)},
        {"wrong": (answer,)},
        {"answers": (answer,), "options": (answer, "Vance", "B")},
    ):
        score = score_answer(Probe(question=question, **fields), reply)
        assert 0 <= score.f1 <= 1
        assert score.f1 == 1 or not score.exact


def test_folding_twice_is_folding_once():
    texts = {text for row in (*SAME, *OTHER) for text in row} | {fact["answer"] for fact in gold()}
    assert {text for text in texts if folded(folded(text)) != folded(text)} == set()


NAMES = st.from_regex(r"[A-Z][a-z]{3,8}(?: [A-Z][a-z]{3,8})?", fullmatch=True).filter(
    lambda name: (
        not {"yes", "true", "correct", "right", "none", "false"} & set(name.lower().split())
        and len(set(name.lower().split())) == len(name.split())  # Walla Walla twice is a loop of Walla
    )
)
VALUES = st.one_of(
    st.integers(0, 10**9).map("{:,}".format),
    st.dates().map(lambda day: f"{day.day} {day:%B} {day.year:04}"),
    st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda score: f"{score[0]}–{score[1]}"),
    st.integers(1, 9999).map("{} metres".format),
    NAMES,
)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_an_expected_answer_is_right_alone_and_in_a_sentence(answer):
    probe = Probe(question="What is sought?", answers=(answer,))
    assert score_answer(probe, answer).exact
    for reply in (
        answer,
        f"It was {answer}.",
        f"**{answer}**",
        f"Answer: {answer}",
        f"{answer}です。",
        f"{answer} {answer}",
    ):
        assert score_answer(probe, reply).verdict == "right", reply


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_another_number_is_never_right(one, other):
    found = score_answer(Probe(question="How many?", answers=(f"{one:,}",)), f"There were {other}.").verdict
    assert (found == "right") is (one == other)


@pytest.mark.parametrize(
    "piece",
    [
        "1912 ",
        "not ",
        "Vance, ",
        "(",
        "1-",
        "凪迫と",
        "a" * 50,
        "or ",
        "?\n",
        "、",
        "<think>",
        "**",
        "\u202e",
    ],
)
def test_time_grows_with_the_length_of_a_reply(piece):
    probe = Probe(question="Who won?", answers=("Tilda Vance", "凪迫", "1912"))
    score = lambda reply: score_answer(probe, reply)  # noqa: E731
    assert growth(score, 12_000 // len(piece), lambda pieces: piece * pieces) < PROPORTION
