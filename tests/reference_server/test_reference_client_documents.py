import json
from dataclasses import replace

import pytest
from plain_client import Clock

from reference_server.client_documents import (
    KEEP_SECONDS,
    PUBLISHED,
    DocumentRefusedError,
    client_from_document,
    fetch_published,
    is_document_url,
)
from reference_server.server import Server

URL = "https://client.example/oauth/me"
GOOD: dict[str, object] = {
    "client_id": URL,
    "client_name": "Me",
    "redirect_uris": ["https://client.example/cb"],
}


def having(server: Server, content: bytes, fetched: list[str] | None = None) -> Server:
    async def fetch(url: str) -> bytes:
        if fetched is not None:
            fetched.append(url)
        return content

    return replace(server, fetch=fetch)


@pytest.mark.parametrize("url", sorted(PUBLISHED))
async def test_both_documents_of_claude_are_accepted(url: str, server: Server) -> None:
    client = await client_from_document(server, url)
    assert client.id == url
    assert client.secret is None
    assert list(client.redirect_uris) == PUBLISHED[url]["redirect_uris"]


async def test_nothing_else_is_fetched(server: Server) -> None:
    with pytest.raises(OSError, match="fetches no documents"):
        await fetch_published(URL)
    with pytest.raises(DocumentRefusedError, match="could not be fetched"):
        await client_from_document(server, URL)


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": URL + "/"},
        {"client_id": "https://CLIENT.example/oauth/me"},
        {"client_name": None},
        {"client_name": ""},
        {"redirect_uris": None},
        {"redirect_uris": []},
        {"redirect_uris": [7]},
        {"redirect_uris": ["http://client.example/cb"]},
        {"client_secret": "s"},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"padding": "x" * 5200},
    ],
)
async def test_a_bad_document_is_refused(change: dict[str, object], server: Server) -> None:
    content = json.dumps(GOOD | change).encode()
    with pytest.raises(DocumentRefusedError):
        await client_from_document(having(server, content), URL)


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"[" * 4000, b'"x"', b"\xff\xfe{"])
async def test_what_is_no_document_is_refused(content: bytes, server: Server) -> None:
    with pytest.raises(DocumentRefusedError):
        await client_from_document(having(server, content), URL)


async def test_a_good_document_is_kept_for_a_while(server: Server, clock: Clock) -> None:
    fetched: list[str] = []
    host = having(server, json.dumps(GOOD).encode(), fetched)
    await client_from_document(host, URL)
    await client_from_document(host, URL)
    assert fetched == [URL]
    clock.now += KEEP_SECONDS
    await client_from_document(host, URL)
    assert fetched == [URL, URL]


async def test_a_bad_document_is_not_kept(server: Server) -> None:
    fetched: list[str] = []
    host = having(server, b"{}", fetched)
    for _ in range(2):
        with pytest.raises(DocumentRefusedError):
            await client_from_document(host, URL)
    assert len(fetched) == 2


@pytest.mark.parametrize(
    "client_id",
    [
        "https://h",
        "https://h/",
        "http://h/c",
        "https://u@h/c",
        "https://h/a/../c",
        "https://h/c#f",
        "https://[/c",
        "abc",
        "",
    ],
)
def test_what_is_no_document_url(client_id: str) -> None:
    assert not is_document_url(client_id)


def test_what_is_a_document_url() -> None:
    assert is_document_url(URL)
