"""What a language is to this room: rules as data, a group for each concern.

Patterns are text, not compiled: whoever uses them joins those of all languages into one. They are
read without regard to case, and every run in them is bounded, so that reading stays linear.
"""

from __future__ import annotations

from dataclasses import dataclass, field


def words(text: str) -> frozenset[str]:
    """The words of a text, for a rule that holds for each of them."""
    return frozenset(text.split())


@dataclass(frozen=True, slots=True)
class Condensing:
    """How a message loses the words that carry nothing (`clauses`, `digest`)."""

    binds: str
    """What changes the sense of the words around it: negations, limits, conditions, modals,
    comparisons, doubts, who does it to whom. A clause that holds one stays as it was said."""
    turns: str
    """Those of them that matter in a question as well that only labels its answer: negations,
    limits and conditions."""
    courtesies: str
    """What opens a request and adds nothing to it; goes from the beginning of any clause."""
    yes: str
    """A yes that opens a message, which goes on to say what it is about."""
    thanks: str
    """What adds nothing at the end of any clause."""
    idle: str
    """Clauses that are nothing but courtesy."""
    polar: str
    """Answers that say yes or no."""
    bare: str
    """Yes or no, and nothing else."""
    idle_questions: str
    """What a desk asks whoever comes and goes: how it can help, whether there is anything else."""
    joins: str = ""
    """What parts two clauses without a mark, in front of the second one's subject."""
    label_words: frozenset[str] = frozenset()
    """Words that a question may lose where it only labels its answer."""
    empty: frozenset[str] = frozenset()
    """Words that carry nothing, of a language with spaces between its words."""
    inside_names: frozenset[str] = frozenset()
    """Those among them that stand inside names: Statue *of* Liberty."""
    binding: frozenset[str] = frozenset()
    """Those among them that hold two words together: bread *and* butter."""
    directions: frozenset[str] = frozenset()
    """Those among them that stay before a name or a number: *to* Leeds."""
    opening: str = ""
    """Set phrases that open a clause, of a language without spaces; likewise the next two."""
    frame: str = ""
    """Set phrases around what is asked for; what a group `kept` matches stays."""
    closing: str = ""
    """Particles and phrases that end a clause."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How a message asks for something, and for something that was said before (`look_back`,
    `recall`)."""

    asks: str
    """What makes a message a question."""
    cues: str
    """What makes a question one about earlier words."""
    own: str
    """The customer and what is theirs."""
    new: str
    """What asks the desk to find, book or tell something."""
    past: str = ""
    """A question in the past tense, in a language that has one."""
    wants_number: str = ""
    """What asks for a number, an amount, a day or a time."""
    empty: frozenset[str] = frozenset()
    """Words that tell no two rounds apart."""
    cut: str = ""
    """The same in a language without spaces: a run of characters is cut there."""
    endings: str = ""
    """Endings that a word loses."""
    possessives: tuple[str, ...] = ()
    """Those that it loses before."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels, patterns and cues of what customers say of themselves and are told (`statements`,
    `fact_patterns`, `slots`, `told`, `tool_values`). In a pattern `v` is the value."""

    codes: tuple[str, ...] = ()
    """Words before a code of capitals alone."""
    appointments: tuple[str, ...] = ()
    """A day with its time."""
    times: tuple[str, ...] = ()
    """A time, hours, or how long something takes."""
    days: tuple[str, ...] = ()
    """A day that is told by its name."""
    shares: tuple[str, ...] = ()
    """A percentage that is worth money."""
    people: tuple[str, ...] = ()
    """Somebody to ask for, or who will come."""
    asking: str = ""
    """Where, in a question, it begins to ask."""
    tags: str = ""
    """What asks whether all before it is right."""
    fields: tuple[tuple[str, str], ...] = ()
    """A kind, and the last words of the names of fields that hold one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a wish that stands and a promise are said (`standing`)."""

    lasting: str = ""
    """Words of duration that make any sentence but a question a wish: "from now on"."""
    general: str = ""
    """Words of duration or generality that do so in a request: "every time"."""
    request: str = ""
    """What makes a sentence a request."""
    asked: str = ""
    """What makes a question a request: "could you"."""
    firm: str = ""
    """Forms of a wish that need no word of duration: "call me Sam", "never ring"."""
    likely: str = ""
    """Forms that often are one; they are given up first where room lacks: "I prefer"."""
    told: str = ""
    """What tells a story or complains, in forms that look like the above; these are left out."""
    once: str = ""
    """What makes a likely form a request of the moment."""
    joint: str = ""
    """Where a second wish begins inside a sentence."""
    refers: str = ""
    """Points at the sentence before it."""

    refusing: str = ""
    """Says that something is not to be."""
    limiting: str = ""
    """Says that nothing else is to be."""
    turning: str = ""
    """Says that something is to be in place of something else."""
    aside: str = ""
    """What a positive wish says against: "rather than by phone"."""
    naming: str = ""
    """How somebody is to be addressed."""
    speaking: str = ""
    """In which language."""
    reaching: str = ""
    """On which way."""
    words: str = ""
    """One word of what a wish is about."""
    empty: frozenset[str] = frozenset()
    """Words that do not say what it is about."""
    alike: tuple[tuple[str, str], ...] = ()
    """Patterns of words, and the one word that stands for them."""
    endings: str = ""
    """Endings that a word loses."""
    when: frozenset[str] = frozenset()
    """Days and times: a wish that changes them is about the same thing."""
    channels: frozenset[str] = frozenset()
    """Ways to reach somebody, as `alike` calls them."""

    bans_lifted: tuple[str, ...] = ()
    """How what was refused is allowed again; `v` is what."""
    duties_lifted: tuple[str, ...] = ()
    """How what was asked for need not be any more."""
    taken_back: tuple[str, ...] = ()
    """How either is taken back."""

    promise: str = ""
    """What the desk says that it will do or give."""
    no_promise: str = ""
    """What looks like it: offers, questions, courtesies."""
    done: str = ""
    """What says that something promised was done."""
    settled: frozenset[str] = frozenset()
    """Words of it that say so of anything: "arrived"."""
    not_done: str = ""
    """What says that it was not, or not yet."""


@dataclass(frozen=True, slots=True)
class Language:
    """All rules of one language."""

    name: str
    unit: str
    """One unit of its writing: a word, or a character where words are not set apart."""
    weight: float
    """How much of a word a unit is."""
    condensing: Condensing
    asking: Asking
    facts: Facts = field(default_factory=Facts)
    standing: Standing = field(default_factory=Standing)
