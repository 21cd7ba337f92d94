"""Which parameters, members, form fields and headers hold secrets, judged by their names."""

import re
from functools import lru_cache


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set of names is written here."""
    return frozenset(text.split())


_KINDS = {
    "access_token": "access_token",
    "refresh_token": "refresh_token",
    "id_token": "id_token",
    "registration_access_token": "registration_token",
    "code": "code",
    "authorization_code": "code",
    "device_code": "code",
    "user_code": "code",
    "state": "state",
    "client_secret": "client_secret",
    "client_assertion": "assertion",
    "assertion": "assertion",
    "saml_response": "assertion",
    "password": "password",
    "passwd": "password",
    "passphrase": "password",
    "pwd": "password",
    "pass": "password",
    "otp": "otp",
    "totp": "otp",
    "pin": "otp",
    "passcode": "otp",
    "mfa_code": "otp",
    "verification_code": "otp",
    "one_time_code": "otp",
    "session": "session",
    "session_id": "session",
    "sessionid": "session",
    "session_state": "session",
    "sid": "session",
    "token": "token",
    "secret": "secret",
    "private_key": "secret",
    "key": "api_key",
    "apikey": "api_key",
    "auth": "credential",
    "ticket": "credential",
    "sig": "signature",
    "signature": "signature",
}
_ENDINGS = (
    ("_token", "token"),
    ("_secret", "secret"),
    ("_password", "password"),
    ("_verifier", "verifier"),
    ("api_key", "api_key"),
    ("session_id", "session"),
    ("_otp", "otp"),
)
_HARMLESS = {"progress_token", "page_token", "next_page_token", "next_token", "continuation_token"}
_AMBIGUOUS = {"code", "state", "pass", "session", "sid", "token", "secret", "ticket"}
"""Names that also have an everyday meaning: an error code, the state of a job."""
_ONLY_IN_URLS = {"key", "auth", "sig", "signature"}

PUBLIC_PARAMETERS = frozenset(
    {
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "scope",
        "resource",
        "iss",
        "code_challenge",
        "code_challenge_method",
        "grant_type",
        "prompt",
        "error",
        "error_description",
        "error_uri",
    }
)
"""OAuth parameters that stay readable, also in sign-in forms."""

_DECISIONS = words(
    "accept agree allow approve authorize cancel confirm consent continue decline deny disagree "
    "false grant login next no off ok on reject signin submit true yes"
)
_PEOPLE = {"username", "user_name", "user", "email", "mail", "login", "phone", "identifier"}
PROTOCOL_WORDS = words(
    "access_token authorization_code bearer basic boolean client_credentials client_id "
    "client_secret client_secret_basic client_secret_post code false id_token implicit "
    "invalid_client invalid_grant invalid_request invalid_token none null number object "
    "offline_access openid password plain query refresh_token state string token true "
    "undefined user username"
)
"""Words of the protocols: a secret spelled like one is hidden in its place, not looked for."""

_WORD = re.compile(r"[A-Za-z]+(?:[ _.\-][A-Za-z]+)*")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9]+")
_SECRET_HEADER = re.compile(
    r"(?:^|-)(?:auth|authorization|token|secret|api-?key|key|signature)(?:-|$)|token$"
)


def is_word(value: str) -> bool:
    """True for what people and protocols write: a few letters, no digits."""
    return len(value) <= 32 and _WORD.fullmatch(value) is not None


def canonical_name(name: str) -> str:
    """A name in snake case: `accessToken`, `access-token` and `user[access_token]` alike."""
    name = _CAMEL.sub("_", name[:100].removeprefix("amp;")).lower()
    return _OTHER.sub("_", name).strip("_")


@lru_cache(4096)
def kind_of(name: str) -> str | None:
    """The kind of secret that a URL or form parameter of this name holds, or None."""
    name = canonical_name(name)
    if name in _KINDS:
        return _KINDS[name]
    if name in _HARMLESS:
        return None
    if "csrf" in name or "xsrf" in name:
        return "csrf"
    return next((kind for ending, kind in _ENDINGS if name.endswith(ending)), None)


def labelled_kind(name: str, value: str) -> str | None:
    """The kind of secret that a JSON member or a label in prose holds.

    Names with an everyday meaning count only when the value looks random.
    """
    kind = kind_of(name)
    if kind is None:
        return None
    name = canonical_name(name)
    if name in _ONLY_IN_URLS or (name in _AMBIGUOUS and (len(value) < 8 or is_word(value))):
        return None
    return kind


def field_kind(name: str, value: str) -> str | None:
    """The kind of secret of a field in a sign-in form: all are, but public ones and buttons."""
    if kind := kind_of(name):
        return kind
    name = canonical_name(name)
    if name in PUBLIC_PARAMETERS:
        return None
    if name in _PEOPLE:
        return "user"
    return None if value.lower() in _DECISIONS else "field"


@lru_cache(1024)
def header_kind(name: str) -> str | None:
    """The kind of secret that a header of this name holds, or None."""
    name = name.lower()
    if name == "mcp-session-id":
        return "session"
    if _SECRET_HEADER.search(name):
        return kind_of(name) or "api_key"
    return kind_of(name)
