"""English: what a desk and its tools tell."""

from __future__ import annotations

from typing import Final

from service.context.languages.face import Telling, words

_WEEKDAY: Final = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b"
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_ORDINAL: Final = r"\d{1,2}(?:st|nd|rd|th)"
_YEAR: Final = r"(?:,?\s(?:19|20)\d\d)?"
_CALENDAR: Final = (
    rf"(?:{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?{_YEAR}|\d{{1,2}}(?:st|nd|rd"
    rf"|th)?\s(?:of\s)?{_MONTH}{_YEAR}"
    r"|(?:19|20)\d\d-\d\d?-\d\d?|\d{1,2}[/.]\d{1,2}[/.](?:19|20)?\d\d"
    rf"|the\s{_ORDINAL}(?:\sof\s{_MONTH})?|{_ORDINAL})"
)
_DAY: Final = (
    rf"(?:(?:(?:this|next|coming)\s)?{_WEEKDAY}(?:,?\s(?:the\s)?{_CALENDAR})?|{_CALENDAR}"
    r"|tomorrow|today|tonight|the\sday\safter\stomorrow)"
)
_CLOCK: Final = (
    r"(?:\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]m\b|[ap]\.m\.|o'clock)|\d{1,2}:\d\d(?::\d\d)?(?!\d)|noon\b"
    r"|midnight\b)"
)
_ZONE: Final = r"(?:\s(?-i:[A-Z]{2,4}T|UTC|GMT|ET|PT|CT)\b)?"
_CLOCKS: Final = (
    rf"(?:(?:between\s|from\s)?(?:{_CLOCK}|\d{{1,2}}){_ZONE}\s?(?:-|–|to|and|until|till)\s?{_CLOCK}"
    rf"|{_CLOCK}(?:\s(?:sharp|in\sthe\s(?:morning|afternoon|evening)))?){_ZONE}"
)
_DIGITS: Final = r"(?<![\w.:/-])"
_AT: Final = r"(?:,?\s(?:at|around|about|by|from|between|before|after|@)\s|,\s|\s)"
_PERSON: Final = (
    r"(?:technician|driver|agent|courier|engineer|contact(?:\sperson)?|advis[eo]r|doctor|dentist"
    r"|guide|stylist"
    r"|hairdresser|host(?:ess)?|manager|representative|rep|specialist|consultant|therapist"
    r"|trainer|teacher"
    r"|instructor|nurse|plumber|electrician|mechanic|installer|assistant|colleague|supervisor"
    r"|concierge|chef"
    r"|lawyer|attorney|handler|surgeon|vet|pilot|cleaner|gardener|buddy|mentor|planner|officer)"
)
_NAME: Final = (
    r"(?!(?:Customer|Support|Service|Services|The|Our|Your|Team|Sales|Help|Reception|Security|A"
    r"|An|This|That|It"
    r"|Available|Not|On|In|At|Here|There|I|We|You|Please|If|Monday|Tuesday|Wednesday|Thursday"
    r"|Friday|Saturday"
    r"|Sunday|January|February|March|April|May|June|July|August|September|October|November"
    r"|December)\b)"
    r"[A-ZÀ-Þ][\w'’-]{1,20}(?:\s(?:de|da|van|von|la|al|bin))?(?:\s[A-ZÀ-Þ][\w'’-]{1,20}){0,2}"
)
_TITLED: Final = rf"(?:(?:Mr|Mrs|Ms|Dr|Prof)\.?\s)?{_NAME}"

