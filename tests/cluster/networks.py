"""Members in network namespaces of their own, joined by a bridge, and what may befall their networks.

A link between members is cut by sending one member's frames for another to a hardware address that nobody has: they
vanish without a word, as on a network that is torn, and each direction can be cut alone, while clients still reach both.
What befalls all that a member sends and gets, clients' bytes, too, takes a packet filter (all lost or some, resets) or traffic
control (too little bandwidth).
"""

import json
import os
import pathlib
import random
import shutil
import subprocess
import time

NOBODY = "02:00:00:00:00:ff"
COMMAND_DEADLINE_S = 10
PREFIX = "tern-"
CUTS = "cut", "deafen", "mute"
DISTURBANCES = "isolate", "lossy", "slow", "reset"  # Of the whole network of a member, clients and all.
LOSS = 0.05, 0.3  # Of the packets that come in.
RESETS = 0.02  # Of the segments that come in are answered by a reset.
KBIT = 500, 20_000  # A second: what a member is left with.


IPTABLES = "iptables", "--wait"
DROPPED, RESET = ["DROP"], ["REJECT", "--reject-with", "tcp-reset"]


def by_chance(device, probability, answer):
    """The rule that some of the TCP segments that come in are answered like this."""
    return ["INPUT", "-i", device, "-p", "tcp", "-m", "statistic", "--mode", "random", "--probability",
            f"{probability:.3f}", "-j", *answer]


def limited(device, kbit):
    """What goes out there."""
    return ["dev", device, "root", "tbf", "rate", f"{kbit:.0f}kbit", "burst", "16kb", "latency", "300ms"]


def ip(*words, program="ip"):
    return subprocess.run([program, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=COMMAND_DEADLINE_S)


def must(*words, program="ip"):
    done = ip(*words, program=program)
    if done.returncode != 0:
        raise OSError(f"{program} {' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


def missing(disturbs=False):
    """What stands in the way of namespaces here, and of losses, resets and limits in them; "" if nothing."""
    for program in "ip", *(["iptables", "tc"] if disturbs else []):
        if not shutil.which(program):
            return f"no program {program}"
    if os.geteuid() != 0:
        return "network namespaces need root"
    trial = f"{PREFIX}{os.getpid()}-trial"
    try:
        must("netns", "add", trial)
        must("link", "add", f"tt{os.getpid()}", "netns", trial, "type", "veth", "peer", "name", "trial1", "netns", trial)
        must("netns", "exec", trial, "ip", "link", "add", "trial2", "type", "bridge")
        if disturbs:
            for answer in DROPPED, RESET:
                must("netns", "exec", trial, *IPTABLES, "-A", *by_chance("trial1", 0.5, answer))
            must("-n", trial, "qdisc", "add", *limited("trial1", KBIT[0]), program="tc")
    except (OSError, subprocess.TimeoutExpired) as failure:
        return str(failure)
    finally:
        ip("netns", "del", trial)
    return ""


class Namespaces:
    """A place for a cluster: NameServers at the bridge, each member in a namespace. Everything goes with the `with`."""

    name = "network namespaces"

    def __init__(self):
        self.bridge = f"tern{os.getpid()}"
        self.net = f"10.{random.randrange(100, 250)}.{random.randrange(1, 250)}"
        self.members = {}  # Address by role.
        self.undoing = []  # Program and words of each command that ends a fault.

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for role in self.members:
            ip("netns", "del", self.namespace(role))
        ip("link", "del", self.bridge)

    def make_bridge(self):
        remove_left_over()
        must("link", "add", self.bridge, "type", "bridge")
        must("addr", "add", f"{self.net}.1/24", "dev", self.bridge)
        must("link", "set", self.bridge, "up")

    def namespace(self, role):
        return f"{PREFIX}{os.getpid()}-{role}"

    @staticmethod
    def outer(role):
        """The end of its cable that is at the bridge."""
        return f"tv{os.getpid()}{role}"

    def address(self, role):
        """Made when it is first asked for."""
        if not pathlib.Path(f"/sys/class/net/{self.bridge}").exists():
            self.make_bridge()
        if role.startswith("namesrv"):
            return f"{self.net}.1"
        if role not in self.members:
            self.members[role] = f"{self.net}.{10 + len(self.members)}"
            self.make_namespace(role)
        return self.members[role]

    def make_namespace(self, role):
        space, outer = self.namespace(role), self.outer(role)
        must("netns", "add", space)
        must("link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", space)
        must("link", "set", outer, "master", self.bridge, "up")
        must("-n", space, "addr", "add", f"{self.members[role]}/24", "dev", "eth0")
        must("-n", space, "link", "set", "eth0", "up")
        must("-n", space, "link", "set", "lo", "up")

    def command(self, role, command):
        if role not in self.members:
            return command
        return [shutil.which("ip"), "netns", "exec", self.namespace(role), *command]

    def begin(self, fault, members):
        """Gives when it was done."""
        if fault.verb in CUTS:
            self.cut_links(fault.name, fault.targets, members)
        for member in fault.targets if fault.verb in DISTURBANCES else ():
            if fault.verb == "isolate":
                self.answer_by_chance(member, 1, DROPPED)
            elif fault.verb == "lossy":
                self.answer_by_chance(member, between(LOSS, fault.extent), DROPPED)
            elif fault.verb == "reset":
                self.answer_by_chance(member, RESETS, RESET)
            else:
                self.limit(member, between(KBIT, fault.extent))
        return time.monotonic()

    def cut_links(self, fault, targets, members):
        others = [targets[1]] if fault == "cut one link" else [each for each in members if each is not targets[0]]
        for other in others:
            if not fault.startswith("deafen"):
                self.mute(targets[0], other)
            if not fault.startswith("mute"):
                self.mute(other, targets[0])

    def mute(self, sender, receiver):
        must("-n", self.namespace(sender.name), "neigh", "replace", receiver.host, "lladdr", NOBODY, "dev", "eth0",
             "nud", "permanent")
        self.undoing.append(("ip", "-n", self.namespace(sender.name), "neigh", "del", receiver.host, "dev", "eth0"))

    def answer_by_chance(self, member, probability, answer):
        inside, rule = ["netns", "exec", self.namespace(member.name), *IPTABLES], by_chance("eth0", probability, answer)
        must(*inside, "-A", *rule)
        self.undoing.append(("ip", *inside, "-D", *rule))

    def limit(self, member, kbit):
        """What comes in, and what goes out."""
        for inside, device in ([], self.outer(member.name)), (["-n", self.namespace(member.name)], "eth0"):
            must(*inside, "qdisc", "add", *limited(device, kbit), program="tc")
            self.undoing.append(("tc", *inside, "qdisc", "del", "dev", device, "root"))

    def heal(self):
        while self.undoing:
            program, *words = self.undoing.pop()
            must(*words, program=program)


def between(limits, share):
    """The same share of each octave: small values are as frequent as large ones."""
    low, high = limits
    return low * (high / low) ** share


def remove_left_over():
    """Of programs that were killed."""
    for entry in json.loads(ip("-j", "netns", "list").stdout or "[]"):
        name = entry["name"]
        pid = name.removeprefix(PREFIX).partition("-")[0]
        if name.startswith(PREFIX) and pid.isdigit() and not pathlib.Path(f"/proc/{pid}").exists():
            ip("netns", "del", name)
    for path in pathlib.Path("/sys/class/net").glob("tern*"):
        pid = path.name.removeprefix("tern")
        if pid.isdigit() and not pathlib.Path(f"/proc/{pid}").exists():
            ip("link", "del", path.name)
