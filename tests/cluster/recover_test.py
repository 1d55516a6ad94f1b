#!/usr/bin/env python3
"""tern recover-group: a group of three brokers loses two of them for good and goes on from the one that is left.

  tests/cluster/recover_test.py

One story, told step by step; each is a test that needs those before it. $TERN names another program than
build/release/tern. The last line is "N passed, N failed, N skipped".
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import cluster
import history
import wire

TOPIC, QUEUES, READERS = "RecoverTopic", 4, "RecoverReaders"
SEND_DEADLINE_S = 5
DEADLINE_S = 30
EXIT_SETTINGS, EXIT_NOT_CONFIRMED, EXIT_STORE = 1, 2, 3


class Story:
    def __init__(self, group):
        self.group = group
        self.left, *self.lost = group.members  # Who is left, and who is lost for good.
        self.acknowledged = {}  # Key -> queue, offset, of what has to be there at the end.
        self.price = set()  # Keys that were acknowledged by the lost members without the one that is left.
        self.sent = 0
        self.all_peers = self.setting(self.left, "dLegerPeers")

    def setting(self, member, key):
        lines = (member.directory / "broker.conf").read_text().splitlines()
        return next(line.partition("=")[2] for line in lines if line.startswith(key + "="))

    def write_peers(self, member, peers):
        file = member.directory / "broker.conf"
        file.write_text(file.read_text().replace("dLegerPeers=" + self.setting(member, "dLegerPeers"),
                                                 "dLegerPeers=" + peers))

    def peers(self, *members):
        entries = self.all_peers.split(";")
        return ";".join(entries[member.number] for member in members)

    def sends(self, member, count):
        """Through that member; gives the keys of those that were acknowledged, which have to be there from now on."""
        connection = wire.Connection(member.address)
        keys = set()
        for _ in range(count):
            key, queue = f"key-{self.sent}", self.sent % QUEUES
            self.sent += 1
            answer = connection.call(wire.SEND, wire.send_fields(TOPIC, queue, key), key.encode(),
                                     deadline=wire.in_seconds(SEND_DEADLINE_S))
            if answer.code == wire.SUCCESS:
                keys.add(key)
                self.acknowledged[key] = queue, int(answer.fields["queueOffset"])
        connection.close()
        return keys

    def check(self, member):
        """What was acknowledged is at its place there, once, and nothing of the price is there."""
        drained = history.drain(member.address, TOPIC, QUEUES, READERS)
        found = {}
        for message in (message for messages in drained.values() for message in messages):
            assert message.key not in found, f"{message.key} twice at {member.name}"
            found[message.key] = message.queue, message.offset
            assert message.body == message.key.encode(), message.key
        wrong = {key: (place, found.get(key)) for key, place in self.acknowledged.items() if found.get(key) != place}
        assert not wrong, f"at {member.name}: {wrong}"
        assert not self.price & found.keys(), f"at {member.name}: {self.price & found.keys()}"

    def recovers(self, *words, typed=""):
        return subprocess.run([self.group.tern, "recover-group", "-c", str(self.left.directory / "broker.conf"), *words],
                              input=typed, capture_output=True, text=True, timeout=DEADLINE_S)

    def shown(self):
        done = self.recovers("--show", "--json")
        assert done.returncode == 0, done
        return json.loads(done.stdout)

    def leads(self, member):
        cluster.wait_for(lambda: member.info().get("groupRole") == "LEADER", lambda: self.group.standing())

    def master_in_routes(self):
        found = set()
        for server in self.group.name_servers:
            connection = wire.Connection(server.address)
            found.add(wire.route(connection, TOPIC, wire.in_seconds(1)).get(0))
            connection.close()
        return found


def refused(done, status, words):
    assert done.returncode == status and words in done.stderr, done


def while_a_broker_runs_its_store_is_left_alone(story):
    refused(story.recovers("--yes"), EXIT_STORE, "stop it first")


def two_of_three_are_lost_with_what_only_they_had(story):
    story.sends(story.group.leader(), 40)
    story.group.wait_until_healthy(0)
    if story.group.leader() is story.left:
        story.group.call(story.left.address, wire.TRANSFER_LEADER, {})
        cluster.wait_for(lambda: story.group.leader() not in (None, story.left), lambda: story.group.standing())
    story.left.kill()
    before = dict(story.acknowledged)
    story.price = story.sends(cluster.wait_for(story.group.leader, "a leader of two"), 10)
    assert len(story.price) == 10, story.price
    story.acknowledged = before
    for member in story.lost:
        member.kill()
    story.left.start()
    story.left.wait_until_ready()
    answer = wire.Connection(story.left.address).call(wire.SEND, wire.send_fields(TOPIC, 0, "none"), b"none",
                                                      deadline=wire.in_seconds(SEND_DEADLINE_S))
    assert answer.code != wire.SUCCESS, answer


def nothing_is_done_that_the_settings_do_not_say(story):
    story.left.terminate()
    assert story.left.wait_until_ended() == 0
    before = story.shown()
    assert before["formerPeers"] == story.all_peers and before["self"] == "n0" and before["logEnd"] > 0, before
    refused(story.recovers("--yes"), EXIT_SETTINGS, "elect a leader by themselves")
    story.write_peers(story.left, story.peers(story.left))
    story.left.start()
    assert story.left.process.wait(DEADLINE_S) != 0
    assert "tern recover-group" in story.left.log.read_text(), story.left.tail()
    assert story.shown() == before | {"peers": story.peers(story.left)}


def nothing_is_done_until_the_groups_name_is_typed(story):
    before = story.shown()
    for typed in "", "yes\n", "broker-b\n":
        refused(story.recovers(typed=typed), EXIT_NOT_CONFIRMED, "nothing was changed")
    refused(story.recovers("--json"), EXIT_SETTINGS, "--yes")
    assert story.shown() == before


def the_one_that_is_left_goes_on_alone_with_all_it_had(story):
    before = story.shown()
    done = story.recovers(typed="broker-a\n")
    assert done.returncode == 0 and "What next" in done.stdout and "are lost" in done.stdout, done
    after = story.shown()
    assert after["id"] != before["id"] and after["term"] >= before["term"] + 1000000, (before, after)
    (account,) = (story.left.directory / "store" / "tern" / "recoveries").read_text().splitlines()
    assert json.loads(account)["id"] == after["id"] and json.loads(account)["idBefore"] == before["id"], account
    story.left.start()
    story.leads(story.left)
    cluster.wait_for(lambda: len(story.sends(story.left, 10)) == 10, lambda: story.left.tail(), DEADLINE_S)
    story.check(story.left)


def the_lost_ones_together_do_not_take_the_route(story):
    cluster.wait_for(lambda: story.master_in_routes() == {story.left.address}, "the route of the one that is left")
    for member in story.lost:
        member.start()
    zombie = cluster.wait_for(lambda: next((member for member in story.lost
                                            if member.info().get("groupRole") == "LEADER"), None),
                              lambda: story.group.standing())
    assert int(zombie.info()["groupTerm"]) < int(story.left.info()["groupTerm"])
    since = time.monotonic()
    while time.monotonic() - since < 2:  # Leaders register at once.
        assert story.master_in_routes() == {story.left.address}, story.master_in_routes()
    assert len(story.sends(story.left, 5)) == 5
    for member in story.lost:
        member.kill()


def a_lost_one_with_its_store_is_not_let_in(story):
    back, new = story.lost
    story.left.terminate()
    assert story.left.wait_until_ended() == 0
    shutil.rmtree(new.directory / "store")
    for member in story.group.members:
        story.write_peers(member, story.all_peers)
        member.start()
    for member in story.group.members:
        member.wait_until_ready()
    cluster.wait_for(lambda: story.left.logged("with ids") or back.logged("with ids"),
                     lambda: story.left.tail() + back.tail())
    since = time.monotonic()
    while time.monotonic() - since < 2:  # Several times as long as an election takes.
        assert story.group.leader() is None, story.group.standing()
    back.kill()
    shutil.rmtree(back.directory / "store")
    back.start()
    story.group.wait_until_healthy()


def a_group_of_three_again_has_it_all(story):
    assert len(story.sends(story.group.leader(), 20)) == 20
    story.group.wait_until_healthy(0)
    for member in story.group.members:
        story.check(member)
    story.group.leader().kill()
    story.group.wait_for_leader()
    standing = [member for member in story.group.members if member.is_up()]
    for member in standing:
        story.check(member)
    assert len(story.sends(story.group.leader(), 5)) == 5


TESTS = [while_a_broker_runs_its_store_is_left_alone, two_of_three_are_lost_with_what_only_they_had,
         nothing_is_done_that_the_settings_do_not_say, nothing_is_done_until_the_groups_name_is_typed,
         the_one_that_is_left_goes_on_alone_with_all_it_had, the_lost_ones_together_do_not_take_the_route,
         a_lost_one_with_its_store_is_not_let_in, a_group_of_three_again_has_it_all]


def main():
    passed = 0
    with tempfile.TemporaryDirectory(prefix="tern-recover-") as directory, cluster.Cluster(directory) as group:
        group.start()
        group.create_topic(TOPIC, QUEUES)
        group.create_group(READERS)
        story = Story(group)
        for test in TESTS:
            try:
                test(story)
                passed += 1
                print(f"PASS {test.__name__}", flush=True)
            except (AssertionError, cluster.ClusterFailed, wire.WireError, subprocess.SubprocessError, OSError,
                    ValueError):
                print(f"FAIL {test.__name__}: {traceback.format_exc(limit=-3)}\n{group.standing()}\n{group.tails()}",
                      flush=True)
                break
    failed = int(passed < len(TESTS))
    print(f"{passed} passed, {failed} failed, {len(TESTS) - passed - failed} skipped")
    return failed


if __name__ == "__main__":
    sys.exit(main())
