"""Encodings: each text as it was written; a bad byte costs one character and is told."""

from __future__ import annotations

import pytest

from qagen import load_documents
from qagen.documents.decoding import decode

TEXTS = {
    "cp1250": "Zažloutlý kůň přišel v pátek do Brna.",
    "cp1251": "Встреча состоялась 12 мая 2025 года в Москве.",
    "cp1252": "Die Brücke kostet 12 € – „günstig“.",
    "cp1253": "Η συνάντηση έγινε στις 12 Μαΐου στην Αθήνα.",
    "cp1254": "Toplantı 12 Mayıs'ta İstanbul'da yapıldı, 120 kişi geldi.",
    "cp1255": "הפגישה התקיימה ב-12 במאי בתל אביב.",
    "cp1256": "عقد الاجتماع في 12 مايو في القاهرة بحضور 120 شخصا.",
    "cp1257": "Susitikimas įvyko gegužės 12 d. Vilniuje, dalyvavo 120 žmonių.",
    "tis_620": "การประชุมจัดขึ้นเมื่อวันที่ 12 พฤษภาคม ที่กรุงเทพฯ",
    "koi8_r": "Встреча состоялась 12 мая 2025 года в Москве.",
    "big5": "會議於五月十二日在臺北舉行，一百二十人參加。",
    "gbk": "会议在北京举行，价格是12元。",
    "euc_kr": "회의는 2025년 5월 12일 서울에서 열렸다.",
    "euc_jp": "東京都の人口は約1400万人です。",
    "cp932": "東京都の人口は約1400万人です。",
}


@pytest.mark.parametrize("times", [1, 50])
@pytest.mark.parametrize("encoding", TEXTS)
def test_a_text_is_found_in_the_encodings_of_the_web(encoding, times):
    written = TEXTS[encoding] * times
    assert decode(written.encode(encoding)).text == written


@pytest.mark.parametrize(
    "written",
    [
        "Die Brücke über den Fluß ist alt. ",
        "Zwei Wörter. ",
        "東京都の人口は約1400万人です。",
        "Встреча состоялась в Москве. ",
        "L'été, la forêt. ",
        "عقد الاجتماع في القاهرة. ",
    ],
)
@pytest.mark.parametrize("bad", [b"\xdf", b"\xff", b"\xe9", b"\x81"])
@pytest.mark.parametrize("times", [1, 30])
def test_utf_8_with_a_bad_byte_is_utf_8(written, bad, times):
    decoded = decode(written.encode() * times + bad + b" End.")
    assert decoded.text == written * times + "\ufffd End."
    assert decoded.replaced == 1


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.py"])
def test_a_bad_byte_is_told_with_the_document(tmp_path, name):
    path = tmp_path / name
    path.write_bytes("Die Brücke in der ".encode() + b"Stra\xdfe steht.")
    [document] = load_documents(path)
    assert document.page_content == "Die Brücke in der Stra\ufffde steht."
    [told] = document.metadata["warnings"]
    assert (told["kind"], told["count"]) == ("replaced", 1)


def test_a_character_cut_off_at_the_end_is_one_character():
    assert decode("日本語の文章。".encode()[:-1]) == decode("日本語の文章\ufffd".encode()).__class__(
        "日本語の文章\ufffd", 1
    )


@pytest.mark.parametrize(
    "written", ["Straße und Fluß", "Müller, Köln, Zürich", "¿Dónde está el niño?", "Le café de la forêt"]
)
def test_western_text_is_not_taken_for_damaged_utf_8(written):
    assert decode(written.encode("cp1252")).text == written
