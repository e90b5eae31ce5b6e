"""English: how facts are said and told."""

from __future__ import annotations

from typing import Final

from service.context.languages.english.marks import MARKS
from service.context.languages.english.saying import SAYING
from service.context.languages.english.shapes import SHAPES
from service.context.languages.english.telling import TELLING
from service.context.languages.face import Facts

FACTS: Final = Facts(SHAPES, SAYING, MARKS, TELLING)
