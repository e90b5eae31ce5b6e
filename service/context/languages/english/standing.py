"""English: wishes that stand, how they are taken back, and promises."""

from __future__ import annotations

from typing import Final

from service.context.languages.english.lasting import GENERAL, LASTING
from service.context.languages.english.lifting import BANS_LIFTED, DUTIES_LIFTED, TAKEN_BACK
from service.context.languages.english.promising import DONE, NO_PROMISE, NOT_DONE, PROMISE
from service.context.languages.english.topics import (
    ALIKE,
    CHANNELS,
    CHOICES,
    EMPTY,
    ENDINGS,
    SETTLED,
    WHEN,
)
from service.context.languages.english.wishing import (
    ACCESS,
    AGREED,
    ALL_OF_A_KIND,
    COMES_AGAIN,
    CONDITIONS,
    FORM,
    LANGUAGE,
    LIMITS,
    MANNERS,
    TITLES,
)
from service.context.languages.face import Standing, words

_DO: Final = (
    r"(?:"
    + "|".join(
        sorted(
            words(
                """
    accept add address bcc clean cook cover cut explain feed lock park plan play shut split
    wash water allow answer apply ask assign assume attach avoid bill block book bring
    call cc change charge check choose close collect combine confirm connect consider consult
    contact continue copy count credit debit deduct default deliver direct discuss divide do
    double drop email e-mail ensure exclude file follow forward generate get give go group handle
    hand hold honou?r include inform insert insist invoice keep knock label leave let limit list
    look mail make mark match mention message move name notify offer omit open order pack page pay
    phone pick place post prefer prepare print prioriti[sz]e process put quote read refer refrain
    refund refuse reject release remember remind remove repeat replace reply report request require
    reserve respect respond restrict return ring round route run save say schedule seat select send
    serve set share ship show sign skip speak spell split start stay stick store substitute suspend
    switch take talk tell text transfer translate treat try turn update use wait wake warn whisper
    work wrap write
    """
            )
        )
    )
    + r")"
)
"""What a desk is asked to do."""
_OPENING: Final = (
    r"(?:^|[,:;.!–—)-]\s{1,2}|\b(?:and|but|so|then|or|also|please|just|kindly|simply|only|though"
    r"|now"
    r"|because|hence|instead|actually|sorry|okay|ok|therefore|otherwise|thanks|rather|\w{3,}ly"
    r"|(?:every|each)\s\w+)\s)"
)
"""Where an imperative may stand."""
_US: Final = r"(?:i|we)"
_WISH: Final = (
    rf"(?:\b{_US}(?:'d(?:\slove\sto)?|\swould(?:\slove\sto)?|\sdo|\sreally|\sstrongly|\smuch"
    rf"|\sonly|\sstill|\sgenerally|\salways"
    r"|\snever|\stherefore)*\s(?:want|wish|like(?=\s(?:you|to|it|all|every|my|the|if|no))|love|need"
    r"|prefer|rather|expect|insist|require|request|demand|ask|beg|hope|refuse|appreciate|be\s"
    r"(?:grateful|glad|happy|happier|pleased|thankful|obliged)\s(?:if|for|to have))\b"
    r"|\bi'm\sasking\b)"
)
_MODAL: Final = r"(?:must|should|shall|ought\sto|(?:has|have|is|are|needs?)\sto)"
_MAKE_SURE: Final = (
    r"(?:make\s(?:it\s)?(?:sure|certain)|ensure|be\ssure|see\sto\sit|see\sthat"
    r"|take\scare\s(?:that|to)"
    r"|remember\sto|don't\sforget\sto)"
)
_ASKED: Final = (
    r"\b(?:can|could|would|will|may)\s(?:you|we|i\s(?:please\s)?(?:ask|request)|everyone"
    r"|everybody|someone|somebody|your)\b"
    r"|\bplease\b|\bwould\syou\smind\b|\b(?:is\sit|would\sit\sbe)\spossible\b|\bany\schance\b"
    r"|\bwhy\sdon't\syou\b|\bif\syou\s(?:could|would|can)\b"
)
_IMPORTANT: Final = (
    r"\bit(?:'s|\sis|\swould\sbe)\s(?:\w+\s)?(?:important|essential|crucial|vital|critical|best"
    r"|better|necessary|imperative|great|good|nice|lovely|helpful|kind)\s(?:that|to|if|for|you)\b"
)
_NOT_NEXT: Final = (
    r"(?!(?:mind|again|a|an|the|been|had|got|came|was|were|did|has|have\s(?:i|we)|is|so|too|late"
    r"|busy"
    r"|wrong|slow|open|closed|same|there|here|fun|good|nice|great|happy|on\stime|in\stime|heard"
    r"|seen"
    r"|went|gone|done|said|made|took|gave|saw|knew|thought|felt|found|sent|told|left|kept|worth"
    r"|enough|going|a\w+ing|ready|available|full|will|would|did|does|in\sstock|once|really)\b"
    r"|\w+(?<!ne)(?<!spe)(?<!fe)(?<!embe)(?<!exce)ed\b|\w{2,}(?<!br)(?<!r)ing\b)"
)
"""What makes of "never" and "always" a story and no order."""
_NEVER: Final = (
    rf"{_OPENING}(?:please\s|you\s(?:can|may|will)\s|do\s)?(?:never|always),?(?:\s(?:ever|please"
    rf"|always|and\si\s"
    rf"mean\salways)\b,?)*\s{_NOT_NEXT}[a-z]{{2,}}",
    rf"(?:{_WISH}|\b{_MODAL}\b|{_MAKE_SURE}|{_IMPORTANT}|{_ASKED})[^.!]{{0,80}}?\b(?:never"
    rf"|always)\b"
    r"(?!\s(?:have|been))",
    r"\b(?:never|always)\s(?:to\s\w+|want|wish|expect)\b|\bto\s(?:always|never)\s\w+",
    r"(?:^|[,:;.!–-]\s)(?:but\s|and\s|so\s)?(?:never|always|only(?!\s(?:one|two|three|an?|the"
    r"|\d)))\b[^.!?]{2,80}"
    r"\bplease\b",
    r"\b(?:always|ever|every\stime|each\stime|at\sall\stimes)[.!]*$",
    r"\b(?:all|any|every|each)\s(?:\w+\s){1,3}(?:should|must|shall|(?:has|have|needs?|is"
    r"|are)\sto)\s(?!have\b)\w+",
    rf"\b(?:{_MODAL}|may)\s(?:never|always|only\sever|only)\s(?!(?:have|take|cost|be\s(?:a|an|one"
    rf"|two))\b)\w+",
)
_STOP: Final = (
    rf"(?:{_OPENING}|\b(?:to|you|you'd|them|must|should|you\s(?:guys|all|people|please"
    rf"|just))\s)(?:stop|quit|cease|refrain\sfrom)\s"
    r"(?:ever\s)?(?!working|being|going|raining)\w+ing\b",
    rf"(?:{_OPENING}|\b(?:to|you|they|them)\s)(?:stop|no\smore)\s(?:(?:all|any|the|these|those"
    rf"|your|of|with"
    r"|this|that)\s){0,2}(?:\w+\s){0,2}(?:calls?|e-?mails?|texts|messages|ads?|adverts"
    r"|newsletters?|letters"
    r"|sms|marketing|spam|advertising|notifications|reminders|offers|mailings?|catalogues?"
    r"|catalogs?"
    r"|surveys|promotions?|visits)\b",
    rf"{_OPENING}no\smore\s(?!questions?|thanks|help|issues?|problems?|than|ideas?|time|money"
    rf"|to)\w+",
)
_NAMING: Final = (
    r"\b(?:call|address|refer\sto)\s(?:me|us)\s(?:(?:as|by|simply|just|only|always|please)\s){0,2}"
    r"(?!(?:at|on|in|back|later|when|if|before|after|tomorrow|today|tonight|a|an|the|for|about"
    r"|asap|now"
    r"|any|again|instead|by|first|up|to|regarding|once|only|on|from|until|please|this|next|as|every"
    r"|anymore|crazy|old|right|soon|immediately|directly|during|between|via|with|under|and|or"
    r"|because"
    r"|so|ever|out|an?y\w*|whenever|unless|there|here|over|mon\w*|tue\w*|wed\w*|thu\w*|fri\w*"
    r"|sat\w*"
    r"|sun\w*)\b|\d)[^\W\d_]"
    r"|\bcall\sme\sby\smy\b|\b(?:use|using)\s(?:\w+\s)?my\s(?:first|last|full|middle|given|maiden"
    r"|sur|"
    r"nick|preferred|real)\s?-?name\b|\b(?:i|she|he)\s(?:go(?:es)?|prefers?\sto\sgo)\sby\s[^\W\d_]"
    r"|\b(?:like|want|wish|prefer|love)\sto\sbe\s(?:called|addressed|known)\b|\baddress\s(?:me"
    r"|us)\s(?:as|with|by)\b"
    r"|\b(?:everyone|everybody|people|friends|they\sall|we\sall|most\speople)\scalls?\s(?:me|him"
    r"|her)\s[^\W\d_]"
    r"|\bmy\spronouns?\b|\b(?:use|with)\s(?:they|she|he)/\w+|\bprefer\sto\sbe\s(?:called"
    r"|addressed)\b"
)
_REMEMBER: Final = (
    r"(?<!i\s)(?<!i'll\s)(?<!we\s)(?<!you\s)(?<!n't\s)(?<!not\s)\b(?:please\s)?(?:remember|note"
    r"|bear\sin"
    r"\smind|keep\sin\smind|be\saware|take\snote|put\son\sfile|note\sdown"
    r"|write\sdown)(?:\splease)?,?\sthat\b"
    r"|\b(?:make|add|leave)\sa\s(?:\w+\s)?note\b|\b(?:don't\sforget"
    r"|(?<!i\s)(?<!you\s)(?<!n't\s)(?<!we\s)remember)\s(?:that\s)?(?:i|we|my|i'm|we're|i've)\b"
    r"|\bfor\sthe"
    r"\srecord\b|\bremember:\s"
)
_NOBODY: Final = (
    rf"(?:{_WISH}|{_MAKE_SURE}|{_IMPORTANT})[^.!?]{{0,40}}?\b(?:nobody|no\sone|none)\b|"
    r"\b(?:nobody|no[- ]one|none\sof\s\w+|not\sa\ssoul|no\s\w+)\s(?:else\s)?(?:is\sto|are\sto"
    r"|must|should"
    r"|may|shall|gets?\sto|is\sallowed|is\spermitted|has\spermission|but|except|other\sthan"
    r"|apart\sfrom)\b"
    r"(?!\shave\b)|^only\s[\w' ]{2,40}\s(?:may|must|should|is\sto|are\sto|is\sallowed"
    r"|are\sallowed)\b"
    r"|\b(?:you|they|he|she|drivers?|anyone|anybody|everyone|staff|couriers?|agents?)\s(?:(?:are"
    r"|is)\snot\sto|must\snot"
    r"|mustn't|may\snot|shall\snot|aren't\sto|are\snever\sto)\s(?!have\b)\w+"
    r"|\b(?:i|we)\s(?:do\snot|don't)\s(?:consent|agree|allow|permit|authori[sz]e)\b"
)
_ONLY: Final = (
    rf"(?:{_OPENING}|\b(?:please|just)\s)only\s(?:ever\s)?(?:{_DO}|by|via|through|after|before"
    rf"|between"
    r"|during|on\s\w+days?)\b(?!\s(?:one|two|\d))",
    r"\bonly\sever\b|\bexclusively\b",
    rf"{_OPENING}(?:use|accept|speak|write|ring|call|contact|deliver)\s(?:\w+\s){{0,3}}only\b",
    rf"\b{_US}\s(?:want\sonly|only\swant|only\swish|would\sonly\slike|only\saccept|only\seat"
    r"|only\sdrink|only\stake|only\suse|only\swear|only\sread|only\sspeak)\s(?!(?:a|an|one|two"
    r"|the|\d))",
)
_REQUEST: Final = (
    rf"\bplease\b|\bkindly\b|\bpls\b|\bplz\b|{_WISH}|{_OPENING}{_DO}\b|{_MAKE_SURE}|{_IMPORTANT}"
    rf"|{_ASKED}|\bonly\W*$|\b(?:nobody|no\sone|you|they|he|she|it|drivers?|agents?|everything"
    rf"|everyone|all\s\w+"
    rf"|any\s\w+|every\s\w+|my\s\w+|the\s\w+|your\s\w+)\s(?:\w+\s)?(?:must|should|shall|ought\sto"
    rf"|may\snot"
    r"|mustn't|(?:is|are|has|have|needs?)\sto|can't)(?!\shave\b)\b|\bthank\syou\sfor\snot\b"
    rf"|{_OPENING}(?:don't|do\snot|no|stop|quit)\s"
)
_DEEPER: Final = (
    r"(?<!\bto\s)(?<!\bi\s)(?<!\byou\s)(?<!\bwe\s)(?<!\bthey\s)(?<!\bit\s)(?<!\bthe\s)"
    r"(?<!\bmy\s)(?<!\byour\s)(?<!\ba\s)(?<!\ban\s)(?<!\bthis\s)(?<!\bthat\s)(?<!n't\s)(?<!\bnot\s)"
    r"(?<!\bof\s)(?<!\bfor\s)(?<!\bin\s)(?<!\bany\s)(?<!\bevery\s)(?<!\beach\s)"
    r"(?<!\bwill\s)(?<!\bcan\s)(?<!\bdid\s)(?<!\bdo\s)(?<!\bno\s)(?<!\bone\s)(?<!\ball\s)"
    rf"\b{_DO}\s(?:me|us|my|our|your|the|all|any|every\w*|it|them|only|no|nothing|simple|plain|to"
    rf"|in|with|at|everything|[\w-]+)\b|\b(?:i|we)\s(?:don't|do\snot)\s(?:want|need|wish)\b"
    rf"|(?:^|[,;:]\s)(?:no|nothing|only)\s\w+|\b(?:may|can)\s(?:be|go)\s"
)
"""A request that does not open its clause: "by default choose …"."""
_DONT: Final = (
    rf"(?:{_OPENING}|\b(?:please|kindly|you|rather\syou|you'd\sbetter)\s)(?:don't|do\snot"
    rf"|didn't)\s(?:you\s)?"
    r"(?:ever\s)?(?!(?:worry|know|think|see|understand|mind|get|be|have|hesitate|bother|panic"
    r"|cancel|close"
    r"|delete|forget|hang|go|iron|care|need|want|believe|recall|remember|feel|like|make|lie|say"
    r"|really|seem"
    r"|actually|quite|even|exactly|you|we|i|they)\b)\w+",
    rf"\b{_US}\s(?:\w+\s)?(?:don't|do\snot|no\slonger|never)\s(?:\w+\s)?(?:want|wish|care|like)\s"
    r"(?:to\s(?:be|get|receive|see|hear|have\smy)|you|anyone|anybody|any(?!\s(?:other|more|help"
    r"|thing))"
    r"|him|her|them|people|your|my|calls|e-?mails)\b",
    r"\b(?:my|the|your|our|any|these|those)\s[\w ]{2,30}?\s(?:must\snot|mustn't|may\snot"
    r"|is\snot\sto|are\snot"
    r"\sto|should\snot\sbe|shouldn't\sbe)\s(?!have\b)\w+",
    rf"{_OPENING}no\s(?!(?:problem|idea|thanks?|thank|worries|doubt|need|rush|hurry|way|one|it|i"
    rf"|that|more|other"
    r"|not|questions?|longer|wonder|reply|answer|matter"
    r"|sooner)\b)(?:[\w-]+\s){0,3}[\w-]+s?(?:,?\splease\b"
    r"|(?=\s(?:in|on|at|from|before|after|to|for|of)\s[^?]{3,40}please))",
    rf"{_OPENING}no\s(?:\w+\s)?(?:calls|phone\scalls|e-?mails|texts|sms|letters|visits"
    rf"|substitutions?"
    r"|substitutes|replacements|newsletters?|ads|advertising|marketing|voicemails?)\b",
    rf"{_OPENING}(?:avoid|refrain|skip\sall|leave\sout\sall|exclude)\s\w+",
)
_LIKELY: Final = (
    *_DONT,
    *ALL_OF_A_KIND,
    *LIMITS,
    *COMES_AGAIN,
    *CONDITIONS,
    *MANNERS,
    *AGREED,
    *ACCESS,
    *FORM,
    rf"\b{_US}(?:'d|\swould)?\s(?:\w+ly\s|much\s|always\s)?prefer\s(?:[\w' -]{{2,40}}?\s(?:over"
    rf"|to|rather\sthan|instead\sof)\s"
    r"|(?:to\s(?:be|have|get|receive|speak|talk|write)|being|that|if|not|you|it\sif|getting|talking"
    r"|e-?mail|phone|texts?|text|letters?|sms|calls|written|chat|whatsapp)\b)",
    r"\b(?:always|never|from\snow|whenever|(?:each|every)\stime|only\sever|ever\sagain)\b",
    rf"\b{_US}\s(?:don't|do\snot)\s(?:do|take|accept|answer|use|eat|drink|read|open|speak|work"
    rf"|wear)\s(?!(?:it|that|this|the|"
    r"a|an|my|your|to)\b)\w+",
    rf"(?:{_OPENING})keep\s[\w ]{{2,40}}?\s(?:to\syoursel\w+|private|secret|confidential|short"
    rf"|brief|simple)\b",
    rf"{_OPENING}keep\s[\w ]{{2,40}}?\sto\sa\sminimum\b|{_OPENING}treat\s(?:everything|all|any)\b",
    r"\b(?:each|every|all)\s(?!i\b|we\b|you\b)(?:\w+\s){1,2}(?:needs?|requires?|goes?\s(?:to"
    r"|through))\b|\b(?:when|if)\sin\sdoubt\b",
    rf"\b{_US}\s(?:want|need|wish|expect|like)\sto\sbe\s(?:asked|told|informed|notified|consulted"
    rf"|warned)\b",
    r"\bmy\spreference\b|\binstead\sof\s(?:call|text|ring|phon|mail|e-?mail|send|writ)\w*ing\b",
    rf"\b{_US}(?:'d|\swould)\srather\s(?:you|not\sbe|be|get|receive|have\sthe)\b",
    r"\b(?:allergic|intolerant|allergy|c(?:o)?eliac|vegan|vegetarian|halal|kosher|diabetic|deaf"
    r"|blind"
    r"|hard\sof\shearing|wheelchair|dyslexi[ac]|lactose|gluten|pescatarian|night\sshifts?)\b",
    rf"\b{_US}\s(?:can't|cannot|can\snot|am\snot\sallowed\sto|may\snot|mustn't)\s(?:eat|drink"
    rf"|hear|climb|take\scalls"
    r"|read|open|be\sreached|answer|lift|carry|have\s(?:any\s)?(?:dairy|nuts|meat|pork|milk|fish"
    r"|eggs))\b",
    rf"\b{_US}\scan\sonly\s(?:be|talk|speak|take|answer|receive|eat|come)\b",
    rf"(?:{_OPENING})(?:contact|reach|e-?mail|text|write\sto|message|whatsapp|notify"
    rf"|inform)\s(?:me|us)\b"
    r"(?!\s(?:the|a|an|my|when\sit|today|tomorrow|now|it|that|this)\b)",
    r"\b(?:best|easiest|only)\s(?:way|time)\s(?:to\s(?:reach|contact|call)|for\s(?:me|us|calls))\b",
    rf"(?:{_OPENING})keep\s(?:me|us|my|our|them|[\w ]{{2,20}})\s(?:off|out\sof|away)\b",
    rf"(?:{_OPENING})keep\s(?:your|all|me\s(?:posted|informed|updated)|us\s(?:posted|informed"
    rf"|updated)|everything"
    r"|my\s\w+\s(?:private|secret|confidential|off)|messages|answers|replies|replys|it\s(?:short"
    r"|brief|simple"
    r"|private|confidential))\b",
    r"\b(?:weekdays|weekends|mornings?|evenings?|afternoons?|writing|e-?mail|text|post|vegetarian"
    r"|vegan|halal"
    r"|\w{3,6}days?)\sonly\b",
    r"\b(?:answer|reply|respond|write|speak|talk)\s(?:to\s(?:me|us)\s|(?:me|us)\s)?(?:only\s)?in\s"
    r"(?!(?:the|a|an|my|your)\b)[a-z]+",
)
_STORY: Final = (
    r"\b(?:i|we|you|they|he|she|it|that|this|which|driver|parcel|website|app|nobody"
    r"|no\sone)(?:'ve|'d|'s|\shave|\shas"
    r"|\shad)?\s(?:never|always)\s(?!(?:ever|want|wish|need|expect|prefer|to|accept|use|eat|drink"
    r"|take|answer|open|read"
    r"|pay|wear|speak|sign|deliver|allow|keep)\b)\w+|^(?:always|never)\s(?:so|too|late|busy"
    r"|again)\b"
    r"|\b(?:always|never)\s(?:an?|been|had|\w+(?<!ne)ed)\b|\b(?:was|were|had|did|didn't|came|got"
    r"|went|took|said|told|gave"
    r"|made|\w{3,}(?<!ne)ed)\b.{0,60}\b(?:always|never|whenever|every\stime)\b"
    r"|\b(?:whenever|every\stime|each\stime|any\s?time)\s(?:i|we|it)\s(?:\w+[\s,]{1,3}){1,6}(?:i"
    r"|we|there|they|you|(?<!make\s)(?<!send\s)(?<!put\s)(?<!ship\s)(?<!keep\s)(?<!leave\s)"
    r"(?<!give\s)(?<!wrap\s)(?<!pack\s)(?<!hold\s)(?<!serve\s)it)\b"
    r"|\b(?:she|he)\s(?:always|never)\s(?:pays?|uses?|says?|does|takes?|has|gets?)\b|\bnever\s(?:got|came|went|saw|took|gave|had|made|said|told|sent|rang|left|kept|knew|heard"
    r"|found|paid|bought)\b"
)
"""What always or never happens."""
_TOLD: Final = (
    r"^(?:why|how|what|when|where|who|do\syou|does|did|is\s(?:it|the|there|this|that)|are\s(?:you"
    r"|they|the)"
    r"|have\s(?:you|i|we)|has|was|were|am\si|will\s(?:i|it|the|my)|can\si|could\si|may\si"
    r"|should\si)\b[^?]{0,400}\?$"
    r"|\b(?:tell|show|give|list|find|read)\s(?:me|us)\s(?:about\s)?(?:all|every|each"
    r"|any)\b[^?]{0,200}\?$"
    r"|^never\smind\b(?![^.?!]{3,60}\bonly\b)"
    rf"|^(?!.{{0,200}}?(?:{_WISH}|\b{_MODAL}\b|{_MAKE_SURE}|{_IMPORTANT}|{_ASKED}"
    rf"|\bfrom\snow\b|,\sso\b))"
    rf".{{0,200}}?(?:{_STORY})"
    r"|\bthanks?\b.{0,40}\balways\b"
    r"|\b(?:was|were|been)\s(?:told|promised|assured)\b|\bin\sfuture\?\s?$"
    r"|\b(?:don't|do\snot)\s(?:need|require|want)\s(?:a|the|it|this"
    r"|that)\b[^.]{0,60}\b(?:any\s?more|any\slonger|now)\b"
    r"|\b(?:never|always)\s(?:have|should\shave)\b|\bshould\snever\shave\b"
)
_TONGUE: Final = (
    rf"\b(?:go|switch|change|come)\s(?:back\s|over\s)?(?:in)?to\s{LANGUAGE}\b|^{LANGUAGE}\sagain\b"
)
_ONCE: Final = (
    r"\b(?:(?<!from\s)(?<!starting\s)(?<!of\s)to(?:day|morrow)|tonight|right\snow|just\snow|not\snow|yet|this\s(?:time|order|one|week"
    r"|evening|morning"
    r"|afternoon|month|visit|trip|parcel|delivery|question)|for\sthe\smoment|right\saway|already"
    r"|at\sthe\smoment"
    r"|anything\selse|any\s(?:more\s)?help)\b|\bdon't\s\w+\s(?:it|that|this)\b"
)
STANDING: Final = Standing(
    lasting=LASTING,
    general=GENERAL,
    request=f"{_REQUEST}|{_DEEPER}",
    asked=rf"{_ASKED}",
    firm="|".join((*_NEVER, *_STOP, _NAMING, _REMEMBER, _NOBODY, *_ONLY, TITLES, _TONGUE)),
    likely="|".join(_LIKELY),
    told=_TOLD,
    once=_ONCE,
    joint=(
        r"(?:(?:,|;|\s–|\s-)?\s(?:and|but)|;)\s(?=(?:also\s|please\s|otherwise\s)*(?:always|never"
        r"|do\snot|don't|stop|from"
        r"\snow\son)\s(?!(?:the|a|an|my|on|in|at|by|to|with|for|before|after|your|any)\b)\w)"
    ),
    refers=(
        r"\b(?:then|there|it|them|that|those|these|this|him|her|one)\b(?=[\s,]*(?:again|please"
        r"|ever|either)?\W*$)"
    ),
    refusing=(
        r"\b(?:never|don't|do\snot|not(?!\sonly)|no(?!\smatter)|stop|quit|cease|avoid|nobody"
        r"|refrain|without|hold"
        r"|pause|skip|suspend|block|\w+n't|neither|nor|none|exclude)\b"
    ),
    limiting=r"\b(?:only|exclusively|nothing\sbut)\b",
    turning=(
        r"\b(?:from\snow\son|instead|now|actually|no\slonger|rather|chang\w+|switch\w*|anymore"
        r"|any\smore"
        r"|going\sforward|henceforth|new|from\shere\son|as\sof)\b"
    ),
    aside=r"\s(?:instead\sof|rather\sthan|over|,?\snot)\s[^,.;]{2,40}",
    naming=f"{_NAMING}|{TITLES}",
    speaking=(
        rf"\b(?:answer|reply|respond|write|speak|talk|chat)\b[^.]{{0,20}}\bin\s(?:plain\s"
        rf"|simple\s)?{LANGUAGE}\b|\b(?:speak|talk|write|use)\s(?:only\s)?{LANGUAGE}\b"
        rf"|\b(?:go|switch|change|come)\s(?:back\s|over\s)?(?:in)?to\s{LANGUAGE}\b|^{LANGUAGE}\sagain\b"
    ),
    reaching=(
        r"\b(?:e-?mail|text|call|ring|phone|message|whatsapp|contact|reach|write\sto|mail)\s(?:me"
        r"|us)\b"
        r"|\bprefer\s(?:e-?mails?|phone|calls|texts?|letters|sms|chat)\b"
    ),
    words=r"[a-z0-9][\w@'’.-]*\w|[a-z0-9]",
    empty=EMPTY,
    alike=ALIKE,
    endings=ENDINGS,
    channels=CHANNELS,
    choices=CHOICES,
    settled=SETTLED,
    when=WHEN,
    bans_lifted=BANS_LIFTED,
    duties_lifted=DUTIES_LIFTED,
    taken_back=TAKEN_BACK,
    promise=PROMISE,
    no_promise=NO_PROMISE,
    done=DONE,
    not_done=NOT_DONE,
)
