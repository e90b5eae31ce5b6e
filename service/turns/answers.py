"""What of the model's bodies is an answer to an ask."""

from __future__ import annotations

from service import completion, handover
from service.completion import Body
from service.errors import UpstreamError, UpstreamRefused
from service.turns.ask import Ask


def required(body: Body, ask: Ask) -> Body:
    """A body that can be given on. Raises UpstreamError where it holds no answer."""
    if not body.get("choices"):
        raise UpstreamError("The model's answer has no choices.")
    if not says_something(body, ask):
        if completion.finish_reasons(body)[0] == "content_filter":
            raise UpstreamRefused("The model's provider filtered the whole answer.")
        raise UpstreamError("The model's answer is empty.")
    return body


def says_something(body: Body, ask: Ask) -> bool:
    """A session needs words, or a call for a live agent; what an API caller got may hold none."""
    if ask.session is None or completion.text_of(body).strip():
        return True
    return hand_over(body, ask) is not None


def hand_over(body: Body, ask: Ask) -> str | None:
    """Why the model hands a session over, if it was offered to."""
    is_offered = ask.session is not None and "tools" in ask.request
    return handover.reason_of(body) if is_offered else None
