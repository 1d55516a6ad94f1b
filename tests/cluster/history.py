"""What clients did, what they were told, and whether the group kept its word.

An operation is one send. Its outcome follows from the code: acknowledged, refused (it is not in the log and never will
be) or unknown. At the end every queue of every member is read from front to back and held against the operations.
"""

import collections
import threading
import time
import zlib

import wire

ACKNOWLEDGED, REFUSED, UNKNOWN = "acknowledged", "refused", "unknown"
LOST = "every acknowledged message"  # Is in the name of each rule that is broken by a loss.
OUTCOMES = [ACKNOWLEDGED, REFUSED, UNKNOWN]
REFUSALS = {2, 13, 14, 16, 17, 29}
AMBIGUOUS = {1, 10, 11, 12}
TIME_OUT, RESET, NOT_CONNECTED, NOT_ENDED = "time-out", "reset", "not connected", "not ended"
SHOWN = 5  # Violations of one rule that are told; the others are counted.
PULL_DEADLINE_S = 30
NO_OFFSET = -1  # What a group has that never committed one.


class Operation:
    __slots__ = ("key", "queue", "size", "crc", "via", "begun", "ended", "code", "offset", "told_queue", "remark",
                 "requests")

    def __init__(self, key, queue, body, via):
        self.key, self.queue, self.via = key, queue, via
        self.size, self.crc = len(body), zlib.crc32(body)
        self.begun, self.ended = time.monotonic(), None
        self.code, self.offset, self.told_queue, self.remark = NOT_ENDED, None, None, ""
        self.requests = 1  # Stock clients send again by themselves what they get no answer for.

    def answered(self, answer):
        self.ended = time.monotonic()
        self.code, self.remark = answer.code, answer.remark
        if answer.code == wire.SUCCESS:
            self.offset = int(answer.fields["queueOffset"])
            self.told_queue = int(answer.fields["queueId"])

    def failed(self, code, remark=""):
        self.ended = time.monotonic()
        self.code, self.remark = code, remark

    @property
    def outcome(self):
        if self.code == wire.SUCCESS:
            return ACKNOWLEDGED
        return REFUSED if self.code in REFUSALS or self.code == NOT_CONNECTED else UNKNOWN

    def __str__(self):
        told = f"offset {self.offset}" if self.offset is not None else f"{self.code} {self.remark}".rstrip()
        return f"{self.key} (queue {self.queue}, through {self.via}, {told})"


class History:
    """Operations of all clients. Each adds its own; nobody changes another's."""

    def __init__(self):
        self.operations = []
        self.lock = threading.Lock()

    def begin(self, key, queue, body, via):
        operation = Operation(key, queue, body, via)
        with self.lock:
            self.operations.append(operation)
        return operation

    def since(self, count):
        """Those behind the first so many; with a negative number the last so many."""
        with self.lock:
            return self.operations[count:]

    def __len__(self):
        return len(self.operations)

    def counts(self):
        """How often each outcome was, and each code."""
        outcomes = collections.Counter(operation.outcome for operation in self.operations)
        codes = collections.Counter(str(operation.code) for operation in self.operations)
        return outcomes, codes

    def unexpected_codes(self):
        """Codes that no rule names; they are counted as unknown."""
        known = REFUSALS | AMBIGUOUS | {wire.SUCCESS, TIME_OUT, RESET, NOT_CONNECTED, NOT_ENDED}
        return sorted({str(operation.code) for operation in self.operations if operation.code not in known})


def drain(address, topic, queues, group, first_queue=0):
    """Every message of the topic as one member gives it: by queue, counted from a number on, in the order of their offsets."""
    connection = wire.Connection(address)
    try:
        found = {first_queue + queue: drain_queue(connection, topic, queue, group) for queue in range(queues)}
    finally:
        connection.close()
    for messages in found.values():
        for message in messages:
            message.queue += first_queue
    return found


def drain_queue(connection, topic, queue, group):
    found = []
    offset = 0
    while True:
        answer = connection.call(wire.PULL, wire.pull_fields(group, topic, queue, offset),
                                 deadline=wire.in_seconds(PULL_DEADLINE_S))
        if answer.code == wire.SUCCESS:
            pulled = wire.messages(answer.body)
            if not pulled:
                raise wire.WireError(f"queue {queue} at {offset}: found, and no message")
            found += pulled
            offset = pulled[-1].offset + 1
        elif answer.code == wire.PULL_NOT_FOUND:
            return found
        elif answer.code in (wire.PULL_RETRY, wire.PULL_OFFSET_MOVED):
            offset = advanced(queue, offset, answer)
            if offset is None:
                return found
        else:
            raise wire.WireError(f"pull of queue {queue} at {offset} from {connection.address}: {answer}")


