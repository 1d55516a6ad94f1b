"""What the disk under a directory can do by itself: what a sync takes, how fast it reads and writes in sequence."""

import math
import mmap
import os
import tempfile
import threading
import time

RECORD_BYTES = 1280  # Of a message of 1 KB in the log, about.
SYNCS = 1500
AREA_BYTES = 64 << 20
PART = 1 << 20
DIRECT_PART = 4 << 20


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
    return {"mean": sum(times) / SYNCS} | {name: times[math.ceil(share * SYNCS) - 1] for name, share in
            {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99_9": 0.999, "max": 1}.items()}


def sync_latency_beside_reads(directory, size, core, area):
    """The same alone, and while another thread reads a file of `area` bytes past the page cache, one part behind the other;
    and how fast it reads then, in MB/s."""
    with tempfile.TemporaryDirectory(dir=directory) as place:
        file = Direct(os.path.join(place, "read"))
        file.write(area)
        alone = sync_latency(directory, size, core)
        is_over, read = threading.Event(), []
        reader = threading.Thread(target=lambda: read.append(file.read_on(area, is_over)))
        begun = time.monotonic()
        reader.start()
        beside = sync_latency(directory, size, core)
        is_over.set()
        reader.join()
        seconds = time.monotonic() - begun
        file.close()
    return {"alone": alone, "beside_reads": beside, "reads_mb_per_second": read[0] / 1e6 / seconds}


def speeds(directory, size):
    """In MB/s, in sequence and past the page cache: of writing a file of that size, of reading it, and of both at a time,
    each of another file."""
    with tempfile.TemporaryDirectory(dir=directory) as place:
        first, second = (Direct(os.path.join(place, name)) for name in ("first", "second"))
        try:
            return {"write": timed(size, first.write), "read": timed(size, first.read),
                    "both": timed(size, first.read, second.write)}
        finally:
            first.close()
            second.close()


class Direct:
    """A file read and written past the page cache, in large parts."""

    def __init__(self, path):
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_DIRECT)
        self.buffer = mmap.mmap(-1, DIRECT_PART)  # Direct I/O wants whole pages.
        self.buffer.write(os.urandom(DIRECT_PART))

    def write(self, size):
        for at in range(0, size, DIRECT_PART):
            os.pwritev(self.file, [self.buffer], at)
        os.fdatasync(self.file)

    def read(self, size):
        for at in range(0, size, DIRECT_PART):
            os.preadv(self.file, [self.buffer], at)

    def read_on(self, size, is_over):
        """Until it is over, again and again; how many bytes."""
        read = 0
        while not is_over.is_set():
            read += os.preadv(self.file, [memoryview(self.buffer)[:PART]], read % size)
        return read

    def close(self):
        os.close(self.file)


def timed(size, *works):
    begun = time.monotonic()
    threads = [threading.Thread(target=work, args=(size,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return size / 1e6 / (time.monotonic() - begun)
