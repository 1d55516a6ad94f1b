"""Client threads that send one message after the other, each through the addresses of some members, by chance; and
one that commits offsets."""

import random
import threading
import time

import history
import wire

DEADLINE_S = 8.0  # Of a send: longer than any budget of a broker, so that who answers nothing is noticed.
PAUSE_AFTER_FAILURE_S = 0.02
STOP_DEADLINE_S = DEADLINE_S + 5


def body_for(key, chance, size_max):
    return key.encode() + b" " + chance.randbytes(chance.randrange(size_max))


class Producer(threading.Thread):
    """One thread, one connection a member, one send at a time, at most so many a second."""

    def __init__(self, name, members, topic, queues, log, seed, rate, size_max):
        super().__init__(name=name, daemon=True)
        self.addresses = {member.name: member.address for member in members}
        self.topic, self.queues, self.log = topic, queues, log
        self.chance = random.Random(f"{seed} {name}")
        self.interval_s, self.size_max = 1 / rate, size_max
        self.ending = threading.Event()
        self.failure = None

    def run(self):
        connections = {name: wire.Connection(address) for name, address in self.addresses.items()}
        number = 0
        try:
            while not self.ending.is_set():
                begun = time.monotonic()
                via = self.chance.choice(list(connections))
                if self.send(f"{self.name}-{number}", via, connections[via]):
                    self.ending.wait(max(begun + self.interval_s - time.monotonic(), 0))
                else:
                    self.ending.wait(PAUSE_AFTER_FAILURE_S)
                number += 1
        except Exception as failure:  # Told by the thread that asks for it.
            self.failure = failure
        finally:
            for connection in connections.values():
                connection.close()

    def send(self, key, via, connection):
        queue = self.chance.randrange(self.queues)
        body = body_for(key, self.chance, self.size_max)
        operation = self.log.begin(key, queue, body, via)
        try:
            operation.answered(connection.call(wire.SEND, wire.send_fields(self.topic, queue, key), body,
                                               deadline=wire.in_seconds(DEADLINE_S)))
        except wire.NotConnected as failure:
            operation.failed(history.NOT_CONNECTED, str(failure))
        except wire.WireError as failure:
            operation.failed(history.TIME_OUT if "in time" in str(failure) else history.RESET, str(failure))
        return operation.outcome == history.ACKNOWLEDGED

    def stop(self):
        self.ending.set()


class Committer(Producer):
    """Commits ever higher offsets of a group instead of sending, and asks for them; operations has both."""

    def __init__(self, name, members, topic, queues, group, seed, rate):
        super().__init__(name, members, topic, queues, None, seed, rate, 0)
        self.group, self.operations = group, []

    def send(self, key, via, connection):
        offset = int(key.rpartition("-")[2]) + 1 if self.chance.random() < 0.5 else None
        operation = history.OffsetOperation(self.chance.randrange(self.queues), offset, via)
        self.operations.append(operation)
        fields = wire.offset_fields(self.group, self.topic, operation.queue)
        request = (wire.QUERY_OFFSET, fields) if offset is None else (wire.UPDATE_OFFSET, fields | {"commitOffset": offset})
        try:
            operation.answered(connection.call(*request, deadline=wire.in_seconds(DEADLINE_S)))
        except wire.WireError:
            return False
        return True

    def counts(self):
        """Of commits that were acknowledged, and of questions that were answered."""
        return (sum(each.is_commit and each.code == wire.SUCCESS for each in self.operations),
                sum(not each.is_commit and each.offset is not None for each in self.operations))


def stop_all(producers):
    for producer in producers:
        producer.stop()
    for producer in producers:
        producer.join(STOP_DEADLINE_S)
        if producer.is_alive():
            raise wire.WireError(f"{producer.name} does not end")
        if producer.failure:
            raise producer.failure
