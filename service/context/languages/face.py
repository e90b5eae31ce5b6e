"""What a language is to this room: rules as data, a group for each concern.

Patterns are text, not compiled: whoever uses them joins those of all languages into one. They are
read without regard to case, and every run in them is bounded, so that reading stays linear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
class Facts:
    """Labels, patterns and cues of what customers say of themselves and are told (`statements`,
    `fact_patterns`, `slots`)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a wish that stands and a promise are said."""


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
