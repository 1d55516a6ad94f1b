"""The Python client of PyPI (rocketmq, which carries the C++ client) against whatever cluster the given NameServer
knows: a line a scenario.  Usage: scenarios.py NAMESRV [SCENARIO...]"""

import os
import sys
import threading
import time
import zlib

from rocketmq.client import Message, Producer, PullConsumer, PushConsumer, SendStatus
from rocketmq.exceptions import ProducerException

# No wait lasts as long when all is well; a busy machine is no failure.
DEADLINE_S = 90
RUN = f"{time.time_ns() // 1_000_000:x}"
SCENARIOS = []
ENDED = []  # Clients that were shut down: to be destroyed, too, while the process lives, is more than they bear.


def scenario(function):
    SCENARIOS.append(function)
    return function


class Failed(Exception):
    pass


class NotYet(Exception):
    pass


def check(claim, words):
    if not claim:
        raise Failed(words)


def until(condition, what):
    end = time.monotonic() + DEADLINE_S
    while not condition():
        check(time.monotonic() < end, f"not within {DEADLINE_S} s: {what()}")
        time.sleep(0.02)


class PatientProducer(Producer):
    """The client gives a producer's first send up within a millisecond when its own heartbeat connects to the broker
    just then ("GetTransport … get timed_mutex timeout" in its log, "No route info" to the caller; nothing has left it).
    Its users have to send again, and so do we; a later send is not repeated."""

    FIRST_TRIES = 5

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.has_sent = False

    def send_sync(self, message):
        return self.sent(lambda: super(PatientProducer, self).send_sync(message))

    def send_orderly(self, message, shard):
        return self.sent(lambda: super(PatientProducer, self).send_orderly(message, shard))

    def sent(self, send):
        for _ in range(0 if self.has_sent else self.FIRST_TRIES - 1):
            try:
                result = send()
                self.has_sent = True
                return result
            except ProducerException as failure:
                if "No route info" not in str(failure):
                    raise
                time.sleep(0.1)
        self.has_sent = True
        return send()


class Lab:
    """A topic and a group of its own for each scenario, and what was opened for it."""

    def __init__(self, namesrv, name):
        self.namesrv = namesrv
        self.topic = f"Py_{name}_{RUN}"
        self.group = f"GID_py_{name}_{RUN}"
        self.opened = []

    def open(self, client):
        client.set_namesrv_addr(self.namesrv)
        client.start()
        self.opened.append(client)
        return client

    def producer(self):
        return self.open(PatientProducer(f"PID_{self.topic}", timeout=10_000))

    def message(self, body, tag="TagA", key=None, **properties):
        message = Message(self.topic)
        message.set_body(body)
        message.set_tags(tag)
        if key is not None:
            message.set_keys(key)
        for name, value in properties.items():
            message.set_property(name, value)
        return message

    def consumer(self, take, expression="*", orderly=False):
        consumer = PushConsumer(self.group, orderly=orderly)
        consumer.set_namesrv_addr(self.namesrv)
        consumer.subscribe(self.topic, take, expression)
        consumer.start()
        self.opened.append(consumer)
        return consumer

    def collector(self, **options):
        """Takes every message; gives the list that they come into."""
        got, lock = [], threading.Lock()

        def take(message):
            with lock:
                got.append(Received(message))
        self.consumer(take, **options)
        return got

    def close_last(self):
        client = self.opened.pop()
        client.shutdown()
        ENDED.append(client)

    def close(self):
        while self.opened:
            self.close_last()


class Received:
    """A message is only valid while its callback runs."""

    def __init__(self, message):
        self.body = bytes(message.body)
        self.tag = message.tags.decode()
        self.key = message.keys.decode()
        self.queue, self.offset = message.queue_id, message.queue_offset
        self.reconsumed = message.reconsume_times
        self.born, self.stored = message.born_timestamp, message.store_timestamp
        self.color = message.get_property("color")


def bodies(got):
    return sorted(one.body for one in got)


