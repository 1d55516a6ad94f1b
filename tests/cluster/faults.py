"""What befalls the members of a group: drawn from a seed, done to processes, and undone.

A fault is begun and undone by the main thread, which is the one that may start processes.
"""

import collections
import os
import shutil
import time

import cluster

# Segments but the newest look as old as this when a member is emptied, and may be expired.
AGE_S = 100 * 3600
EXPIRING = {"deleteWhen": ";".join(f"{hour:02}" for hour in range(24)), "fileReservedTime": 72,
            "cleanResourceInterval": 500}

# How often each is drawn. Two or all at once take the majority away; nothing may be lost then, either.
MIXES = {
    "leader": {"kill leader": 1},
    "pause": {"pause leader": 3, "pause any": 1},
    "term": {"end leader": 2, "end any": 1},
    "partition": {"cut off leader": 3, "cut off any": 2, "cut one link": 2, "deafen leader": 2, "mute leader": 2},
    "disk": {"empty leader": 1, "empty any": 2},
    "any": {"kill leader": 5, "kill any": 3, "pause leader": 4, "pause any": 2, "end leader": 3, "end any": 2,
            "kill two": 1, "pause two": 1, "kill all": 1},
}
MIXES["everything"] = MIXES["any"] | MIXES["partition"]


class Fault:
    """One event: what, to whom, for how long."""

    def __init__(self, name, targets, seconds):
        self.name, self.targets, self.seconds = name, targets, seconds
        self.begun = None

    def __str__(self):
        return f"{self.name} ({', '.join(member.name for member in self.targets)}) for {self.seconds:.1f} s"


class Faults:
    def __init__(self, group, mix, chance):
        self.group, self.chance = group, chance
        self.names, self.weights = zip(*MIXES[mix].items())
        self.counts = collections.Counter()
        self.broken = []  # Members that did not end as they should, as text.

    def draw(self):
        """The next one. What is drawn does not depend on what happens, except for who leads."""
        (name,) = self.chance.choices(self.names, self.weights)
        order = self.chance.sample(self.group.members, len(self.group.members))
        pause_s = 10 ** self.chance.uniform(-1, 1)
        down_s = self.chance.choice([0, self.chance.uniform(0, 1), self.chance.uniform(1, 4)])
        whom = name.split()[-1]
        if whom == "leader":
            leader = self.group.wait_for_leader()
            order = [leader, *(member for member in order if member is not leader)]
        targets = order[:{"two": 2, "link": 2, "all": len(order)}.get(whom, 1)]
        return Fault(name, targets, down_s if name.startswith(("kill", "end", "empty")) else pause_s)

    def begin(self, fault):
        """Gives when it had its effect (time.monotonic)."""
        self.counts[fault.name] += 1
        verb = fault.name.split()[0]
        at = 0
        for member in fault.targets if verb in ("kill", "pause", "end", "empty") else ():
            act = {"kill": member.kill, "pause": member.pause, "end": member.terminate, "empty": member.kill}[verb]
            at = act()[1]
            if verb == "empty":
                shutil.rmtree(member.directory / "store")
                age_segments(other for other in self.group.members if other is not member)
        if verb == "end":
            for member in fault.targets:
                status = member.wait_until_ended()
                if status != 0:
                    ending = f"status {status}" if status is not None else f"not within {cluster.STOP_DEADLINE_S} s"
                    self.broken.append(f"{member.name} ended with {ending} after SIGTERM\n{member.tail()}")
        if verb in ("cut", "deafen", "mute"):
            at = self.group.place.begin(fault.name, fault.targets, self.group.members)
        return at

    @property
    def empties(self):
        return any(name.startswith("empty") for name in self.names)

    def undo(self, fault):
        for member in fault.targets:
            if member.is_paused:
                member.resume()
            elif not member.is_up():
                member.start()
        for member in fault.targets:
            member.wait_until_ready()
        if fault.name.split()[0] in ("cut", "deafen", "mute"):
            self.group.place.heal(self.group.members)

    @staticmethod
    def needs_rest(fault):
        """A member that forgot what it had acknowledged: nothing else may happen until it has all of it again."""
        return fault.name.startswith("empty")

    def leaves_majority(self, fault):
        return len(fault.targets) * 2 < len(self.group.members) or fault.name == "cut one link"

    def note_deaths(self):
        """Members that ended though nobody ended them; they are started again."""
        for member in self.group.members:
            if not member.is_up():
                self.broken.append(f"{member.name} ended by itself with status {member.process.returncode}\n"
                                   f"{member.tail()}")
                member.is_unwell()
                member.start()
                member.wait_until_ready()


def age_segments(members):
    """Of the commit logs: what was written to them last was long ago."""
    then = time.time() - AGE_S
    for member in members:
        for segment in sorted((member.directory / "store" / "commitlog").glob("0*"))[:-2]:
            os.utime(segment, (then, then))
