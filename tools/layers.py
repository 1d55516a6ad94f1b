#!/usr/bin/env python3
"""Holds the tree to its layers: who may include whom, and what pure libraries never see. Run as a test by ./test."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What a library may include beside itself. A line names only lines above it, so no cycle can be written.
USES = {
    "base": "",
    "json": "base",
    "metrics": "base",
    "io": "base",
    "raft": "base",
    "model": "base json",
    "remoting": "base json metrics model",
    "store": "base metrics model io",
    "net": "base metrics io model remoting",
    "replication": "base json metrics model io raft remoting store",
    "nameserver": "base json metrics model io remoting",
    "client": "base json metrics model remoting",
    "broker": "base json metrics model io raft remoting store replication",
    "admin": "base json model remoting client",
    "cli": "base json model remoting client admin",
}

# Libraries that see no socket, no clock but the injected one, and no file but through io.
PURE = set(USES) - {"io", "net", "cli"}

# What a pure library never says, and why.
BANNED = [
    (r"#include <(sys/socket|sys/epoll|netinet|poll\.h|unistd\.h|fcntl\.h)", "the operating system in a pure library"),
    (r"\brandom_device\b|\bstd::rand\b|\bmt19937", "chance that no seed gives"),
    (r"\b(steady|system|high_resolution)_clock::now\b|\btime\(nullptr\)", "time that no clock was asked for"),
    (r"\bsleep_for\b|\bsleep_until\b|\busleep\(", "a sleep"),
    (r"\bstd::(thread|jthread|async|mutex)\b", "threads in a pure library"),
    (r"\bstd::(i|o)?fstream\b|\bfopen\(", "a file that io does not know of"),
]
EVERYWHERE = [
    (r"\busing namespace std\b(?!::\w*literals|::chrono)", "the whole of std"),
    (r"\bsystem\(|\bpopen\(|\bexecv?[lpe]*\(", "a child process"),
]
NAMES_BANNED = re.compile(r"(utils?|helpers?|common|manager|impl)(_test)?\.(cpp|hpp)$")


def check(path: pathlib.Path) -> list[str]:
    library = path.relative_to(ROOT / "src").parts[0]
    allowed = {library, *USES.get(library, "").split()}
    # What only tests include: their stories, their scripted peers, their golden data.
    is_test = re.search(r"_test$|^golden_|_scenario$|^scripted_|^fake_", path.stem) is not None
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    found = []

    def report(number: int, what: str) -> None:
        found.append(f"{path.relative_to(ROOT)}:{number}: {what}")

    if library not in USES:
        report(1, f"library {library} is not in the table of tools/layers.py")
    if NAMES_BANNED.search(path.name):
        report(1, "a file is named for what it is")
    if path.suffix == ".hpp" and not text.startswith("//"):
        report(1, "the first line says what the file is for")
    for number, line in enumerate(lines, 1):
        include = re.match(r'#include "([a-z_]+)/', line)
        if include and include[1] not in allowed and not (is_test and include[1] in ("io", "json")):
            report(number, f"{library} may not use {include[1]}")
        if re.search(r"#include <boost/", line) and library not in ("net",):
            report(number, f"boost in {library}: only net knows Asio")
        code = line.split("//")[0]
        rules = EVERYWHERE + (BANNED if library in PURE and not is_test else [])
        for pattern, why in rules:
            if re.search(pattern, code):
                report(number, why)
    return found


def main() -> int:
    for library, uses in USES.items():
        above = list(USES)[: list(USES).index(library)]
        unknown = [name for name in uses.split() if name not in above]
        if unknown:
            print(f"tools/layers.py: {library} names {', '.join(unknown)}, not above it: that would be a cycle")
            return 1
    files = sorted(p for p in (ROOT / "src").rglob("*.[ch]pp"))
    found = [line for path in files for line in check(path)]
    print("\n".join(found))
    print(f"{len(files) - len({line.split(':')[0] for line in found})} passed, "
          f"{len({line.split(':')[0] for line in found})} failed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
