"""What the page says of an evaluation: figures, pictures, wrong answers, and what cannot be read."""

from __future__ import annotations

import json
import re

import pytest
from browser import open_browser
from evaluated import card, probe, result
from reported import HOSTILE, Reader, dataset

from qagen import QADataset
from qagen.evaluation.showing.layout import Bar, Chart, Group
from qagen.records import Leak
from qagen.report.evaluation import find_section
from qagen.report.page import write_report
from qagen.report.rates import draw_rates
from qagen.tuning.record import TuningRecord, write_record


def page(made, tmp_path, data=None):
    file = write_report(data or dataset(), tmp_path / "report.html", evaluation=made)
    return Reader(file.read_text("utf-8"))


def links(read):
    return [one["href"] for tag, one in read.tags if tag == "a" and one["href"].startswith("#")]


def pictures(read):
    """What the pictures of the section say to those who do not see them."""
    return [a["aria-label"] for tag, a in read.tags if tag == "svg" and "rates" in a.get("class", "")]


def test_the_section_says_what_was_learnt_without_javascript(tmp_path):
    made = card()
    text = page(made, tmp_path).text
    assert "Did the model learn it?" in text
    assert made.sentence in text
    for said in (
        "Recovery 67–100 % of what the passage at hand gives the base model, the tuned model has without it",
        "tuned 49–94 % unseen wording: 8 of 10 about 10 facts, too few for one share",
        "base with the passage 60–98 %",
        "base with retrieval 60–98 %",
        "Words explained: docs/glossary.md",
        "Forgotten or gained −10.0 points on general questions: 100 % before, 90 % after",
        "2 facts not known every time by tuned",
        "P: how high is tower 8?",
        "8 metres tuned says something else 1 of 2",
        "agrees with what counted here on 19 of 20",
        "60 questions, 30 facts.",
    ):
        assert said in text, said


def test_a_recovery_on_many_questions_is_a_share_and_at_most_all(tmp_path):
    """Of 100 questions the base model answers 63 with the passage at hand, and the tuned model 90 without."""
    probes = tuple(probe("P", number) for number in range(100))
    asked = {("base", "closed"): 0, ("tuned", "closed"): 90, ("base", "passage"): 63}
    results = tuple(
        result(model, one, right=at < right, condition=condition)
        for (model, condition), right in asked.items()
        for at, one in enumerate(probes)
    )
    text = page(card(probes=probes, results=results), tmp_path).text
    assert "Recovery 100 % or more of what the passage at hand gives the base model, the tuned model" in text
    assert "tuned 90 % [83–94] unseen wording: 90 of 100" in text
    assert "143" not in text.partition("Question-answer pairs")[0]


def test_every_warning_of_the_card_stands_in_the_section(tmp_path):
    leaked = card(leaks=[Leak(trained="x", asked="P1", kind="near", similarity=0.9)])
    text = page(leaked, tmp_path).text
    assert {one.code for one in leaked.warnings} >= {"leak", "forgetting", "invented", "small_sample"}
    for warning in leaked.warnings:
        assert str(warning) in text


def test_the_section_comes_first_and_is_linked(tmp_path):
    read = page(card(), tmp_path)
    assert links(read)[:3] == ["#main", "#evaluation", "#figures"]
    sections = [one["id"] for tag, one in read.tags if tag == "section"]
    assert sections[0] == "evaluation"


def test_every_picture_has_a_name_and_a_table_of_its_numbers(tmp_path):
    read = page(card(), tmp_path)
    shown = pictures(read)
    assert [one.split(" (")[0].rstrip(". ") for one in shown] == [
        "Answered right with nothing at hand",
        "With the text at hand",
        "By document, worst first",
        "By kind of answer",
        "By number of trained wordings",
    ]
    assert read.text.count("Asked Model Right 95 % Count") == 1
    assert read.text.count("Asked Right 95 % Count") == len(shown) - 1
    assert "tuned 80 % [49–94] 8 of 10" in read.text


def bars(text):
    """Start, end and kind of every bar of the first picture, track included."""
    svg = text.split('class="plot rates"', 1)[1].split("</svg>")[0]
    found = re.findall(r'<rect class="([a-z ]+)" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', svg)
    strokes = re.findall(r'<line class="interval" x1="([\d.]+)" x2="([\d.]+)"', svg)
    return [(kind, float(x), float(width)) for kind, x, width in found], [
        tuple(map(float, one)) for one in strokes
    ]


def test_bars_are_as_long_as_the_shares_and_intervals_stay_on_the_track(tmp_path):
    text = write_report(dataset(), tmp_path / "r.html", evaluation=card()).read_text("utf-8")
    drawn, strokes = bars(text)
    tracks, shares = drawn[::2], drawn[1::2]
    assert {kind for kind, *_ in tracks} == {"track"}
    assert [kind for kind, *_ in shares] == ["bar beside", "bar"] * 6
    [whole] = {width for _, _, width in tracks}
    told = [round(width / whole, 2) for _, _, width in shares]
    assert told == [0, 1, 0, 0.8, 0, 0.6, 0.1, 0.2, 0, 0.5, 1, 0.9]
    start = tracks[0][1]
    assert all(start <= low <= high <= start + whole + 0.1 for low, high in strokes)


