#!/usr/bin/env python3
"""Applies each patch beside it to a copy of src/raft and runs the property test: each must make it fail.

  tests/mutations/raft/run.py                      all of them, each with up to 100,000 seeds
  tests/mutations/raft/run.py --seeds 2000 skip    those whose name holds "skip"

A line a patch: how many seeds it took, and what was seen broken. The last line is "N passed, N failed, N skipped".
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
LIBRARY = "raft"
DEADLINE_S = 900  # Of one patch: nothing waits for ever.
FLAGS = ["-std=c++23", "-O1", "-Wall"]
NEEDS = ["assert.cpp", "text.cpp"]  # Of base.


def build(source: pathlib.Path, out: pathlib.Path, library: str, known: dict) -> str:
    """Compiles what has changed; `known` is object by file content. Returns the compiler's words if it failed."""
    objects = []
    headers = b"".join(path.read_bytes() for path in sorted((source / library).glob("*.hpp")))
    for path in sorted((source / library).glob("*.cpp")) + [source / "base" / name for name in NEEDS]:
        key = (path.name, path.read_bytes(), headers)
        if key not in known:
            known[key] = out / f"{path.stem}-{len(known)}.o"
            header = "precompiled_test.hpp" if path.stem.endswith("_test") else "precompiled.hpp"
            built = subprocess.run(["clang++-19", *FLAGS, f"-I{source}", "-include", source / "base" / header, "-c", path, "-o",
                                    known[key]], capture_output=True, text=True)
            if built.returncode:
                del known[key]
                return built.stderr
        objects.append(known[key])
    linked = subprocess.run(["clang++-19", "-fuse-ld=lld-19", *objects, "-o", out / "mutant", "-lgmock", "-lgtest", "-lgtest_main",
                             "-lpthread"], capture_output=True, text=True)
    return linked.stderr if linked.returncode else ""


def verdict(out: pathlib.Path, seeds: int) -> tuple[bool, str]:
    try:
        ran = subprocess.run([out / "mutant", "--gtest_filter=RaftGroups.*"], capture_output=True, text=True, timeout=DEADLINE_S,
                             env={**os.environ, "TERN_RAFT_SEEDS": str(seeds)})
    except subprocess.TimeoutExpired:
        return False, f"not done after {DEADLINE_S} s"
    text = ran.stdout + ran.stderr
    seed = re.search(r"seed (\d+), (\d+) seeds to catch", text)
    broken = re.search(r'Which is: "(.+)"', text)
    stopped = re.search(r"assertion in seed (\d+)", text)
    never = re.findall(r"never reached: (.+)", text)
    if seed and broken:
        return True, f"{seed[2]:>7} seeds  {broken[1]}"
    if stopped:
        return True, f"{stopped[1]:>7} seeds  {re.search(r'assertion failed: (.+)', text)[1]}"
    if never:
        return True, f"{seeds:>7} seeds  never reached: {', '.join(never)}"
    return False, f"{seeds:>7} seeds  " + ("nothing noticed" if ran.returncode == 0 else f"ended with {ran.returncode}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="parts of the patches' names")
    parser.add_argument("--seeds", type=int, default=100_000)
    arguments = parser.parse_args()
    patches = [path for path in sorted((pathlib.Path(__file__).resolve().parent).glob("*.patch"))
               if not arguments.names or any(name in path.name for name in arguments.names)]
    counts = {"passed": 0, "failed": 0}
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory)
        known: dict = {}
        for patch in patches:
            source = out / "src"
            shutil.rmtree(source, ignore_errors=True)
            for part in ("base", LIBRARY):
                shutil.copytree(ROOT / "src" / part, source / part)
            applied = subprocess.run(["patch", "-s", "-p1", "-d", out, "-i", patch], capture_output=True, text=True)
            trouble = applied.stdout if applied.returncode else build(source, out, LIBRARY, known)
            caught, words = (False, trouble) if trouble else verdict(out, arguments.seeds)
            counts["passed" if caught else "failed"] += 1
            print(f"{'caught' if caught else 'MISSED'}  {patch.stem:44} {words}", flush=True)
    print(f"{counts['passed']} passed, {counts['failed']} failed, 0 skipped")
    return 1 if counts["failed"] or not patches else 0


if __name__ == "__main__":
    sys.exit(main())
