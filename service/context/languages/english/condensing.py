"""English: how a message loses the words that carry nothing, and which words it must not lose."""

from __future__ import annotations

from typing import Final

from service.context.languages.english.words import EMPTY
from service.context.languages.face import Condensing

_APOSTROPHE: Final = "['’‘`´ʼ]"

_CARRYING_TEXT: Final = """
    again all anyone both but by cause done else feel fine good great guess had has her hers his
    how let like many more most much must no not now off one only or other our out over probably
    right same she should still sure their they think those try up when where who whom why will
    would yeah yep yes you your
"""
_CARRYING: Final = frozenset(_CARRYING_TEXT.split())
"""Words that say too little to find a message by, but carry something inside one."""

_NEGATIONS: Final = (
    rf"\w+n{_APOSTROPHE}t|(?:ca|do|wo|did|does|is|was|are|were|has|have|had|could|should|would|ai"
    r"|must|need|sha|might)nt|no|not|non|none|nobody|nothing|nowhere|neither|nor|never|nope|nah"
    r"|without|cannot|can not|hardly|barely|scarcely|rarely|seldom|refus(?:e|es|ed|ing)|unable"
    r"|avoid(?:s|ed|ing)?|fail(?:s|ed|ing)?|den(?:y|ies|ied|ying)|prevent(?:s|ed|ing)?"
    r"|reject(?:s|ed|ing)?|declin(?:e|es|ed|ing)|dislikes?|hates?|stop(?:s|ped|ping)?"
    r"|quit(?:s|ting)?|lack(?:s|ed|ing)?|instead|rather|otherwise|anymore|longer|yet"
)
_LIMITS: Final = (
    r"only|just|merely|solely|exclusively|alone|except|excepting|excluding|besides|apart|aside|but"
    r"|unless|until|till|til|before|after|since|while|whilst|within|either|few|fewer|little|less"
    r"|lesser|least|more|most|than|almost|nearly|too|enough|maximum|minimum|max|min|under|over"
    r"|above|below|beyond"
)
_PARTICLES: Final = (
    r"up|off|out|down|away|back|through|against"
    r"|(?:turn|switch|log|sign|opt|check|keep|put|leave|left|stay|hold|move|count|go|carry)"
    r"(?:s|ed|ned|ing|ning|ging|ting)?\b.{0,30}?\b(?:in|on)"
)
_CONDITIONS: Final = (
    r"if|whenever|once|whether|though|although|because|despite|provided|assuming|in case"
    r"|as (?:soon|long|if|though)"
)
_MODALS: Final = (
    r"can|could|may|might|must|should|shall|will|would|ought|wanna|gotta|gonna"
    r"|(?:have|has|had|got|need|needs|used|going|supposed|meant|about|trying|tried|hoping"
    rf"|planning) to|\w+{_APOSTROPHE}(?:d|ll)"
)
_TENSES: Final = (
    r"when|was|were|had|been|did|previously|formerly|originally"
    r"|(?:have|has|am|is|are|do|does) (?:i|we|my|our)"
)
_DOUBTS: Final = (
    r"thought|assum(?:e|ed)|believ(?:e|ed)|suppos(?:e|ed)|said|says|told|claim(?:s|ed)?|heard"
    r"|wish(?:ed)?|hop(?:e|ed)|maybe|perhaps|possibly|apparently|pretend(?:ed)?|imagin(?:e|ed)"
    r"|doubt(?:s|ed)?|seem(?:s|ed)?|expect(?:s|ed)?"
)
_PEOPLE: Final = r"you|they|he|she|them|him|us|u"

_GREETINGS: Final = (
    r"(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening|day)|dear)(?: there| again| all)?"
)
_THANKS: Final = (
    r"(?:many |ok(?:ay)? |great )?(?:thanks|thank you|thx|cheers|ty)"
    r"(?: (?:so much|very much|a lot|a million|again|in advance))*"
)
_FILLERS: Final = r"please|pls|plz|kindly|ok|okay|oh|ah|um+|uh|hm+|anyway|the"
_YES: Final = "yes|yeah|yep|yup|ya"
_WISHES: Final = (
    rf"i(?:{_APOSTROPHE}d| would) (?:also |really )?(?:like|love)(?: you)? to"
    rf"|i(?:{_APOSTROPHE}d| would) (?:also |really )?like(?! (?:that|it|this)\b)"
    r"|i (?:also |really |just )?(?:want|need)(?: you)? to|i (?:also |really |just )?(?:want|need)"
    rf"|i(?:{_APOSTROPHE}ll| will) (?:need|take|have)(?= (?:an?|the|one|\d))"
    rf"|i(?:{_APOSTROPHE}m| am) (?:also )?looking (?:for|to)|i wish to"
)
_REQUESTS: Final = (
    r"(?:can|could|will|would) you(?: please| kindly| also)?"
    r"(?: (?:help me(?: to)?|tell me|let me know|show me|give me|find me|check))?"
    r"|(?:can|could|may) i (?:please |also )?(?:get|have|ask|know)"
    r"|(?:is|would) it(?: be)? possible to|do you (?:have|know)|is there|are there"
    r"|i was wondering if you (?:can|could)|please let me know|tell me|let me know"
)

