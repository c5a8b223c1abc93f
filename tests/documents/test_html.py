"""Pages of HTML: the article as a reader sees it, its tables, raised signs and formulas; the rest is told."""

from __future__ import annotations

import pytest

from qagen import load_documents

pytest.importorskip("bs4")


def page(tmp_path, markup, *, name="page.html", **options):
    path = tmp_path / name
    path.write_bytes(markup if isinstance(markup, bytes) else markup.encode())
    [document] = load_documents(path, **options)
    return document


def text(tmp_path, markup, **options):
    return page(tmp_path, markup, **options).page_content.strip()


def kinds(document):
    return {one["kind"]: one["count"] for one in document.metadata.get("warnings", [])}


def table(text):
    """The rows of the one Markdown table of a text, without the rule."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [rows[0], *rows[2:]]


# What is seen


@pytest.mark.parametrize(
    "unseen",
    [
        '<p style="display:none">Secret 9999</p>',
        '<p style="color:red; DISPLAY : none !important">Secret 9999</p>',
        '<p style="visibility:hidden">Secret 9999</p>',
        "<p hidden>Secret 9999</p>",
        '<div hidden="until-found"><p>Secret 9999</p></div>',
        "<template><p>Secret 9999</p></template>",
        "<noscript>Secret 9999</noscript>",
        "<script>var price = 9999</script>",
        "<style>.a:before{content:'9999'}</style>",
        "<!-- Secret 9999 -->",
        "<dialog>Secret 9999</dialog>",
        '<span class="sr-only">Secret 9999</span>',
        "<svg><text>9999</text></svg>",
        "<select><option>9999</option><option>12</option></select>",
        "<button>Buy for 9999</button>",
        "<textarea>9999</textarea>",
        "<iframe>9999</iframe>",
        "<del>9999</del>",
        "<s>9999</s>",
        "<strike>9999</strike>",
        '<span style="text-decoration: line-through">9999</span>',
        "<style>.old, #x {display:none}</style><p class=old>9999</p><p id=x>9999</p>",
        "<style>@media screen { p.old {display:none} }</style><p class=old>9999</p>",
    ],
)
def test_what_nobody_sees_is_left_out(tmp_path, unseen):
    found = text(tmp_path, f"<h1>Ferry</h1><p>It leaves at 07:40 {unseen} from pier 3.</p><p>It is blue.</p>")
    assert "9999" not in found
    assert "It leaves at 07:40" in found
    assert "from pier 3." in found
    assert "It is blue." in found


@pytest.mark.parametrize(
    "seen",
    [
        "<style>@media print { p {display:none} }</style><p>Seen 12</p>",
        "<style>.tab {display:none} .tab.open {display:block}</style><p class='tab open'>Seen 12</p>",
        "<style>.no-js .x:hover {display:none}</style><p class=x>Seen 12</p>",
        "<details><summary>More</summary><p>Seen 12</p></details>",
        "<dialog open>Seen 12</dialog>",
        "<ins>Seen 12</ins>",
        "<div class='menu'><h2>Starters</h2><p>Seen 12</p></div>",
        "<div class='cookie-recipe'><p>Seen 12 cookies.</p></div>",
    ],
)
def test_what_is_seen_stays(tmp_path, seen):
    assert "Seen 12" in text(tmp_path, f"<main><h1>Ferry</h1><p>It leaves at 07:40.</p>{seen}</main>")


def test_what_was_left_out_is_told(tmp_path):
    document = page(
        tmp_path,
        "<nav><a href=/>Home</a></nav><main><h1>Ferry</h1><p>It costs <del>40</del> 45 kroner.</p>"
        "<p hidden>99</p></main><footer>Terms</footer>",
    )
    assert kinds(document) == {"deleted": 1, "hidden": 1, "page_parts": 2}
    [told] = [one["detail"] for one in document.metadata["warnings"] if one["kind"] == "page_parts"]
    assert told == "2 parts around the article left out: footer, menu"
    assert document.page_content.strip() == "# Ferry\n\nIt costs 45 kroner."


# The article

AROUND = """<!doctype html><html><head><title>Ferry times</title></head><body>
<a class="skip-link" href="#main">Skip to content</a>
<div id="cookie-consent" class="banner"><p>We use cookies 111. <button>Accept</button></p></div>
<header class="site-header"><a href="/">Acme 222</a><ul class="menu"><li><a href="/a">Home 333</a></li>
<li><a href="/b">Prices</a></li></ul><form role="search"><input><label>Search 444</label></form></header>
<nav aria-label="breadcrumb"><ol><li><a href="/">Start 555</a></li><li>Ferry</li></ol></nav>
%s
<aside><h3>Related 666</h3><a href="/x">10 best beaches</a></aside>
<div class="newsletter-signup"><p>Subscribe to our newsletter 777</p></div>
<footer><p>© 2025 Example Ltd 888</p><ul><li><a href="/t">Terms</a></li></ul></footer></body></html>"""
ARTICLE = (
    "<h1>Ferry times</h1><p>The ferry leaves at 07:40 from pier 3, and the crossing takes 35 minutes.</p>"
    "<table><tr><th>Class</th><th>Fee</th></tr><tr><td>Junior</td><td>12 euros</td></tr></table>"
    "<ul><li>Dogs travel free.</li><li>Bicycles cost 5 euros.</li></ul>"
)


@pytest.mark.parametrize(
    "around",
    [
        "<main>%s</main>",
        "<article>%s</article>",
        '<div role="main">%s</div>',
        '<div id="content">%s</div>',
        "<main><article><header><p>By Odd</p></header>%s<footer>Updated in May</footer></article></main>",
    ],
)
def test_the_article_is_read_and_what_is_around_it_is_not(tmp_path, around):
    document = page(tmp_path, AROUND % (around % ARTICLE))
    for noise in ("111", "222", "333", "444", "555", "666", "777", "888", "Skip to", "Accept"):
        assert noise not in document.page_content
    for kept in ("# Ferry times", "pier 3", "| Junior | 12 euros |", "- Dogs travel free."):
        assert kept in document.page_content
    if "Odd" in around:
        assert "By Odd" in document.page_content
        assert "Updated in May" in document.page_content


@pytest.mark.parametrize(
    "around",
    [
        '<div id="footer">© 2025 Example Ltd 999. Terms, privacy</div>',
        '<div class="nav">Home 999 | About</div>',
        '<div class="top-navigation"><span>Home 999</span></div>',
        "<div><p>We use cookies 999 to improve your visit.</p><a href=x>Accept all</a></div>",
        '<div class="cc-window">This website uses cookies 999. Got it</div>',
        '<div role="dialog"><p>Wir verwenden Cookies 999.</p></div>',
        '<section class="related-articles"><a href=x>Ten beaches 999</a></section>',
        '<div class="siteFooter"><a href=x>Terms 999</a></div>',
        '<ul class="breadcrumbs"><li>Home 999</li><li>Ferry</li></ul>',
        '<div class="ads">Buy boats 999</div>',
        "<div><a href=1>Home 999</a> <a href=2>News</a> | <a href=3>Contact</a></div>",
        "<form action=/go><label for=q>Find 999</label><input id=q><button>Go</button></form>",
    ],
)
def test_what_is_around_a_page_without_marks_is_found_by_name(tmp_path, around):
    article = "<h1>Ferry</h1><p>It leaves at 07:40 from pier 3, and the crossing takes 35 minutes.</p>"
    for markup in (f"{around}<div>{article}</div>", f"<div>{article}</div>{around}"):
        assert text(tmp_path, markup) == (
            "# Ferry\n\nIt leaves at 07:40 from pier 3, and the crossing takes 35 minutes."
        )


def test_the_whole_page_is_read_on_request(tmp_path):
    found = text(tmp_path, AROUND % f"<main>{ARTICLE}<p hidden>9999</p></main>", whole_page=True)
    for kept in ("111", "222", "333", "555", "666", "777", "888", "pier 3"):
        assert kept in found
    assert "9999" not in found


def test_a_title_outside_the_main_part_is_kept(tmp_path):
    markup = "<header><img alt=Logo><h1>Ferry times</h1></header><main><p>It leaves at 07:40.</p></main>"
    assert text(tmp_path, markup) == "# Ferry times\n\nIt leaves at 07:40."


def test_lists_of_links_around_an_unmarked_page_are_menus_but_a_page_of_links_is_kept(tmp_path):
    links = "<ul><li><a href=1>Home</a></li><li><a href=2>News</a></li><li><a href=3>About</a></li></ul>"
    assert text(tmp_path, f"{links}<h1>Ferry</h1><p>It leaves at 07:40.</p>{links}") == (
        "# Ferry\n\nIt leaves at 07:40."
    )
    assert "- News" in text(tmp_path, links)
    assert "- News" in text(tmp_path, f"<h1>Sites</h1>{links}<p>End.</p>")


def test_a_page_that_is_all_navigation_is_read_all_the_same(tmp_path):
    assert "- Home" in text(tmp_path, "<nav><ul><li><a href=1>Home</a></li><li>Two</li></ul></nav>")


# Signs


@pytest.mark.parametrize(
    ("markup", "written"),
    [
        ("10<sup>6</sup> joules", "10⁶ joules"),
        ("10<sup>-3</sup> m", "10⁻³ m"),
        ("10<sup>&minus;12</sup> m", "10⁻¹² m"),
        ("12 m<sup>2</sup>; 3 km<sup>3</sup>", "12 m²; 3 km³"),
        ("x<sup>n</sup> (a+b)<sup>2</sup>", "xⁿ (a+b)²"),
        ("10<sup>6.5</sup> e<sup>−x/2</sup>", "10^(6.5) e^(−x/2)"),
        ("H<sub>2</sub>O, CO<sub>2</sub>, Ca<sup>2+</sup>", "H₂O, CO₂, Ca²⁺"),
        ("<sup>14</sup>C is old", "¹⁴C is old"),
        ("C<sub>max</sub> is 5", "C_max is 5"),
        ("the 1<sup>st</sup>, the XIX<sup>e</sup>", "the 1st, the XIXe"),
        ("M<sup>me</sup> Vance, n<sup>o</sup> 4", "Mme Vance, no 4"),
        ('in 1931<sup><a href="#n1">1</a></sup>', "in 1931[1]"),
        ('in 1931<sup class="reference"><a href="#cite-1">[1]</a></sup>', "in 1931[1]"),
        ('in 1931<a href="#fn2"><sup>2</sup></a>', "in 1931[2]"),
        ('12 euros<sup id="fnref:3" class="footnote-ref">3</sup>', "12 euros[3]"),
        ("in 1931<sup>1</sup> at 412<sup>2</sup>", "in 1931[1] at 412²"),
        ("the treaty<sup>3</sup> ended.<sup>4</sup>", "the treaty[3] ended.[4]"),
        ("条約<sup>3</sup>は", "条約[3]は"),
        ("12.4<sup>a</sup> and 13.1<sup>b</sup>", "12.4[a] and 13.1[b]"),
        ("Apple<sup>TM</sup> 5<sup>*</sup>", "Apple™ 5*"),
        ("the <ruby>東京<rp>(</rp><rt>とうきょう</rt><rp>)</rp></ruby>の人口", "the 東京の人口"),
        ("<ruby>東京<rt>とうきょう</rt></ruby>の人口", "東京の人口"),
        ("<ruby>漢<rt>かん</rt>字<rt>じ</rt></ruby>を", "漢字を"),
        ("She said <q>no</q>.", "She said “no”."),
        ("12&nbsp;euros per per&shy;son", "12 euros per person"),
        ("un<em>believ</em>able <b>bold </b>word <i></i>end", "unbelievable **bold** word end"),
        ("<b><i>both</i></b> 12<b>34</b>", "***both*** 1234"),
        ("See <a href='https://example.org/99'>the manual</a>.", "See the manual."),
        ('<img src="a99.png" alt="Map of pier 3"><img src="b.png" alt="b.png">', "![Map of pier 3]()"),
        ("one<br>two", "one\ntwo"),
        ("<code>a &lt; b</code> is code", "`a < b` is code"),
    ],
)
def test_a_line_is_written_as_it_is_read(tmp_path, markup, written):
    assert text(tmp_path, f"<main><p>{markup}</p></main>") == written


@pytest.mark.parametrize(
    ("markup", "written"),
    [
        ("<msup><mi>x</mi><mn>2</mn></msup><mo>+</mo><mn>1</mn>", "x² + 1"),
        ("<mfrac><mn>1</mn><mn>2</mn></mfrac>", "1/2"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>", "(a + b)/2"),
        ("<mn>2</mn><mfrac><mn>1</mn><mn>3</mn></mfrac>", "2 1/3"),
        ("<msqrt><mn>2</mn></msqrt><mroot><mn>8</mn><mn>3</mn></mroot>", "√2³√8"),
        ("<msub><mi>x</mi><mn>1</mn></msub><msubsup><mi>y</mi><mi>i</mi><mn>2</mn></msubsup>", "x₁y_i²"),
        (
            "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>",
            "∑_(i = 1)ⁿ",
        ),
        (
            (
                "<semantics><mrow><mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup></mrow>"
                '<annotation encoding="application/x-tex">E=mc^2</annotation></semantics>'
            ),
            "E = mc²",
        ),
        (
            (
                "<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mn>3</mn></mtd>"
                "<mtd><mn>4</mn></mtd></mtr></mtable>"
            ),
            "[1, 2; 3, 4]",
        ),
        ("<mn>6.022</mn><mo>×</mo><msup><mn>10</mn><mn>23</mn></msup>", "6.022 × 10²³"),
    ],
)
def test_a_formula_is_written_in_a_line(tmp_path, markup, written):
    assert text(tmp_path, f"<p>So <math>{markup}</math> holds.</p>") == f"So {written} holds."


def test_of_a_formula_that_stands_there_twice_the_readable_one_stays(tmp_path):
    math = "<math><mi>E</mi><mo>=</mo><mn>5</mn></math>"
    drawn = '<span class="katex-html">E5E</span>'
    katex = f'<span class="katex"><span class="katex-mathml">{math}</span>{drawn}</span>'
    wiki = f'<span class="mwe-math-element"><span style="display: none;">{math}</span><img alt="E=5"></span>'
    tex = '<script type="math/tex">E = 5</script>'
    assert (
        text(tmp_path, f"<p>One {katex} two {wiki} three {tex}.</p>") == "One E = 5 two E = 5 three $E = 5$."
    )


# Tables


def test_spanned_cells_repeat_their_value(tmp_path):
    markup = (
        "<table><tr><th>Region</th><th>Class</th><th>Fee</th></tr><tr><td rowspan=2>North</td><td>Junior</td>"
        "<td>12 euros</td></tr><tr><td>Senior</td><td>30 euros</td></tr><tr><td>South</td>"
        "<td colspan=2>closed</td></tr></table>"
    )
    assert table(text(tmp_path, markup)) == [
        ["Region", "Class", "Fee"],
        ["North", "Junior", "12 euros"],
        ["North", "Senior", "30 euros"],
        ["South", "closed", "closed"],
    ]


def test_a_head_of_two_rows_becomes_one_and_the_caption_is_a_line_before(tmp_path):
    markup = (
        "<table><caption>Table 2: Fees</caption><thead><tr><th rowspan=2>City</th><th "
        "colspan=2>2024</th></tr>"
        "<tr><th>Fee</th><th>Fine</th></tr></thead><tfoot><tr><td>All</td><td>3</td><td>6</td></tr></tfoot>"
        "<tbody><tr><th>Ulm</th><td>1</td><td>2</td></tr><tr><th>Kiel</th><td>2</td><td>4"
        "</td></tr></tbody></table>"
    )
    found = text(tmp_path, markup)
    assert found.startswith("Table 2: Fees\n\n| City |")
    assert table(found) == [
        ["City", "2024 Fee", "2024 Fine"],
        ["Ulm", "1", "2"],
        ["Kiel", "2", "4"],
        ["All", "3", "6"],
    ]


def test_a_first_row_in_bold_is_a_head_and_headless_cells_stay(tmp_path):
    first = "<tr><td><b>Region</b></td><td><strong>Fee</strong></td></tr>"
    rows = f"{first}<tr><td>North</td><td><b>12</b></td></tr>"
    assert text(tmp_path, f"<table>{rows}</table>") == "| Region | Fee |\n| --- | --- |\n| North | **12** |"


def test_a_table_in_a_cell_is_told_in_its_cell(tmp_path):
    inner = "<table><tr><td>Junior</td><td>12</td></tr><tr><td>Senior</td><td>30</td></tr></table>"
    markup = f"<table><tr><th>Region</th><th>Fees</th></tr><tr><td>North</td><td>{inner}</td></tr></table>"
    assert table(text(tmp_path, markup)) == [["Region", "Fees"], ["North", "Junior: 12; Senior: 30"]]


def test_a_table_that_only_lays_out_the_page_is_no_table(tmp_path):
    markup = (
        "<table><tr><td><h2>Left</h2><p>One.</p></td><td><p>Two.</p></td></tr></table>"
        "<table role=presentation><tr><td>Three.</td><td>Four.</td></tr></table>"
    )
    assert text(tmp_path, markup) == "## Left\n\nOne.\n\nTwo.\n\nThree.\n\nFour."


def test_cells_keep_items_apart_and_bars_escaped(tmp_path):
    markup = (
        "<table><tr><th>A</th><th>B</th></tr><tr><td><ul><li>one</li><li>two</li></ul></td>"
        "<td>x<br>y | z <b>bold</b></td></tr></table>"
    )
    assert text(tmp_path, markup).splitlines()[-1] == "| one; two | x y \\| z **bold** |"


# Lists, terms, code


def test_lists_are_counted_as_the_page_shows_them(tmp_path):
    markup = (
        "<ol start=7><li>Seven</li><li>Eight<ul><li>in</li></ul></li><li value=20>Twenty</li></ol>"
        "<ol type=a><li>first<li>second</ol><ol type=I><li>one</li></ol>"
    )
    assert text(tmp_path, markup) == (
        "7. Seven\n8. Eight\n   - in\n20. Twenty\n\n- a. first\n- b. second\n\n- I. one"
    )


def test_terms_stand_with_what_is_said_of_them(tmp_path):
    markup = "<dl><dt>Captain</dt><dd>Odd Lervik</dd><div><dt>Mate:</dt><dd>Ann</dd><dd>Bo</dd></div></dl>"
    assert text(tmp_path, markup) == "- Captain: Odd Lervik\n- Mate: Ann\n- Mate: Bo"


def test_code_and_quotations_stay_what_they_are(tmp_path):
    code = '<pre><code class="language-python">x = 1\n  y = 2</code></pre>'
    markup = f"{code}<blockquote><p>So it is.</p></blockquote>"
    assert text(tmp_path, markup) == "```python\nx = 1\n  y = 2\n```\n\n> So it is."


# Files


def test_xhtml_with_elements_that_are_closed_at_once_is_read_to_the_end(tmp_path):
    markup = (
        '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/>'
        '<script src="x"/></head>'
        "<body><p>One <a id='x'/>two &#8364; 5.</p><m:math xmlns:m='m'><m:mn>7</m:mn></m:math></body></html>"
    )
    assert text(tmp_path, markup, name="page.xhtml") == "One two € 5.\n\n7"


def test_elements_a_thousand_deep_are_read(tmp_path):
    assert "Deep 12" in text(tmp_path, "<div>" * 3000 + "Deep 12")


def test_a_bad_byte_of_a_page_is_told(tmp_path):
    document = page(tmp_path, "<meta charset=utf-8><p>Die Brücke ist alt.</p>".encode() + b"<p>Stra\xdfe</p>")
    assert document.page_content.strip() == "Die Brücke ist alt.\n\nStra\ufffde"
    assert kinds(document) == {"replaced": 1}
