"""Small disks for the members' stores, each a file system of its own that can be filled and emptied again."""

import os
import pathlib
import subprocess
import tempfile

SIZE_MB = 384  # Holds a few minutes of load; what a file system in memory takes is what lies in it.
FILLER = "filler"
PIECES = 16 << 20, 1 << 20, 4096
COMMAND_DEADLINE_S = 10


def missing():
    """What stands in the way of disks here; "" if nothing."""
    if os.geteuid() != 0:
        return "a disk needs root"
    with tempfile.TemporaryDirectory() as directory:
        try:
            mount(directory)
            unmount(directory)
        except (OSError, subprocess.SubprocessError) as failure:
            return str(failure)
    return ""


def mount(directory):
    run("mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tern-disk", directory)


def unmount(directory):
    run("umount", directory)


def run(*words):
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=COMMAND_DEADLINE_S)
    if done.returncode != 0:
        raise OSError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")


def unmount_below(directory):
    """All that were made there; their processes have ended."""
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        device, place = line.split()[:2]
        if device == "tern-disk" and pathlib.Path(place).is_relative_to(directory):
            unmount(place)


def fill(directory, share):
    """Until so much of it is used."""
    space = os.statvfs(directory)
    size = space.f_bfree * space.f_frsize - int((1 - share) * space.f_blocks * space.f_frsize)
    taken = 0
    with (directory / FILLER).open("wb") as filler:
        for piece in PIECES:
            try:
                while size - taken >= piece:
                    os.posix_fallocate(filler.fileno(), taken, piece)
                    taken += piece
            except OSError:
                pass  # The broker writes meanwhile, and was faster with the last ones.


def give_back(directory):
    (directory / FILLER).unlink()
