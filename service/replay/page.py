"""The report as one HTML file: opened from disk, forwarded, printed; it loads nothing and runs
nothing."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib import resources
from typing import Final

from service import tokens
from service.replay import billing, charts, report, summary
from service.replay.charts import Dot, Line
from service.replay.report import Report
from service.replay.runs import OURS, UNCACHED, YARDSTICK, Result

STYLE: Final = "page.css"
LEAST_ROUNDS: Final = 3
"""Rounds from which on a line says something."""
PER: Final = 1000
"""Conversations that money is told for."""
ROOM: Final = 1.3
"""How high the money chart goes, in what the dearer of Recap and the whole history comes to."""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def page(made: Report) -> str:
    """The whole file."""
    style = resources.files(__package__).joinpath(STYLE).read_text(encoding="utf-8")
    title = f"Recap replay: {made.file}"
    body = "".join(
        [_head(made), _tiles(made), _words(made), *_charts(made), _table(made), _notes(made)]
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>{style}</style></head>"
        f"<body><main>{body.replace(' %', '&nbsp;%')}</main></body></html>\n"
    )


def _head(made: Report) -> str:
    return (
        f'<header><p class="kicker">Recap replay · {escape(made.file)} · {made.made_on}</p>'
        f"<h1>{escape(report.headline(made))}</h1>"
        f'<p class="terms">{escape(_terms(made))}</p></header>'
    )


def _terms(made: Report) -> str:
    price = made.price
    terms = (
        f"{made.conversations:,} recorded conversations at the prices of {made.model} "
        f"({made.prices_as_of}): {report.money(price.input, made.currency)} a million input tokens"
    )
    if price.discount:
        terms += (
            f", {report.money(price.cached_input, made.currency)} for those in the provider's "
            f"cache (prefixes from {price.min_cacheable_tokens:,} tokens on)"
        )
    else:
        terms += ", no provider's cache"
    return f"{terms}, {report.money(price.output, made.currency)} a million output tokens."


def _tiles(made: Report) -> str:
    ours, whole = made.ours.bill, made.yardstick.bill
    recalled = made.ours.recall()
    shown = [
        (
            f"Cost of {PER:,} conversations",
            _money(made, ours.cost / made.conversations),
            f"sending everything: {_money(made, whole.cost / made.conversations)}",
        ),
        (
            "Tokens a request",
            f"{ours.tokens / ours.requests:,.0f}",
            f"sending everything: {whole.tokens / whole.requests:,.0f}",
        ),
        (
            "Recalled when asked",
            _percent(recalled.share),
            f"{recalled.held:,} of {recalled.asked:,}",
        ),
        (
            "Cached by the provider",
            _percent(ours.cached / ours.tokens),
            f"sending everything: {_percent(whole.cached / whole.tokens)}",
        ),
    ]
    tiles = "".join(
        f"<li><span>{escape(name)}</span><b>{escape(value)}</b><small>{escape(other)}</small></li>"
        for name, value, other in shown
        if recalled.asked or not name.startswith("Recalled")
    )
    return f'<ul class="tiles">{tiles}</ul>'


def _words(made: Report) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in report.sentences(made))
    return f'<section><h2>In words</h2><ul class="words">{items}</ul></section>'


def _charts(made: Report) -> Iterable[str]:
    results = _drawn(made)
    if len(made.ours.by_round) >= LEAST_ROUNDS:
        yield _money_chart(made, results)
        yield _token_chart(made, results)
    if made.has_probes:
        yield _memory_chart(made, results)
        yield _distance_chart(made, results)


def _drawn(made: Report) -> list[Result]:
    """Without a provider's cache two of the layouts are one."""
    return [r for r in made.results if made.price.discount or r.name != UNCACHED]


def _money_chart(made: Report, results: list[Result]) -> str:
    spent = [Line(r.name, r.title, [PER * money for money in r.spent()]) for r in results]
    most = max(line.values[-1] for line in spent if line.name in (OURS, YARDSTICK))
    return charts.lines(
        f"Money by round, for {PER:,} conversations",
        f"Replies included, added up from the first round on. {_who_is_left(made)} "
        "A line that leaves the chart ends where the list says.",
        spent,
        charts.even_scale(ROOM * most),
        lambda amount: report.money(amount, made.currency),
    )


