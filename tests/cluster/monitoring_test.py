#!/usr/bin/env python3
"""The scripts of tools/monitoring against a cluster whose parts go away; and of those that handbooks of RocketMQ have the one
that looks at NameServers. Their other one, for brokers, cannot run anywhere: tools/monitoring/README.md.

  tests/cluster/monitoring_test.py            everything
  tests/cluster/monitoring_test.py disk       the tests whose names contain this

$TERN names another program than build/release/tern. The last line is "N passed, N failed, N skipped".
"""

import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

import cluster

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "tools" / "monitoring"
DEADLINE_S = 60
OK, WARNING, CRITICAL, USAGE = range(4)

# As operators have it from the documents that this system is built after, but for the addresses.
CHECK_NAMESERVER = """#!/bin/bash
NAMESRV_ADDRS=(
{addresses}
)

for addr in "${{NAMESRV_ADDRS[@]}}"; do
    IFS=':' read -r host port <<< "$addr"

    if timeout 3 bash -c "echo > /dev/tcp/${{host}}/${{port}}" 2>/dev/null; then
        echo "[OK] NameServer ${{addr}} is alive"

        broker_count=$(sh bin/mqadmin clusterList -n ${{addr}} 2>/dev/null | grep -c "broker")
        echo "     Registered Brokers: ${{broker_count}}"
    else
        echo "[FAIL] NameServer ${{addr}} is down"
    fi
done
"""


def run(words, mqadmin=None):
    """Exit status and what it printed, in one line each."""
    environment = {**os.environ, **({"MQADMIN": mqadmin} if mqadmin else {})}
    ended = subprocess.run([str(word) for word in words], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=DEADLINE_S)
    assert not ended.stderr or ended.returncode == USAGE, ended.stderr
    return ended.returncode, ended.stdout.strip()


def monitor(group, *words):
    return run([SCRIPTS / "monitor_cluster.sh", "-n", group.namesrv, "-d", "100", *words],
               f"{group.tern} admin")


def name_servers(group):
    return group.namesrv.split(";")


def registered(group):
    """All members with all NameServers: each tells them for itself, a moment after it is there."""
    def is_known(address):
        status, line = run([SCRIPTS / "monitor_cluster.sh", "-n", address, "-d", "100"], f"{group.tern} admin")
        return status == OK and f", {len(group.members)} brokers," in line

    cluster.wait_for(lambda: all(is_known(address) for address in name_servers(group)),
                     lambda: f"a cluster that is well: {monitor(group)}")


def a_cluster_that_is_well_is_one_line(group):
    status, line = monitor(group, "-b", "broker-a")
    assert status == OK and line.startswith("OK 2 of 2 NameServers, 1 groups, 3 brokers, 0 messages behind, disk "), line
    assert "\n" not in line
    assert monitor(group, "-q") == (OK, "")


def a_group_that_is_not_there_is_critical(group):
    status, line = monitor(group, "-b", "broker-a,broker-b")
    assert status == CRITICAL and "; broker-b: no broker is registered" in line, line


def a_disk_that_is_too_full_is_critical(group):
    status, line = monitor(group, "-d", "0")
    assert status == CRITICAL and line.count("its disk is ") == 3, line


def a_member_that_died_is_critical(group):
    leader = group.leader()
    member = next(member for member in group.members if member is not leader)
    member.kill()
    cluster.wait_for(lambda: f"broker-a: {member.name} is not linked to its leader" in monitor(group)[1],
                     lambda: f"word of {member.name}: {monitor(group)}")
    assert monitor(group)[0] == CRITICAL
    member.start()
    member.wait_until_ready()
    group.wait_until_healthy()
    registered(group)


def a_member_that_hangs_is_critical(group):
    """It is no fault of the NameServers, and what the others tell is there."""
    member = next(member for member in group.members if member is not group.leader())
    member.pause()
    status, line = monitor(group)
    assert status == CRITICAL and f"; broker-a ({member.address}): does not answer" in line, line
    assert line.startswith("CRITICAL 2 of 2 NameServers, 1 groups, 3 brokers, ") and "is down" not in line, line
    status, told = run([SCRIPTS / "check_nameserver.sh", *name_servers(group)], f"{group.tern} admin")
    assert status == OK and told.count("     Registered Brokers: 3") == 2, told
    member.resume()
    group.wait_until_healthy()
    registered(group)


def a_name_server_that_hangs_is_critical(group):
    hung, address = group.name_servers[0], name_servers(group)[0]
    hung.pause()
    status, line = monitor(group)
    assert status == CRITICAL and f"; NameServer {address} is down" in line and ", 3 brokers" in line, line
    hung.resume()
    registered(group)


def a_name_server_that_died_is_critical(group):
    dead, alive = group.name_servers[0], name_servers(group)[1]
    dead_address = name_servers(group)[0]
    dead.kill()
    status, line = monitor(group)
    assert status == CRITICAL and f"; NameServer {dead_address} is down" in line, line
    assert "; only 1 of 2 NameServers are alive" in line, line
    assert "3 brokers" in line, line  # The other one knows them.

    status, told = run([SCRIPTS / "check_nameserver.sh", *name_servers(group)], f"{group.tern} admin")
    assert status == CRITICAL, told
    assert told.splitlines() == [f"[FAIL] NameServer {dead_address} is down", f"[OK] NameServer {alive} is alive",
                                 "     Registered Brokers: 3"], told
    dead.start()
    dead.wait_until_ready()
    registered(group)


