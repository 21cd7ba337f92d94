"""Answers requests as a recorded server did, with values that are alive."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC
from email.utils import format_datetime, parsedate_to_datetime
from enum import Enum

from harness.model.trace import (
    Exchange,
    FailureKind,
    Headers,
    Json,
    Purpose,
    Request,
    Response,
    Step,
    TokenFacts,
    Trace,
)
from harness.model.wellknown import query
from harness.recording.secret_names import words
from harness.reproduce.matching import Matching, dumped, rpc_id
from harness.reproduce.origins import Origins
from harness.reproduce.tokens import Keys, fresh_jwt, fresh_value, verified
from harness.reproduce.values import Values, percent, placeholders

_SIGN_IN = (Step.AUTHORIZE, Step.LOGIN)
_OF_THE_WIRE = words("connection keep-alive transfer-encoding content-length alt-svc upgrade")
"""Headers that belong to a connection, and not to the answer."""
_SLOW_MS = 1000
_LENGTH = re.compile(r" ([0-9]+)>")
_COOKIE_PLACE = re.compile(r";\s*domain\s*=[^;]*", re.IGNORECASE)
_COOKIE_SECURE = re.compile(r";\s*secure\s*(?=;|$)", re.IGNORECASE)


class Ending(Enum):
    """How an answer ends."""

    WHOLE = "whole"
    CUT = "cut"
    """The connection is closed."""
    SILENT = "silent"
    """Nothing more comes."""


@dataclass(frozen=True)
class Reply:
    """What goes out for one request; without a status not even the head of an answer."""

    status: int | None = None
    headers: Headers = ()
    body: bytes = b""
    delay: float = 0.0
    ending: Ending = Ending.WHOLE


class Answers:
    """One recorded server, under its own names or under others that `origins` leads to.

    `missed` is told of each request that the recording has no answer for.
    """

    def __init__(
        self,
        trace: Trace,
        *,
        served: Callable[[Exchange], bool],
        origins: Origins,
        missed: Callable[[str], None],
    ) -> None:
        self._matching = Matching(trace, served)
        self._origins = origins
        self._public = origins.inverse()
        self._missed = missed
        self._facts = dict(_facts(trace))
        self._keys = Keys() if any(verified(one.token) for one in trace.exchanges) else None
        self._values = Values(self._fresh)
        self._uris: dict[str, str] = {}
        """Recorded redirect URIs, and those of the client in their place."""

    def answer(self, request: Request) -> Reply:
        """The reply to a request that came under the recorded name of its host."""
        asked = self._in_recorded_terms(request)
        found = self._matching.find(asked)
        if found is None:
            return self._missing(request)
        self._bind(found, request, asked)
        failure = found.failure
        if found.response is None:
            silent = failure is not None and failure.kind is FailureKind.TIMEOUT
            return Reply(ending=Ending.SILENT if silent else Ending.CUT)
        ending = Ending.WHOLE
        if failure is not None and failure.kind is not FailureKind.TOO_LARGE:
            silent = failure.kind is FailureKind.TIMEOUT
            ending = Ending.SILENT if silent else Ending.CUT
        wait = found.timing.wait or 0.0
        return Reply(
            status=found.response.status,
            headers=tuple(self._headers(found, found.response, request)),
            body=self._body(found, found.response, request),
            delay=wait / 1000 if wait > _SLOW_MS else 0.0,
            ending=ending,
        )

    def _missing(self, request: Request) -> Reply:
        what = f"{request.method} {request.url.partition('?')[0]}"
        method = request.json_object and request.json_object.get("method")
        text = f"the recording has no answer for {what}"
        text += f" ({method})" if isinstance(method, str) else ""
        self._missed(text)
        error = {"error": "not_in_recording", "error_description": text}
        return Reply(404, (("content-type", "application/json"),), dumped({**error}).encode())

    # From the client's terms to those of the recording, and back.

    def _in_recorded_terms(self, request: Request) -> Request:
        def back(text: str, encode: Callable[[str], str] = str) -> str:
            text = self._values.recorded(self._public(text), encode)
            for recorded, live in self._uris.items():
                for form in dict.fromkeys((live, percent(live))):
                    text = text.replace(form, recorded if form == live else percent(recorded))
            return text

        form = request.media_type == "application/x-www-form-urlencoded"
        body = _as_text(request.body)
        return replace(
            request,
            url=back(request.url, percent),
            headers=tuple((name, back(value)) for name, value in request.headers),
            body=_as_bytes(back(body, percent if form else str)),
        )

    def _bind(self, found: Exchange, request: Request, asked: Request) -> None:
        """Take over what the client made up: `state`, its redirect URI."""
        if found.purpose is Purpose.REGISTER:
            pairs = zip(_redirect_uris(found.request), _redirect_uris(request), strict=False)
            self._uris.update(pairs)
        if found.step not in _SIGN_IN:
            return
        recorded, now = query(found.request.url), query(request.url)
        for name, value in recorded.items():
            for placeholder in placeholders(value):
                if placeholder not in self._matching.given and name in now and value == placeholder:
                    self._values.bind(placeholder, now[name])
        if found.step is Step.AUTHORIZE and "redirect_uri" in recorded and "redirect_uri" in now:
            self._uris[recorded["redirect_uri"]] = now["redirect_uri"]

    def _out(self, text: str, step: Step) -> str:
        if step in (*_SIGN_IN, Step.REGISTRATION):
            for recorded, live in self._uris.items():
                if "?" in live and "?" not in recorded:
                    text = text.replace(f"{recorded}?", f"{live}&")
                for form in dict.fromkeys((recorded, percent(recorded))):
                    text = text.replace(form, live if form == recorded else percent(live))
        return self._values.filled(self._origins(text))

    def _headers(
        self, found: Exchange, response: Response, request: Request
    ) -> Iterator[tuple[str, str]]:
        for name, value in response.headers:
            lower = name.lower()
            if lower in _OF_THE_WIRE or (
                lower == "content-encoding" and not response.encoding_error
            ):
                continue
            if lower == "strict-transport-security" and self._origins.mapping:
                continue
            if lower == "date":
                value = _today(value, found.started)
            if lower == "access-control-allow-origin" and value == found.request.header("origin"):
                value = request.header("origin") or value
            if lower == "set-cookie" and self._origins.mapping:
                value = self._cookie(value)
            yield name, self._out(value, found.step)

    def _cookie(self, value: str) -> str:
        """A cookie that the client keeps for where it is."""
        value = _COOKIE_PLACE.sub("", value)
        secure = any(one.startswith("https:") for one in self._origins.mapping.values())
        return value if secure else _COOKIE_SECURE.sub("", value)

    def _body(self, found: Exchange, response: Response, request: Request) -> bytes:
        if response.encoding_error or not response.body:
            return response.body
        if self._keys is not None and (document := response.json_object) is not None:
            keys = self._keys.published(document)
            if keys is not None:
                return dumped(keys).encode()
        text = self._out(_as_text(response.body), found.step)
        was, now = rpc_id(found.request.json), rpc_id(request.json)
        if was is not None and now is not None and was != now:
            lines = text.split("\n") if response.media_type == "text/event-stream" else [text]
            text = "\n".join(_with_id(line, dumped(was), dumped(now)) for line in lines)
        return _as_bytes(text)

    def _fresh(self, placeholder: str) -> str:
        if " jwt " not in placeholder:
            found = _LENGTH.search(placeholder)
            return fresh_value(int(found[1]) if found else 0)
        facts, issued = self._facts.get(placeholder, (None, time.time()))
        if facts is not None:
            claims = {
                name: self._values.filled(self._origins(value)) if isinstance(value, str) else value
                for name, value in facts.claims.items()
            }
            if isinstance(audience := claims.get("aud"), list):
                claims["aud"] = [self._origins(str(one)) for one in audience]
            facts = replace(facts, claims=claims)
        return fresh_jwt(facts, recorded=issued, keys=self._keys)


def _facts(trace: Trace) -> Iterator[tuple[str, tuple[TokenFacts, float]]]:
    """What each recorded access token said of itself, by its placeholder, and when it was given."""
    for exchange in trace.exchanges:
        token = (exchange.json_object or {}).get("access_token")
        if exchange.token is not None and isinstance(token, str):
            yield token, (exchange.token, exchange.started)


def _redirect_uris(request: Request) -> list[str]:
    found = (request.json_object or {}).get("redirect_uris")
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _with_id(line: str, was: str, now: str) -> str:
    """The JSON-RPC message of a line with another id, where it has the one that was asked for."""
    pattern = re.compile(rf'("id"\s*:\s*){re.escape(was)}(?=\s*[,}}])')
    start = line.find("{")
    before = _message(line[start:]) if start >= 0 else None
    if before is None or dumped(rpc_id(before)) != was:
        return line
    for match in pattern.finditer(line):
        changed = line[: match.end(1)] + now + line[match.end() :]
        after = _message(changed[start:])
        if after is not None and dumped(rpc_id(after)) == now:
            return changed
    return line


def _message(text: str) -> dict[str, Json] | None:
    return Response(status=200, body=_as_bytes(text)).json_object


def _today(value: str, recorded: float) -> str:
    """A date as far from now as it was from the time of its recording."""
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return value
    moved = then.timestamp() - recorded + time.time()
    return format_datetime(then.fromtimestamp(moved, UTC), usegmt=True)


def _as_text(body: bytes) -> str:
    return body.decode("utf-8", "surrogateescape")


def _as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