def sent_bodies(count, word="message"):
    return sorted(f"{word} {n}".encode() for n in range(count))


@scenario
def send_sync(lab):
    producer = lab.producer()
    results = [producer.send_sync(lab.message(f"message {n}", key=f"key-{n}", color=f"blue {n}")) for n in range(20)]
    check(all(one.status == SendStatus.OK for one in results), f"statuses {[one.status for one in results]}")
    check(len({one.msg_id for one in results}) == 20, "message ids that are not distinct")
    got = lab.collector()
    until(lambda: len(got) >= 20, lambda: f"{len(got)} of 20 came")
    check(bodies(got) == sent_bodies(20), f"bodies {bodies(got)}")
    for one in got:
        n = one.body.decode().removeprefix("message ")
        check(one.key == f"key-{n}" and one.tag == "TagA", f"key {one.key}, tag {one.tag} of {one.body}")
        check(one.color in (f"blue {n}", f"blue {n}".encode()), f"property {one.color} of {one.body}")
        check(one.born <= one.stored + 60_000, f"born at {one.born}, stored at {one.stored}")
    places = {(one.queue, one.offset) for one in got}
    check(len(places) == 20, f"two messages at one place: {sorted(places)}")


@scenario
def send_async(lab):
    producer = lab.producer()
    producer.send_sync(lab.message("message 0"))  # It is connected then.
    results, errors = [], []
    for n in range(1, 20):
        producer.send_async(lab.message(f"message {n}"), results.append, errors.append)
    until(lambda: len(results) + len(errors) >= 19, lambda: f"{len(results)} of 19 answered")
    check(not errors and all(one.status == SendStatus.OK for one in results), f"{errors or results}")
    got = lab.collector()
    until(lambda: len(got) >= 20, lambda: f"{len(got)} of 20 came")
    check(bodies(got) == sent_bodies(20), f"bodies {bodies(got)}")


@scenario
def send_oneway(lab):
    producer = lab.producer()
    producer.send_sync(lab.message("message 0"))  # The topic is there then.
    for n in range(1, 10):
        producer.send_oneway(lab.message(f"message {n}"))
    got = lab.collector()
    until(lambda: len(got) >= 10, lambda: f"{len(got)} of 10 came")
    check(bodies(got) == sent_bodies(10), f"bodies {bodies(got)}")


@scenario
def send_large_body(lab):
    producer = lab.producer()
    body = b"".join(b"%d," % n for n in range(20_000))  # The client compresses it.
    result = producer.send_sync(lab.message(body))
    check(result.status == SendStatus.OK, f"status {result.status}")
    got = lab.collector()
    until(lambda: len(got) >= 1, lambda: "nothing came")
    check(zlib.crc32(got[0].body) == zlib.crc32(body), f"another body of {len(got[0].body)} bytes, not {len(body)}")


@scenario
def send_unicode(lab):
    producer = lab.producer()
    text = "Grüße, 消息 😀"
    check(producer.send_sync(lab.message(text, key="schlüssel-键")).status == SendStatus.OK, "not accepted")
    got = lab.collector()
    until(lambda: len(got) >= 1, lambda: "nothing came")
    check(got[0].body.decode() == text and got[0].key == "schlüssel-键", f"{got[0].body} with key {got[0].key}")


@scenario
def send_orderly_keeps_order(lab):
    producer = lab.producer()
    for n in range(60):
        result = producer.send_orderly(lab.message(f"{n % 3} {n}"), n % 3)
        check(result.status == SendStatus.OK, f"status {result.status}")
    got = lab.collector(orderly=True)
    until(lambda: len(got) >= 60, lambda: f"{len(got)} of 60 came")
    for shard in "012":
        numbers = [int(one.body.split()[1]) for one in got if one.body.decode().startswith(shard)]
        check(numbers == sorted(numbers) and len(numbers) == 20, f"order of shard {shard}: {numbers}")
        check(len({one.queue for one in got if one.body.decode().startswith(shard)}) == 1, f"shard {shard} in two queues")


