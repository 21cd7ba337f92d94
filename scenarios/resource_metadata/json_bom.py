"""A metadata document begins with a byte order mark.

What happens
    The JSON document has the three bytes EF BB BF before its first brace. Editors and curl do not
    show them. Some JSON parsers skip them, some refuse the document, and to those the server has no
    metadata.

Why it breaks
    JSON that is sent over a network must not begin with a byte order mark; a parser may ignore it,
    or not (RFC 8259 section 8.1). Python's `json.loads` on bytes, and with it httpx's
    `Response.json()`, ignores it, and so do `fetch` and its `json()` in Node and in Bun, on which
    Claude Code runs. Python's `json.loads` on text and pydantic's `model_validate_json`, with which
    the official Python SDK reads metadata, refuse it. Claude's broker names itself python-httpx;
    how it parses is not known, and there is no report of this with Claude either. This run went on
    as if the mark were ignored.

Fix
    Send every JSON document as UTF-8 without the mark. In editors: "UTF-8", not "UTF-8 with BOM".
    Python: `encoding="utf-8"`, not `utf-8-sig`. .NET: `new UTF8Encoding(false)`. PowerShell 7:
    `Set-Content -Encoding utf8NoBOM`; in Windows PowerShell 5.1 `-Encoding utf8` writes the mark,
    so write the file there with .NET:

        $utf8 = New-Object System.Text.UTF8Encoding $false
        [System.IO.File]::WriteAllText("C:\\site\\prm.json", $json, $utf8)

    The first byte has to be `7b`, a brace, and not `ef bb bf`:

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | xxd | head -n 1
"""

from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.network import by_claude
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import is_resource_metadata
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.RESOURCE_METADATA,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    confidence=Confidence.SPECIFICATION,
    reports=0,
    sources=(Source("RFC 8259 section 8.1", seen="2017-12"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for one in by_claude(trace):
        body = one.response.body if one.response else b""
        start = body.removeprefix(BOM_UTF8).lstrip()[:1]
        if body.startswith(BOM_UTF8) and start in (b"{", b"["):
            found = body[:4].hex(" ")
            yield evidence(one, "response.body", f"{found} at {one.request.url}", "7b first")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_resource_metadata(asked) or answer.status != 200:
        return answer
    return replace(answer, body=BOM_UTF8 + answer.body)
