"""IPv6 targets in request lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.proxy.ipv6_target import with_brackets


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (b"CONNECT ::1:443 HTTP/1.1\r\n\r\n", b"CONNECT [::1]:443 HTTP/1.1\r\n\r\n"),
        (
            b"CONNECT 2001:db8::7:8443 HTTP/1.1\r\n\r\n",
            b"CONNECT [2001:db8::7]:8443 HTTP/1.1\r\n\r\n",
        ),
        (
            b"GET http://::1:44/x HTTP/1.1\r\nHost: [::1]:44\r\n\r\n",
            b"GET http://[::1]:44/x HTTP/1.1\r\nHost: [::1]:44\r\n\r\n",
        ),
        (
            b"GET http://::1/x HTTP/1.1\r\nA: b\r\nhost: [::1]\r\n\r\n",
            b"GET http://[::1]/x HTTP/1.1\r\nA: b\r\nhost: [::1]\r\n\r\n",
        ),
    ],
)
def test_brackets_are_added(sent: bytes, meant: bytes) -> None:
    assert with_brackets(sent) == meant
    assert with_brackets(meant) == meant


@pytest.mark.parametrize(
    "sent",
    [
        b"CONNECT 127.0.0.1:443 HTTP/1.1\r\n\r\n",
        b"CONNECT dead.example:443 HTTP/1.1\r\n\r\n",
        b"GET http://127.0.0.1:80/a:b:c HTTP/1.1\r\nHost: [::1]\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: [::1]\r\n\r\n",
    ],
)
def test_other_requests_are_left_alone(sent: bytes) -> None:
    assert with_brackets(sent) == sent


@given(address=st.ip_addresses(v=6), port=st.integers(1, 65535))
def test_every_address_in_a_tunnel(address: object, port: int) -> None:
    sent = f"CONNECT {address}:{port} HTTP/1.1\r\n\r\n".encode()
    assert with_brackets(sent) == f"CONNECT [{address}]:{port} HTTP/1.1\r\n\r\n".encode()