def advanced(queue, offset, answer):
    """Where the broker sends a pull that found nothing at its place; None at the end of an empty queue."""
    target = int(answer.fields["nextBeginOffset"])
    if target == offset and int(answer.fields["maxOffset"]) == offset:
        return None
    if target <= offset and answer.code != wire.PULL_OFFSET_MOVED:
        raise wire.WireError(f"queue {queue} at {offset}: sent back to {target} ({answer})")
    return target


class OffsetOperation:
    """A commit of a group's offset in a queue, or a question for it, when none is given."""

    def __init__(self, queue, offset, via):
        self.queue, self.via, self.is_commit = queue, via, offset is not None
        self.offset = offset  # That of a question is known when it has been answered.
        self.begun, self.ended = time.monotonic(), None
        self.code = NOT_ENDED

    def answered(self, answer):
        self.ended, self.code = time.monotonic(), answer.code
        if not self.is_commit and answer.code in (wire.SUCCESS, wire.QUERY_NOT_FOUND):
            self.offset = int(answer.fields["offset"]) if answer.code == wire.SUCCESS else NO_OFFSET

    def __str__(self):
        return f"{self.offset} {'committed' if self.is_commit else 'answered'} for queue {self.queue} through {self.via}"


class Calm:
    """Of each member of a master with slaves, when it and the master ran and nothing stood between them."""

    def __init__(self):
        self.begun, self.spans = {}, collections.defaultdict(list)

    def begins(self, names):
        """As far as it does not last already."""
        for name in names:
            self.begun.setdefault(name, time.monotonic())

    def ends(self, names):
        for name in names:
            if name in self.begun:
                self.spans[name].append((self.begun.pop(name), time.monotonic()))

    def of(self, name):
        return [*self.spans[name], *((begun, float("inf")) for begun in [self.begun.get(name)] if begun is not None)]


def offset_rules(operations):
    """(rule, its violations as text) of a group that nobody resets and whose commits are all different."""
    back = [violation for answers, commits in queues_asked(operations) for violation in offsets_back(answers, commits)]
    return [("no question for a group's offset is answered with less than one before it", back),
            ("no group has an offset that nobody committed", list(foreign_offsets(operations)))]


def slave_offset_rules(operations, master, calm, stands, healed):
    """The same of a master with slaves. Without its master a slave answers as it knows, and keeps for the master what is
    committed to it; stands(answer) says whether what it answered may not be forgotten. healed are the last operations: the
    questions to all members when nothing happens any more."""
    at_one_place, in_the_end = [], []
    for answers, commits in queues_asked(operations):
        places = [[answer for answer in answers if answer.via == master]]
        for name in sorted({answer.via for answer in answers} - {master}):
            places += [[answer for answer in answers if answer.via == name and begun < answer.begun and answer.ended < ended]
                       for begun, ended in calm.of(name)]
        at_one_place += [violation for place in places for violation in offsets_back(place, commits)]
        before = [answer for answer in answers if answer not in healed and (answer.via == master or stands(answer))]
        highest = sorted(before, key=lambda answer: answer.offset)[-1:]
        in_the_end += offsets_back([*highest, *(answer for answer in answers if answer in healed)], commits)
    return [("a member that has its master answers no question for a group's offset with less than before", at_one_place),
            ("a healed group answers no question for a group's offset with less than any member before", in_the_end),
            ("no group has an offset that nobody committed", list(foreign_offsets(operations)))]


def queues_asked(operations):
    """Of each queue the questions that were answered, and the commits by offset: one without an answer is tried again."""
    by_queue = collections.defaultdict(lambda: ([], collections.defaultdict(list)))
    for operation in operations:
        answers, commits = by_queue[operation.queue]
        if operation.is_commit:
            commits[operation.offset].append(operation)
        elif operation.offset is not None:
            answers.append(operation)
    return by_queue.values()


