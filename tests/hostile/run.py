#!/usr/bin/env python3
"""What strangers, broken clients and attackers may do to a broker and a NameServer, and what it does to them: nothing.

  tests/hostile/run.py              everything
  tests/hostile/run.py frames cve   the scenarios whose names contain one of these
  tests/hostile/run.py --list       their names

Beside each scenario a client that behaves sends and pulls: all of it has to succeed, quickly and with the right
contents. The servers' memory may grow by what the scenario says. What is no request and what may not be is tried at a
follower of a Raft group of three, too, whose leader has to go on leading. $TERN names another program than build/release/tern.
The last line is "N passed, N failed, N skipped".
"""

import contextlib
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import attacks  # noqa: E402
import crowds  # noqa: E402
import garbage  # noqa: E402
import illegal  # noqa: E402
import no_text  # noqa: E402
from scenario import scenarios_of  # noqa: E402
from target import CLIENT_WORST_S, IDLE_MB, FollowerTarget, Peak, Target, wait_for  # noqa: E402

REQUESTS_BESIDE = 20  # Of the client that behaves, at least.
# What is attacked, and by which scenarios; before their names stands its own.
ATTACKED = {"": (Target, (garbage, no_text, illegal, attacks, crowds)),
            "follower_": (FollowerTarget, (garbage, no_text, illegal))}
SCENARIOS = {prefix: [(prefix + scenario.name, scenario) for module in modules for scenario in scenarios_of(module)]
             for prefix, (_, modules) in ATTACKED.items()}


def run(scenario, target):
    """Raises what is wrong; gives what it cost."""
    pids = [server.pid for server in target.servers]
    sockets = [server.sockets() for server in target.servers]
    standing = target.standing()
    target.client.accounts_of(1)
    with contextlib.ExitStack() as stack:
        peaks = [stack.enter_context(Peak(server)) for server in target.servers]
        scenario.function(target)
        accounts = target.client.accounts_of(REQUESTS_BESIDE)
    for server, pid in zip(target.servers, pids):
        assert server.process.poll() is None and server.pid == pid, f"{server.name} ended"
        assert not server.children(), f"{server.name} started {server.children()}"
    assert target.standing() == standing, f"it was {standing}, and is {target.standing()}"
    wrong = [what for account in accounts for what in account["wrong"]]
    assert not wrong, f"the client that behaves: {wrong}"
    worst, what = max((seconds, what) for account in accounts for what, seconds in account["worst_s"].items())
    assert worst <= CLIENT_WORST_S, f"a {what} of the client that behaves took {worst:.2f} s"
    for server, peak in zip(target.servers, peaks):
        assert peak.grown_mb <= scenario.memory_mb, \
            f"{server.name}: {peak.grown_mb:.1f} MB more, {scenario.memory_mb} may be"
    wait_for(lambda: all(server.sockets() <= count for server, count in zip(target.servers, sockets)),
             "the connections of the scenario are closed")
    return f"{sum(account['requests'] for account in accounts)} requests beside, the slowest {worst * 1000:.0f} ms; " \
           f"{max(peak.grown_mb for peak in peaks):.1f} MB"


def attack(kind, chosen):
    """How many of the scenarios failed."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="tern-hostile-") as directory, kind(directory) as target:
        idle_mb = max(server.anonymous_mb() for server in target.servers)
        assert idle_mb <= IDLE_MB, f"{idle_mb:.1f} MB of an idle server, {IDLE_MB} may be"
        target.prepare()
        for name, scenario in chosen:
            begun = time.monotonic()
            try:
                cost = run(scenario, target)
                print(f"PASS {name} ({time.monotonic() - begun:.1f} s, {cost})", flush=True)
            except (AssertionError, OSError, ValueError, KeyError, RuntimeError, subprocess.SubprocessError):
                failed += 1
                print(f"FAIL {name}: {traceback.format_exc(limit=-4)}{target.tails()}", flush=True)
    return failed


def main():
    words = sys.argv[1:]
    if "--list" in words:
        print("\n".join(name for scenarios in SCENARIOS.values() for name, _ in scenarios))
        return 0
    count = failed = 0
    for prefix, (kind, _) in ATTACKED.items():
        if chosen := [each for each in SCENARIOS[prefix] if not words or any(word in each[0] for word in words)]:
            count += len(chosen)
            failed += attack(kind, chosen)
    print(f"{count - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
