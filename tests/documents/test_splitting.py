"""Splitting: the passages tile the document, keep to the bound, and are cut where a reader would pause."""

from __future__ import annotations

import pytest
import regex
from growth import PROPORTION, TIMES, growth
from hypothesis import example, given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_text_splitters import (
    CharacterTextSplitter,
    RecursiveCharacterTextSplitter,
    TextSplitter,
    TokenTextSplitter,
)

from qagen import count_tokens, load_documents, split_documents, token_splitter
from qagen.documents.splitting import stream_passages
from qagen.errors import DocumentError, SettingsError

PIECES = [
    *(
        "The cup was won. ",
        "Dr. Smith scored 3.14 times! ",
        "word ",
        "a",
        "# Title\n",
        "## Part\n\n",
        "\n",
        "\n\n",
        "\r\n",
    ),
    *(
        "決勝は午後に行われた。",
        "「はい。」と言った。",
        "田中が得点した！",
        "、",
        "\u3000",
        "ｶﾞ",
        "が",
        "カ\u3099",
    ),
    *(
        "👨‍👩‍👧‍👦",
        "🇯🇵",
        "🇫🇷",
        "👍🏽",
        "❤️",
        "e\u0301",
        "n\u0303\u0323",
        "\u200d",
        "\ufe0f",
        "क्षि",
        "ที่",
        "한국어",
        "각",
    ),
    *(
        "שלום עולם. ",
        "مرحبا؟ ",
        "<|endoftext|>",
        "<|im_start|>",
        "{text}",
        "}}{{",
        "```\n",
        "| a | b |\n",
        "\t",
        " ",
        "\u2028",
    ),
    *(
        "…",
        "...",
        "\ufeff",
        "\x0b",
        "=====\n",
        "-----\n",
        "~~~\n",
        "'ll",
        "12345678901234567890",
        "\U0010ffff",
        "𠮷",
    ),
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=120).map("".join) | st.text(
    max_size=400
)
SIZES = st.sampled_from([16, 17, 23, 40, 100, 800])


def doc(text, **metadata):
    return Document(text, metadata={"source": "a.md", "theme": "A", **metadata})


def characters(text):
    """Where the characters of a text end, as a reader sees them."""
    return {0, *(match.end() for match in regex.finditer(r"\X", text))}


def assert_cuts_between_characters(text, passages, size):
    allowed = characters(text)
    for passage in passages:
        if passage.end not in allowed:
            start = max(place for place in allowed if place < passage.end)
            end = min(place for place in allowed if place > passage.end)
            assert count_tokens(text[start:end]) > size // 2


@settings(max_examples=250, deadline=None)
@given(TEXTS, SIZES, st.sampled_from([0, 20]))
@example("👨‍👩‍👧‍👦" * 40, 16, 0)
@example("🇯🇵" * 60, 17, 0)
@example("a" + "\u0301" * 200, 16, 0)
@example("# A\n\n## B\n\n" * 20, 16, 0)
@example(" " * 3000 + "x" + "\n" * 3000, 16, 20)
@example("<|endoftext|>" * 30, 16, 0)
def test_the_passages_tile_any_text_within_the_bound(text, size, context):
    passages = split_documents([doc(text)], chunk_size=size, context_tokens=context)
    assert "".join(passage.text for passage in passages) == (text if text.strip() else "")
    end = 0
    for passage in passages:
        assert passage.start == end
        end = passage.end
        assert passage.text == text[passage.start : passage.end] != ""
        assert passage.tokens == count_tokens(passage.text) <= size
        assert count_tokens(passage.context) <= context
        assert text[: passage.start].rstrip().endswith(passage.context)
        assert passage.id == f"a.md#{passage.start}-{passage.end}"
    assert_cuts_between_characters(text, passages, size)


@settings(max_examples=150, deadline=None)
@given(TEXTS, SIZES, st.sampled_from([0.1, 0.25, 0.5]))
@example("🇯🇵" * 60, 17, 0.5)
def test_overlapping_passages_have_exact_offsets_and_cover_any_text(text, size, share):
    overlap = int(size * share)
    passages = split_documents([doc(text)], chunk_size=size, chunk_overlap=overlap, context_tokens=0)
    end = 0
    for before, passage in zip([None, *passages], passages, strict=False):
        assert passage.start <= end < passage.end
        assert before is None or before.start < passage.start
        assert count_tokens(text[passage.start : end]) <= overlap
        assert passage.text == text[passage.start : passage.end]
        assert passage.tokens == count_tokens(passage.text) <= size
        end = passage.end
    assert end == (len(text) if text.strip() else 0)
    assert_cuts_between_characters(text, passages, size)


