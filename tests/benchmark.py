"""Measures start-up, a cold check, repeated checks and memory; prints one table.

Run with `uv run python tests/benchmark.py [RUNS]`. Nothing is asserted: figures depend on the
machine, so each aim is a comparison taken in the same run.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BIN = Path(sys.executable).parent


def timed(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak memory in MB of one whole process."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def row(name: str, samples: list[tuple[float, float]]) -> float:
    walls = [wall for wall, _ in samples]
    peak = max(memory for _, memory in samples)
    median = statistics.median(walls)
    print(
        f"{name:<44} {min(walls) * 1000:8.0f} {median * 1000:8.0f} {max(walls) * 1000:8.0f} ms"
        f" {peak:7.0f} MB"
    )
    return median


@contextmanager
def reference_server() -> Iterator[str]:
    """The reference server in a process of its own, on plain loopback HTTP."""
    command = [sys.executable, "-m", "reference_server", "--no-tls", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = ""
        for line in process.stdout:
            url = line.partition(": ")[2].strip() if line.startswith("MCP endpoint") else url
            if line.startswith("Listening"):
                break
        try:
            yield url
        finally:
            process.terminate()


async def repeated(url: str, runs: int) -> list[float]:
    """Milliseconds of each check in one process behind one proxy."""
    from harness.client.choices import Choices
    from harness.run.check import Plan, bench, run, start
    from harness.run.session import Log

    found = []
    async with bench(Plan(choices=Choices(target=url))) as one:
        for _ in range(runs):
            started = time.perf_counter()
            log = Log(start(one), record=None)
            await run(one, start(one), sink=log)
            assert log.outcome().diagnosis.stopped_at is None
            found.append((time.perf_counter() - started) * 1000)
    return found


async def added_by_watch(url: str, number: int) -> tuple[float, float]:
    """Milliseconds of a call of MCP, straight to the server and through a watch; medians."""
    import tempfile

    import httpx
    from watching import watching

    call = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}

    async def asked(address: str) -> float:
        found = []
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(number):
                started = time.perf_counter()
                await client.post(address, json=call, headers={"User-Agent": "benchmark"})
                found.append((time.perf_counter() - started) * 1000)
        return statistics.median(found)

    origin, _, path = url.rpartition("/")
    with tempfile.TemporaryDirectory() as folder:
        async with watching(Path(folder), origin) as running:
            return await asked(url), await asked(f"{running.url}/{path}")


def knowledge(runs: int) -> tuple[float, float]:
    """Milliseconds to load the catalogue in a fresh process, and to judge a recorded run."""
    code = (
        "import time; t = time.perf_counter()\n"
        "from harness.diagnosis.catalogue import catalogue; catalogue()\n"
        "print((time.perf_counter() - t) * 1000)"
    )
    loads = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(runs)
    ]
    from harness.diagnosis.diagnose import diagnose
    from harness.recording.file import load

    trace = load(Path(__file__).parent.parent / "recordings" / "examples" / "healthy.jsonl")
    judged = []
    for _ in range(runs):
        started = time.perf_counter()
        diagnose(trace)
        judged.append((time.perf_counter() - started) * 1000)
    return statistics.median(loads), statistics.median(judged)


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    harness, mitmdump = str(BIN / "harness"), str(BIN / "mitmdump")
    print(f"{'whole process, median of ' + str(runs):<44} {'min':>8} {'median':>8} {'max':>8}")
    with reference_server() as url:
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "harness --help": [harness, "--help"],
            "mitmdump --version": [mitmdump, "--version"],
            "harness check URL": [harness, "check", url, "--no-record"],
            "harness check (embedded server)": [harness, "check", "--no-record"],
        }
        samples: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for turn in range(runs + 1):
            for name, command in commands.items():
                sample = timed(command)
                if turn:  # the first turn only warms caches
                    samples[name].append(sample)
        medians = {name: row(name, found) for name, found in samples.items()}
        again = asyncio.run(repeated(url, runs + 1))[1:]
        straight, watched = asyncio.run(added_by_watch(url, 20 * runs))
    extra = (medians["harness --help"] - medians["python -c pass"]) * 1000
    print(f"harness --help over python -c pass: {extra:.0f} ms (aim: at most 100)")
    ratio = medians["harness check URL"] / medians["mitmdump --version"]
    print(f"harness check URL / mitmdump --version: {ratio:.2f} (aim: at most 1.5)")
    print(
        f"the same check again in one process: {statistics.median(again):.0f} ms (aim: under 250)"
    )
    added = watched - straight
    print(
        f"a call through watch: {added:.1f} ms more than {straight:.1f} ms straight (aim: under 5)"
    )
    loading, judging = knowledge(runs)
    print(f"loading the catalogue: {loading:.0f} ms (aim: under 150)")
    print(f"judging a recorded run: {judging:.0f} ms (aim: under 50)")


if __name__ == "__main__":
    main()
