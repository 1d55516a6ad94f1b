"""Clients that send on time whatever happens to the sends before: what bench/failover measures with.

One thread serves them all over sockets that never wait. A client issues a send each so many milliseconds; one that is
not answered holds up none of those that follow. All connections are open before anything happens.
"""

import errno
import pathlib
import random
import selectors
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "cluster"))
import history
import wire

DEADLINE_S = 8.0  # Of a send; then it is unknown.
RECONNECT_S = 0.005
ROUTE_PAUSE_S = 0.005  # Between two questions to a NameServer while the leader is looked for.
ROUTE_DEADLINE_S = 0.2
OUTSTANDING_MAX = 2000


class Link:
    """One connection that is made anew as often as it breaks; who waits for an answer is told."""

    def __init__(self, loop, address):
        self.loop, self.address = loop, address
        self.socket, self.is_open = None, False
        self.waiting = {}  # What is told of an answer, or of its failure, by opaque.
        self.out, self.buffer = bytearray(), bytearray()
        self.may_connect_at = 0.0

    def connect(self, now):
        if self.socket or now < self.may_connect_at:
            return
        self.may_connect_at = now + RECONNECT_S
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        done = self.socket.connect_ex(wire.split_address(self.address))
        if done not in (0, errno.EINPROGRESS):
            return self.close(history.NOT_CONNECTED)
        self.loop.selector.register(self.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def request(self, code, fields, body, told):
        """Calls told(answer, failure) once; either is None. A failure is one of the words of history."""
        if not self.is_open:
            return told(None, history.NOT_CONNECTED)
        frame, opaque = wire.encode(code, fields, body)
        self.waiting[opaque] = told
        self.out += frame
        self.write()

    def write(self):
        if not self.out:
            return
        try:
            del self.out[:self.socket.send(self.out)]
        except BlockingIOError:
            pass
        except OSError:
            return self.close(history.RESET)
        self.watch()

    def watch(self):
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self.out else 0)
        self.loop.selector.modify(self.socket, wanted, self)

    def ready(self, events):
        if not self.is_open:
            if self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                return self.close(history.NOT_CONNECTED)
            self.is_open = True
            self.watch()
        if events & selectors.EVENT_READ:
            self.read()
        if events & selectors.EVENT_WRITE and self.socket:
            self.write()

    def read(self):
        try:
            part = self.socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            return self.close(history.RESET)
        if not part:
            return self.close(history.RESET)
        self.buffer += part
        for answer in wire.cut(self.buffer):
            told = self.waiting.pop(answer.opaque, None) if answer.is_answer else None
            if told:
                told(answer, None)

    def close(self, why):
        if self.socket:
            if self.socket.fileno() in self.loop.selector.get_map():
                self.loop.selector.unregister(self.socket)
            self.socket.close()
        self.socket, self.is_open = None, False
        self.out.clear()
        self.buffer.clear()
        for told in list(self.waiting.values()):
            told(None, why)
        self.waiting.clear()


class Client:
    """Sends on time, each to a queue of its own choice, through one member's address."""

    def __init__(self, name, loop, options, link=None):
        self.name, self.loop, self.options = name, loop, options
        self.link = link
        self.chance = random.Random(f"{options.seed} {name}")
        self.operations = []  # Only added to, by the loop's thread.
        self.outstanding = {}
        self.body = self.chance.randbytes(options.size)

    @property
    def via(self):
        return self.loop.name_of(self.link.address)

    def tick(self, now):
        self.link.connect(now)
        self.send()

    def send(self):
        number = len(self.operations)
        key = f"{self.name}-{number}"
        queue = self.chance.randrange(self.options.queues)
        body = (key.encode() + b" " + self.body)[:max(self.options.size, len(key) + 1)]
        operation = self.loop.history.begin(key, queue, body, self.via)
        self.operations.append(operation)
        if len(self.outstanding) >= OUTSTANDING_MAX:
            return operation.failed(history.NOT_CONNECTED, "too many are outstanding")
        self.outstanding[key] = operation
        self.link.request(wire.SEND, wire.send_fields(self.options.topic, queue, key), body,
                          lambda answer, failure: self.ended(operation, answer, failure))

    def ended(self, operation, answer, failure):
        if self.outstanding.pop(operation.key, None) is None:
            return  # Its time was over.
        if answer is not None:
            operation.answered(answer)
        else:
            operation.failed(failure)

    def expire(self, now):
        while self.outstanding:
            oldest = next(iter(self.outstanding.values()))
            if oldest.begun + DEADLINE_S > now:
                break
            self.ended(oldest, None, history.TIME_OUT)


