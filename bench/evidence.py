"""The measurements that were kept: one line of JSON each in docs/evidence/bench.jsonl."""

import contextlib
import datetime
import json
import os
import pathlib
import platform
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
FILE = ROOT / "docs" / "evidence" / "bench.jsonl"
QUIET_CORES = 0.15
KERNEL_PARENT = "2"  # Of all threads of the kernel.
FAILOVER = ROOT / "docs" / "evidence" / "failover.jsonl"


def git(*arguments):
    result = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return result.stdout.strip() if result.returncode == 0 else None


def machine():
    model = "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cores": os.cpu_count(), "model": model, "memory_gb": round(memory / 2**30, 1),
            "kernel": platform.release()}


def circumstances():
    """When, of what, where and how: what every line of evidence begins with."""
    program = pathlib.Path(sys.argv[0]).name
    return {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "commit": git("rev-parse", "HEAD"),
            "clean": git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs") == "",
            "machine": machine(),
            "command": shlex.join([f"bench/{program}", *sys.argv[1:]])}


def busy_cores(seconds=1.0):
    """How many cores others use right now: figures taken beside them are worth less."""
    def times():
        fields = [int(word) for word in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
        return sum(fields[:8]), fields[3] + fields[4]
    total, idle = times()
    time.sleep(seconds)
    total_after, idle_after = times()
    return os.cpu_count() * (1 - (idle_after - idle) / max(total_after - total, 1))


class Others:
    """What processes use that are none of ours, from when this is made or read last; what the kernel does by itself is not
    theirs."""

    def __init__(self, *pids):
        self.ours = {os.getpid(), *pids}
        self.seconds, self.at = self.used(), time.monotonic()

    def used(self):
        ticks = 0
        for place in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # It has ended, and its parent counts it.
                fields = (place / "stat").read_text().rpartition(")")[2].split()
                if int(place.name) not in self.ours and KERNEL_PARENT not in (place.name, fields[1]):
                    ticks += sum(map(int, fields[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def cores(self):
        seconds, at = self.used(), time.monotonic()
        cores = (seconds - self.seconds) / (at - self.at)
        self.seconds, self.at = seconds, at
        return round(max(cores, 0), 2)


def wait_until_quiet(seconds):
    """At most so long, until others use next to nothing; how much it is then."""
    deadline = time.monotonic() + seconds
    while (busy := busy_cores()) > QUIET_CORES and time.monotonic() < deadline:
        time.sleep(1)
    return busy


def append(path, record):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(record) + "\n")


def read(path=FILE):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
