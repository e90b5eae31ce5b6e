"""A message condensed: without the words that carry nothing, and with all the others as they stand.

A summary loses most facts; dropping empty words loses almost none. Nothing is dropped where that
could turn a statement into another (`clauses`). What is left is in the customer's own words and
order. An answer that says little by itself is kept with the question that it answers.

Pure, linear in the message's length, and the same in every process.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from service.context import clauses, languages
from service.context.memo import remembered
from service.context.rounds import Round

MOST_BYTES: Final = 2400
"""The most that a digest may take, some 600 tokens or 80 rounds; then its older half goes, so that
it goes cold in a provider's cache rarely."""
MOST_READ: Final = 4_000
"""Characters of a message that are condensed; a longer one is a document, not talk."""
SHORT: Final = 4
SHORT_CHARACTERS: Final = 30
"""Up to so many words and characters an answer says little without what was asked."""
LABEL_WORDS: Final = 6
LONGEST_QUESTION: Final = 300
LONGEST_ASKED: Final = 120
"""Characters of a question that stand with a bare answer, and of such an answer."""
LONGEST_LINE: Final = 300
"""Bytes of a line, unless its first sentence alone takes more."""
LONGEST_SENTENCE: Final = 900
"""A longer one is not cut, which could lose what turns it round, but left out."""
CUT: Final = "…"

_LINE_END: Final = 3
"""Bytes of a line besides its words."""
_RULES: Final = tuple(language.condensing for language in languages.ALL)
_YES: Final = languages.joined(f"^{rules.yes}" for rules in _RULES)
_POLAR: Final = languages.joined(rules.polar for rules in _RULES)
_IDLE_QUESTION: Final = languages.joined(rules.idle_questions for rules in _RULES)
_ATTACHED: Final = re.compile(
    r"\[(?P<kinds>(?:picture|sound|file)(?:, (?:picture|sound|file))*): (?P<words>[^\]]*)\]"
)
"""What `rounds` calls a message that holds more than text."""
_CLAUSE: Final = re.compile("[,，:：；;]")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n+")


def condense(text: str) -> str:
    """What of a message carries something, in one line; empty where nothing does."""
    return _line(_condensed(text))


def line_of(said: str, asked: str) -> str:
    """One line for what a customer said; a short answer with `asked`, the question before it."""
    kept = _condensed(said)
    line = _bounded(kept)
    is_short = len(line.split()) <= SHORT and len(line) <= SHORT_CHARACTERS
    if not asked or not is_short:
        return line
    answer = _answer(said)
    if len(answer) > LONGEST_ASKED:
        return line
    is_polar = _POLAR.search(answer) is not None
    if kept and kept[-1].is_question and not is_polar:
        return line
    if idle := _IDLE_QUESTION.search(asked):
        return f'asked "{idle[0]}?": {answer}' if clauses.is_bare(answer) else line
    if is_polar:
        return f'asked "{_whole(asked)}": {answer}'
    label = _label_of(asked) if line else ""
    return f'"{label}?" {line}' if label else line


def question_of(answered: str) -> str:
    """The last question of an answer, word for word; empty if it asks nothing.

    Of one that is too long its last clauses stand, after a sign that some are left out.
    """
    parts = _SENTENCE.split(answered[-MOST_READ:])
    questions = [part.strip() for part in parts if "?" in part or "？" in part]
    if not questions or len(questions[-1]) <= LONGEST_QUESTION:
        return questions[-1] if questions else ""
    end = questions[-1][-LONGEST_QUESTION:]
    return f"{CUT}{_CLAUSE.split(end, maxsplit=1)[-1].strip()}"


def _condensed(text: str) -> list[clauses.Sentence]:
    """The sentences of a message, condensed, without those of which nothing is left.

    A yes or no to a question of the customer's own stands: "The red one? No. The blue one? Sure."
    """
    kept = []
    was_asked = False
    for sentence in clauses.sentences(_YES.sub("", clauses.cleaned(_read(text)).lstrip(), count=1)):
        is_reply = was_asked and _POLAR.search(sentence.text)
        words = sentence.text if is_reply else clauses.condensed(sentence.text)
        was_asked = sentence.is_question
        if words:
            kept.append(clauses.Sentence(words.replace('"', "”"), sentence.mark))
    return kept


