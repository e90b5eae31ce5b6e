"""English: how customers say something of themselves."""

from __future__ import annotations

from typing import Final

from service.context.languages.face import Saying, words
from service.context.languages.forms import CAPITAL, NAME, POSTCODE

_NO_NAME: Final = (
    "(?i:a|about|also|an|and|as|at|but|calling|correct|different|for|from|here|i|in|is|it|just|long"
    "|misspelled|my|not|of|on|or|please|spelled|spelt|still|that|the|this|to|too|under|was|what"
    "|with|wrong|you|your)"
)
_TYPED: Final = rf"(?!{_NO_NAME}\b)[^\W\d_][\w'’-]{{0,20}}"
_TYPED_NAME: Final = rf"{NAME}|{_TYPED}(?: {_TYPED}){{0,2}}"
"""A name after words that leave no doubt, also in lower case."""
_IS: Final = (
    r"(?:(?i:\swas\swrong,\sit)?\s(?i:is|was|should\sbe|(?:has\s)?changed?\sto|to)|'s|:)"
    r"(?:\s(?i:now|actually|really))?\s"
)
"""What stands between the name of a thing and the thing."""
_STREET: Final = (
    "(?i:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square|sq"
    "|terrace|way|close|crescent|row|gardens|grove|hill|parade|highway|hwy|quay|mews)"
)
_MORE: Final = (
    rf"(?:,?\s(?i:apt|apartment|flat|unit|suite|ste|floor|room)\.?\s?#?\w{{1,6}})?"
    rf"(?:,\s{CAPITAL}(?:\s{CAPITAL}){{0,2}}){{0,3}}(?:,?\s(?:{POSTCODE}|\d{{5}}))?"
)
_STOP: Final = (
    r"(?=\s?(?:$|[\n;?!]|\.(?:\s|$)|,?\s(?i:and\s(?:my|the|i|it|please)|but|not|please|instead"
    r"|thanks|thank|because|so|since|for|from)\b))"
)
_CLAUSE: Final = r"[^\n.;?!,]{2,80}"
_KNOWN: Final = (
    "know|think|see|understand|remember|recall|mind|believe|get|have|care|suppose|find|hear|feel"
    "|wait|say|mean|thank|help|tell|make|seem|really|even|exactly"
)
_SAID: Final = r"[^\n;!?]{2,80}?"
_NAMES: Final = (
    rf"\b(?i:(?:last|first|full|family|given|middle|maiden|sur)\s?name|(?:my|the|her|his|our)\s"
    rf"(?:[\w'’]{{1,20}}\s){{0,3}}name|^name){_IS}(?P<v>{_TYPED_NAME})",
    rf"(?i:\bunder\s(?:the\sname\s(?:of\s)?)|\bin\sthe\sname\sof\s|\bcall\sme\s)(?P<v>{NAME})",
    rf"(?i:\b(?:my|our)\s(?:[\w'’]{{1,20}}\s){{1,4}}(?:is|was)\s(?:called|named)\s)(?P<v>{NAME})",
    rf"(?i:\b(?:hi|hello|hey|morning|afternoon|evening)\b[^.?\n]{{0,12}}[,.!]?\s"
    rf"(?:i'm|i’m|i\sam|this\sis|it's)\s)(?P<v>{NAME})",
    rf"(?i:\bthis\sis\s)(?P<v>{NAME})(?=\s(?i:speaking|here|calling|again|from)\b)",
    rf"(?i:\b(?:regards|sincerely|cheers|thanks"
    rf"|wishes),?\s?\n\s{{0,3}})(?P<v>{NAME})(?=\s{{0,3}}$)",
    rf"(?:^|(?i:\b(?:hi|hello|hey|morning|afternoon|evening)[,.!]?\s))"
    rf"(?!(?i:hi|hello|hey|good|dear)\b)(?P<v>{CAPITAL}(?:\s{CAPITAL}){{1,2}})(?=\s(?i:here"
    rf"|speaking|again)\b)",
    rf"(?i:\bmarried\sname)(?:{_IS}|,?\s)(?P<v>{NAME})",
)
_USER_NAMES: Final = (
    r"(?i:\b(?:user\s?-?name|user\s?-?id|log-?in(?:\sname)?|screen\sname|account\sname|handle))"
    rf"(?:{_IS}|\s(?=[a-z][\w.@+-]{{0,39}}[\d_]))[\"'“]?(?!{_NO_NAME}\b)"
    r"(?P<v>(?=[\w.@+-]{0,39}[^\W\d])[\w.@+-]{1,39}[\w+])",
)
_POSTCODES: Final = (
    r"(?i:\b(?:post\s?-?code|postal\scode|zip(?:\s?-?code)?))"
    rf"(?:{_IS}|\s)"
    r"(?P<v>(?=[\w -]{0,9}\d)\w{2,8}(?:[ -]\d\w{1,3})?)",
    rf"\b(?P<v>{POSTCODE})\b",
)
_ADDRESSES: Final = (
    r"(?i:(?<!mail )(?<!mail-)(?<!ip )(?<!web )\baddress)"
    rf"{_IS}(?P<v>(?=[^\n]{{0,40}}\d|[A-Z])[^\n;?!]{{5,120}}?){_STOP}",
    rf"(?i:\b(?:i|we)(?:'ve|\shave|'re|\sare|\sam|'m)?\s(?:now\s)?(?:live|living|moved|stay"
    rf"|staying)"
    rf"\s(?:at|in|on|to)\s)(?P<v>(?=[^\n]{{0,40}}\d|[A-Z])[^\n;?!]{{3,120}}?){_STOP}",
    rf"(?<![\w-])(?P<v>\d{{1,5}}[A-Za-z]?(?:[-/]\d{{1,4}})?,?\s(?:{CAPITAL}\s){{1,4}}{_STREET}\b\.?"
    rf"{_MORE})",
    rf"\b(?P<v>{CAPITAL}(?:stra(?:ß|ss)e|str\.|weg|platz|allee|gasse)\s\d{{1,4}}[a-z]?"
    rf"(?:,\s\d{{4,5}}\s{CAPITAL})?)",
    r"\b(?P<v>P\.?\s?O\.?\sBox\s\d{1,8})\b",
)
_REFUSALS: Final = (
    rf"(?i:\b(?P<v>(?:i|we)\s?(?:don't|don’t|do\snot|won't|won’t|will\snot"
    rf"|never)\s(?!\w{{2,12}}\sanything\selse)(?:want\s|like\s|need\s|eat\s|drink\s|accept\s"
    rf"|take\s|use\s|(?!(?:{_KNOWN})\b)\w{{3,}}\s)"
    rf"{_CLAUSE}))",
    rf"(?i:\b(?P<v>(?:please\s(?:don't|don’t|do\snot|never)|(?:^|(?<=[.!?]\s))(?:don't|don’t"
    rf"|do\snot|never))"
    rf"\s(?!(?:{_KNOWN}|worry)\b){_CLAUSE}))",
    rf"(?i:\b(?P<v>(?:i'm|i’m|i\sam|we\sare|my\s\w{{2,12}}\sis)\s(?:\w{{2,10}}\s)?"
    rf"(?:allergic\sto|intolerant\sto){_CLAUSE}))",
)
_PREFERENCES: Final = (
    rf"(?i:\b(?P<v>(?:(?:i|we)(?:'d|’d|\swould)?\s(?:\w{{2,10}}\s)?prefer|(?:i|we)(?:'d|’d"
    rf"|\swould)\s"
    rf"rather|(?:i'm|i’m|i\sam)\s(?:a\s)?(?:vegan|vegetarian)|my\s(?:preferred|favou?rite)"
    rf"|please\s(?:always|only)){_CLAUSE}))",
)
_CORRECTIONS: Final = (
    rf"(?i:\bnot\s)(?P<old>{_SAID}),?\s(?i:but)\s(?P<v>{_SAID}){_STOP}",
    rf"(?i:\b(?:it\sis|it's|it’s|use|make\sit|as)\s)(?P<v>{_SAID}),?"
    rf"\s(?i:not|instead\sof|rather\sthan)\s(?P<old>{_SAID}){_STOP}",
    rf"(?i:\bchange\s)(?P<old>{_SAID})\s(?i:to)\s(?P<v>{_SAID}){_STOP}",
    rf"(?i:\bi\smeant\s)(?P<v>{_SAID})(?P<old>){_STOP}",
)