def foreign_offsets(operations):
    for answers, commits in queues_asked(operations):
        for answer in answers:
            if answer.offset > 0 and all(commit.begun > answer.ended for commit in commits[answer.offset]):
                yield str(answer)


def offsets_back(answers, commits):
    for answer, highest in with_highest_before(answers):
        if answer.offset < highest.offset and not any(is_late(commit, highest) for commit in commits[answer.offset]):
            yield f"{answer}, begun {answer.begun - highest.ended:.3f} s after {highest}"


def with_highest_before(operations):
    """Each with the one of the highest offset among those that had ended when it began; without those that were first."""
    ended = sorted(operations, key=lambda operation: operation.ended)
    highest, behind = None, 0
    for operation in sorted(operations, key=lambda operation: operation.begun):
        while behind < len(ended) and ended[behind].ended < operation.begun:
            if highest is None or ended[behind].offset > highest.offset:
                highest = ended[behind]
            behind += 1
        if highest:
            yield operation, highest


def is_late(commit, answer):
    """Without an acknowledgement it may take its effect at any time, also after higher ones."""
    return commit.code != wire.SUCCESS or commit.ended > answer.begun


class Account:
    """The operations held against what each member has: {member's name: {queue: [message]}}."""

    def __init__(self, history, topic, copies, expires=False):
        self.expires = expires  # Whether queues may have lost their front.
        self.operations = {operation.key: operation for operation in history.operations}
        self.topic = topic
        self.copies = copies
        self.begins = {name: {queue: self.first_offset(found) for queue, found in queues.items()}
                       for name, queues in copies.items()}
        # By member and key, where it lies.
        self.places = {name: self.index(queues) for name, queues in copies.items()}

    def first_offset(self, found):
        return found[0].offset if self.expires and found else 0

    @staticmethod
    def index(queues):
        places = collections.defaultdict(list)
        for queue, found in queues.items():
            for message in found:
                places[message.key].append((queue, message.offset))
        return places

    def rules(self):
        """(rule, its violations as text) of each."""
        return [
            (f"{LOST} is there, at the offset that was told", list(self.lost())),
            ("no message is there more often than it was sent", list(self.doubled())),
            ("no message is there that nobody sent", list(self.foreign())),
            ("no refused message is there", list(self.refused())),
            ("the bodies are those that were sent", list(self.damaged())),
            ("queues have no gaps", list(self.gaps())),
            ("all members have the same messages", list(self.differences())),
            ("what was sent after an acknowledgement lies behind it", list(self.disorder())),
        ]

    def lost(self):
        for operation in self.operations.values():
            if operation.outcome != ACKNOWLEDGED:
                continue
            told = (operation.told_queue, operation.offset)
            if operation.told_queue != operation.queue:
                yield f"{operation} was put into queue {operation.told_queue}"
            for name, places in self.places.items():
                if told not in places.get(operation.key, ()) and operation.offset >= self.begins[name][told[0]]:
                    found = places.get(operation.key)
                    yield f"{operation} " + (f"lies at {found} of {name}" if found else f"is not at {name}")

    def doubled(self):
        for name, places in self.places.items():
            for key, found in places.items():
                operation = self.operations.get(key)
                if len(found) > (operation.requests if operation else 1):
                    yield f"{operation or key} lies at {found} of {name}"

    def stored_again(self):
        """How many messages are there more than once, as they may be when they were sent again."""
        return max(sum(len(found) > 1 for found in places.values()) for places in self.places.values())

    def foreign(self):
        for name, queues in self.copies.items():
            for queue, found in queues.items():
                for message in found:
                    if message.key not in self.operations or message.topic != self.topic:
                        yield (f"queue {queue} offset {message.offset} of {name}: key {message.key}, topic "
                               f"{message.topic}, {len(message.body)} bytes")

    def refused(self):
        for name, places in self.places.items():
            for key, found in places.items():
                operation = self.operations.get(key)
                if operation and operation.outcome == REFUSED:
                    yield f"{operation} lies at {found} of {name}"

    def damaged(self):
        for name, queues in self.copies.items():
            for queue, found in queues.items():
                for message in found:
                    operation = self.operations.get(message.key)
                    if operation and (len(message.body), zlib.crc32(message.body)) != (operation.size, operation.crc):
                        yield f"{operation} at queue {queue} offset {message.offset} of {name}: another body"

    def gaps(self):
        for name, queues in self.copies.items():
            for queue, found in queues.items():
                for at, message in enumerate(found, self.begins[name][queue]):
                    if message.offset != at or message.queue != queue:
                        yield (f"{name}: message {at} of queue {queue} says that it is {message.offset} of queue "
                               f"{message.queue}")
                        break

    def differences(self):
        (first, reference), *others = self.copies.items()
        for name, queues in others:
            for queue, expected in reference.items():
                begin = max(self.begins[name][queue], self.begins[first][queue])
                mine, theirs = ([(message.offset, message.key, message.position) for message in found
                                 if message.offset >= begin] for found in (queues[queue], expected))
                if mine != theirs:
                    at = next((at for at, pair in enumerate(zip(mine, theirs)) if pair[0] != pair[1]),
                              min(len(mine), len(theirs)))
                    yield f"queue {queue}: {name} has {len(mine)}, {first} {len(theirs)}; they part at {at}"

    def disorder(self):
        """A producer's next send begins after the last has ended; so does anybody's who knows of it."""
        by_queue = collections.defaultdict(list)
        for operation in self.operations.values():
            if operation.outcome == ACKNOWLEDGED:
                by_queue[operation.queue].append(operation)
        for operations in by_queue.values():
            for operation, highest in with_highest_before(operations):
                if operation.offset <= highest.offset:
                    yield f"{operation} was begun after {highest} had been acknowledged"


