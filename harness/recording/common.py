"""What a value has in common with that of another run: all but what is random or of its time."""

import re
from dataclasses import dataclass
from functools import lru_cache

from harness.model.wellknown import is_http_url, loopback_port
from harness.recording.secret_names import (
    canonical_name,
    header_kind,
    kind_of,
    labelled_kind,
    words,
)

# The length of what the client chooses itself is its own; that of a token is the server's.
_OWN_LENGTH = ("state", "verifier", "code_challenge")
_PLACEHOLDER = re.compile(r"<([a-z][a-z_]{0,31}):[0-9]{1,7}((?: jwt)?)( [0-9]{1,9})>")
_UUID = re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b")
_INSTANT = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?")
_CSP_NONCE = re.compile(r"'nonce-[^']{1,200}'")

_COUNTED = words("id progress_token")
"""What a client counts up: another one wherever a request came before."""
_RANDOM = words(
    "nonce jti kid x5t x5c request_id trace_id span_id correlation_id event_id error_id "
    "transaction_id flow_id"
)
_TIMES = words("iat exp nbf auth_time timestamp ts")
_RANDOM_HEADERS = words(
    "age content-length date dpop-nonce etag expires last-modified nel report-to "
    "reporting-endpoints server-timing traceparent tracestate x-response-time x-runtime "
    "x-served-by x-timer x-ratelimit-remaining x-ratelimit-reset ratelimit-remaining "
    "ratelimit-reset x-envoy-upstream-service-time"
)
_ID_HEADER = re.compile(r"(?:^|-)(?:id|ray|id-2|trace|traceid|requestid)$")


@dataclass(frozen=True)
class Reading:
    """How the values of one run are read.

    `origins` are its own addresses with the mark that stands for each, so that two deployments
    can be alike. With `exact`, what the client made up keeps its form: lengths and counters.
    """

    origins: tuple[tuple[str, str], ...] = ()
    exact: bool = False


PLAIN = Reading()


def common_parameter(name: str, value: str, reading: Reading = PLAIN) -> str:
    """A parameter of a URL or a form."""
    return _named(name, value, kind_of(name), reading)


def common_member(name: str, value: str, reading: Reading = PLAIN) -> str:
    """A text in JSON; names with an everyday meaning are judged by what they hold."""
    return _named(name, value, labelled_kind(name, value), reading)


def common_number(name: str, value: float, reading: Reading = PLAIN) -> str:
    """A number in JSON: instants are alike unless they are 0, lifetimes by the minute."""
    name = canonical_name(name)
    if not reading.exact:
        if name in _COUNTED:
            return f"<{name}>"
        if value and (name in _TIMES or name.endswith("_at")):
            return "<time>"
        if name == "expires_in" and 0 < value < 1e9:
            return f"<{-int(-value // 60)} minutes>"
    return repr(value)


def common_header(name: str, value: str, reading: Reading = PLAIN) -> str:
    """A header by its name in lower case."""
    if name in ("authorization", "proxy-authorization"):
        scheme, blank, rest = value.strip().partition(" ")
        return f"{scheme} <credential>" if blank and rest else value
    if name in _RANDOM_HEADERS or _ID_HEADER.search(name):
        return f"<{name}>"
    if name == "content-security-policy":
        value = _CSP_NONCE.sub("'nonce-<nonce>'", value)
    return _named("", value, header_kind(name), reading)


def common_text(text: str, reading: Reading = PLAIN) -> str:
    """A text under no name."""
    for origin, mark in reading.origins:
        text = _at_its_end(origin).sub(mark, text)
    replaced = _PLACEHOLDER.sub(lambda found: _placeholder(found, reading), text)
    text = loopback_port(replaced, ":<port>")
    return text if reading.exact else _INSTANT.sub("<time>", _UUID.sub("<uuid>", text))


def _named(name: str, value: str, kind: str | None, reading: Reading) -> str:
    text = common_text(value, reading)
    plain = canonical_name(name)
    if plain == "code_challenge":
        kind = plain
    if kind is not None and value:
        return _secret(kind, value, reading)
    if not value or text.startswith("<"):
        return text
    if plain == "client_id" and not is_http_url(value):
        return "<client_id>"
    if plain in _RANDOM or (plain in _COUNTED and not reading.exact):
        return f"<{plain}>"
    return text


def _secret(kind: str, value: str, reading: Reading) -> str:
    """The kind of a secret by its name; a made-up value can have been first seen under another."""
    found = _PLACEHOLDER.fullmatch(value)
    mark = found[2] if found else " jwt" * value.startswith("eyJ")
    length = found[3] if found else f" {len(value)}"
    return f"<{kind}{mark}{length if reading.exact and kind in _OWN_LENGTH else ''}>"


def _placeholder(found: re.Match[str], reading: Reading) -> str:
    length = found[3] if reading.exact and found[1] in _OWN_LENGTH else ""
    return f"<{found[1]}{found[2]}{length}>"


@lru_cache(64)
def _at_its_end(origin: str) -> re.Pattern[str]:
    """The origin, but not the beginning of a longer host or of a port."""
    return re.compile(re.escape(origin) + r"(?![A-Za-z0-9.:@\-])", re.IGNORECASE)