TELLING: Final = Telling(
    codes=(
        r"(?i:\b(?:code|reference|ref|confirmation|pnr|locator|booking|reservation|voucher|coupon"
        r"|id|identifier)"
        r"(?:\s(?:number|no\.?|id|code))?[*_]{0,2}(?:\s(?:is|was)(?:\snow)?|\s?[:=]"
        r"|\s?#)[*_]{0,2}\s?[\"'“*_`]{0,2})"
        r"(?P<v>[A-Z]{4,12})\b",
    ),
    appointments=(
        rf"{_DIGITS}\b(?P<v>{_DAY}{_AT}{_CLOCKS})",
        rf"{_DIGITS}\b(?P<v>{_CLOCKS}(?:\son\s|,\s|\s){_DAY})",
    ),
    times=(
        rf"{_DIGITS}(?:\b(?:from|between)\s)?(?P<v>(?:{_CLOCK}|(?<=from\s)\d{{1,2}}"
        rf"|(?<=between\s)\d{{1,2}})"
        rf"\s?(?:-|–|to|and|until|till)\s?{_CLOCK}{_ZONE}|{_CLOCK}{_ZONE})",
        r"\b(?:within|in|takes?|allow|up\sto|about)\s(?P<v>\d{1,3}(?:\s?(?:-|–"
        r"|to)\s?\d{1,3})?\s(?:\w+\s)?(?:hours?"
        r"|days?|weeks?|months?|minutes?))\b",
        r"(?<![\w.-])(?P<v>\d{1,3}(?:\s?(?:-|–|to)\s?\d{1,3})?\s(?:business|working"
        r"|calendar)\sdays?)\b",
    ),
    days=(
        rf"\b(?:by|on|until|till|before|from|this|next|for|arrives?|comes?)\s(?P<v>{_WEEKDAY}"
        rf"|tomorrow\b|today\b)",
    ),
    shares=(
        r"(?<![\w.])(?P<v>\d{1,3}(?:\.\d{1,2})?\s?%)(?=\s(?:off|discount|refund|fee|interest"
        r"|cashback|credit|tax|vat))",
    ),
    people=(
        rf"(?i:\b{_PERSON}(?:'s|’s)?(?:\sname)?(?:\swill\sbe|\sis|:|,)\s(?:called\s"
        rf"|named\s)?)(?P<v>{_TITLED})",
        rf"(?i:\b(?:my|our|your|the)\s(?:\w+\s)?{_PERSON}\s)(?P<v>{_TITLED})",
        rf"(?i:\b(?:ask\sfor|speak\s(?:to|with)|talk\sto|met\sby|meet|report\sto|look\sfor"
        rf"|handled\sby|assigned\sto|looked\safter\sby"
        rf"|accompanied\sby)\s)(?P<v>{_TITLED})",
        rf"\b(?P<v>(?:Mr|Mrs|Ms|Dr|Prof)\.?\s{_NAME})",
        rf"(?i:\b(?:my\sname\sis|my\sname's|this\sis|i'm|i’m|i\sam)\s)(?P<v>{_TITLED})(?=[,.!]"
        rf"|\sfrom\b|\sand\b|\sspeaking\b|\shere\b|$)",
        rf"(?:^|(?<=[.!?,]\s))(?P<v>{_NAME})(?=\s(?:from\sour|will\s(?:call|visit|meet|pick|come"
        rf"|be\syour)))",
    ),
    asking=(
        r"(?:^|[,:–-]\s|\b(?:and|but|so|or)\s)(?=(?:is|are|was|were|do|does|did|would|could|can"
        r"|may|shall|should|will|have"
        r"|has|had|am|what|which|when|where|who|whose|how|anything|isn't|aren't|don't)\b)"
    ),
    tags=(
        r"[,.]?\s?(?:right|correct|yes|ok|okay|is\s(?:that|this)\s(?:right|correct|ok|okay|fine"
        r"|alright)|isn't\sit|am\si\sright"
        r"|does\sthat\s(?:work|suit)[\w ]{0,12}|would\sthat\swork[\w ]{0,12}|is\sthat\scorrect)\W*$"
    ),
    speakers=(
        r"customer|client|agent|bot|assistant|system|tool|function|human|operator|advisor|support"
        r"|service|representative|developer|admin|moderator|model|recap"
    ),
    abbreviations=words("dr mr ms st nr vs mrs apt tel ext e.g i.e prof approx"),
    fields=(
        (
            "identifier",
            "id ids identifier number numbers no code codes reference ref pnr sku tracking uuid"
            " confirmation"
            " locator serial iban vin invoice ticket case voucher imei",
        ),
        (
            "amount",
            "amount price prices total subtotal cost fee fees balance refund charge paid tax"
            " discount deposit fare"
            " rate credit due owed",
        ),
        ("email", "email mail e-mail"),
        ("phone", "phone telephone tel mobile fax cell"),
        ("address", "address address1 address2 street line1 line2"),
        ("postcode", "zip postcode postal zipcode"),
        ("link", "url link href website site uri"),
        (
            "date",
            "date dob birthday birthdate day at on expires expiry deadline created updated until"
            " since eta checkin checkout",
        ),
        ("time", "time times hours duration window slot opening closing"),
        ("name", "name contact agent technician driver owner courier doctor"),
        ("status", "status state stage"),
    ),
)
