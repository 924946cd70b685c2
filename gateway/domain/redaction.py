"""Taking somebody's name and mail address out of text that others wrote, such as a calendar's feed."""

import re
from dataclasses import dataclass
from typing import Final

_FOLD: Final = re.compile(rb"\r?\n[ \t]")
"""How iCalendar breaks long lines (RFC 5545, 3.1): anywhere, also within a name."""

_WHOLE: Final = r"(?:(?<=\\n)|(?<!\w)){}(?!\w)"
"""A whole word, also after iCalendar's `\\n` for a new line: no keyword of a feed is torn in two."""

_INSTEAD: Final = "x"


@dataclass(frozen=True, slots=True)
class Redaction:
    """Puts `x` in the place of each of `words`, however it is capitalised."""

    words: tuple[str, ...]

    def text(self, text: str) -> str:
        """Return `text` without the words."""
        for word in self.words:
            text = re.sub(_WHOLE.format(re.escape(word)), _INSTEAD, text, flags=re.IGNORECASE)
        return text

    def feed(self, body: bytes) -> bytes:
        """Return an iCalendar feed without the words; as it was where none of them is in it."""
        try:
            whole = _FOLD.sub(b"", body).decode()
        except UnicodeDecodeError:
            return b""  # it can be searched for nobody, nor read again: better none
        redacted = self.text(whole)
        return body if redacted == whole else redacted.encode()
