"""Text made safe to stand as a line of the record.

A line break would begin a line of the record's own; a zero-width or a direction-changing sign
would hide one, or cut an identifier in two. So a line is one line, in signs that can be seen.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co"})
_JOINERS: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]"
)
_TAKEN: Final = "…"
_LABEL_READ: Final = 160
"""Characters of a line in which a label would stand."""
_LABEL: Final = re.compile(
    r"^[\W_]*(?:the )?(?:customer|bot|agent|tool|assistant|system|developer|user|human|record|said"
    r"|end of record|promis\w+|told|facts?|standing|wish\w*|note|activity"
    r"|(?:客户|顾客|客服|机器人|助手|系统|工具|记录|承诺|坐席|备注)\w{0,12})\b[^:：\]】]{0,60}[:：\]】]",
    re.IGNORECASE,
)


def one_line(text: str) -> str:
    """The text on one line, with single spaces and without what cannot be seen."""
    if not text.isascii() or not text.isprintable():
        text = "".join(_seen(sign) for sign in _JOINERS.sub("", text))
    return " ".join(text.split())


def unmarked(text: str, mark: str) -> str:
    """The text on one line, without the record's mark, which is nobody's to write. It is looked for
    in what is shown, where nothing unseen parts it, and leaves a sign, so that none is made anew.
    """
    line = one_line(text)
    return line.replace(mark, _TAKEN) if mark else line


def as_said(text: str, mark: str) -> str:
    """A customer's words as a line shows them: what reads like one of the record's own labels, in
    whatever width, is put in quotes."""
    line = unmarked(text, mark)
    shown = unicodedata.normalize("NFKC", line[:_LABEL_READ])
    return f'said "{line}"' if _LABEL.match(shown) else line


def _seen(sign: str) -> str:
    if sign.isspace():
        return " "
    category = unicodedata.category(sign)
    if category in _UNSEEN:
        return " " if category in ("Cc", "Zl", "Zp") else ""
    return sign
