"""A curl command does to the shell exactly what it says, whatever the request holds."""

import shutil
import subprocess
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.model.trace import Exchange, Headers, Purpose, Request, Step, Voice
from harness.recording.curl import curl_command

BASH = shutil.which("bash")
STUB = """
curl() {
  printf '%s\\0' "$@"
  for last; do :; done
  if [ "$last" = @- ]; then cat; fi
}
"""
nasty = st.text(max_size=30) | st.sampled_from(
    ["'; touch x; '", '"$(id)"', "`id`", "\\", "$'\\n'", "@/etc/passwd", "@-", "--next", "!!", "\n"]
)
bodies = st.binary(max_size=60) | nasty.map(lambda text: text.encode("utf-8", "surrogatepass"))


def exchange(url: str, headers: Headers, body: bytes, method: str = "POST") -> Exchange:
    request = Request(method=method, url=url, headers=headers, body=body)
    return Exchange(
        n=1, step=Step.TOKEN, purpose=Purpose.TOKEN, voice=Voice.BROKER, request=request
    )


def ran(command: str) -> list[bytes]:
    """The words that curl is given, and last what it would read."""
    assert BASH is not None
    done = subprocess.run(
        [BASH, "--norc", "-c", STUB + command],
        capture_output=True,
        check=True,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.stderr == b""
    return done.stdout.split(b"\0")


def sent(words: list[bytes]) -> bytes:
    """The body that curl would send."""
    at = words.index(b"--data-binary") + 1
    return b"\0".join(words[at + 1 :]) if words[at] == b"@-" else words[at]


@pytest.mark.skipif(BASH is None, reason="no bash")
@settings(max_examples=60, deadline=None)
@given(nasty, st.lists(st.tuples(nasty, nasty), max_size=2).map(tuple), bodies)
@example("x", (("X-A", "'\n--output\n'"),), b"\0'")
@example("x", (), b"@-")
@example("x", (), b"'$(touch x)'\n")
def test_nothing_breaks_out_of_its_quotes(path: str, headers: Headers, body: bytes) -> None:
    words = ran(curl_command(exchange(f"https://h/{path}", headers, body)))
    assert words[:3] == [b"--globoff", b"--request", b"POST"]
    url = words[words.index(b"--url") + 1].decode()
    assert unquote(url, errors="surrogatepass").endswith(unquote(path, errors="surrogatepass"))
    assert sent(words) == body
    at = words.index(b"--data-binary")
    options = words[3:at:2]
    assert set(options) <= {b"--url", b"--header"}


def test_secrets_stay_placeholders_and_the_command_says_so() -> None:
    headers = (("Authorization", "Bearer <access_token:1 843>"), ("X-Empty", ""))
    command = curl_command(exchange("https://h/t", headers, b"code=%3Ccode%3A1%2043%3E"))
    assert "# secrets are placeholders" in command
    assert "--header 'Authorization: Bearer <access_token:1 843>'" in command
    assert "--header 'X-Empty;'" in command
    assert "--header User-Agent: " in command


def test_a_header_that_no_command_line_can_carry_is_left_out_and_said() -> None:
    command = curl_command(exchange("https://h/t", (("X-A", "a\r\nX-B: b"),), b""))
    assert "X-A" not in command
    assert "# left out: a header that no command line can carry" in command


def test_head_is_asked_as_curl_does_it() -> None:
    assert "--head" in curl_command(exchange("https://h/t", (), b"", method="HEAD"))
