"""Many connections: silent ones, slow ones, ones that hold much and ones that vanish."""

import contextlib
import json
import struct
import tempfile
import time

from garbage import frame, header
from scenario import scenario
from target import Peer, TOPIC, Target, read, wait_for, wire

SILENT = 10_000
SILENT_KB = 8  # Each.
ALLOCATOR_MB = 8  # May be given back later, or be in use elsewhere.
SILENT_CPU = 0.05  # Of a core; docs/benchmarks.md has what it is on a quiet machine.
DESCRIPTORS = 512
BUSY_TOPICS = 60  # At once, a file each.
LISTENING = 1000  # Connections waiting to be accepted at a time.
UNFINISHED = 40  # Frames of nearly 16 MB: more than what all connections together may hold.
HELD_MB = 320
HEARTBEAT = 34


def connections(stack, port, count, **options):
    return [stack.enter_context(Peer(port, **options)) for _ in range(count)]


@scenario(memory_mb=SILENT * SILENT_KB / 1024)
def ten_thousand_silent_connections(target):
    with contextlib.ExitStack() as stack:
        before = target.broker.sockets()
        connections(stack, target.ports["broker"], SILENT)
        wait_for(lambda: target.broker.sockets() >= before + SILENT, "all are accepted")
        assert not target.client.account("rest")["wrong"]  # What it uses is not theirs.
        begun, cpu = time.monotonic(), target.broker.cpu_s()
        time.sleep(2)
        share = (target.broker.cpu_s() - cpu) / (time.monotonic() - begun)
        assert share <= SILENT_CPU, f"{share:.1%} of a core"


