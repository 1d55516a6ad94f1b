#!/usr/bin/env python3
"""The client that behaves: sends messages and pulls each at once, asks for its route, and checks what it gets.

  client.py BROKER NAMESRV

For each line of its input it prints what it has done since the last: how often, what took longest, what was wrong.
After "rest" it does nothing until the next line.
"""

import json
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))
import wire  # noqa: E402

TOPIC, GROUP, QUEUES = "Witnessed", "witness", 4
BODY_MAX = 8192
PAUSE_S = 0.003
DEADLINE_S = 10


class Account:
    def __init__(self):
        self.lock = threading.Lock()
        self.clear()

    def clear(self):
        self.requests, self.worst_s, self.wrong = 0, {}, []

    def took(self, what, seconds):
        with self.lock:
            self.requests += 1
            self.worst_s[what] = max(self.worst_s.get(what, 0), seconds)

    def is_wrong(self, what):
        with self.lock:
            self.wrong.append(what)

    def hand_over(self):
        with self.lock:
            text = json.dumps({"requests": self.requests, "worst_s": self.worst_s, "wrong": self.wrong[:5]})
            self.clear()
        return text


class Witness:
    def __init__(self, broker, namesrv, account):
        self.broker, self.namesrv = wire.Connection(broker), wire.Connection(namesrv)
        self.address = broker
        self.account = account
        self.random = random.Random(1)
        self.may_ask = threading.Event()
        self.may_ask.set()

    def ask(self, what, connection, *request):
        begun = time.monotonic()
        try:
            answer = connection.call(*request, deadline=wire.in_seconds(DEADLINE_S))
        finally:
            self.account.took(what, time.monotonic() - begun)
        assert answer.code == wire.SUCCESS, f"{what}: {answer}"
        return answer

    def once(self, number):
        queue = number % QUEUES
        body = self.random.randbytes(self.random.randrange(1, BODY_MAX))
        sent = self.ask("send", self.broker, wire.SEND, wire.send_fields(TOPIC, queue, f"k{number}"), body)
        offset = int(sent.fields["queueOffset"])
        pulled = self.ask("pull", self.broker, wire.PULL, wire.pull_fields(GROUP, TOPIC, queue, offset, 1))
        found = wire.messages(pulled.body)
        assert [(each.key, each.body, each.offset) for each in found] == [(f"k{number}", body, offset)], \
            f"pulled {len(found)} messages from {offset}, not the one that was sent there"
        if number % 8 == 0:
            route = self.ask("route", self.namesrv, wire.ROUTE, {"topic": TOPIC, "acceptStandardJsonOnly": "true"})
            assert self.address in wire.addresses_of(route).values(), route

    def run(self):
        number = 0
        while self.may_ask.wait():
            number += 1
            try:
                self.once(number)
            except (AssertionError, wire.WireError, KeyError) as error:
                self.account.is_wrong(f"{type(error).__name__}: {error}")
                time.sleep(0.1)
            time.sleep(PAUSE_S)


def main():
    account = Account()
    witness = Witness(*sys.argv[1:3], account)
    threading.Thread(target=witness.run, daemon=True).start()
    for line in sys.stdin:
        witness.may_ask.clear() if line == "rest\n" else witness.may_ask.set()
        print(account.hand_over(), flush=True)


if __name__ == "__main__":
    main()