@settings(max_examples=60, deadline=None)
@given(TEXTS, SIZES)
def test_the_splitter_of_langchain_is_located_exactly(text, size):
    for overlap in (0, size // 4):
        splitter = token_splitter(size, chunk_overlap=overlap)
        for passage in split_documents([doc(text)], splitter=splitter):
            assert passage.text == text[passage.start : passage.end]
            assert passage.tokens == count_tokens(passage.text)


SECTIONS = "\n\n".join(
    f"## Part {n}\n\n" + f"The {n}th crew rowed to the bridge and back. " * 12 for n in range(9)
)


def ends(text, **options):
    return [passage.text for passage in split_documents([doc(text)], **options)][:-1]


def test_a_heading_is_the_best_place_for_a_cut():
    passages = split_documents([doc(SECTIONS)], chunk_size=200)
    assert len(passages) > 3
    assert all(passage.text.startswith("## Part") for passage in passages)
    assert passages[1].section == (passages[1].text.split("\n")[0].removeprefix("## "),)


def test_a_paragraph_is_better_than_a_sentence():
    text = ("One two three. " * 20 + "Four five six.\n\n") * 6
    assert all(piece.endswith("six.\n\n") for piece in ends(text, chunk_size=150))


@pytest.mark.parametrize(
    ("text", "endings"),
    [
        (
            "The crew of Dr. Vance rowed 3.14 miles at 6 a.m. in fog. Mrs. Odell, i.e. the judge, saw it. ",
            ". ",
        ),
        ("決勝は午後に行われた。「はい。」と田中は言った。観客は三万人だった！次は五月か？", "。！？"),
        ("会议在北京举行，一百二十人参加。会议很成功！", "。！"),
        ("यह पहला वाक्य है। यह दूसरा वाक्य है। ", "। "),
        ("هل وصل القطار؟ نعم وصل. ", "؟. "),
        ("He left… She stayed. “Go!” he said. “No,” she said. ", ". …"),
        ("彼は「もう遅い……」\n「まだだ！」\n", "\n」"),
    ],
)
def test_a_cut_falls_on_the_end_of_a_sentence_of_the_script(text, endings):
    pieces = ends(text * 40, chunk_size=60)
    assert len(pieces) >= 5
    for piece in pieces:
        assert piece[-1] in endings
        assert not piece.rstrip().endswith(
            ("Dr.", "3.", "a.m.", "Mrs.", "i.e.", "「はい。」", "「はい。", "“Go!”")
        )


@pytest.mark.parametrize("text", ["word " * 500, "wortlang, " * 300, "言葉、" * 300])
def test_without_sentences_a_cut_falls_on_a_clause_or_a_word(text):
    unit = text[: text.index(text[0], 1)]
    assert all(piece.endswith(unit) for piece in ends(text, chunk_size=50))


def test_a_wrapped_line_is_no_place_to_prefer():
    wrapped = "The crew rowed to the bridge and back while the band was\nplaying. Nobody saw them land."
    assert all(
        piece.endswith(("playing. ", "land.\n")) for piece in ends((wrapped + "\n") * 40, chunk_size=60)
    )


@pytest.mark.parametrize("size", [16, 30, 60, 200])
def test_a_heading_stays_with_the_text_below_it(size):
    text = ("### A section\n\n" + "Some words stand here. " * 9 + "\n\n# Top\n\n## Below\n\nAnd more. ") * 9
    for piece in ends(text, chunk_size=size):
        assert not piece.rstrip().split("\n")[-1].startswith("#")


def test_a_title_without_marks_stays_with_the_text_below_it():
    articles = [f"Article {n}. Of Boats\n\n" + "No boat shall lie here at night. " * 9 for n in range(20)]
    for piece in ends("\n\n".join(articles), chunk_size=200):
        assert piece.endswith("night. \n\n")


def test_a_character_longer_than_a_passage_is_broken_without_tiny_pieces():
    text = "👨\u200d" * 2000
    tokens = [passage.tokens for passage in split_documents([doc(text)], chunk_size=100)]
    assert min(tokens[:-1]) > 50


def test_no_passage_is_tiny_and_the_last_two_share_what_is_left():
    text = "The crew rowed to the bridge and back. " * 100
    tokens = [passage.tokens for passage in split_documents([doc(text)], chunk_size=count_tokens(text) - 5)]
    assert len(tokens) == 2
    assert min(tokens) > 0.3 * sum(tokens)


def test_the_section_is_the_path_of_headings_and_code_has_none():
    text = (
        "Preface.\n\n# Cup\n\nIntro.\n\n```sh\n# no heading\n```\n\nFinal [day](x.html) ##\n-----\n\n"
        + "Words of the final. " * 20
        + "\n\n### *Goals* ###\n\n"
        + "Goal upon goal fell. " * 20
        + "\n\n# C#\n\n"
        + "The end came. " * 20
    )
    paths = {passage.section for passage in split_documents([doc(text)], chunk_size=60)}
    assert paths == {(), ("Cup", "Final day"), ("Cup", "Final day", "Goals"), ("C#",)}


def test_the_context_is_what_stands_before_from_a_sentence_on():
    sentences = [f"Sentence number {n} tells of the crew. " for n in range(200)]
    passages = split_documents([doc("".join(sentences))], chunk_size=100, context_tokens=50)
    assert passages[0].context == ""
    for passage in passages[1:]:
        assert passage.context.startswith("Sentence number")
        assert 30 < count_tokens(passage.context) <= 50
        assert "".join(sentences)[: passage.start].rstrip().endswith(passage.context)
    assert all(not one.context for one in split_documents([doc("".join(sentences))], context_tokens=0))


def test_a_document_of_white_space_has_no_passage():
    assert split_documents([doc(" \n\u3000\t"), doc("")]) == []


def test_documents_without_metadata_get_a_source_and_a_theme():
    [first] = split_documents([Document("# The cup\n\nIt was won.")])
    assert first.source.startswith("text:")
    assert first.theme == "The cup"


def test_pages_that_share_a_source_are_told_apart():
    pages = [
        Document(text, metadata={"source": "r.pdf", "page": n})
        for n, text in enumerate(["One.", "Two.", "Six."])
    ]
    assert [passage.id for passage in split_documents(pages)] == ["r.pdf#0-4", "r.pdf~2#0-4", "r.pdf~3#0-4"]


@pytest.mark.parametrize(
    "options",
    [
        {"chunk_size": 15},
        {"chunk_size": 0},
        {"chunk_overlap": -1},
        {"chunk_overlap": 401},
        {"context_tokens": -1},
    ],
)
def test_sizes_out_of_bounds_are_refused_before_anything_is_read(options):
    with pytest.raises(SettingsError, match=next(iter(options))):
        stream_passages(iter([]), **options)


def test_half_a_surrogate_pair_is_a_clear_error():
    with pytest.raises(DocumentError, match=r"a\.md holds half a surrogate pair at character 2"):
        split_documents([doc("ab\ud83d cd")])


def test_documents_are_read_one_at_a_time():
    read = []
    documents = (read.append(n) or doc(f"Text {n}.", source=f"{n}") for n in range(5))
    passages = stream_passages(documents)
    assert not read
    assert next(passages).text == "Text 0."
    assert read == [0]


@pytest.mark.parametrize(
    "splitter",
    [
        CharacterTextSplitter(separator="\n\n", chunk_size=300, chunk_overlap=0),
        RecursiveCharacterTextSplitter(chunk_size=300, chunk_overlap=100),
        RecursiveCharacterTextSplitter(chunk_size=200, chunk_overlap=50, keep_separator=False),
        token_splitter(60, chunk_overlap=15),
    ],
    ids=["character", "overlap", "separators dropped", "tokens"],
)
@pytest.mark.parametrize(
    "text", [SECTIONS, "All the same. " * 200, "All the same.\n\n" * 200], ids=["sections", "line", "lines"]
)
def test_chunks_of_any_splitter_are_found_in_order(splitter, text):
    passages = split_documents([doc(text)], splitter=splitter)
    assert [passage.text for passage in passages] == [
        chunk for chunk in splitter.split_text(text) if chunk.strip()
    ]
    starts = [passage.start for passage in passages]
    assert starts == sorted(set(starts))
    assert text[passages[-1].end :].strip() == ""


class Shouting(TextSplitter):
    def split_text(self, text):
        return [part.upper() for part in text.split("\n\n")]


class Folding(TextSplitter):
    def split_text(self, text):
        return [" ".join(part.split()) for part in text.split("\n\n")]


def test_a_chunk_that_was_changed_is_an_error_that_names_splitter_document_and_chunk():
    with pytest.raises(DocumentError, match=r"Shouting .* a\.md: its chunk 1 of 2, which begins 'ONE\.'"):
        split_documents([doc("One.\n\nTwo.")], splitter=Shouting())


def test_a_chunk_with_other_white_space_is_found_all_the_same():
    passages = split_documents([doc("One  or\ntwo.\n\nThree   more.")], splitter=Folding())
    assert [passage.text for passage in passages] == ["One  or\ntwo.", "Three   more."]


def test_a_splitter_that_cuts_characters_apart_is_found_out():
    splitter = TokenTextSplitter.__new__(TokenTextSplitter)
    broken = "決勝は午後に行われた。"
    splitter.split_text = lambda text: [text[:3] + "\ufffd"]
    with pytest.raises(DocumentError, match="TokenTextSplitter changed the text"):
        split_documents([doc(broken)], splitter=splitter)


@pytest.mark.parametrize(
    "text",
    [
        "The same sentence stands here again. " * 8000,
        "a" * 250_000,
        "\n" * 150_000 + "x",
        "." * 600_000,
        "🇯🇵" * 30_000,
        "决" * 90_000,
    ],
    ids=["one line", "no space", "blank lines", "dots", "flags", "kanji"],
)
def test_no_text_takes_more_than_linear_time(text):
    whole = text + text[:TIMES]
    assert growth(split_documents, len(text) // TIMES, lambda size: [doc(whole[:size])]) < PROPORTION


ROWS = "\n".join(f"| Lake {n} | {n}.5 | {1900 + n % 90} |" for n in range(200))
HEAD = "| Name | Height | Opened |\n| --- | --- | --- |"


@pytest.mark.parametrize("size", [100, 800])
@pytest.mark.parametrize("context", [20, 300])
def test_every_piece_of_a_table_knows_the_head_of_its_columns(size, context):
    text = f"# Lakes\n\nTable 1: Lakes of the north\n\n{HEAD}\n{ROWS}\n\nThe list ends here.\n"
    passages = split_documents([doc(text)], chunk_size=size, context_tokens=context)
    assert "".join(passage.text for passage in passages) == text
    pieces = [passage for passage in passages[1:] if passage.text.startswith("|")]
    assert len(pieces) >= 3
    for passage in pieces:
        before, head, rows = passage.context.partition(f"Table 1: Lakes of the north\n\n{HEAD}")
        assert head
        assert before.strip() in {"", "# Lakes"}
        assert passage.section == ("Lakes",)
        assert text[: passage.start].rstrip().endswith(rows.strip())


def test_a_table_without_bars_at_its_sides_and_one_after_another_have_their_own_heads():
    rows = "\n".join(f"Lake {n} | {n}.5" for n in range(60))
    text = (
        f"Name | Height\n---|---\n{rows}\n\nOther words.\n\nName | Depth\n:--|--:\n{rows}\n\nThe end of it.\n"
    )
    passages = split_documents([doc(text)], chunk_size=60, context_tokens=10)
    half = text.index("Other words")
    for passage in passages:
        if passage.text.startswith("Lake"):
            head = "Name | Height\n---|---" if passage.start < half else "Name | Depth\n:--|--:"
            assert head in passage.context
        else:
            assert "---" not in passage.context


def test_what_follows_a_table_and_a_reader_without_context_gets_no_head():
    text = f"{HEAD}\n{ROWS}\n\n" + "The lakes were measured in May. " * 200
    passages = split_documents([doc(text)], chunk_size=100, context_tokens=30)
    assert all(
        "Height" not in passage.context for passage in passages if passage.text.startswith("The lakes")
    )
    assert all(not one.context for one in split_documents([doc(text)], chunk_size=100, context_tokens=0))


def test_a_csv_of_two_hundred_rows_is_understood_in_each_passage(tmp_path):
    pytest.importorskip("openpyxl")
    path = tmp_path / "lakes.csv"
    path.write_text("Name,Height,Opened\n" + "\n".join(f"Lake {n},{n}.5,{1900 + n % 90}" for n in range(200)))
    passages = split_documents(load_documents(path))
    assert len(passages) >= 3
    assert all("| Name | Height | Opened |" in passage.context + passage.text for passage in passages)