_IDLE_WORDS: Final = (
    rf"{_GREETINGS}|{_THANKS}|{_FILLERS}|great|perfect|awesome|cool|excellent|wonderful|fantastic"
    r"|lovely|nice|good|fine|sure|sweet|amazing|alright|all right|right|well|so|now|sorry|got it"
    r"|i see|excuse me|of course|absolutely|definitely|exactly|wow|(?:good ?)?bye(?: bye)?|goodbye"
    r"|see you|take care|by the way|actually|then|there"
)
_IDLE_SENTENCES: Final = (
    rf"(?:(?:yes|no|so|and|ok|okay|great) )?(?:(?:that|this|it)(?:{_APOSTROPHE}s|s| is| was"
    rf"|{_APOSTROPHE}ll be| will be| would be| sounds| works| looks)|sounds|looks)"
    r"(?: (?:really|very|pretty|just|all|so|about))?"
    r"(?: (?:great|good|perfect|all|everything|fine|it|wonderful|awesome|lovely|amazing|nice"
    r"|right|correct|all i need to know"
    r"|fantastic|helpful|ok|okay|cool))?(?: (?:for now|for today|i need|i needed|then|to me|for me"
    r"|thanks|thank you|a lot))*"
    rf"|{_THANKS} and that(?:{_APOSTROPHE}s| is| will be) (?:all|it)"
    rf"|{_THANKS} for (?:(?:all|your|the|being|so|very|everything|helping|help|me|of|you|great"
    r"|kind|quick|information|info|assistance|time|service|support|helpful|patience|out|today)"
    r" ?){1,8}"
    rf"|i appreciate (?:it|your help|that)|i(?:{_APOSTROPHE}m| am) (?:good|done|all set)"
    r"|(?:you )?have a (?:great|good|nice|lovely|wonderful) (?:day|one|evening|night|weekend|time)"
    r"|you too|how are you(?: doing)?(?: today)?"
    r"|(?:i|can you|could you) (?:need |please )?help(?: me)?"
)

CONDENSING: Final = Condensing(
    binds=(
        rf"\b(?:{_NEGATIONS}|{_LIMITS}|{_PARTICLES}|{_CONDITIONS}|{_MODALS}|{_TENSES}|{_DOUBTS}"
        rf"|{_PEOPLE})\b"
    ),
    turns=rf"\b(?:{_NEGATIONS}|{_LIMITS}|{_CONDITIONS})\b",
    yes=(
        rf"(?:{_YES})(?:[,.!]+(?:\s+|$)|$"
        r"|\s+(?=(?:i|we|my|please|that|it|there|can|could|thanks|thank)\b))"
    ),
    courtesies=(
        rf"(?:(?:{_GREETINGS}|{_FILLERS}|(?:and |also )?(?:{_WISHES}|{_REQUESTS}))(?![\w'’-]))"
    ),
    thanks=rf"\b(?:please|pls|plz|{_THANKS})",
    idle=rf"(?:(?:{_IDLE_WORDS})\b ?){{1,6}}|{_IDLE_SENTENCES}",
    polar=(
        r"^(?:yes|yeah|yep|yup|ya|no|nope|nah|not|never|sure|ok|okay|alright|correct|right|exactly"
        r"|absolutely|definitely|of course|certainly|please|go ahead|sounds|perfect|great|fine|good"
        rf"|works|agreed|neither|both|none|maybe|i do|i did|i am|it is|that is"
        r"|cool|awesome|lovely|wonderful|excellent)\b"
        rf"|\b(?:no|not|never|none|neither|\w+n{_APOSTROPHE}t)\b|[👍👎✅❌]"
    ),
    bare=r"yes|yeah|yep|yup|no|nope|nah|not? (?:really|now|yet|today|thanks)",
    idle_questions=(
        r"\b(?:anything|something|what|nothing) (?:else|more|further)\b"
        r"|any(?:thing)? (?:other|further) (?:questions?|matters?|help|assistance|requests?)"
        r"|more (?:help|questions)|how (?:can|may|could) (?:i|we) (?:help|assist|be of)"
    ),
    empty=EMPTY - _CARRYING,
    inside_names=frozenset({"of", "the", "and", "on", "in", "at", "for", "to", "a"}),
    binding=frozenset({"and", "of"}),
    directions=frozenset({"from", "to"}),
    joins=r"\s(?:and|but|so)(?=\s(?:i|we|my|our|please|can you|could you|what|how)\b)",
    label_words=EMPTY - {"off", "out", "up", "over"},
)
