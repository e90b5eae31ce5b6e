"""What is to hold from now on: what the customer wishes for good, and what was promised to him.

Kept word for word and apart from facts, with room of its own, so that three hundred rounds later a
wish is as much in force as in the next one. One is given up for a later one about the same thing,
when it is taken back, or when the promise was kept; for want of room those go first that were not
said to last, then the oldest.

Which words make a wish is a matter of language and stands there; this module is the same for all.
Pure, deterministic, and one message after another, so that it is the same however the messages were
grouped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, Literal, Self, get_args

from service.context import languages, sentences
from service.context.memo import remembered
from service.context.rounds import Speaker

Kind = Literal["wish", "promise"]

MOST_READ: Final = 8_000
"""Characters of a message that are read."""
MOST_OF_A_MESSAGE: Final = 8
"""Wishes, or promises, that one message may hold."""
LONGEST: Final = 200
"""Characters of one; a longer sentence is cut where one of its clauses ends."""
MOST_BYTES: Final = 900
"""What all of one kind may take, some 200 tokens."""
LINE: Final = 12
"""Bytes of a line besides its words."""

_REFERRING: Final = 80
"""Up to so many characters a sentence that points at the one before is shown with it."""
_TOPIC: Final = 16
"""Words of a topic."""
_NOT: Final = "not"
_ONLY: Final = "only"
_NAME: Final = "=name"
_LANGUAGE: Final = "=language"
_WAY: Final = "=way"
_FLAGS: Final = frozenset({_NOT, _ONLY})
_SLOTS: Final = frozenset({_NAME, _LANGUAGE})

_RULES: Final = tuple(language.standing for language in languages.ALL)
_LASTING: Final = languages.joined(rules.lasting for rules in _RULES)
_GENERAL: Final = languages.joined(rules.general for rules in _RULES)
_REQUEST: Final = languages.joined(rules.request for rules in _RULES)
_ASKED: Final = languages.joined(rules.asked for rules in _RULES)
_FIRM: Final = languages.joined(rules.firm for rules in _RULES)
_LIKELY: Final = languages.joined(rules.likely for rules in _RULES)
_TOLD: Final = languages.joined(rules.told for rules in _RULES)
_ONCE: Final = languages.joined(rules.once for rules in _RULES)
_JOINT: Final = languages.joined(rules.joint for rules in _RULES)
_REFERS: Final = languages.joined(rules.refers for rules in _RULES)
_REFUSING: Final = languages.joined(rules.refusing for rules in _RULES)
_LIMITING: Final = languages.joined(rules.limiting for rules in _RULES)
_TURNING: Final = languages.joined(rules.turning for rules in _RULES)
_ASIDE: Final = languages.joined(rules.aside for rules in _RULES)
_NAMING: Final = languages.joined(rules.naming for rules in _RULES)
_SPEAKING: Final = languages.joined(rules.speaking for rules in _RULES)
_REACHING: Final = languages.joined(rules.reaching for rules in _RULES)
_PROMISE: Final = languages.joined(rules.promise for rules in _RULES)
_NO_PROMISE: Final = languages.joined(rules.no_promise for rules in _RULES)
_DONE: Final = languages.joined(rules.done for rules in _RULES)
_NOT_DONE: Final = languages.joined(rules.not_done for rules in _RULES)
_WORDS: Final = languages.joined(rules.words for rules in _RULES)
_ENDINGS: Final = languages.joined(rules.endings for rules in _RULES)
_EMPTY: Final = frozenset(chain.from_iterable(rules.empty for rules in _RULES))
_ALIKE: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), word) for rules in _RULES for pattern, word in rules.alike
)
_CHANNELS: Final = frozenset(chain.from_iterable(rules.channels for rules in _RULES))


def _stem(word: str) -> str:
    """A word without its endings, so that its forms are one."""
    if word in _CHANNELS:
        return word
    for _ in range(2):
        word = _ENDINGS.sub("", word) if len(word) > 3 else word
    return (
        word[:-1]
        if len(word) > 3 and word[-1] == word[-2] and word.isascii() and word.isalpha()
        else word
    )


_WHEN: Final = frozenset(map(_stem, chain.from_iterable(rules.when for rules in _RULES)))
_SETTLED: Final = frozenset(map(_stem, chain.from_iterable(rules.settled for rules in _RULES)))

_CHOICE: Final = {
    _stem(word): f"=choice{n}"
    for n, words in enumerate(chain.from_iterable(rules.choices for rules in _RULES))
    for word in words
}
"""Of which set of choices a word is one."""


def _patterns(group: Iterable[Iterable[str]]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(p, re.IGNORECASE) for p in chain.from_iterable(group))


Lifted = Literal["ban", "duty", "either"]
_LIFTED: Final[tuple[tuple[Lifted, tuple[re.Pattern[str], ...]], ...]] = (
    ("either", _patterns(rules.taken_back for rules in _RULES)),
    ("duty", _patterns(rules.duties_lifted for rules in _RULES)),
    ("ban", _patterns(rules.bans_lifted for rules in _RULES)),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A wish or a promise, word for word on one line. `topic` says what it is about: flags ("not",
    "only"), then stems."""

    kind: Kind
    speaker: Speaker
    text: str
    topic: tuple[str, ...]
    position: int

    def to_json(self) -> list[Any]:
        """`[kind, speaker, text, position, *topic]`."""
        return [self.kind, self.speaker, self.text, self.position, *self.topic]

    @classmethod
    def from_json(cls, row: Sequence[Any]) -> Self:
        """The opposite of `to_json`; raises ValueError for anything else."""
        is_one = (
            tuple(map(type, row[:4])) == (str, str, str, int)
            and row[0] in get_args(Kind)
            and row[1] in get_args(Speaker)
            and all(isinstance(stem, str) for stem in row[4:])
        )
        if not is_one:
            raise ValueError("a standing wish is [kind, speaker, text, position, *topic]")
        kind, speaker, text, position, *topic = row
        return cls(kind, speaker, text, tuple(topic), position)


