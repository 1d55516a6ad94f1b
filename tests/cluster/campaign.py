#!/usr/bin/env python3
"""Many runs of run.py, of all kinds of faults, each with a seed of its own; and the table of what they showed.

  tests/cluster/campaign.py --runs 56 --first-seed 1000 --evidence docs/evidence/cluster.jsonl
  tests/cluster/campaign.py --table            writes the table of docs/evidence/cluster.jsonl into README.md
  tests/cluster/campaign.py --table --check    fails when README.md has another

Stock Java clients take part in each run, of both versions in turn, and the seed draws settings: what an answer of a Raft group
waits for, a master's role and flush, and for the kind term whether members drain as long as they do by default. None of them
excuses a loss: processes die here, machines do not (docs/promises.md). A line a run; the output of one that broke a rule is shown
and its stores are kept. The exit status is 1 if one did.
"""

import argparse
import collections
import json
import math
import pathlib
import random
import re
import signal
import subprocess
import sys
import time

import faults
import history

HERE = pathlib.Path(__file__).resolve().parent
EVIDENCE = HERE.parents[1] / "docs" / "evidence" / "cluster.jsonl"
PAGE = HERE / "README.md"
BEGIN, END = "<!-- Made by campaign.py --table -->\n", "<!-- to here -->\n"
# In turn. Those that do little but kill are the most frequent: a kill is over soon.
KINDS = ["kill", "network", "leader", "any", "kill", "full", "nameserver", "kill", "partition", "everything", "kill",
         "slaves", "leader", "disk", "slaves-network", "term"]
DRAIN_MS = 35_000  # The default of drainOnStopMs, which tests else set to 0.
DRAINING_MINUTES = 3  # A leader that ends takes half a minute then.
VERSIONS = ["5.5.0", "4.9.7"]
RUN_DEADLINE_S = 900


def one_run(number, options):
    """Whether it broke no rule."""
    round_number, place = divmod(number, len(options.kinds))
    kind, version = options.kinds[place], VERSIONS[(round_number + place) % len(VERSIONS)]
    seed = options.first_seed + number
    settings = drawn_settings(kind, seed)
    minutes = max(options.minutes, DRAINING_MINUTES) if "drainOnStopMs" in settings else options.minutes
    command = [sys.executable, str(HERE / "run.py"), "--seed", str(seed), "--minutes", str(minutes), "--rate",
               str(options.rate), "--kill", kind, "--stock", version, "--evidence", str(options.evidence.resolve()),
               "--set", *(f"{key}={value}" for key, value in settings.items())]
    if options.directory:
        command += ["--directory", str(options.directory)]
    if options.old:
        command += ["--old", str(options.old)]
    before = read(options.evidence)
    begun = time.monotonic()
    done = run(command)
    records = read(options.evidence)[len(before):]
    told = f"{number + 1}/{options.runs} seed {seed} {kind}: " + (summary(records[0]) if records else "no record")
    print(f"[{time.strftime('%H:%M:%S')}] {told}, {time.monotonic() - begun:.0f} s", flush=True)
    if done.returncode != 0:
        print(done.stdout, flush=True)
    return done.returncode == 0


def drawn_settings(kind, seed):
    chance = random.Random(f"settings {seed}")
    if kind in faults.WITH_SLAVES:
        return {"brokerRole": chance.choice(["SYNC_MASTER", "ASYNC_MASTER"]),
                "flushDiskType": chance.choice(["SYNC_FLUSH", "ASYNC_FLUSH"])}
    settings = {"quorumDurability": chance.choice(["DISK", "MEMORY"])}
    if kind == "term" and chance.random() < 0.5:
        settings["drainOnStopMs"] = DRAIN_MS
    return settings


def run(command):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        output, _ = process.communicate(timeout=RUN_DEADLINE_S)
    except subprocess.TimeoutExpired:
        process.terminate()  # Its servers end with it.
        output, _ = process.communicate()
        output += f"\nended: it took longer than {RUN_DEADLINE_S} s\n"
    except BaseException:
        process.terminate()
        process.wait()
        raise
    return subprocess.CompletedProcess(command, process.returncode, output)


def summary(record):
    broken = ", ".join(record["broken"]) or "no rule broken"
    settings = " ".join(f"{key}={value}" for key, value in record["settings"].items())
    return (f"{settings}, {sum(record['faults'].values())} faults, {record['kills']} kills, "
            f"{acknowledged(record):,} acknowledged, {broken}")


