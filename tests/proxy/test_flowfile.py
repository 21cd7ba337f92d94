"""Flow files of ours open in mitmproxy, and those of mitmproxy are read as it wrote them."""

import io
from dataclasses import replace

import pytest
from foreign_formats import HEALTHY
from hypothesis import given, settings
from hypothesis import strategies as st
from mitmproxy import flow, http
from mitmproxy.io import FlowReader, FlowWriter
from mitmproxy.test import tflow, tutils

from harness.model.captured import CaptureError, LeftOut
from harness.model.trace import Failure, FailureKind, Response
from harness.proxy.flowfile import is_flow_file, read_flows
from harness.run.export import export


def flows(data: bytes) -> list[http.HTTPFlow]:
    """What mitmproxy itself reads; it also reads HAR."""
    return [one for one in FlowReader(io.BytesIO(data)).stream() if isinstance(one, http.HTTPFlow)]


def written(*of: flow.Flow) -> bytes:
    file = io.BytesIO()
    writer = FlowWriter(file)  # type: ignore[no-untyped-call]
    for one in of:
        writer.add(one)
    return file.getvalue()


@pytest.mark.parametrize("form", ["mitm", "har"])
def test_mitmproxy_reads_every_exchange(form: str) -> None:
    found = flows(export(HEALTHY, form))
    assert len(found) == len(HEALTHY.exchanges)
    for one, exchange in zip(found, HEALTHY.exchanges, strict=True):
        assert one.request.pretty_url == exchange.request.url
        assert one.request.content == exchange.request.body
        assert one.response is not None
        assert exchange.response is not None
        assert one.response.status_code == exchange.status
        assert one.response.content == exchange.response.body


def test_step_and_findings_stand_beside_a_flow() -> None:
    broken = replace(
        HEALTHY.exchanges[0], response=None, failure=Failure(FailureKind.REFUSED, "nobody listens")
    )
    trace = replace(HEALTHY, exchanges=(broken,), notes=())
    (one,) = flows(export(trace, "mitm"))
    assert one.comment == "1 challenge: initialize, refused; shows reach.connects"
    assert one.marked == ":red_circle:"
    assert one.error is not None
    assert one.error.msg == "nobody listens"
    assert all(each.marked == "" for each in flows(export(HEALTHY, "mitm")))


@pytest.mark.parametrize("coding", ["gzip", "br", "unknown", "gzip, br"])
@pytest.mark.parametrize("form", ["mitm", "har"])
def test_a_coded_body_is_decoded_on_both_sides(coding: str, form: str) -> None:
    response = Response(status=200, headers=(("Content-Encoding", coding),), body=b"plain text")
    one = replace(HEALTHY.exchanges[0], response=response)
    (found,) = flows(export(replace(HEALTHY, exchanges=(one,), notes=()), form))
    assert found.response is not None
    assert found.response.content == b"plain text"


def test_what_mitmproxy_recorded_is_read_as_it_was_on_the_wire() -> None:
    one = tflow.tflow(resp=True)
    one.request = tutils.treq(host="10.0.0.7", port=443, scheme=b"https", path=b"/mcp#x")
    one.request.headers["host"] = "mcp.example.com"
    assert one.response is not None
    one.response.headers["content-encoding"] = "gzip"
    one.response.content = b'{"a": 1}'
    (found,) = read_flows(written(one)).entries
    assert found.request.url == "https://mcp.example.com/mcp"
    assert found.response is not None
    assert found.response.body == b'{"a": 1}'
    assert found.response.wire_size == len(one.response.raw_content or b"")
    assert found.connection is not None
    assert found.connection.peer == "192.168.0.1"


def test_what_was_streamed_or_broken_is_said_and_the_rest_counted() -> None:
    streamed = tflow.tflow(resp=True)
    assert streamed.response is not None
    streamed.response.data.content = None
    failed = tflow.tflow(err=True)
    assert failed.error is not None
    failed.error.msg = "[Errno -2] Name or service not known"
    left = tflow.tflow(err=True)
    assert left.error is not None
    left.error.msg = "Client disconnected."
    data = written(streamed, failed, left, tflow.twebsocketflow(), tflow.ttcpflow())
    capture = read_flows(data)
    assert [one.unseen for one in capture.entries] == [True, False]
    failure = capture.entries[1].failure
    assert failure is not None
    assert failure.kind is FailureKind.DNS
    assert capture.left_out == {
        LeftOut.CANCELLED: 1,
        LeftOut.WEBSOCKET: 1,
        LeftOut.NOT_HTTP: 1,
    }


def test_a_file_that_was_cut_keeps_what_came_before() -> None:
    data = export(HEALTHY, "mitm")
    capture = read_flows(data[:-100])
    assert len(capture.entries) == len(HEALTHY.exchanges) - 1
    assert capture.left_out == {LeftOut.MALFORMED: 1}


DATA = export(replace(HEALTHY, exchanges=HEALTHY.exchanges[:2], notes=()), "mitm")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(DATA) - 1), st.binary(max_size=2)), max_size=4))
def test_no_byte_of_a_flow_file_breaks_its_reading(changes: list[tuple[int, bytes]]) -> None:
    data = bytearray(DATA)
    for at, new in changes:
        data[at : at + len(new)] = new
    try:
        capture = read_flows(bytes(data))
    except CaptureError:
        return
    assert len(capture.entries) <= 2


def test_a_flow_file_is_known_by_its_first_bytes() -> None:
    assert is_flow_file(DATA)
    assert not is_flow_file(export(HEALTHY, "har"))
