"""A provider that caches prefixes as providers do: the longest that any earlier prompt began with."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service import tokens
from service.scripted import Scripted

LEAST = 1024
READ = 0.1
"""The price of a token that was seen before; of others it is 1."""


@dataclass
class CachingProvider:
    """Answers everything, and says in its usage what it found. `caches` may be switched off."""

    caches: bool = True
    seen: list[str] = field(default_factory=list)
    bill: float = 0.0

    def __call__(self, body: Mapping[str, Any]) -> Scripted:
        prompt, cached = self.read(body["messages"])
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": 5,
            "total_tokens": prompt + 5,
            "prompt_tokens_details": {"cached_tokens": cached},
        }
        return Scripted(f"That is answer {len(self.seen)}.", usage=usage)

    def read(self, messages: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
        """Tokens of a prompt and those that were cached; it is billed, and cached from now on."""
        text = json.dumps(messages, ensure_ascii=False).rstrip("]")
        shared = max((len(os.path.commonprefix([text, old])) for old in self.seen), default=0)
        self.seen.append(text)
        prompt, cached = tokens.count(text), tokens.count(text[:shared])
        if not self.caches or cached < LEAST:
            cached = 0
        self.bill += prompt - cached * (1 - READ)
        return prompt, cached
