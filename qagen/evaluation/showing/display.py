"""A report card and a comparison in the terminal: readable in 80 columns and without colour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from qagen.evaluation.figures import GLOSSARY
from qagen.evaluation.showing import layout
from qagen.evaluation.showing.layout import Bar, Chart, Lines, Part, Sheet, Table, one_line

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.measure import Measurement
    from rich.table import Table as Grid
    from rich.text import Text

    from qagen.evaluation.figures import Rate

_WIDTH = 80
_NARROWEST, _WIDEST = 8, 50  # of a bar, in columns
_MOST_NAME, _MOST_CELL, _MOST_WORDS = 28, 160, 2000  # characters
_LEGEND = "█ at least, with 95 % confidence   ▓ to the share   ░ to the interval's end"


def as_text(sheet: Sheet, *, width: int = _WIDTH) -> str:
    """What would be seen in a terminal of that many columns, without colour."""
    from rich.console import Console

    file = StringIO()
    console = Console(file=file, width=width, color_system=None, force_terminal=False, legacy_windows=False)
    console.print(renderable(sheet))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def renderable(sheet: Sheet) -> RenderableType:
    """A sheet for rich to print: the sentence, bars, figures, tables, warnings."""
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = [Text(one_line(sheet.sentence, _MOST_WORDS), style="bold")]
    charts = [isinstance(part, Chart) for part in sheet.parts]
    for number, part in enumerate(sheet.parts):
        parts.append(_part_shown(part))
        if charts[number] and not any(charts[:number]):
            parts.append(Text(_LEGEND, style="dim"))
    if sheet.warnings:
        parts.append(_warnings_shown(sheet.warnings))
    footer = [*sheet.footer, f"Words explained: {GLOSSARY}"]
    parts.append(Text("\n".join(one_line(one, _MOST_WORDS) for one in footer), style="dim"))
    spaced = [one for part in parts for one in (part, Text())]
    return Group(*spaced[:-1])


def _part_shown(part: Part) -> RenderableType:
    if isinstance(part, Chart):
        return _chart_shown(part)
    return _lines_shown(part) if isinstance(part, Lines) else _table_shown(part)


def _heading_line(text: str) -> Text:
    """A line over a part of what is shown."""
    from rich.text import Text

    return Text(one_line(text), style="bold cyan")


def _chart_shown(chart: Chart) -> RenderableType:
    from rich.cells import cell_len
    from rich.console import Group
    from rich.text import Text

    cells = [(_bar_name(bar), *_bar_numbers(bar)) for group in chart.groups for bar in group.bars]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    parts: list[RenderableType] = [_heading_line(chart.title)]
    for group in chart.groups:
        if group.title:
            parts.append(Text(one_line(group.title)))
        parts.append(_bar_grid(group.bars, widths))
    if chart.more:
        parts.append(Text(f"  and {chart.more} more", style="dim"))
    return Group(*parts)


def _bar_name(bar: Bar) -> str:
    return one_line(bar.name, _MOST_NAME)


def _bar_numbers(bar: Bar) -> tuple[str, str, str]:
    return layout.share(bar.rate), layout.interval(bar.rate), f"{bar.rate.right}/{bar.rate.asked}"


def _bar_grid(bars: Iterable[Bar], widths: Sequence[int]) -> Grid:
    """Bars one under another, beside columns of these widths: so all of a chart line up."""
    from rich.table import Table as Grid
    from rich.text import Text

    table = Grid.grid(padding=(0, 1))
    table.add_column(no_wrap=True, min_width=widths[0] + 2)
    table.add_column()
    for width in widths[1:]:
        table.add_column(no_wrap=True, justify="right", min_width=width)
    for bar in bars:
        style = "bold" if bar.strong else ""
        share, interval, counts = _bar_numbers(bar)
        table.add_row(
            Text(f"  {_bar_name(bar)}", style=style),
            _Bar(bar.rate, strong=bar.strong),
            Text(share, style=style),
            Text(interval),
            Text(counts, style="dim"),
        )
    return table


class _Bar:
    """A bar as wide as there is room: the share, with its interval in lighter shades."""

    def __init__(self, rate: Rate, *, strong: bool) -> None:
        self._rate = rate
        self._style = "cyan" if strong else ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        width = max(_NARROWEST, min(options.max_width, _WIDEST))
        low, middle, high = (round(width * at) for at in (self._rate.low, self._rate.share, self._rate.high))
        line = Text("█" * low + "▓" * (middle - low) + "░" * (high - middle), style=self._style)
        yield line.append("·" * (width - high), style="dim")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        from rich.measure import Measurement

        return Measurement(_NARROWEST, max(_NARROWEST, min(_WIDEST, options.max_width)))


def _lines_shown(figures: Lines) -> RenderableType:
    from rich.console import Group
    from rich.table import Table as Grid
    from rich.text import Text

    table = Grid.grid(padding=(0, 2))
    table.add_column(max_width=_MOST_NAME, overflow="fold")
    table.add_column(overflow="fold")
    for name, said in figures.lines:
        table.add_row(Text(one_line(name, _MOST_CELL), style="cyan"), Text(one_line(said, _MOST_WORDS)))
    return Group(_heading_line(figures.title), table) if figures.title else table


def _table_shown(table: Table) -> RenderableType:
    """Texts in columns: the first as wide as it must be, the second with twice the room of the others."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=True)
    for number, head in enumerate(table.heads):
        ratio = (None, 3)[number] if number < len((None, 3)) else 2
        grid.add_column(Text(head), ratio=ratio, no_wrap=ratio is None, overflow="fold")
    for row in table.rows:
        grid.add_row(*(Text(one_line(cell, _MOST_CELL)) for cell in row))
    parts: list[RenderableType] = [_heading_line(table.title), grid]
    if table.more:
        parts.append(Text(f"  {table.more}", style="dim"))
    return Group(*parts)


def _warnings_shown(texts: Iterable[str]) -> RenderableType:
    from rich.console import Group
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid.grid(padding=(0, 1))
    for text in texts:
        grid.add_row(Text("  !", style="bold yellow"), Text(one_line(text, _MOST_WORDS)))
    return Group(_heading_line("Warnings"), grid)