def test_a_page_without_an_evaluation_says_nothing_of_one(tmp_path):
    folder = dataset().save(tmp_path / "run")
    read = Reader(write_report(QADataset.load(folder), folder / "r.html").read_text("utf-8"))
    assert "#evaluation" not in links(read)
    assert "Did the model" not in read.text


def test_the_evaluation_of_a_run_folder_is_found(tmp_path):
    folder = dataset().save(tmp_path / "run")
    card().save(folder)
    read = Reader(write_report(QADataset.load(folder), folder / "r.html").read_text("utf-8"))
    assert card().sentence in read.text
    given = write_report(QADataset.load(folder), folder / "g.html", evaluation=card())
    assert given.read_bytes() == (folder / "r.html").read_bytes()


@pytest.mark.parametrize(
    ("kept", "is_told"),
    [
        ({"training_sha256": "new"}, False),
        ({"training_sha256": "old"}, True),
        ({"epochs": 8}, True),
        ({}, False),
    ],
)
def test_an_evaluation_from_before_the_last_tuning_is_told_on_top(tmp_path, kept, is_told):
    folder = dataset().save(tmp_path / "run")
    record = TuningRecord(
        provider="local",
        base_model="base",
        training_file="train.jsonl",
        training_sha256="new",
        details={"epochs": 3},
    )
    write_record(folder, record)
    card(training={"base_model": "base", **kept}).save(folder)
    section = find_section(folder)
    assert section.warnings[0].startswith("This evaluation was made before") == is_told
    assert len(section.warnings) == len(card().warnings) + is_told


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("P: unseen wording · 9 questions", ["P: unseen wording · 9 questions"]),
        (
            "P: unseen wording · 1,000 questions about 250 facts",
            ["P: unseen wording · 1,000 questions", "about 250 facts"],
        ),
        (
            "U: unanswerable twin (right: it says that it does not know) · 40 questions about 9 facts",
            [
                "U: unanswerable twin · 40 questions",
                "(right: it says that it does not know)",
                "about 9 facts",
            ],
        ),
    ],
)
def test_how_much_was_asked_is_never_cut_from_a_picture(title, lines):
    bar = Bar("tuned", card().rate("tuned", "P"))
    svg = draw_rates(Chart("Right", (Group(title, (bar,)),)))
    assert re.findall(r'<text[^>]* class="(?:group|name)"[^>]*>([^<]+)<', svg)[: len(lines)] == lines


def newer(text):
    return text.replace("qagen-evaluation@1", "qagen-evaluation@9")


def unknown_model(text):
    return json.dumps({**json.loads(text), "tuned": "nobody"})


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda text: text[: len(text) // 2], "not a report card"),
        (lambda _: "", "not a report card"),
        (lambda _: "[]", "not a report card"),
        (newer, "of this version"),
        (lambda text: json.dumps({**json.loads(text), "mood": "good"}), "mood"),
        (unknown_model, "nobody"),
    ],
    ids=["half", "empty", "list", "newer", "unknown field", "unknown model"],
)
def test_an_evaluation_that_cannot_be_read_does_not_stop_the_page(tmp_path, damage, says):
    folder = dataset().save(tmp_path / "run")
    card().save(folder)
    file = folder / "evaluation.json"
    file.write_text(damage(file.read_text("utf-8")), "utf-8")
    read = Reader(write_report(QADataset.load(folder), folder / "r.html").read_text("utf-8"))
    assert "The evaluation of this run folder cannot be shown: " in read.text
    assert says in read.text
    assert len(read.data["pairs"]) == 5


def test_an_evaluation_that_is_a_folder_does_not_stop_the_page(tmp_path):
    folder = dataset().save(tmp_path / "run")
    (folder / "evaluation.json").mkdir()
    read = Reader(write_report(QADataset.load(folder), folder / "r.html").read_text("utf-8"))
    assert "cannot be shown" in read.text


def hostile():
    one = probe("P", 1, question=HOSTILE, answers=(HOSTILE,), source=HOSTILE, language=HOSTILE, fact=HOSTILE)
    other = probe("P", 2, source="b.txt")
    names = ("base", HOSTILE)
    wrong = [result(name, one, right=False, reply=HOSTILE) for name in names]
    failed = [result(name, other, right=False, reply="", failure=HOSTILE) for name in names]
    return card(
        probes=(one, other),
        results=(*wrong, *failed),
        models=names,
        tuned=HOSTILE,
        judge=HOSTILE,
        notes=(HOSTILE,),
        training={HOSTILE: HOSTILE},
        conditions=("closed",),
    )


