"""Bytes of a page made text, and text made safe to show to a person."""

import codecs
import re
import unicodedata

from harness.model.trace import Message

LARGEST_PAGE = 2 * 1024 * 1024
"""Bytes of a page that are read; the rest is ignored."""

# Names as `codecs` normalises them. Others, such as UTF-7, no browser decodes.
_ENCODINGS = frozenset(
    {"utf-8", "utf-16", "utf-16-le", "utf-16-be", "shift_jis", "euc_jp", "iso2022_jp"}
    | {"gbk", "gb2312", "gb18030", "big5", "euc_kr", "koi8-r", "koi8-u"}
    | {f"cp{number}" for number in range(1250, 1259)}
    | {f"iso8859-{number}" for number in range(2, 17)}
)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Terminal sequences: CSI, then OSC and its kin up to their terminator, then two-character ones.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]{0,512}(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]{0,8}[0-~]?"
)


def clean(text: str, limit: int) -> str:
    """One line of at most `limit` characters that no terminal or reader can be fooled with.

    Control characters, escape sequences, bidirectional overrides, zero-width and other format
    characters and lone surrogates are dropped; white space is folded.
    """
    text = _ESCAPES.sub(" ", text[: 8 * limit + 1024])
    kept = "".join(character for character in text if _is_visible(character))
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _is_visible(character: str) -> bool:
    return character in "\t\n\r\f" or unicodedata.category(character) not in (
        "Cc",
        "Cf",
        "Cs",
        "Cn",
        "Co",
    )


def decode(message: Message) -> tuple[str, str]:
    """The text of a body and the encoding its forms are sent in."""
    body = message.body[:LARGEST_PAGE]
    for mark, encoding in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body.removeprefix(mark).decode(encoding, errors="replace"), "utf-8"
    encoding = _known(_charset(message.header("content-type") or "")) or _declared(body) or "utf-8"
    # Forms of a UTF-16 page are sent as UTF-8 (HTML, selecting an encoding).
    sent = "utf-8" if encoding.startswith("utf-16") else encoding
    return body.decode(encoding, errors="replace"), sent


def _charset(content_type: str) -> str:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'")
    return ""


def _declared(body: bytes) -> str | None:
    """The encoding that a meta element near the start declares."""
    start = body[:1024].lower()
    _, found, rest = start.partition(b"charset=")
    if not found:
        return None
    name = re.match(rb"[\"']?([a-z0-9_:-]{1,40})", rest)
    encoding = _known(name[1].decode("ascii")) if name else None
    # A document whose meta element could be read as ASCII cannot be UTF-16.
    return "utf-8" if encoding and encoding.startswith("utf-16") else encoding


def _known(charset: str) -> str | None:
    try:
        name = codecs.lookup(charset.lower()).name if charset else ""
    except (LookupError, ValueError):
        return None
    if name in ("ascii", "iso8859-1"):
        # Browsers read both labels as Windows-1252 (Encoding Standard, section 4.2).
        return "cp1252"
    return name if name in _ENCODINGS else None
