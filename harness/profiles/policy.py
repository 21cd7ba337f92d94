"""The named behaviours in which surfaces differ; each is implemented once in the client."""

from enum import StrEnum


class RegistrationOrder(StrEnum):
    GIVEN_CIMD_DCR = "given client, then CIMD, then DCR"


class CimdCondition(StrEnum):
    FLAG_AND_NONE = "the flag is true and `none` is an advertised authentication method"
    FLAG = "the flag is true"


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
    TOLERATE = "go on"


class CallbackIss(StrEnum):
    ACCEPT = "accepted whatever it says"
    COMPARE = "compared with the issuer"


class StepUpScope(StrEnum):
    CHALLENGED = "the challenged scope alone"
    UNION = "the union of the old and the challenged scope"


class RefusedGrant(StrEnum):
    """What happens when a registration is refused for a grant type of an extension."""

    ASK_WITHOUT = "register again without it"
    STOP = "stop"
