"""Finds the authorization server: resource metadata (RFC 9728), then server metadata (RFC 8414)."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.client.events import Flow
from harness.client.probe import Opening
from harness.client.speaker import Speaker
from harness.model.trace import Exchange, Json, Purpose, Step, Voice
from harness.model.typed import mistyped_resource, mistyped_server
from harness.model.wellknown import (
    covers,
    is_http_url,
    origin,
    resource_metadata_urls,
    server_metadata_urls,
    split,
)
from harness.profiles.policy import (
    IssuerCheck,
    MetadataAnswer,
    MetadataError,
    MissingMetadata,
    ResourceCheck,
)

type Document = dict[str, Json]

_PREFIX = (ResourceCheck.PREFIX, ResourceCheck.PREFIX_LATE)


@dataclass(frozen=True)
class Resource:
    """The accepted resource metadata, or nothing."""

    document: Document | None = None
    refusal: str | None = None
    """Why the connection ends once the server metadata has been read."""

    @property
    def identifier(self) -> str | None:
        value = self.document.get("resource") if self.document else None
        return value if isinstance(value, str) else None

    @property
    def issuer(self) -> str | None:
        servers = self.document.get("authorization_servers") if self.document else None
        first = servers[0] if isinstance(servers, list) and servers else None
        return first if isinstance(first, str) else None

    @property
    def scope(self) -> str | None:
        return scopes(self.document, "scopes_supported")


@dataclass(frozen=True)
class Server:
    """Where the authorization server's endpoints are; `url` is where its metadata was found."""

    issuer: str
    document: Document
    url: str | None = None
    purpose: Purpose = Purpose.RFC8414

    @property
    def guessed(self) -> bool:
        return self.url is None

    def endpoint(self, name: str) -> str | None:
        value = self.document.get(name)
        return value if is_http_url(value) and isinstance(value, str) else None