SAYING: Final = Saying(
    names=_NAMES,
    user_names=_USER_NAMES,
    postcodes=_POSTCODES,
    addresses=_ADDRESSES,
    refusals=_REFUSALS,
    preferences=_PREFERENCES,
    corrections=_CORRECTIONS,
    cues=(
        ("correction", r"\bnot\s|instead of|rather than|change|meant"),
        (
            "name",
            r"name|call|hi\b|hello|hey|morning|noon|evening|this is|regards|sincerely|cheers"
            r"|thanks|wishes|here\b|speaking",
        ),
        ("user name", r"user|log-?in|screen|account name|handle"),
        ("postcode", r"code|zip|[a-z\d]\d[a-z]|[a-z]{2} \d{5}|\d \d[a-z]{2}\b"),
        (
            "address",
            r"address|\bliv|\bmov|\bstay|box|straße|strasse|str\.|weg|platz|allee|gasse|\d\w?,?"
            r" [a-z]",
        ),
        ("refusal", r"n['’]t|not\b|never|allergic|intolerant"),
        ("preference", r"prefer|rather|favou?rite|always|only|vega|vegeta"),
    ),
    asked=(
        ("user name", r"user\s?-?name|log-?in"),
        ("postcode", r"post\s?-?code|zip"),
        ("name", r"\b(?:your|full|first|last|family|sur)\b[^?]{0,20}\bname\b"),
    ),
    opening=r"sure|yes|ok(?:ay)?|it'?s|it\sis|is",
    going_on=r"(?i:and|my)\b",
    no_name=_NO_NAME,
    no_answer_words=words("cancel stop none nothing never forget forgot skip wait why"),
)
