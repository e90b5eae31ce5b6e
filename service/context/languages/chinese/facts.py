"""Chinese: how facts are said and told."""

from __future__ import annotations

from typing import Final

from service.context.languages.chinese.marks import MARKS
from service.context.languages.chinese.saying import SAYING
from service.context.languages.chinese.shapes import SHAPES
from service.context.languages.chinese.telling import TELLING
from service.context.languages.face import Facts

FACTS: Final = Facts(SHAPES, SAYING, MARKS, TELLING)
