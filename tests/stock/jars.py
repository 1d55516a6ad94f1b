"""Stock RocketMQ clients and the programs of this folder that use them, resolved and compiled once by Maven, Go, pip and
npm.

What they produced is kept outside of the tree, under $TERN_TEST_CACHE (default ~/.cache/tern), in a folder
named for a hash of what went in, so that nothing is built twice and nothing stale is used.
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE / "java"
SPRING = HERE / "spring"
CACHE = pathlib.Path(os.environ.get("TERN_TEST_CACHE") or pathlib.Path.home() / ".cache" / "tern")

# What RocketMQ before 5 needs to start on Java 17; harmless for later ones.
OPEN_MODULES = [
    "--add-opens", "java.base/java.nio=ALL-UNNAMED",
    "--add-opens", "java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens", "java.base/java.lang=ALL-UNNAMED",
    "--add-exports", "java.base/jdk.internal.ref=ALL-UNNAMED",
]


def digest(*files):
    content = hashlib.sha256()
    for file in sorted(files):
        content.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return content.hexdigest()[:16]


def maven(project, output, *arguments):
    if not shutil.which("mvn"):
        raise SystemExit("mvn: not found; run tools/bootstrap --test")
    command = ["mvn", "--quiet", "--batch-mode", "--file", str(project / "pom.xml"), f"-Doutput={output}", *arguments]
    # A mirror that is busy loses a download now and then: what it got is kept, so a second try is cheap.
    for attempt in 1, 2, 3:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True)
        if result.returncode == 0:
            return
        if "COMPILATION ERROR" in result.stdout:
            break
    raise SystemExit(f"{' '.join(command)}\n{result.stdout}\nfailed with exit status {result.returncode}")


def still_there(classpath):
    return all(os.path.exists(entry) for entry in classpath.split(":"))


def cached(name, inputs, build):
    """The class path (or program) kept under `name`, made by build(directory) -> class path if it isn't there yet."""
    directory = CACHE / f"{name}-{digest(*inputs)}"
    done = directory / "classpath"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:  # Two runs at a time build it once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists() and still_there(done.read_text()):
            return done.read_text()
        for old in CACHE.glob(f"{name}-*"):
            shutil.rmtree(old, ignore_errors=True)
        directory.mkdir()
        classpath = build(directory)
        unfinished = directory / "classpath.new"
        unfinished.write_text(classpath)
        unfinished.rename(done)
        return classpath


def server_classpath(version):
    def build(directory):
        listing = directory / "dependencies"
        maven(PROJECT, directory, f"-Drocketmq.version={version}", "-Pservers", "dependency:build-classpath",
              f"-Dmdep.outputFile={listing}")
        return listing.read_text().strip()
    return cached(f"java-servers-{version}", [PROJECT / "pom.xml"], build)


def client_classpath(version):
    """The client's tests, compiled, and the client and the tools they use."""
    return compiled(f"java-client-{version}", PROJECT, f"-Drocketmq.version={version}")


def spring_classpath(version):
    """The tests of rocketmq-spring-boot-starter, and what they use."""
    return compiled(f"spring-{version}", SPRING, f"-Dstarter.version={version}")


def compiled(name, project, *arguments):
    def build(directory):
        listing = directory / "dependencies"
        maven(project, directory, *arguments, "compile", "dependency:build-classpath", f"-Dmdep.outputFile={listing}")
        return f"{directory / 'classes'}:{listing.read_text().strip()}"
    return cached(name, [project / "pom.xml", *project.glob("src/**/*.java")], build)


def go_program():
    """The Go client's tests."""
    return built("go-client")


def go_tls_program():
    """The same with a client from after the last release, over TLS."""
    return built("go-tls-client", "-modfile", "tls.mod", "-tags", "tls")


def built(name, *options):
    def build(directory):
        if not shutil.which("go"):
            raise SystemExit("go: not found; run tools/bootstrap --test")
        # Without cgo no C compiler is needed.
        subprocess.run(["go", "build", *options, "-o", str(directory / "stock-go"), "."], cwd=HERE / "go", check=True,
                       env={**os.environ, "CGO_ENABLED": "0"})
        return str(directory / "stock-go")
    return cached(name, list((HERE / "go").glob("*")), build)


def python_packages():
    """The directory with the Python client."""
    def build(directory):
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "--root-user-action=ignore", "--target",
                        str(directory / "packages"), "--requirement", str(HERE / "python" / "requirements.txt")], check=True)
        return str(directory / "packages")
    return cached("python-client", [HERE / "python" / "requirements.txt"], build)


def node_modules():
    """The directory with the Node client."""
    def build(directory):
        if not shutil.which("npm"):
            raise SystemExit("npm: not found; run tools/bootstrap --test")
        for name in "package.json", "package-lock.json":
            shutil.copy(HERE / "node" / name, directory)
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=directory, check=True)
        return str(directory / "node_modules")
    return cached("node-client", [HERE / "node" / "package-lock.json"], build)
