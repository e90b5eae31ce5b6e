"""Chinese: wishes that stand, and promises."""

from __future__ import annotations

from typing import Final

from service.context.languages.face import Standing

STANDING: Final = Standing()
