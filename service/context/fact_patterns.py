"""What facts look like: the patterns and word lists that `facts` works with, of every script.

Data and no logic; what is a matter of language comes from `languages`. All patterns read folded
text (see `facts`), so ASCII classes are enough, and all are linear: every run is bounded or
possessive, and a look-behind keeps a match from being tried at each sign of a long run. What a
pattern leaves out is as deliberate as what it takes: times, ranges of years, percentages, counts
and ordinary words are nobody's identifiers.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import Final

from service.context import languages
from service.context.languages.forms import DAY

_FLAGS: Final = re.ASCII | re.IGNORECASE
_RULES: Final = tuple(language.facts.shapes for language in languages.ALL)


# --- Shapes that are facts wherever they stand --------------------------------------------------

_DATES: Final = (
    rf"(?<![\w./-])(?:19|20)\d\d([-/.])(?:1[0-2]|0?[1-9])\1{DAY}(?!\d|[/-]\d)",
    rf"(?<![\w/-])(?<!\d\.){DAY}([-/.]){DAY}\1(?:19|20)\d\d(?!\d|[/-]\d)",
    rf"(?<![\w/-])(?<!\d\.){DAY}([-/]){DAY}\1\d\d(?!\d|[/-]\d)",
)

_NUMBER: Final = r"(?:\d{1,3}(?:,\d{3}){1,4}(?!\d)|\d{1,12})(?:\.\d{1,4})?"
_SCALE: Final = rf"(?:{languages.either(rules.scale for rules in _RULES)})?"
_CODE: Final = r"(?:usd|eur|gbp|cny|rmb|jpy|hkd|twd|krw|aud|cad|sgd|inr|chf)(?![a-z])"
_SIGN: Final = rf"(?:(?:us|hk|nt|[acs])?\$|[£€¥₹₩]|{_CODE})\s?"
_MONEY: Final = rf"\s?(?:{languages.either(rules.money for rules in _RULES)}|{_CODE})"
_SPANS: Final = rf"\s?[-~{''.join(rules.range_signs for rules in _RULES)}]\s?"
_TO: Final = rf"(?:{_SPANS}|{languages.either(rules.range_words for rules in _RULES)})"
_BOUND: Final = rf"(?:{languages.either(rules.bounds for rules in _RULES)})?"
_AMOUNTS: Final = (
    rf"(?<![\w$]){_SIGN}{_NUMBER}{_SCALE}(?:(?:{_TO}{_SIGN}|{_SPANS}){_NUMBER}{_SCALE})?"
    rf"(?:{_MONEY})?{_BOUND}",
    rf"(?<!\w)(?<!\d[.,]){_NUMBER}{_SCALE}(?:{_TO}{_NUMBER}{_SCALE})?{_MONEY}{_BOUND}",
)

_EXTENSION: Final = languages.either(rules.extension for rules in _RULES)
_PHONES: Final = (
    r"(?<![\w+])\+\s?\(?\d(?:[ .()-]{0,2}+\d){7,14}+(?!\d)",
    r"(?<![\w.-])(?:1[ .-]?)?(?:\(\d{3}\)[ -]?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])",
    r"(?<![\w.-])(?:(?:00)?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![\w-])",
    r"(?<![\w.-])(?:400|800)[ -]\d{3,4}[ -]\d{3,4}(?![\w-])",
    r"(?<![\w.-])\(?0\d{2,4}\)?[ -]?\d{3,4}[ -]?\d{3,5}(?!\w)"
    rf"(?:\s?(?:-|{_EXTENSION})\s?\d{{1,6}})?",
)
_EMAIL: Final = (
    r"(?<![\w%+-])[\w%+-][\w.%+-]{0,63}+@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![a-z0-9])"
)
_CARD: Final = r"(?<![\w-])\d{4}(?:[ -]\d{4}){3,4}(?![\w-])"
_FOURS: Final = (
    r"(?<![\w.,/-])(?!(?:19|20)\d\d (?:19|20)\d\d\b)(?:(?-i:[A-Z]{2}) )?\d{4}(?: \d{4}){1,2}"
    r"(?![\w-]|[,.:]\d| \d)"
)
"""Digits in fours, as numbers are printed on letters and labels."""

SIGNS: Final = {
    "@": re.compile("@"),
    "digit": re.compile("[0-9]"),
    **{f"of {n}": re.compile(f"[{r.signs}]" if r.signs else "") for n, r in enumerate(_RULES)},
}
"""Most messages hold none of these signs, and then the shapes below need not be tried."""
SHAPES: Final = tuple(
    (kind, sign, re.compile(pattern, _FLAGS))
    for kind, sign, patterns in (
        ("email", "@", (_EMAIL,)),
        ("date", "digit", _DATES),
        *(("date", "digit", rules.dates) for rules in _RULES),
        *(("date", f"of {n}", rules.days) for n, rules in enumerate(_RULES)),
        ("amount", "digit", _AMOUNTS),
        *(("amount", f"of {n}", rules.amounts) for n, rules in enumerate(_RULES)),
        ("identifier", "digit", (_CARD,)),
        ("phone", "digit", _PHONES),
        ("identifier", "digit", (_FOURS,)),
    )
    for pattern in patterns
)
"""(kind, the sign it needs, pattern), in the order in which they claim text."""

# --- Numbers and codes, which are facts by what stands around them -------------------------------

TOKEN: Final = re.compile(r"#?[A-Za-z0-9]++(?:[-_][A-Za-z0-9]++)*+")
WORD: Final = re.compile(r"[a-z']+", _FLAGS)
_GOES_ON: Final = languages.either(rules.goes_on for rules in _RULES)
SENTENCE_END: Final = re.compile(rf"[.!?;。]\s{{1,2}}(?!(?:{_GOES_ON})\b)", _FLAGS)
_LISTED: Final = languages.either(rules.listed for rules in _RULES)
LISTED: Final = re.compile(rf"\s?(?:,|/|&|{_LISTED})\s?", _FLAGS)
"""What stands between two items of a list."""

NUMBER_WORDS: Final = frozenset(chain.from_iterable(rules.number_words for rules in _RULES))
"""Names of a number: what follows is one."""
THINGS: Final = frozenset(chain.from_iterable(rules.things for rules in _RULES))
"""Things that have a number, and that a count may follow as well."""
FILLERS: Final = frozenset(chain.from_iterable(rules.fillers for rules in _RULES))
"""Words that may stand between a name and its number."""
NUMBER_BEFORE: Final = languages.joined(rules.number_before for rules in _RULES)
THING_BEFORE: Final = languages.joined(rules.thing_before for rules in _RULES)
THING_NUMBER_BEFORE: Final = languages.joined(rules.thing_number_before for rules in _RULES)
HASH: Final = re.compile(r"#\s?$")
NUMERO: Final = languages.joined(rules.numero for rules in _RULES)
_PHONE: Final = languages.either(rules.phone_before for rules in _RULES)
PHONE_WORD: Final = re.compile(rf"(?:{_PHONE})$", _FLAGS)

_QUANTITY: Final = languages.either(rules.quantity_before for rules in _RULES)
QUANTITY_BEFORE: Final = re.compile(rf"(?:{_QUANTITY})\s?$", _FLAGS)
_COUNTED: Final = languages.either(rules.counted_after for rules in _RULES)
COUNTED_AFTER: Final = re.compile(rf"%|:\d|\s?-?(?:{_COUNTED})", _FLAGS)
WORD_AFTER: Final = re.compile(r"\s?[A-Za-z一-鿿]")
PIECE_BEFORE: Final = re.compile(r"[0-9][.:/]")
PIECE_AFTER: Final = re.compile(r"[.:/][0-9]|,[0-9]{3}(?![0-9])")
ROUND_OR_YEAR: Final = re.compile(r"[1-9][0-9]{0,2}000|(?:19|20)[0-9]{2}")

UNIT: Final = re.compile(
    r"\d{1,4}(?:st|nd|rd|th|[ap]m|[kmgdhsxpvwl]|[kmgt]b|[kcm]m|kg|m[gl]|lbs?|oz|ft|sq(?:ft|m)"
    r"|hrs?|mins?|secs?|days?|bed|br|bhk|star|yo|xl|[a-z]ps|hz)?",
    _FLAGS,
)
"""A number with its unit, or a small number: 12th, 7pm, 64GB."""
SHORT_CODE: Final = re.compile(r"[A-Z]*[0-9]+[A-Z]+[0-9A-Z]*")
"""Capitals with two digits that do not merely end it: CB2PL9, but not COVID19."""
WORD_CODE: Final = re.compile(r"[A-Za-z]{2,}[-_]?[0-9]{3}")
WORD_COUNT: Final = re.compile(r"[0-9]{1,4}-?[A-Za-z]+|[A-Za-z]+[-_]?(?:19|20)[0-9]{2}")
"""A count or a year with a word: 1500-piece, mid-2024."""
