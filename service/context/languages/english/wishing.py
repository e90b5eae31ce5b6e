"""English: kinds of standing wishes that need no "always" and no "never".

A limit ("only female therapists"), a condition that comes again ("any time I order coffee"), what
all things of a kind are to go through ("all invoices go to …"), what somebody cannot eat, climb or
hear, and in which language, unit or form he is to be answered.
"""

from __future__ import annotations

from typing import Final

LANGUAGE: Final = (
    r"(?:english|german|french|spanish|italian|chinese|mandarin|cantonese|dutch|polish|turkish"
    r"|portuguese|japanese|korean|arabic|russian|ukrainian|hindi|urdu|bengali|punjabi|tamil|greek"
    r"|hebrew|welsh|irish|gaelic|catalan|basque|swedish|norwegian|danish|finnish|czech|slovak"
    r"|hungarian|romanian|bulgarian|croatian|serbian|vietnamese|thai|malay|tagalog|swahili"
    r"|persian|farsi|latin|british\senglish|american\senglish|sign\slanguage)"
)
_UNIT: Final = (
    r"(?:celsius|fahrenheit|miles|kilomet\w+|met(?:re|er)s|feet|inches|kilos?|kilograms?|stones?"
    r"|metric|imperial|euros?|dollars?|usd|eur|gbp|pounds|sterling|(?:\w+\s)?francs|yen|yuan|kron\w+"
    r"|rupees|pesos|utc|gmt|\w+\stime|(?:24|12|twenty[- ]four)[- ]hour|plain\s\w+|large\s(?:print"
    r"|letters|type)|braille|capitals|bullet\spoints|lower\scase|upper\scase|simple\s\w+"
    r"|short\s\w+)"
)
_SAYING: Final = (
    r"(?:say|tell|give|show|quote|write|answer|reply|respond|speak|talk|explain|put|list|express"
    r"|state|count|measure|display|convert|price|send|use|keep|read|print|have|want|need|like"
    r"|prefer|see|get)"
)
_CLAUSE: Final = r"(?:^|[,;:]\s|\b(?:and|but|so|because|as|since|that|please)\s)"
_NO_LIMIT: Final = (
    r"(?!(?:a|an|one|two|three|four|five|the|this|that|these|those|it|they|he|she|if|when|because"
    r"|half|some|my|then|yesterday|today|tomorrow|problem|thing|question|issue|got|had|arrived"
    r"|received|after|to|once|downside|concern|just|now|\d\S*)\b)"
)
"""What follows an "only" that tells how few there are, and limits nothing."""
_PAST: Final = (
    r"(?:was|were|came|got|had|went|did|didn't|said|told|gave|made|took|left|found|works?|shows?"
    r"|arrived|received|ordered"
    r"|\w{3,}ed(?=[.!]|\s(?:in|on|at|to|it|me|the|my|by|up|out|so|and|yesterday)\b))"
)
_RARELY_LASTING: Final = (
    r"(?!(?:be|have|had|has|got|get|see|saw|know|knew|need|needed|meant|mean|do|did|hope|think"
    r"|thought|wish|hear|heard|found|want\sto\s(?:know|ask|see|check)|came|bought|paid|went|just"
    r"|\w{3,}ed|a|an|one|two|the|this|that|\d+)\b)"
)
"""Verbs whose "I only …" tells of the moment."""
_THINGS: Final = r"(?:of\s)?(?:my\s|our\s|the\s)?[\w'-]+(?:\s[\w'-]+){0,6}?"

