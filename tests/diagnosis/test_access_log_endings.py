"""What the lines of a log say of Claude, from small logs as operators have them."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.diagnosis.access_log.gather import KEPT, Gathering
from harness.diagnosis.access_log.judge import diagnose_log
from harness.diagnosis.access_log.meaning import every_id
from harness.diagnosis.catalogue import catalogue, scenario
from harness.diagnosis.speaker import Speaker, speaker
from harness.model.access_log import Attempt, LogDiagnosis, LogLine, Sureness
from harness.model.trace import Step
from harness.model.verdict import Surface, Verdict
from harness.report.access_log import text_report
from harness.report.access_log_json import json_report

HTTPX, USER, CODE, BUN = (
    "python-httpx/0.28.1",
    "Claude-User",
    "claude-code/2.1.330 (cli)",
    "Bun/1.4.4",
)
CHROME = "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0"
PATH = "/.well-known/oauth-protected-resource/mcp"
ROOT = "/.well-known/oauth-protected-resource"
SERVER = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"
AUTHORIZE = (
    "/authorize?response_type=code&client_id=c&code_challenge=x"
    "&redirect_uri=https%3A%2F%2Fclaude.ai%2Fapi%2Fmcp%2Fauth_callback"
)


@dataclass(frozen=True)
class Ask:
    """A line in short; `after` seconds behind the one before."""

    agent: str | None
    request: str
    status: int
    after: float = 1
    ip: str = "160.79.106.38"
    seconds: float | None = None


OPENING = (Ask(HTTPX, "POST /mcp", 401), Ask(USER, "POST /mcp", 401), Ask(USER, "POST /mcp", 401))
FOUND = (Ask(HTTPX, f"GET {PATH}", 200), Ask(HTTPX, f"GET {SERVER}", 200))
REGISTERED = (Ask(HTTPX, "POST /register", 201),)
SIGNED = (
    Ask(CHROME, f"GET {AUTHORIZE}", 200, 2, "1.2.3.4"),
    Ask(CHROME, "POST /consent", 302, 20, "1.2.3.4"),
)
TOKEN = (Ask(HTTPX, f"GET {SERVER}", 200), Ask(HTTPX, "POST /token", 200))
CALLS = (
    Ask(USER, "POST /mcp", 400),
    Ask(USER, "POST /mcp", 200),
    Ask(USER, "POST /mcp", 202),
    Ask(USER, "GET /mcp", 405),
    Ask(USER, "POST /mcp", 200),
)
HEALTHY = (*OPENING, *FOUND, *REGISTERED, *SIGNED, *TOKEN, *CALLS)


def lines(*asked: Ask, start: float = 1795435200.0) -> list[LogLine]:
    found, now = [], start
    for number, one in enumerate(asked, start=1):
        method, _, target = one.request.partition(" ")
        now += one.after
        found.append(
            LogLine(
                file="log",
                number=number,
                time=now,
                addresses=(one.ip,),
                method=method,
                target=target,
                status=one.status,
                agent=one.agent,
                seconds=one.seconds,
            )
        )
    return found


def judged(*asked: Ask, mcp_path: str | None = None) -> LogDiagnosis:
    gathering = Gathering()
    for line in lines(*asked):
        if gathering.wants(line):
            gathering.keep(line)
    return diagnose_log(gathering, files=("log",), mcp_path=mcp_path, known=catalogue())


def decided(*asked: Ask) -> Attempt:
    (attempt,) = judged(*asked).decisive
    return attempt


def test_every_id_is_in_the_catalogue() -> None:
    assert [one for one in every_id() if scenario(one) is None] == []


HEALTHY_LOGS = {
    "a sign-in": HEALTHY,
    "the metadata only at the root": (
        *OPENING,
        Ask(HTTPX, f"GET {PATH}", 404),
        Ask(HTTPX, f"GET {ROOT}", 200),
        Ask(HTTPX, f"GET {SERVER}", 404),
        Ask(HTTPX, f"GET {OPENID}", 200),
        *REGISTERED,
        *SIGNED,
        *TOKEN,
        *CALLS,
    ),
    "no resource metadata": (
        *OPENING,
        Ask(HTTPX, f"GET {PATH}", 404),
        Ask(HTTPX, f"GET {ROOT}", 404),
        Ask(HTTPX, f"GET {SERVER}", 200),
        *REGISTERED,
        *SIGNED,
        *TOKEN,
        *CALLS,
    ),
    "another authorization server": (*OPENING, FOUND[0], *(CALLS[1:])),
    "the periodic look": (*HEALTHY, *(Ask(USER, "POST /mcp", 401, 300) for _ in range(20))),
    "a look of the dialog": (*HEALTHY, Ask(HTTPX, "POST /mcp", 401, 3000)),
    "an abandoned sign-in": (*HEALTHY, Ask(HTTPX, "POST /mcp", 401, 3000), *FOUND, *REGISTERED,
                             SIGNED[0]),
    "a second try": (*OPENING, Ask(HTTPX, f"GET {PATH}", 500), Ask(HTTPX, f"GET {ROOT}", 500),
                     Ask(HTTPX, "POST /mcp", 401, 60), *HEALTHY[1:]),
    "no sign-in": (Ask(HTTPX, "POST /mcp", 200), Ask(USER, "POST /mcp", 200),
                   Ask(USER, "POST /mcp", 202), Ask(USER, "POST /mcp", 200)),
    "a refused call first": (*OPENING, *FOUND, *SIGNED, *TOKEN, Ask(USER, "POST /mcp", 401),
                             Ask(HTTPX, "POST /token", 200), *CALLS),
    "only calls": tuple(Ask(USER, "POST /mcp", 200) for _ in range(5)),
    "one failed call later": (*HEALTHY, Ask(USER, "POST /mcp", 502, 3000)),
    "lists that the server lacks": (*HEALTHY, Ask(USER, "POST /mcp", 404),
                                    Ask(USER, "POST /mcp", 404)),
}  # fmt: skip


@pytest.mark.parametrize("name", HEALTHY_LOGS)
def test_a_working_connection_is_no_fault(name: str) -> None:
    diagnosis = judged(*HEALTHY_LOGS[name])
    assert diagnosis.verdict is Verdict.CONNECTS, diagnosis.headline
    assert diagnosis.headline.startswith("CONNECTED as far as this log shows")


BROKEN_LOGS: dict[str, tuple[tuple[Ask, ...], Step, str | None]] = {
    "not found": ((Ask(HTTPX, "POST /mcp", 404),), Step.CHALLENGE, "post-not-routed"),
    "not acceptable": ((Ask(HTTPX, "POST /mcp", 406),), Step.CHALLENGE, "accept-header-406"),
    "host refused": ((Ask(HTTPX, "POST /mcp", 421),), Step.CHALLENGE, "host-header-421"),
    "redirected": (
        (Ask(HTTPX, "POST /mcp", 308),), Step.CHALLENGE, "mcp-trailing-slash-redirect",
    ),
    "nothing after the challenge": (OPENING, Step.CHALLENGE, "skips-discovery-401-x3"),
    "one agent blocked": (
        (Ask(HTTPX, "POST /mcp", 401), Ask(USER, "POST /mcp", 403)),
        Step.CHALLENGE, "edge-blocks-claude-user-agent",
    ),
    "metadata behind a login": (
        (*OPENING, Ask(HTTPX, f"GET {PATH}", 401), Ask(HTTPX, f"GET {ROOT}", 401),
         Ask(HTTPX, f"GET {SERVER}", 404), Ask(HTTPX, "POST /register", 404)),
        Step.RESOURCE_METADATA, "prm-requires-auth",
    ),
    "no metadata": (
        (*OPENING, Ask(HTTPX, f"GET {PATH}", 404), Ask(HTTPX, f"GET {ROOT}", 404)),
        Step.RESOURCE_METADATA, "challenge-without-resource-metadata",
    ),
    "metadata that is a page": (
        (*OPENING, Ask(HTTPX, f"GET {PATH}", 200), Ask(HTTPX, f"GET {ROOT}", 200),
         Ask(HTTPX, f"GET {SERVER}", 404), Ask(HTTPX, "POST /register", 405)),
        Step.RESOURCE_METADATA, "prm-html-spa-fallback",
    ),
    "only the resource metadata": (
        (*OPENING, FOUND[0]), Step.RESOURCE_METADATA, "prm-authorization-servers-missing",
    ),
    "metadata too late": (
        (*OPENING, Ask(HTTPX, f"GET {PATH}", 200, seconds=12.0)),
        Step.RESOURCE_METADATA, "oauth-endpoint-slow",
    ),
    "no server metadata": (
        (*OPENING, FOUND[0], Ask(HTTPX, f"GET {SERVER}", 404), Ask(HTTPX, f"GET {OPENID}", 404)),
        Step.SERVER_METADATA, "as-path-issuer-wellknown",
    ),
    "no way to register": (
        (*OPENING, *FOUND), Step.SERVER_METADATA, "as-no-registration-mechanism",
    ),
    "registration refused": (
        (*OPENING, *FOUND, Ask(HTTPX, "POST /register", 403)),
        Step.REGISTRATION, "dcr-disabled-at-idp",
    ),
    "no browser": ((*OPENING, *FOUND, *REGISTERED), Step.REGISTRATION, "dcr-loop-no-authorize"),
    "redirect URI refused": (
        (*OPENING, *FOUND, *REGISTERED, Ask(CHROME, f"GET {AUTHORIZE}", 400, ip="1.2.3.4")),
        Step.AUTHORIZE, "authorize-redirect-uri-rejected",
    ),
    "consent repeats the POST": (
        (*OPENING, *FOUND, *REGISTERED, SIGNED[0],
         Ask(CHROME, "POST /consent", 307, ip="1.2.3.4")),
        Step.LOGIN, "consent-redirect-307",
    ),
    "no token asked for": (
        (*OPENING, *FOUND, *REGISTERED, *SIGNED), Step.LOGIN, "token-never-called",
    ),
    "token refused": (
        (*OPENING, *FOUND, *SIGNED, Ask(HTTPX, "POST /token", 400)),
        Step.TOKEN, "token-invalid-target",
    ),
    "secret refused": (
        (*OPENING, *FOUND, *SIGNED, Ask(HTTPX, "POST /token", 401)),
        Step.TOKEN, "token-client-secret-basic-only",
    ),
    "token too late": (
        (*OPENING, *FOUND, *SIGNED, Ask(HTTPX, "POST /token", 200, seconds=11.5)),
        Step.TOKEN, "oauth-endpoint-slow",
    ),
    "token never used": ((*OPENING, *FOUND, *SIGNED, *TOKEN), Step.TOKEN, "bearer-never-sent"),
    "token not accepted": (
        (*OPENING, *FOUND, *SIGNED, *TOKEN, Ask(USER, "POST /mcp", 401)),
        Step.CONNECT, "authorization-header-stripped",
    ),
    "user not let in": (
        (*OPENING, *FOUND, *SIGNED, *TOKEN, Ask(USER, "POST /mcp", 403)),
        Step.CONNECT, "bearer-403-valid-token",
    ),
    "agent blocked after all": (
        (OPENING[0], Ask(USER, "POST /mcp", 403), *FOUND, *SIGNED, *TOKEN,
         Ask(USER, "POST /mcp", 403)),
        Step.CONNECT, "edge-blocks-claude-user-agent",
    ),
    "call at the root": (
        (*OPENING, *FOUND, *SIGNED, *TOKEN, Ask(USER, "POST /", 404)),
        Step.CONNECT, "post-auth-call-at-origin-root",
    ),
    "first call too slow": (
        (*OPENING, *FOUND, *SIGNED, *TOKEN, Ask(USER, "POST /mcp", 499, 10, seconds=10.0)),
        Step.CONNECT, "initialize-slow-10s",
    ),
    "redirected with the token": (
        (*OPENING, *FOUND, *SIGNED, *TOKEN, Ask(USER, "POST /mcp", 301),
         Ask(USER, "GET /mcp", 404)),
        Step.CONNECT, "cross-host-redirect-drops-auth",
    ),
    "session lost": (
        (*OPENING, *FOUND, *SIGNED, *TOKEN, Ask(USER, "POST /mcp", 200),
         Ask(USER, "POST /mcp", 404)),
        Step.SESSION, "session-affinity-lost",
    ),
    "lost later": (
        (*HEALTHY, Ask(HTTPX, "POST /token", 400, 3000), Ask(USER, "POST /mcp", 401)),
        Step.REFRESH, "refresh-tokens-not-persisted",
    ),
    "blocked later": (
        (*HEALTHY, *(Ask(USER, "POST /mcp", 403, 1000 * (not n)) for n in range(3))),
        Step.SESSION, "bearer-403-valid-token",
    ),
    "refresh refused": (
        (*(Ask(USER, "POST /mcp", 200) for _ in range(3)), Ask(HTTPX, "POST /token", 400),
         Ask(USER, "POST /mcp", 401)),
        Step.REFRESH, "refresh-tokens-not-persisted",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN_LOGS)
def test_where_it_stopped_and_what_fits(name: str) -> None:
    asked, step, expected = BROKEN_LOGS[name]
    attempt = decided(*asked)
    assert attempt.verdict is Verdict.FAILS, attempt.headline
    assert attempt.stopped_at is step, attempt.headline
    assert [one.id for one in attempt.suspects][:1] == [expected]


def test_what_a_log_cannot_decide_is_left_open() -> None:
    one_call = decided(*OPENING, *FOUND, *SIGNED, *TOKEN, Ask(USER, "POST /mcp", 200))
    assert one_call.verdict is Verdict.INCONCLUSIVE
    only_looks = decided(*(Ask(USER, "POST /mcp", 401, 300) for _ in range(5)))
    assert only_looks.verdict is Verdict.INCONCLUSIVE
    other_host = decided(*FOUND[1:], *REGISTERED, *SIGNED, *TOKEN)
    assert other_host.verdict is Verdict.INCONCLUSIVE
    assert "not in this log" in other_host.headline


def test_nothing_of_claude() -> None:
    curl = Ask("curl/8", "POST /mcp", 200, ip="1.2.3.4")
    crawler = Ask("ClaudeBot/1.0", "GET /", 200)
    fetch = Ask("Mozilla/5.0 (compatible; Claude-User/1.0)", "GET /docs", 200)
    diagnosis = judged(curl, crawler, fetch, Ask(CHROME, "GET /", 200))
    assert diagnosis.verdict is Verdict.INCONCLUSIVE
    assert diagnosis.headline == "NOTHING FROM CLAUDE: 4 requests, and none is Claude's"
    assert diagnosis.suspects[0].id == "zero-inbound-start-error"
    assert diagnosis.counts.others == (("curl", 1),)
    assert diagnosis.counts.crawlers == 2


def test_another_client_that_signs_in_is_not_claude() -> None:
    inspector = AUTHORIZE.replace("claude.ai", "inspector.example")
    asked = (Ask("node", "POST /mcp", 401, ip="1.2.3.4"), Ask(CHROME, f"GET {inspector}", 200))
    assert judged(*asked).attempts == ()


def test_python_httpx_from_elsewhere_is_no_claude_where_anthropic_shows() -> None:
    sdk = tuple(Ask(HTTPX, one.request, one.status, ip="8.8.8.8") for one in (*OPENING, *FOUND))
    diagnosis = judged(*HEALTHY, *sdk)
    assert diagnosis.verdict is Verdict.CONNECTS
    assert diagnosis.counts.elsewhere == len(sdk)
    alone = judged(*sdk).decisive[0]
    assert alone.sureness is Sureness.DOUBTFUL
    behind = decided(*(Ask(one.agent, one.request, one.status, ip="10.0.0.1") for one in OPENING))
    assert behind.sureness is Sureness.LIKELY
    assert decided(*HEALTHY).sureness is Sureness.CERTAIN


def test_two_sign_ins_at_once_are_not_told_apart_and_that_is_said() -> None:
    one = (*OPENING, *FOUND, *REGISTERED, SIGNED[0])
    other = tuple(
        Ask(each.agent, each.request.replace("client_id=c", "client_id=d"), each.status,
            each.after, each.ip.replace("1.2.3.4", "5.6.7.8"))
        for each in one
    )  # fmt: skip
    diagnosis = judged(*one, *other, *TOKEN, *CALLS, *TOKEN, *CALLS)
    tried = [each for each in diagnosis.attempts if each.seen[0].step is Step.CHALLENGE]
    assert len(tried) == 2
    assert all(each.shared for each in tried)
    assert {each.verdict for each in tried} == {Verdict.CONNECTS}


def test_an_attempt_among_the_calls_of_others_is_left_open() -> None:
    others = tuple(Ask(USER, "POST /mcp", 200) for _ in range(5))
    attempt = decided(*others, *OPENING, FOUND[0], *others)
    assert attempt.verdict is Verdict.INCONCLUSIVE
    assert "others use the server" in attempt.headline


def test_claude_code_is_told_apart_by_its_address() -> None:
    local = AUTHORIZE.replace("https%3A%2F%2Fclaude.ai%2Fapi%2Fmcp%2Fauth_callback",
                              "http%3A%2F%2Flocalhost%3A4242%2Fcallback")  # fmt: skip

    def one(ip: str) -> tuple[Ask, ...]:
        return (
            Ask(CODE, "POST /mcp", 401, ip=ip),
            Ask(CODE, f"GET {PATH}", 200, ip=ip),
            Ask(CODE, f"GET {SERVER}", 200, ip=ip),
            Ask(BUN, f"GET {PATH}", 200, 30, ip),
            Ask(BUN, "POST /register", 201, ip=ip),
            Ask(CHROME, f"GET {local}", 302, ip=ip),
            Ask(BUN, "POST /token", 200, ip=ip),
            Ask(CODE, "POST /mcp", 200, ip=ip),
            Ask(CODE, "POST /mcp", 200, ip=ip),
        )

    two = [ask for pair in zip(one("9.9.9.1"), one("9.9.9.2"), strict=True) for ask in pair]
    diagnosis = judged(*two)
    assert [each.surface for each in diagnosis.attempts] == [Surface.CLAUDE_CODE] * 2
    assert {each.verdict for each in diagnosis.attempts} == {Verdict.CONNECTS}
    listed = decided(*one("9.9.9.1")[:3])
    assert listed.verdict is Verdict.INCONCLUSIVE
    assert "nobody has signed in" in listed.headline


def test_a_log_without_agents_is_read_with_doubt() -> None:
    asked = [Ask(None, one.request, one.status, ip="10.0.0.1") for one in HEALTHY]
    attempt = decided(*asked)
    assert attempt.surface is None
    assert attempt.sureness is Sureness.DOUBTFUL
    assert attempt.verdict is Verdict.CONNECTS


def test_a_log_without_agents_shows_anthropic_by_its_addresses() -> None:
    asked = [Ask(None, one.request, one.status, one.after, one.ip) for one in HEALTHY]
    stranger = Ask(None, "POST /mcp", 401, ip="10.0.0.9")
    diagnosis = judged(*asked, stranger)
    (attempt,) = diagnosis.decisive
    assert (attempt.surface, attempt.sureness) == (Surface.CLAUDE_AI, Sureness.CERTAIN)
    assert [one.step for one in attempt.seen if one.step is Step.AUTHORIZE] == [Step.AUTHORIZE]
    assert diagnosis.verdict is Verdict.CONNECTS


def test_the_endpoint_is_inferred_or_given() -> None:
    assert judged(*HEALTHY).mcp_path == "/mcp"
    posted = judged(*(Ask(USER, "POST /api/mcp/", 200) for _ in range(3)))
    assert posted.mcp_path == "/api/mcp"
    assert judged(*HEALTHY, mcp_path="/mcp/").mcp_path == "/mcp"


def test_a_sign_in_outlives_a_flood_of_calls() -> None:
    flood = tuple(Ask(USER, "POST /mcp", 200, 0.5) for _ in range(2 * KEPT + 10))
    diagnosis = judged(*HEALTHY, *flood)
    assert diagnosis.counts.dropped > KEPT
    steps = {one.step for each in diagnosis.attempts for one in each.seen}
    assert {Step.CHALLENGE, Step.TOKEN, Step.SESSION} <= steps
    assert diagnosis.verdict is Verdict.CONNECTS


def test_the_web_fetcher_of_that_name_is_no_connector() -> None:
    (line,) = lines(Ask("Mozilla/5.0 (compatible; Claude-User/1.0)", "GET /", 200))
    assert speaker(line) is Speaker.CRAWLER


REQUESTS = st.sampled_from(
    [*{one.request for one in HEALTHY}, "POST /", "POST /x", "HEAD /mcp", "DELETE /mcp",
     f"GET {AUTHORIZE}&redirect_uri=http://[", "GET /en/.well-known/openid-configuration"]
)  # fmt: skip
ASKED = st.builds(
    Ask,
    st.sampled_from([HTTPX, USER, CODE, BUN, CHROME, "node", None]),
    REQUESTS,
    st.sampled_from([0, 200, 202, 302, 307, 401, 403, 404, 499, 500, 502]),
    st.sampled_from([0, 1, 20, 200, 1000]),
    st.sampled_from(["160.79.106.38", "1.2.3.4", "10.0.0.1", "host.example"]),
    st.sampled_from([None, 0.1, 12.0, 40.0]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(ASKED, max_size=25))
def test_any_lines_have_a_report(asked: list[Ask]) -> None:
    diagnosis = judged(*asked)
    assert max(map(len, text_report(diagnosis).splitlines())) <= 80
    assert json_report(diagnosis).endswith("}\n")
    assert (diagnosis.decisive == ()) == (diagnosis.attempts == ())
