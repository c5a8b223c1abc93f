"""What kept pairs cover of documents, counted."""

import pytest
from growth import PROPORTION, growth
from hypothesis import given, settings
from hypothesis import strategies as st

from qagen.pairs.gaps.coverage import SentencePlaces, measure_coverage
from qagen.pairs.writing.making import make_pair
from qagen.records import Coverage, Declared, DocumentCoverage, Passage
from qagen.text.dividing.sentence_ends import sentences

TEXT = (
    "Tilda Vance won the 1897 rowing final at Marrow Bridge. She rowed the mile in 6:02. "
    "Odo Pym came second, four seconds behind."
)
FIRST, SECOND, THIRD = (one.text for one in sentences(TEXT, source="final.txt"))
JAPANESE = "第8回大会の決勝は千艘浜球技場で行われた。観客は８，４１２人だった。早瀬森湊が先制点を決めた。"
ARABIC = "فازت تيلدا بالسباق عام 1897. كان الطقس باردا؟ نعم، جدا."


def pair(quote, *, text=TEXT, question="Who?", answer="somebody", source="final.txt", **changed):
    passage = Passage(
        id=f"{source}#0-{len(text)}", source=source, theme="", text=text, start=0, end=len(text), tokens=1
    )
    made = make_pair(
        passage, question=question, answer=answer, quote=quote, prompt="write-pairs@1", model="scripted"
    )
    return made.model_copy(update=changed)


def measured(*pairs, text=TEXT, declared=()):
    coverage = measure_coverage({"final.txt": text}, pairs, declared)
    return coverage, coverage.documents[0]


def uncovered(*pairs, **options):
    return [sentence.text for sentence in measured(*pairs, **options)[0].uncovered]


def test_a_sentence_is_covered_when_a_quote_overlaps_it():
    coverage, document = measured(pair("won the 1897 rowing final"), pair("Odo Pym came second"))
    assert [one.text for one in coverage.uncovered] == [SECOND]
    [left] = coverage.uncovered
    assert TEXT[left.start : left.end] == left.text
    assert (document.sentences, document.covered, document.declared) == (3, 2, 0)
    assert document.share == coverage.share == 2 / 3


@pytest.mark.parametrize(
    ("quote", "left"),
    [
        ("Marrow Bridge. S", [THIRD]),
        ("Marrow Bridge. ", [SECOND, THIRD]),
        (". She", [FIRST, THIRD]),
        (". ", [FIRST, SECOND, THIRD]),
        ("Bridge. She rowed the mile in 6:02. Odo", []),
        (TEXT, []),
        ("", [FIRST, SECOND, THIRD]),
        ("a quote that is nowhere", [FIRST, SECOND, THIRD]),
    ],
)
def test_an_overlap_has_at_least_one_letter_or_digit(quote, left):
    assert uncovered(pair(quote)) == left


def test_a_number_is_covered_when_question_or_answer_of_a_pair_of_its_sentence_has_it():
    _, none = measured(pair(FIRST), pair(SECOND, answer="in six minutes"))
    assert (none.numbers, none.numbers_covered) == (4, 0)
    year = pair(FIRST, question="Who won the 1897 final?", answer="Tilda Vance")
    elsewhere = pair(SECOND, question="Who was four seconds behind?", answer="Odo Pym")
    _, some = measured(year, elsewhere)
    assert (some.numbers, some.numbers_covered) == (4, 1)
    _, answered = measured(pair(SECOND, answer="6:02"))
    assert answered.number_share == 1 / 4


def test_a_name_is_covered_when_question_or_answer_of_a_pair_of_its_sentence_has_it():
    _, none = measured(pair(FIRST))
    assert none.names >= 3
    assert none.names_covered == 0
    _, one = measured(pair(FIRST, answer="Tilda Vance"), pair(SECOND, answer="Odo Pym"))
    assert one.names_covered == 1
    _, all_ = measured(
        pair(FIRST, question="Who won at Marrow Bridge?", answer="Tilda Vance"), pair(THIRD, answer="Odo Pym")
    )
    assert all_.name_share == 1


def test_declared_sentences_count_towards_the_share_and_keep_their_reason():
    declared = [
        Declared(
            source="final.txt", start=TEXT.index(SECOND), end=TEXT.index(SECOND) + len(SECOND), reason="x"
        )
    ]
    coverage, document = measured(pair(FIRST), declared=declared)
    assert (document.covered, document.declared) == (1, 1)
    assert [one.text for one in coverage.uncovered] == [THIRD]
    assert coverage.declared == tuple(declared)
    assert coverage.share == 2 / 3


def test_a_pair_wins_over_a_declaration():
    declared = Declared(source="final.txt", start=0, end=len(FIRST), reason="x")
    coverage, document = measured(pair(FIRST), declared=[declared])
    assert (document.covered, document.declared, coverage.declared) == (1, 0, ())


@pytest.mark.parametrize(
    ("start", "end", "counted"),
    [(0, len(FIRST), 1), (0, len(FIRST) - 1, 1), (0, len(FIRST) - 2, 0), (1, len(FIRST), 0), (0, 999, 3)],
)
def test_a_declaration_holds_for_the_sentences_it_has_wholly(start, end, counted):
    declared = Declared(source="final.txt", start=start, end=end, reason="x")
    coverage, document = measured(declared=[declared])
    assert document.declared == counted
    assert len(coverage.declared) == bool(counted)


