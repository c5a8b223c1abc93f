import pytest

from qagen.pairs.names import has_name, names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("In 1897 Tilda Vance rowed for the Marrow Club. Neither lost.", {"tilda vance", "marrow club"}),
        ("The University of Kent met Ms. Dell.", {"university of kent", "dell"}),
        ("NASA launched it in March.", {"nasa"}),
        ("Who won? It was raining.", set()),
        ("ティルダ・ヴァンスがボートで隅田川を下った。", {"ティルダ ヴァンス", "隅田川"}),
        ("田中一郎選手が一般に勝った。", {"田中一郎"}),
        ("", set()),
        ("12:30", set()),
    ],
)
def test_names_are_found_and_other_words_are_not(text, expected):
    assert names(text) == expected


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("odo pym", True), ("Vance's", True), ("tilda vance", True), ("mary odell", True), ("M. Odell", True),
        ("japanese", True), ("O’Brien", True), ("jose alvarez", True), ("Tilda Pym", False), ("Hilda", False),
        ("Odo Odell", False), ("ティルダ・ヴァンス", False),
    ],
)  # fmt: skip
def test_a_name_is_known_in_other_forms_but_not_from_halves_of_others(name, there):
    text = "Odo Pym beat Tilda Vance. Mary K. Odell, from Japan, met O'Brien and José Álvarez."
    assert has_name(text, name) is there


def test_a_first_name_may_share_its_surname():
    assert has_name("Tilda and Odo Vance won.", "tilda vance")


def test_names_in_katakana_need_no_dot():
    assert has_name("ティルダ・ヴァンスが勝った。", "ティルダヴァンス")
    assert not has_name("ティルダ・ヴァンスがオド・ピムに勝った。", "ティルダ・ピム")
