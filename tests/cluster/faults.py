"""What befalls the servers of a group: drawn from a seed, done to processes, networks and disks, and undone.

A fault is begun and undone by the main thread, which is the one that may start processes.
"""

import collections
import os
import shutil
import time

import cluster
import disks
import networks

# Segments but the newest look as old as this when a member is emptied, and may be expired.
AGE_S = 100 * 3600
EXPIRING = {"deleteWhen": ";".join(f"{hour:02}" for hour in range(24)), "fileReservedTime": 72,
            "cleanResourceInterval": 500, "mappedFileSizeCommitLog": 65536}

# A disk is seen to be full at once; what is on it stays, for the account.
FILLING = {"cleanResourceInterval": 500, "cleanFileForciblyEnable": "false"}
ALMOST_FULL, FULL = 0.93, 1.0  # Above diskSpaceWarningLevelRatio nothing is written; on a full one a write fails.
FILLED_MIN_S = 1
RETURNING = {"registerNameServerPeriod": 10000}  # The least: a NameServer that is back knows nothing before.

SNAPSHOT = "snapshot"  # Of the tables, which a member gets that was emptied.

# How often each is drawn. Two or all at once take the majority away; nothing may be lost then, either.
MIXES = {
    "leader": {"kill leader": 1},
    "kill": {"kill leader": 6, "kill any": 3, "kill two": 2, "kill all": 2},
    "pause": {"pause leader": 3, "pause any": 1},
    "term": {"end leader": 2, "end any": 1},
    "partition": {"cut off leader": 3, "cut off any": 2, "cut one link": 2, "deafen leader": 2, "mute leader": 2},
    "network": {"isolate leader": 2, "isolate any": 1, "lossy leader": 3, "lossy any": 2, "slow leader": 2, "slow any": 1,
                "reset leader": 2, "reset any": 1, "kill leader": 4, "kill any": 2},
    # Who ends leaves a snapshot of its tables, and of two the older one is where its log may begin.
    "disk": {"empty leader": 1, "empty any": 2, "end leader": 2, "end any": 3},
    "full": {"fill leader": 2, "fill any": 3, "kill leader": 3, "kill any": 2},
    "nameserver": {"kill NameServer": 2, "kill NameServers": 2, "pause NameServers": 1, "kill leader": 4, "kill any": 1},
    "any": {"kill leader": 5, "kill any": 3, "pause leader": 4, "pause any": 2, "end leader": 3, "end any": 2,
            "kill two": 1, "pause two": 1, "kill all": 1},
}
MIXES["slaves"] = MIXES["any"]
MIXES["slaves-network"] = {
    "cut off leader": 2, "cut off any": 2, "deafen any": 1, "mute any": 1, "isolate leader": 1, "isolate any": 1, "lossy leader": 2,
    "lossy any": 1, "slow leader": 2, "slow any": 1, "reset leader": 2, "reset any": 1, "kill NameServer": 1,
    "kill NameServers": 2, "kill leader": 3, "kill any": 2, "pause leader": 1}
MIXES["everything"] = MIXES["any"] | MIXES["partition"] | MIXES["network"] | MIXES["nameserver"]
ON_NETWORKS = "partition", "network", "everything", "slaves-network"
ON_DISKS = "full",
WITH_SLAVES = "slaves", "slaves-network"
SETTINGS = {"disk": EXPIRING, "full": FILLING, "nameserver": RETURNING, "everything": RETURNING,
            "slaves-network": RETURNING}


def names_of(fault):
    """What a run that has to do it may call it: its verb, or all of its name; and what comes of it."""
    verb = fault.split()[0]
    return (verb, fault, SNAPSHOT) if verb == "empty" else (verb, fault)


class Fault:
    """One event: what, to whom, for how long, and how much of it (0 to 1)."""

    def __init__(self, name, targets, seconds, extent):
        self.name, self.targets, self.seconds, self.extent = name, targets, seconds, extent

    @property
    def verb(self):
        return self.name.split()[0]

    def __str__(self):
        return f"{self.name} ({', '.join(target.name for target in self.targets)}) for {self.seconds:.1f} s"


