"""What the disk under a directory can do by itself: what a sync takes, how fast it reads and writes in sequence."""

import contextlib
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
    with Records(directory, size) as records, on_core(core):
        return distribution([records.sync(number) for number in range(SYNCS)])


def majority_sync_latency(directory, size, core):
    """The same of three files at a time, each with a thread of its own, as members of a group on one disk have them: what it
    took the second of the three to be there, by its own clock."""
    members, together = 3, threading.Barrier(3)
    times = [[] for _ in range(members)]

    def run(member):
        with Records(directory, size) as records:
            for number in range(SYNCS):
                together.wait()
                times[member].append(records.sync(number))

    threads = [threading.Thread(target=run, args=(member,)) for member in range(members)]
    with on_core(core):  # The threads inherit it.
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return distribution([sorted(each)[1] for each in zip(*times)])


class Records:
    """A file that has its blocks, to which records are written one behind the other."""

    def __init__(self, directory, size):
        self.file = tempfile.TemporaryFile(dir=directory)
        for _ in range(AREA_BYTES // PART):
            self.file.write(os.urandom(PART))
        self.file.flush()
        os.fsync(self.file.fileno())
        self.record = os.urandom(size)

    def sync(self, number):
        """Writes that record; how many µs it and its fdatasync took."""
        begun = time.perf_counter_ns()
        os.pwrite(self.file.fileno(), self.record, number * len(self.record))
        os.fdatasync(self.file.fileno())
        return (time.perf_counter_ns() - begun) / 1000

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()


@contextlib.contextmanager
def on_core(core):
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def distribution(times):
    times = sorted(times)
    return {"mean": sum(times) / len(times)} | {name: times[math.ceil(share * len(times)) - 1] for name, share in
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
