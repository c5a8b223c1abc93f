"""The page as a file: what stands in it, and what cannot get out of it."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from reported import BRIDGE, HOSTILE, RACE, Reader, dataset, pair

from qagen import QADataset
from qagen.errors import RunFolderError
from qagen.llm.ledger import Ledger
from qagen.pairs.provenance import Provenance, keep_provenance
from qagen.records import Coverage, Declared, Dropped, Failure, Leak, Step, Usage
from qagen.report import figures, page
from qagen.report.page import write_report

GLOSSARY = "https://github.com/qagen/qagen/tree/main/docs/glossary.md"
STYLE = (Path(page.__file__).parent / "page.css").read_text("utf-8")


def report(made, tmp_path):
    return Reader(write_report(made, tmp_path / "report.html").read_text("utf-8"))


def test_the_figures_stand_in_the_page_without_javascript(tmp_path):
    made = dataset(
        steps=[Step(name="fill gaps", before=2, after=3, seconds=75, note="2 rounds")],
        usage=Usage(calls=5, asked=4, input_tokens=1200, output_tokens=300, cost=0.4211),
        failures=[Failure(source="scan.pdf", state="no_text", detail="Pictures only.")],
        passages=3,
        leaks=(),
    )
    text = report(made, tmp_path).text
    for said in (
        "5 pairs about 4 facts from 2 documents.",
        "Passages ? 3 of 2 documents",
        "Coverage ? 66.6 % 3 of 6 sentences covered, 1 without a fact",
        "Dropped ? 2 2 reasons",
        "quote not found 1",
        "Conflicts ? 1 kept out",
        "Leaks ? 0 nothing asked is trained",
        "Cost ? $0.4211 5 calls, 4 asked now",
        "Tokens ? 1,500 1,200 read, 300 written",
        "fill gaps 2 3 0 0 – 1 min 15 s 2 rounds",
        "1 source or passage gave nothing",
        "no_text scan.pdf : Pictures only.",
        "Pairs per passage",
    ):
        assert said in text, said


def test_the_head_tells_how_the_dataset_was_made_and_what_is_wrong_with_its_writer(tmp_path):
    small = [one.model_copy(update={"model": "local:qwen2.5-coder-1.5b"}) for one in dataset()]
    folder = dataset().replace(small).save(tmp_path / "run")
    models = {
        "write": "local:qwen2.5-coder-1.5b",
        "fill gaps": "local:qwen2.5-coder-1.5b",
        "review": "gpt-6-sol",
    }
    line = "qagen generate races --out run --reviewer openai:gpt-6-sol"
    with Ledger(folder / "ledger.sqlite") as ledger:
        told = Provenance(command=line, date="2026-12-01 06:46", version="0.9.1", models=models)
        keep_provenance(ledger, told)
    head = report(QADataset.load(folder), tmp_path).text.partition("Figures")[0]
    for said in (
        "about one in three of its pairs is wrong",
        "5 pairs about 4 facts from 2 documents. The figures say what is covered and kept, not whether",
        "Models local:qwen2.5-coder-1.5b (write, fill gaps), gpt-6-sol (review)",
        "Date 2026-12-01 06:46 UTC",
        "Version qagen 0.9.1",
        f"Command {line}",
        "Documents race.txt , 橋 & '川'.txt",
    ):
        assert said in head, said
    assert head.index("is wrong") < head.index("5 pairs about")


def test_many_documents_are_folded_and_a_strong_writer_needs_no_caution(tmp_path):
    texts = {f"{number}.txt": RACE for number in range(300)}
    pairs = [
        pair(n, "Who won?", "Tilda Vance", "Tilda Vance", texts=texts, source=f"{n}.txt") for n in range(300)
    ]
    read = report(QADataset(pairs, texts=texts), tmp_path)
    assert "Model scripted Documents 300: 0.txt and more 0.txt 1.txt" in read.text
    assert "199.txt and 100 more" in read.text
    assert "Written by" not in read.text


@pytest.mark.parametrize(
    ("dropped", "conflicts", "said"),
    [
        ((), 0, "Conflicts ? 0 no two kept pairs were found to contradict each other"),
        (
            ("two_answers", "turned_round"),
            0,
            "Conflicts ? 2 dropped none is left open; reasons: two answers,",
        ),
        (
            ("two_answers",),
            1,
            "Conflicts ? 1 kept out of training until resolved; 1 more dropped: two answers",
        ),
        (("duplicate",), 0, "Conflicts ? 0 "),
    ],
)
def test_no_conflicts_is_not_said_where_pairs_were_dropped_for_one(tmp_path, dropped, conflicts, said):
    gone = [Dropped(pair=pair(6, "Who won?", "Ada", ""), reason=reason) for reason in dropped]
    made = dataset(dropped=gone, conflicts=dataset().conflicts[:conflicts])
    assert said in report(made, tmp_path).text


def test_what_costs_nothing_has_no_price(tmp_path):
    free = Usage(calls=1, asked=1, input_tokens=9, output_tokens=1, cost=0.0)
    steps = [Step(name="write", before=0, after=5, usage=free), Step(name="gates", before=5, after=5)]
    text = report(dataset(usage=free, steps=steps), tmp_path).text
    assert "Cost ? free 1 call" in text
    assert "write 0 5 1 10 free" in text
    assert "$" not in text
    assert "Cost ? unknown" in report(dataset(usage=Usage(calls=1, cost=None)), tmp_path).text


def test_headings_are_pieces_of_their_own_with_their_level(tmp_path):
    code = "```\n# not one\n```"
    text = f"# Boats #\n\nShe won in 1897.\n\n## The *bridge*\n\n{code}\n\nCost\n----\nIt was high.\n"
    made = QADataset(
        [pair(1, "When?", "1897", "She won in 1897.", texts={"a.md": text}, source="a.md")],
        texts={"a.md": text},
    )
    pieces = report(made, tmp_path).data["documents"][0]["pieces"]
    assert [piece for piece in pieces if piece[0] == "heading"] == [
        ["heading", "# Boats #", 1],
        ["heading", "## The *bridge*", 2],
        ["heading", "Cost\n----", 2],
    ]
    assert "".join(piece if isinstance(piece, str) else piece[1] for piece in pieces) == text


@pytest.mark.parametrize(("passages", "folded"), [(5, True), (6, False)])
def test_plots_of_a_handful_of_passages_are_folded(tmp_path, passages, folded):
    assert ("of so few passages" in report(dataset(passages=passages), tmp_path).text) is folded


def test_every_pair_is_listed_and_a_wording_does_not_repeat_its_fact(tmp_path):
    rows = report(dataset(), tmp_path).data["pairs"]
    assert [row["id"] for row in rows] == ["id1", "id2", "id3", "id4", "id5"]
    wording = rows[1]
    assert wording == {
        "id": "id2",
        "question": "The 1897 final was won by ____.",
        "form": "cloze",
        "part": "probe",
        "fact": 0,
    }


def test_pairs_point_at_their_sentences_behind_characters_a_browser_counts_twice(tmp_path):
    data = report(dataset(), tmp_path).data
    sentences = [[piece for piece in one["pieces"] if isinstance(piece, list)] for one in data["documents"]]
    of = {row["id"]: row.get("at") for row in [*data["pairs"], *data["dropped"]]}
    assert of == {
        "id1": [0, 0],
        "id2": None,
        "id3": [1, 1],
        "id4": [0, 0],
        "id5": None,
        "id6": None,
        "id7": [1, 1],
    }
    assert sentences[0][1] == ["covered", "She rowed the mile in 6:02."]
    assert sentences[0][2] == ["declared", "Nothing more is to be said.", "it says nothing"]
    assert [sentence[0] for sentence in sentences[0]] == ["covered", "covered", "declared", "uncovered"]
    assert [sentence[0] for sentence in sentences[1]] == ["covered", "uncovered"]


def test_the_pieces_of_a_document_are_all_of_it(tmp_path):
    for one, text in zip(report(dataset(), tmp_path).data["documents"], (RACE, BRIDGE), strict=True):
        assert "".join(piece if isinstance(piece, str) else piece[1] for piece in one["pieces"]) == text


def test_a_sentence_that_is_declared_and_asked_about_counts_as_covered(tmp_path):
    told = Declared(source="race.txt", start=0, end=len(RACE), reason="nothing here")
    made = dataset(coverage=Coverage(declared=(told,)))
    pieces = report(made, tmp_path).data["documents"][0]["pieces"]
    states = [piece[0] for piece in pieces if isinstance(piece, list)]
    assert states == ["covered", "covered", "declared", "declared"]


def test_coverage_is_measured_when_nobody_did(tmp_path):
    read = report(dataset(coverage=None), tmp_path)
    assert "Coverage ? 50 % 3 of 6 sentences covered" in read.text


def test_a_dataset_without_texts_says_so_and_lists_its_pairs(tmp_path):
    data = report(dataset(texts={}, coverage=None), tmp_path).data
    assert [one["without"] for one in data["documents"]] == [
        "The dataset does not keep the text of this source."
    ] * 2
    assert len(data["pairs"]) == 5


def test_an_empty_dataset_has_a_page(tmp_path):
    read = report(QADataset([]), tmp_path)
    assert "0 pairs about 0 facts from 0 documents." in read.text
    assert "Leaks ? – not divided yet" in read.text
    assert read.data["pairs"] == []


def test_a_persons_edits_stand_beside_their_pairs(tmp_path):
    folder = dataset(run=None).save(tmp_path / "run")
    QADataset.load(folder).edit("id3", answer="six minutes two", note="as the board had it")
    rows = {row["id"]: row for row in report(QADataset.load(folder), tmp_path).data["pairs"]}
    assert rows["id3"]["edit"] == ["change", "as the board had it"]
    assert "edit" not in rows["id1"]


def test_a_run_folder_names_the_page(tmp_path):
    folder = dataset().save(tmp_path / "regatta <b>")
    read = report(QADataset.load(folder), tmp_path)
    assert "regatta <b> – qagen report" in read.text
    assert (
        "".join(
            piece if isinstance(piece, str) else piece[1] for piece in read.data["documents"][0]["pieces"]
        )
        == RACE
    )


def hostile():
    texts = {HOSTILE: HOSTILE}
    wild = pair(
        1, HOSTILE, HOSTILE, HOSTILE, texts=texts, source=HOSTILE, extra={HOSTILE: HOSTILE}, language=HOSTILE
    )
    return QADataset(
        [wild],
        texts=texts,
        dropped=[Dropped(pair=wild, reason=HOSTILE, detail=HOSTILE)],
        failures=[Failure(source=HOSTILE, state=HOSTILE, detail=HOSTILE)],
        steps=[Step(name=HOSTILE, before=0, after=1, note=HOSTILE)],
        leaks=[Leak(trained=HOSTILE, asked=HOSTILE, kind="near", similarity=1)],
    )


def test_what_a_document_holds_stays_text(tmp_path):
    read = report(hostile(), tmp_path)
    assert [attributes for tag, attributes in read.tags if tag == "script"] == [
        {"type": "application/json", "id": "data"},
        {},
    ]
    assert not [tag for tag, _ in read.tags if tag == "img"]
    assert not [name for _, attributes in read.tags for name in attributes if name.startswith("on")]
    assert read.data["pairs"][0]["question"] == HOSTILE
    assert "{{ 7*7 }}" in read.text


def test_the_block_of_data_has_no_sign_that_ends_it():
    assert not re.search("[<>&\u2028\u2029\ud800-\udfff]", page.json_block([HOSTILE]))
    assert json.loads(page.json_block([HOSTILE])) == [HOSTILE]


def test_only_the_style_and_script_of_the_package_may_run(tmp_path):
    read = report(dataset(), tmp_path)
    [policy] = [a["content"] for tag, a in read.tags if tag == "meta" and a.get("http-equiv")]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert not [a for _, a in read.tags if a.get("style")]
    sources = [a["src"] for _, a in read.tags if a.get("src")]
    targets = {(tag, a["href"].split("#")[0]) for tag, a in read.tags if a.get("href")}
    assert sources == []
    assert targets == {("a", ""), ("link", "data:,"), ("a", GLOSSARY)}  # a link asks nothing by itself


def test_the_page_is_written_whole_or_not_at_all(tmp_path):
    with pytest.raises(RunFolderError, match="nowhere"):
        write_report(dataset(), tmp_path / "nowhere" / "report.html")
    assert write_report(dataset(), str(tmp_path / "r.html")) == tmp_path / "r.html"
    assert [one.name for one in tmp_path.iterdir()] == ["r.html"]


def test_the_same_dataset_gives_the_same_page(tmp_path):
    first, second = (write_report(dataset(), tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert first == second


def test_ids_and_labels_of_the_page_fit_together(tmp_path):
    read = report(dataset(), tmp_path)
    ids = [a["id"] for _, a in read.tags if a.get("id")]
    assert len(ids) == len(set(ids))
    named = [a[name] for _, a in read.tags for name in ("aria-labelledby", "for") if a.get(name)]
    links = [a["href"][1:] for tag, a in read.tags if tag == "a" and a["href"].startswith("#")]
    assert set(named) | set(links) <= set(ids)


@pytest.mark.parametrize(
    ("question", "form", "kind"),
    [
        ("Who won the 1897 final?", "canonical", "who"),
        ("In which year was the bridge widened?", "canonical", "when"),
        ("How many guineas was the prize?", "canonical", "how many"),
        ("Is it true that the man who won was Odo?", "canonical", "yes or no"),
        ("Name the winner.", "canonical", "other"),
        ("優勝したのは誰ですか。", "canonical", "who"),
        ("橋は何年に拡幅されましたか。", "canonical", "when"),
        ("工事は何年間続きましたか。", "canonical", "how many"),
        ("参加者は何人でしたか。", "canonical", "how many"),
        ("オド・ピムは勝ちましたか？", "canonical", "yes or no"),
        ("賞品は何でしたか。", "canonical", "what"),
        ("____ won.", "cloze", "fill the gap"),
        ("", "canonical", "other"),
    ],
)
def test_a_question_is_of_the_type_it_asks_for(question, form, kind):
    assert figures.question_type(pair(1, question, "x", "", form=form)) == kind


@pytest.mark.parametrize(
    ("question", "word"),
    [("«Who won?»", "who"), ("1897: who won?", "who"), ("מי ניצחה?", "מי"), ("橋はいつ", None), ("7?", None)],
)
def test_first_words_are_those_of_scripts_with_spaces(question, word):
    assert figures.first_word(question) == word


def test_the_plots_count_every_pair_once():
    pairs = [pair(n, "x" * (n % 90), "y" * 10 ** (n % 6), "", passage=f"p{n % 7}") for n in range(1, 500)]
    plots = {plot.title: plot for plot in figures.draw_plots(pairs, 9)}
    for title in ("Length of the questions", "Length of the answers", "Question types"):
        assert sum(count for _, count in plots[title].rows) == 499, title
        assert len(plots[title].rows) <= 13
    assert plots["Pairs per passage"].rows[0] == ("0–9", 2)
    assert sum(count for _, count in plots["Pairs per passage"].rows) == 9


def test_a_plot_says_what_it_shows_to_those_who_do_not_see_it(tmp_path):
    read = report(dataset(), tmp_path)
    pictures = [a for tag, a in read.tags if tag == "svg" and a.get("role") == "img"]
    assert [a["aria-label"].split(".")[0] for a in pictures] == [
        "Pairs per passage",
        "Length of the questions",
        "Length of the answers",
        "Question types",
        "First words",
    ]
    assert unescape(read.text).count("As a table") == 5


# ---------------------------------------------------------------------------- colours

LIGHT, DARK = (dict(re.findall(r"--([\w-]+): (#\w{6});", part)) for part in STYLE.split("@media", 2)[:2])
TEXT_ON = [
    *(("ink", ground) for ground in ("ground", "card", "tag", "covered", "uncovered", "here")),
    *(("muted", ground) for ground in ("ground", "card", "tag")),
    *(("accent", ground) for ground in ("ground", "card", "covered")),
    *(("alarm", ground) for ground in ("card",)),
    *(("uncovered-line", ground) for ground in ("uncovered",)),
    ("on-accent", "accent"),
]
LINES_ON = [
    ("edge", "card"),
    ("edge", "ground"),
    ("covered-line", "card"),
    ("bar", "card"),
    ("uncovered-line", "card"),
]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("least", "sign", "ground"), [*((4.5, *both) for both in TEXT_ON), *((3.0, *both) for both in LINES_ON)]
)
def test_colours_can_be_told_apart(palette, least, sign, ground):
    lighter, darker = sorted((luminance(palette[sign]), luminance(palette[ground])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= least


def luminance(colour):
    """Relative luminance, as WCAG 2.2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
