"""A report card and a comparison in a notebook: HTML that needs nothing else and runs nothing.

Colours are taken from the page around it or stand out from light and dark ground alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import pairwise

from qagen.evaluation.figures import GLOSSARY
from qagen.evaluation.showing import layout
from qagen.evaluation.showing.layout import Bar, Chart, Lines, Part, Sheet, Table, one_line

_STYLE = """<style>
.qagen-card { max-width: 60rem; line-height: 1.45; overflow-wrap: anywhere; text-align: left; }
.qagen-card .says { font-size: 1.15em; font-weight: 600; margin: .4em 0 1em; }
.qagen-card h4 { margin: 1.4em 0 .5em; font-size: 1em; text-align: left; }
.qagen-card p { margin: .4em 0; }
.qagen-card small, .qagen-card .quiet { opacity: .75; }
.qagen-card table { border-collapse: collapse; width: 100%; margin: 0; font-size: .95em; }
.qagen-card td, .qagen-card th { padding: .2em .7em .2em 0; text-align: left; vertical-align: top; border: 0;
  background: none; color: inherit; font-weight: 400; white-space: normal; max-width: none; }
.qagen-card thead th { white-space: nowrap; opacity: .75; border-bottom: 1px solid rgba(128, 128, 128, .5); }
.qagen-card tbody tr { background: none; border: 0; }
.qagen-card tbody + tbody .of { padding-top: .7em; }
.qagen-card .of { font-weight: 600; }
.qagen-card .name { width: 16em; padding-left: 1em; }
.qagen-card .chief { font-weight: 600; }
.qagen-card .number { text-align: right; white-space: nowrap; width: 1%; font-variant-numeric: tabular-nums; }
.qagen-card .line { vertical-align: middle; min-width: 8em; }
.qagen-card .track { display: flex; height: .7em; background: rgba(128, 128, 128, .22); border-radius: 2px;
  overflow: hidden; }
.qagen-card .track i { background: #8294a8; height: 100%; }
.qagen-card .chief .track i { background: #3484d4; }
.qagen-card .track i + i { opacity: .7; }
.qagen-card .track i + i + i { opacity: .4; }
.qagen-card .warnings { border-left: 3px solid #d08a1d; margin: 1.4em 0; padding: .1em 0 .1em 1em; }
.qagen-card .warnings h4 { margin-top: .2em; }
</style>"""
_LEGEND = (
    "Bars: dark, at least this much, with 95 % confidence; lighter, up to the share; lightest, up to the "
    "interval's end."
)


def as_html(sheet: Sheet) -> str:
    """A sheet as HTML: the same as in the terminal, but the warnings follow the sentence."""
    inside = [
        f'<p class="says">{_text_html(sheet.sentence)}</p>',
        _warnings_html(sheet.warnings),
        *(_part_html(part) for part in sheet.parts),
        f'<p class="quiet">{_LEGEND}</p>' if any(isinstance(part, Chart) for part in sheet.parts) else "",
        *(f'<p class="quiet">{_text_html(one)}</p>' for one in sheet.footer),
        f'<p class="quiet">Words explained: <a href="{GLOSSARY}">docs/glossary.md</a></p>',
    ]
    return f'{_STYLE}<div class="qagen-card">{"".join(inside)}</div>'


def _part_html(part: Part) -> str:
    if isinstance(part, Chart):
        return _chart_html(part)
    return _lines_html(part) if isinstance(part, Lines) else _table_html(part)


def _warnings_html(texts: Iterable[str]) -> str:
    lines = "".join(f"<p>{_text_html(text)}</p>" for text in texts)
    return f'<div class="warnings"><h4>Warnings</h4>{lines}</div>' if lines else ""


def _table_html(table: Table) -> str:
    head = "".join(f'<th scope="col">{_text_html(one)}</th>' for one in table.heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{_text_html(cell, 300)}</td>' for cell in row)}</tr>" for row in table.rows
    )
    more = f'<p class="quiet">{_text_html(table.more)}</p>' if table.more else ""
    inside = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f"<h4>{_text_html(table.title)}</h4><table>{inside}</table>{more}"


def _text_html(text: str, most: int = 2000) -> str:
    return escape(one_line(text, most))


def _chart_html(chart: Chart) -> str:
    bodies = [
        f"<tbody>{_title_html(group.title)}{''.join(_bar_html(bar) for bar in group.bars)}</tbody>"
        for group in chart.groups
    ]
    more = f'<p class="quiet">and {chart.more} more</p>' if chart.more else ""
    return f"<h4>{_text_html(chart.title)}</h4><table>{''.join(bodies)}</table>{more}"


def _title_html(title: str) -> str:
    return f'<tr><th class="of" colspan="5" scope="rowgroup">{_text_html(title)}</th></tr>' if title else ""


def _bar_html(bar: Bar) -> str:
    rate = bar.rate
    ends = (0.0, rate.low, rate.share, rate.high)
    widths = [100 * max(0.0, high - low) for low, high in pairwise(ends)]
    line = "".join(f'<i style="width:{width:.2f}%"></i>' for width in widths)
    return (
        f'<tr{" class=chief" if bar.strong else ""}><th class="name" scope="row">{_text_html(bar.name)}</th>'
        f'<td class="line"><div class="track" aria-hidden="true">{line}</div></td>'
        f'<td class="number">{layout.share(rate)}</td><td class="number">{layout.interval(rate)}</td>'
        f'<td class="number"><small>{rate.right}/{rate.asked}</small></td></tr>'
    )


def _lines_html(figures: Lines) -> str:
    rows = "".join(
        f'<tr><th class="name" scope="row">{_text_html(name)}</th><td>{_text_html(said)}</td></tr>'
        for name, said in figures.lines
    )
    return f"<h4>{_text_html(figures.title or 'Figures')}</h4><table><tbody>{rows}</tbody></table>"
