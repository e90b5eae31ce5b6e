"""What a language is to this room: rules as data, a group for each concern.

Patterns are text, not compiled: whoever uses them joins those of all languages into one. They are
read without regard to case, and every run in them is bounded, so that reading stays linear.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    """How a message asks for something, and for something that was said before (`needs`, `terms`,
    `recall`)."""

    asks: str
    """What makes a message a question."""
    requests: str
    """What makes one a request, though it asks nothing."""
    back: str
    """What makes either one about earlier words."""
    told: str
    """Words for what the desk said before; they look back by themselves, as the next ones do."""
    said: str
    """Words for what the customer said before."""
    own: str
    """The customer and what is theirs."""
    new: str
    """What asks the desk to find, book or tell something."""
    past: str = ""
    """A question in the past tense, in a language that has one."""
    lacks: str = ""
    """The customer no longer has or knows something."""
    here: str = ""
    """Words that point at what is being talked about."""
    wanted: Mapping[str, str] = field(default_factory=dict)
    """By the kind of a value, the words that ask for one."""
    held: Mapping[str, str] = field(default_factory=dict)
    """By the kind of a value, what one looks like, where that is a matter of language."""
    empty: frozenset[str] = frozenset()
    """Words that tell no two messages apart."""
    general: frozenset[str] = frozenset()
    """Words that do, but name no topic: what kind of thing is asked for, and that it was said."""
    cut: str = ""
    """Both in a language without spaces: a run of characters is cut there."""
    endings: tuple[tuple[str, str], ...] = ()
    """Endings that a word loses, longest first, and what stands in their place."""
    forms: Mapping[str, str] = field(default_factory=dict)
    """Words that change otherwise, and what they are forms of."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """What dates, amounts and numbers look like, and what stands around them (`fact_patterns`,
    `numbers`)."""

    dates: tuple[str, ...] = ()
    """Dates that hold an ASCII digit."""
    days: tuple[str, ...] = ()
    """Dates that may hold none."""
    amounts: tuple[str, ...] = ()
    """Amounts in words."""
    signs: str = ""
    """A character that every one of these two holds; empty if there is none."""
    money: str = ""
    """What makes a number before it an amount."""
    scale: str = ""
    """Thousands and millions, after a number."""
    range_signs: str = ""
    """Characters between the ends of a range."""
    range_words: str = ""
    """Words between them."""
    bounds: str = ""
    """Says of an amount that it is a bound."""
    extension: str = ""
    """What stands before the extension of a phone number."""

    number_words: frozenset[str] = frozenset()
    """Names of a number: what follows is one."""
    things: frozenset[str] = frozenset()
    """Things that have a number, and that a count may follow as well."""
    fillers: frozenset[str] = frozenset()
    """Words that may stand between a name and its number."""
    number_before: str = ""
    """The same in a language without spaces: names of a number, up to it."""
    thing_before: str = ""
    thing_number_before: str = ""
    numero: str = ""
    """Short for "number", up to it."""
    phone_before: str = ""
    """What says that digits are a phone number, up to them."""
    quantity_before: str = ""
    """What says that a number measures something, up to it."""
    counted_after: str = ""
    """What is counted by the number before it."""
    listed: str = ""
    """What stands between two items of a list."""
    goes_on: str = ""
    """Words with which a sentence goes on with what the last one named."""


@dataclass(frozen=True, slots=True)
class Saying:
    """How customers say something of themselves (`statements`); `v` is the value, and `old` what a
    correction corrects."""

    names: tuple[str, ...] = ()
    user_names: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    preferences: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    cues: tuple[tuple[str, str], ...] = ()
    """A kind, and what a text holds in lower case that says anything of it."""
    asked: tuple[tuple[str, str], ...] = ()
    """A kind, and how it is asked for."""
    opening: str = ""
    """Words before the value in an answer."""
    going_on: str = ""
    """Words after it."""
    no_answer: str = ""
    """Where an answer begins like this, it is no name."""
    no_name: str = ""
    """Words that are no name, also where one was asked for."""
    no_answer_words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Marks:
    """What values are of, and whether they hold (`slots`)."""

    labels: tuple[tuple[str, str], ...] = ()
    """A label, and its words."""
    people: str = ""
    """Whose something is."""
    changes_to: str = ""
    """Stands before a value that is told in place of another."""
    between: str = ""
    """Words that may stand between that and the value."""
    mistold: str = ""
    """Says that a value was told wrong."""
    change: str = ""
    """Says that something changes."""
    slip: str = ""
    """May say so, where the value is nearly one that is known."""
    another: str = ""
    """Says that a value stands beside others."""
    hint: str = ""
    """Says that something changed, where there is one of a kind."""
    own: str = ""
    """The speaker's own."""
    denied_before: str = ""
    """Stands before a value that holds no more."""
    denied_after: str = ""
    """Stands after one."""
    moved_from: str = ""
    """Stands before what was left."""


@dataclass(frozen=True, slots=True)
class Telling:
    """How the desk and its tools tell something (`told`, `tool_values`); `v` is the value."""

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
    speakers: str = ""
    """Words for those who may speak, as a label before a colon."""
    abbreviations: frozenset[str] = frozenset()
    """What ends with a full stop that ends no sentence."""
    fields: tuple[tuple[str, str], ...] = ()
    """A kind, and the last words of the names of fields that hold one."""


@dataclass(frozen=True, slots=True)
class Facts:
    """How facts are said and told."""

    shapes: Shapes = field(default_factory=Shapes)
    saying: Saying = field(default_factory=Saying)
    marks: Marks = field(default_factory=Marks)
    telling: Telling = field(default_factory=Telling)


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
    choices: tuple[frozenset[str], ...] = ()
    """Words of which a wish takes one, as a seat by the window or the aisle: one that takes another
    is about the same thing."""
    channels: frozenset[str] = frozenset()
    """Ways to reach somebody, as `alike` calls them."""

    bans_lifted: tuple[str, ...] = ()
    """How what was refused is allowed again; `v` is what, and `w` the rest of it."""
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
