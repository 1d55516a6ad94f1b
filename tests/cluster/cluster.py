"""Two NameServers and a group of three brokers as processes, and what may happen to them.

    with cluster.Cluster(directory) as group:
        group.start()
        group.kill(group.leader())

Where processes live is a place: loopback, or a network namespace each (networks.py). Nothing here sleeps for a state: it
is asked for until it is there or its deadline has passed. All processes end with the `with`, and with this program.
"""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "stock"))
import servers  # noqa: E402

import disks  # noqa: E402
import wire  # noqa: E402

START_DEADLINE_S = 60  # For what takes a tenth of a second on an idle machine.
MEANWHILE_INTERVAL_S = 0.2
STOP_DEADLINE_S = 20
ASK_DEADLINE_S = 0.5  # A member that is stopped shall not hold up the question who leads.
POLL_S = 0.01
OTHER_GROUP = "broker-b"
BEHIND_MAX = 64 * 1024  # Bytes that are on their way while there is load.


class ClusterFailed(Exception):
    pass


class Loopback:
    """The place where all share this machine's loopback interface."""

    name = "loopback"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def address(self, _role):
        return "127.0.0.1"

    def command(self, _role, command):
        return command


def wait_for(holds, what, seconds=START_DEADLINE_S):
    """Asks until the answer is true; gives it."""
    deadline = time.monotonic() + seconds
    while not (answer := holds()):
        if time.monotonic() > deadline:
            raise ClusterFailed(f"not within {seconds:g} s: {what() if callable(what) else what}")
        time.sleep(POLL_S)
    return answer


class Process:
    """A server, started as often as it is needed; its lines go to one file."""

    newer = None  # The program that it may become.
    drain_s = 0  # That it may go on for after SIGTERM.
    sockets = ()  # That are opened for it, and stay open while it is away.

    def __init__(self, name, command, directory):
        self.name = name
        self.command = command
        self.directory = directory
        self.log = directory / f"{name}.log"
        self.process = None
        self.is_paused = False
        self.unwell_since = time.monotonic()  # Not running: None while it is up and well.
        self.unwell_spans = []

    def start(self):
        """Only from the main thread: what a thread has started dies with the thread (die_with_parent)."""
        with self.log.open("ab") as output, servers.handing_over(self.sockets, self.command) as (launching, numbers):
            self.seen = output.tell()
            self.process = subprocess.Popen(
                launching if numbers else self.command, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=servers.die_with_parent, pass_fds=numbers)
        self.is_paused = False

    def is_ready(self):
        if self.process.poll() is not None:
            raise ClusterFailed(f"{self.name} ended with status {self.process.returncode} before it was ready\n"
                                + self.tail())
        if servers.READY.encode() not in self.log.read_bytes()[self.seen:]:
            return False
        self.is_well()
        return True

    def wait_until_ready(self):
        wait_for(self.is_ready, lambda: f'{self.name}: "{servers.READY}"\n{self.tail()}')

    @property
    def pid(self):
        return self.process.pid

    def is_up(self):
        return self.process is not None and self.process.poll() is None

    def is_unwell(self):
        if self.unwell_since is None:
            self.unwell_since = time.monotonic()

    def is_well(self):
        if self.unwell_since is not None:
            self.unwell_spans.append((self.unwell_since, time.monotonic()))
            self.unwell_since = None

    def was_well(self, begun, ended):
        """It ran, from begin to end."""
        spans = list(self.unwell_spans)  # The main thread adds to them.
        since = self.unwell_since
        if since is not None:
            spans.append((since, float("inf")))
        return not any(begun < until and since < ended for since, until in spans)

    def kill(self):
        """Gives the time of the signal, and of when the process was seen to be dead (time.monotonic)."""
        self.is_unwell()
        at = time.monotonic()
        os.kill(self.pid, signal.SIGKILL)
        self.process.wait(STOP_DEADLINE_S)
        self.is_paused = False
        return at, time.monotonic()

    def pause(self):
        self.is_unwell()
        at = time.monotonic()
        os.kill(self.pid, signal.SIGSTOP)
        wait_for(self.has_stopped, f"{self.name} is stopped", STOP_DEADLINE_S)
        self.is_paused = True
        return at, time.monotonic()

    def has_stopped(self):
        """All its threads."""
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            if (task / "stat").read_text().rpartition(")")[2].split()[0] not in "TZX":
                return False
        return True

    def resume(self):
        os.kill(self.pid, signal.SIGCONT)
        self.is_paused = False
        self.is_well()

    def terminate(self, by=signal.SIGTERM):
        self.is_unwell()
        at = time.monotonic()
        os.kill(self.pid, by)
        return at, at

    @property
    def stop_deadline_s(self):
        return STOP_DEADLINE_S + self.drain_s

    def wait_until_ended(self, meanwhile=None):
        """After terminate(): its exit status; None if it had to be killed. Until then meanwhile is called again and again."""
        deadline = time.monotonic() + self.stop_deadline_s
        while meanwhile and self.is_up() and time.monotonic() < deadline:
            meanwhile()
            time.sleep(MEANWHILE_INTERVAL_S)
        try:
            return self.process.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def logged(self, words):
        """How often in all its lives."""
        return self.log.read_text(errors="replace").count(words) if self.log.exists() else 0

    def tail(self, lines=25):
        text = self.log.read_text(errors="replace").splitlines()[-lines:] if self.log.exists() else []
        return "\n".join([f"--- last lines of {self.name} ({self.log}):", *text])


