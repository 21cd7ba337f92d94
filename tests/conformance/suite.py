"""The official conformance suite: installed by name and version, run scenario by scenario."""

import fcntl
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

VERSION = "0.2.0-alpha.12"
NAME = "@modelcontextprotocol/conformance"

# The bundle imports a function of node 22 that its `client` and `server` commands never call.
_HOOK = """
import { register } from "node:module";
import * as fs from "node:fs";
const module = (source) => "data:text/javascript," + encodeURIComponent(source);
if (!("globSync" in fs)) {
  const whole = module(
    'export * from "node:fs"; export { default } from "node:fs"; export const globSync = () => [];',
  );
  register(module(`
    export async function resolve(name, context, next) {
      const ours = name === "fs" && context.parentURL?.includes("/conformance/dist/");
      return ours ? { url: ${JSON.stringify(whole)}, shortCircuit: true } : next(name, context);
    }`));
}
"""


class NotAvailableError(Exception):
    """The suite cannot be had here; the text says why."""


@dataclass(frozen=True)
class Verdict:
    """What the suite said of one scenario; a run that checked nothing has not passed."""

    code: int
    succeeded: int
    failed: tuple[str, ...]
    log: str

    @property
    def passed(self) -> bool:
        return self.code == 0 and self.succeeded > 0 and not self.failed


def installed() -> Path:
    """The folder of the suite, installed where it is missing; raises NotAvailableError."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise NotAvailableError("node and npm are needed for the official suite")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = cache / "mcp-conformance" / VERSION
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _entry(home).exists():
            _install(home)
        (home / "hook.mjs").write_text(_HOOK)
    return home


def _install(home: Path) -> None:
    command = ["npm", "install", "--prefix", str(home), "--ignore-scripts", "--no-audit"]
    try:
        done = subprocess.run(
            [*command, "--no-fund", "--loglevel=error", f"{NAME}@{VERSION}"],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotAvailableError("the suite could not be installed within three minutes") from None
    if done.returncode != 0 or not _entry(home).exists():
        raise NotAvailableError(f"the suite could not be installed: {done.stderr.strip()[-200:]}")


def _entry(home: Path) -> Path:
    return home / "node_modules" / NAME / "dist" / "index.js"


def run(home: Path, results: Path, *arguments: str) -> Verdict:
    """One command of the suite with its checks; at most 90 seconds."""
    done = subprocess.run(
        [*command(home, *arguments), "-o", results],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    checks = [
        check for file in results.rglob("checks.json") for check in json.loads(file.read_text())
    ]
    return _verdict(done.returncode, checks, done.stdout + done.stderr)


def run_server(home: Path, results: Path, url: str, revision: str) -> dict[str, Verdict]:
    """Each scenario that a revision requires of a server; those that are not scored are left out.

    That every message fits the schema is also true of no message, so it proves nothing alone.
    """
    requirements = ("--requirements", revision, "--timeout", "30000")
    whole = run(home, results, "server", "--url", url, *requirements)
    not_scored = set(re.findall(r"^  [✓✗] (\S+) \(.+\)$", whole.log, re.MULTILINE))
    begun = re.findall(r"^=== Running scenario: (\S+) ===$", whole.log, re.MULTILINE)
    verdicts = {}
    for scenario in begun:
        checks = checks_of(results, f"server-{scenario}")
        bad = sum(check["status"] == "FAILURE" for check in checks)
        own = [check for check in checks if check["id"] != "wire-schema-valid"]
        if scenario not in not_scored:
            verdicts[scenario] = _verdict(int(bad > 0), own if not bad else checks, whole.log)
    return verdicts


def command(home: Path, *arguments: str) -> list[str]:
    """The command line of the suite."""
    return ["node", "--import", str(home / "hook.mjs"), str(_entry(home)), *arguments]


def checks_of(results: Path, name: str) -> list[dict[str, str]]:
    """What one scenario wrote into the folder that has its name and a time."""
    return [
        check
        for file in results.glob(f"{name}-20*/checks.json")
        for check in json.loads(file.read_text())
    ]


def _verdict(code: int, checks: list[dict[str, str]], log: str) -> Verdict:
    bad = [one["id"] for one in checks if one["status"] in ("FAILURE", "WARNING")]
    good = sum(one["status"] == "SUCCESS" for one in checks)
    return Verdict(code, good, tuple(dict.fromkeys(bad)), log)
