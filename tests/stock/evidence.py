"""What clients did with a server, as lines of docs/evidence/compatibility.jsonl."""

import collections
import json
import pathlib
import subprocess

import servers

WORDS = {"PASS": "passed", "FAIL": "failed", "SKIP": "skipped"}

# A word is PASS, FAIL or SKIP; the reason may be "".
Row = collections.namedtuple("Row", "client server scenario word reason")


def command(program, server):
    """Of a program that was told which server."""
    return f"tests/stock/{program}" + (f" --server {server}" if server != "tern" else "")


def write(path, command, rows):
    """Replaces what the same command showed before."""
    path = pathlib.Path(path)
    old = path.read_text().splitlines() if path.exists() else []
    lines = [line for line in old if json.loads(line)["command"] != command]
    tested = commit()
    for client, server, scenario, word, reason in sorted(rows):
        row = {"client": client, "server": server, "scenario": scenario, "result": WORDS[word]}
        if reason:
            row["reason"] = reason.splitlines()[0][:300]
        lines.append(json.dumps(row | {"commit": tested, "command": command}, ensure_ascii=False))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def commit():
    def git(*words):
        return subprocess.run(["git", *words], cwd=servers.ROOT, capture_output=True, text=True).stdout.strip()
    name = git("rev-parse", "--short=12", "HEAD") or "unknown"
    changes = git("status", "--porcelain", "--", "src", "apps", "CMakeLists.txt", "tests/stock", "tests/cluster")
    return name + (" and changes" if changes else "")