def scopes(document: Document | None, member: str) -> str | None:
    """A list of scopes as one string, None when absent or empty."""
    value = document.get(member) if document else None
    names = [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
    return " ".join(names) or None


def discovered_early(speaker: Speaker, opening: Opening) -> Flow[None]:
    """Both documents in the runtime's voice, before a login reads them again.

    Whatever comes of it, it is the login's own reading that decides.
    """
    issuer = None
    for purpose, url in _candidates(speaker, opening):
        exchange = yield from speaker.get(Step.RESOURCE_METADATA, purpose, url, voice=Voice.RUNTIME)
        document = _document(exchange)
        if document is not None:
            issuer = Resource(document).issuer
            break
    issuer = issuer if is_http_url(issuer) else None
    for purpose, url in server_metadata_urls(issuer or origin(speaker.choices.target)):
        exchange = yield from speaker.get(Step.SERVER_METADATA, purpose, url, voice=Voice.RUNTIME)
        if exchange.status is None or exchange.status == 200 or exchange.status >= 500:
            break


def resource_metadata(speaker: Speaker, opening: Opening) -> Flow[Resource]:
    """Ask the pointer of the challenge, the path form and the root form until one is usable."""
    for purpose, url in _candidates(speaker, opening):
        exchange = yield from speaker.get(Step.RESOURCE_METADATA, purpose, url)
        document = _document(exchange)
        if document is None:
            if (yield from _asks_another(speaker, exchange)):
                continue
            break
        mistyped = _mistyped_resource(speaker, document)
        refusal = mistyped or _refusal(speaker, document)
        if refusal is None:
            yield speaker.note(
                Step.RESOURCE_METADATA, f"metadata taken from the {purpose}", used=exchange.n
            )
            return Resource(document)
        yield speaker.note(Step.RESOURCE_METADATA, refusal, refused=exchange.n)
        match speaker.profile.resource_check:
            case ResourceCheck.PREFIX:
                yield from speaker.stop(Step.RESOURCE_METADATA, refusal)
            case ResourceCheck.PREFIX_LATE if not mistyped:
                if is_http_url(Resource(document).issuer):
                    return Resource(document, refusal)
        break
    yield speaker.note(
        Step.RESOURCE_METADATA,
        "no usable resource metadata; the MCP origin is taken for the authorization server",
        used=None,
    )
    return Resource()


def _candidates(speaker: Speaker, opening: Opening) -> Iterator[tuple[Purpose, str]]:
    pointer = opening.challenge.params.get("resource_metadata") if opening.challenge else None
    # A relative pointer is ignored since spring 2026; any https host is fine.
    if pointer is not None and is_http_url(pointer):
        yield Purpose.METADATA_POINTER, pointer
    for purpose, url in resource_metadata_urls(speaker.choices.target):
        if url != pointer:
            yield purpose, url


def _refusal(speaker: Speaker, document: Document) -> str | None:
    """Why Claude does not use this resource metadata, or None."""
    resource = Resource(document)
    target = speaker.choices.target
    if resource.identifier is None:
        return "the metadata has no resource"
    check = speaker.profile.resource_check
    if (check is ResourceCheck.SAME_HOST and not covers(resource.identifier, target)) or (
        check in _PREFIX and not _is_prefix(resource.identifier, target)
    ):
        return f"the metadata is for another resource, {resource.identifier}"
    if resource.issuer is None:
        return "the metadata names no authorization server"
    if not is_http_url(resource.issuer) or (
        split(target).scheme == "https" and split(resource.issuer).scheme != "https"
    ):
        return f"the authorization server {resource.issuer} is no https address"
    return None


def _mistyped_resource(speaker: Speaker, document: Document) -> str | None:
    """What a reader by type cannot take, in words; it goes on as if there were no document."""
    if speaker.profile.metadata_answer is MetadataAnswer.LENIENT:
        return None
    found = next(mistyped_resource(document), None)
    return f"the metadata has {found.text}" if found else None


def _is_prefix(resource: str, target: str) -> bool:
    """True for the URL itself and what lies above it; a closing slash makes a difference."""
    if not covers(resource, target):
        return False
    inner, outer = split(target).path or "/", split(resource).path or "/"
    return inner == outer or inner.startswith(outer if outer.endswith("/") else f"{outer}/")


def _asks_another(speaker: Speaker, exchange: Exchange) -> Flow[bool]:
    """Whether another address is asked after one without a document; stops where Claude does.

    An answer of 5xx, or 200 without JSON, says neither what the document is nor that there is none.
    """
    status, own = exchange.status, speaker.profile
    if status is None or not (status >= 500 or status == 200):
        return True
    resource = exchange.step is Step.RESOURCE_METADATA
    rule = own.resource_metadata_error if resource else own.server_metadata_error
    if rule is MetadataError.STOP:
        what = "no JSON" if status == 200 else f"answer {status}"
        yield from speaker.stop(exchange.step, f"{exchange.request.url}: {what}")
    return rule is MetadataError.NEXT


def server_metadata(speaker: Speaker, resource: Resource) -> Flow[Server | None]:
    """Ask every well-known form of the issuer; guess the endpoints when none answers."""
    issuer = resource.issuer or origin(speaker.choices.target)
    root_too = speaker.profile.asks_path_issuer_at_root
    for purpose, url in server_metadata_urls(issuer, root_too=root_too):
        exchange = yield from speaker.get(Step.SERVER_METADATA, purpose, url)
        document = _document(exchange)
        if document is not None:
            yield speaker.note(
                Step.SERVER_METADATA,
                f"metadata taken from {url}",
                used=exchange.n,
                issuer=issuer,
                endpoints="published",
            )
            return (yield from _checked(speaker, Server(issuer, document, url, purpose)))
        if not (yield from _asks_another(speaker, exchange)):
            return None
    if speaker.profile.missing_metadata is MissingMetadata.STOP:
        yield from speaker.stop(Step.SERVER_METADATA, f"{issuer} publishes no metadata")
        return None
    yield speaker.note(
        Step.SERVER_METADATA,
        f"no metadata found for {issuer}; /authorize, /token and /register are guessed there",
        used=None,
        issuer=issuer,
        endpoints="guessed",
    )
    return Server(issuer, _guessed(issuer))


def _checked(speaker: Speaker, server: Server) -> Flow[Server | None]:
    if (
        speaker.profile.issuer_check is IssuerCheck.STOP
        and server.document.get("issuer") != server.issuer
    ):
        yield from speaker.stop(Step.SERVER_METADATA, "the metadata names another issuer")
        return None
    if speaker.profile.metadata_answer is MetadataAnswer.TYPED:
        found = next(mistyped_server(server.document, server.purpose), None)
        if found is not None:
            yield from speaker.stop(Step.SERVER_METADATA, f"the metadata has {found.text}")
            return None
    for name in ("authorization_endpoint", "token_endpoint"):
        if server.endpoint(name) is None:
            yield from speaker.stop(Step.SERVER_METADATA, f"the metadata has no usable {name}")
            return None
    return server


def _guessed(issuer: str) -> Document:
    """The default endpoints of MCP 2025-03-26, which Claude still falls back to."""
    base = origin(issuer)
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
        "registration_endpoint": f"{base}/register",
    }


def _document(exchange: Exchange) -> Document | None:
    response = exchange.response
    if response is None or response.status != 200 or exchange.failure:
        return None
    return response.json_object
