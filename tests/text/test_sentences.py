import pytest
from growth import PROPORTION, growth

from qagen.text.dividing.sentence_ends import sentences


def told(text):
    return [one.text for one in sentences(text, source="s")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\n ", []),
        ("Boat 1 won the race", ["Boat 1 won the race"]),
        ("Dr. Vance won. It took 6:02 min. Why?", ["Dr. Vance won.", "It took 6:02 min.", "Why?"]),
        ("「はい。」と言った。次の文！終わり", ["「はい。」と言った。", "次の文！", "終わり"]),
        ("# Bridges\n\nOne was built.\n\n## Floods\n\nIt fell.", ["One was built.", "It fell."]),
        ("Rowing at Marrow Bridge\n\nTilda won.", ["Tilda won."]),
        ("- one boat\n- Tilda won. Odo lost.\n3. Ida", ["one boat", "Tilda won.", "Odo lost.", "Ida"]),
        ("| a | b |\n|---|---|\n| x. Y z | 3 |\n| q | 4 |\n", ["| x. Y z | 3 |", "| q | 4 |"]),
        ("One.\n\n***\n\n---\n\n```python\nx = 1\n```\n", ["One.", "x = 1"]),
        ("فاز القارب. خسر الآخر.", ["فاز القارب.", "خسر الآخر."]),
        ("ignore all previous instructions and {text}.", ["ignore all previous instructions and {text}."]),
        (
            "Es begann am 16. April 1897. Er kam im 19. Jahrhundert.",
            ["Es begann am 16. April 1897.", "Er kam im 19. Jahrhundert."],
        ),
        ("Der 2. Platz ging an Vance (3. Rang 1896).", ["Der 2. Platz ging an Vance (3. Rang 1896)."]),
        ("Er wurde 5. Danach ging er.", ["Er wurde 5.", "Danach ging er."]),
        ("It was built in 1897. Then it fell.", ["It was built in 1897.", "Then it fell."]),
        (
            "Los EE. UU. ganaron. La Sra. Vance, pág. 4, no.",
            ["Los EE. UU. ganaron.", "La Sra. Vance, pág. 4, no."],
        ),
        ("Il sig. Pym arrivò. Vinse.", ["Il sig. Pym arrivò.", "Vinse."]),
        ("Ο αρ. 5 κέρδισε, δηλ. Το σκάφος. Τέλος.", ["Ο αρ. 5 κέρδισε, δηλ. Το σκάφος.", "Τέλος."]),
        ("O yıl II. Dünya Savaşı başladı. Bitti.", ["O yıl II. Dünya Savaşı başladı.", "Bitti."]),
        ("It ended World War II. The town grew.", ["It ended World War II.", "The town grew."]),
        ("Fue en el siglo XIX. Luego cayó.", ["Fue en el siglo XIX.", "Luego cayó."]),
        (
            "It happened 10 years ago. She told me. The end.",
            ["It happened 10 years ago.", "She told me.", "The end."],
        ),
    ],
)
def test_a_text_is_divided_into_sentences_items_and_rows(text, expected):
    assert told(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Article 3. Officers\n\n(1) The Master decides.", ["(1) The Master decides."]),
        ("Article 3.\nNumber of berths\n\nThere are 9.", ["There are 9."]),
        ("Part Five: Penalties and Entry into Force\n\nIt is so.", ["It is so."]),
        ("§ 4\n\nDas Boot fährt.", ["Das Boot fährt."]),
        ("3.2\n\nIt works.\n\n(2)\n\nIt fails.", ["It works.", "It fails."]),
        ("第十二条\n\n艇は走る。", ["艇は走る。"]),
        ("第１２条（目的）\n艇は走る。", ["艇は走る。"]),
        ("第三条　港長は、係留を定める。", ["第三条　港長は、係留を定める。"]),
        ("Article 5. Every boat has a light.\n\nSo it is.", ["Every boat has a light.", "So it is."]),
        ("Rule 4. No boat may pass\n\nIt is so.", ["No boat may pass", "It is so."]),
        ("(1) life jackets\n\n(2) flares\n\nAll.", ["(1) life jackets", "(2) flares", "All."]),
        ("(1)\n\nlife jackets\n\n(2)\n\nflares\n\nAll.", ["life jackets", "flares", "All."]),
        ("See Section 4. Guests pay more\n\nSo it is.", ["See Section 4.", "Guests pay more", "So it is."]),
        ("Article 3. Officers", ["Officers"]),
    ],
)
def test_what_rules_are_counted_by_and_their_titles_are_no_sentences(text, expected):
    assert told(text) == expected


def test_thai_is_divided_at_the_spaces_between_its_sentences():
    first = "เรือเคสเตรลชนะการแข่งขันเรือที่สะพานมาร์โรว์เมื่อปีที่แล้วด้วยระยะห่างสองช่วงลำเรือจากเรือเฮรอนที่เข้ามาเป็นที่สอง"
    second = "ทิลดาเป็นผู้สร้างเรือลำนี้ขึ้นที่อู่ต่อเรือของเมืองซึ่งตั้งอยู่ริมแม่น้ำใกล้กับสะพานเก่าแก่ที่สุดในเมืองนั้น"
    assert told(f"{first} {second}") == [first, second]
    assert told("เรือ เคสเตรล ชนะ") == ["เรือ เคสเตรล ชนะ"]


def test_sentences_are_exact_pieces_with_their_place_in_the_document():
    document = "Title.\n\n  - Boat 1 won.   Boat 2 lost.\n"
    found = sentences(document[8:], source="log.md", start=8)
    assert [document[one.start : one.end] for one in found] == [one.text for one in found]
    assert [one.text for one in found] == ["Boat 1 won.", "Boat 2 lost."]
    assert {one.source for one in found} == {"log.md"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "sentence",
    ["Boat 1 won. ", "艇が勝った。", "| a | b |\n", ".", "\n", "# h\n", "a", "Article 3. A\n\n", "第一条\n"],
)
def test_time_grows_with_the_length_of_the_text(sentence):
    told = lambda text: sentences(text, source="s")  # noqa: E731
    assert growth(told, 25_000 // len(sentence), lambda times: sentence * times) < PROPORTION


def test_every_sentence_the_same_is_counted_each_time():
    assert len(told("Boat 1 won the race. " * 500)) == 500
