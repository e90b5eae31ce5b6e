"""English: what values are of, and whether they hold."""

from __future__ import annotations

from typing import Final

from service.context.languages.face import Marks

_RELATIVES: Final = (
    r"wife|husband|partner|mother|mom|mum|father|dad|parents|son|daughter|brother|sister|aunt|uncle"
    r"|cousin|gran\w*|n(?:iece|ephew)|friend|boss|colleague|neighbou?r|assistant|flatmate|roommate"
    r"|girlfriend|boyfriend|fianc\w+"
)
_THING: Final = (
    r"(?:number|date|address|code|id|one|e-?mail|phone|amount|name|username|budget|tracking|order)"
)

MARKS: Final = Marks(
    labels=(
        ("account", r"account"),
        ("appointment", r"appointment"),
        ("arrival", r"arriv\w*"),
        ("billing", r"billing"),
        ("birthday", r"birthday|born|date of birth"),
        ("booking", r"booking|reservation"),
        ("budget", r"budget"),
        ("card", r"card"),
        ("check-in", r"check(?:ing)?[ -]?in\b"),
        ("check-out", r"check(?:ing)?[ -]?out\b"),
        ("claim", r"claim|case"),
        ("delivery", r"deliver\w*|shipping|ship"),
        ("departure", r"depart\w*|leav\w+"),
        ("deposit", r"deposit"),
        ("home", r"home"),
        ("invoice", r"invoice"),
        ("limit", r"limit"),
        ("member", r"member(?:ship)?"),
        ("mobile", r"mobile|cell(?:phone)?"),
        ("order", r"order"),
        ("passport", r"passport"),
        ("policy", r"policy"),
        ("refund", r"refund"),
        ("return", r"return(?:ing)?"),
        ("serial", r"serial"),
        ("ticket", r"ticket"),
        ("tracking", r"tracking|parcel|shipment"),
        ("work", r"work|office"),
    ),
    people=rf"her|his|their|{_RELATIVES}|first|last|maiden|middle|dog|cat|pet",
    changes_to=(
        rf"\bactually,? (?:my|the|it|that|this)\b.{{0,40}}?(?:\b(?:is|was)|['’]s)|\b(?:chang"
        rf"|updat|switch|correct)(?:e|ed|es|ing)?\b[^.!?\n]{{0,60}}?\bto(?: be)?|\b(?:right"
        rf"|correct|proper|live|current) {_THING} (?:is|was)|\b(?:it|that|number)(?:['’]?s"
        rf"| is) now|\bi meant(?: to say)?|\bmake (?:it|that)|\bcorrection|\bshould(?:['’]ve"
        rf"| have)? (?:be|read|say|been)"
    ),
    between=rf"\b(?:{_THING}|the|my)",
    mistold=(
        rf"\b(?:(?:(?:i|we)(?:['’]ve| have)? (?:\w+ )?(?:gave|given|told|sent|put|entered)"
        rf"|typed|wrote|read|copied) (?:\w+ ){{0,3}}wrong|ignore (?:that"
        rf"|the) (?:\w+ ){{0,2}}?{_THING}|wrong way (?:a)?round|scra(?:p|tch) that|(?:spel(?:t"
        rf"|led)) \w+ wrong|mis(?:typed|spel\w+|read)|typo|fat.fingered|digit off"
        rf"|swapped (?:the|two) (?:digit|letter|number|character)s?)\b"
    ),
    change=(
        rf"\b(?:instead|rather than|wrong (?!with|about)(?:\w+ )?{_THING}|{_THING} (?:is"
        rf"|was) wrong|no longer|(?:go|went|come) (?:up|down) to|(?:rais|lower|increas"
        rf"|reduc)ed? .{{0,20}}?\bto|reschedul\w*|postpon\w+|push\w* .{{0,30}}?back|let's do"
        rf"|new (?:phone|mobile|cell|number|address|e-?mail|card|name|date|budget|user|post|zip"
        rf"|account|home|work|delivery)|not\b.{{1,40}}\bbut)\b"
    ),
    slip=(
        r"\b(?:o?oops|whoops|my (?:bad|mistake|fault)|h[ao]ng on|mistake|last (?:digit"
        r"|character|letter|number)|blurry|glasses|handwriting)\b"
    ),
    another=(
        r"\b(?:also|as well|another|other|both|plus|in addition|second (?:one|order|number)"
        r"|too(?=\s*(?:$|[.,:;!?])))\b"
    ),
    hint=(
        r"\b(?:actually|moved|relocated|chang(?:e|ed)|married|now|updated?|new|these days"
        r"|from now on|(?:there|that) any ?more|in a different \w+)\b"
    ),
    own=(
        rf"\b(?:my|our)\b(?! (?:{_RELATIVES}))|\b(?:call|text|ring|reach|mail|contact|write"
        rf"|write to) (?:me|us)\b|\b(?:i|we)(?:'m|'re| am| are)?(?: now)? (?:liv\w*|mov\w*"
        rf"|stay\w*|at|in|called)\b|\bi(?:'m| am)\b"
    ),
    denied_before=(
        r"\b(?:not|no longer|instead of|rather than|isn't|wasn't|isn’t|wasn’t|replac(?:e|es"
        r"|ing)|(?:old|previous|former)(?: \w+){0,3}(?: (?:is|was)|:)?)(?: (?:the|my|at|on|for"
        r"|of|order|number))*"
    ),
    moved_from=r"\bfrom(?: the| my)?",
    denied_after=(
        r"(?:is|was) (?:wrong|incorrect|my old|the old|an? (?:typo|mistake))|(?:is|was)(?:n't"
        r"| not| no longer) (?:mine|my|right|correct|valid|in use|working any)|(?:is|was"
        r"|has been) (?:closed|disconnected)|off (?:my|the|your) (?:account|file|records?)"
    ),
)
