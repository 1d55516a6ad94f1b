#!/usr/bin/env python3
"""Makes docs/compatibility.md of docs/evidence/compatibility.jsonl, which programs of tests/stock write with --evidence.

  tools/compatibility.py           writes the page
  tools/compatibility.py --check   ends with status 1 if the page is another
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
EVIDENCE = ROOT / "docs" / "evidence" / "compatibility.jsonl"
PAGE = ROOT / "docs" / "compatibility.md"
TITLES = {"java-5.5.0": "Java 5.5.0", "java-4.9.7": "Java 4.9.7", "spring-2.3.5": "Spring 2.3.5", "go-2.1.2": "Go 2.1.2",
          "python-0.4.4": "Python 0.4.4", "node-3.12.0": "Node 3.12.0",
          "mqadmin-5.5.0": "mqadmin 5.5.0", "mqadmin-4.9.7": "mqadmin 4.9.7"}
CLIENTS = list(TITLES)
PROOF = "java-5.5.0"  # The servers that show that a scenario asks for what RocketMQ does.

INTRODUCTION = """\
# Compatibility

What unmodified clients and tools of RocketMQ did with TernMQ. A row is a scenario of `tests/stock`, which checks
contents, counts, order and offsets; a column is a client. The last column says whether the same scenario passed against
RocketMQ's own servers of version 5.5.0, which is what makes it a fair question. Made by `tools/compatibility.py` of
`docs/evidence/compatibility.jsonl`, which has the commit and the command of every line.
"""


def cell(row):
    if row is None:
        return ""
    word = {"passed": "yes", "failed": "**no**", "skipped": "not yet"}[row["result"]]
    return f"{word}: {row['reason']}" if "reason" in row else word


def proof(rows):
    """Whether all clients that have the scenario passed it against the stock servers."""
    if not rows:
        return ""
    failed = [row for row in rows if row["result"] != "passed"]
    return "yes" if not failed else "; ".join(f"{TITLES[row['client']]}: {row['result']}" for row in failed)


def page(rows):
    by_place = {(row["server"], row["client"], row["scenario"]): row for row in rows}
    assert len(by_place) == len(rows), "a scenario is twice in the evidence"
    first_client = {}  # Of each scenario; those of one suite stand together.
    for client in CLIENTS:
        for row in rows:
            if row["client"] == client:
                first_client.setdefault(row["scenario"], CLIENTS.index(client))
    lines = [INTRODUCTION]
    counts = []
    for client in CLIENTS:
        mine = [row for row in rows if (row["server"], row["client"]) == ("tern", client)]
        passed = sum(row["result"] == "passed" for row in mine)
        counts.append(f"{TITLES[client]} {passed} of {len(mine)}")
    lines.append("Passed: " + ", ".join(counts) + ".\n")
    lines.append("| Scenario | " + " | ".join(TITLES[client] for client in CLIENTS) + " | RocketMQ's servers |")
    lines.append("|---" * (len(CLIENTS) + 2) + "|")
    for scenario in sorted(first_client, key=lambda name: (first_client[name], name)):
        cells = [cell(by_place.get(("tern", client, scenario))) for client in CLIENTS]
        proofs = [by_place[PROOF, client, scenario] for client in CLIENTS if (PROOF, client, scenario) in by_place]
        lines.append(f"| `{scenario}` | " + " | ".join(text.replace("|", "\\|") for text in cells) +
                     f" | {proof(proofs)} |")
    return "\n".join(lines) + "\n"


def main():
    made = page([json.loads(line) for line in EVIDENCE.read_text().splitlines()])
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text() != made:
            sys.exit("docs/compatibility.md is old; run tools/compatibility.py")
    else:
        PAGE.write_text(made)


if __name__ == "__main__":
    main()
