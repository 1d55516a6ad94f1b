#!/usr/bin/env python3
"""Builds what the tests need and runs them, part by part: what ./test does after tools/bootstrap.

  ./test                 everything
  ./test unit layers     these parts
  ./test --list          the parts, and what each runs

A part's output goes to build/test-logs/PART.log; of one that fails the end is shown.  The last line is
"N passed, N failed, N skipped", summed over the parts; a part that crashed or counted nothing is one failure.
"""

import argparse
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOGS = ROOT / "build" / "test-logs"
TAIL_LINES = 60
BUILD_DEADLINE_S = 3600


@dataclasses.dataclass
class Part:
    name: str
    command: list  # Strings; or a function that gives a list of (title, command), each run in turn.
    presets: tuple = ()  # What CMake has to build before.
    needs: str = ""  # A file of the tree; without it the part is skipped.
    deadline_s: int = 900
    counts_itself: bool = True  # Otherwise each command counts as one, by its exit status.


def unit_tests():
    return [(path.name, [str(path)]) for path in sorted((ROOT / "build" / "asan").rglob("*_test"))
            if path.is_file() and os.access(path, os.X_OK)]


def fuzz_targets():
    """A short, repeatable run of each from its corpus: whether anything known breaks, not a search for the unknown."""
    build = ROOT / "build" / "fuzz"
    targets = sorted(path for path in (build / "tests" / "fuzz").glob("fuzz_*") if path.is_file())
    runs = [(path.name, [str(path), "-seed=1", "-runs=20000", "-max_total_time=60", "-timeout=10", "-verbosity=0",
                         "-reduce_inputs=0", f"-artifact_prefix={build}/found/{path.name}-", str(build / "found" / path.name),
                         str(build / "corpus" / path.name.removeprefix("fuzz_"))])
            for path in targets if os.access(path, os.X_OK) and emptied_directory(build / "found" / path.name)]
    return [("decoders", [sys.executable, "tests/fuzz/decoders.py"]), *runs]


def emptied_directory(path):
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def stock(client, server="tern"):
    name = f"stock-{client}" + ("" if server == "tern" else f"-{server.removeprefix('tern-')}")
    return Part(name, ["tests/stock/run", "--client", client, "--server", server], ("release",), "tests/stock/run", 1200)


def cluster(name, kind, seed, minutes, must, *words):
    return Part(name, [sys.executable, "tests/cluster/run.py", "--kill", kind, "--seed", str(seed), "--minutes", str(minutes),
                       "--must", must, *words], ("release",), "tests/cluster/run.py", 600)


def hand_overs():
    return [(f"hand-over-{kind}", ["bench/failover", "--kind", kind, "--events", "5", "--stock", "5.5.0", "--no-evidence"])
            for kind in ("transfer", "end")]


