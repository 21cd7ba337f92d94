"""Chromium's own DevTools read our HAR, and what they write of it is judged as the run was."""

import json
from collections.abc import Iterator

import pytest
from chromium import CHROMIUM, Chromium
from foreign_formats import HEALTHY

from harness.diagnosis.diagnose import diagnose
from harness.model.verdict import Verdict
from harness.recording.har import read_har
from harness.run.export import export
from harness.run.imported import imported

DEVTOOLS = "devtools://devtools/bundled/devtools_app.html"
READ = """(async () => {
  // The application has its settings and its words once it shows something.
  await new Promise(done => {
    const look = () => document.querySelector(".root-view") && done();
    new MutationObserver(look).observe(document, {childList: true, subtree: true});
    look();
  });
  const har = await import("./models/har/har.js");
  const log = new har.HARFormat.HARRoot(JSON.parse(%s)).log;
  globalThis.requests = har.Importer.Importer.requestsFromHARLog(log);
  return JSON.stringify(await Promise.all(requests.map(async one => [
    one.requestMethod, one.url(), one.statusCode, (await one.requestFormData()) ?? "",
    (await one.requestContentData()).text ?? ""])));
})()"""
WRITE = """(async () => {
  const har = await import("./models/har/har.js");
  const progress = {
    createSubProgress: () => progress, canceled: false, done: false, totalWork: 0, worked: 0,
  };
  return await har.Writer.Writer.harStringForRequests(requests, {sanitize: %s}, progress);
})()"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")


@pytest.fixture(scope="module")
def devtools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    page = Chromium(tmp_path_factory.mktemp("profile"))
    page.open(DEVTOOLS)
    yield page
    page.close()


def test_devtools_read_every_request_and_their_own_export_connects_too(
    devtools: Chromium,
) -> None:
    har = export(HEALTHY, "har").decode()
    read = json.loads(devtools.run(READ % json.dumps(har)))
    expected = [
        [one.request.method, one.request.url, one.status, one.request.text, one.response.text]
        for one in HEALTHY.exchanges
        if one.response is not None
    ]
    assert [one[:4] for one in read] == [one[:4] for one in expected]
    assert [one[4] for one in read] == [one[4] for one in expected]
    for sanitized in ("false", "true"):
        again = imported(read_har(devtools.run(WRITE % sanitized).encode()))
        assert again.target == HEALTHY.target
        diagnosis = diagnose(again)
        assert diagnosis.verdict is Verdict.CONNECTS
        assert diagnosis.findings == ()
        carried = [one.request.header("authorization") for one in again.exchanges]
        assert any(carried) is (sanitized == "false")