def acknowledged(record):
    return record["sends"]["acknowledged"] + record["stock_sends"]["acknowledged"]


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def share(values, part):
    """Of sorted values, the least that at least this part is not above."""
    return f"{values[max(math.ceil(part * len(values)) - 1, 0)]:,.0f}" if values else "—"


def row(name, records):
    def total(key):
        return sum(record["sends"][key] + record["stock_sends"][key] for record in records)
    first = sorted(value for record in records for value in record["first_sends_ms"])
    again = sum(record["stock_stored_again"] for record in records)
    broken = sum(sum(record["broken"].values()) for record in records)
    lost = sum(count for record in records for rule, count in record["broken"].items() if history.LOST in rule)
    cells = [len(records), sum(sum(record["faults"].values()) for record in records),
             sum(record["kills"] for record in records), *map(total, history.OUTCOMES), lost, again, broken]
    return (f"| {name} | " + " | ".join(f"{cell:,}" for cell in cells)
            + " | " + " | ".join([share(first, 0.5), share(first, 0.99), share(first, 1)]) + " |")


def table(records):
    by_kind = collections.defaultdict(list)
    done, settings = collections.Counter(), collections.Counter()
    for record in records:
        by_kind[record["kind"]].append(record)
        done.update(record["faults"])
        settings.update(f"{key}={value}" for key, value in record.get("settings", {}).items())
    dates = dict.fromkeys(records[at]["date"][:10] for at in (0, -1))
    commits = sorted({record["commit"] for record in records})
    titles = ["kind", "runs", "faults", "SIGKILLs", *history.OUTCOMES, "lost", "stored again", "rules broken", "p50", "p99", "most"]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|",
             *(row(kind, by_kind[kind]) for kind in sorted(by_kind)), row("**all**", records), "",
             "Stored again are messages of the stock producer that it sent again and that are there more than once. The last "
             "three columns are milliseconds from a fault that leaves a majority to the first accepted send that was begun after "
             "it. "
             "The faults: " + ", ".join(f"{name} × {count:,}" for name, count in sorted(done.items())) + "."
             + (" Settings that the seeds drew: "
                + ", ".join(f"`{name}` × {count}" for name, count in sorted(settings.items())) + "." if settings else ""),
             f"{' to '.join(dates)}, commits {', '.join(commits)}; the command of each run is in `docs/evidence/cluster.jsonl`."]
    return "\n".join(lines) + "\n"


def write_table(check):
    page = PAGE.read_text()
    made = re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: f"{BEGIN}\n{table(read(EVIDENCE))}\n{END}", page,
                  flags=re.DOTALL)
    if not check:
        PAGE.write_text(made)
    elif made != page:
        sys.exit("tests/cluster/README.md has another table; run tests/cluster/campaign.py --table")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--runs", type=int, default=len(KINDS))
    add("--kinds", nargs="+", default=KINDS, metavar="KIND", help="taken in turn (default: all, those that kill more often)")
    add("--first-seed", type=int, default=1)
    add("--minutes", type=float, default=0.75, help="of faults in each run (default 0.75)")
    add("--rate", type=float, default=120, help="sends a second of each client, at most (default 120)")
    add("--old", type=pathlib.Path, metavar="PROGRAM", help="members begin as this tern of another version")
    add("--directory", type=pathlib.Path, help="where stores are made and removed")
    add("--evidence", type=pathlib.Path, default=EVIDENCE, help="file that a line a run is appended to")
    add("--table", action="store_true", help="writes the table instead")
    add("--check", action="store_true", help="with --table: compares instead of writing")
    return parser.parse_args()


def stop(*_):
    raise KeyboardInterrupt


def main():
    options = parse_arguments()
    if options.table:
        return write_table(options.check)
    signal.signal(signal.SIGTERM, stop)
    try:
        kept_their_word = [one_run(number, options) for number in range(options.runs)]
    except KeyboardInterrupt:
        sys.exit("interrupted")
    print(f"{sum(kept_their_word)} passed, {len(kept_their_word) - sum(kept_their_word)} failed, 0 skipped")
    sys.exit(0 if all(kept_their_word) else 1)


if __name__ == "__main__":
    main()
