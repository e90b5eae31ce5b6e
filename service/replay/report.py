"""What a replay comes to: its figures as JSON, and what they say in words.

Nothing is claimed that the figures don't hold: savings count against the whole history under the
provider's own cache, with the replies in both sums, and where Recap is the dearer one it says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from service.prices import Price
from service.replay import memory, runs
from service.replay.billing import Bill
from service.replay.runs import OURS, YARDSTICK, Result, Tally

AS_MUCH: Final = 0.02
"""A layout that recalls less by no more than this share of the probes keeps as much as ours."""
EVEN: Final = 0.005
"""Sums that differ by less than this share are said to be the same."""
_SIGNS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥"}


@dataclass(frozen=True, slots=True)
class Report:
    """One run. `skipped` counts what was left out of the file, lines and probes."""

    file: str
    made_on: date
    model: str
    price: Price
    currency: str
    prices_as_of: str
    system_tokens: int
    lengths: Mapping[str, int]
    skipped: int
    results: list[Result]

    @property
    def ours(self) -> Result:
        return self.result(OURS)

    @property
    def yardstick(self) -> Result:
        return self.result(YARDSTICK)

    @property
    def conversations(self) -> int:
        return sum(self.lengths.values())

    @property
    def has_probes(self) -> bool:
        return bool(self.ours.probes)

    def result(self, name: str) -> Result:
        """A layout's result. Raises StopIteration for one that was not run."""
        return next(result for result in self.results if result.name == name)

    def saved(self, result: Result, length: str | None = None) -> float:
        """The share of the yardstick's cost that a layout saves; below 0: it costs more."""
        bills = [r.by_length[length] if length else r.bill for r in (self.yardstick, result)]
        return saved(*bills)

    def languages(self) -> list[str]:
        """Languages of the probes."""
        return sorted({group.language for group in self.ours.probes})

    def distances(self) -> list[str]:
        """Groups of distances that have probes, near ones first."""
        held = {group.distance for group in self.ours.probes}
        return [span for span in memory.spans(memory.DISTANCES) if span in held]

    def spans(self) -> list[str]:
        """Groups of lengths that have conversations, short ones first."""
        return [span for span in memory.spans(runs.LENGTHS) if span in self.lengths]

    def rival(self) -> Result | None:
        """The cheapest other layout that recalls as much, and sends nobody another's words."""
        share = self.ours.recall().share
        if share is None:
            return None
        enough = [
            result
            for result in self.results
            if result.name != OURS
            and not result.hits_across
            and (result.recall().share or 0) >= share - AS_MUCH
        ]
        return min(enough, key=lambda result: result.bill.cost, default=None)

    def to_json(self) -> dict[str, Any]:
        """All of it, with money in units of the currency."""
        return {
            "file": self.file,
            "made_on": self.made_on.isoformat(),
            "model": self.model,
            "price": self.price.model_dump(),
            "currency": self.currency,
            "prices_as_of": self.prices_as_of,
            "system_tokens": self.system_tokens,
            "conversations": self.conversations,
            "lengths": {span: self.lengths[span] for span in self.spans()},
            "skipped": self.skipped,
            "layouts": [self._layout(result) for result in self.results],
            "summary": sentences(self),
        }

    def _layout(self, result: Result) -> dict[str, Any]:
        recall = {"all": _tally(result.recall())}
        recall |= {name: _tally(result.recall(language=name)) for name in self.languages()}
        far = {span: _tally(result.recall(distance=span)) for span in self.distances()}
        return {
            "name": result.name,
            "title": result.title,
            **_figures(result.bill),
            "saved_percent": percent(self.saved(result)),
            "hits": {"inside": result.hits_inside, "across": result.hits_across},
            "too_long": result.too_long,
            "recall": recall,
            "recall_by_distance": far,
            "by_length": {span: self._length(result, span) for span in self.spans()},
            "by_round": _by_round(result),
        }

    def _length(self, result: Result, span: str) -> dict[str, Any]:
        recall = {"all": _tally(result.recall(length=span))}
        for language in self.languages():
            recall[language] = _tally(result.recall(length=span, language=language))
        return {
            **_figures(result.by_length[span]),
            "saved_percent": percent(self.saved(result, span)),
            "recall": recall,
        }


def headline(report: Report) -> str:
    """The one thing to know."""
    cache = " under the provider's own cache" if report.price.discount else ""
    return f"Recap costs {compared(report.saved(report.ours))} sending everything{cache}."


def sentences(report: Report) -> list[str]:
    """What it comes to, in words."""
    return [
        *_money_sentences(report),
        *_memory_sentences(report),
        *_published_sentences(report),
        *_window_sentences(report),
    ]


def compared(share: float, than: str = "than") -> str:
    """A saving in words, as in `12 % less than`."""
    if abs(share) < EVEN:
        return "as much as" if than else "the same"
    much = f"{100 * abs(share):.1f}" if abs(share) < 0.0995 else f"{100 * abs(share):.0f}"
    return f"{much.removesuffix('.0')} % {'less' if share > 0 else 'more'} {than}".strip()


