"""The page in a real browser: found, filtered, followed by mouse and by keys, on a phone, in the dark."""

import pytest
from browser import open_browser
from reported import RACE, dataset, pair

from qagen import QADataset
from qagen.records import Step, Usage
from qagen.report.page import write_report


@pytest.fixture(scope="module")
def browser():
    with open_browser() as opened:
        yield opened


@pytest.fixture
def visit(browser, tmp_path):
    """Opens the page of a dataset; at the end nothing may have been said on the console or asked for."""
    said, asked, contexts = [], [], []

    def opened(made, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        view = context.new_page()
        view.set_default_timeout(5000)
        view.on("console", lambda message: said.append(message.text))
        view.on("pageerror", lambda error: said.append(str(error)))
        view.on("dialog", lambda dialog: said.append(dialog.message))
        view.on("request", lambda request: asked.append(request.url))
        file = write_report(made, tmp_path / "report.html")
        view.goto(file.as_uri())
        asked.remove(file.as_uri())
        return view

    yield opened
    for context in contexts:
        context.close()
    assert said == []
    assert [url for url in asked if url != "data:,"] == []


def questions(view):
    return view.locator("#cards h3").all_inner_texts()


def focused(view):
    return view.evaluate("document.activeElement.textContent")


def test_a_sentence_leads_to_its_pairs_and_a_pair_back_to_its_sentence(visit):
    view = visit(dataset())
    view.locator("#documents").get_by_text("race.txt", exact=True).click()
    view.get_by_role("link", name="She rowed the mile in 6:02.").click()
    assert questions(view) == ["In what time was the 1897 mile rowed?"]
    assert focused(view) == "1 of 5 kept pairs"
    assert view.locator("#chosen-sentence").inner_text() == "She rowed the mile in 6:02."
    view.get_by_role("button", name="Show all pairs").click()
    assert len(questions(view)) == 4
    view.locator("#conflicts .to-text").last.click()
    assert focused(view) == "The winner of 1898 was Odo Pym."
    view.locator("#cards .to-text").last.click()
    assert focused(view) == "橋は一九〇三年に拡幅された。"
    assert view.locator(".here").count() == 1


def test_the_text_shows_what_is_covered_and_what_is_not(visit):
    view = visit(dataset())
    view.locator("#documents").get_by_text("race.txt", exact=True).click()
    reader = view.get_by_role("region", name="Text of race.txt")
    assert reader.inner_text() == RACE.replace("said. ", "said.no fact: it says nothing ")
    assert reader.locator(".uncovered").all_inner_texts() == ["The winner of 1898 was Odo Pym."]
    marker = "getComputedStyle(document.querySelector('.reader .uncovered'), '::before').content"
    assert "not covered" in view.evaluate(marker)
    view.get_by_role("button", name="Next uncovered sentence").click()
    assert focused(view) == "The winner of 1898 was Odo Pym."


def test_headings_are_shown_as_headings_and_are_no_sentences(visit):
    text = "# Boats #\n\nShe won in 1897.\n\nThe cost\n---\n\nIt was 40 guineas.\n"
    second = pair(2, "How much?", "40 guineas", "It was 40 guineas.", texts={"a.md": text}, source="a.md")
    view = visit(QADataset([second], texts={"a.md": text}))
    assert view.get_by_role("heading", name="Boats", level=3, exact=True).count() == 1
    assert view.get_by_role("heading", name="The cost", level=4, exact=True).count() == 1
    assert view.locator(".document .counts").inner_text() == "1 of 2 sentences covered, 1 not covered"
    view.locator("#cards .to-text").click()
    assert focused(view) == "It was 40 guineas."


def test_the_answer_is_marked_in_its_quote_where_it_stands_there_in_whole_words(visit):
    said = {
        "Of 1,012 boats 12.5 % and 112 sank, 12 of them in May.": ("12", "[12] of them in May."),
        "In 1897 Tilda\nVance won.": ("tilda  vance.", "In 1897 [Tilda\nVance] won."),
        "Written in C++ (1.0).": ("c++ (1.0)", "Written in [C++ (1.0)]."),
        "橋は一九〇三年に拡幅された。": ("一九〇三年", "橋は[一九〇三年]に拡幅された。"),
        "A draw.": ("Odo Pym", "A draw."),
    }
    text = "\n\n".join(said)
    pairs = [
        pair(number, "What?", answer, quote, texts={"a": text}, source="a")
        for number, (quote, (answer, _)) in enumerate(said.items())
    ]
    view = visit(QADataset(pairs, texts={"a": text}))
    assert view.locator("#cards .quote").all_inner_texts() == [*said]
    show = "quote => [...quote.childNodes].map(n => n.data ?? `[${n.textContent}]`).join('')"
    for quote, (_, marked) in zip(view.locator("#cards .quote").all(), said.values(), strict=True):
        assert quote.evaluate(show).endswith(marked)


def test_pairs_are_searched_and_filtered(visit):
    view = visit(dataset())
    status = view.locator("#status")
    view.get_by_label("Search").fill("１８９７　VANCE")
    status.filter(has_text="2 of 5 kept pairs about 1 fact").wait_for()
    assert view.locator("#cards .wordings li").count() == 1
    view.get_by_label("Search").fill("vance mile")
    status.filter(has_text="None of 5 kept pairs fits.").wait_for()
    view.get_by_role("button", name="Clear").click()
    for field, choice, found in (
        ("Form", "cloze", ["Who won the 1897 final?"]),
        ("Part", "control", ["How many guineas?"]),
        ("Language", "ja", ["橋はいつ拡幅されましたか。"]),
        ("Source", "橋 & '川'.txt", ["橋はいつ拡幅されましたか。"]),
    ):
        view.get_by_label(field, exact=True).select_option(label=choice)
        assert questions(view) == found
        view.get_by_role("button", name="Clear").click()
    view.get_by_role("radio", name="Dropped 2").check()
    assert questions(view) == ["Who came third?", "What did she do?"]
    view.get_by_label("Reason").select_option(label="quote not found")
    assert view.locator("#cards .detail").all_inner_texts() == ["quote not found Nowhere."]
    figures = view.locator("#figures")
    figures.get_by_role("link", name="not self contained").click()
    assert questions(view) == ["What did she do?"]
    figures.get_by_role("link", name="probe").click()
    assert questions(view) == ["Who won the 1897 final?"]
    figures.get_by_role("link", name="Dropped", exact=True).click()
    assert len(questions(view)) == 2


def test_conflicts_stand_side_by_side(visit):
    view = visit(dataset(), viewport={"width": 1200, "height": 800})
    left, right = (side.bounding_box() for side in view.locator("#conflicts .side").all())
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    assert "The questions name no year." in view.locator("#conflicts").inner_text()


def test_everything_is_reached_by_keys_alone(visit):
    view = visit(dataset())
    view.keyboard.press("Tab")
    assert focused(view) == "Skip to the content"
    view.keyboard.press("Enter")
    assert view.evaluate("document.activeElement.id") == "main"
    press_until(view, "race.txt")
    view.keyboard.press("Enter")
    press_until(view, "She rowed the mile in 6:02.")
    outline = view.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    view.keyboard.press("Enter")
    assert outline == "solid"
    assert focused(view) == "1 of 5 kept pairs"
    view.keyboard.press("Tab")
    assert focused(view) == "race.txt, sentence 2"
    view.keyboard.press("Enter")
    assert focused(view) == "She rowed the mile in 6:02."


def press_until(view, begins):
    for _ in range(60):
        view.keyboard.press("Tab")
        if focused(view).startswith(begins):
            return
    pytest.fail(f"no Tab leads to {begins!r}")


def test_the_caution_and_the_steps_are_read_on_a_phone_without_scrolling_sideways(visit):
    small = [one.model_copy(update={"model": "local:qwen2.5-coder-1.5b"}) for one in dataset()]
    note = "1,915 train, 423 probe, 25 validation, 211 control"
    step = Step(
        name="divide", before=2, after=2574, usage=Usage(calls=51, input_tokens=102618, cost=0.0), note=note
    )
    view = visit(dataset(steps=[step]).replace(small), viewport={"width": 390, "height": 700})
    caution = view.locator(".caution").bounding_box()
    assert caution["y"] + caution["height"] < 700
    assert view.evaluate("document.documentElement.scrollWidth") == 390
    table = view.locator(".steps")
    assert table.evaluate("table => table.scrollWidth <= table.closest('.wide').clientWidth")
    assert table.evaluate("table => table.closest('.wide').scrollWidth <= table.closest('.wide').clientWidth")
    label = "cell => getComputedStyle(cell, '::before').content"
    cost = table.get_by_text("free")
    assert cost.evaluate(label) == '"Cost"'
    assert table.get_by_text(note).bounding_box()["width"] > 300


def test_few_passages_fold_the_plots(visit):
    view = visit(dataset())
    assert not view.locator("#plots svg").first.is_visible()
    view.get_by_text("Show 5 plots").click()
    assert view.locator("#plots svg").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_follows_its_colours(visit, scheme):
    long = "x" * 400
    wide = pair(90, f"Why {long}?", long, "rowed the mile", extra={long: long}, model=long)
    made = dataset()
    view = visit(
        made.replace([*made, wide]),
        viewport={"width": 375, "height": 700},
        color_scheme=scheme,
        has_touch=True,
    )
    for box in view.locator("details.document > summary").all():
        box.click()
    assert view.evaluate("document.documentElement.scrollWidth") == 375
    ground = view.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(250, 250, 248)", "dark": "rgb(19, 22, 25)"}[scheme]


def test_without_javascript_the_figures_are_there_and_nothing_that_does_not_work(visit):
    view = visit(dataset(passages=6), java_script_enabled=False)
    assert view.get_by_text("3 of 6 sentences covered").is_visible()
    assert view.locator("#plots svg").first.is_visible()
    assert not view.locator("#filters").is_visible()


def test_what_a_document_holds_stays_text_in_a_browser(visit):
    wild = "</script><script>alert(1)</script><img src=x onerror=alert(2)> was <b>here</b>."
    texts = {"a'\"><svg onload=alert(3)>.txt": wild}
    [source] = texts
    view = visit(QADataset([pair(1, wild, wild, wild, texts=texts, source=source)], texts=texts))
    assert questions(view) == [wild]
    assert view.locator(".reader").inner_text() == wild
    assert view.locator("img, b b, #cards svg, .reader b").count() == 0
    assert view.locator("script").count() == 2


def test_it_opens_with_20000_pairs_in_seconds(visit):
    line = "In {} the bridge number {} was built by its town."
    texts = {f"{n}.txt": "\n".join(line.format(1000 + k, k) for k in range(100)) for n in range(25)}
    pairs = [
        pair(
            number,
            f"When was bridge {k} of town {source} built? ({wording})",
            str(1000 + k),
            line.format(1000 + k, k),
            texts=texts,
            source=source,
            fact=f"id{number - wording}",
            form="rephrased" if wording else "canonical",
        )
        for number, (source, k, wording) in enumerate(
            (source, k, wording) for source in texts for k in range(100) for wording in range(8)
        )
    ]
    made = QADataset(pairs, texts=texts)
    view = visit(made)
    view.locator("#cards .card").first.wait_for()
    assert view.evaluate("performance.now()") < 8000  # milliseconds; 500 on a quiet machine
    assert view.locator("#status").inner_text() == "20,000 kept pairs about 2,500 facts"
    assert view.locator("#cards .card").count() == 50
    view.get_by_label("Search").fill("town 1077 24.txt")
    view.locator("#status").filter(has_text="8 of 20,000 kept pairs about 1 fact").wait_for()
    view.get_by_role("button", name="Clear").click()
    view.locator("#card-pages").get_by_role("button", name="Next").click()
    assert view.locator("#card-pages span").inner_text() == "51–100 of 2,500"
