"""Whether a sentence could be one of ours, in French."""

from __future__ import annotations

import re

_FRENCH = re.compile(
    r"\b(le|la|les|l’|de|du|des|d’|un|une|n’|ne|est|et|à|au|pour|votre|vos|cette?|ce|dans)\b|[ldnscjqu]’", re.I
)
_FOREIGN = re.compile(r"\b(the|is not|please|error occurred|invalid|failed|must be|should)\b", re.I)
_QUOTED = re.compile(r"« .*? »")


def is_french(sentence: str) -> bool:
    """A whole sentence in French: ends like one, typographic apostrophes, no English outside « quotations »."""
    whole = sentence.rstrip().endswith((".", "!", "?", "…", "»", ")"))
    return bool(whole and _FRENCH.search(_QUOTED.sub("", sentence)) and not is_foreign(sentence))


def is_foreign(text: str) -> bool:
    """English words or typewriter apostrophes outside « quotations »."""
    ours = _QUOTED.sub("", text)
    return "'" in ours or bool(_FOREIGN.search(ours))
