#!/usr/bin/env python3
"""Makes docs/compatibility.md of docs/evidence/compatibility.jsonl, which programs of tests/stock write with --evidence.

  tools/compatibility.py           writes the page
  tools/compatibility.py --check   ends with status 1 if the page is another
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
EVIDENCE = ROOT / "docs" / "evidence" / "compatibility.jsonl"
PAGE = ROOT / "docs" / "compatibility.md"
OUR_COMMANDS = ROOT / "docs" / "reference" / "mqadmin.md"
TITLES = {"java-5.5.0": "Java 5.5.0", "java-4.9.7": "Java 4.9.7", "spring-2.3.5": "Spring 2.3.5", "go-2.1.2": "Go 2.1.2",
          "python-0.4.4": "Python 0.4.4", "node-3.12.0": "Node 3.12.0",
          "mqadmin-5.5.0": "mqadmin 5.5.0", "mqadmin-4.9.7": "mqadmin 4.9.7"}
CLIENTS = list(TITLES)
TOOLS = [client for client in CLIENTS if client.startswith("mqadmin")]
REPLICATED = {"tern-group": "Group of three", "tern-pair": "Master and slave"}  # TernMQ's other forms, by the title.
PROOF = "java-5.5.0"  # The servers that show that a scenario asks for what RocketMQ does.

INTRODUCTION = """\
# Compatibility

What unmodified clients and tools of RocketMQ did with TernMQ. A row is a scenario of `tests/stock`, which checks
contents, counts, order and offsets; a column is a client, at a single broker. Then come a Raft group of three members and a
master that waits for its slave, with all of these clients. The last column says whether the same scenario passed against
RocketMQ's own servers of version 5.5.0, which is what makes it a fair question. Made by `tools/compatibility.py` of
`docs/evidence/compatibility.jsonl`, which has the commit and the command of every line.
"""

COMMANDS = """## Commands of mqadmin

Every command that the stock tools list, which their scenario `help` holds; whether our own `mqadmin` has it; and whether the
stock tool does its work with TernMQ. Where it does not, the reason stands there, and in parentheses what the tool ends with:
the code and the remark of our answer.
"""


def cell(row):
    if row is None:
        return ""
    word = {"passed": "yes", "failed": "**no**", "skipped": "no"}[row["result"]]
    return f"{word}: {row['reason']}" if "reason" in row else word


def escaped(text):
    return text.replace("|", "\\|")


def outcome(rows):
    """Of all scenarios of one command."""
    bad = [row for row in rows if row["result"] != "passed"]
    if len(bad) == len(rows):
        return "; ".join(dict.fromkeys(map(cell, bad)))
    return "; ".join(["yes", *(f"not `{row['scenario']}`: {row.get('reason', '')}" for row in bad)])


def has(description):
    return "only says why not" if description.startswith("Not served:") else "yes" if description else ""


def commands(rows):
    ours = dict(re.findall(r"^## (\w+)\n\n(.*)$", OUR_COMMANDS.read_text(), re.MULTILINE))  # With what it is for.
    theirs = {}  # The rows of each command and tool.
    for row in rows:
        command = row["scenario"].split()[0]
        if row["server"] == "tern" and row["client"] in TOOLS and command != "help":
            theirs.setdefault(command, {}).setdefault(row["client"], []).append(row)
    lines = [COMMANDS, "| Command | Ours | " + " | ".join(TITLES[tool] for tool in TOOLS) + " |",
             "|---" * (len(TOOLS) + 2) + "|"]
    for command, by_tool in sorted(theirs.items(), key=lambda item: item[0].lower()):
        cells = [outcome(by_tool[tool]) if tool in by_tool else "" for tool in TOOLS]
        lines.append(f"| `{command}` | {has(ours.get(command, ''))} | " + " | ".join(map(escaped, cells)) + " |")
    return lines


def together(rows):
    """Whether all clients that have the scenario passed it."""
    if not rows:
        return ""
    bad = [row for row in rows if row["result"] != "passed"]
    if bad and all(row["result"] == "skipped" for row in rows):
        return "no"
    return "yes" if not bad else "; ".join(f"{TITLES[row['client']]}: {row['result']}" for row in bad)


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
    titles = ["Scenario", *TITLES.values(), *REPLICATED.values(), "RocketMQ's servers"]
    lines.append("| " + " | ".join(titles) + " |")
    lines.append("|---" * len(titles) + "|")
    for scenario in sorted(first_client, key=lambda name: (first_client[name], name)):
        cells = [cell(by_place.get(("tern", client, scenario))) for client in CLIENTS]
        cells += [together([by_place[server, client, scenario] for client in CLIENTS if (server, client, scenario) in by_place])
                  for server in [*REPLICATED, PROOF]]
        lines.append(f"| `{scenario}` | " + " | ".join(map(escaped, cells)) + " |")
    lines += ["", *commands(rows)]
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
