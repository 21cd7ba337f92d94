"""The official conformance suite: installed by name and version, run scenario by scenario."""

import fcntl
import json
import os
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
        ["node", "--import", str(home / "hook.mjs"), str(_entry(home)), *arguments, "-o", results],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    checks = [
        check for file in results.rglob("checks.json") for check in json.loads(file.read_text())
    ]
    bad = [one["id"] for one in checks if one["status"] in ("FAILURE", "WARNING")]
    good = sum(one["status"] == "SUCCESS" for one in checks)
    return Verdict(done.returncode, good, tuple(dict.fromkeys(bad)), done.stdout + done.stderr)