class KeyOrder:
    """Numbered messages of each key: what was accepted, one after the other, and what came, in the order of first arrivals."""

    def __init__(self):
        self.sent, self.got = collections.defaultdict(list), collections.defaultdict(dict)
        self.queues = collections.defaultdict(set)
        self.holders, self.moves = {}, 0  # The consumer that a queue's last message came to, and how often that was another one.
        self.shared = []

    def was_sent(self, key, number, queue):
        self.sent[key].append(number)
        self.queues[key].add(queue)

    def came(self, key, number, queue, consumer=0):
        self.got[key].setdefault(number)
        self.queues[key].add(queue)
        self.moves += self.holders.get(queue, consumer) != consumer
        self.holders[queue] = consumer

    def was_shared(self, queue):
        self.shared.append(f"queue {queue}")

    def lost(self):
        return [f"{number} of key {key}" for key, numbers in list(self.sent.items()) for number in list(numbers)
                if number not in self.got[key]]

    def rules(self):
        return [(f"an ordered stock consumer gets {LOST}", self.lost()),
                ("the messages of a key come in their order", list(self.disorder())),
                ("no two consumers have messages of a queue at once", self.shared),
                ("a key stays with its queue",
                 [f"key {key}: queues {sorted(queues)}" for key, queues in self.queues.items() if len(queues) > 1])]

    def disorder(self):
        for key, numbers in self.got.items():
            for expected, number in enumerate(numbers):
                if number != expected:
                    yield f"key {key}: {number} came instead of {expected}"
                    break


def log_differences(members, until):
    """Of the commit logs' bytes below a position, as they lie on the disks of members that have ended."""
    names = {}
    for member in members:
        directory = member.directory / "store" / "commitlog"
        names[member.name] = {path.name: path for path in directory.iterdir() if path.name.isdigit()}
    reference = members[0].name
    for member in members[1:]:
        begin = max(min(names[reference]), min(names[member.name]))
        for name in sorted(names[reference].keys() | names[member.name].keys()):
            base = int(name)
            if base >= until or name < begin:
                continue
            if name not in names[reference] or name not in names[member.name]:
                yield f"segment {name} is not at both {reference} and {member.name}"
                continue
            at = first_difference(names[reference][name], names[member.name][name], until - base)
            if at is not None:
                yield f"the logs of {reference} and {member.name} differ at {base + at}, committed up to {until}"
                break


def first_difference(one, other, size, block=1 << 20):
    with one.open("rb") as ones, other.open("rb") as others:
        at = 0
        while at < size:
            left, right = (file.read(min(block, size - at)) for file in (ones, others))
            if left != right:
                shared = min(len(left), len(right))
                return at + next((place for place in range(shared) if left[place] != right[place]), shared)
            if not left:
                return None
            at += len(left)
    return None


def shown(violations):
    lines = violations[:SHOWN]
    if len(violations) > SHOWN:
        lines.append(f"… and {len(violations) - SHOWN:,} more")
    return lines