def test_declaring_a_sentence_twice_counts_once():
    declared = Declared(source="final.txt", start=0, end=len(FIRST), reason="x")
    coverage, document = measured(declared=[declared, declared])
    assert document.declared == len(coverage.declared) == 1


def test_wordings_of_a_fact_count_once_and_none_that_is_elsewhere():
    canonical = pair(FIRST, question="Who won in 1897?")
    wording = canonical.model_copy(update={"id": "w", "form": "rephrased", "question": "The winner?"})
    assert measured(canonical, wording) == measured(canonical)
    foreign = pair(FIRST, source="other.txt")
    assert measured(foreign) == measured()


def test_pairs_with_offsets_beyond_the_text_do_no_harm():
    _, document = measured(pair(FIRST, start=5_000, end=5_010), pair(THIRD, start=120, end=9_999, fact="b"))
    assert document.covered == 1


def test_each_document_has_its_own_counts_and_the_total_is_their_sum():
    texts = {"final.txt": TEXT, "empty.txt": "", "ja.txt": JAPANESE}
    known = [pair(FIRST), pair("観客は８，４１２人", text=JAPANESE, source="ja.txt", answer="8,412人")]
    coverage = measure_coverage(texts, known)
    assert [one.source for one in coverage.documents] == [*texts]
    assert [one.covered for one in coverage.documents] == [1, 0, 1]
    assert coverage.total.sentences == 6
    assert coverage.share == 2 / 6
    assert coverage.documents[1].share == 1
    assert coverage.documents[2].numbers_covered == 1


def test_of_nothing_everything_is_covered():
    nothing = measure_coverage({}, [pair(FIRST)])
    assert nothing == Coverage()
    assert (nothing.share, nothing.number_share, nothing.name_share) == (1, 1, 1)
    assert measure_coverage({"a": " \n"}, []).documents[0].share == 1


def test_the_shares_of_a_document_are_parts_of_a_whole():
    document = DocumentCoverage(
        source="a",
        characters=900,
        sentences=8,
        covered=3,
        declared=1,
        numbers=4,
        numbers_covered=1,
        names=5,
        names_covered=4,
    )
    assert (document.share, document.number_share, document.name_share) == (0.5, 0.25, 0.8)
    assert DocumentCoverage.model_validate_json(document.model_dump_json()) == document


def test_japanese_sentences_are_covered_like_others():
    assert uncovered(pair("千艘浜球技場", text=JAPANESE), text=JAPANESE) == [
        "観客は８，４１２人だった。",
        "早瀬森湊が先制点を決めた。",
    ]


def test_right_to_left_text_is_covered_like_others():
    [first, *others] = [one.text for one in sentences(ARABIC, source="final.txt")]
    assert others
    assert uncovered(pair(first, text=ARABIC), text=ARABIC) == others


def test_one_sentence_is_covered_or_not():
    one = "Tilda Vance won in 1897."
    assert uncovered(text=one) == [one]
    assert uncovered(pair("Vance", text=one), text=one) == []


def test_of_sentences_that_are_all_the_same_only_the_quoted_one_is_covered():
    text = "It won the race. " * 50
    second = text.index("It won", 1)
    known = pair("It won the race.", text=text).model_copy(update={"start": second, "end": second + 16})
    left = measured(known, text=text)[0].uncovered
    assert len(left) == 49
    assert second not in [one.start for one in left]


WORDS = st.lists(
    st.sampled_from(["Boat 7 won.", "!!", "He.", "  ", "ok", "。", "船が勝った。", "\n\n"]), max_size=12
)


@settings(max_examples=200, deadline=None)
@given(WORDS.map(" ".join), st.integers(-3, 60), st.integers(0, 60))
def test_what_a_place_touches_and_holds_is_what_counting_letters_says(text, start, length):
    found = sentences(text, source="a")
    end = start + length
    places = SentencePlaces(found)

    def letters(low, high):
        return {place for place in range(max(low, 0), min(high, len(text))) if text[place].isalnum()}

    span = letters(start, end)
    assert [*places.touched(start, end)] == [
        n for n, one in enumerate(found) if letters(one.start, one.end) & span
    ]
    assert [*places.held(start, end)] == [
        n for n, one in enumerate(found) if letters(one.start, one.end) <= span
    ]


def big_document(least):
    lines = []
    size, number = 0, 0
    while size < least:
        line = f"Boat {number} of Ida Molnar won race {number % 977} of the regatta at Pellisport in 1931."
        lines.append(line)
        size += len(line) + 1
        number += 1
    return " ".join(lines), lines


@pytest.mark.parametrize("quoted", ["its sentence", "the document"])
def test_many_pairs_take_time_in_proportion_however_much_they_quote(quoted):
    def made(size):
        text, lines = big_document(size)
        base = pair("Boat 0", text=text, question="Whose was it in 1877?", answer="Odo Pym")
        known, start = [], 0
        for number, line in enumerate(lines):
            place = {"start": start, "end": start + len(line)}
            if quoted == "the document":
                place = {"start": 0, "end": len(text)}
            if number % 2:
                known.append(base.model_copy(update={**place, "fact": str(number)}))
            start += len(line) + 1
        return text, lines, known

    def measure(document):
        text, lines, known = document
        _, found = measured(*known, text=text)
        assert found.sentences == len(lines)
        assert found.covered == (len(lines) // 2 if quoted == "its sentence" else len(lines))

    assert growth(measure, 25_000, made) < PROPORTION
