"""English: how a customer takes a standing wish back."""

from __future__ import annotations

from typing import Final

_THING: Final = r"(?P<v>[^.?!]{2,90})"
_LATER: Final = (
    r"(?:again|now|any\s?more|any\slonger|after\sall|from\snow\son|as\sbefore|once\smore)"
)
_FINE: Final = (
    r"(?:fine|ok|okay|alright|all\sright|allowed|possible|welcome|good|permitted|no\sproblem)"
)
BANS_LIFTED: Final = (
    rf"^(?!can|could|may|should).{{0,60}}?\b(?:you|they|drivers?|anyone|everybody"
    rf"|everyone)\s(?:can|may|could"
    rf"|are\s(?:welcome|allowed|free)\sto)\s(?:now\s|again\s"
    rf"|once\smore\s)?(?P<v>[^.?!]{{2,80}}?)\s(?:{_LATER})\b[^?]*$",
    r"\b(?:you|they)\s(?:can|may)\s(?:now\s|again\s)?(?:resume|restart)\s(?P<v>[^.?!]{2,80})",
    rf"\b(?:you|they|drivers?|everyone)\s(?:can|may)\s(?:now|again)\s{_THING}",
    rf"\b(?:it's|it\sis|it\swould\sbe|that's)\s(?:\w+\s)?{_FINE}\s(?:again\s|now\s)?(?:to|if\syou"
    rf"|for\syou\sto|with\sme\s"
    rf"(?:to|if\syou))\s(?P<v>[^.?!]{{2,80}}?)\s(?:{_LATER})\b",
    rf"\b(?:it's|it\sis)\s(?:\w+\s)?{_FINE}\s(?:again|now)\s(?:to|if\syou|for\syou\sto)\s{_THING}",
    rf"^(?:\w+,?\s){{0,2}}(?P<v>(?!it|that|this)[^.?!,]{{2,60}}?)\s(?:is"
    rf"|are)\s(?:{_FINE}\s(?:again|now|after\sall"
    rf"|any\stime)|(?:again|now)\s{_FINE})\b",
    rf"\b(?:i|we)\s(?:no\slonger\s(?:mind|object\sto)"
    rf"|don't\smind)\s(?:if\syou\s)?(?P<v>[^.?!]{{2,80}}?)(?:\s{_LATER})?(?=[.!,]|$)",
    rf"(?:^|[,:;]\s|\bplease\s|\band\s)(?:resume|restart|go\sback\sto)\s{_THING}",
    r"\b(?:ban|block|stop|restriction|limit)\son\s(?P<v>[^.?!]{2,60}?)\s(?:is|has\sbeen"
    r"|can\sbe)\s(?:lifted|over|off|"
    r"removed|gone)",
)
DUTIES_LIFTED: Final = (
    rf"\b(?:there's\s|there\sis\s)?no\s(?:longer\s(?:a\s)?)?need\s(?:for\syou\s)?(?:to"
    rf"|for)\s(?P<v>[^.?!]{{2,80}}?)\s(?:{_LATER})\b",
    rf"\b(?:you|they)\s(?:don't|do\snot|needn't|no\slonger)\s?(?:have\s"
    rf"|need\s)?(?:to\s)?(?P<v>[^.?!]{{2,80}}?)\s(?:{_LATER})\b",
    rf"\b(?:you|they)\sno\slonger\s(?:have|need)\sto\s{_THING}",
    rf"^(?P<v>[^.?!,]{{2,60}}?)\s(?:isn't|is\snot|aren't|are\snot)\s(?:necessary|needed"
    rf"|required)\s(?:{_LATER})\b",
    r"^(?P<v>[^.?!,]{2,60}?)\s(?:is|are)\sno\slonger\s(?:necessary|needed|required)\b",
)
TAKEN_BACK: Final = (
    r"\b(?:forget|ignore|disregard|scrap|drop|cancel|withdraw|undo|revoke|delete|remove"
    r"|take\sback)\s(?:about\s)?"
    r"(?:(?:what|everything|all)\s(?:i|we)(?:'ve)?\s(?:said|told\syou|asked(?:\sfor)?"
    r"|wrote)\s(?:earlier\s|before\s)?"
    r"(?:about|regarding|on|concerning)|(?:the|my|that|our)\s(?:earlier\s|previous\s|old\s"
    r"|standing\s)?"
    r"(?:wish|request|rule|instruction|note|ban|preference|order|remark|comment)s?\s(?:about"
    r"|regarding|on|for|to|not\sto"
    r"|concerning|that\syou))\s(?P<v>[^.?!,]{2,80})",
    r"\b(?:i|we)(?:'d\slike\sto|\swant\sto|'ll)?\s(?:take|took|withdraw)\s(?:back\s)?(?:what"
    r"|my)\s(?:i\ssaid|\w+)\s(?:about|"
    r"regarding|on|concerning)\s(?P<v>[^.?!,]{2,80})",
    r"\b(?:never\smind|forget|forget\sabout|ignore|disregard|scrap|drop|cancel"
    r"|lift)\s(?:about\s)?(?:the|my|that)\s"
    r"(?P<v>[^.?!,]{2,40}?)\s(?:rule|wish|request|thing|instruction|ban|preference|part|stuff"
    r"|note|restriction|business)\b",
    r"^(?:the|my|that)\s(?P<v>[^.?!,]{2,40}?)\s(?:rule|wish|request|thing|instruction|ban"
    r"|preference|note|restriction)\s"
    r"(?:no\slonger\s(?:applies|holds|counts|stands)|is\s(?:off|over|lifted|void|history)|(?:can"
    r"|may)\sgo)\b",
    r"\b(?:i|we)(?:'ve)?\s(?:have\s)?changed\smy\smind\s(?:about|on"
    r"|regarding)\s(?P<v>[^.?!,]{2,80})",
)
