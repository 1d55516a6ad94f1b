"""What the disk under a directory can do by itself: what a sync takes, how fast it reads and writes in sequence."""

import math
import os
import tempfile
import time

SYNCS = 1500
AREA_BYTES = 64 << 20
PART = 1 << 20


def sync_latency(directory, size, core):
    """In µs, of a write of so many bytes with its fdatasync, one behind the other in a file that has its blocks, as a
    broker's log has; on that core."""
    allowed = os.sched_getaffinity(0)
    times = []
    with tempfile.TemporaryFile(dir=directory) as file:
        for _ in range(AREA_BYTES // PART):
            file.write(os.urandom(PART))
        file.flush()
        os.fsync(file.fileno())
        record = os.urandom(size)
        os.sched_setaffinity(0, {core})
        try:
            for number in range(SYNCS):
                begun = time.perf_counter_ns()
                os.pwrite(file.fileno(), record, number * size)
                os.fdatasync(file.fileno())
                times.append((time.perf_counter_ns() - begun) / 1000)
        finally:
            os.sched_setaffinity(0, allowed)
    times.sort()
    return {name: times[math.ceil(share * SYNCS) - 1] for name, share in
            {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99_9": 0.999, "max": 1}.items()}
