"""Makes what a target sent safe to show: control characters become visible escapes."""

import unicodedata

_BIDI = "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"


def printable(text: str) -> str:
    """One line of text without anything a terminal would act on."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def printable_lines(text: str) -> str:
    """The same for a text of several lines; tabs become spaces."""
    return "\n".join(printable(line.expandtabs(4)) for line in text.splitlines())


def _shown(char: str) -> str:
    if char in _BIDI or unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn"):
        code = ord(char)
        if code < 0x100:
            return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char, f"\\x{code:02x}")
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return " " if unicodedata.category(char) == "Zs" else char
