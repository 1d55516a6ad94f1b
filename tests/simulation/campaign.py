#!/usr/bin/env python3
"""Many seeds of the simulation, in blocks; and the table of what all campaigns came to.

  tests/simulation/campaign.py --seeds 100000 --from 500001     appends a line to docs/evidence/simulation.jsonl
  tests/simulation/campaign.py --table                          writes the table of these lines into docs/simulation.md
  tests/simulation/campaign.py --table --check                  fails when the page has another one, or a seed that
                                                                failed is not among the kept ones

A line a block; the output of seeds that failed is shown. What is interrupted keeps what its whole blocks came to. The exit
status is 1 if a seed failed.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
import evidence  # noqa: E402

EVIDENCE = ROOT / "docs" / "evidence" / "simulation.jsonl"
PAGE = ROOT / "docs" / "simulation.md"
KEPT = ROOT / "tests" / "simulation" / "kept_seeds.hpp"
BEGIN, END = "<!-- Made by tests/simulation/campaign.py --table -->\n", "<!-- to here -->\n"
BLOCK = 2000
COUNTS = ["sent", "acknowledged", "elections", "cuts", "installations"]


class Interrupted(Exception):
    pass


def run_block(program, first, seeds):
    """What the simulation says of these seeds at its end, as it says it; None when it did not come to that."""
    done = subprocess.run([program, "--seeds", str(seeds), "--from", str(first), "--failures", str(seeds), "--jobs",
                           str(os.cpu_count()), "--json", "--quiet"], capture_output=True, text=True, errors="replace")
    if done.returncode not in (0, 1):
        print(done.stdout[-4000:] + done.stderr[-4000:], flush=True)
        return None
    if done.returncode == 1:
        print(done.stdout[:20000] + done.stderr[-20000:], flush=True)
    return json.loads(done.stdout.splitlines()[-1])


def sum_of(blocks):
    total = collections.Counter()
    rare = collections.Counter()
    failed = []
    for block in blocks:
        rare.update(block["rareStates"])
        failed += block["failedSeeds"]
        total.update({name: block[name] for name in ["passed", "failed", *COUNTS, "reigns", "expired", "events"]})
    never = [state for state in rare if not rare[state]]
    return {"seeds": total["passed"] + total["failed"], **total, "failedSeeds": failed, "neverReached": never,
            "rareStates": dict(rare)}


def run(options):
    circumstances = evidence.circumstances()
    circumstances["command"] = f"tests/simulation/campaign.py --seeds {options.seeds} --from {options.first}"
    blocks = []
    broken = False
    with tempfile.TemporaryDirectory(prefix="tern-campaign-") as directory:
        program = shutil.copy(options.program, directory)  # A build may replace it meanwhile.
        try:
            for first in range(options.first, options.first + options.seeds, BLOCK):
                begun = time.monotonic()
                block = run_block(program, first, min(BLOCK, options.first + options.seeds - first))
                if block is None:
                    broken = True
                    break
                blocks.append(block)
                print(f"[{time.strftime('%H:%M:%S')}] from {first}: {block['passed']:,} passed, {block['failed']} failed "
                      f"{block['failedSeeds'] or ''} ({time.monotonic() - begun:.0f} s)", flush=True)
        except Interrupted:
            print("interrupted", flush=True)
    if not blocks:
        sys.exit("no block has come to its end")
    line = {**circumstances, "from": options.first, **sum_of(blocks)}
    with options.evidence.open("a") as out:
        out.write(json.dumps(line) + "\n")
    print(f"{line['passed']} passed, {line['failed']} failed, 0 skipped")
    sys.exit(1 if broken or line["failed"] else 0)


def table(lines):
    """A row a commit."""
    titles = ["commit", "seeds", *COUNTS, "seeds that failed"]
    rows = collections.defaultdict(collections.Counter)
    for line in lines:
        counts = {"sent": line.get("messages", 0), **line}  # As the first lines called it.
        rows[line["commit"][:7]].update({name: counts.get(name, 0) for name in ["seeds", *COUNTS, "failed"]})
    cells = [[f"{row[name]:,}" for name in ["seeds", *COUNTS, "failed"]] for row in rows.values()]
    return "\n".join([f"| {' | '.join(titles)} |", "|---" + "|---:" * (len(titles) - 1) + "|",
                      *(f"| {commit} | {' | '.join(row)} |" for commit, row in zip(rows, cells))]) + "\n"


def write_table(check):
    lines = [json.loads(line) for line in EVIDENCE.read_text().splitlines()]
    page = PAGE.read_text()
    made = re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: f"{BEGIN}\n{table(lines)}\n{END}", page, flags=re.DOTALL)
    if not check:
        return PAGE.write_text(made)
    kept = {int(number) for number in re.findall(r"\b\d+\b", KEPT.read_text())}
    lost = sorted({seed for line in lines for seed in line["failedSeeds"]} - kept)
    if lost:
        sys.exit(f"tests/simulation/kept_seeds.hpp lacks seeds that failed in a campaign: {lost}")
    if made != page:
        sys.exit("docs/simulation.md has another table; run tests/simulation/campaign.py --table")
    print("1 passed, 0 failed, 0 skipped")


def interrupt(*_):
    raise Interrupted


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--seeds", type=int, default=BLOCK)
    add("--from", type=int, default=1, dest="first", metavar="SEED")
    add("--program", type=pathlib.Path, default=ROOT / "build" / "release" / "tern_simulation")
    add("--evidence", type=pathlib.Path, default=EVIDENCE, help="file that a line is appended to")
    add("--table", action="store_true", help="writes the table instead")
    add("--check", action="store_true", help="with --table: compares instead of writing")
    options = parser.parse_args()
    if options.table:
        return write_table(options.check)
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)
    run(options)


if __name__ == "__main__":
    main()
