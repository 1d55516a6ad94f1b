"""What the hostile tests attack: a NameServer and a broker as processes, a client that behaves beside them, and what
the attack may cost."""

import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tests" / "stock"), str(ROOT / "tests" / "cluster")]
import servers  # noqa: E402
import wire  # noqa: E402

DEADLINE_S = 20  # For what takes milliseconds on an idle machine.
CLIENT_WORST_S = 2.0  # No request of the client that behaves may take longer, on a busy machine either; 50 ms are usual.
IDLE_MB = 12
LOOK_S = 0.02
TOPIC = "Attacked"


def wait_for(holds, what, seconds=DEADLINE_S):
    """Asks until the answer is true; gives it."""
    deadline = time.monotonic() + seconds
    while not (answer := holds()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what() if callable(what) else what}")
        time.sleep(LOOK_S)
    return answer


def read(body):
    """Of JSON, in which clients replace what is no UTF-8; numbers stand for names as Java writes them."""
    return json.loads(re.sub(r'([{,])(\d+):', r'\1"\2":', body.decode(errors="replace")))


class Server:
    def __init__(self, process):
        self.name = process.name
        self.process = process.process
        self.log = process.log

    @property
    def pid(self):
        return self.process.pid

    def anonymous_mb(self):
        """Memory that no file stands behind."""
        text = pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Anonymous:\s+(\d+) kB", text, re.MULTILINE)[1]) / 1024

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def sockets(self):
        count = 0
        for descriptor in pathlib.Path(f"/proc/{self.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # Closed meanwhile.
                count += os.readlink(descriptor).startswith("socket:")
        return count

    def children(self):
        return pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()

    def lines(self, words):
        return [line for line in self.log.read_text(errors="replace").splitlines() if words in line]


class Client:
    """Another process that sends, pulls and asks for routes all the time (client.py)."""

    def __init__(self, broker, namesrv):
        self.process = subprocess.Popen([sys.executable, pathlib.Path(__file__).with_name("client.py"), broker, namesrv],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        preexec_fn=servers.die_with_parent)

    def account(self, then="go on"):
        """Of what it did since it was last asked; then it may "rest" until it is asked again."""
        self.process.stdin.write(f"{then}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def accounts_of(self, requests):
        """Until there are so many of them."""
        accounts = []
        wait_for(lambda: accounts.append(self.account()) or sum(each["requests"] for each in accounts) >= requests,
                 "the client that behaves is served")
        return accounts

    def stop(self):
        self.process.kill()
        self.process.wait()


class Peak:
    """The most that a server's anonymous memory grows meanwhile."""

    def __init__(self, server):
        self.server = server
        self.before = self.most = server.anonymous_mb()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def look(self):
        while not self.over.wait(LOOK_S):
            self.most = max(self.most, self.server.anonymous_mb())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    @property
    def grown_mb(self):
        return self.most - self.before


class LimitedCluster(servers.Cluster):
    """Whose servers may not have more files and connections than that."""

    def __init__(self, directory, descriptors):
        super().__init__("tern", directory)
        self.descriptors = descriptors

    def command(self, role, file):
        command, *rest = super().command(role, file)
        return [["prlimit", f"--nofile={self.descriptors}:{self.descriptors}", *command], *rest]


class Target:
    """A NameServer and a broker."""

    kind = "tern"

    def __init__(self, directory, descriptors=None, settings=None):
        self.directory = pathlib.Path(directory)
        self.cluster = LimitedCluster(self.directory, descriptors) if descriptors else servers.start(self.kind, self.directory)
        for file in self.cluster.namesrv_file, *self.cluster.broker_files.values():
            servers.write_properties(file, **servers.read_properties(file), **(settings or {}))
        self.cluster.__enter__()
        self.servers = [Server(process) for process in self.cluster.servers]
        self.namesrv = self.servers[0]
        self.broker = self.find_broker()
        file = servers.read_properties(self.cluster.broker_files[self.broker.name])
        port = int(file["listenPort"])
        self.address = f"127.0.0.1:{port}"
        self.ports = {"broker": port, "fast": port - 2, "members": port + 1,
                      "namesrv": wire.split_address(self.cluster.namesrv)[1]}
        self.client = None

    def find_broker(self):
        return self.servers[1]

    def standing(self):
        """What no scenario may change."""
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.client:
            self.client.stop()
        self.cluster.stop()

    def prepare(self):
        for topic in TOPIC, "Witnessed":
            assert self.ask("broker", wire.CREATE_TOPIC, wire.topic_fields(topic, 4)).code == 0
        assert self.ask("broker", wire.CREATE_GROUP, {}, wire.group_body("hostile")).code == 0
        self.client = Client(self.address, self.cluster.namesrv)
        wait_for(lambda: "route" in self.client.account()["worst_s"], "the client that behaves has asked for all it asks for")

    def ask(self, port, code, fields, body=b"", seconds=DEADLINE_S):
        """The answer to a request on a connection of its own."""
        connection = wire.Connection(f"127.0.0.1:{self.ports[port]}")
        try:
            return connection.call(code, fields, body, deadline=wire.in_seconds(seconds))
        finally:
            connection.close()

    def send(self, body=b"x", topic=TOPIC, queue=0, **own):
        """The answer to a message; own fields replace those of a client that behaves."""
        return self.ask("broker", wire.SEND, wire.send_fields(topic, queue, "key") | own, body)

    def pull(self, **own):
        return self.ask("broker", wire.PULL, wire.pull_fields("hostile", TOPIC, 0, 0) | own)

    def files(self):
        """All names below the directory that everything of the servers is in, but for those of the store's parts."""
        return {str(path.relative_to(self.directory)) for path in self.directory.rglob("*")}

    def tails(self):
        return "\n".join(server.tail(6) for server in self.cluster.servers)


class FollowerTarget(Target):
    """A NameServer and a follower of a Raft group of three: it passes on what only its leader can do."""

    kind = servers.GROUP

    def __init__(self, directory):
        super().__init__(directory)
        peers = servers.read_properties(self.cluster.broker_files[self.broker.name])["dLegerPeers"]
        links = {name: int(port) for name, port in re.findall(r"(\w+)-[^:;]+:(\d+)", peers)}
        self.ports |= {"members": links[self.broker.name], "members of the leader": links[self.standing()[0]]}

    def find_broker(self):
        wait_for(lambda: len(set(map(self.told_by, self.cluster.broker_files))) == 1, "all members know who leads")
        namesrv = wire.Connection(self.cluster.namesrv)
        wait_for(lambda: len(wire.route(namesrv, "broker-a", wire.in_seconds(DEADLINE_S))) == 3, "all members are registered")
        namesrv.close()
        leader, _ = self.told_by("n0")
        return next(server for server in self.servers[1:] if server.name != leader)

    def told_by(self, name):
        """Who leads, and in which term; None if nobody."""
        connection = wire.Connection("127.0.0.1:" + servers.read_properties(self.cluster.broker_files[name])["listenPort"])
        info = wire.runtime_info(connection, wire.in_seconds(DEADLINE_S))
        connection.close()
        return info.get("groupLeader"), info.get("groupTerm")

    def standing(self):
        return self.told_by(self.broker.name)


class Peer:
    """A connection on which anything can be said."""

    def __init__(self, port, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(DEADLINE_S)
        self.socket.connect(("127.0.0.1", port))
        self.buffer = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def tell(self, data):
        """As much of it as the other side takes before it closes."""
        try:
            self.socket.sendall(data)
        except OSError:
            pass
        return self

    def hears(self, seconds=DEADLINE_S):
        """Bytes; b"" when the other side closed, None when it says nothing."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1 << 16)
        except TimeoutError:
            return None
        except OSError:
            return b""

    def is_closed(self, seconds=DEADLINE_S):
        """The other side closes without a word."""
        return self.hears(seconds) == b""

    def answer(self, seconds=DEADLINE_S):
        """The next answer; None when the connection is closed instead."""
        deadline = time.monotonic() + seconds
        while not (answers := wire.cut(self.buffer)):
            part = self.hears(wire.left(deadline))
            assert part is not None, f"neither an answer nor the end within {seconds} s"
            if not part:
                return None
            self.buffer += part
        assert len(answers) == 1, answers
        return answers[0]

    def vanish(self):
        """Without the farewell of TCP: the other side gets a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()
