"""The HTML pages a person sees: sign-in, consent and problems."""

import base64
import hashlib
from html import escape
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from reference_server.settings import Settings
from reference_server.store import Client

STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 30rem; margin: 3rem auto; padding: 0 1rem;
       color: #1b1b1b; background: #fff }
label { display: block; margin-top: 1rem }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem }
button { font: inherit; padding: .5rem 1.25rem; margin: 1.25rem .5rem 0 0 }
.problem { border-left: .3rem solid #b00020; padding-left: .75rem }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

# No form-action: browsers apply it to the redirects that follow a form post as well, so it would
# have to name every client's redirect URI, and 'self' alone stops the way back to Claude.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

MEANINGS = {
    "notes:read": "Read your notes",
    "notes:write": "Add notes",
    "offline_access": "Stay connected while you are away",
}


def problem_page(text: str, status: int = 400) -> HTMLResponse:
    """A refusal that stays here because there is nowhere safe to send the browser."""
    return _page(
        "This sign-in cannot go on", f'<p class="problem" role="alert">{escape(text)}</p>', status
    )


def sign_in_page(
    settings: Settings, ticket: str, *, client: Client, problem: str | None = None
) -> HTMLResponse:
    """The sign-in form; its fields hold the reference account already."""
    alert = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    return _page(
        "Sign in",
        f"""<p>This is a reference server. Its only account is filled in for you.</p>
<p><strong>{escape(client.name)}</strong> asks you to sign in.</p>
{alert}
<form method="post" action="{escape(settings.endpoint_path("sign-in"))}">
<input type="hidden" name="request" value="{escape(ticket)}">
<label for="username">User name</label>
<input id="username" name="username" value="{escape(settings.username)}"
 autocomplete="username" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" value="{escape(settings.password)}"
 autocomplete="current-password" required>
<button type="submit">Sign in</button>
</form>""",
        403 if problem else 200,
    )


def consent_page(
    settings: Settings, ticket: str, *, client: Client, redirect_uri: str, scopes: tuple[str, ...]
) -> HTMLResponse:
    """Who asks for what, and where the answer goes; the last word is the person's.

    The name is only what the client says of itself, so the hosts stand beside it.
    """
    wishes = "".join(
        f"<li>{escape(MEANINGS.get(scope, scope))} (<code>{escape(scope)}</code>)</li>"
        for scope in scopes
    )
    described = urlsplit(client.id).hostname if client.id.startswith("https://") else None
    by = f" (described by <code>{escape(described)}</code>)" if described else ""
    return _page(
        "Allow access?",
        f"""<p><strong>{escape(client.name)}</strong>{by} wants access to
<strong>{escape(settings.resource_name)}</strong>, <code>{escape(settings.resource)}</code>:</p>
<ul>{wishes}</ul>
<p>The answer goes to <code>{escape(urlsplit(redirect_uri).netloc)}</code>.</p>
<form method="post" action="{escape(settings.endpoint_path("consent"))}">
<input type="hidden" name="request" value="{escape(ticket)}">
<button type="submit" name="decision" value="approve">Approve</button>
<button type="submit" name="decision" value="deny">Deny</button>
</form>""",
        200,
    )


def _page(title: str, body: str, status: int) -> HTMLResponse:
    return HTMLResponse(
        f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} - Reference server</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{body}
</main>
</body>
</html>
""",
        status,
        headers=HEADERS,
    )
