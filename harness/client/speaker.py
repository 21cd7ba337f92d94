"""Builds the requests of one run in Claude's voices, and knows whether Claude would still go on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from harness.client.choices import Choices, Entropy
from harness.client.dpop import proven, wants_proof
from harness.client.events import Flow, Send, sent
from harness.client.redirects import next_request
from harness.model.trace import (
    Exchange,
    Headers,
    Json,
    Note,
    NoteKind,
    Purpose,
    Step,
    Voice,
)
from harness.model.wellknown import origin
from harness.profiles.profile import Profile

_MAX_REDIRECTS = 20  # httpx's limit, which is the broker's


def compact(value: Json | Mapping[str, Json]) -> bytes:
    """JSON as httpx writes it: no spaces, non-ASCII kept."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass
class Speaker:
    """The client's one mutable thing: what it is, and whether it only explores by now."""

    profile: Profile
    choices: Choices
    entropy: Entropy
    exploring: bool = False
    asked: set[str] = field(default_factory=set)
    """Every URL asked by GET so far."""
    bound: bool = False
    """True where tokens are bound to a key (RFC 9449)."""
    nonces: dict[str, str] = field(default_factory=dict)
    """The latest nonce of each origin."""
    standing: Note | None = None
    """The stop that stands if what Claude tries instead fails too."""

    def headers(self, voice: Voice, url: str, extra: Headers = ()) -> Headers:
        """The complete header list of a request, in wire order."""
        match voice:
            case Voice.BROKER:
                base = self.profile.broker_headers
            case Voice.RUNTIME:
                base = self.profile.runtime_headers
            case Voice.BROWSER:
                base = (("Host", "$HOST"), *self.profile.browser_headers)
        filled = _filled(base, url)
        named = {name.lower() for name, _ in extra}
        kept = tuple(one for one in filled if one[0].lower() not in named)
        if voice is Voice.BROKER and self.profile.broker_extras_first:
            return extra + kept
        if voice is Voice.RUNTIME and (order := self.profile.runtime_header_order):
            return _ordered(kept + extra, order)
        return filled + extra

    def get(
        self,
        step: Step,
        purpose: Purpose,
        url: str,
        *,
        voice: Voice = Voice.BROKER,
        exploration: bool = False,
    ) -> Flow[Exchange]:
        """GET a metadata document, as the broker unless told otherwise, following redirects."""
        self.asked.add(url)
        return self.follow(
            Send(
                step=step,
                purpose=purpose,
                voice=voice,
                method="GET",
                url=url,
                headers=self._metadata_headers(step, url, voice),
                timeout=self.profile.discovery_timeout,
                exploration=exploration,
            )
        )

    def _metadata_headers(self, step: Step, url: str, voice: Voice) -> Headers:
        own = self.profile
        given = self.choices.headers if (voice, step) in own.own_headers_at else ()
        if voice is Voice.RUNTIME:
            whole = _filled(own.runtime_discovery_headers[step], url)
            place = next(n for n, (name, _) in enumerate(whole) if name == "Connection")
            return whole[:place] + given + whole[place:]
        resource = step is Step.RESOURCE_METADATA
        extra = own.resource_metadata_headers if resource else own.server_metadata_headers
        return self.headers(voice, url, given + extra)

    def post(
        self,
        step: Step,
        purpose: Purpose,
        url: str,
        *,
        body: bytes,
        media_type: str,
        extra: Headers = (),
        timeout: float | None = None,
        voice: Voice = Voice.BROKER,
        exploration: bool = False,
    ) -> Flow[Exchange]:
        """POST a form or JSON document, as the broker unless told otherwise, with redirects."""
        content = (("Content-Length", str(len(body))), ("Content-Type", media_type))
        return self.follow(
            Send(
                step=step,
                purpose=purpose,
                voice=voice,
                method="POST",
                url=url,
                headers=self.headers(voice, url, extra + content),
                body=body,
                timeout=timeout or self.profile.token_timeout,
                exploration=exploration,
            )
        )

    def follow(self, send: Send) -> Flow[Exchange]:
        """Send, and follow redirects as httpx does; the last exchange comes back.

        A redirect to another host loses the Authorization header, one to something that is not
        http or https is not followed.
        """
        exchange = yield from self.send(send)
        for _ in range(_MAX_REDIRECTS):
            following = next_request(send, exchange, host_header=_authority)
            if following is None:
                return exchange
            send = following
            exchange = yield from self.send(send)
        yield self.note(send.step, f"gave up after {_MAX_REDIRECTS} redirects", redirects="loop")
        return exchange

    def send(self, send: Send) -> Flow[Exchange]:
        if self.exploring and not send.exploration:
            send = replace(send, exploration=True)
        prove = self.choices.prove
        if self.bound and prove is not None and wants_proof(send):
            return (yield from proven(send, prove=prove, nonces=self.nonces))
        return (yield from sent(send))

    def note(self, step: Step, text: str, **data: Json) -> Note:
        """A decision of the client, with the values it chose."""
        return Note(step=step, kind=NoteKind.DECISION, text=text, data=data)

    def skip(self, step: Step, text: str) -> Note:
        return Note(step=step, kind=NoteKind.SKIP, text=text)

    def stop(self, step: Step, text: str) -> Flow[None]:
        """Claude stops here; whatever follows is exploration."""
        if not self.exploring:
            first, self.standing = self.standing, None
            if first is not None:
                first = replace(first, text=f"{first.text}; then {text}")
            yield first or Note(step=step, kind=NoteKind.STOP, text=text)
        self.exploring = True


def with_value(headers: Headers, name: str, value: str) -> Headers:
    """The headers with another value for one of them, at its place."""
    return tuple((one, value if one.lower() == name.lower() else old) for one, old in headers)


def _filled(headers: Headers, url: str) -> Headers:
    return tuple((name, value.replace("$HOST", _authority(url))) for name, value in headers)


def _ordered(headers: Headers, order: tuple[str, ...]) -> Headers:
    """The headers as a profile orders and spells them; what it does not name goes to its `*`."""
    spelled = {name.lower(): name for name in order}
    places = {name: place for place, name in enumerate(spelled)}

    def place(header: tuple[str, str]) -> int:
        return places.get(header[0].lower(), places["*"])

    return tuple(
        (spelled.get(name.lower(), name), value) for name, value in sorted(headers, key=place)
    )


def _authority(url: str) -> str:
    """Host and port as httpx writes the Host header: no default port, no user."""
    return origin(url).partition("://")[2]
