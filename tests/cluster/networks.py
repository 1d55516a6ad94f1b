"""Members in network namespaces of their own, joined by a bridge, whose links can be cut while clients still reach them.

A link is cut by sending one member's frames for another to a hardware address that nobody has: they vanish without a
word, as on a network that is torn, and each direction can be cut alone. That needs neither a packet filter nor traffic
control, only the rights to make namespaces.
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


def ip(*words):
    return subprocess.run(["ip", *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=COMMAND_DEADLINE_S)


def must(*words):
    done = ip(*words)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


def missing():
    """What stands in the way of namespaces here; "" if nothing."""
    if not shutil.which("ip"):
        return "no program ip"
    if os.geteuid() != 0:
        return "network namespaces need root"
    trial = f"{PREFIX}{os.getpid()}-trial"
    try:
        must("netns", "add", trial)
        must("link", "add", f"tt{os.getpid()}", "netns", trial, "type", "veth", "peer", "name", "trial1", "netns", trial)
        must("netns", "exec", trial, "ip", "link", "add", "trial2", "type", "bridge")
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
        self.cut = set()  # (role, the other's address)

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
        space, outer = self.namespace(role), f"tv{os.getpid()}{role}"
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

    def begin(self, fault, targets, members):
        """Cuts as the fault's name says; gives when that was done."""
        others = [member for member in members if member is not targets[0]]
        if fault == "cut one link":
            others = [targets[1]]
        for other in others:
            if not fault.startswith("deafen"):
                self.mute(targets[0], other)
            if not fault.startswith("mute"):
                self.mute(other, targets[0])
        return time.monotonic()

    def mute(self, sender, receiver):
        must("-n", self.namespace(sender.name), "neigh", "replace", receiver.host, "lladdr", NOBODY, "dev", "eth0",
             "nud", "permanent")
        self.cut.add((sender.name, receiver.host))

    def heal(self, _members):
        for role, address in self.cut:
            must("-n", self.namespace(role), "neigh", "del", address, "dev", "eth0")
        self.cut.clear()


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
