"""Sees to it that no subject of bench/compare pays for the memory of the machine.

The host of a virtual machine gives out a page when it is first touched, and takes back what lies free. On some hosts
a page costs 10 µs, more than a broker takes for the messages in it, and whoever writes next pays. A machine that has
run for a while does not know this: its page cache is full, and the kernel uses its pages again.
"""

import mmap
import os
import tempfile
import time

MADV_POPULATE_READ = 22  # Linux 5.14; Python has no name for it.
MADV_COLD = 20
PASSES_MAX = 6
QUICK_PASS_S = 3.0


class TouchedMemory:
    """A page cache full of a file without blocks, as large as the memory: clean pages, the first that the kernel takes
    again. Mapped, so that nothing else gives them back to the host before."""

    def __init__(self, directory):
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        with tempfile.TemporaryFile(dir=directory) as file:
            os.truncate(file.fileno(), size)
            self.pages = mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ)

    def fill(self):
        """Touches what has gone since the last time; a minute or two at first. Some systems give back what was touched
        in the beginning before the end is reached: until little has gone any more."""
        for _ in range(PASSES_MAX):
            begun = time.monotonic()
            self.pages.madvise(MADV_POPULATE_READ)
            if time.monotonic() - begun < QUICK_PASS_S:
                break
        self.pages.madvise(MADV_COLD)

    def close(self):
        self.pages.close()