ALL_OF_A_KIND: Final = (
    rf"(?:^|[,;:]\s|\b(?:now|on|and|so|today|tomorrow|please)\s)(?:all|any|every|each)\s{_THINGS}\s"
    r"(?:goes?\s(?:to|by|via|through|into|on|in|out)|is\sto\s|are\sto\s|(?:may|can)\s(?:be|go|only"
    r"|not|never|stay)\b|gets?\s(?:sent|charged|billed|paid|delivered|left)|stays?\s|needs?\s"
    r"|requires?\s|in\s(?:my|our|the)\s)",
    r"\b(?:is|are)\s(?:not\s|never\s|always\s|only\s)to\sbe\s\w+",
    r"^(?:please,?\s)?(?:my|our|the|all|any|every|each)\s[\w' -]{2,40}?\s(?:is|are)\sto\s(?:be|go"
    r"|stay|remain|come)\b",
    r"^(?:please,?\s)?(?:my|our)\s[\w' -]{2,40}?\s(?:stays?|remains?)\s(?:private|secret|out|off"
    r"|with|confidential|between)\b",
)
LIMITS: Final = (
    rf"^(?:please,?\s|and\s|so\s|but\s|ok(?:ay)?,?\s)?only\s{_NO_LIMIT}(?![^.!?]{{0,120}}\b{_PAST}\b)"
    r"(?![^.!?]{0,40}\s(?:is|are|have|has)\s(?!to\b|allowed\b|okay\b|ok\b|fine\b))[\w'-]+\s\w",
    r"^(?![^.!?]{0,80}\b(?:i|it|we|he|she|you|is|was|are|were|one|two|the|it's|that|this|for\sread"
    r"|name)\b)(?:[\w-]+\s){1,5}only(?:,?\splease|,?\sfor\s(?:me|us)|,?\sthanks)?\W*$",
    rf"\b(?:i|we)(?:'ll|'d|\swill|\swould|\scan|\sdo|\smay|\sshall)?\sonly\s(?:ever\s"
    rf"|want\sto\s)?{_RARELY_LASTING}[a-z]{{2,}}\s\w",
    rf"{_CLAUSE}nothing\s(?:but|with|containing|made\s(?:of|with|from)|that\s(?:has|contains"
    rf"|is)|from)\s[^.?!]{{2,80}}(?:please|,\s|\W*$)",
    r"\b(?:i|we|he|she)\s(?:eat|drink|wear|take|use|accept|want|read|buy|eats|drinks|wears"
    r"|takes|uses|accepts)\s(?:nothing|no\w*)\s(?:but|except|other)\b",
    r"\b(?:i|we)(?:\swill|'ll|\swould|'d)\s(?:not|never)\s(?:ever\s)?(?:accept|pay|stay|eat|drink"
    r"|take|sign|fly|travel|share|give|use|wear|ride|talk|speak|answer|open|sit|sleep|have"
    r"|tolerate|discuss)\b|\b(?:i|we)\swon't\s(?:accept|eat|drink|sign|fly|travel|share|use|wear"
    r"|ride|talk\sto|speak\sto|answer|discuss)\b",
    r"\b(?:i|we)(?:'d|\swould)\srather\s(?:not|never|always|only)\b",
    r"\b(?:i|we)\s(?:don't|do\snot|never)\s(?:eat|drink|fly|drive|wear|smoke|travel|take|accept"
    r"|answer|speak|read|use|own|do)\s(?!(?:it|that|this|the|a|an|my|your|to|so)\b)\w+",
    r"\b(?:i|we)\s(?:don't|do\snot)\s(?:drive|fly|smoke|eat\s\w+|drink\s\w+)\b",
    r"\b(?:i|we)\s(?:don't|do\snot|never)\swant\s(?!(?:it|that|this|the|a|an|to|them)\b)"
    r"(?:[\w-]+\s){0,2}[\w-]{3,}(?:s|ing)\b(?!\s?\?)",
    r"\b(?:i|we)(?:'m|'re|\sam|\sare)?\s(?:can\s)?only\s(?:be\s)?(?:reach\w*|available|free"
    r"|in|home|contact\w*)\b",
)
COMES_AGAIN: Final = (
    r"(?:^|[,;:]\s|\b(?:and|but|so|please)\s)(?:whenever|(?:each|every)\stime"
    r"|any\s?time\s(?=(?:i|you|we|they|it|there|he|she|my|your|the|an?|some\w+)\b))\s?",
    r"^(?:please,?\s)?default\sto\s|\bby\sdefault\b|\bmy\sdefault\b",
    r"\b(?:any|every|each|no)\s(?:day|time|colou?r|brand|courier|seat|room|hotel|airline"
    r"|flavou?r|one|body|thing)\s(?:except|but|other\sthan|apart\sfrom)\b",
    r"(?:^|[,;:]\s|\bplease\s)(?:assume|consider|treat|regard)\s(?:that\s|me\s|my\s|all\s|any\s"
    r"|every\w*\s|i\b|we\b|i'm\b|the\s|[\w-]+\s(?:sizes?|units?|time))",
    r"\btreat\s[^.?!]{2,60}\sas\b",
    r"\bwhen(?:ever)?\si\ssay\s[^.?!]{2,60}\bi\smean\b",
    r"(?:^|[,;:]\s|\bplease\s)(?:use|put|give|write|say|answer|send|bring|leave|take|ring|knock"
    r"|wear|park|start|end)\s[^.?!]{2,80}?\swhen(?:ever)?\s(?:you|they|the\s\w+)\s"
    r"(?!(?:can|could|are|get|have|find|know|see|arrive|reach|come\sback)\b)\w+",
)
ACCESS: Final = (
    r"\b(?:guide\sdog|service\sdog|assistance\sdog|screen\s?reader|hearing\s(?:aids?|loop)"
    r"|step[- ]free|ground\sfloor|sign\slanguage|large\sprint|braille|subtitles|crutches"
    r"|walking\s(?:frame|stick)|pacemaker|epilep\w+|asthma\w*|colou?r[- ]?blind"
    r"|non[- ]?smoking|hypoallergenic|pregnant|autis\w+|adhd|stammer|stutter|mobility)\b",
    r"\b(?:have|no|without)\s(?:a\s|any\s)?(?:car|smartphone|printer|internet\sat\shome|landline"
    r"|mobile)[.!,]",
    r"\b(?:i|we|he|she)\s(?:can't|cannot|can\snot|couldn't)\s(?:have|eat|drink|hear|see|walk|stand"
    r"|climb|lift|carry|drive|bend|read|do\sstairs|use\s(?:stairs|the\sstairs)|tolerate"
    r"|digest|take\s(?:calls|the\sphone|stairs|lactose|penicillin|aspirin|ibuprofen))\b"
    r"(?!\s(?:the\s(?:ticket|confirmation|status|order|menu|message|code|email)|it\b|my\b|that\b"
    r"|this\b|any\s?thing\b|you\b|where\b|what\b))",
    r"\b(?:we|i)\s(?:keep|eat)\s(?:halal|kosher)\b|\b(?:sugar|nut|dairy|gluten|wheat|meat|egg"
    r"|fragrance)[- ]free\b(?=[^?]{0,40}(?:please|for\sme|for\sus|my|only))",
)
FORM: Final = (
    rf"\b{_SAYING}\s(?:[\w'-]+\s){{0,6}}?(?:only\s)?in\s{_UNIT}\b",
    rf"^[\w' -]{{3,40}}\sin\s{_UNIT}(?:\sfor\s(?:me|us))?,?\s?(?:please|only|for\s(?:me|us))\b",
    rf"\b(?:speak|write|talk|use|answer|reply|chat)\s(?:only\s|always\s|to\s(?:me|us)\s(?:only\s)?"
    rf"(?:in\s)?|in\s)?{LANGUAGE}\b",
    rf"\b(?:go|switch|change|come)\s(?:back\s|over\s)?(?:in)?to\s{LANGUAGE}\b",
    rf"^(?:please,?\s|only\s)?(?:in\s)?{LANGUAGE}(?:\sonly|,?\splease|\sfrom\b)",
    r"(?:^|[,;:]\s|\bplease\s)use\s(?:the\s|a\s)?(?:metric|imperial|celsius|fahrenheit"
    r"|(?:24|12|twenty[- ]four)[- ]hour|dd|iso|informal|formal|simple|plain|short|larger?|british"
    r"|american)\b",
    r"(?:^|[,;:]\s|\bplease\s)(?:write|give|put|format)\s(?:all\s|the\s|your\s|any\s)?(?:dates?"
    r"|times?|prices?|numbers?|amounts?|distances?|temperatures?|weights?|measurements?)\s",
    r"\bno\s(?:emojis?|emoticons?|jargon|abbreviations|slang|small\stalk|exclamation\s\w+|links"
    r"|greetings?|jokes|acronyms|voice\s(?:messages|notes|mails?))\b",
    r"(?:^|[,;:]\s|\bplease\s)keep\s(?:it|things|everything|your\s\w+|the\s\w+|all\s\w+)\s(?:short"
    r"|brief|simple|formal|informal|casual|polite|plain|concise|discreet|quiet|private|low|warm"
    r"|cold|closed|locked|shut)\b",
    r"(?:^|[,;:]\s)(?:address|send|direct|forward|route|redirect)\s(?:all|any|every|each"
    r"|everything)\s",
)
TITLES: Final = (
    r"\bmy\s(?:(?:sur|first|last|family|full|given)\s?)?names?\s(?:comes?|is\s(?:spelled|spelt"
    r"|pronounced|written))\b|\bspell\smy\s(?:\w+\s)?name\b"
    r"|\b(?:it's|i'm|i\sam)\s(?:mr|mrs|ms|miss|mx|dr|prof\w*)\.?\s[^\W\d_]+\s(?:now|these\sdays)\b|"
    r"\b(?:it's\s|i'm\s|i\sam\s)?(?:mr|mrs|ms|miss|mx|dr|sir|madam|ma'am|he|she|they|him|her|them)"
    r"\.?,?\snot\s(?:mr|mrs|ms|miss|mx|dr|sir|madam|ma'am|he|she|they|him|her|them|it)\b"
    r"|\bi'm\s[^,.!?]{2,30}\sto\syou\b|\b(?:he/him|she/her|they/them)\b"
)
CONDITIONS: Final = (
    r"(?:^|[,;:]\s)(?:whatever|wherever|whoever|whichever)\s(?:you|i|we|they|is|the|comes|it)\s",
    r"^when\s(?:in|at|on|abroad|\w+ing)\s[^.?!]{2,60}[\s,](?:me|my|us|only|use|please)\b",
    r"^if\s(?:an?|any\w*|some\w*|ever|no\w*|the\s\w+\s(?:is|are))\s[^.?!,]{2,60},\s(?:please\s"
    r"|then\s|just\s)?(?!(?:can|could|what|how|is|are|do|does|will|would|should|i|i'd|i'll|it"
    r"|it's|we|there|that|that's|the|my|your|they|which)\b)\w+\s",
    r"^(?:before|after|with)\s(?:any|each|every|all)\s[^.?!]{2,80}\b(?:i|me|us|my|please)\b",
    r"^before\s(?:an?y?|any)\s[^.?!]{2,60}\b(?:i|we)\s(?:want|need|must)\b",
    r"^any(?:thing|one|body)\s(?!else|i\scan|you\scan|new|wrong|more)\w+\s[^?]{4,}$",
    r"(?:^|[,;:]\s|\bplease\s)(?:[\w-]+\s){1,3}(?:anything|everyone|everything)\s(?:frozen|fragile"
    r"|heavy|over|under|above|below|valuable|perishable|breakable|sharp|liquid|hot|cold|with"
    r"|that|from|containing)\b",
)
AGREED: Final = (
    r"\b(?:needs?|requires?|have|has|without|get|ask\sfor)\s(?:my|our)\s(?:okay|ok|approval|consent"
    r"|permission|signature|go-ahead|agreement|say-so|authori[sz]ation|password|blessing)\b",
    r"\bwithout\s(?:asking|checking|consulting|telling|warning)\b",
    r"\b(?:my|our)\s(?:\w+\s)?\w+\s(?:now\s)?(?:handles?|manages?|deals?\swith|looks?\safter"
    r"|takes?\scare\sof|is\sin\scharge|decides?|speaks?\sfor|signs?\sfor|collects?"
    r"|may\s(?:collect|sign|speak|order|decide))\b",
    r"\b(?:everything|money|mail|post|correspondence|[a-z]{3,}s)\s(?:matters\s)?goe?s?\s(?:on|to"
    r"|through|via|by|in|into)\s(?:the\scompany|the\sshared|my|our)\b",
    r"\b(?:out\sof\sthe\squestion|off[- ]limits|no[- ]gos?|non[- ]?negotiable|not\sacceptable"
    r"|forbidden|taboo|strictly|not\san\soption)\b",
    r"\bthe\sonly\s[\w' -]{2,30}\s(?:i|we)\s(?:accept|eat|use|take|drink|want|can\s\w+|wear"
    r"|trust)\b",
    r"\b(?:i|we)\s(?:can't|cannot|don't|won't|never)\s(?:do|make|work|manage)\s(?:on\s)?(?:\w+days"
    r"|mornings|evenings|afternoons|weekends|nights|heights|stairs|lifts|spicy)\b",
    r"\b(?:mornings|evenings|afternoons|weekends|nights|\w+days)\s(?:are|is)\s(?:out|bad|no\sgood"
    r"|best|impossible|difficult|reserved|sacred)\b",
    r"\b(?:i|we)\s(?:want|need|expect|require)\s(?:to\shear|at\sleast|notice|a\s(?:text|call"
    r"|message|warning|reminder)|to\s(?:see|approve|sign|check))\s[^.?!]{0,60}?\b(?:ahead"
    r"|in\sadvance|beforehand|between|notice|every|each|any|all)\b",
    r"\bi\s(?:take|have|like|drink|eat|want)\smy\s(?!(?:money|order|refund|parcel|card|account)\b)"
    r"\w+\s\w+",
    r"^please\s(?:be\saware|note|remember|understand|know|mind),?\s(?:that\s)?(?:i|i'm|my|we|our|he"
    r"|she)\b",
    r"\bthe\s(?:less|fewer|more|shorter|earlier|later|cheaper|simpler|quieter)\s(?:\w+\s)?"
    r"(?:e?-?\w+\s)?the\sbetter\b",
    r"\bno\s(?:chit[- ]?chat|fluff|frills|fuss|upselling|upgrades|cold\scalls?|strangers?"
    r"|surprises|exceptions)\b",
    r"^(?:please\s)?(?:stay|steer)\s(?:away\sfrom|clear\sof|with)\s|^(?:please\s)?stick\s(?:to|with)\s",
    r"^(?:please\s)?(?:sign|spell|pronounce|start|begin|end|close|head|format|address|mark|label)\s"
    r"(?:all|any|every|each|your|my\s(?:sur|last|first|family)?\s?name)\b",
    r"^(?:please\s)?(?:mute|silence|block|hide|archive|encrypt|shred|log|record|redact)\s(?:all|any"
    r"|every\w*|each)\b",
    r"\b(?:reply|answer|write|respond)\s[^.?!]{0,10}\bin\sthe\s(?:same\s)?(?:language|style|tone"
    r"|order|form|format)\b",
    r"^consider\s(?:this|that|my|me)\s|\bround\s(?:up|down)\b|\bnever\s(?:up|down)\b",
    r"\bdon't\s(?:bother|trouble|pester|disturb|nag)\b",
    r"\bnobody\s(?:else\s)?(?:gets?|opens?|touches|sees|signs|enters)\b",
)
_NO_ORDER: Final = (
    r"(?!(?:i|i'm|i'd|i'll|i've|we|it|it's|you|they|he|she|the|there|there's|my|your|our|this|that"
    r"|that's|what|how|who|which|is|are|was|were|can|could|would|will|should|do|does|did|a|an|if"
    r"|find|book|search|show|get|look|tell|give|let|maybe|yes|not|thanks|thank|sorry|all|any|some"
    r"|and|but|or|so|as|to|in|at|on|of|for|with|something|nothing|nobody|everything)\b)"
)
"""Words with which a clause begins that asks for nothing, or for something found once."""
MANNERS: Final = (
    rf"^if\s(?:i'm|i\sam|we're|we\sare|nobody's|no\sone's|i\sdon't|i\scan't)\s[^,.?!]{{2,40}},"
    rf"\s(?:please\s)?{_NO_ORDER}\w+",
    r"^(?:please\s)?(?:send|answer|reply|respond|ship|notify|present)\s(?:with\s|by\s|in\s)?"
    r"(?!(?:the|this|that|it|them|an?|me|my|to)\b)(?:[\w'-]+\s){0,2}[\w'-]{3,}s(?:\s(?:by|via|with|in)\b"
    r"|\W*$)",
    r"^(?:please\s)?(?:ship|send|pack|put|deliver|write|charge|bill|book|wrap|keep|leave|pay)"
    r"\severything\s(?:in|on|to|by|with|through|via|at)\b",
    r"\bnot\s(?:welcome|allowed|permitted)\b(?=[^?]*$)(?<!i'm\snot\sallowed)",
    r"^(?:please\s)?(?:use|take)\smy\s(?!(?:code|voucher|points|reference)\b)[\w-]+\s(?:\w+\s)?"
    r"(?:for|when|on|as|instead)\b",
    r"^(?:please\s)?(?:show|give|quote|list|send)\s(?:me\s)?(?:all\s)?[\w-]+s\s(?:without|including"
    r"|excluding|before|after)\b",
    r"\byou\s(?:can|may)\s[^.?!]{3,60}\b(?:any\s(?:day|time)|next\sdoor|the\sneighbou?rs?)\b",
    r"^(?:please\s)?(?:make|schedule|plan|arrange|book|set)\s(?:my\s|our\s)?(?:appointments|visits"
    r"|deliveries|meetings|calls|lessons|sessions)\b",
    rf"^(?:my|our)\s[^,.?!]{{3,50}},\sso\s(?:please\s)?{_NO_ORDER}\w+",
    r"^(?:please,?\s)?no\s[\w-]+\s(?:on|in)\s(?:the|my|our|any)\b|\b(?:portions?|meals?|drinks?|rooms?"
    r"|parcels?|boxes)\s(?:with\s)?no\s\w+",
    r"\bmy\s(?:preferred|usual|regular|default|standard|normal)\s[\w ]{2,30}?\s(?:is|are)\b",
    r"^(?:please\s)?be\s(?:brief|concise|polite|discreet|quiet|gentle|formal|direct|honest|patient"
    r"|blunt|specific|precise)\b",
    r"\b(?:i|we)(?:'d|\swould)\srather\s\w+\s(?:\w+\s){0,4}than\b",
    r"\b(?:speak|talk|write|type|explain)\s(?:\w+\s)?(?:slow\w*|clearly|loud\w*|simply|softly)\b"
    r"|\bsecond\slanguage\b|\bthe\s\w+\s(?:on|for|in)\s(?:all|every|each|any)\s",
    rf"^(?:until|till|before|whoever|during|while)\s[^,.?!]{{3,60}},\s(?:please\s)?{_NO_ORDER}[a-z]+",
    r"\b(?:i|we)(?:'m|'re|\sam|\sare|\scan't|\scannot|\shave|\swork|\slive)\s[^.?!,]{3,60},\sso\s"
    rf"(?:please\s)?{_NO_ORDER}[a-z]+",
    r"\b(?:you|they|he|she)(?:'re|'s)\s(?:not|never)\sto\s\w+",
    r"\b(?:belongs?|goes)\s(?:in|on|to|with)\s(?:my|our)\b",
    r"\b(?:free|only|vegan|halal|kosher|vegetarian)\s(?:household|family|home|office|kitchen)\b",
    r"\b\w+days\sare\sfor\b|\b(?:is|are)(?:\snot|n't)\sfor\s(?:me|us)\b",
    r"\b(?:hard|difficult|easiest|best|impossible)\sto\s(?:reach|catch)\b|\btry\s(?:the\s)?(?:mornings"
    r"|afternoons|evenings|weekends)\b",
    r",\s(?:so\s|and\s)?no\s[\w-]+(?:\s[\w-]+)?\s(?:then|there|ever|at\sall|either|on|before|after"
    r"|during)\b",
    r"\byou\s(?:can|may)\s(?:talk|speak|discuss|share|deal)\s[^.?!]{0,40}\bmy\b|\bpower\sof\sattorney\b",
    r"\bbetween\s(?:us|you\sand\sme)\b(?!\W*\?)|\bto\syourself\b",
    r"\bmake\sa\s(?:habit|point|rule)\sof\b|^prefer\s\w+",
    r"\bstep\sby\sstep\b|\b(?:gender|carbon|climate)[- ]neutral\b|\bsugar[- ]?coat\w*"
    r"|\bin\swriting\b|\b(?:british|american|us|uk)\sspelling\b|\bplain\s(?:english|words|language)\b",
    r"\bwhen(?:ever)?\sthere(?:'s|\sis)\sa\schoice\b|\b(?:where|when)(?:ver)?\spossible,?\s\w+",
    r"\bper\s(?:item|parcel|order|trip|booking)\b(?=[^?]{0,40}$)(?<!price\sper\sitem)",
    r"^(?:please\s)?(?:route|direct|use|send|deliver|ship|call|serve|charge|bill|write|accept|pay|pick"
    r"|put|leave|seat|speak|contact)\s[^.?!]{3,60}\sonly\W*$",
    r"^(?:please\s|kindly\s)?(?:hold|hide|use|route|explain|prefer|favou?r|serve|pack|label|exclude"
    r"|direct|withhold|redirect|quote|split|double|separate)\s(?!(?:the|this|that|it|them|an?)\b)"
    r"(?:[\w'-]+\s){0,3}[\w'-]{3,}s\b",
    r"\b\w+\sare\snot\sfor\s|\b(?:mail|post|letters|parcels|packages|invoices|messages|e-?mails)"
    r"\s[^.?!]{0,30}?(?:should|must|has\sto|have\sto)\s",
    r"^(?:please\s)?(?:make|put|keep)\sall\s|\blocal\s\w+\sonly\b",
)
