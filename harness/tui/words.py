"""The words of the UI: one sentence per step, and how times and counts are said."""

from pathlib import Path

from harness.model.trace import Step

WHAT = {
    Step.REACH: "Resolves the name, connects and checks the certificate.",
    Step.CHALLENGE: "Calls the MCP URL without a token, to be told where to sign in.",
    Step.RESOURCE_METADATA: "Reads which authorization server protects this MCP URL.",
    Step.SERVER_METADATA: "Reads the endpoints of the authorization server.",
    Step.REGISTRATION: "Gets a client id: a metadata document, a registration, or a given one.",
    Step.AUTHORIZE: "Opens the authorization endpoint in the user's browser.",
    Step.LOGIN: "The user signs in and consents on the server's own pages.",
    Step.CALLBACK: "The browser comes back to Claude with a code.",
    Step.TOKEN: "Exchanges the code for an access token.",
    Step.CONNECT: "Makes the first call with the token.",
    Step.SESSION: "Opens the session and lists the tools.",
    Step.REFRESH: "Refreshes the token and calls with the new one.",
    Step.STEP_UP: "Asks for a wider scope when a call needs it.",
}


def milliseconds(value: float) -> str:
    return f"{value:.0f} ms" if value < 10_000 else f"{value / 1000:.1f} s"


def seconds(value: float) -> str:
    if value < 60:
        return f"{value:.1f}s"
    return f"{int(value) // 60}:{int(value) % 60:02d}"


def counted(number: int, word: str, plural: str | None = None) -> str:
    return f"{number} {word if number == 1 else plural or word + 's'}"


def shorter_path(path: str) -> str:
    """A path as it is typed in the working folder."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return path
