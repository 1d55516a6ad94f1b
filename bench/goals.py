"""What TernMQ is to reach in the cases of bench/compare: ratios to the other subjects of a run, each taken within a round."""

import dataclasses
import statistics
import typing

START = "start-to-first-send"
JAVAS = ["java-4.9.7", "java-5.5.0"]
NAMES = {"tern": "TernMQ", "tern-disk": "TernMQ, quorumDurability=DISK", "java-4.9.7": "Java 4.9.7",
         "java-5.5.0": "Java 5.5.0", "echo": "bare echo server", "append": "bare append server",
         "commit": "bare group commit server", "pull": "bare pull server"}
PER_CPU, PER_SECOND = "messages_per_cpu_second", "messages_per_second"
QUANTITIES = {PER_CPU: "messages per CPU second", PER_SECOND: "messages per second", "p50": "p50", "p99_9": "p99.9",
              "milliseconds": "milliseconds"}
SYNC = "sync"  # What the disk takes for a record, as if it were a subject.
FAILOVER_MS = {"kill": {"p50": 80, "p99": 300}, "pause": {"p50": 600, "p99": 1000}, "partition": {"p50": 600, "p99": 1000}}
LISTENS_MS = 100  # A member that is started again.
BY_THE_SECOND = ["wall", "sync-flush", "sync-flush-one"]  # Where the processor's time is not the limit, or not only.


def main_figure(case):
    if case == START:
        return "milliseconds"
    return PER_SECOND if case in BY_THE_SECOND else PER_CPU


def value(figure, key):
    return figure["latency_us"][key] if key in figure.get("latency_us", {}) else figure[key]


@dataclasses.dataclass
class Goal:
    words: str
    bound: float
    at_most: bool
    ratio: typing.Callable  # Of a round's figures by subject; KeyError when one is missing.

    def found(self, rounds):
        """None when no round has all that it takes."""
        ratios = []
        for each in rounds:
            try:
                ratios.append(self.ratio(each))
            except KeyError:
                continue
        return spread(ratios) if ratios else None

    def is_met(self, found):
        return found["median"] <= self.bound if self.at_most else found["median"] >= self.bound

    @property
    def to_reach(self):
        return f"{'≤' if self.at_most else '≥'} {self.bound:.3g}"


def verdict(is_met):
    return "met" if is_met else "not met"


def spread(values):
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def ratio_to(other, key, bound, at_most=False, trips=1):
    words = NAMES[other] if trips == 1 else f"{trips} round trips to the {NAMES[other]}"
    return Goal(f"{QUANTITIES[key]} ÷ {words}", bound, at_most,
                lambda figures: value(figures["tern"], key) / (trips * value(figures[other], key)))


def ratios_to_java(key, bound, at_most=False):
    return [ratio_to(java, key, bound, at_most) for java in JAVAS]


def sync_and_round_trip(figures):
    """The messages a second of one who waits for a round trip and a sync each time."""
    return 1e6 / (figures[SYNC]["mean"] + 1e6 / figures["echo"][PER_SECOND])


GOALS = {
    "send-async-1k": [*ratios_to_java(PER_CPU, 10), *ratios_to_java("p99_9", 1 / 6, at_most=True)],
    "send-128": [*ratios_to_java(PER_CPU, 8), *ratios_to_java("p99_9", 1 / 20, at_most=True)],
    "batch-128": ratios_to_java(PER_CPU, 5),
    "send-one": [ratio_to("echo", PER_CPU, 0.8), ratio_to("echo", "p50", 1.2, at_most=True)],
    "wall": ratios_to_java(PER_SECOND, 5),
    "pull": [ratio_to("pull", PER_CPU, 0.75), *ratios_to_java(PER_CPU, 2.5)],
    "pull-128": [ratio_to("pull", PER_CPU, 0.75), *ratios_to_java(PER_CPU, 5)],
    "sync-flush": [*ratios_to_java(PER_SECOND, 8), *ratios_to_java(PER_CPU, 8), ratio_to("commit", PER_SECOND, 0.8)],
    "sync-flush-one": [Goal("messages per second ÷ 1/(fdatasync + round trip to the bare echo server)", 0.8, False,
                            lambda figures: figures["tern"][PER_SECOND] / sync_and_round_trip(figures))],
    "sync-master": ratios_to_java(PER_CPU, 7),
    "sync-master-one": [ratio_to("echo", "p50", 1.25, at_most=True, trips=2)],
    "raft": [ratio_to("java-4.9.7", PER_CPU, 8)],
    "raft-one": [ratio_to("java-4.9.7", "p50", 1 / 8, at_most=True),
                 ratio_to("echo", "p50", 1.4, at_most=True, trips=2),
                 Goal("p50 with quorumDurability=DISK ÷ (p50 in memory + fdatasync)", 1.2, True,
                      lambda figures: value(figures["tern-disk"], "p50") /
                      (value(figures["tern"], "p50") + figures[SYNC]["p50"])),
                 Goal("the same with the second of three fdatasyncs at a time on the disk that the members share", 1.2,
                      True, lambda figures: value(figures["tern-disk"], "p50") /
                      (value(figures["tern"], "p50") + figures[SYNC]["majority"]["p50"]))],
    START: [Goal("milliseconds", 80, True, lambda figures: figures["tern"]["milliseconds"])],
}


def by_round(figures, syncs=()):
    """A run's figures as one dictionary a round, by subject."""
    rounds = {}
    for figure in figures:
        rounds.setdefault(figure["round"], {})[figure["subject"]] = figure
    for number, sync in enumerate(syncs):
        rounds.setdefault(number, {})[SYNC] = sync
    return list(rounds.values())


def judged(case, figures, syncs=()):
    """Of each goal of the case: its words, what is to be reached, what was found, and how that is."""
    rounds = by_round(figures, syncs)
    for goal in GOALS.get(case, []):
        found = goal.found(rounds)
        if found is None:
            yield goal.words, goal.to_reach, "", "not measured"
        else:
            yield goal.words, goal.to_reach, shown(found), verdict(goal.is_met(found))


def shown(found):
    return "{median:,.3g} ({least:,.3g} … {most:,.3g})".format(**found)
