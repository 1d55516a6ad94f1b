#!/usr/bin/env python3
"""./quickstart, as somebody calls it who has just got the sources: what it shows, and what it leaves behind.

$TERN names another program than build/release/tern. The last line is "N passed, N failed, N skipped".
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import traceback

import cluster

MESSAGES = 20_000
DEADLINE_S = 240  # It builds what has changed.
LINE = re.compile(r"^    (\d\d:\d\d:\d\d\.\d{3})  (\w+) +(\S.*)$", re.MULTILINE)
ROW = re.compile(r"^  (acknowledged|read|lost|duplicated) +(\d+)\b", re.MULTILINE)


def quickstart(directory, *words):
    """What it printed."""
    called = subprocess.run(["./quickstart", "--directory", directory, *words], cwd=cluster.ROOT, stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, timeout=DEADLINE_S)
    assert called.returncode == 0, f"status {called.returncode}\n{called.stdout}\n{called.stderr}"
    return called.stdout


def has_a_whole_account(shown, messages):
    account = {name: int(number) for name, number in ROW.findall(shown)}
    assert account.keys() == {"acknowledged", "read", "lost", "duplicated"}, shown
    assert account["acknowledged"] == account["read"] == messages and account["lost"] == 0, shown


def name_servers(shown):
    return re.search(r'setNamesrvAddr\("([^"]*)"\)', shown)[1]


def listed(servers):
    """Numbers and addresses in clusterList."""
    called = subprocess.run(["sh", "bin/mqadmin", "clusterList", "-n", servers], cwd=cluster.ROOT, capture_output=True,
                            text=True, timeout=DEADLINE_S)
    return [tuple(line.split()[2:4]) for line in called.stdout.splitlines() if " broker-a " in line]


def servers_of(directory):
    return [int(path.read_text()) for path in pathlib.Path(directory).glob("*.pid")]


def the_fail_over_and_the_account_are_shown(one, _other):
    shown = quickstart(one, "--keep", "--messages", str(MESSAGES))
    has_a_whole_account(shown, MESSAGES)
    timeline = LINE.findall(shown)
    assert timeline == sorted(timeline, key=lambda line: line[0]), shown

    def found(pattern, who="n."):
        """Its place in the timeline, who it was, and the match."""
        matches = [(at, name, match) for at, (_, name, event) in enumerate(timeline)
                   if re.fullmatch(who, name) and (match := re.match(pattern, event))]
        assert matches, f"no line of {who} like {pattern}\n{shown}"
        return matches[0]
    killed, _, victim = found(r"kill -9 of (n\d)", "client")
    noticed, witness, _ = found("member_link_down ")
    elected, leader, term = found(r"Elected as leader, term=(\d+)")
    _, voter, _ = found(rf"Grant vote to {leader}, term={term[1]}\b")
    accepted, _, _ = found("first send begun after the kill accepted", "client")
    back, _, _ = found("started ", victim[1])
    assert killed < noticed < elected < back and killed < accepted, shown
    assert victim[1] not in (witness, leader, voter) and voter != leader, shown
    ids = sorted(number for number, _ in listed(name_servers(shown)))
    assert len(ids) == 3 and ids[0] == "0", (ids, shown)


def the_leadership_is_shown_and_handed_over(one, _other):
    servers = re.search("namesrvAddr=(.*)", (pathlib.Path(one) / "n0.conf").read_text())[1]

    def mqadmin(*words, accepted=(0,)):
        called = subprocess.run(["sh", "bin/mqadmin", *words], cwd=cluster.ROOT, capture_output=True, text=True,
                                timeout=DEADLINE_S)
        assert called.returncode in accepted, f"{words}: status {called.returncode}\n{called.stdout}\n{called.stderr}"
        return called.stdout

    # Status 2: one is not registered, as who has handed over is not for the moment between its successor and itself.
    def members():
        return {member["member"]: member for member in
                json.loads(mqadmin("groupStatus", "-n", servers, "-b", "broker-a", "--json", accepted=(0, 2)))}

    def agreed_leader():
        told = {member["leader"] for member in members().values()}
        return next(iter(told)) if len(told) == 1 and told != {""} else None

    def is_whole():
        return all("behind 0 " in member["replication"] for member in members().values())
    first = cluster.wait_for(agreed_leader, "a leader that all name")
    cluster.wait_for(is_whole, members)
    before = members()
    assert before.keys() == {"n0", "n1", "n2"} and before[first]["role"] == "LEADER", before
    other = min(before.keys() - {first})
    told = mqadmin("transferLeader", "-b", before[first]["address"], "-t", other)
    assert told == "another member leads now.\n", told
    cluster.wait_for(lambda: agreed_leader() == other, members)
    after = members()
    assert int(after[other]["term"]) > int(before[first]["term"]) and after[first]["role"] == "FOLLOWER", after
    table = mqadmin("groupStatus", "-n", servers, "-b", "broker-a").splitlines()
    assert table[0].split()[:6] == ["#Member", "#Addr", "#Role", "#Term", "#Leader", "#Committed"], table
    assert [f"{other} " in line and " LEADER " in line for line in table[1:]].count(True) == 1, table


def another_one_beside_it_takes_other_ports(one, other):
    assert len(servers_of(one)) == 5
    shown = quickstart(other, "--messages", "2000")
    has_a_whole_account(shown, 2000)
    before = re.search("namesrvAddr=(.*)", (pathlib.Path(one) / "n0.conf").read_text())[1]
    assert not set(name_servers(shown).split(";")) & set(before.split(";")), shown
    assert not servers_of(other), "it left servers running"


def it_stops_what_it_has_kept(one, _other):
    kept = servers_of(one)
    assert len(kept) == 5 and all(map(runs, kept)), kept
    quickstart(one, "--stop")
    assert not any(map(runs, kept)), kept


def runs(pid):
    """A tern that has not ended; what is left of one that has, until its parent looks, does not count."""
    path = pathlib.Path(f"/proc/{pid}/status")
    status = path.read_text() if path.exists() else ""
    return status.startswith("Name:\ttern\n") and not re.search(r"^State:\s+[ZX]", status, re.MULTILINE)


TESTS = [the_fail_over_and_the_account_are_shown, the_leadership_is_shown_and_handed_over, another_one_beside_it_takes_other_ports, it_stops_what_it_has_kept]


def stop(*_):
    sys.exit("interrupted")


def main():
    signal.signal(signal.SIGTERM, stop)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="tern-quickstart-") as directory:
        one, other = (os.path.join(directory, name) for name in ("one", "other"))
        try:
            for test in TESTS:
                try:
                    test(one, other)
                    print(f"PASS {test.__name__}", flush=True)
                except (AssertionError, cluster.ClusterFailed, subprocess.SubprocessError, OSError):
                    failed += 1
                    print(f"FAIL {test.__name__}: {traceback.format_exc(limit=-3)}", flush=True)
        finally:
            for left in one, other:
                quickstart(left, "--stop")
    print(f"{len(TESTS) - failed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