def _read(text: str) -> str:
    """As much of a message as is read, up to the end of a sentence or line."""
    if len(text) <= MOST_READ:
        return text
    read = text[:MOST_READ]
    return read[: max(map(read.rfind, (". ", "? ", "! ", "。", "？", "！", "\n"))) + 1]


def _line(kept: Sequence[clauses.Sentence]) -> str:
    """Sentences in one line; the last one's mark stays only if it asks."""
    parts = [f"{sentence.text}{_mark(sentence)}" for sentence in kept]
    if kept and not kept[-1].is_question:
        parts[-1] = kept[-1].text
    return "".join(part if part.endswith(_WIDE) else f"{part} " for part in parts).rstrip()


_WIDE: Final = ("。", "！", "？", "；", "，")
"""Marks after which no space stands."""


def _mark(sentence: clauses.Sentence) -> str:
    """The mark that parts a sentence from the next; a line's end becomes one that can be seen."""
    if sentence.is_question:
        return "？" if "？" in sentence.mark else "?"
    return sentence.mark[:1] or ";"


def _bounded(kept: Sequence[clauses.Sentence]) -> str:
    """As many of the first sentences as a line may take, and a sign that some are left out."""
    size, count = 0, 0
    for sentence in kept:
        size += len(sentence.text.encode()) + 2
        if count and size > LONGEST_LINE:
            break
        count += 1
    line = _line(kept[:count])
    if len(line.encode()) > LONGEST_SENTENCE:
        return CUT
    return f"{line} {CUT}" if count < len(kept) else line


def _answer(said: str) -> str:
    """A short answer as it stands, without courtesies around it."""
    parts = [
        f"{words}{sentence.mark[:1]}"
        for sentence in clauses.sentences(clauses.cleaned(_read(said)))
        if (words := clauses.without_thanks(sentence.text))
    ]
    return " ".join(parts).replace('"', "”")


def _whole(question: str) -> str:
    """A question nearly as it stands."""
    line = " ".join(clauses.cleaned(question).replace('"', "”").split())
    return line if len(line) <= LONGEST_ASKED else condense(line)


def _label_of(question: str) -> str:
    """What a question asks for last, in a few words."""
    parts = [sentence.text for sentence in clauses.sentences(clauses.cleaned(question))]
    labels = [clauses.label_of(part, LABEL_WORDS) for part in parts]
    return next((label for label in reversed(labels) if label), "").replace('"', "”")


def extended(known: Sequence[str], asked: str, rounds: Iterable[Round]) -> tuple[str, ...]:
    """The digest with a line for each of these rounds, and for each tool that was called in them;
    `asked` is the question before them.

    Line by line, so that it is the same however the rounds were folded.
    """
    lines = list(known)
    left = MOST_BYTES - sum(map(_size, lines))
    for whole in rounds:
        line = _line_of_message(whole.said, asked)
        asked = question_of(whole.answered)
        called = [f"* called {part.called}" for part in whole.parts if part.called]
        for new in (f"- {line}" if line else "", *called):
            if new:
                lines.append(new)
                left -= _size(new)
        while left < 0:
            lines = newest(lines, MOST_BYTES // 2)
            left = MOST_BYTES - sum(map(_size, lines))
    return tuple(lines)


@remembered
def _line_of_message(said: str, asked: str) -> str:
    """As `line_of`; of a picture, a sound or a file its kind stays, with what was said with it."""
    shown = _ATTACHED.fullmatch(said)
    if shown is None:
        return line_of(said, asked)
    line = line_of(shown["words"] or "", asked)
    return f"[{shown['kinds']}: {line}]" if line else f"[{shown['kinds']}]"


def newest(lines: Sequence[str], most: int) -> list[str]:
    """As many of the last lines as take so many bytes."""
    kept: list[str] = []
    for line in reversed(lines):
        most -= _size(line)
        if most < 0:
            break
        kept.append(line)
    return kept[::-1]


def _size(line: str) -> int:
    return len(line.encode()) + _LINE_END
