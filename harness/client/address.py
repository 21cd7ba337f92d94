"""Reads the address of an MCP server as a person types it."""

from harness.model.wellknown import UrlError, split


class AddressError(ValueError):
    """The text is no address to check; the message is one sentence for the user."""


def read_address(text: str) -> str:
    """The MCP URL, https where no scheme is given; raises AddressError."""
    text = text.strip()
    url = text if "://" in text else f"https://{text}"
    try:
        parts = split(url)
    except UrlError as error:
        raise AddressError(
            f"{text!r} is no MCP URL ({error}); write it as https://host/path."
        ) from None
    if parts.username is not None or parts.password is not None:
        raise AddressError("Credentials in the URL are not sent by Claude; leave them out.")
    if parts.fragment:
        raise AddressError("An MCP URL has no fragment (#...); leave it out.")
    return url