def _token_chart(made: Report, results: list[Result]) -> str:
    sent = [
        Line(r.name, r.title, [this.bill.tokens / this.bill.requests for this in r.by_round])
        for r in results
        if r.name != UNCACHED
    ]
    return charts.lines(
        "Tokens sent by round",
        "Means a request, each line of the scale twice or two and a half times the one below. "
        f"{_who_is_left(made)}",
        sent,
        charts.log_scale(value for line in sent for value in line.values[1:]),
        lambda value: f"{value:,.0f}",
    )


def _memory_chart(made: Report, results: list[Result]) -> str:
    dots = [
        Dot(r.name, r.title, PER * r.bill.cost / made.conversations, r.recall().share or 0.0)
        for r in results
    ]
    return charts.dots(
        "What it costs to remember",
        "Up: more of the questions find their answer in what is sent. Left: cheaper.",
        dots,
        charts.log_scale(dot.x for dot in dots),
        lambda amount: report.money(amount, made.currency),
        f"money for {PER:,} conversations",
    )


def _distance_chart(made: Report, results: list[Result]) -> str:
    spans = made.distances()
    rows = [
        (r.name, r.title, [r.recall(distance=span).share for span in spans])
        for r in results
        if r.name != UNCACHED
    ]
    asked = made.ours.recall().asked
    return charts.heat(
        "Recalled, by how long ago it was said",
        f"The share of {asked:,} questions whose answer is in what is sent, by rounds back.",
        spans,
        rows,
    )


def _table(made: Report) -> str:
    names = ["layout", "tokens a request", "cached", "billed, as input", "money", "saved"]
    names += ["recalled"] * made.has_probes
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    rows = "".join(_row(made, result) for result in made.results)
    return (
        "<section><h2>Every layout</h2><p>Money is for all conversations, replies included; "
        "savings count against the whole history "
        f"{'with' if made.price.discount else 'without'} a provider's cache. “Billed, as input” is "
        "what a request's input costs, in tokens at the full price.</p>"
        f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _row(made: Report, result: Result) -> str:
    bill = result.bill
    cells = [
        f"{bill.tokens / bill.requests:,.0f}",
        _percent(bill.cached / bill.tokens),
        f"{bill.ite / bill.requests:,.0f}",
        report.money(bill.cost, made.currency),
        _percent(made.saved(result)),
    ]
    if made.has_probes:
        cells.append(_percent(result.recall().share))
    data = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr class="r-{result.name}"><th scope="row">{escape(result.title)}</th>{data}</tr>'


def _notes(made: Report) -> str:
    notes = [
        "Replayed offline: every layout is asked the recorded questions and given the recorded "
        "replies; no model was called.",
        "A token count is that of OpenAI's o200k vocabulary, "
        f"with {tokens.MESSAGE_OVERHEAD} more a message.",
        "The provider's cache reads the longest common prefix with the request before it in the "
        f"same conversation, in steps of {billing.STEP} tokens, from the model's minimum on. What "
        "one conversation leaves for the next is not counted, in any layout.",
        f"Conversations without a system message of their own get one of {made.system_tokens:,} "
        "tokens.",
        "The summary buffer's summary is modelled, and kindly: it keeps the customer's newest "
        f"words, condensed, up to {summary.SUMMARY_TOKENS} tokens. Its calls are in its tokens and "
        "its money.",
        "Recap is planned by the server's own code. Answers that it would give again without a "
        "call are not credited.",
        "A question counts as recalled if its answer stands in the payload, outside of the system "
        "prompt and of the question.",
    ]
    if made.skipped:
        notes.append(f"Of the file, {made.skipped:,} lines or questions could not be used.")
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<section class="notes"><h2>How it was counted</h2><ul>{items}</ul></section>'


def _who_is_left(made: Report) -> str:
    rounds = made.ours.by_round
    last = rounds[-1].bill.requests
    if last == made.conversations:
        return ""
    return (
        f"Of {made.conversations:,} conversations {last:,} "
        f"{'goes' if last == 1 else 'go'} on to round {len(rounds):,}."
    )


def _money(made: Report, amount: float) -> str:
    return report.money(PER * amount, made.currency)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{report.percent(share):g} %".replace("-", "−")
