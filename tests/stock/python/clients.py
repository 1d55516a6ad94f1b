"""Clients with default settings that run until their input ends and speak as tests/cluster/StockProducer.java and
PushReader.java do: what they did, a line each.  Usage: clients.py producer NAMESRV TOPIC RATE SIZE, clients.py consumer
NAMESRV GROUP TOPIC..."""

import concurrent.futures
import os
import sys
import threading
import time

from rocketmq.client import Message, Producer, PushConsumer, SendStatus
from rocketmq.exceptions import RocketMQException

REQUESTS_MAX = 5  # Of one send with default settings; the client does not tell.
THREADS_MAX = 2000
output = threading.Lock()


def say(*words):
    with output:
        print(*words, flush=True)


def until_input_ends():
    for line in sys.stdin:
        if line == "end\n":
            break


def run_producer(namesrv, topic, rate, size):
    """Each send has a thread of its own: one that hangs holds up none of those that follow, unless the client does."""
    producer = Producer("stock-producers")
    producer.set_namesrv_addr(namesrv)
    producer.start()

    def send(key):
        message = Message(topic)
        message.set_keys(key)
        message.set_body((key + " ").ljust(size, "."))
        return producer.send_sync(message)

    def report(key):
        begun = time.monotonic_ns()
        try:
            result = send(key)
            # The client does not tell the queue.
            told = f"{'SEND_OK' if result.status == SendStatus.OK else result.status.name} - -1 {result.offset}"
        except RocketMQException as failure:
            told = f"{type(failure).__name__} - -1 -1"
        say(key, begun, time.monotonic_ns(), told, REQUESTS_MAX)

    connect(send)
    say("begins", time.monotonic_ns(), time.time_ns() // 1_000_000)
    ending = threading.Event()
    threading.Thread(target=lambda: (until_input_ends(), ending.set()), daemon=True).start()
    interval_s = 1 / rate
    due = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(THREADS_MAX) as threads:
        number = 0
        while not ending.wait(max(due - time.monotonic(), 0)):
            threads.submit(report, f"stock-{number}")
            number += 1
            due = max(due + interval_s, time.monotonic() - interval_s)


def connect(send):
    """By a first send: the client gives it up when a heartbeat connects to the broker just then."""
    while True:
        try:
            return send("stock-first")
        except RocketMQException:
            say("waits")
            time.sleep(0.1)


def run_consumer(namesrv, group, *topics):
    consumer = PushConsumer(group)
    consumer.set_namesrv_addr(namesrv)
    for topic in topics:
        consumer.subscribe(topic, lambda message: say(message.keys.decode()))
    consumer.start()
    say("started")
    until_input_ends()


def main():
    role, *arguments = sys.argv[1:]
    if role == "producer":
        namesrv, topic, rate, size = arguments
        run_producer(namesrv, topic, float(rate), int(size))
    else:
        run_consumer(*arguments)
    os._exit(0)  # To destroy a client while the process ends is more than it bears.


if __name__ == "__main__":
    main()