@dataclass(frozen=True, slots=True)
class Release:
    """What is to hold no longer: a ban on something, a duty to do it, or either."""

    lifted: Lifted
    topic: frozenset[str]


def wishes(text: str, position: int) -> list[Standing]:
    """What of a customer's message is to hold from now on, in its order."""
    found: list[Standing] = []
    before = ""
    for sentence in _pieces(text):
        plain = _plain(sentence)
        if is_wish(plain):
            shown = sentence
            if before and len(sentence) <= _REFERRING and _REFERS.search(plain):
                shown = f"{before} {sentence}"
            shown = shown if len(shown) <= LONGEST else sentence
            found.append(Standing("wish", "customer", shown, _topic(plain), position))
        before = sentence
    return found[:MOST_OF_A_MESSAGE]


def promises(text: str, speaker: Speaker, position: int) -> list[Standing]:
    """What of the bot's or an agent's message promises something to the customer."""
    found = [
        Standing("promise", speaker, sentence, _topic(plain), position)
        for sentence in _pieces(text)
        if _PROMISE.search(plain := _plain(sentence)) and not _NO_PROMISE.search(plain)
    ]
    return found[:MOST_OF_A_MESSAGE]


def fold(
    known: Sequence[Standing],
    messages: Iterable[tuple[Speaker, str, int]],
    *,
    most_bytes: int = MOST_BYTES,
) -> tuple[tuple[Standing, ...], int]:
    """What stands after these messages (speaker, text, position), newest last, and how many were
    left out for want of room. `most_bytes` is for each kind."""
    standing, left_out = list(known), 0
    for speaker, text, position in messages:
        if speaker == "tool":
            continue
        said = sentences.clean(text[:MOST_READ])
        standing = _released(standing, said, speaker)
        own = speaker == "customer"
        for new in wishes(said, position) if own else promises(said, speaker, position):
            standing = [old for old in standing if not _replaces(new, old)] + [new]
        for kind in get_args(Kind):
            standing, lost = _bounded(standing, kind, most_bytes)
            left_out += lost
    return tuple(standing), left_out


@remembered
def is_wish(plain: str) -> bool:
    """Whether a sentence, with plain signs, is to hold from now on."""
    if _releases(plain) and not _LASTING.search(plain) and not _FIRM.search(plain):
        return False
    if plain.rstrip(" )\"'”’").endswith(("?", "？")) and not _ASKED.search(plain):
        return False
    if _TOLD.search(plain):
        return False
    return _is_firm(plain) or bool(_LIKELY.search(plain) and not _ONCE.search(plain))


def _is_firm(plain: str) -> bool:
    """Is it said to last, or in a form that leaves no doubt?"""
    if _LASTING.search(plain) or _FIRM.search(plain):
        return True
    return bool(_GENERAL.search(plain) and _REQUEST.search(plain))


def _pieces(text: str) -> Iterator[str]:
    """Sentences, in clauses where one is too long, and cut where a second wish begins in one."""
    for sentence in sentences.split(sentences.clean(text[:MOST_READ])):
        for piece in sentences.clauses(sentence, LONGEST):
            start = 0
            for joint in _JOINT.finditer(piece):
                rest = _plain(piece[joint.end() :])
                if not _REFERS.search(rest) and is_wish(_plain(piece[start : joint.start()])):
                    yield piece[start : joint.start()]
                    start = joint.end()
            yield piece[start:]


def _plain(sentence: str) -> str:
    return sentence.replace("’", "'").replace("`", "'")


def _topic(plain: str) -> tuple[str, ...]:
    """Flags, slots and stems of a sentence."""
    if _NAMING.search(plain) and not _REFUSING.search(plain):
        return (_NAME,)
    flags = [_NOT] if _REFUSING.search(_ASIDE.sub("", plain)) else []
    flags += [_ONLY] if _LIMITING.search(plain) else []
    if _NOT not in flags and _SPEAKING.search(plain):
        return (_LANGUAGE,)
    slot = [_WAY] if _NOT not in flags and _REACHING.search(plain) else []
    said = plain if _NOT in flags else _ASIDE.sub("", plain)
    return tuple([*flags, *slot, *_stems(said)][:_TOPIC])


