"""The metadata is JSON, but is not labelled as JSON.

What happens
    The resource metadata or the authorization server's metadata is a good document, and its
    `Content-Type` says something else: `text/plain`, `application/octet-stream`, or nothing. This
    run reads it all the same; no report of a failing Claude was found. A strict client may refuse
    it.

Why it breaks
    Both documents have to be sent as `application/json` (RFC 9728 section 3.2, RFC 8414 section
    3.2). A file without an extension in a static folder, or in a bucket, gets the default type of
    its server.

Fix
    Send both documents as `application/json`. With nginx, one file with an extension serves both
    forms of the address, which as files could not exist together (one is the folder of the other):

        location ^~ /.well-known/oauth-protected-resource {
          root /srv/metadata;
          try_files /resource.json =404;
        }

    Netlify and Cloudflare Pages, in the file `_headers`:

        /.well-known/*
          Content-Type: application/json

    In a bucket the type is part of the object, set at upload:

        aws s3 cp resource.json --content-type application/json \\
          s3://BUCKET/.well-known/oauth-protected-resource/mcp

    It has to say `application/json`:

        curl -si https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | grep -i '^content-type'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, refused, used
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
    sources=(
        Source("www.rfc-editor.org/rfc/rfc9728#section-3.2", seen="2025-04"),
        Source("www.rfc-editor.org/rfc/rfc8414#section-3.2", seen="2018-06"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    resource = refused(trace) or used(trace, Step.RESOURCE_METADATA)
    for answer in (resource, used(trace, Step.SERVER_METADATA)):
        response = answer.response if answer else None
        if answer is None or response is None or response.json_object is None:
            continue
        if response.media_type != "application/json":
            found = response.header("content-type") or "(absent)"
            yield evidence(answer, "response.header.content-type", found, "application/json")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_resource_metadata(asked) or answer.status != 200:
        return answer
    return answer.with_header("Content-Type", "text/plain; charset=utf-8")