@scenario(memory_mb=SILENT * SILENT_KB / 1024)
def five_thousand_silent_connections_to_each_port(target):
    with contextlib.ExitStack() as stack:
        for name in "fast", "namesrv", "members":
            connections(stack, target.ports[name], SILENT // 2)


@scenario(memory_mb=8)
def more_connections_than_the_system_allows(_):
    """On servers of their own, which it allows few: the store still gets the files that it needs."""
    with tempfile.TemporaryDirectory(prefix="tern-hostile-") as directory, Target(directory, descriptors=DESCRIPTORS) as few, \
            contextlib.ExitStack() as stack:
        ports = few.ports.values()
        known = wire.Connection(few.address)  # From before the crowd came.
        stack.callback(known.close)
        assert known.call(wire.CREATE_TOPIC, wire.topic_fields(TOPIC, 4), deadline=wire.in_seconds(20)).code == 0
        for port in ports:
            connections(stack, port, DESCRIPTORS)
        for i in range(BUSY_TOPICS):
            answer = known.call(wire.SEND, wire.send_fields(f"New{i}", 0, "k"), b"x",
                                deadline=wire.in_seconds(20))
            assert answer.code == 0, f"{i}: {answer}"
        offset = known.call(30, {"topic": f"New{BUSY_TOPICS - 1}", "queueId": 0}, deadline=wire.in_seconds(20))
        assert offset.fields["offset"] == "1", offset
        for server in few.broker, few.namesrv:
            assert server.process.poll() is None, few.tails()
            assert server.lines("connections_refused") and server.lines("descriptors_are_few"), few.tails()


@scenario(memory_mb=48)
def connections_that_said_something_once(target):
    """Afterwards they hold no more than silent ones, whatever the size of what they said."""
    count = 500

    def say(stack):
        for peer in connections(stack, target.ports["broker"], count):
            # As large as may be without counting as large: read buffers grow up to here.
            peer.tell(frame(header(99_999), b"x" * 200_000))
            assert peer.answer().code == 3
    with contextlib.ExitStack() as stack:
        say(stack)  # What the allocator keeps for the next ones is no connection's.
    before = target.broker.anonymous_mb()
    with contextlib.ExitStack() as stack:
        say(stack)
        grown = count * SILENT_KB / 1024 + ALLOCATOR_MB  # With their buffers it were 100.
        wait_for(lambda: target.broker.anonymous_mb() - before <= grown,
                 lambda: f"{target.broker.anonymous_mb() - before:.1f} MB more, {grown:.1f} may be")


@scenario(memory_mb=HELD_MB)
def frames_that_are_never_finished(target):
    with contextlib.ExitStack() as stack:
        for name in "broker", "fast":
            for peer in connections(stack, target.ports[name], UNFINISHED // 2):
                peer.socket.settimeout(0.2)  # Who waits for the others to get out of the way waits longer.
                peer.tell(struct.pack(">iI", wire.FRAME_MAX - 4, 100) + bytes(wire.FRAME_MAX - 4096))
        wait_for(lambda: "while all hold too many" in target.broker.log.read_text(), "one was closed")


@scenario(memory_mb=HELD_MB)
def readers_that_read_nothing(target):
    """They ask for much more than they take: their connections wait, those of others do not."""
    for _ in range(64):
        assert target.send(b"y" * 250_000, queue=3).code == 0
    pull, _ = wire.encode(wire.PULL, wire.pull_fields("hostile", TOPIC, 3, 0), b"")
    with contextlib.ExitStack() as stack:
        for peer in connections(stack, target.ports["broker"], 100, receive_buffer=4096):
            peer.socket.settimeout(0.05)
            peer.tell(pull * 200)
        time.sleep(1)


@scenario(memory_mb=32)
def clients_that_vanish_in_the_middle_of_a_frame(target):
    whole, _ = wire.encode(wire.SEND, wire.send_fields(TOPIC, 1, "k"), b"z" * 100_000)
    before = int(target.ask("broker", 30, {"topic": TOPIC, "queueId": 1}).fields["offset"])
    for name, port in target.ports.items():
        for at in (1, 3, 4, 7, 8, 100, 400, 50_000, len(whole) - 1):
            for leave in Peer.vanish, lambda peer: peer.socket.close():
                peers = [Peer(port) for _ in range(5)]
                for peer in peers:
                    peer.tell(whole[:at])
                    leave(peer)
    answer = target.ask("broker", 30, {"topic": TOPIC, "queueId": 1})
    assert int(answer.fields["offset"]) == before, "a message of which only a part came was stored"
    # Gone before its answer: stored, and nobody is troubled.
    for _ in range(20):
        peer = Peer(target.ports["broker"])
        peer.tell(whole)
        peer.vanish()


@scenario(memory_mb=16)
def frames_byte_by_byte(target):
    """Patience for the slow, until a frame takes too long."""
    data, _ = wire.encode(wire.RUNTIME_INFO, {})
    with Peer(target.ports["broker"]) as peer:
        for i in range(len(data)):
            peer.tell(data[i:i + 1])
        assert peer.answer().code == 0


@scenario(memory_mb=64)
def questions_without_end(target):
    """Thousands on one connection, none of whose answers is read before all are asked."""
    question, _ = wire.encode(99_999, {})
    for name in "broker", "fast", "namesrv":
        with Peer(target.ports[name]) as peer:
            peer.socket.settimeout(0.5)
            peer.tell(question * 300_000)
            assert peer.hears(), f"{name}: nothing was answered"


@scenario(memory_mb=HELD_MB)
def clients_of_more_and_more_groups(target):
    def heartbeat(name, groups, padding=""):
        named = [{"groupName": f"{name}-{i}"} for i in range(groups)]
        return json.dumps({"clientID": name, "producerDataSet": named, "consumerDataSet": [], "padding": padding}).encode()
    answer = target.ask("broker", HEARTBEAT, {}, heartbeat("x", 1025))
    assert answer.code == 29 and "1025 groups" in answer.remark, answer
    with contextlib.ExitStack() as stack:
        # As long as nobody knows more of them than fits into 64 MB.
        codes = []
        for i in range(100):
            connection = wire.Connection(target.address)
            stack.callback(connection.close)
            answer = connection.call(HEARTBEAT, {}, heartbeat(f"client{i}", 1000, "p" * 900_000), deadline=wire.in_seconds(20))
            codes.append(answer.code)
            assert answer.code == 0 or answer.remark, answer
        assert codes[:60] == [0] * 60 and codes[-1] == 2, codes
    # Those that are gone make room.
    wait_for(lambda: target.ask("broker", HEARTBEAT, {}, heartbeat("y", 1000)).code == 0, "others may come")
    # One that has ever other groups is in no more than the first.
    connection = wire.Connection(target.address)
    for i in range(20):
        assert connection.call(HEARTBEAT, {}, heartbeat(f"turn{i}", 1000), deadline=wire.in_seconds(20)).code == 0
    producers = read(target.ask("broker", 328, {}).body)["data"]
    connection.close()
    assert sum(name.startswith("turn") for name in producers) <= 1024, len(producers)
