"""English: how a message asks, and asks for something that was said before.

A question that looks back speaks of the customer's own words and plans in the past ("did I", "when
we"); one that looks on asks the desk to find, book or tell something.
"""

from __future__ import annotations

from typing import Final

from service.context.languages.english.words import EMPTY
from service.context.languages.face import Asking

_ASKS: Final = r"\b(?:who|whose|whom|what|which|when|where|how|why)\b|\?"
_CUES: Final = (
    r"\b(?:remember|remind|recall|earlier|before|previous(?:ly)?|ago|back (?:then|when|to)|"
    r"at one point|originally|at first|in the beginning|last time|already|so far|"
    r"(?:did|was|were|had|have) (?:i|we|my|our)|(?:do|did) (?:you|i|we) (?:have|know) (?:my|our)|"
    r"(?:i|we) (?:\w+ly )?(?:was|were|had|gave|said|told|wrote|chose|picked|set|put|made|took|went|"
    r"thought|meant|(?!need\b)\w{2,}ed)|(?:as|what|that|which) i (?:said|told|gave|asked)|"
    r"(?:my|our) \w+(?: \w+)? (?:was|were)|you (?:said|told|promised|gave|mentioned))\b"
)
_PAST: Final = (
    r"\b(?:who|whose|whom|what|which|when|where|how)\b.{0,60}\b(?:was|were|did|had|\w{3,}ed)\b"
)
_OWN: Final = r"\b(?:i|my|me|we|our|us|mine)\b"
_NEW: Final = (
    r"\b(?:can|could|would|will) you\b|\b(?:show|find|book|search|recommend|suggest|give me)\b|"
    r"\b(?:is|are) (?:it|there|they|this|that)\b|\bhow about\b|\bwhat about\b"
)
_WANTS_NUMBER: Final = (
    r"how (?:many|much|old|long|far)|number|digits|account|\bpin\b|\bids?\b|price|cost|phone|date|"
    r"\bday\b|\btime\b"
)

ASKING: Final = Asking(
    asks=_ASKS,
    cues=_CUES,
    own=_OWN,
    new=_NEW,
    past=_PAST,
    wants_number=_WANTS_NUMBER,
    empty=EMPTY,
    endings=r"(?:ing|ed|es|(?<!s)s|e)$",
    possessives=("'s", "’s"),
)