PARTS = [
    Part("layers", [sys.executable, "tools/layers.py"], needs="tools/layers.py"),
    Part("mutations-apply", ["tests/mutations/run", "--check"], needs="tests/mutations/run"),
    Part("unit", unit_tests, ("asan",), deadline_s=1200),
    Part("simulation", ["build/release/tern_simulation", "--seeds", "2000", "--kept-seeds",
                        "--require-rare-states", "--jobs", str(os.cpu_count()), "--quiet"],
         ("release",)),
    Part("cli", [sys.executable, "tests/cli/run.py"], ("release",), "tests/cli/run.py"),
    Part("fuzz", fuzz_targets, ("fuzz",), "tests/fuzz/CMakeLists.txt", counts_itself=False),
    # What one send costs may not grow; where it is to come to, docs/benchmarks.md says. Where it grew without
    # a reason, bench/profile is due.
    Part("instructions", ["bench/instructions", "--gate", "4100", "--gate-allocations", "0.01"], ("release",),
         counts_itself=False),
    stock("java-5.5.0"),
    stock("java-4.9.7"),
    stock("spring-2.3.5"),
    stock("go-2.1.2"),
    stock("python-0.4.4"),
    stock("node-3.12.0"),
    stock("mqadmin-5.5.0"),
    stock("mqadmin-4.9.7"),
    stock("java-5.5.0", "tern-group"),
    stock("java-4.9.7", "tern-group"),
    stock("go-2.1.2", "tern-group"),
    stock("mqadmin-5.5.0", "tern-group"),
    stock("java-5.5.0", "tern-pair"),
    stock("mqadmin-5.5.0", "tern-pair"),
    Part("stock-tls", [sys.executable, "tests/stock/tls.py"], ("release",), "tests/stock/tls.py", 900),
    Part("stock-namesrv", [sys.executable, "tests/stock/restart_namesrv.py"], ("release",), "tests/stock/restart_namesrv.py",
         600),
    Part("hostile", [sys.executable, "tests/hostile/run.py"], ("release",), "tests/hostile/run.py", 300),
    Part("cluster-rules", [sys.executable, "tests/cluster/history_test.py"], needs="tests/cluster/history_test.py"),
    Part("quickstart", [sys.executable, "tests/cluster/quickstart_test.py"], ("release",),
         "tests/cluster/quickstart_test.py", 600),
    Part("verify", [sys.executable, "tests/cluster/verify_test.py"], ("release",), "tests/cluster/verify_test.py", 300),
    Part("monitoring", [sys.executable, "tests/cluster/monitoring_test.py"], ("release",),
         "tests/cluster/monitoring_test.py", 300),
    Part("read-advice", [sys.executable, "tests/cluster/read_advice_test.py"], ("release",),
         "tests/cluster/read_advice_test.py", 300),
    Part("recover", [sys.executable, "tests/cluster/recover_test.py"], ("release",), "tests/cluster/recover_test.py", 300),
    # Seeds that draw soon what each has to do, of which the last comes at the end of the time or a little later.
    cluster("cluster", "any", 2902, 0.4, "kill leader,pause leader,end leader,kill two,kill all", "--stock", "5.5.0", "--ordered"),
    cluster("cluster-partition", "partition", 1129, 0.3, "cut off leader,cut one link,deafen leader,mute leader"),
    cluster("cluster-network", "network", 2849, 0.3, "isolate leader,lossy leader,slow leader,reset leader,kill leader"),
    cluster("cluster-full", "full", 3551, 0.2, "fill leader,fill any,kill leader"),
    cluster("cluster-disk", "disk", 4, 0.2, "empty any,end any,snapshot"),
    cluster("cluster-nameserver", "nameserver", 4952, 0.2, "kill NameServer,kill NameServers,pause NameServers,kill leader"),
    cluster("cluster-slaves", "slaves", 4328, 0.25, "kill leader,pause leader,end leader,kill any"),
    cluster("cluster-slaves-network", "slaves-network", 3312, 0.6,
            "kill leader,cut off leader,lossy leader,slow leader,reset leader,kill NameServers"),
    Part("failover", [sys.executable, "tests/cluster/failover.py"], ("release",), "tests/cluster/failover.py", 300),
    Part("rolling-restart", [sys.executable, "tests/cluster/rolling_restart_test.py"], ("release",),
         "tests/cluster/rolling_restart_test.py", 300),
    Part("two-groups", ["bench/failover", "--events", "5", "--stock", "5.5.0", "--groups", "2", "--no-evidence"],
         ("release",), "bench/failover", 300, counts_itself=False),
    Part("hand-overs", hand_overs, ("release",), "bench/failover", 300, counts_itself=False),
    Part("stock-store", [sys.executable, "tests/stock/store_swap.py"], ("release",), deadline_s=1200),
]


@dataclasses.dataclass
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def count(output):
    """From a last line "N passed, N failed, N skipped", or from GoogleTest's summary; None if there is neither."""
    summaries = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", output, re.MULTILINE)
    if summaries:
        return Counts(*(int(number or 0) for number in summaries[-1]))
    numbers = {word.strip(): int(number)
               for word, number in re.findall(r"^\[  (PASSED |FAILED |SKIPPED) \] (\d+) tests?", output, re.MULTILINE)}
    if "PASSED" not in numbers:
        return None
    return Counts(numbers["PASSED"], numbers.get("FAILED", 0), numbers.get("SKIPPED", 0))


def run(command, log, deadline_s):
    """Exit status and output, which is also added to the log; None for one that had to be ended."""
    log.write(f"$ {' '.join(command)}\n".encode())
    log.flush()
    start = log.tell()
    try:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                   start_new_session=True)
    except OSError as error:
        log.write(f"{command[0]}: {error.strerror}\n".encode())
        return 127, ""
    try:
        status = process.wait(deadline_s)
    except subprocess.TimeoutExpired:
        log.write(f"\nended: it took longer than {deadline_s} s\n".encode())
        status = None
    finally:
        if process.poll() is None:
            end(process)
    log.flush()
    with open(log.name, "rb") as written:
        written.seek(start)
        return status, written.read().decode(errors="replace")