class Faults:
    def __init__(self, group, mix, chance):
        self.group, self.chance = group, chance
        self.names, self.weights = zip(*MIXES[mix].items())
        self.counts = collections.Counter()
        self.kills = 0  # SIGKILLs of processes.
        self.broken = []  # Members that did not end as they should, as text.
        self.may_end = set()  # Those whose disk was full: a write that fails ends the process.

    def draw(self):
        """The next one. What is drawn does not depend on what happens, except for who leads."""
        (name,) = self.chance.choices(self.names, self.weights)
        order = self.chance.sample(self.group.members, len(self.group.members))
        pause_s = 10 ** self.chance.uniform(-1, 1.477)  # 0.1 to 30.
        down_s = self.chance.choice([0, self.chance.uniform(0, 1), self.chance.uniform(1, 4)])
        extent = self.chance.random()
        whom = name.split()[-1]
        if whom == "leader":
            leader = self.group.wait_for_leader()
            order = [leader, *(member for member in order if member is not leader)]
        elif whom.startswith("NameServer"):
            order = self.chance.sample(self.group.name_servers, len(self.group.name_servers))
        targets = order[:{"two": 2, "link": 2, "all": 3, "NameServers": 2}.get(whom, 1)]
        seconds = down_s if name.startswith(("kill", "end", "empty")) else pause_s
        # A write that fails ends the process soon; it shall have ended when there is room again.
        return Fault(name, targets, max(seconds, FILLED_MIN_S) if name.startswith("fill") else seconds, extent)

    def has_done(self, name):
        if name == SNAPSHOT:
            return self.snapshots() > 0
        return any(name in names_of(done) for done in self.counts)

    def begin(self, fault):
        """Gives when it had its effect (time.monotonic)."""
        self.counts[fault.name] += 1
        act = {"kill": self.kill, "empty": self.empty, "end": self.end, "pause": self.pause, "fill": self.fill}
        return act.get(fault.verb, self.disturb)(fault)

    def kill(self, fault):
        self.kills += len(fault.targets)
        return max(target.kill()[1] for target in fault.targets)

    def pause(self, fault):
        return max(target.pause()[1] for target in fault.targets)

    def empty(self, fault):
        at = self.kill(fault)
        for member in fault.targets:
            shutil.rmtree(member.directory / "store")
        age_segments(member for member in self.group.members if member not in fault.targets)
        return at

    def end(self, fault):
        at = max(member.terminate()[1] for member in fault.targets)
        for member in fault.targets:
            status = member.wait_until_ended()
            if status != 0:
                ending = f"status {status}" if status is not None else f"not within {member.stop_deadline_s:g} s"
                self.broken.append(f"{member.name} ended with {ending} after SIGTERM\n{member.tail()}")
        return at

    def fill(self, fault):
        self.may_end.update(fault.targets)
        for member in fault.targets:
            disks.fill(member.directory / "store", self.share_filled(fault))
        return time.monotonic()

    @staticmethod
    def share_filled(fault):
        return FULL if fault.extent < 0.6 else ALMOST_FULL

    def disturb(self, fault):
        """Its network."""
        if fault.verb in networks.DISTURBANCES:
            for member in fault.targets:
                member.is_unwell()  # What is asked of it may not arrive.
        return self.group.place.begin(fault, self.group.members)

    @property
    def empties(self):
        return any(name.startswith("empty") for name in self.names)

    def snapshots(self):
        """How many members got one, because what they lacked was in nobody's log any more."""
        return sum(member.logged("snapshot_installed") for member in self.group.members)

    def undo(self, fault):
        if fault.verb == "fill":
            for member in fault.targets:
                disks.give_back(member.directory / "store")
        if fault.verb in networks.CUTS + networks.DISTURBANCES:
            self.group.place.heal()
        for target in fault.targets:
            if target.is_paused:
                target.resume()
            elif not target.is_up():
                target.start()
        for target in fault.targets:
            target.wait_until_ready()

    @staticmethod
    def needs_rest(fault):
        """A member that forgot what it had acknowledged: nothing else may happen until it has all of it again."""
        return fault.verb == "empty"

    def leaves_majority(self, fault):
        """Whether sends have to be accepted while it lasts."""
        hit = [target for target in fault.targets if target in self.group.members]
        if self.group.has_slaves and self.group.members[0] in hit:
            return False  # Nobody takes the master's place.
        if fault.verb == "fill" and self.share_filled(fault) < FULL:
            return False  # A leader that may not write leads on.
        return len(hit) * 2 < len(self.group.members) or fault.name == "cut one link"

    def note_deaths(self):
        """Members that ended though nobody ended them; they are started again."""
        for member in self.group.members:
            if not member.is_up():
                if member not in self.may_end:
                    self.broken.append(f"{member.name} ended by itself with status {member.process.returncode}\n"
                                       f"{member.tail()}")
                member.is_unwell()
                member.start()
                member.wait_until_ready()
        self.may_end.clear()


def age_segments(members):
    """Of the commit logs: what was written to them last was long ago."""
    then = time.time() - AGE_S
    for member in members:
        for segment in sorted((member.directory / "store" / "commitlog").glob("0*"))[:-2]:
            os.utime(segment, (then, then))