class RouteClient(Client):
    """Sends to the group's id 0. After a failure, or when an answer is late, it asks a NameServer who that is now."""

    def __init__(self, name, loop, options, name_servers):
        super().__init__(name, loop, options)
        self.name_servers = name_servers  # Links.
        self.links = {}  # To all members, by address, as stock consumers have.
        self.looking_since = time.monotonic()
        self.asked_at, self.is_asking = 0.0, False

    def tick(self, now):
        for link in [*self.links.values(), *self.name_servers]:
            link.connect(now)
        if self.link:
            self.send()

    def ended(self, operation, answer, failure):
        super().ended(operation, answer, failure)
        if operation.outcome != history.ACKNOWLEDGED:
            self.look()
        elif self.looking_since and operation.begun >= self.looking_since:
            self.looking_since = None

    def look(self):
        if self.looking_since is None:
            self.looking_since = time.monotonic()

    def often(self, now):
        """Between sends: is an answer late, and is it time to ask?"""
        if self.looking_since is None and self.outstanding:
            # What still hangs at a leader before says nothing of this one.
            oldest = next((each for each in self.outstanding.values() if each.via == self.via), None)
            if oldest and oldest.begun + self.options.late_s < now:
                self.look()
        if self.looking_since is None:
            return
        if self.is_asking and now > self.asked_at + ROUTE_DEADLINE_S:
            self.next_name_server()
        if not self.is_asking and now > self.asked_at + ROUTE_PAUSE_S:
            self.asked_at, self.is_asking = now, True
            self.name_servers[0].connect(now)
            self.name_servers[0].request(wire.ROUTE, {"topic": self.options.topic, "acceptStandardJsonOnly": "true"},
                                         b"", self.told)

    def next_name_server(self):
        self.name_servers.append(self.name_servers.pop(0))
        self.is_asking = False

    def told(self, answer, _failure):
        self.is_asking = False
        if answer is None:
            return self.next_name_server()
        addresses = wire.addresses_of(answer)
        now = time.monotonic()
        for address in addresses.values():
            if address not in self.links:
                self.links[address] = Link(self.loop, address)
                self.links[address].connect(now)
        if 0 in addresses:
            self.link = self.links[addresses[0]]


class Traffic(threading.Thread):
    """All clients of a run, on one thread."""

    def __init__(self, group, log, options):
        super().__init__(name="traffic", daemon=True)
        self.history, self.options = log, options
        self.selector = selectors.DefaultSelector()
        self.names = {member.address: member.name for member in group.members}
        self.pinned = {member.name: Client(f"at-{member.name}", self, options, Link(self, member.address))
                       for member in group.members}
        self.follower = RouteClient("route", self, options, [Link(self, address) for address in group.namesrv_addresses])
        self.clients = [*self.pinned.values(), self.follower]
        self.ending = threading.Event()
        self.failure = None
        self.latest_s = 0.0  # By how much a send was issued too late: this machine's fault, not the group's.

    def name_of(self, address):
        return self.names.get(address, address)

    def run(self):
        try:
            self.serve()
        except Exception as failure:
            self.failure = failure

    def serve(self):
        interval_s = 1 / self.options.rate
        begun = time.monotonic()
        due = [(begun + interval_s * number / len(self.clients), client) for number, client in enumerate(self.clients)]
        expire_at = begun
        while not self.is_over():
            now = time.monotonic()
            for place, (at, client) in enumerate(due):
                if at <= now:
                    self.latest_s = max(self.latest_s, now - at)
                    if not self.ending.is_set():
                        client.tick(now)
                    # What could not be issued in time is not made up for by a burst.
                    due[place] = (max(at + interval_s, now - interval_s), client)
            self.follower.often(time.monotonic())
            if now > expire_at:
                expire_at = now + 0.1
                for client in self.clients:
                    client.expire(now)
            wait = min(at for at, _ in due) - time.monotonic()
            if self.follower.looking_since is not None:
                wait = min(wait, ROUTE_PAUSE_S)
            for key, events in self.selector.select(max(wait, 0)):
                if key.data.socket is not None:
                    key.data.ready(events)

    def is_over(self):
        return self.ending.is_set() and not any(client.outstanding for client in self.clients)

    def stop(self):
        """No further sends; those that are out may still be answered."""
        self.ending.set()
        self.join(DEADLINE_S + 5)
        if self.failure:
            raise self.failure
        if self.is_alive():
            raise wire.WireError("the clients do not end")