def saved(yardstick: Bill, bill: Bill) -> float:
    """The share of a bill that another one saves."""
    return 1 - bill.cost / yardstick.cost if yardstick.cost else 0.0


def percent(share: float | None) -> float | None:
    """A share as JSON and tables tell it."""
    return None if share is None else round(100 * share, 1) + 0.0


def money(amount: float, currency: str) -> str:
    """An amount to the cent, and to three significant digits below 1."""
    places = max(2, 2 - math.floor(math.log10(amount))) if 0 < amount < 1 else 2
    whole, _, part = f"{amount:,.{places}f}".partition(".")
    cents = f"{part[:2]}{part[2:].rstrip('0')}"
    digits = whole if cents == "00" else f"{whole}.{cents}"
    sign = _SIGNS.get(currency)
    return f"{sign}{digits}" if sign else f"{digits} {currency}"


def _money_sentences(report: Report) -> Iterable[str]:
    ours, whole = report.ours.bill, report.yardstick.bill
    yield (
        f"In {report.conversations:,} conversations with {ours.requests:,} requests Recap sends "
        f"{ours.tokens / ours.requests:,.0f} tokens a request, where the whole history takes "
        f"{whole.tokens / whole.requests:,.0f}: {100 * (1 - ours.tokens / whole.tokens):.0f} % "
        "fewer."
    )
    cache = "with the provider's cache" if report.price.discount else "(this model caches nothing)"
    yield (
        f"Replies included, Recap costs {money(ours.cost, report.currency)} and the whole history "
        f"{cache} {money(whole.cost, report.currency)}."
    )
    if len(report.spans()) > 1:
        parts = [
            f"{compared(report.saved(report.ours, span), '')} at {_to(span)}"
            for span in report.spans()
        ]
        yield f"By requests in a conversation, that is {', '.join(parts)}."


def _memory_sentences(report: Report) -> Iterable[str]:
    tally = report.ours.recall()
    if not tally.asked:
        return
    yield (
        f"Of {tally.asked:,} questions about what was said earlier, {tally.held:,} "
        f"({percent(tally.share):g} %) have their answer in what Recap sends."
    )
    if rival := report.rival():
        share = saved(rival.bill, report.ours.bill)
        yield (
            f"The cheapest other layout that keeps as much is “{rival.title}” at "
            f"{money(rival.bill.cost, report.currency)}; Recap costs {compared(share, '')}."
        )
    cheaper = [
        f"“{result.title}” ({compared(saved(report.ours.bill, result.bill), '')}, "
        f"{percent(result.recall().share):g} % recalled)"
        for result in report.results
        if saved(report.ours.bill, result.bill) > EVEN
    ]
    if cheaper:
        yield f"Cheaper than Recap: {', '.join(cheaper)}."


def _published_sentences(report: Report) -> Iterable[str]:
    result = report.result("published")
    everything = "" if result.hits_inside else ", where it goes on sending everything,"
    yield (
        f"The published idea hits {_times(result.hits_inside)} inside a conversation{everything} "
        f"and {_times(result.hits_across)} across conversations."
    )
    if result.hits_across:
        yield (
            "On a hit across conversations it sends the model what another customer was answered, "
            "and no system prompt."
        )


def _window_sentences(report: Report) -> Iterable[str]:
    if too_long := report.yardstick.too_long:
        yield (
            f"The whole history is longer than the model's window of "
            f"{report.price.context_window:,} tokens {_times(too_long)}: a provider would refuse "
            "those requests."
        )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _to(span: str) -> str:
    return f"more than {span[1:]}" if span[0] == ">" else span.replace("-", " to ")


def _figures(bill: Bill) -> dict[str, Any]:
    return {
        "requests": bill.requests,
        "calls": bill.calls,
        "prompt_tokens": bill.tokens,
        "tokens_a_request": round(bill.tokens / bill.requests, 1),
        "cached_percent": percent(bill.cached / bill.tokens if bill.tokens else 0.0),
        "ite_a_request": round(bill.ite / bill.requests, 1),
        "input_cost": round(bill.input_cost, 8),
        "output_cost": round(bill.output_cost, 8),
        "cost": round(bill.cost, 8),
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {"held": tally.held, "asked": tally.asked, "percent": percent(tally.share)}


def _by_round(result: Result) -> dict[str, list[Any]]:
    """Means a conversation, by its n-th request; `hits` of the layout's own cache."""
    bills = [a_round.bill for a_round in result.by_round]
    return {
        "requests": [bill.requests for bill in bills],
        "tokens": [round(bill.tokens / bill.requests, 1) for bill in bills],
        "cached": [round(bill.cached / bill.requests, 1) for bill in bills],
        "cost": [round(bill.cost / bill.requests, 8) for bill in bills],
        "hits": [a_round.hits for a_round in result.by_round],
    }
