"""Everything the server remembers, in memory: clients, sign-ins, codes and tokens."""

from dataclasses import dataclass, field

LIMIT = 10_000


class Recent[V](dict[str, V]):
    """A dictionary that forgets its oldest entry beyond `LIMIT`, so that nobody can fill it."""

    def __setitem__(self, key: str, value: V) -> None:
        super().__setitem__(key, value)
        if len(self) > LIMIT:
            del self[next(iter(self))]


@dataclass(frozen=True, kw_only=True)
class Client:
    """A client that may ask for tokens, however the server came to know it."""

    id: str
    name: str
    redirect_uris: tuple[str, ...]
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token")
    secret: str | None = None


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequest:
    """A valid authorization request whose user has not decided yet."""

    client: Client
    redirect_uri: str
    state: str | None
    scopes: tuple[str, ...]
    code_challenge: str
    session: str
    """The browser session it was opened in; no other may continue it."""
    expires_at: float


@dataclass(frozen=True, kw_only=True)
class Code:
    """An authorization code and what was agreed when it was issued."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    code_challenge: str
    subject: str
    family: str
    expires_at: float


@dataclass(kw_only=True)
class Family:
    """All tokens that come from one consent; they are revoked together."""

    client_id: str
    subject: str
    scopes: tuple[str, ...]
    access_token_ids: set[str] = field(default_factory=set)
    revoked: bool = False


@dataclass(frozen=True, kw_only=True)
class RefreshToken:
    """What is known of a refresh token; a spent one is kept to notice that it comes back."""

    family: str
    expires_at: float
    spent: bool = False


@dataclass(frozen=True)
class Store:
    """The memory of one server; it ends with the process."""

    clients: Recent[Client] = field(default_factory=Recent)
    documents: Recent[tuple[Client, float]] = field(default_factory=Recent)
    """Clients read from their metadata documents, with the time until which that holds."""
    sessions: Recent[str | None] = field(default_factory=Recent)
    """Browser sessions and who has signed in there."""
    requests: Recent[AuthorizationRequest] = field(default_factory=Recent)
    codes: Recent[Code] = field(default_factory=Recent)
    families: Recent[Family] = field(default_factory=Recent)
    refresh_tokens: Recent[RefreshToken] = field(default_factory=Recent)
    revoked_token_ids: Recent[None] = field(default_factory=Recent)
    """The `jti` of access tokens that are no longer good although they have not expired."""

    def revoke_family(self, name: str) -> None:
        """Ends every token that came from one consent."""
        family = self.families.get(name)
        if family is None:
            return
        family.revoked = True
        for token_id in family.access_token_ids:
            self.revoked_token_ids[token_id] = None
