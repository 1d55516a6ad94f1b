#!/usr/bin/env python3
"""One store, opened in turn by TernMQ and by the stock Java broker: whoever has it finds what the other left.

  tests/stock/store_swap.py               with Java 5.5.0 and with 4.9.7
  tests/stock/store_swap.py 5.5.0         with one of them

Everything is asked of the running broker, by our own command line. Prints a line a scenario, at last
"N passed, N failed, N skipped".
"""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import servers

TOPIC = "Swapped"
MESSAGES = 600
DEADLINE_S = 120
REGISTRATION_DEADLINE_S = 20


class Store:
    """A directory that one broker after the other works on."""

    def __init__(self, directory):
        self.directory = directory

    def opened_by(self, kind):
        return servers.start(kind, self.directory)


def tern(*arguments):
    result = subprocess.run([str(servers.ROOT / "build" / "release" / "tern"), *arguments], capture_output=True, text=True,
                            stdin=subprocess.DEVNULL, timeout=DEADLINE_S)
    if result.returncode != 0:
        raise AssertionError(f"tern {' '.join(arguments)}: {result.stdout}{result.stderr}")
    return result.stdout


def admin(cluster, command, *arguments):
    return json.loads(tern("admin", command, "-n", cluster.namesrv, *arguments, "--json"))


def sends_and_checks(cluster, messages=MESSAGES):
    """With keys; proves that each is read as it was sent."""
    tern("check", "-n", cluster.namesrv, "-t", TOPIC, "--messages", str(messages), "--quiet")


def makes_topic(cluster):
    wait_for_topic(cluster, "DefaultCluster")  # Each broker has one of its cluster's name.
    tern("admin", "updateTopic", "-n", cluster.namesrv, "-c", "DefaultCluster", "-t", TOPIC, "-r", "4", "-w", "4")


def wait_for_topic(cluster, topic=TOPIC):
    """A broker that says that it has started may still be registering."""
    deadline = time.monotonic() + REGISTRATION_DEADLINE_S
    while topic not in admin(cluster, "topicList"):
        expect(time.monotonic() < deadline, f"{topic} is not registered after {REGISTRATION_DEADLINE_S} s")
        time.sleep(0.1)


def content(cluster):
    """Body and keys of every message, by queue and offset."""
    wait_for_topic(cluster)
    messages = admin(cluster, "consumeMessage", "-t", TOPIC, "-c", "100000")
    return {(each["queueId"], each["queueOffset"]): (each["body"], each["properties"]["KEYS"]) for each in messages}


def by_key(cluster, key):
    return admin(cluster, "queryMsgByKey", "-t", TOPIC, "-k", key)


def goes_there_and_back(version, directory):
    store = Store(directory)
    with store.opened_by("tern") as cluster:
        makes_topic(cluster)
        sends_and_checks(cluster)
        ours = content(cluster)
    expect(len(ours) == MESSAGES, f"{len(ours)} of {MESSAGES} messages before the swap")
    with store.opened_by(f"java-{version}") as cluster:
        expect_same(content(cluster), ours, "Java reads our store")
        key = next(iter(ours.values()))[1]
        expect(len(by_key(cluster, key)) == 1, f"Java finds {key} in our index")
        sends_and_checks(cluster)
        both = content(cluster)
    expect(len(both) == 2 * MESSAGES, f"{len(both)} messages after Java wrote")
    with store.opened_by("tern") as cluster:
        expect_same(content(cluster), both, "we read what Java added")
        key = [keys for _, keys in both.values()][-1]
        expect(len(by_key(cluster, key)) == 1, f"we find {key} in Java's index")
        sends_and_checks(cluster)
        expect(len(content(cluster)) == 3 * MESSAGES, "and go on behind it")


def survives_our_kill(version, directory):
    """Java recovers a store whose last owner, we, was killed."""
    store = Store(directory)
    with store.opened_by("tern") as cluster:
        makes_topic(cluster)
        sends_and_checks(cluster)
        ours = content(cluster)
        kill(cluster)
    with store.opened_by(f"java-{version}") as cluster:
        expect_same(content(cluster), ours, "Java reads our store")
        sends_and_checks(cluster)


def survives_javas_kill(version, directory):
    """And we one whose last owner was Java."""
    store = Store(directory)
    with store.opened_by(f"java-{version}") as cluster:
        makes_topic(cluster)
        sends_and_checks(cluster)
        javas = content(cluster)
        kill(cluster)
    with store.opened_by("tern") as cluster:
        expect_same(content(cluster), javas, "we read Java's store")
        sends_and_checks(cluster)


def kill(cluster):
    broker = cluster.servers[-1].process
    broker.send_signal(signal.SIGKILL)
    broker.wait()


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def expect_same(found, expected, what):
    missing = [place for place in expected if place not in found]
    changed = [place for place in expected if place in found and found[place] != expected[place]]
    added = [place for place in found if place not in expected]
    expect(not missing and not changed and not added,
           f"{what}: {len(missing)} missing, {len(changed)} changed, {len(added)} too many; "
           f"for instance {(missing + changed + added)[:3]}")


SCENARIOS = [goes_there_and_back, survives_our_kill, survives_javas_kill]


def main():
    versions = sys.argv[1:] or ["5.5.0", "4.9.7"]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    failed = 0
    for version in versions:
        for scenario in SCENARIOS:
            name = f"{scenario.__name__} {version}"
            with tempfile.TemporaryDirectory(prefix="tern-swap-") as directory:
                try:
                    scenario(version, pathlib.Path(directory))
                    print(f"PASS {name}", flush=True)
                except (AssertionError, servers.ServerFailed, subprocess.TimeoutExpired) as problem:
                    failed += 1
                    print(f"FAIL {name}: {problem}", flush=True)
    total = len(versions) * len(SCENARIOS)
    print(f"{total - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
