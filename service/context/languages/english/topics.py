"""English: what the words of a standing wish are about."""

from __future__ import annotations

from typing import Final

from service.context.languages.english.words import EMPTY as NOTHING_SAID
from service.context.languages.face import words

EMPTY: Final = NOTHING_SAID | words(
    """
    always never ever every each time times whenever henceforth forward onward onwards future until
    unless otherwise kindly instead now again anymore longer stop quit avoid refrain prefer want
    wish need expect insist hold pause skip suspend resume restart keep keeping ensure remember note
    nobody none must mustn't cannot can't don't won't i'd i'm i'll it's wouldn't default
    circumstances point matter rule further notice without only exclusively day starting today
    accept would'd while rather actually changed because thank thanks hi hello we'd we'll you'd one
    else important first rest allow allowed able
    """
)
ALIKE: Final = (
    (r"\b(?:e-?mail(?:s|ed|ing)?|mail(?:s|ed|ing)?)\b(?!\w)", "email"),
    (r"\b(?:text\smessages?|texts?|texting|sms)\b", "text"),
    (r"\bring(?:ing|s)?\sthe\b(?=\s(?:door)?bell)", "rings"),
    (
        r"\b(?:phone\scalls?|call(?:s|ed|ing)?|phone[sd]?|phoning|ring(?:ing)?(?!\s(?:door)?bell)"
        r"|telephone)\b",
        "call",
    ),
    (r"\bsubstitut\w+", "substitute"),
    (r"\b(?:paid|payment)\b", "pay"),
    (r"\bsent\b", "send"),
    (r"\brepairs?\b|\brepaired\b|\bfix(?:ed|ing)?\b", "fix"),
    (r"\breplace\w*", "replace"),
    (r"\bcontact\s(?:me|us)\sby\b", ""),
)
ENDINGS: Final = r"(?:ments?|ing|ed|ies|es|(?<!s)s|e|y)$"
CHOICES: Final = tuple(
    words(line)
    for line in (
        "window aisle middle front rear",
        "euro euros dollar dollars pound pounds franc francs yen sterling usd eur gbp",
        "office home house work shed porch garage depot neighbour neighbours neighbor neighbors"
        " reception concierge locker door flat",
        "card cash transfer paypal cheque",
        "decaf regular",
        "celsius fahrenheit",
        "miles kilometres kilometers metric imperial",
        "rail train air plane sea ship road truck",
        "paper electronic digital pdf",
        "morning afternoon evening",
        "upper lower top bottom ground",
        "express standard economy",
        "twin double king queen single",
        "red white",
        "still sparkling",
        "plastic paper",
    )
)
CHANNELS: Final = frozenset({"email", "text", "call"})
SETTLED: Final = words(
    "pay paid issue process complete done finish settle arrive receive got here resolve"
)
WHEN: Final = words(
    """
        monday tuesday wednesday thursday friday saturday sunday weekday weekend week month year
        daytime morning evening afternoon noon midnight night january february march april may june
        july august september october november december hour minute daily weekly monthly early late
        before after between am pm day working business tomorrow today soon shortly later
        """
)
