"""Content codings: what went in comes out, and never too much."""

import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.proxy.decode import MOST_CODINGS, Decoder, decode

LIMIT = 1 << 16


def raw_deflate(data: bytes) -> bytes:
    compress = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compress.compress(data) + compress.flush()


ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
    "identity": bytes,
}

codings = st.lists(st.sampled_from(list(ENCODERS)), max_size=3)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=3000), names=codings, cuts=st.lists(st.integers(0, 4000)))
def test_round_trip_in_any_pieces(data: bytes, names: list[str], cuts: list[int]) -> None:
    coded = data
    for name in names:
        coded = ENCODERS[name](coded)
    decoder = Decoder(", ".join(names), limit=LIMIT)
    begin = 0
    for cut in sorted(cuts):
        decoder.feed(coded[begin:cut])
        begin = max(begin, cut)
    decoder.feed(coded[begin:])
    decoder.finish()
    assert decoder.error is None
    assert decoder.body == data


@settings(max_examples=150, deadline=None)
@given(
    data=st.binary(max_size=500),
    header=st.one_of(codings.map(", ".join), st.text(max_size=30)),
)
def test_any_bytes_are_survived_within_the_limit(data: bytes, header: str) -> None:
    found = decode(data, header, limit=1000)
    assert len(found.body) <= 1000
    assert not (found.error and found.truncated)


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(["gzip", "deflate", "br", "zstd"]),
    data=st.binary(min_size=200, max_size=2000),
    share=st.floats(0.1, 0.9),
)
def test_a_cut_body_is_an_error_and_keeps_its_beginning(
    name: str, data: bytes, share: float
) -> None:
    coded = ENCODERS[name](data)
    found = decode(coded[: int(len(coded) * share)], name, limit=LIMIT)
    assert found.error is not None
    assert data.startswith(found.body)


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_bombs_stop_at_the_limit(name: str) -> None:
    coded = ENCODERS[name](bytes(20_000_000))
    assert len(coded) < 200_000
    found = decode(coded, name, limit=LIMIT)
    assert found.truncated
    assert found.body == bytes(LIMIT)


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_exactly_the_limit_is_not_too_much(name: str) -> None:
    found = decode(ENCODERS[name](bytes(LIMIT)), name, limit=LIMIT)
    assert not found.truncated
    assert found.error is None
    assert len(found.body) == LIMIT


def test_nested_bomb() -> None:
    coded = gzip.compress(gzip.compress(bytes(50_000_000)))
    assert decode(coded, "gzip, gzip", limit=LIMIT).truncated


def test_deflate_without_wrapper() -> None:
    assert decode(raw_deflate(b"hello" * 50), "deflate", limit=LIMIT).body == b"hello" * 50


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_several_members(name: str) -> None:
    coded = ENCODERS[name](b"one ") + ENCODERS[name](b"two")
    found = decode(coded, name, limit=LIMIT)
    assert (found.body, found.error) == (b"one two", None)


def test_events_come_out_as_they_are_flushed() -> None:
    compress = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    decoder = Decoder("gzip", limit=LIMIT)
    decoder.feed(compress.compress(b"data: 1\n\n") + compress.flush(zlib.Z_SYNC_FLUSH))
    assert decoder.body == b"data: 1\n\n"


def test_unknown_and_too_many_codings() -> None:
    assert "rot13" in (decode(b"x", "gzip, rot13", limit=LIMIT).error or "")
    assert decode(b"x", ", ".join(["gzip"] * (MOST_CODINGS + 1)), limit=LIMIT).error


def test_an_empty_body_is_no_error() -> None:
    assert decode(b"", "gzip", limit=LIMIT).error is None
