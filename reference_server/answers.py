"""Forms as they arrive and OAuth answers as they leave."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

FORM_LIMIT = 64 * 1024
MANY_FIELDS = 100

# RFC 6749 section 5.1: whatever carries a credential stays out of every cache.
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class OAuthError(Exception):
    """A refusal that the client gets to read (RFC 6749 section 5.2)."""

    def __init__(
        self,
        error: str,
        description: str,
        *,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.headers = dict(headers or {})


@dataclass(frozen=True)
class Form:
    """Decoded parameters; one without a value counts as absent (RFC 6749 section 3.1)."""

    values: Mapping[str, str]
    resources: tuple[str, ...] = ()
    """`resource` is the one parameter that may repeat (RFC 8707 section 2)."""
    repeated: tuple[str, ...] = ()

    def get(self, name: str) -> str | None:
        """The value of a parameter, or None when it is absent."""
        return self.values.get(name)

    def require(self, name: str) -> str:
        """The value of a parameter; raises OAuthError when it is absent."""
        value = self.get(name)
        if value is None:
            raise OAuthError("invalid_request", f"{name} is missing")
        return value


def parse_form(encoded: bytes) -> Form:
    """A query string or form body as a Form; raises OAuthError when it is beyond reason."""
    try:
        pairs = parse_qsl(encoded.decode("utf-8", "replace"), max_num_fields=MANY_FIELDS)
    except ValueError as problem:
        raise OAuthError("invalid_request", "too many parameters") from problem
    counts = Counter(name for name, _ in pairs if name != "resource")
    return Form(
        values=dict(pairs),
        resources=tuple(value for name, value in pairs if name == "resource"),
        repeated=tuple(name for name, count in counts.items() if count > 1),
    )


async def read_form(request: Request) -> Form:
    """The body of a form post; raises OAuthError for another media type or repeated fields."""
    if media_type(request) != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "the body must be application/x-www-form-urlencoded")
    form = parse_form(await request.body())
    if form.repeated:
        raise OAuthError("invalid_request", f"{form.repeated[0]} is given more than once")
    return form


def media_type(request: Request) -> str:
    """The content type without its parameters, lower case; empty when absent."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def no_store(content: Mapping[str, object], status: int = 200) -> JSONResponse:
    """A JSON answer that no cache keeps."""
    return JSONResponse(dict(content), status, headers=NO_STORE)


async def refuse(request: Request, problem: Exception) -> Response:
    """The JSON answer of an OAuthError, as an exception handler of the application."""
    assert isinstance(problem, OAuthError)
    return JSONResponse(
        {"error": problem.error, "error_description": problem.description},
        problem.status,
        headers={**NO_STORE, **problem.headers},
    )
