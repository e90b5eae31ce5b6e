"""Chinese: what customers say of themselves, and are told."""

from __future__ import annotations

from typing import Final

from service.context.languages.face import Facts

FACTS: Final = Facts()
