"""The command line; each room is imported only when its command runs."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harness.commands.declared import (
    STEPS,
    SURFACES,
    ca_option,
    form_option,
    live_options,
    recording_options,
    report_options,
    scenarios_option,
    target_options,
)


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="Without a command the terminal UI opens.  Example: harness check https://HOST/mcp",
)
@click.version_option(package_name="claude-connector-harness", prog_name="harness")
@click.pass_context
def cli(context: click.Context) -> None:
    """Plays Claude against a remote MCP server: says what breaks, why, and what to change."""
    if context.invoked_subcommand is None:
        context.invoke(tui)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command; ends the process with the documented exit code."""
    from harness.commands.ending import ending

    with ending():
        cli.main(args=arguments, standalone_mode=False)


@cli.command(short_help="Run the whole flow against a server and say what breaks.")
@click.argument("target", required=False)
@target_options
@click.option("--until", type=click.Choice(STEPS), metavar="STEP", help="Stop after this step.")
@click.option("--step", is_flag=True, help="Pause before every request.")
@click.option(
    "--witness",
    type=click.Choice(("claude-code",)),
    help="Also run the installed client, and compare.",
)
@click.option(
    "--witness-path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Its program, where it is not on the PATH.",
)
@click.option("--deep", is_flag=True, help="Also the checks that cost extra requests.")
@click.option("--web", is_flag=True, help="Also show everything in mitmweb, secrets included.")
@report_options
@click.option("--timeout", type=click.FloatRange(min=0.1), help="Seconds for the whole run.")
@click.option("-v", "--verbose", is_flag=True, help="Print advisory findings in full.")
def check(target: str | None, **options: object) -> None:
    """Run the whole connector flow against TARGET and say what breaks.

    Without TARGET the bundled reference server is started and checked.

    \b
    harness check https://mcp.example.com/mcp
    harness check https://mcp.example.com/mcp \\
        --map https://mcp.example.com=http://127.0.0.1:8000
    harness check --fault prm-requires-auth
    """
    from harness.commands.check import check as run

    sys.exit(run(target, options))


@cli.command(short_help="Open the terminal UI.")
@click.argument("target", required=False)
@target_options
def tui(target: str | None = None, **options: object) -> None:
    """Open the terminal UI.

    \b
    harness tui https://mcp.example.com/mcp
    """
    from harness.commands.tui import tui as run

    sys.exit(run(target, options))


@cli.command(short_help="Run a recording again, offline or live.")
@click.argument("recording", type=click.Path(path_type=Path))
@click.option("--surface", type=click.Choice(SURFACES), help="Another client than the recorded.")
@click.option("--accept", is_flag=True, help="State the verdict in RECORDING, for `pytest`.")
@live_options
@recording_options
def replay(
    recording: Path,
    surface: str | None,
    accept: bool,
    live: bool,
    form: str,
    fail_on: str,
    folder: Path | None,
    **options: object,
) -> None:
    """Run the simulated client against the answers of RECORDING, offline.

    With --live the recorded client is repeated against a server instead, and the outcome is
    compared with the recorded one.

    \b
    harness replay recordings/2026-11-23T0400-mcp.example.com-claude-ai.jsonl
    harness replay recordings/broken.jsonl --live --to https://staging.example.com/mcp
    """
    if live:
        from harness.commands.repeat import repeat

        if accept or surface is not None:
            raise click.UsageError("--live takes neither --accept nor --surface.")
        sys.exit(repeat(recording, form, fail_on, {**options, "folder": folder}))
    if any(options.values()):
        raise click.UsageError("--to, --map, --ca, --field and the recording need --live.")
    from harness.commands.replay import replay as run

    sys.exit(run(recording, form, fail_on, folder, accepts=accept, surface=surface))


@cli.command(short_help="Judge a recording, a HAR, a flow file or an access log.")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--access-log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Read a web server's access log instead, - for standard input; repeatable.",
)
@click.option("--mcp-path", metavar="PATH", help="The MCP endpoint's path in the access log.")
@click.option("--target", metavar="URL", help="The MCP endpoint, where the file does not show it.")
@click.option(
    "--surface", type=click.Choice(SURFACES), help="The client that spoke, if not as recognised."
)
@recording_options
def diagnose(
    file: Path | None,
    logs: tuple[Path, ...],
    mcp_path: str | None,
    target: str | None,
    surface: str | None,
    **how: Any,
) -> None:
    """Judge FILE as it is, by today's patterns; or what an access log shows.

    A recording, a HAR and a mitmproxy flow file are known by their content, whatever they are
    called.

    \b
    harness diagnose recordings/2026-11-23T0400-mcp.example.com-claude-ai.jsonl
    harness diagnose network.har --target https://mcp.example.com/mcp
    harness diagnose --access-log /var/log/nginx/access.log --mcp-path /mcp
    """
    if logs:
        if file is not None:
            raise click.UsageError("Give a FILE or --access-log, not both.")
        from harness.commands.access_log import judge_log

        del how["fail_on"]
        sys.exit(judge_log(logs, mcp_path=mcp_path, target=target, **how))
    if file is None:
        raise click.UsageError("Give a FILE, or --access-log FILE.")
    from harness.commands.replay import judge

    sys.exit(judge(file, target=target, surface=surface, **how))