@scenario
def push_tag_filter(lab):
    producer = lab.producer()
    for n in range(30):
        producer.send_sync(lab.message(f"message {n}", tag="ABC"[n % 3]))
    got = lab.collector(expression="A || C")
    until(lambda: len(got) >= 20, lambda: f"{len(got)} of 20 came")
    time.sleep(0.5)  # For one too many to come.
    check({one.tag for one in got} == {"A", "C"} and len(got) == 20, f"tags {sorted(one.tag for one in got)}")


@scenario
def retry_then_success(lab):
    producer = lab.producer()
    producer.send_sync(lab.message("message 0"))
    tries = []

    def take(message):
        tries.append((time.monotonic(), Received(message)))
        if len(tries) == 1:
            raise NotYet  # By an exception the client is told to try again later.
    lab.consumer(take)
    until(lambda: len(tries) >= 2, lambda: f"{len(tries)} tries")
    (first, _), (second, again) = tries
    check(again.body == b"message 0" and again.reconsumed == 1, f"{again.body}, reconsumed {again.reconsumed} times")
    check(second - first > 5, f"came again after {second - first:.1f} s already")


@scenario
def delay_level(lab):
    producer = lab.producer()
    producer.send_sync(lab.message("message 0"))
    arrivals = {}

    def take(message):
        arrivals[bytes(message.body)] = time.monotonic()
    lab.consumer(take)
    until(lambda: b"message 0" in arrivals, lambda: "the first did not come")
    late = lab.message("late")
    late.set_delay_time_level(2)
    sent = time.monotonic()
    check(producer.send_sync(late).status == SendStatus.OK, "not accepted")
    until(lambda: b"late" in arrivals, lambda: "the delayed one did not come")
    check(arrivals[b"late"] - sent >= 4.5, f"came after {arrivals[b'late'] - sent:.1f} s, 5 were asked for")


@scenario
def push_restart_continues(lab):
    producer = lab.producer()
    for n in range(10):
        producer.send_sync(lab.message(f"message {n}"))
    first = lab.collector()
    until(lambda: len(first) >= 10, lambda: f"{len(first)} of 10 came")
    lab.close_last()  # Commits its offsets.
    for n in range(10):
        producer.send_sync(lab.message(f"more {n}"))
    second = lab.collector()
    until(lambda: len(second) >= 10, lambda: f"{len(second)} of 10 came")
    time.sleep(0.5)
    check(bodies(second) == sent_bodies(10, "more"), f"after the restart came {bodies(second)}")


@scenario
def pull_all(lab):
    producer = lab.producer()
    for n in range(50):
        producer.send_sync(lab.message(f"message {n}"))
    consumer = lab.open(PullConsumer(lab.group))
    got = []

    def all_came():
        got.extend(bytes(one.body) for one in consumer.pull(lab.topic))
        return len(got) >= 50
    until(all_came, lambda: f"{len(got)} of 50 came")
    check(sorted(got) == sent_bodies(50), f"bodies {sorted(got)}")


def attempt(one, namesrv):
    """The reason of a failure, or nothing."""
    lab = Lab(namesrv, one.__name__)
    try:
        one(lab)
    except Failed as failed:
        return str(failed)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        lab.close()
    return ""


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: scenarios.py NAMESRV [SCENARIO...]")
    wanted = sys.argv[2:]
    known = {one.__name__: one for one in SCENARIOS}
    for name in wanted:
        if name not in known:
            sys.exit(f"{name}: no such scenario")
    failed = False
    for one in [known[name] for name in wanted] or SCENARIOS:
        start = time.monotonic()
        reason = attempt(one, sys.argv[1])
        failed |= bool(reason)
        took = f" ({(time.monotonic() - start) * 1000:.0f} ms)"
        print(f"FAIL {one.__name__}: {' '.join(reason.split())}" if reason else f"PASS {one.__name__}{took}", flush=True)
    os._exit(1 if failed else 0)


if __name__ == "__main__":
    main()
