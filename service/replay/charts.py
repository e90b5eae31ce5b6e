"""Charts as HTML with inline SVG: no script, sharp at any width, and readable in print.

Lines are drawn in a picture that stretches, their strokes do not; every label is text of the page
around it. Whatever comes from outside is escaped here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 1000
HEIGHT: Final = 500
MOST_POINTS: Final = 400
"""Of a line; more would not be seen."""
TICKS: Final = 5
_STEPS: Final = (1.0, 2.0, 5.0)
_NEAR_X: Final = 3.0
_NEAR_Y: Final = 7.0
"""Per cent of a chart within which two dots would cover each other."""

Format = Callable[[float], str]
Row = tuple[str, str, Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class Line:
    """A line over the rounds from 1 on; `name` is its style."""

    name: str
    title: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Dot:
    """A place in a chart of two measures; `y` is a share."""

    name: str
    title: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to shares of an axis, 0 to 1."""

    low: float
    high: float
    is_log: bool = False

    def __call__(self, value: float) -> float:
        low, high, value = self.low, self.high, max(value, self.low)
        if self.is_log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return (value - low) / (high - low)

    def ticks(self) -> list[float]:
        """Round values along the axis."""
        return _log_ticks(self.low, self.high) if self.is_log else _even_ticks(self.low, self.high)


def log_scale(values: Iterable[float]) -> Scale:
    """A scale in which twice as much is always as far, around values above 0."""
    known = [value for value in values if value > 0] or [1.0]
    low, high = _round_down(min(known)), _round_up(max(known))
    return Scale(low, high if high > low else 10 * low, is_log=True)


def even_scale(most: float) -> Scale:
    """A scale from 0 to a little above `most`."""
    return Scale(0.0, most * 1.04 or 1.0)


def lines(title: str, note: str, drawn: Sequence[Line], scale: Scale, format_value: Format) -> str:
    """A chart of lines by round, with where each ends beside it."""
    rounds = max(len(line.values) for line in drawn)
    across = Scale(1, rounds)
    pieces = [_grid(scale)]
    pieces += [_polyline(line, across, scale) for line in drawn]
    picture = (
        f'<svg class="lines" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(title)}">{"".join(pieces)}</svg>'
    )
    ends = sorted(drawn, key=lambda line: -line.values[-1])
    entries = [(line.name, line.title, format_value(line.values[-1])) for line in ends]
    return _figure(
        title, note, _plot(picture, _ys(scale, format_value), _xs(across)), _legend(entries)
    )


def dots(
    title: str, note: str, drawn: Sequence[Dot], scale: Scale, format_x: Format, x_title: str
) -> str:
    """A chart of two measures: what is cheap and remembers is at the top left."""
    up = Scale(0.0, 1.0)
    places = _apart([(100 * scale(dot.x), 100 * dot.y) for dot in drawn])
    marks = [
        f'<span class="dot c-{dot.name}" style="left:{x:.1f}%;bottom:{y:.1f}%">{number}</span>'
        for number, (dot, (x, y)) in enumerate(zip(drawn, places, strict=True), 1)
    ]
    picture = (
        f'<svg class="lines" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(title)}">{_grid(up)}</svg><div class="dots">{"".join(marks)}</div>'
    )
    entries = [(dot.name, dot.title, f"{format_x(dot.x)}, {_percent(dot.y)}") for dot in drawn]
    xs = [(scale(tick), format_x(tick)) for tick in scale.ticks()]
    plot = _plot(picture, _ys(up, _percent), _labels("xs", "left", xs), x_title)
    return _figure(title, note, plot, _legend(entries, numbered=True))