def the_script_of_the_documents_runs_as_it_is(group):
    addresses = "\n".join(f'    "{address}"' for address in [*name_servers(group), "127.0.0.1:1"])
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
        script.write(CHECK_NAMESERVER.format(addresses=addresses))
        script.flush()
        status, told = run(["bash", script.name])
    lines = told.splitlines()
    assert status == 0 and lines[-1] == "[FAIL] NameServer 127.0.0.1:1 is down", told
    for at, address in enumerate(name_servers(group)):
        assert lines[2 * at] == f"[OK] NameServer {address} is alive", told
        assert lines[2 * at + 1] == "     Registered Brokers: 3", told


def set_at(leader, group, **settings):
    for key, value in settings.items():
        called = run([group.tern, "admin", "updateBrokerConfig", "-b", leader.address, "-k", key, "-v", value])
        assert called[0] == 0, called


def a_member_that_is_far_behind_is_a_warning(group):
    leader = group.leader()
    member = next(member for member in group.members if member is not leader)
    # As slow as it goes: what is sent while the member is away takes it minutes.
    set_at(leader, group, maxHaTransferByteInSecond=65536, haFlowControlEnable="true")
    member.kill()
    sent = run([group.tern, "bench", "send", "--address", leader.address, "--messages", "15000", "--size", "2048"])
    assert sent[0] == 0, sent
    member.start()
    member.wait_until_ready()

    def behind():
        status, line = monitor(group)
        said = re.search(rf" (\d+) messages behind, disk \d+ %; broker-a: {member.name} is \1 messages behind$", line)
        return status == WARNING and said and int(said[1])
    figure = cluster.wait_for(behind, lambda: f"word of {member.name}: {monitor(group)}")
    assert 10_000 < figure < 16_000, figure  # So long a way is estimated.
    assert monitor(group, "-l", "16000")[0] == OK

    set_at(leader, group, haFlowControlEnable="false")
    group.wait_until_healthy()
    assert monitor(group)[0] == OK
    set_at(leader, group, maxHaTransferByteInSecond=104857600)


def a_trouble_is_posted(group):
    posted = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        assert monitor(group, "-u", url)[0] == OK and not posted
        status, line = monitor(group, "-b", "broker-b", "-u", url)
        server.shutdown()
    assert posted == [{"level": "CRITICAL", "message": line}], (status, posted)


def what_cannot_be_done_is_refused(group):
    for words in (["-l", "many"], ["-x"], ["more"]):
        assert monitor(group, *words)[0] == USAGE, words
    assert run([SCRIPTS / "monitor_cluster.sh"])[0] == USAGE
    assert run([SCRIPTS / "check_nameserver.sh"])[0] == USAGE


def a_slave_that_died_is_critical(pair):
    master, slave = pair.members
    slave.kill()
    cluster.wait_for(lambda: f"broker-a: {slave.name} is not linked to its leader {master.address}" in monitor(pair)[1],
                     lambda: f"word of {slave.name}: {monitor(pair)}")
    assert monitor(pair)[0] == CRITICAL
    slave.start()
    slave.wait_until_ready()
    pair.wait_until_healthy()
    registered(pair)


def a_slave_that_hangs_is_critical_and_far_behind(pair):
    master, slave = pair.members
    slave.pause()
    sent = run([pair.tern, "bench", "send", "--address", master.address, "--messages", "200", "--size", "128"])
    assert sent[0] == 0, sent
    status, line = monitor(pair, "-l", "100")
    assert status == CRITICAL and f"; broker-a ({slave.address}): does not answer" in line, line
    assert line.startswith("CRITICAL 2 of 2 NameServers, 1 groups, 2 brokers, 200 messages behind, "), line
    # Until its master has given the link up.
    assert re.search(rf"; broker-a: {slave.name} is (200 messages behind|not linked to its leader)", line), line
    slave.resume()
    pair.wait_until_healthy()
    registered(pair)
    assert monitor(pair)[0] == OK


def a_master_that_died_is_critical(pair):
    """Its slave answers, and no other takes over."""
    master = pair.members[0]
    master.kill()
    cluster.wait_for(lambda: "; broker-a: no master" in monitor(pair)[1], lambda: f"word of the master: {monitor(pair)}")
    status, line = monitor(pair, "-b", "broker-a")
    assert status == CRITICAL and ", 1 groups, 1 brokers, " in line, line
    master.start()
    master.wait_until_ready()
    pair.wait_until_healthy()
    registered(pair)


OF_A_GROUP = [a_cluster_that_is_well_is_one_line, a_group_that_is_not_there_is_critical,
              a_disk_that_is_too_full_is_critical, a_member_that_died_is_critical, a_member_that_hangs_is_critical,
              a_name_server_that_hangs_is_critical, a_name_server_that_died_is_critical,
              the_script_of_the_documents_runs_as_it_is, a_member_that_is_far_behind_is_a_warning, a_trouble_is_posted,
              what_cannot_be_done_is_refused]
OF_A_PAIR = [a_slave_that_died_is_critical, a_slave_that_hangs_is_critical_and_far_behind, a_master_that_died_is_critical]


if __name__ == "__main__":
    remembered = {"settings": {"brokerNotActiveTimeoutMillis": 60_000}}  # By the NameServers, while it hangs.
    sys.exit(cluster.run_sets((OF_A_GROUP, registered, remembered),
                              (OF_A_PAIR, registered, {"members": 2, "has_slaves": True, **remembered})))
