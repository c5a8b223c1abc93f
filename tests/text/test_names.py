import pytest

from qagen.text.proper_names.reader import names
from qagen.text.proper_names.told import has_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("In 1897 Tilda Vance rowed for the Marrow Club. Neither lost.", {"tilda vance", "marrow club"}),
        ("The University of Kent met Ms. Dell.", {"university of kent", "dell"}),
        ("NASA launched it in March.", {"nasa"}),
        ("Who won? It was raining.", set()),
        ("ティルダ・ヴァンスがボートで隅田川を下った。", {"ティルダ ヴァンス", "隅田川"}),
        ("田中一郎選手が一般に勝った。", {"田中一郎"}),
        ("Tholquist & Daughters of Tuskamere", {"tholquist & daughters of tuskamere"}),
        ("A組には羽音、B組には篠渡。", set()),
        ("PKのキッカーはTilda Vanceが務めた。", {"キッカー", "tilda vance"}),
        ("元NASAの技術者がJ1リーグへ。Vanceは去った。", {"nasa", "j1リーグ", "vance"}),
        ("PK戦の末にMF苫野辺がTシャツを脱いだ。", {"シャツ"}),
        ("２－１で凪迫ＦＣ、灯ヶ峰（ひがみね）SC", {"凪迫fc", "灯ヶ峰sc"}),
        ("対凪迫FC、FC東京対篠渡ユナイテッド", {"凪迫fc", "fc東京", "篠渡ユナイテッド"}),
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


@pytest.mark.parametrize(
    ("text", "name", "there"),
    [
        ("Tholquist & Daughters of Tuskamere makes two.", "tholquist & daughters of tuskamere", True),
        ("Tholquist and Daughters makes two.", "Tholquist & Daughters", True),
        ("Tholquist＆Daughters社", "Tholquist & Daughters", True),
        ("Tholquist & Sons makes two.", "Daughters & Tholquist", False),
        ("AT&T was sued.", "at&t", True),
    ],
)
def test_the_and_of_a_firm_may_be_written_in_any_way(text, name, there):
    assert has_name(text, name) is there


@pytest.mark.parametrize(
    ("text", "name", "there"),
    [
        ("凪迫（なぎさこ）FCが勝った。", "凪迫FC", True),
        ("凪迫は２対１で勝った。", "凪迫FC", True),
        ("篠渡の優勝は三度目。", "篠渡ユナイテッド", True),
        ("凪迫市で行われた。", "凪迫FC", False),
        ("朱浦FCが勝った。", "凪迫FC", False),
    ],
)
def test_a_club_may_be_named_without_what_clubs_are_called(text, name, there):
    assert has_name(text, name) is there


@pytest.mark.parametrize(
    ("text", "name", "there"),
    [
        ("Rory O'Donnell came from Côte d'Ivoire.", "Rory O'Donnell", True),
        ("Rory O'Donnell came from Côte d'Ivoire.", "Côte d'Ivoire", True),
        ("En Allemagne, on parle d'Arkan'a.", "l'Allemagne", True),
        ("En Allemagne, on parle d'Arkan'a.", "Arkan'a", True),
        ("NASA는 1969년에 갔다.", "NASA", True),
        ("Kearney'den gelen Bulvar, John Elway'i anar.", "John Elway", True),
        ("İşçi Partisi'nin adayı", "İşçi Partisi", True),
        ("W Warszawie otwarto nowy most, który łączy oba brzegi Wisły.", "Warszawa", True),
        ("Мост открыл Владимир Путин в Москве.", "Владимира Путина", True),
        ("Мост открыл Владимир Путин в Москве.", "Дмитрий Медведев", False),
        ("Talo rakennettiin Helsingissä.", "Helsinki", True),
        ("Der Bau der Müllerschen Brücke begann unter Müllers Leitung.", "Müller", True),
        ("W Krakowie otwarto nowy most, który łączy oba brzegi Wisły.", "Warszawa", False),
        ("The Kestrel left the harbour at dawn and came back.", "Kestrelia", False),
    ],
)
def test_a_name_is_known_in_the_cases_of_its_language_and_beside_apostrophes(text, name, there):
    assert has_name(text, name) is there
