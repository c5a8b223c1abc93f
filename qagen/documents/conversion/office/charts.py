"""Charts (ECMA-376 part 1, 21.2) as the tables of their values, with the heads that the chart shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qagen.documents.conversion import Grid
from qagen.documents.conversion.sheets import NumberFormat

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


@dataclass(frozen=True, slots=True)
class _Series:
    """A row of values: its name, and by place what stands on the axes."""

    name: str
    labels: dict[int, str]
    values: dict[int, str]
    sizes: dict[int, str]
    is_points: bool

    @classmethod
    def of(cls, element: Any) -> _Series:
        is_points = element.find(f"{C}yVal") is not None
        return cls(
            _name(element),
            _cached(element.find(f"{C}xVal" if is_points else f"{C}cat")),
            _cached(element.find(f"{C}yVal" if is_points else f"{C}val")),
            _cached(element.find(f"{C}bubbleSize")),
            is_points,
        )


def chart(root: Any) -> Grid | None:
    """The values of a chart, or None if the file keeps none of them.

    A chart with an axis of categories has a row for each of them and a column for each series; one of points
    has a row for each point.
    """
    area = next(root.iter(f"{C}plotArea"), None)
    if area is None:
        return None
    series = [_Series.of(one) for one in area.iter(f"{C}ser")]
    series = [one for one in series if one.values]
    if not series:
        return None
    title = _text(next(root.iter(f"{C}chart"), root).find(f"{C}title"))
    points = [one for one in series if one.is_points]
    rows = _points(points, area) if points else _categories(series, area)
    return Grid(tuple(rows), 1, title)


def _categories(series: list[_Series], area: Any) -> Iterator[tuple[str, ...]]:
    yield (_axis(area, ("catAx", "dateAx")), *(one.name for one in series))
    labels: dict[int, str] = {}
    for one in series:
        labels = one.labels | labels
    places = sorted({place for one in series for place in one.values} | labels.keys())
    for place in places:
        yield (labels.get(place, str(place + 1)), *(one.values.get(place, "") for one in series))


def _points(series: list[_Series], area: Any) -> Iterator[tuple[str, ...]]:
    axes = [_text(one.find(f"{C}title")) for one in area.iterfind(f"{C}valAx")]
    across = axes[0] if len(axes) > 1 else ""
    up = axes[1] if len(axes) > 1 else ""
    sized = any(one.sizes for one in series)
    several = len(series) > 1
    name = series[0].name
    head = ("",) * several + (across or "X", up or ("" if several else name) or "Y") + ("Size",) * sized
    yield head
    for one in series:
        for place, value in sorted(one.values.items()):
            size = (one.sizes.get(place, ""),) * sized
            yield (one.name,) * several + (one.labels.get(place, str(place + 1)), value, *size)


def _axis(area: Any, names: tuple[str, ...]) -> str:
    found = (one for name in names for one in area.iterfind(f"{C}{name}"))
    axis = next(found, None)
    return "" if axis is None else _text(axis.find(f"{C}title"))


def _name(element: Any) -> str:
    text = element.find(f"{C}tx")
    if text is None:
        return ""
    return " ".join("".join(one.text or "" for one in text.iter(f"{C}v")).split())


def _text(title: Any) -> str:
    if title is None:
        return ""
    written = "".join(one.text or "" for one in title.iter(f"{_A}t"))
    return " ".join((written or "".join(one.text or "" for one in title.iter(f"{C}v"))).split())


def _cached(element: Any) -> dict[int, str]:
    """The values that a file keeps of a reference, as their format shows them."""
    if element is None:
        return {}
    levels = [*element.iter(f"{C}lvl")]
    if levels:
        return _of_levels(levels)
    cache = next(
        (one for name in ("strCache", "strLit", "numCache", "numLit") for one in element.iter(f"{C}{name}")),
        None,
    )
    if cache is None:
        return {}
    is_number = cache.tag in {f"{C}numCache", f"{C}numLit"}
    code = cache.findtext(f"{C}formatCode") or "General"
    shown = {}
    for point in cache.iterfind(f"{C}pt"):
        text = (point.findtext(f"{C}v") or "").strip()
        if text:
            own = point.get("formatCode") or code
            shown[int(point.get("idx", "0"))] = _number(text, own) if is_number else text
    return shown


def _number(text: str, code: str) -> str:
    try:
        return NumberFormat.of(code).number(float(text))
    except ValueError:
        return text


def _of_levels(levels: list[Any]) -> dict[int, str]:
    """Categories of several levels: the outer ones hold until the next of their kind."""
    names: dict[int, list[str]] = {}
    inner = {
        int(point.get("idx", "0")): point.findtext(f"{C}v") or "" for point in levels[0].iterfind(f"{C}pt")
    }
    for level in reversed(levels[1:]):
        own = {
            int(point.get("idx", "0")): point.findtext(f"{C}v") or "" for point in level.iterfind(f"{C}pt")
        }
        for place in inner:
            before = [start for start in own if start <= place]
            names.setdefault(place, []).append(own[max(before)] if before else "")
    return {place: " ".join([*names.get(place, []), name]).strip() for place, name in inner.items()}
