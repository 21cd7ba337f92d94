"""Options that several commands declare, and the names they take."""

from collections.abc import Callable
from pathlib import Path

import click

type Command = Callable[..., None]

SURFACES = ("claude-ai", "claude-code", "messages-api", "mcp-spec")
"""Those that can be played."""
SWITCHES = ("sends_as_scopes", "probe_uses_discover", "strict_issuer", "only_port_443")
STEPS = (
    "reach",
    "challenge",
    "resource-metadata",
    "server-metadata",
    "registration",
    "authorize",
    "login",
    "callback",
    "token",
    "connect",
    "session",
    "refresh",
    "step-up",
)
IMPACTS = ("breaks", "degrades", "advisory")


def scenarios_option(function: Command) -> Command:
    """A user's own scenario files."""
    return click.option(
        "--scenarios",
        "folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="Also the scenario files of this folder.",
    )(function)


ca_option = click.option(
    "--ca",
    "ca_files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Trust this CA for the target, besides the public ones.",
)


map_option = click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="PUBLIC=LOCAL",
    help="Serve a public origin from a local one; repeatable.",
)
field_option = click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="NAME=VALUE",
    help="Answer for a form field of the sign-in; VALUE may be @FILE or env:NAME.",
)
record_option = click.option(
    "--record", type=click.Path(path_type=Path), help="Record to this new file."
)
fail_on_option = click.option(
    "--fail-on",
    type=click.Choice(IMPACTS),
    default="breaks",
    show_default=True,
    help="The mildest impact that makes the exit code 1.",
)
form_option = click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="What to print.",
)
no_record_option = click.option("--no-record", is_flag=True, help="Keep no recording.")


def report_options(function: Command) -> Command:
    """Where reports and recordings go, and what makes the exit code 1."""
    for option in reversed(
        (
            click.option(
                "--format",
                "formats",
                type=click.Choice(("text", "json")),
                multiple=True,
                help="Repeatable; each -o belongs to the --format before it.",
            ),
            click.option(
                "-o",
                "--output",
                "outputs",
                multiple=True,
                type=click.Path(path_type=Path),
                help="Write the report to this file; repeatable.",
            ),
            record_option,
            no_record_option,
            fail_on_option,
        )
    ):
        function = option(function)
    return function


def live_options(function: Command) -> Command:
    """What `replay --live` takes."""
    for option in reversed(
        (
            click.option("--live", is_flag=True, help="Repeat the recorded requests instead."),
            click.option("--to", metavar="URL", help="Repeat them against this server."),
            map_option,
            ca_option,
            field_option,
            record_option,
            no_record_option,
        )
    ):
        function = option(function)
    return function


def recording_options(function: Command) -> Command:
    """What `replay` and `diagnose` take."""
    for option in (
        fail_on_option,
        form_option,
    ):
        function = option(function)
    return scenarios_option(function)


def target_options(function: Command) -> Command:
    """The options that say what is checked, shared by `check` and `tui`."""
    for option in reversed(
        (
            click.option(
                "--surface",
                "surfaces",
                type=click.Choice((*SURFACES, "all")),
                multiple=True,
                help="The Claude client to play; repeatable.  [default: claude-ai]",
            ),
            click.option(
                "--switch",
                "switches",
                type=click.Choice(SWITCHES),
                multiple=True,
                help="Play the other side of a contested behaviour; repeatable.",
            ),
            click.option(
                "--fault",
                "faults",
                multiple=True,
                metavar="ID",
                help="Bend the reference server (only without TARGET); repeatable.",
            ),
            map_option,
            ca_option,
            field_option,
            click.option("--client-id", metavar="ID", help="A given client; no registration."),
            click.option("--client-secret", metavar="SECRET", help="Its secret, best as env:NAME."),
            click.option(
                "--registration",
                type=click.Choice(("auto", "cimd", "dcr", "given")),
                default="auto",
                help="Force one way of registering.",
            ),
            click.option("--scope", help="Ask for this scope instead of the discovered one."),
            click.option(
                "--header",
                "headers",
                multiple=True,
                metavar="NAME=VALUE",
                help="Send this header with every MCP request; repeatable.",
            ),
            click.option("--call", metavar="TOOL", help="Also call this tool, without arguments."),
            click.option(
                "--login",
                type=click.Choice(("auto", "headless")),
                default="auto",
                help="How to sign in.",
            ),
        )
    ):
        function = option(function)
    return scenarios_option(function)
