"""English: what a desk promises, and how it says that it kept it."""

from __future__ import annotations

from typing import Final

_HOW: Final = (
    r"(?:(?:not|never|also|then|personally|now|gladly|immediately|shortly|soon|\w+ly|still|just"
    r"|only|no\slonger|be)\s){0,3}"
)
_DO: Final = (
    r"(?:refund|credit|replac|compensat|waive|send|ship|deliver|call|ring|phone|text|e-?mail"
    r"|contact"
    r"|escalat|resolv|fix|repair|get\sback|make\ssure|ensur|see\sto\sit|follow\sup|follow-up"
    r"|reach\sout"
    r"|let\syou\sknow|notif|inform|remind|updat|pay|reimburs|cover|extend|upgrad|hold|keep|reserv"
    r"|schedul|arrang|issu|process|add|apply|remov|deduct|adjust|match|pick|collect|come|visit"
    r"|install"
    r"|bring|expedit|prioriti|block|honou?r|give|mail|post|return|charg|take\scare|forward|pass"
    r"|provid|complet|finish|drop|have\s(?:it|this|that|your|the|a|an|one|somebody|someone)|report"
    r"|investigat|look\sinto|put|set|waiv|writ|leav|cancel|transmit|reschedul|restor|reopen"
    r"|unlock|reset)"
)
_OWN: Final = (
    r"(?:i|we)(?:'ll|\s(?:will|shall|won't)|'re\sgoing\sto|\sare\sgoing\sto|'m\sgoing\sto"
    r"|\sam\sgoing\sto)"
)
_OTHER: Final = (
    r"(?:(?:our|your|a|an|no|one\sof\sour|the\s(?=(?:\w+\s){0,2}?(?:refund|technician|courier"
    r"|driver|parcel|package"
    r"|replacement|card|engineer|order|money|credit|label|item|fee|amount|manager|team|agent|part"
    r"|charge"
    r"|balance|price|deposit|delivery|supervisor|discount|voucher)))\s?(?:[\w$.'-]+\s){0,7}?"
    r"|(?:he|she|they|it|somebody"
    r"|someone)\s?)"
    r"(?:'ll\s|will\s|shall\s|won't\s|should\s|(?:is|are)\sgoing\sto\s)"
)
_BE: Final = (
    r"(?:be\s(?:\w+ly\s)?(?!(?:required|needed|located|used|asked|able|based|called\s\w+\?|played"
    r"|closed|pleased|sold)\b)"
    r"(?:\w{2,}ed|sent|paid|made|given|taken|done|put|with\syou|there|in\stouch|on\sits\sway"
    r"|at\syour)"
    rf"|arriv\w*|stay|come|visit|appear|show|receive|reach|get|{_DO}\w*)"
)
PROMISE: Final = (
    rf"\b{_OWN}\s{_HOW}{_DO}\w*"
    rf"|\b{_OTHER}{_HOW}{_BE}\b"
    rf"|\byou(?:'ll|\swill|\sshall|\swon't|\sshould)\s{_HOW}(?:receive|get|hear\sfrom"
    rf"|be\shearing\sfrom|have\s(?:your|the|a|it|an)\b"
    r"|(?:refunded|credited|contacted|called|notified|charged|reimbursed|billed|informed"
    r"|compensated|emailed"
    r"|e-mailed|texted|upgraded|asked\sto\spay))\b"
    r"|\b(?:has|have)\s(?:now\s|already\s|just\s)?been\s(?:approved|scheduled|arranged|escalated"
    r"|reserved|waived|put"
    r"\son\shold|forwarded|requested|extended|granted|set\sup|prioriti[sz]ed|rescheduled)\b"
    r"|\b(?:i|we)(?:'ve|\shave)?\s(?:now\s|already\s|just\s)?(?:scheduled|arranged|escalated"
    r"|reserved|requested"
    r"|approved|waived|set\sup|prioriti[sz]ed|asked\s(?:our|the|a)|put\s[^.]{2,30}\son\shold"
    r"|rescheduled)\b"
    r"|\b(?:i|we)\s(?:personally\s|can\s|do\s|hereby\s)?(?:promise|guarantee|assure\syou|commit"
    r"|pledge|undertake)\b"
    r"|\b(?:is|are)\s(?:now\s|already\s)?on\s(?:its|their|the)\sway\sto\syou\b|(?:^|\byou\s(?:can"
    r"|may|should)\s)expect\s(?:a|an|your|the|it)\b"
    r"|\byou\shave\s(?:my|our)\sword\b|\brest\sassured\b|\b(?:is|are"
    r"|comes?)\s(?:fully\s)?guaranteed\b"
)
NO_PROMISE: Final = (
    r"\?\W*$|\bif\syou(?:'d|\swould)?\s(?:like|want|wish|prefer|agree|confirm|are\shappy)\b"
    r"|\bwould\syou\slike\b"
    r"|\b(?:do|did)\syou\swant\b|\bshall\si\b|\b(?:send|put|pass)\s(?:it|that|this)\s(?:off|over"
    r"|in|through|on)\b"
    r"|\bi(?:'ll|\swill)?\sneed\b|\bplease\s(?:provide|confirm|tell|give)\b|\bi\scan\s(?:assist"
    r"|help|proceed)\b"
    r"|\b(?:train|bus|flight|plane|ride|ferry|cab|taxi)\b.{0,80}\b(?:arriv|leav|depart|reach|land"
    r"|pick)"
    r"|\bonce\syou\s(?:confirm|agree|provide|give|tell|let)\b"
)
DONE: Final = (
    r"\b(?:has|have|had|was|were|is|are|(?<=\w)'s|(?<=\w)'ve|i|we|just|already|now)\s(?:(?:been"
    r"|now|just|already|have"
    r"|successfully|finally|all|\w+ly)\s){0,3}(?:paid|sent|issued|processed|refunded|delivered"
    r"|completed|complete|done"
    r"|resolved|fixed|credited|waived|shipped|replaced|repaired|arrived|received|got|reimbursed"
    r"|transferred"
    r"|installed|finished|called|contacted|picked\sup|collected|settled|posted|mailed|e-?mailed"
    r"|texted|here)\b"
)
NOT_DONE: Final = (
    r"\b(?:will|shall|won't|not|never|haven't|hasn't|wasn't|isn't|when|if|once|until|after|before"
    r"|should|going\sto"
    r"|soon\sas|to\sbe|scheduled|supposed)\b|'ll\b|\?"
)