def end(process):
    """Kindly first: the stock tests stop their servers then."""
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def tail(path):
    lines = path.read_text(errors="replace").splitlines()
    print("\n".join(f"    {line[:300]}" for line in lines[-TAIL_LINES:]))


def build(preset):
    """Whether CMake's preset could be built."""
    path = LOGS / f"build-{preset}.log"
    print(f"{'build ' + preset:<26}", end="", flush=True)
    start = time.monotonic()
    with path.open("wb") as log:
        for command in ["cmake", "--preset", preset], ["cmake", "--build", "--preset", preset]:
            status, _ = run(command, log, BUILD_DEADLINE_S)
            if status != 0:
                print(f"failed ({time.monotonic() - start:.0f} s), {path.relative_to(ROOT)} ends with:")
                tail(path)
                return False
    print(f"done ({time.monotonic() - start:.0f} s)", flush=True)
    return True


def run_part(part):
    print(f"{part.name:<26}", end="", flush=True)
    if part.needs and not (ROOT / part.needs).exists():
        print(f"0 passed, 0 failed, 1 skipped: no {part.needs}", flush=True)
        return Counts(skipped=1)
    path = LOGS / f"{part.name}.log"
    start = time.monotonic()
    total = Counts()
    problems = []
    with path.open("wb") as log:
        commands = part.command() if callable(part.command) else [(part.name, part.command)]
        for title, command in commands:
            left = part.deadline_s - (time.monotonic() - start)
            status, output = run(command, log, max(left, 1))
            counts = count(output) if part.counts_itself else Counts(passed=int(status == 0), failed=int(status != 0))
            if counts is None:
                counts = Counts(failed=1)
                problems.append(f"{title}: counted nothing, exit status {status}")
            elif status != 0 and counts.failed == 0:
                counts.failed = 1
                problems.append(f"{title}: exit status {status}")
            elif counts.failed:
                problems.append(f"{title}: {counts.failed} failed")
            total.add(counts)
    if total == Counts():
        total.failed = 1
        problems.append("nothing to run: nothing was built?")
    print(f"{total} ({time.monotonic() - start:.0f} s)", flush=True)
    if total.failed:
        print("  " + "\n  ".join(problems))
        failures = [line for line in path.read_text(errors="replace").splitlines()
                    if re.match(r"FAIL |\[  FAILED  \] \w+[./]|.*: (Failure|error: )|==\d+==ERROR", line)]
        for line in failures[:TAIL_LINES]:
            print(f"    {line[:300]}")
        print(f"  {path.relative_to(ROOT)} ends with:")
        tail(path)
    return total


def choose(names):
    known = {part.name: part for part in PARTS}
    for name in names:
        if name not in known:
            sys.exit(f"./test: {name}: no such part; ./test --list shows all")
    return [part for part in PARTS if not names or part.name in names]


def show(part):
    does = part.command.__name__.replace("_", " ") if callable(part.command) else " ".join(part.command)
    print(f"{part.name:<26}{does.replace(sys.executable, 'python3')}")


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(prog="./test", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="show the parts and end")
    parser.add_argument("parts", nargs="*", metavar="PART")
    arguments = parser.parse_args()
    parts = choose(arguments.parts)
    if arguments.list:
        for part in parts:
            show(part)
        return
    signal.signal(signal.SIGTERM, interrupt)
    LOGS.mkdir(parents=True, exist_ok=True)
    total = Counts()
    built = {}
    try:
        for part in parts:
            there = not part.needs or (ROOT / part.needs).exists()
            for preset in part.presets if there else ():
                if preset not in built:
                    built[preset] = build(preset)
                    total.add(Counts(failed=int(not built[preset])))
            if there and not all(built[preset] for preset in part.presets):
                print(f"{part.name:<26}0 passed, 1 failed, 0 skipped: its build failed", flush=True)
                total.failed += 1
            else:
                total.add(run_part(part))
    except KeyboardInterrupt:
        sys.exit("interrupted")
    print(total)
    sys.exit(1 if total.failed else 0)


if __name__ == "__main__":
    main()
