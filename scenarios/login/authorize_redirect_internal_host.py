"""The sign-in sends the browser to an internal host.

What happens
    The authorization endpoint answers with a redirect, and its address names a host that exists
    only inside the server's own network: a service name such as `api`, `localhost`, or a private
    address. The browser cannot open the page.

Why it breaks
    Behind a proxy the application sees its internal name, and builds absolute addresses from it. A
    usual place is a handler that rebuilds the authorization address from `request.url` to add a
    parameter to it. From inside the network, and often on the developer's machine, it works.

Fix
    Build addresses from a configured public URL (`base_url` in FastMCP, `baseURL` in better-auth),
    or send a path alone, which the browser completes with the host it already talks to:

        Location: /login?request=...

    Or let the proxy hand on the public name and scheme. nginx:

        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-Proto $scheme;

    and let the framework trust it. Uvicorn, then Express:

        uvicorn app:app --forwarded-allow-ips=PROXY-ADDRESS

        app.set("trust proxy", 1);

    A proxy of your own, such as a route in Next.js that fetches BACKEND, must not pass on a
    `Location` with BACKEND's host in it: put the public origin in its place.

    From outside:

        curl -si 'https://YOUR-ISSUER/authorize?...' | grep -i ^location

    It has to print a path, or a host that the whole world can open.
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.browsing import internal_redirect
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import is_authorization
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.LOGIN,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=1,
    explains=("login.public-hosts", "login.reaches-callback"),
    sources=(Source("github.com/oblien/openship/issues/540", seen="2026-08-10"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    hop = internal_redirect(trace)
    if hop is not None and hop.response is not None:
        location = hop.response.header("location")
        yield evidence(hop, "response.header.location", location, "a public host, or a path alone")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_authorization(asked) or answer.status != 200:
        return answer
    inside = replace(answer, status=302, body=b"")
    return inside.with_header("Location", "http://api:4000/login?request=1")
