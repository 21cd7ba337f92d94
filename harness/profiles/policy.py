"""The named behaviours in which surfaces differ; each is implemented once in the client."""

from enum import StrEnum


class MetadataError(StrEnum):
    """What happens when a metadata address answers 5xx, or 200 with something else than JSON."""

    NEXT = "the next address is asked"
    GIVE_UP = "no other address is asked, and there is no such document"
    STOP = "stop"


class RegistrationOrder(StrEnum):
    GIVEN_CIMD_DCR = "given client, then CIMD, then DCR"


class CimdCondition(StrEnum):
    FLAG_AND_NONE = "the flag is true and `none` is an advertised authentication method"
    FLAG = "the flag is true"


class MetadataAnswer(StrEnum):
    """How strictly metadata is read."""

    LENIENT = "the members that are used"
    TYPED = "members may be left out where their schema says so, but not be null or of another type"


class MissingMetadata(StrEnum):
    """What happens when no authorization server metadata answers."""

    GUESS_ENDPOINTS = "guess /authorize, /token and /register at the authorization server's origin"
    STOP = "stop"


class IssuerCheck(StrEnum):
    """What happens when metadata names another issuer than the one it was found by."""

    TOLERATE = "go on"
    STOP = "stop"


class ResourceCheck(StrEnum):
    """What happens when the resource metadata is for another resource."""

    SAME_HOST = "another host is refused"
    PREFIX = "anything but the URL or a parent of it, the closing slash included, ends it"
    PREFIX_LATE = "the same, once the server metadata has been read"
    TOLERATE = "go on"


class CallbackIss(StrEnum):
    ACCEPT = "accepted whatever it says"
    COMPARE = "compared with the issuer"
    ENFORCE = "compared with the issuer, and wanted where the server says that it sends it"


class StepUpScope(StrEnum):
    CHALLENGED = "the challenged scope alone"
    CHALLENGED_OFFLINE = "the challenged scope, and `offline_access` as in the first request"
    UNION = "the union of the old and the challenged scope"


class OfflineAccess(StrEnum):
    """When `offline_access` is added to the scope that is asked for."""

    WHEN_LISTED = "where the authorization server lists it"
    BESIDE_OTHERS = "where the authorization server lists it and another scope is asked for"


class RegistrationAnswer(StrEnum):
    """How strictly the answer to a registration is read."""

    LENIENT = "a client_id is enough"
    TYPED = "optional members may be left out, but not be null or of another type"


class ClientAuth(StrEnum):
    """How a client with a secret proves itself at the token endpoint."""

    AS_REGISTERED = "as the registration answered"
    AS_LISTED = "by the first method of the metadata's list that it knows; Basic without a list"


class S256Check(StrEnum):
    """What happens when the metadata lists code challenge methods without S256."""

    IGNORE = "go on"
    STOP = "stop once a client is there"


class UnknownClient(StrEnum):
    """What follows when the token endpoint answers 401 `invalid_client` to a registered client."""

    REGISTER_ANEW = "register another client and sign in with it, once"
    NEXT_SIGN_IN = "stop; the client is dropped, and the next sign-in registers another"
    STOP = "stop"


class TokenAnswer(StrEnum):
    """How strictly the answer with the tokens is read."""

    LENIENT = "an access_token is enough"
    TYPED = "token_type has to be there, and no member may be null or of another type"


class RefusedGrant(StrEnum):
    """What happens when a registration is refused for a grant type of an extension."""

    ASK_WITHOUT = "register again without it"
    STOP = "stop"
