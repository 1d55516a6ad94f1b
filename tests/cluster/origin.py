"""Of what a line of evidence is."""

import datetime
import hashlib
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def commit(directory=ROOT):
    """None where no version control is."""
    done = subprocess.run(["git", "-C", str(directory), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or None


def now_and_commit():
    return {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "commit": commit()}


def of_program(path):
    """What it says, the commit of the tree that it lies in, and its bytes: many commits say the same."""
    told = subprocess.run([str(path.resolve()), "--version"], capture_output=True, text=True).stdout.strip()
    return {"version": told, "commit": commit(path.resolve().parent),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest()[:16]}
