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
_THEN: Final = (
    r"(?:(?:okay|ok|alright|all\sright|fine|well|yes|actually|so|and|but|then|oh),?\s){0,2}"
)
_WITH: Final = r"(?:\s(?:with|by|for|to)\s(?:me|us)|\stoo|\sas\swell)?"
_AT_LAST: Final = rf"(?:{_LATER}|any\s?time|from\shere\son|these\sdays|too|as\swell)"
_SOMETHING: Final = r"(?P<v>(?!it\b|that\b|this\b|i\b|you\b)[^.?!,]{2,60}?)"
BANS_LIFTED: Final = (
    # "Substitutions are OK with me now", "so nuts are fine", "the garage is alright for parcels".
    rf"(?:^|[.,;]\s){_THEN}{_SOMETHING}\s(?:is|are)\s(?:\w+\s)?{_FINE}"
    rf"(?:\sfor\s(?P<w>(?!me\b|us\b)[\w' ]{{2,40}}?))?{_WITH}\s{_AT_LAST}\b",
    rf"[,;]\s(?:so\s|and\s)?(?P<v>(?!it\b|that\b|this\b)[^.?!,]{{2,60}}?)\s(?:is|are)\s{_FINE}"
    r"\W*$",
    # "You may text me if you like", "you're free to contact my employer".
    r"^(?:\w+,?\s){0,2}?you\s(?:can|may)\s(?P<v>[^.?!,]{2,60}?)\sif\s(?:you\s(?:like|want|wish|must"
    r"|have\sto|need\sto)|necessary|need\sbe)\b",
    rf"\byou(?:'re|\sare)\s(?:now\s|again\s)?(?:free|welcome|allowed)\s(?:now\s|again\s)?to\s"
    rf"(?P<v>[^.?!,]{{2,60}}?)(?:\s{_LATER})?(?=[.!,]|$)",
    rf"\bfeel\sfree\sto\s(?P<v>[^.?!,]{{2,60}}?)\s{_LATER}(?=[.!,]|$)",
    # "I've started eating meat again."
    r"\b(?:started|begun|gone\sback\sto|back\sto|resumed)\s(?P<v>\w+ing\s[^.?!,]{2,40}?)"
    r"(?:\sagain)?(?=[.!,]|$)",
    # "Fridays work for me now."
    rf"(?:^|[,;]\s){_THEN}{_SOMETHING}\s(?:works?|suits?|will\sdo)(?:\s(?:fine|well))?{_WITH}"
    rf"\s{_AT_LAST}\b",
    # "Okay, packages may go to the neighbours."
    r"^(?:(?:okay|ok|alright|all\sright|fine|well|yes|actually|oh),?\s){1,2}"
    r"(?P<v>(?!it\b|that\b|this\b|i\b|we\b)[^.?!,]{2,60}?)\s(?:may|can)\s(?:be|go|have|come|get"
    r"|again|now|stay|know|see)\s(?P<w>[^.?!,]{2,60})",
    rf"(?:^|[,;]\s){_THEN}{_SOMETHING}\s(?:may|can)\s(?:be|go|have|come|get|stay|now|again)"
    rf"\s(?P<w>[^.?!,]{{2,60}}?)\s{_LATER}\b",
    r"\b(?:you|they)\s(?:can|may)\s(?:now\s|again\s)?(?:release|unpause|reactivate|unblock"
    r"|continue)\s(?P<v>[^.?!]{2,80})",
    # "I eat meat again."
    r"\b(?:i|we)\s(?:can\s)?(?:now\s)?(?:eat|drink|wear|fly|use|accept|take|want"
    r"|like|drive)\s(?P<v>[^.?!,]{2,40}?)\s(?:again|now|after\sall)\b",
    r"\b(?:i'm|i\sam|we're|we\sare|he's|she's)\s(?:not|no\slonger)\s(?:\w+\s)?(?:allergic"
    r"|intolerant|sensitive)\sto\s(?P<v>[^.?!,]{2,40}?)(?:\s(?:any\s?more|any\slonger|now))?"
    r"(?=[.!,]|$)",
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
    # "so hotels needn't take dogs any more", "it needn't be e-mail only".
    r"(?:^|[,;]\s|\bso\s)(?P<v>(?!i\b|we\b|you\b|they\b)[^.?!,]{2,60}?)\s(?:needn't|need\snot|don't\s(?:have"
    r"|need)\sto|doesn't\s(?:have|need)\sto|no\slonger\s(?:has|have|needs?)\sto)\s(?:be\s)?"
    rf"(?P<w>[^.?!,]{{2,60}}?)(?:\s{_LATER})?(?=[.!,]|$)",
    r"\b(?:i|we)\sno\slonger\s(?:need|require)\s(?P<v>[^.?!,]{2,60}?)(?=[.!,]|$)",
    # "My boss has left, no need to copy him."
    r"(?:,|\band|\bso)\s(?:there's\s|there\sis\s)?no\sneed\sto\s(?P<v>(?![^.?!]{0,60}\bnow\b)[^.?!,]{2,60}?)"
    r"(?:\s(?:him|her|them|it))?(?=[.!]|$)",
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
    # "Stop rounding up my donations", "you can stop answering in French".
    r"(?:^|[,;]\s|\bplease\s|\b(?:can|may)\s(?:now\s)?)stop\s(?P<v>\w+ing\b[^.?!,]{0,60})",
    r"\bno\smore\s(?!than\b)(?P<v>[^.?!,]{2,40}?)(?:\sonly|\sany\s?more)?(?:,?\splease|\sfor\sme)?(?=[.!,]|$)",
    # "texting only is over", "the vegetarian rule is off".
    r"(?:^|[,;]\s|\band\s|\bso\s)(?:the\s|my\s|that\s)?(?P<v>[^.?!,]{2,40}?)(?:\srule|\swish"
    r"|\sthing)?\s(?:is|are)\s(?:over|off|void|history|done\swith|obsolete|cancelled|no\slonger"
    r"\s(?:valid|in\sforce|true))(?=[.!,]|$)",
    r"(?:^|[,;]\s)(?:please\s|you\s(?:can|may)\s)?forget\s(?:about\s)?(?:the|my|that)\s"
    r"(?P<v>[^.?!,]{2,40})[.!]?$",
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