def test_what_a_model_answers_stays_text(tmp_path):
    read = page(hostile(), tmp_path)
    assert len([tag for tag, _ in read.tags if tag == "script"]) == 2
    assert not [tag for tag, _ in read.tags if tag == "img"]
    assert not [name for _, one in read.tags for name in one if name.startswith("on") or name == "style"]
    assert "<img src=x onerror=alert(2)>" in read.text
    assert "{{ 7*7 }}" in read.text


def test_ids_and_labels_fit_together_with_an_evaluation(tmp_path):
    read = page(card(), tmp_path)
    ids = [one["id"] for _, one in read.tags if one.get("id")]
    assert len(ids) == len(set(ids))
    named = [one["aria-labelledby"] for _, one in read.tags if one.get("aria-labelledby")]
    assert {*named, *(link[1:] for link in links(read))} <= set(ids)


def test_a_card_of_one_model_and_one_of_nothing_have_a_section(tmp_path):
    probes = tuple(probe("P", number) for number in range(3))
    answered = tuple(result("mine", one, right=True) for one in probes)
    alone = card(probes=probes, results=answered, models=("mine",), base=None, tuned=None)
    text = page(alone, tmp_path).text
    assert alone.sentence in text
    assert "Recovery – it takes a base and a tuned model" in text
    assert "not known every time" not in text
    empty = card(probes=(), results=(), models=(), base=None, tuned=None)
    assert empty.sentence in page(empty, tmp_path).text


def large(facts=200):
    """Two answers a fact, most of them wrong and long, about 40 documents in two scripts."""
    names = [f"{'資料' if n % 2 else 'a long name of a document, number'} {n}.txt" for n in range(40)]
    probes = [probe("P", n, source=names[n % 40], fact=f"f{n}") for n in range(facts)]
    results = [
        result(model, one, right=n % 5 == 0, reply="so and so on " * 100)
        for model in ("base", "tuned")
        for n, one in enumerate(probes)
    ]
    return card(probes=tuple(probes), results=tuple(results), conditions=("closed",), audit=None)


def test_of_many_failed_facts_the_first_200_are_listed(tmp_path):
    file = write_report(dataset(), tmp_path / "r.html", evaluation=large(2500))
    text = Reader(file.read_text("utf-8")).text
    assert "2,000 facts not known every time by tuned" in text
    assert "The first 200 of 2,000 are listed here" in text
    assert text.count("so on so and so") > 200
    assert "so and so on …" not in text
    assert file.stat().st_size < 400_000


# ---------------------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser():
    with open_browser() as opened:
        yield opened


@pytest.fixture
def visit(browser, tmp_path):
    """Opens the page of a card; at the end nothing may have been said on the console."""
    said, contexts = [], []

    def opened(made, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        view = context.new_page()
        view.set_default_timeout(5000)
        view.on("console", lambda message: said.append(message.text))
        view.on("pageerror", lambda error: said.append(str(error)))
        view.on("dialog", lambda dialog: said.append(dialog.message))
        view.goto(write_report(dataset(), tmp_path / "report.html", evaluation=made).as_uri())
        return view

    yield opened
    for context in contexts:
        context.close()
    assert said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("made", [large, hostile], ids=["large", "hostile"])
def test_the_section_fits_a_phone(visit, scheme, made):
    view = visit(made(), viewport={"width": 375, "height": 700}, color_scheme=scheme)
    for summary in view.locator("#evaluation summary").all():
        summary.click()
    assert view.evaluate("document.documentElement.scrollWidth") == 375


def test_what_a_picture_writes_stays_inside_and_apart(visit):
    view = visit(large(), viewport={"width": 1200, "height": 800})
    outside = """[...document.querySelectorAll('.rates')].flatMap((svg) => {
        const box = svg.getBoundingClientRect();
        const texts = [...svg.querySelectorAll('text')].map((one) => one.getBoundingClientRect());
        const out = texts.filter((one) => one.left < box.left - 1 || one.right > box.right + 1);
        const over = texts.filter((one, at) => texts.some((two, other) => other > at
            && one.left < two.right - 1 && two.left < one.right - 1
            && one.top < two.bottom - 6 && two.top < one.bottom - 6));
        return [...out, ...over].map((one) => `${one.left} ${one.top}`);
    })"""
    assert view.evaluate(outside) == []


def test_printed_the_folded_tables_are_open(visit):
    view = visit(card(), viewport={"width": 800, "height": 800})
    cell = view.locator("#evaluation td", has_text="tuned says something else").first
    assert not cell.is_visible()
    view.emulate_media(media="print")
    assert cell.is_visible()


def test_the_table_of_failed_facts_is_reached_by_keys(visit):
    view = visit(card())
    view.locator("#evaluation .block-table summary").focus()
    view.keyboard.press("Enter")
    view.keyboard.press("Tab")
    assert view.evaluate("document.activeElement.getAttribute('aria-labelledby')") == "missed-title"
    assert view.get_by_role("region", name="facts not known every time").is_visible()