@cli.command(short_help="Write a recording as HAR, flow file or curl command.")
@click.argument("recording", type=click.Path(path_type=Path))
@click.option(
    "--to", "form", type=click.Choice(("har", "mitm", "curl")), required=True, help="The format."
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="A new file; - prints."
)
@click.option("--exchange", type=click.IntRange(1), metavar="N", help="Only this exchange.")
@click.option("--target", metavar="URL", help="The MCP endpoint, where the file does not show it.")
@scenarios_option
def export(recording: Path, form: str, exchange: int | None, **more: Any) -> None:
    """Write RECORDING, or what another tool captured, always without its secrets.

    A HAR opens in the network panel of a browser, a flow file in mitmproxy.

    \b
    harness export recordings/run.jsonl --to har -o run.har
    harness export recordings/run.jsonl --to curl --exchange 12
    """
    from harness.commands.export import export as run

    sys.exit(run(recording, form, number=exchange, **more))


@cli.command(short_help="Stand in front of a server and see who connects.")
@click.option("--upstream", required=True, metavar="URL", help="The server behind.")
@click.option(
    "--listen",
    default="127.0.0.1:8443",
    show_default=True,
    metavar="HOST:PORT",
    help="Where the tunnel leads to; http and https alike.",
)
@click.option("--public", metavar="URL", help="The URL entered in Claude.")
@click.option(
    "--also-upstream",
    "also",
    multiple=True,
    metavar="PUBLIC=LOCAL",
    help="Another server behind, as its authorization server; repeatable.",
)
@click.option("--path", metavar="PATH", help="The MCP endpoint's path, found by itself otherwise.")
@click.option(
    "--quiet",
    type=click.FloatRange(min=0.1),
    default=20.0,
    show_default=True,
    metavar="SECONDS",
    help="Report an attempt after such a silence.",
)
@click.option("--for", "seconds", type=click.FloatRange(min=0.1), help="End after so many seconds.")
@click.option("--web", is_flag=True, help="Also show everything in mitmweb, secrets included.")
@ca_option
@report_options
@scenarios_option
def watch(**options: object) -> None:
    """Stand between a tunnel and a server, and say what the real Claude does.

    \b
    harness watch --upstream http://127.0.0.1:8000 --public https://mcp.example.com/mcp
    harness watch --upstream http://127.0.0.1:8000 \\
        --also-upstream https://auth.example.com=http://127.0.0.1:9000
    """
    from harness.commands.watch import watch as run

    sys.exit(run(options))


@cli.command(short_help="Say what differs between two recordings.")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path), required=False)
@click.option("--reference", is_flag=True, help="Compare with the bundled reference server.")
@click.option("--all", "everything", is_flag=True, help="Also what is another at each run.")
@form_option
@scenarios_option
def compare(a: Path, b: Path | None, form: str, folder: Path | None, **how: bool) -> None:
    """Say what differs between the recordings A and B, what matters first.

    The exit code is 0 when nothing that matters differs, else 1.

    \b
    harness compare recordings/before.jsonl recordings/after.jsonl
    harness compare recordings/before.jsonl --reference
    """
    from harness.commands.compare import compare as run

    sys.exit(run(a, b, form=form, folder=folder, **how))


@cli.command(short_help="Run the reference server, or a recorded one.")
@click.option("--fault", "faults", multiple=True, metavar="ID", help="Bend it; repeatable.")
@click.option(
    "--recording",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Answer as the server of this recording did.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@click.option("--no-tls", is_flag=True, help="Plain http.")
def serve(faults: tuple[str, ...], recording: Path | None, port: int, no_tls: bool) -> None:
    """Run the reference server in the foreground; prints its URL and CA file.

    With --recording any client meets the server that was recorded instead.

    \b
    harness serve --port 8443 --fault token-invalid-target
    harness serve --port 8443 --recording recordings/2026-11-23T0400-mcp.example.com.jsonl
    """
    from harness.commands.serve import serve as run

    sys.exit(run(faults, recording=recording, port=port, tls=not no_tls))


@cli.command(short_help="Explain a failure, an error text or a claude.ai URL.")
@click.argument("what")
@scenarios_option
def explain(what: str, folder: Path | None) -> None:
    """Explain a known failure, an error text of Claude or a claude.ai URL.

    \b
    harness explain prm-requires-auth
    harness explain "Couldn't reach the MCP server"
    harness explain "https://claude.ai/settings/connectors?step=start_error&flow_id=ofid_1"
    """
    from harness.commands.catalogue import explain as run

    sys.exit(run(what, folder))


@cli.command(short_help="List the known failures.")
@click.option("--step", type=click.Choice(STEPS), help="Only those of this step.")
@click.option("--surface", type=click.Choice(SURFACES), help="Only those that concern it.")
@form_option
@scenarios_option
def scenarios(step: str | None, surface: str | None, form: str, folder: Path | None) -> None:
    """List the known failures.

    \b
    harness scenarios --step token
    """
    from harness.commands.catalogue import scenarios as run

    sys.exit(run(step, surface, form, folder))


@cli.command(short_help="Print what a surface sends, and how sure that is.")
@click.argument("name", type=click.Choice(SURFACES), required=False)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="RECORDING",
    help="Compare with recorded traffic of the real client.",
)
@click.option(
    "--propose",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a profile with the values that were seen.",
)
def profiles(name: str | None, against: Path | None, propose: Path | None) -> None:
    """Print what a surface sends, each value with source, date and confidence.

    \b
    harness profiles claude-ai
    harness profiles claude-code --against recordings/watched.jsonl
    """
    from harness.commands.profiles import profiles as run

    sys.exit(run(name, against, propose))