def heat(title: str, note: str, columns: Sequence[str], rows: Sequence[Row]) -> str:
    """A table of shares, the higher the darker; rows are style, title and shares."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(
        f'<tr class="r-{name}"><th scope="row">{escape(row_title)}</th>'
        f"{''.join(map(_heat_cell, shares))}</tr>"
        for name, row_title, shares in rows
    )
    table = (
        f'<div class="wide"><table class="heat"><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
    return _figure(title, note, table, "")


def _heat_cell(share: float | None) -> str:
    if share is None:
        return "<td></td>"
    level = round(10 * share)
    return f'<td class="h{level}">{_percent(share)}</td>'


def _figure(title: str, note: str, body: str, legend: str) -> str:
    return (
        f"<figure><figcaption><h2>{escape(title)}</h2><p>{escape(note)}</p></figcaption>"
        f'<div class="chart">{body}{legend}</div></figure>'
    )


def _plot(picture: str, ys: str, xs: str, x_title: str = "round") -> str:
    return (
        f'<div class="plot"><div class="area">{picture}{ys}{xs}</div>'
        f'<p class="x-title">{escape(x_title)}</p></div>'
    )


def _polyline(line: Line, across: Scale, scale: Scale) -> str:
    step = max(1, math.ceil(len(line.values) / MOST_POINTS))
    chosen = sorted({*range(0, len(line.values), step), len(line.values) - 1})
    points = " ".join(
        f"{WIDTH * across(place + 1):.1f},{HEIGHT * (1 - scale(line.values[place])):.1f}"
        for place in chosen
    )
    return f'<polyline class="c-{line.name}" points="{points}"/>'


def _grid(scale: Scale) -> str:
    heights = [HEIGHT * (1 - scale(tick)) for tick in scale.ticks()]
    path = "".join(f"M0 {height:.1f}H{WIDTH}" for height in heights)
    return f'<path class="grid" d="{path}"/>'


def _ys(scale: Scale, format_value: Format) -> str:
    return _labels("ys", "bottom", [(scale(tick), format_value(tick)) for tick in scale.ticks()])


def _xs(across: Scale) -> str:
    ticks = sorted({1.0, across.high, *(t for t in across.ticks() if t >= 1)})
    width = across.high - 1
    ticks = [
        t for t in ticks if t in (1.0, across.high) or min(t - 1, across.high - t) > width / 12
    ]
    return _labels("xs", "left", [(across(tick), f"{tick:,.0f}") for tick in ticks])


def _labels(kind: str, side: str, places: Iterable[tuple[float, str]]) -> str:
    spans = "".join(
        f'<span style="{side}:{100 * share:.1f}%">{escape(text)}</span>' for share, text in places
    )
    return f'<div class="{kind}" aria-hidden="true">{spans}</div>'


def _legend(entries: Iterable[tuple[str, str, str]], *, numbered: bool = False) -> str:
    items = "".join(
        f'<li class="r-{name}">{_key(name, number if numbered else None)}'
        f"<span>{escape(title)}</span><b>{escape(value)}</b></li>"
        for number, (name, title, value) in enumerate(entries, 1)
    )
    return f'<ol class="legend">{items}</ol>'


def _key(name: str, number: int | None) -> str:
    if number is not None:
        return f'<i class="dot c-{name}">{number}</i>'
    return (
        '<svg class="key" viewBox="0 0 24 8" aria-hidden="true">'
        f'<path class="c-{name}" d="M1 4H23"/></svg>'
    )


def _apart(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Dots that would cover an earlier one are moved down beside it."""
    moved: list[tuple[float, float]] = []
    for x, y in places:
        while any(abs(x - a) < _NEAR_X and abs(y - b) < _NEAR_Y for a, b in moved):
            y -= _NEAR_Y
        moved.append((x, y))
    return moved


def _log_ticks(low: float, high: float) -> list[float]:
    ticks = []
    power = 10.0 ** math.floor(math.log10(low))
    while power <= high * 1.001:
        ticks += [s * power for s in _STEPS if low * 0.999 <= s * power <= high * 1.001]
        power *= 10
    if len(ticks) > 2 * TICKS:
        ticks = [tick for tick in ticks if math.isclose(math.log10(tick) % 1, 0, abs_tol=1e-6)]
    return ticks


def _even_ticks(low: float, high: float) -> list[float]:
    step = _round_up((high - low) / TICKS)
    first = math.ceil(low / step)
    return [step * n for n in range(first, math.floor(high / step) + 1)]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(s * power for s in (*_STEPS, 10.0) if s * power >= value * 0.999)


def _round_down(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(s * power for s in reversed(_STEPS) if s * power <= value * 1.001)