class Member(Process):
    """A broker of the group. It may begin as another version, and then has a newer program to become."""

    def __init__(self, number, host, port, link_port, command, directory, newer=None):
        super().__init__(f"n{number}", command, directory)
        self.newer = newer
        self.number = number
        self.host = host
        self.port = port
        self.address = f"{host}:{port}"
        self.link_address = f"{host}:{link_port}"
        self.admin = wire.Connection(self.address)

    def info(self, seconds=ASK_DEADLINE_S):
        """What it tells of itself; {} while it cannot."""
        if self.process is None or self.process.returncode is not None or self.is_paused:
            return {}
        return wire.runtime_info(self.admin, wire.in_seconds(seconds))

    def kill(self):
        times = super().kill()
        self.admin.close()
        return times

    def hold_sockets(self):
        """Those for clients are this process's from now on, as systemd has a socket unit's."""
        self.sockets = [socket.create_server((self.host, self.port + offset), backlog=1024) for offset in (0, -2)]

    def upgrade(self):
        """From its next start on."""
        self.command, self.newer = self.newer or self.command, None


class Cluster:
    """The group; its members and NameServers by number. start() before anything else."""

    def __init__(self, directory, place=None, settings=None, members=3, name_servers=2, old_program=None,
                 has_slaves=False, has_other_group=False):
        """A Raft group; with slaves the first member is the master of the others, whatever happens. Another group beside
        it is a broker alone."""
        self.directory = pathlib.Path(directory)
        self.has_slaves = has_slaves
        self.place = place or Loopback()
        # A copy: a build may replace the program while it is used here.
        program = pathlib.Path(os.environ.get("TERN") or ROOT / "build" / "release" / "tern")
        if not program.exists():
            raise ClusterFailed(f"{program}: not found; build it, or name another one in $TERN")
        self.tern = self.directory / "tern"
        shutil.copy(program, self.tern)
        self.old_tern = self.directory / "tern-old" if old_program else None
        if old_program:
            shutil.copy(old_program, self.old_tern)
        self.taken = set()
        self.name_servers = [self.make_name_server(number) for number in range(name_servers)]
        self.namesrv = ";".join(self.namesrv_addresses)
        self.members = self.make_members(members, settings or {})
        self.other = self.make_other_group(members, settings or {}) if has_other_group else None
        self.connections = {}

    def free_port(self, host, *offsets):
        """One that can be bound, with those at these distances, and that no other server here has got."""
        for _ in range(1000):
            port = servers.free_ports(0, *offsets)
            ports = {(host, port + offset) for offset in (0, *offsets)}
            if not ports & self.taken:
                self.taken |= ports
                return port
        raise ClusterFailed("no free ports")

    def make_name_server(self, number):
        role = f"namesrv{number}"
        host = self.place.address(role)
        port = self.free_port(host)
        directory = self.directory / role
        directory.mkdir()
        file = servers.write_properties(directory / "namesrv.conf", listenPort=port, bindAddress=host,
                                        kvConfigPath=directory / "kvConfig.json",
                                        configStorePath=directory / "namesrv.properties")
        server = Process(role, self.place.command(role, [str(self.tern), "namesrv", "-c", str(file)]), directory)
        server.address = f"{host}:{port}"
        return server

    @property
    def namesrv_addresses(self):
        return [server.address for server in self.name_servers]

    def make_members(self, count, settings):
        places = []
        for number in range(count):
            host = self.place.address(f"n{number}")
            places.append((host, self.free_port(host, -2, 1), self.free_port(host)))
        peers = ";".join(f"n{number}-{host}:{link}" for number, (host, _, link) in enumerate(places))
        raft = dict(enableDLegerCommitLog="true", dLegerGroup="broker-a", dLegerPeers=peers)

        def role(number, link):
            if self.has_slaves:
                return dict(brokerRole="SLAVE" if number else settings.get("brokerRole", "SYNC_MASTER"), brokerId=number,
                            haListenPort=link)
            return raft | dict(dLegerSelfId=f"n{number}")
        return [self.make_member(number, host, port, link, settings | role(number, link))
                for number, (host, port, link) in enumerate(places)]

    def make_other_group(self, number, settings):
        host = self.place.address(f"n{number}")
        port, link = self.free_port(host, -2, 1), self.free_port(host)
        return self.make_member(number, host, port, link, dict(brokerName=OTHER_GROUP, haListenPort=link) | settings)

    def make_member(self, number, host, port, link_port, settings):
        directory = self.directory / f"n{number}"
        directory.mkdir()
        store = directory / "store"
        settings = dict(
            brokerClusterName="DefaultCluster", brokerName="broker-a", brokerId=0,
            listenPort=port, bindAddress=host, brokerIP1=host, brokerIP2=host, namesrvAddr=self.namesrv,
            storePathRootDir=store, storePathCommitLog=store / "commitlog", diskMaxUsedSpaceRatio=95,
            drainOnStopMs=0) | settings
        file = servers.write_properties(directory / "broker.conf", **settings)
        newest, old = (program and self.place.command(f"n{number}", [str(program), "broker", "-c", str(file)])
                       for program in (self.tern, self.old_tern))
        member = Member(number, host, port, link_port, old or newest, directory, newer=old and newest)
        member.drain_s = int(settings["drainOnStopMs"]) / 1000
        return member

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def give_disks(self):
        """To each member one of its own."""
        for member in self.members:
            (member.directory / "store").mkdir()
            disks.mount(member.directory / "store")

    @property
    def servers(self):
        return [*self.name_servers, *self.members, *([self.other] if self.other else [])]

    def start(self):
        for server in self.servers:
            server.start()
        for server in self.servers:
            server.wait_until_ready()
        self.wait_until_healthy()

    def stop(self):
        """Whatever state they are in."""
        for server in reversed(self.servers):
            if server.is_up():
                server.kill()

    def end_members(self):
        """As an operator ends them, one by one; gives the exit statuses."""
        for member in self.members:
            if member.is_paused:
                member.resume()
        for member in self.members:
            if member.is_up():
                member.terminate()
        return [member.wait_until_ended() if member.process else None for member in self.members]

    def infos(self):
        return {member: info for member in self.members if (info := member.info())}

    def leader(self):
        """The member that says it leads, of the highest term; None if none does."""
        leading = [(int(info["groupTerm"]), member) for member, info in self.infos().items()
                   if info.get("groupRole") == "LEADER"]
        return max(leading, key=lambda found: found[0])[1] if leading else None

    def wait_for_leader(self, seconds=START_DEADLINE_S):
        return wait_for(self.leader, lambda: f"a leader\n{self.standing()}", seconds)

    def what_is_missing(self, behind_max=BEHIND_MAX):
        """Of a group that is whole: all agree on a leader that has all others linked and caught up. "" if nothing."""
        infos = self.infos()
        if len(infos) < len(self.members):
            return "no answer from " + ", ".join(member.name for member in self.members if member not in infos)
        leader = self.leader()
        if not leader or leader not in infos:
            return "no leader"
        told = {member.name: info.get("groupLeader") for member, info in infos.items()}
        if set(told.values()) != {leader.name}:
            return f"who leads: {told}"
        if len({info["groupTerm"] for info in infos.values()}) > 1:
            return "different terms"
        for member in self.members:
            text = infos[leader].get(f"groupMember_{member.name}", "")
            behind = re.search(r"behind (-?\d+) B", text)
            if member is not leader and ("not linked" in text or not behind or int(behind[1]) > behind_max):
                return f"{member.name}: {text}"
        return ""

    def wait_until_healthy(self, behind_max=BEHIND_MAX, seconds=START_DEADLINE_S):
        wait_for(lambda: not self.what_is_missing(behind_max),
                 lambda: f"a whole group: {self.what_is_missing(behind_max)}\n{self.standing()}", seconds)

    def standing(self):
        """Who is what, for a message."""
        lines = []
        for member in self.members:
            info = member.info()
            state = "paused" if member.is_paused else "down" if not member.is_up() else "no answer"
            if info:
                state = ", ".join(f"{key[5:]} {info[key]}" for key in sorted(info) if key.startswith("group"))
            lines.append(f"{member.name}: {state}")
        return "\n".join(lines)

    def call(self, address, code, fields, body=b"", seconds=10):
        connection = self.connections.setdefault(address, wire.Connection(address))
        return connection.call(code, fields, body, deadline=wire.in_seconds(seconds))

    def create_topic(self, topic, queues, at_other_group=False):
        """And waits until every NameServer knows it."""
        def created(broker):
            return broker and self.call(broker.address, wire.CREATE_TOPIC, wire.topic_fields(topic, queues)).code == 0
        wait_for(lambda: created(self.leader()), f"topic {topic} created")
        if at_other_group:
            wait_for(lambda: created(self.other), f"topic {topic} created at {OTHER_GROUP}")
        for server in self.name_servers:
            connection = wire.Connection(server.address)
            wait_for(lambda: 0 in wire.route(connection, topic, wire.in_seconds(1)),
                     f"the route of {topic} at {server.name}")
            connection.close()

    def create_group(self, group):
        def created():
            leader = self.leader()
            return leader and self.call(leader.address, wire.CREATE_GROUP, {}, wire.group_body(group)).code == 0
        wait_for(created, f"consumer group {group} created")

    def tails(self):
        return "\n".join(server.tail() for server in self.servers)


def is_listening(address):
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(wire.split_address(address)) == 0


def run_tests(tests, prepare=lambda group: None, **of_group):
    """Each test with one group for all, or those whose names contain a word of the command line; the exit status."""
    return run_sets((tests, prepare, of_group))


def run_sets(*sets):
    """Sets of tests, each with a group of its own kind: tests, what prepares the group, and what it is made of."""
    passed = failed = 0
    for tests, prepare, of_group in sets:
        chosen = [test for test in tests if not sys.argv[1:] or any(word in test.__name__ for word in sys.argv[1:])]
        if not chosen:
            continue
        with tempfile.TemporaryDirectory(prefix="tern-cluster-") as directory, Cluster(directory, **of_group) as group:
            group.start()
            prepare(group)
            for test in chosen:
                try:
                    test(group)
                    passed += 1
                    print(f"PASS {test.__name__}", flush=True)
                except (AssertionError, ClusterFailed, subprocess.SubprocessError, OSError, ValueError):
                    failed += 1
                    print(f"FAIL {test.__name__}: {traceback.format_exc(limit=-3)}\n{group.standing()}", flush=True)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 0 if passed and not failed else 1