def _stems(said: str) -> list[str]:
    """What a text is about, each once and in its order."""
    for pattern, word in _ALIKE:
        said = pattern.sub(word, said)
    found: dict[str, None] = {}
    for match in _WORDS.finditer(said.lower()):
        word = match[0].rstrip(".'’-").removesuffix("'s")
        if word in _EMPTY:
            continue
        if (stem := _stem(word)) not in _EMPTY:
            found[stem] = None
    return list(found)


def _replaces(new: Standing, old: Standing) -> bool:
    """Is the older one about the same thing as the newer one, so that it holds no more?"""
    if new.kind != old.kind:
        return False
    if new.text.casefold() == old.text.casefold():
        return True
    about, before = _about(new), _about(old)
    if not about or not before:
        return False
    if _SLOTS & (about | before):
        return about == before
    refuses, refused = _NOT in new.topic, _NOT in old.topic
    if refused and not refuses:
        return before <= about - {_WAY}
    if refuses and not refused and new.kind == "wish":
        return about <= before
    if refuses != refused:
        return False
    if not refuses:
        about, before = _core(about), _core(before)
    if about == before and (not refuses or new.kind == "promise" or new.topic == old.topic):
        return True
    shared, most = len(about & before), max(len(about), len(before))
    return shared >= 2 and 2 * shared >= most and _turns(new)


def _turns(new: Standing) -> bool:
    return new.kind == "wish" and _TURNING.search(_plain(new.text)) is not None


def _about(one: Standing) -> frozenset[str]:
    return frozenset(one.topic) - _FLAGS


def _core(about: frozenset[str]) -> frozenset[str]:
    """What a wish is about whatever its day, its number or, if it is about that, its way."""
    core = about - _CHANNELS if _WAY in about else about
    classed = {"=when" if w in _WHEN else _CHOICE.get(w, w) for w in core}
    return frozenset("=number" if w.isdigit() else w for w in classed)


def _released(standing: list[Standing], said: str, speaker: Speaker) -> list[Standing]:
    """Without what this message takes back, or says was done."""
    for sentence in sentences.split(said):
        plain = _plain(sentence)
        if speaker == "customer":
            for release in _releases(plain):
                standing = [old for old in standing if not _ends(release, old)]
        done = None if _NOT_DONE.search(plain) else _DONE.search(plain)
        if done:
            of = frozenset(_stems(f"{plain[: done.start()]} {plain[done.end() :]}"))
            did = frozenset(_stems(done[0])) - _SETTLED
            standing = [old for old in standing if not _is_kept(old, of, did)]
    return standing


def _is_kept(old: Standing, of: frozenset[str], did: frozenset[str]) -> bool:
    """Was this promised? `did` is what is said to be done, `of` to what."""
    told, stems = of | did, [stem for stem in old.topic if stem not in _FLAGS]
    is_same = old.kind == "promise" and bool(told) and told <= set(stems)
    return is_same and (len(of) > 1 or stems[0] in told)


@remembered
def _releases(plain: str) -> list[Release]:
    """What a sentence takes back."""
    for lifted, patterns in _LIFTED:
        found = [
            Release(lifted, topic)
            for pattern in patterns
            for match in pattern.finditer(plain)
            if (topic := frozenset(_stems(" ".join(filter(None, match.groupdict().values())))))
        ]
        if found:
            return found
    return []


def _ends(release: Release, old: Standing) -> bool:
    """Does this end that wish?"""
    if old.kind != "wish":
        return False
    if release.lifted == "ban" and not _FLAGS & set(old.topic):
        return False
    if release.lifted == "duty" and _NOT in old.topic:
        return False
    about = _about(old)
    if about & _SLOTS:
        about |= frozenset(_stems(_plain(old.text)))
    rest = release.topic - about
    if not rest or (about <= release.topic and rest <= _WHEN):
        return True
    return _ONLY in old.topic and _is_another(release.topic, about)


def _is_another(topic: frozenset[str], about: frozenset[str]) -> bool:
    """Is allowed what an "only" left out: another way to reach somebody, another
    time, another choice?"""
    if topic <= _CHANNELS:
        return bool(about & _CHANNELS)
    if about & _WHEN and about & topic and topic - about <= _WHEN:
        return True
    kinds = {_CHOICE[stem] for stem in topic if stem in _CHOICE}
    others = topic - about - _CHOICE.keys()
    return bool(kinds) and not others and kinds <= {_CHOICE.get(stem) for stem in about}


def _bounded(standing: list[Standing], kind: Kind, most: int) -> tuple[list[Standing], int]:
    """As many of one kind as there is room for; first those go that were not said to last, then
    the oldest."""
    left = most - sum(size(one) for one in standing if one.kind == kind)
    if left >= 0:
        return standing, 0
    own = [one for one in standing if one.kind == kind]
    lost: list[Standing] = []
    for one in sorted(own, key=lambda one: kind == "promise" or _is_firm(_plain(one.text))):
        if left >= 0 or len(lost) == len(own) - 1:
            break
        lost.append(one)
        left += size(one)
    return [one for one in standing if one not in lost], len(lost)


def size(one: Standing) -> int:
    """Bytes of its line."""
    return len(one.text.encode()) + LINE
