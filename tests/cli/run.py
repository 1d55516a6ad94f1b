#!/usr/bin/env python3
"""The command line as a user meets it: the scripts of bin/, the settings files, mqadmin, starts and stops.

  tests/cli/run.py              everything
  tests/cli/run.py settings_    the tests whose names contain this
  tests/cli/run.py --list       their names

$TERN names another program than build/release/tern.  What mqadmin prints is compared with what that of RocketMQ 5.5.0
prints, restated here.  The last line is "N passed, N failed, N skipped".
"""

import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import administration  # noqa: E402
import documents  # noqa: E402
import failures  # noqa: E402
import messages  # noqa: E402
import servers  # noqa: E402
from world import DEADLINE_S, ROOT, Consumer, World, expect_lines, free_port, is_listening, wait_for  # noqa: E402

COMMANDS = ["clusterList", "topicList", "updateTopic", "topicRoute", "topicStatus", "brokerStatus", "consumerProgress",
            "sendMessage", "consumeMessage", "queryMsgById", "queryMsgByKey"]
EXIT_USAGE, EXIT_FAILED = 1, 2

INT = r"-?\d+"
NUM = r"-?\d+(\.\d+)?"
DATE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
ID = r"[0-9A-F]{32}"


class Cluster:
    """Two NameServers and a broker, each started by its script of bin/ as the documents of RocketMQ say."""

    def __init__(self, world):
        self.world = world
        self.ports = []
        for i in range(2):
            port = free_port()
            self.ports.append(port)
            file = world.namesrv_file(f"namesrv-{i}", port)
            home = world.directory / f"home-{i}"
            server = world.starts("sh", world.bin / "mqnamesrv", "-c", file, "-h", home, log=f"namesrv-{i}.log")
            setattr(self, f"namesrv_{i}", server.wait_until_ready())
        self.namesrv = ";".join(f"127.0.0.1:{port}" for port in self.ports)
        self.port = free_port(-2, 1)
        self.address = f"127.0.0.1:{self.port}"
        self.file = world.broker_file("broker-a", self.port)
        self.store = world.directory / "store-broker-a"
        self.start_broker()
        self.wait_until_registered()

    def start_broker(self):
        self.broker = self.world.starts("sh", self.world.bin / "mqbroker", "-c", self.file, "-n", self.namesrv,
                                        log="broker-a.log").wait_until_ready()

    def wait_until_registered(self):
        for port in self.ports:
            wait_for(lambda: "broker-a" in self.world.script("mqadmin", "clusterList", "-n", f"127.0.0.1:{port}").out,
                     f"the broker is not at NameServer {port}")

    def mqadmin(self, command, *words):
        return self.world.script("mqadmin", command, "-n", self.namesrv, *words)

    def has_topic(self, topic, queues=4):
        called = self.mqadmin("updateTopic", "-c", "DefaultCluster", "-t", topic, "-r", queues, "-w", queues)
        assert called.status == 0, called.said

    def has_message(self, topic, body, *words):
        """Where it is: the answer of sendMessage."""
        return self.mqadmin("sendMessage", "-t", topic, "-p", body, *words, "--json").json()

    def bodies(self, topic):
        return sorted(message["body"] for message in self.mqadmin("consumeMessage", "-t", topic, "--json").json())


# ---------------------------------------------------------------------------------------------- without servers

def program_says_its_version(world):
    version = re.search(r"project\(tern VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
    called = world.call(world.tern, "--version")
    assert called.status == 0 and called.out == f"tern {version}\n", called.said


def program_helps_everywhere(world):
    called = world.call(world.tern, "--help")
    assert called.status == 0 and called.err == "", called.said
    names = re.findall(r"^  (\w+)  ", called.out.split("Subcommands:")[1].split("Examples:")[0], re.MULTILINE)
    assert {"namesrv", "broker", "admin", "check", "verify", "reference"} <= set(names), names
    for name in names:
        called = world.call(world.tern, name, "--help")
        assert called.status == 0 and called.err == "" and len(called.lines()) > 3, f"{name}: {called.said}"


def program_refuses_what_it_does_not_know(world):
    for words in [], ["nonsense"], ["broker", "--nonsense"], ["namesrv", "-c", "/no/such/file"], ["reference", "x"]:
        called = world.call(world.tern, *words)
        assert called.status not in (0, None) and called.err, f"{words}: {called.said}"


def mqadmin_lists_and_explains_its_commands(world):
    called = world.script("mqadmin")
    expect_lines(called, "The most commonly used mqadmin commands are:",
                 [r"   \w+ +\S.*\.", r"See 'mqadmin help <command>' for more information on a specific command\."])
    names = re.findall(r"^   (\w+)", called.out, re.MULTILINE)
    assert set(COMMANDS) <= set(names), names
    for name in names:
        called = world.script("mqadmin", name, "--help")
        assert called.status == 0 and called.err == "", called.said
        assert called.out.startswith(f"usage: mqadmin {name} "), called.said
        for text in "-n,--namesrvAddr", "--json", f"Examples:\n  mqadmin {name}":
            assert text in called.out, f"{name}: no {text!r}: {called.said}"
        assert world.script("mqadmin", "help", name).out == called.out
        assert world.script("mqadmin", name.lower(), "-h").out == called.out


def mqadmin_says_what_is_wrong_with_a_command_line(world):
    for words, says in [
        (["noSuchCommand"], "The sub command noSuchCommand not exist."),
        (["topicRoute", "-n", "127.0.0.1:1"], "Missing required option: -t"),
        (["topicRoute", "-n", "127.0.0.1:1", "-t", "T", "-Z"], "Unrecognized option: -Z"),
        (["topicRoute", "-n", "127.0.0.1:1", "-t"], "-t"),
        (["updateTopic", "-n", "127.0.0.1:1", "-t", "T"], "-b, -c"),
        (["updateTopic", "-n", "127.0.0.1:1", "-t", "T", "-b", "x:1", "-r", "four"], "four"),
        (["clusterList", "-n", "nowhere"], "nowhere"),
        (["clusterList"], "NAMESRV_ADDR"),
    ]:
        called = world.script("mqadmin", *words)
        assert called.status == EXIT_USAGE and called.out == "" and says in called.err, f"{words}: {called.said}"


def mqadmin_says_who_does_not_answer(world):
    nobody = f"127.0.0.1:{free_port()}"
    for words in ["clusterList", "-n", nobody], ["topicList", "-n", nobody], ["brokerStatus", "-b", nobody]:
        called = world.script("mqadmin", *words)
        assert called.status == EXIT_FAILED and called.out == "", called.said
        assert f"mqadmin {words[0]}: " in called.err and nobody in called.err, called.said


def reference_pages_are_those_of_the_program(world):
    pages = sorted((ROOT / "docs" / "reference").glob("*.md"))
    assert {page.stem for page in pages} == {"broker-settings", "namesrv-settings", "tls-settings", "mqadmin", "request-codes"}, pages
    for page in pages:
        called = world.call(world.tern, "reference", page.stem)
        assert called.status == 0, called.said
        assert called.out == page.read_text(), \
            f"{page.relative_to(ROOT)} is old; run: build/release/tern reference {page.stem} > {page.relative_to(ROOT)}"


def pages_are_made_of_the_evidence(world):
    for page, *words in [["tools/compatibility.py"], ["bench/report"], ["bench/floors", "--table"],
                         ["tests/cluster/campaign.py", "--table"], ["tests/simulation/campaign.py", "--table"],
                         ["tests/mutations/run", "--table"]]:
        called = world.call(sys.executable, ROOT / page, *words, "--check")
        assert called.status == 0, f"{page}: {called.said}"


def scripts_find_the_program_that_was_built(world):
    if not (ROOT / "build" / "release" / "tern").exists():
        return "no build/release/tern"
    for name in "mqadmin", "mqbroker", "mqnamesrv":
        called = world.call("sh", ROOT / "bin" / name, "--help")
        assert called.status == 0 and called.out, called.said
    return None


def options_alone_print_settings_and_help(world):
    for script, key in ("mqbroker", "brokerClusterName=DefaultCluster"), ("mqnamesrv", "listenPort=9876"):
        called = world.script(script, "-p")
        assert called.status == 0 and key in called.lines(), called.said
        assert all(re.fullmatch(r"[\w.]+=.*", line) for line in called.lines()), called.said
        called = world.script(script, "-h")
        assert called.status == 0 and "Usage:" in called.out, called.said
    called = world.script("mqbroker", "-p", 70000)
    assert called.status == EXIT_USAGE, called.said
    assert called.err.startswith("command line: listenPort=70000 is not right"), called.said
    called = world.script("mqbroker", "-m")
    assert called.status == 0 and "brokerRole=ASYNC_MASTER" in called.lines(), called.said


# ---------------------------------------------------------------------------------------------------- settings

def settings_that_are_wrong_stop_the_start(world):
    for line, says in [
        ("listenPort=many", "listenPort=many"),
        ("listenPort=70000", "listenPort=70000"),
        ("flushDiskType=LATER", "flushDiskType=LATER"),
        ("mappedFileSizeCommitLog=-1", "mappedFileSizeCommitLog=-1"),
        ("autoCreateTopicEnable=perhaps", "autoCreateTopicEnable=perhaps"),
    ]:
        file = world.directory / "wrong.conf"
        file.write_text(f"# A comment.\nbrokerName=broker-x\n{line}\n")
        called = world.script("mqbroker", "-c", file)
        assert called.status not in (0, None), called.said
        assert f"{file}:3:" in called.err and says in called.err, called.said
        assert "boot success" not in called.out, called.said
    file.write_text("scanNotActiveBrokerInterval=soon\n")
    called = world.script("mqnamesrv", "-c", file)
    assert called.status not in (0, None), called.said
    assert f"{file}:1:" in called.err and "scanNotActiveBrokerInterval=soon" in called.err, called.said


def a_settings_file_that_cannot_be_looked_at_stops_the_start(world):
    home = world.directory / "endless"
    home.symlink_to(home)
    called = world.script("mqnamesrv", "-h", home)
    assert called.status not in (0, None) and called.status > 0, called.said
    assert f"{home}/namesrv.properties" in called.err, called.said


def comments_behind_values_are_taken_for_comments(world):
    """As the settings files of handbooks have them; for Java they are part of the value."""
    file = world.directory / "comments.conf"
    file.write_text("brokerId=0  # the master\nbrokerRole=SYNC_MASTER\t# safe\nregionId=a#b\nbrokerName=broker-x  #\n")
    called = world.script("mqbroker", "-c", file, "-p")
    assert called.status == 0, called.said
    assert {"brokerId=0", "brokerRole=SYNC_MASTER", "regionId=a#b", "brokerName=broker-x"} <= set(called.lines()), \
        called.said
    assert f"warning: {file}:1: brokerId=0: what stands behind # is taken for a comment\n" in called.err, called.said
    assert called.err.count("taken for a comment") == 3, called.said


def settings_that_are_unknown_are_a_warning_with_the_nearest(world):
    file = world.directory / "slip.conf"
    file.write_text("flushDiskTyp=SYNC_FLUSH\nbrokerName=broker-x\nsomethingElseEntirely=1\n")
    called = world.script("mqbroker", "-c", file, "-p")
    assert called.status == 0, called.said
    assert f"warning: {file}:1: flushDiskTyp is not known, did you mean flushDiskType?\n" in called.err, called.said
    assert f"warning: {file}:3: somethingElseEntirely is not known\n" in called.err, called.said
    assert "flushDiskType=ASYNC_FLUSH" in called.lines() and "brokerName=broker-x" in called.lines(), called.said


def settings_that_steer_nothing_here_are_in_the_log(world):
    """Accepted, and not in silence: whoever tunes with them finds out why nothing changes."""
    for script, program, key in [("mqbroker", "broker", "sendMessageThreadPoolNums"),
                                 ("mqnamesrv", "namesrv", "defaultThreadPoolNums")]:
        port = free_port(-2)
        file = world.broker_file("tuned", port) if program == "broker" else world.namesrv_file("tuned-names", port)
        with file.open("a") as more:
            more.write(f"{key}=16\n")
        home = world.directory / f"tuned-{program}"
        server = world.starts("sh", world.bin / script, "-c", file, "-h", home, log=f"tuned-{program}.log").wait_until_ready()
        line = len(file.read_text().splitlines())
        logged = (home / "logs" / f"{program}.log").read_text()
        assert f" setting_without_effect at={file}:{line} key={key}\n" in logged, logged
        assert "warning" not in server.printed() and server.ends(signal.SIGTERM) == 0, server.printed()


def settings_of_a_group_that_are_wrong_stop_the_start(world):
    for name, settings, words in [
            ("slave", {"brokerRole": "SLAVE", "brokerId": 0}, "brokerId=0"),
            ("raft", {"enableDLegerCommitLog": "true", "dLegerPeers": "n0-127.0.0.1"}, "dLegerPeers=n0-127.0.0.1"),
            ("raft", {"enableDLedgerCommitLog": "true", "dLedgerPeers": "n0-127.0.0.1:1", "dLedgerSelfId": "n1"},
             "dLegerSelfId=n1")]:
        called = world.script("mqbroker", "-c", world.broker_file(name, free_port(-2), **settings))
        assert called.status not in (0, None) and words in called.err, called.said


def settings_of_tls_that_are_wrong_stop_the_start(world):
    wrong = world.directory / "wrong-tls.properties"
    wrong.write_text("# ours\ntls.server.mode=enforcng\n")
    empty = world.directory / "empty-tls.properties"
    empty.write_text("")
    for words, says in [
            ([f"-Dtls.config.file={wrong}"], f"{wrong}:2: tls.server.mode=enforcng is not right"),
            (["-Dtls.config.file=/no/such/file"], "/no/such/file: No such file"),
            ([f"-Dtls.config.file={empty}", "-Dtls.server.certPath=/no/cert", "-Dtls.server.keyPath=/no/key"],
             "tls.server.certPath: /no/cert: open: No such file"),
            ([f"-Dtls.config.file={empty}", "-Dtls.server.mode=enforcing", "-Dtls.test.mode.enable=false"],
             "tls.server.mode=enforcing: tls.server.certPath and tls.server.keyPath are missing")]:
        for server in "mqnamesrv", "mqbroker":
            called = world.script(server, "-p", free_port(-2), "-h", world.directory / "tls", *words)
            assert called.status not in (0, None) and says in called.err, called.said


# -------------------------------------------------------------------------------------------- the life of servers

def servers_say_that_they_have_started(world):
    cluster = world.cluster
    assert cluster.namesrv_0.printed().splitlines() == [
        f"load config properties file OK, {world.directory}/namesrv-0.conf",
        f"The Name Server boot success. serializeType=JSON, address 127.0.0.1:{cluster.ports[0]}"], \
        cluster.namesrv_0.printed()
    assert (f"The broker[broker-a, {cluster.address}] boot success. serializeType=JSON and name server is "
            f"{cluster.namesrv}\n") in cluster.broker.printed(), cluster.broker.printed()
    assert is_listening(cluster.port) and is_listening(cluster.port - 2)  # And the fast channel.
    assert (world.directory / "home-0" / "logs" / "namesrv.log").stat().st_size > 0
    # Where RocketMQ's operators look.
    assert " started broker=broker-a " in (world.directory / "logs" / "rocketmqlogs" / "broker.log").read_text()


def servers_take_their_port_and_home_as_options(world):
    """As `sh bin/mqnamesrv -p 9876 -h DIR`; what they say on the command line goes before the file."""
    home = world.directory / "a home"
    file = world.directory / "loopback.conf"
    file.write_text("bindAddress=127.0.0.1\nlistenPort=9\n")
    port = free_port()
    namesrv = world.starts("sh", world.bin / "mqnamesrv", "-c", file, "-p", port, "-h", home, log="options.log")
    assert f"address 127.0.0.1:{port}\n" in namesrv.wait_until_ready().printed(), namesrv.printed()
    assert (home / "logs" / "namesrv.log").exists()
    file.write_text("bindAddress=127.0.0.1\nbrokerIP1=127.0.0.1\nbrokerName=broker-o\nlistenPort=9\n"
                    "namesrvAddr=127.0.0.1:9\nmappedFileSizeCommitLog=8388608\n")
    broker_port = free_port(-2)
    broker = world.starts("sh", world.bin / "mqbroker", "-c", file, "-p", broker_port, "-h", home,
                          "-n", f"127.0.0.1:{port}", log="options-broker.log")
    assert (f"The broker[broker-o, 127.0.0.1:{broker_port}] boot success. serializeType=JSON and name server is "
            f"127.0.0.1:{port}\n") in broker.wait_until_ready().printed(), broker.printed()
    assert (home / "logs" / "broker.log").exists() and (home / "store" / "commitlog").is_dir()
    wait_for(lambda: "broker-o" in world.script("mqadmin", "clusterList", "-n", f"127.0.0.1:{port}").out,
             "the broker does not register")
    assert broker.ends(signal.SIGTERM) == 0 and namesrv.ends(signal.SIGTERM) == 0


def server_on_a_port_that_is_taken_says_so(world):
    file = world.namesrv_file("second", world.cluster.ports[0])
    called = world.script("mqnamesrv", "-c", file)
    assert called.status not in (0, None) and str(world.cluster.ports[0]) in called.err, called.said
    called = world.script("mqbroker", "-c", world.broker_file("broker-c", world.cluster.port))
    assert called.status not in (0, None) and str(world.cluster.port) in called.err, called.said


def broker_leaves_a_log_of_java_dledger_alone(world):
    store = world.directory / "java-store"
    (store / "dledger-n0" / "data").mkdir(parents=True)
    called = world.script("mqbroker", "-c", world.broker_file("broker-j", free_port(-2), storePathRootDir=store))
    assert called.status not in (0, None), called.said
    assert f"{store}/dledger-n0: the log of a Java DLedger group" in called.err, called.said
    assert [path.name for path in store.iterdir()] == ["dledger-n0"], "it made files beside it"
    elsewhere = world.directory / "java-log"
    elsewhere.mkdir()
    (elsewhere / "00000000000000000000").touch()
    file = world.broker_file("broker-k", free_port(-2), storePathRootDir=world.directory / "none",
                             storePathDLedgerCommitLog=f"{world.directory}/absent,{elsewhere}")
    called = world.script("mqbroker", "-c", file)
    assert called.status not in (0, None), called.said
    assert f"{elsewhere}: the log of a Java DLedger group" in called.err, called.said


def broker_on_a_store_that_is_taken_says_so(world):
    file = world.broker_file("broker-d", free_port(-2), storePathRootDir=world.cluster.store)
    called = world.script("mqbroker", "-c", file)
    assert called.status not in (0, None), called.said
    lock = f"{world.cluster.store}/lock: locked by another broker"
    assert called.err.splitlines() == [f"{lock}; waiting for its end, 10 s at most", lock], called.said


class Supervisor:
    """What systemd does: opens sockets, starts the program with them from descriptor 3 on, hears of its states."""

    def __init__(self, world, name, sockets, *command):
        self.states = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.states.bind(str(world.directory / f"{name}.notify"))
        self.states.settimeout(DEADLINE_S)
        environment = {**world.environment, "NOTIFY_SOCKET": str(world.directory / f"{name}.notify"),
                       "LISTEN_FDNAMES": ":".join(["clients"] * len(sockets))}
        with servers.handing_over(sockets, command) as (launching, numbers):
            self.process = subprocess.Popen(launching, cwd=world.directory, env=environment, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, pass_fds=numbers)

    def hears(self):
        return self.states.recv(100).decode()

    def ends(self):
        """Its exit status, and what it printed."""
        self.process.terminate()
        try:
            out, _ = self.process.communicate(timeout=DEADLINE_S)
        finally:
            self.process.kill()
        self.states.close()
        return self.process.returncode, out


def servers_take_the_sockets_of_a_supervisor(world):
    for program, ports in ("namesrv", (0,)), ("broker", (0, -2)):
        port = free_port(-2, 1)
        sockets = [socket.create_server(("127.0.0.1", port + offset)) for offset in ports]
        stray = socket.create_server(("127.0.0.1", 0))
        file = (world.namesrv_file("supervised", port) if program == "namesrv"
                else world.broker_file("supervised", port, storePathRootDir=world.directory / "store-supervised"))
        early = socket.create_connection(("127.0.0.1", port), DEADLINE_S)  # Before the program is there.
        server = Supervisor(world, program, [*sockets, stray], world.tern, program, "-c", file)
        try:
            assert server.hears() == "READY=1"
            # GET_NAMESRV_CONFIG, GET_BROKER_CONFIG: any answer will do.
            header = b'{"code":%d,"opaque":1,"flag":0,"language":"JAVA","version":0}' % (319 if len(ports) == 1 else 26)
            early.sendall(struct.pack(">ii", 4 + len(header), len(header)) + header)
            assert len(early.recv(4)) == 4, "no answer on the connection that was there before"
            early.close()
            server.process.terminate()
            assert server.hears() == "STOPPING=1"
        finally:
            status, printed = server.ends()
        assert status == 0, printed
        assert f"warning: inherited socket clients (127.0.0.1:{stray.getsockname()[1]})" in printed, printed
        assert printed.count("warning:") == 1, printed
        for each in [*sockets, stray]:
            each.close()


def unit_files_are_what_systemd_takes(world):
    if not shutil.which("systemd-analyze"):
        return "systemd-analyze is not there"
    directory = world.directory / "units"
    directory.mkdir()
    units = []
    for file in sorted((ROOT / "packaging" / "systemd").iterdir()):
        unit = directory / file.name.replace("@.", "@a.")
        unit.write_text(file.read_text().replace("/usr/bin/tern", world.tern))
        units.append(unit)
    assert {"tern-broker.service", "tern-broker.socket", "tern-namesrv.service"} <= {unit.name for unit in units}, units
    called = world.call("systemd-analyze", "verify", *units)
    assert called.status == 0 and not called.err, called.said
    for unit in directory.glob("*.service"):  # updateBrokerConfig writes it.
        assert "\nReadWritePaths=/etc/tern\n" in unit.read_text(), unit


def broker_survives_its_terminal(world):
    """As `nohup sh bin/mqbroker … &`, after which the terminal is closed."""
    port = free_port(-2)
    server = world.starts("nohup", "sh", world.bin / "mqbroker", "-c", world.broker_file("broker-b", port),
                          log="nohup.log").wait_until_ready()
    server.process.send_signal(signal.SIGHUP)
    called = world.script("mqadmin", "brokerStatus", "-b", f"127.0.0.1:{port}")
    assert called.status == 0 and server.process.poll() is None, called.said
    assert server.ends(signal.SIGTERM) == 0


def broker_stops_clean_and_starts_again(world):
    cluster = world.cluster
    cluster.has_topic("CleanStop")
    sent = [cluster.has_message("CleanStop", f"clean {i}") for i in range(5)]
    assert len({(each["queueId"], each["queueOffset"]) for each in sent}) == 5, sent
    abort = cluster.store / "abort"
    assert abort.exists()
    assert cluster.broker.ends(signal.SIGTERM) == 0
    assert not abort.exists()
    # It said goodbye: the NameServers do not wait for a silence.
    assert "broker-a" not in world.script("mqadmin", "clusterList", "-n", cluster.namesrv).out
    cluster.start_broker()
    cluster.wait_until_registered()
    assert cluster.bodies("CleanStop") == [f"clean {i}" for i in range(5)]


def broker_waits_for_the_one_before_it(world):
    cluster = world.cluster
    before = cluster.broker
    cluster.broker = world.starts("sh", world.bin / "mqbroker", "-c", cluster.file, "-n", cluster.namesrv, log="broker-a-next.log")
    wait_for(lambda: "locked by another broker; waiting for its end" in cluster.broker.printed(), "it does not wait")
    assert before.ends(signal.SIGTERM) == 0
    cluster.broker.wait_until_ready()
    cluster.wait_until_registered()
    assert cluster.bodies("CleanStop") == [f"clean {i}" for i in range(5)]


def settings_change_at_run_time_and_stay(world):
    cluster = world.cluster
    cluster.file.write_text("# As the operator wrote it.\n" + cluster.file.read_text())
    lines = cluster.file.read_text().splitlines()

    def change(key, value, *where):
        return world.script("mqadmin", "updateBrokerConfig", *(where or ("-b", cluster.address)), "-k", key, "-v", value)

    def setting(name):
        return world.script("mqadmin", "getBrokerConfig", "-b", cluster.address, "--json").json()[cluster.address][name]

    for key, value, where in [("fileReservedTime", 48, ()),
                              ("autoCreateTopicEnable", "false", ("-c", "DefaultCluster", "-n", cluster.namesrv))]:
        called = change(key, value, *where)
        assert called.status == 0 and called.out == f"update broker config success, {cluster.address}\n", called.said
    assert (setting("fileReservedTime"), setting("autoCreateTopicEnable")) == ("48", "false")
    assert setting("brokerConfigPath") == str(cluster.file)
    for key, value, says in [("listenPort", 1, "NO_PERMISSION (16): Can not update listenPort"), ("brokerConfigPath", "/tmp/x", "brokerConfigPath"),
                             ("fileReservedTime", "soon", "fileReservedTime=soon is not right"),
                             ("fileReservdTime", 1, "did you mean fileReservedTime")]:
        called = change(key, value)
        assert called.status == EXIT_FAILED and says in called.err, called.said
    kept = ["fileReservedTime=48", "autoCreateTopicEnable=false"]
    assert cluster.file.read_text().splitlines() == [*lines, *kept], cluster.file.read_text()
    assert pathlib.Path(f"{cluster.file}.bak").read_text().splitlines() == [*lines, kept[0]]
    cluster.broker.ends(signal.SIGTERM)
    cluster.start_broker()
    cluster.wait_until_registered()
    assert (setting("fileReservedTime"), setting("autoCreateTopicEnable")) == ("48", "false")
    change("autoCreateTopicEnable", "true")

    called = cluster.mqadmin("updateNamesrvConfig", "-k", "scanNotActiveBrokerInterval", "-v", 4000)
    assert called.status == 0, called.said
    for i in range(2):
        assert "scanNotActiveBrokerInterval=4000" in (world.directory / f"namesrv-{i}.conf").read_text().splitlines()
    called = cluster.mqadmin("updateNamesrvConfig", "-k", "configStorePath", "-v", "/tmp/x")
    assert called.status == EXIT_FAILED and "NO_PERMISSION (16)" in called.err, called.said


def slaves_are_shown_with_what_they_lack(world):
    cluster = world.cluster
    port = free_port(-2, 1)
    address = f"127.0.0.1:{port}"
    file = world.broker_file("slave", port, brokerName="broker-a", brokerRole="SLAVE", brokerId=1,
                             haMasterAddress=f"127.0.0.1:{cluster.port + 1}")
    slave = world.starts("sh", world.bin / "mqbroker", "-c", file, "-n", cluster.namesrv, log="slave.log").wait_until_ready()

    def status(broker):
        return world.script("mqadmin", "haStatus", "-b", broker, "--json").json()[broker]

    def has_all():
        slaves = status(cluster.address)["haConnectionInfo"]
        return len(slaves) == 1 and slaves[0]["diff"] == 0
    wait_for(has_all, "the slave has not caught up")
    called = world.script("mqadmin", "haStatus", "-b", cluster.address)
    assert called.status == 0 and re.search(rf"^#InSyncSlaveNum\t1$", called.out, re.MULTILINE), called.said
    assert re.search(rf"^{address} +\d+ +0 +{NUM} +OK +\d+$", called.out, re.MULTILINE), called.said
    # The master goes on by itself: an offset may be on its way.
    wait_for(lambda: status(address)["haClientRuntimeInfo"]["maxOffset"] == status(cluster.address)["masterCommitLogMaxOffset"],
             "the slave does not say that it has all")
    own = status(address)
    assert not own["master"] and own["haClientRuntimeInfo"]["activated"], own
    assert own["haClientRuntimeInfo"]["masterAddr"] == cluster.address, own
    called = world.script("mqadmin", "haStatus", "-b", address)
    assert re.search(rf"^#LastReadTime\t{DATE},\d{{3}}$", called.out, re.MULTILINE), called.said
    member = world.script("mqadmin", "brokerStatus", "-b", cluster.address, "--json").json()["groupMember_n1"]
    assert re.fullmatch(r"learner, linked, log end \d+, on disk \d+, behind \d+ B, \d+ messages, \d+\.\d s", member), member

    def group():
        return world.script("mqadmin", "groupStatus", "-n", cluster.namesrv, "-b", "broker-a")
    wait_for(lambda: re.search(rf"^n1 +{address} +FOLLOWER ", group().out, re.MULTILINE), "the slave is not registered")
    assert group().status == 0

    def of_slave():
        """What the metrics of its master say of it."""
        called = world.script("mqadmin", "metrics", "-b", cluster.address)
        return {name: float(value) for name, value in
                re.findall(r'^broker_member_(\w+)\{member="n1"\} (\S+)$', called.out, re.MULTILINE)}
    wait_for(lambda: of_slave() == {"linked": 1, "lag_bytes": 0, "lag_messages": 0, "lag_seconds": 0}, "it has all")
    assert "broker_member_linked{" not in world.script("mqadmin", "metrics", "-b", address).out
    assert slave.ends(signal.SIGTERM) == 0
    wait_for(lambda: "learner, not linked" in group().out, "its master does not see that the slave has gone")
    called = group()
    assert re.search(rf"^n1 +{address} +NOT REGISTERED +learner, not linked, ", called.out, re.MULTILINE), called.said
    assert called.status == EXIT_FAILED and "n1 of the group is not registered" in called.err, called.said
    for _ in range(3):
        called = cluster.mqadmin("sendMessage", "-t", "NotAtTheSlave", "-p", "a message")
        assert called.status == 0, called.said
    lag = wait_for(lambda: (now := of_slave())["lag_messages"] == 3 and now, "three messages that it lacks")
    assert lag["linked"] == 0 and lag["lag_bytes"] > 3 * 91 and lag["lag_seconds"] > 0, lag


def connections_that_are_silent_for_longer_than_set_are_closed(world):
    files = {"mqbroker": world.broker_file("idle", free_port(-2, 1), serverChannelMaxIdleTimeSeconds=1),
             "mqnamesrv": world.namesrv_file("idle-namesrv", free_port())}
    with files["mqnamesrv"].open("a") as file:
        file.write("serverChannelMaxIdleTimeSeconds=1\n")
    for script, file in files.items():
        server = world.starts("sh", world.bin / script, "-c", file, log=f"{script}-idle.log").wait_until_ready()
        port = int(re.search(r"listenPort=(\d+)", file.read_text())[1])
        with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as silent:
            assert silent.recv(1) == b"", f"{script}: something was said"
        assert server.ends(signal.SIGTERM) == 0


def settings_change_without_a_file_and_stay(world):
    port, home = free_port(-2, 1), world.directory / "home-of-a-broker"

    def starts():
        return world.starts("sh", world.bin / "mqbroker", "-p", port, "-h", home, log="without-a-file.log").wait_until_ready()

    broker = starts()
    called = world.script("mqadmin", "updateBrokerConfig", "-b", f"127.0.0.1:{port}", "-k", "fileReservedTime", "-v", 47)
    assert called.status == 0, called.said
    assert (home / "store" / "tern" / "broker.properties").read_text() == "fileReservedTime=47\n"
    assert broker.ends(signal.SIGTERM) == 0
    broker = starts()
    called = world.script("mqadmin", "getBrokerConfig", "-b", f"127.0.0.1:{port}")
    assert re.search(r"^fileReservedTime +=  47$", called.out, re.MULTILINE), called.said
    assert broker.ends(signal.SIGTERM) == 0


def broker_keeps_messages_when_it_is_killed(world):
    cluster = world.cluster
    cluster.has_topic("Killed")
    for i in range(5):
        cluster.has_message("Killed", f"before {i}")
    assert cluster.broker.ends(signal.SIGKILL) == -signal.SIGKILL
    assert (cluster.store / "abort").exists()
    cluster.start_broker()
    cluster.wait_until_registered()
    cluster.has_message("Killed", "after")
    assert cluster.bodies("Killed") == ["after", *(f"before {i}" for i in range(5))]


def mqshutdown_stops_the_servers_of_its_kind(world):
    assert world.script("mqshutdown").status == 1
    port = free_port(-2)
    server = world.starts("sh", world.bin / "mqbroker", "-c", world.broker_file("broker-e", port),
                          log="shutdown.log").wait_until_ready()
    called = world.script("mqshutdown", "broker")
    assert called.status == 0, called.said
    pids = sorted([server.process.pid, world.cluster.broker.process.pid])
    found = re.fullmatch(r"The mqbroker\((.*)\) is running\.\.\.\nSend shutdown request to mqbroker\(\1\) OK\n",
                         called.out)
    assert found and sorted(map(int, found[1].split())) == pids, called.said
    assert server.ends() == 0 and world.cluster.broker.ends() == 0
    called = world.script("mqshutdown", "broker")
    assert called.status == 1 and called.out == "No mqbroker running.\n", called.said
    assert world.cluster.namesrv_0.process.poll() is None
    assert world.script("mqshutdown", "namesrv").status == 0
    assert world.cluster.namesrv_0.ends() == 0 and world.cluster.namesrv_1.ends() == 0


# ---------------------------------------------------------------------------------------------------- mqadmin

def cluster_list(world):
    cluster = world.cluster
    address = re.escape(cluster.address)
    expect_lines(
        cluster.mqadmin("clusterList"),
        "#Cluster Name           #Broker Name            #BID  #Addr                  #Version              "
        "#InTPS(LOAD)                   #OutTPS(LOAD)  #Timer(Progress)        #PCWait(ms)  #Hour         #SPACE    "
        "#ACTIVATED",
        [rf"DefaultCluster          broker-a                0     {address} {{6,8}}V5_5_0           +"
         rf"{NUM}\({INT},{INT}ms\) +{NUM}\({INT},{INT}ms\|{INT},{INT}ms\) +"
         rf"{INT}-{INT}\({NUM}w, {NUM}, {NUM}\) +{INT} +{NUM} +0\.\d{{4}} +true"])
    expect_lines(
        cluster.mqadmin("clusterList", "-m"),
        "#Cluster Name     #Broker Name                       #InTotalYest  #OutTotalYest  #InTotalToday "
        "#OutTotalToday",
        [rf"DefaultCluster    broker-a                         +{INT} +{INT} +{INT} +{INT}"])
    (row,) = cluster.mqadmin("clusterList", "-c", "DefaultCluster", "--json").json()
    assert (row["cluster"], row["brokerName"], row["brokerId"], row["addr"]) == (
        "DefaultCluster", "broker-a", 0, cluster.address), row
    called = cluster.mqadmin("clusterList", "-c", "Elsewhere")
    assert called.status == EXIT_FAILED and "Elsewhere" in called.err and "DefaultCluster" in called.err, called.said


def topics_are_created_shown_and_refused(world):
    cluster = world.cluster
    text = (r"TopicConfig \[topicName=Made, readQueueNums=%d, writeQueueNums=%d, perm=%s, "
            r"topicFilterType=SINGLE_TAG, topicSysFlag=0, order=false, attributes=\{\}\]")
    expect_lines(cluster.mqadmin("updateTopic", "-b", cluster.address, "-t", "Made"),
                 f"create topic to {cluster.address} success.", [text % (8, 8, "RW-")])
    expect_lines(cluster.mqadmin("updateTopic", "-c", "DefaultCluster", "-t", "Made", "-r", 4, "-w", 2, "-p", 4),
                 f"create topic to {cluster.address} success.", [text % (4, 2, "R--")])
    # Every NameServer has it before the command ends.
    for port in cluster.ports:
        called = world.script("mqadmin", "topicList", "-n", f"127.0.0.1:{port}")
        assert called.status == 0 and "Made" in called.lines(), called.said
    assert "Made" in cluster.mqadmin("topicList", "--json").json()
    expect_lines(cluster.mqadmin("topicList", "-c"),
                 "#Cluster Name         #Topic                                            #Consumer Group",
                 [r"DefaultCluster {8}\S+( +\S+)?", r"DefaultCluster {8}Made"])
    made = cluster.mqadmin("updateTopic", "-b", cluster.address, "-t", "Made", "-r", 4, "-w", 4, "--json").json()
    assert made["createdAt"] == [cluster.address] and made["topicConfig"]["readQueueNums"] == 4, made

    for words, says in [
        (["-c", "DefaultCluster", "-t", "not a topic"], "illegal characters"),
        (["-c", "Elsewhere", "-t", "Made"], "Elsewhere"),
        (["-b", f"127.0.0.1:{free_port()}", "-t", "Made"], "refused"),
    ]:
        called = cluster.mqadmin("updateTopic", *words)
        assert called.status == EXIT_FAILED and called.out == "" and says in called.err, called.said


def topic_route(world):
    cluster = world.cluster
    cluster.has_topic("Routed")
    expect_lines(cluster.mqadmin("topicRoute", "-t", "Routed"), None,
                 [r"[{}\[\]\s]*[{}\[\]],?", r'\s*"(brokerDatas|queueDatas)":\[', r'\s*"brokerAddrs":\{',
                  rf'\s*"?0"?:"{re.escape(cluster.address)}",?', r'\s*"brokerName":"broker-a",?',
                  r'\s*"cluster":"DefaultCluster",?', r'\s*"enableActingMaster":false', r'\s*"filterServerTable":\{\},',
                  r'\s*"perm":6,', r'\s*"(read|write)QueueNums":4,?', r'\s*"topicSysFlag":0,?'])
    expect_lines(cluster.mqadmin("topicRoute", "-t", "Routed", "-l"),
                 "#ClusterName                                  #BrokerName                      "
                 "#BrokerAddrs                                       #ReadQueue #WriteQueue #Perm",
                 [rf"DefaultCluster                                broker-a                         "
                  rf"\{{0={re.escape(cluster.address)}\}} {{32}}4          4           6", "-{158}",
                  r"Total: {40}1 {83}4 {10}4"])
    route = cluster.mqadmin("topicRoute", "-t", "Routed", "--json").json()
    assert route["brokerDatas"][0]["brokerAddrs"] == {"0": cluster.address}, route
    for command in "topicRoute", "topicStatus":
        called = cluster.mqadmin(command, "-t", "NoSuchTopic")
        assert called.status == EXIT_FAILED and called.out == "", called.said
        assert "No topic route info in name server for the topic: NoSuchTopic" in called.err, called.said
        assert "mqadmin topicList" in called.err, called.said


def topic_status_and_broker_status(world):
    cluster = world.cluster
    cluster.has_topic("Counted", queues=2)
    for body in "one", "two":
        cluster.has_message("Counted", body, "-b", "broker-a", "-i", "1")
    expect_lines(cluster.mqadmin("topicStatus", "-t", "Counted"),
                 "#Broker Name                      #QID  #Min Offset           #Max Offset             "
                 "#Last Updated",
                 [r"broker-a                          0     0                     0",
                  rf"broker-a                          1     0                     2 {{23}}{DATE},\d{{3}}",
                  rf"Topic Put TPS: {NUM}"])
    queues = cluster.mqadmin("topicStatus", "-t", "Counted", "--json").json()["queues"]
    offsets = [(each["queueId"], each["minOffset"], each["maxOffset"]) for each in queues]
    assert offsets == [(0, 0, 0), (1, 0, 2)], queues

    # RocketMQ's keys that scripts read, each in the column it has there.
    keys = ["bootTimestamp", "brokerVersionDesc", "commitLogDiskRatio", "commitLogMaxOffset", "commitLogMinOffset",
            "dispatchBehindBytes", "earliestMessageTimeStamp", "getTransferredTps", "msgGetTotalTodayNow",
            "msgPutTotalTodayMorning", "msgPutTotalTodayNow", "msgPutTotalYesterdayMorning",
            "pullThreadPoolQueueSize", "putMessageTimesTotal", "putTps", "remainHowManyDataToFlush", "runtime",
            "sendThreadPoolQueueSize"]
    called = cluster.mqadmin("brokerStatus", "-b", cluster.address)
    expect_lines(called, None, [r"\S+ *: .*"] + [rf"{key:<32}: \S.*" for key in keys])
    assert called.lines() == sorted(called.lines()), called.said
    expect_lines(cluster.mqadmin("brokerStatus", "-c", "DefaultCluster"), None,
                 [rf"{cluster.address:<24} \S+ *: .*"] + [rf"{cluster.address:<24} {key:<32}: \S.*" for key in keys])
    status = cluster.mqadmin("brokerStatus", "-b", cluster.address, "--json").json()
    assert status["brokerVersionDesc"] == "V5_5_0" and int(status["msgPutTotalTodayNow"]) >= 2, status


def messages_are_sent_and_consumed(world):
    cluster = world.cluster
    cluster.has_topic("Sent")
    header = "#Broker Name                      #QID  #Send Result            #MsgId"
    expect_lines(cluster.mqadmin("sendMessage", "-t", "Sent", "-p", "first", "-k", "key-1", "-c", "red",
                                 "-b", "broker-a", "-i", "0"),
                 header, [rf"broker-a                          0     SEND_OK                 {ID}"])
    expect_lines(cluster.mqadmin("sendMessage", "-t", "Sent", "-p", "zwölf ✓"), header,
                 [rf"broker-a                          [0-3]     SEND_OK                 {ID}"])
    message = (rf"MSGID: {ID} MessageExt \[brokerName=broker-a, queueId=%s, storeSize=\d+, queueOffset={INT}, "
               rf"sysFlag=0, bornTimestamp=\d+, bornHost=/127\.0\.0\.1:\d+, storeTimestamp=\d+, "
               rf"storeHost=/{cluster.address}, msgId={ID}, commitLogOffset=\d+, bodyCRC=\d+, reconsumeTimes=0, "
               r"preparedTransactionOffset=0, toString\(\)="
               r"Message\{topic='Sent', flag=0, properties=\{%s\}, body=\[%s\], transactionId='null'\}\] BODY: %s")
    finished = (rf"MessageQueue \[topic=Sent, brokerName=broker-a, queueId=[0-3]\] print msg finished\. "
                rf"status=(NO_NEW_MSG|OFFSET_ILLEGAL|FOUND), offset={INT}")
    first = message % ("0", r".*KEYS=key-1.*TAGS=red.*", "102, 105, 114, 115, 116", "first")
    expect_lines(cluster.mqadmin("consumeMessage", "-t", "Sent"), "Consume ok",
                 [first, message % ("[0-3]", ".*", "122, 119, -61, -74, .*", "zwölf ✓"), finished])
    expect_lines(cluster.mqadmin("consumeMessage", "-t", "Sent", "-b", "broker-a", "-i", 0, "-o", 0, "-c", 1),
                 "Consume ok", [first, finished])
    # Queues beyond the number of messages are passed over in silence.
    called = cluster.mqadmin("consumeMessage", "-t", "Sent", "-c", 1)
    assert called.status == 0 and called.out.count("print msg finished") == 1, called.said
    # No group's offset moves: what was read can be read again.
    assert cluster.bodies("Sent") == ["first", "zwölf ✓"]
    called = cluster.mqadmin("sendMessage", "-t", "Sent", "-p", "x", "-b", "no-broker", "-i", 0)
    assert called.status == EXIT_FAILED and "no-broker" in called.err, called.said


def messages_are_found_by_key_and_id(world):
    cluster = world.cluster
    cluster.has_topic("Found")
    sent = cluster.has_message("Found", "needle", "-k", "the-key other-key", "-c", "blue", "-b", "broker-a", "-i", 2)
    cluster.has_message("Found", "hay", "-k", "hay")
    expect_lines(cluster.mqadmin("queryMsgByKey", "-t", "Found", "-k", "the-key"),
                 "#Message ID                                        #QID                                  #Offset",
                 [rf"{sent['msgId']}                      2                                        0"])
    (found,) = cluster.mqadmin("queryMsgByKey", "-t", "Found", "-k", "other-key", "--json").json()
    assert (found["msgId"], found["body"], found["properties"]["TAGS"]) == (sent["msgId"], "needle", "blue"), found
    details = [rf"OffsetID:            {sent['offsetMsgId']}", r"Topic:               Found",
               r"Tags:                \[blue\]", r"Keys:                \[the-key other-key\]",
               r"Queue ID:            2", r"Queue Offset:        0",
               rf"CommitLog Offset:    {INT}", r"Reconsume Times:     0",
               rf"(Born|Store) Timestamp: +{DATE},\d{{3}}", r"(Born|Store) Host: +127\.0\.0\.1:\d+",
               r"System Flag:         0", rf"Properties:          \{{.*UNIQ_KEY={sent['msgId']}.*\}}",
               rf"Message Body Path:   /tmp/rocketmq/msgbodys/{sent['msgId']}", r"WARN: No Consumer"]
    for message_id in sent["msgId"], sent["offsetMsgId"]:
        expect_lines(cluster.mqadmin("queryMsgById", "-t", "Found", "-i", message_id), None, details)
        found = cluster.mqadmin("queryMsgById", "-t", "Found", "-i", message_id, "--json").json()
        assert (found["brokerName"], found["queueId"], found["body"]) == ("broker-a", 2, "needle"), found
    body = pathlib.Path("/tmp/rocketmq/msgbodys") / sent["msgId"]
    assert body.read_text() == "needle"
    body.unlink()
    for words, says in [
        (["queryMsgByKey", "-t", "Found", "-k", "nothing"], "has the key nothing"),
        (["queryMsgById", "-t", "Found", "-i", "ABCDEF"], "has the id ABCDEF"),
        (["queryMsgById", "-t", "Found", "-i", sent["offsetMsgId"][:-4] + "FFFF"], sent["offsetMsgId"][:-4] + "FFFF"),
    ]:
        called = cluster.mqadmin(*words)
        assert called.status == EXIT_FAILED and called.out == "" and says in called.err, called.said


def consumer_progress(world):
    cluster = world.cluster
    cluster.has_topic("Progress", queues=2)
    for i in range(3):
        cluster.has_message("Progress", f"message {i}", "-b", "broker-a", "-i", 1)
    consumer = Consumer(cluster.port, "cli-group", "Progress")
    consumer.commits(0, 0)
    consumer.commits(1, 2)
    header = ("#Topic                                                            "
              "#Broker Name                      #QID  #Broker Offset        "
              "#Consumer Offset      #Diff                #Inflight           #LastTime")
    rows = [rf"Progress {{58}}broker-a {{26}}0     0 {{21}}0 {{21}}0 {{20}}{INT} +(N/A|{DATE})",
            rf"Progress {{58}}broker-a {{26}}1     3 {{21}}2 {{21}}1 {{20}}{INT} +(N/A|{DATE})",
            rf"Consume TPS: {NUM}", "Consume Diff Total: 1", f"Consume Inflight Total: {INT}"]
    retry = rf"%RETRY%cli-group {{50}}broker-a {{26}}0 .*"
    wait_for(lambda: "Consume Diff Total: 1" in cluster.mqadmin("consumerProgress", "-g", "cli-group").out,
             "the offsets are not committed")
    called = cluster.mqadmin("consumerProgress", "-g", "cli-group")
    expect_lines(called, header, rows + ([retry] if "%RETRY%" in called.out else []))
    expect_lines(cluster.mqadmin("consumerProgress", "-g", "cli-group", "-t", "Progress"), header, rows)
    expect_lines(
        cluster.mqadmin("consumerProgress"),
        "#Group                                                            "
        "#Count  #Version                 #Type  #Model          #TPS     #Diff Total",
        [r"\S+ +\d+ +\S+.*",
         r"cli-group {57}1       V5_5_0                   PUSH   CLUSTERING      \d+ +1"])
    progress = cluster.mqadmin("consumerProgress", "-g", "cli-group", "--json").json()
    assert progress["diffTotal"] == 1, progress
    consumer.leaves()
    wait_for(lambda: re.search(r"^cli-group +0 +OFFLINE", cluster.mqadmin("consumerProgress").out, re.MULTILINE),
             "the member that closed its connection is still there")
    called = cluster.mqadmin("consumerProgress", "-g", "no-such-group")
    assert called.status == EXIT_FAILED and "no-such-group" in called.err, called.said


def name_servers_come_from_the_environment(world):
    called = world.call("sh", world.bin / "mqadmin", "topicList", NAMESRV_ADDR=world.cluster.namesrv)
    assert called.status == 0 and "TBW102" in called.lines(), called.said


def name_server_that_is_down_is_passed_over(world):
    called = world.script("mqadmin", "clusterList", "-n", f"127.0.0.1:{free_port()};127.0.0.1:{world.cluster.ports[0]}")
    assert called.status == 0 and "broker-a" in called.out, called.said


def answers_come_at_once(world):
    """A bound that no idle machine comes near; the usual time is printed."""
    times = sorted(world.cluster.mqadmin("clusterList").seconds for _ in range(11))
    print(f"     mqadmin clusterList: {times[5] * 1000:.0f} ms")
    assert times[5] < 1, times


def check_proves_a_cluster(world):
    cluster = world.cluster
    cluster.has_topic("Checked")
    called = world.call(world.tern, "check", "-n", cluster.namesrv, "-t", "Checked", "--messages", 2000, "--quiet")
    assert called.status == 0, called.said
    assert ("all 2000 acknowledged messages were read at the queue and offset acknowledged, whole and in order"
            in called.out), called.said
    account = [line.split()[:2] for line in called.out.splitlines() if line.startswith("  ")]
    assert account[:4] == [["acknowledged", "2000"], ["read", "2000"], ["lost", "0"], ["duplicated", "0"]], called.said
    called = world.call(world.tern, "check", "-n", cluster.namesrv, "-t", "NoSuchTopic", "--messages", 1, "--quiet")
    assert called.status not in (0, None) and "NoSuchTopic" in called.err, called.said


def verify_proves_a_broker_that_is_alone(world):
    words = [world.tern, "verify", "-n", world.cluster.namesrv, "--broker-name", "broker-a", "--minutes", "0.02"]
    called = world.call(*words)
    assert called.status == 0 and "nothing acknowledged is lost" in called.out, called.said
    assert "verify-" not in world.cluster.mqadmin("topicList").out
    called = world.call(*words, "--kill", "pause")
    assert called.status == EXIT_USAGE and "1 voting member" in called.err, called.said


ALONE = [program_says_its_version, program_helps_everywhere, program_refuses_what_it_does_not_know,
         mqadmin_lists_and_explains_its_commands, mqadmin_says_what_is_wrong_with_a_command_line,
         mqadmin_says_who_does_not_answer, reference_pages_are_those_of_the_program,
         pages_are_made_of_the_evidence, scripts_find_the_program_that_was_built,
         options_alone_print_settings_and_help, settings_that_are_wrong_stop_the_start,
         a_settings_file_that_cannot_be_looked_at_stops_the_start,
         comments_behind_values_are_taken_for_comments,
         settings_that_are_unknown_are_a_warning_with_the_nearest,
         settings_that_steer_nothing_here_are_in_the_log,
         settings_of_a_group_that_are_wrong_stop_the_start, settings_of_tls_that_are_wrong_stop_the_start,
         servers_take_the_sockets_of_a_supervisor,
         unit_files_are_what_systemd_takes]
WITH_A_CLUSTER = [servers_say_that_they_have_started, servers_take_their_port_and_home_as_options,
                  server_on_a_port_that_is_taken_says_so, broker_leaves_a_log_of_java_dledger_alone,
                  broker_on_a_store_that_is_taken_says_so,
                  broker_survives_its_terminal, cluster_list, topics_are_created_shown_and_refused, topic_route,
                  topic_status_and_broker_status, messages_are_sent_and_consumed, messages_are_found_by_key_and_id,
                  consumer_progress, name_servers_come_from_the_environment,
                  name_server_that_is_down_is_passed_over, answers_come_at_once, check_proves_a_cluster,
                  verify_proves_a_broker_that_is_alone, *administration.TESTS, *messages.TESTS, *documents.TESTS,
                  *failures.TESTS,
                  settings_change_at_run_time_and_stay, settings_change_without_a_file_and_stay,
                  connections_that_are_silent_for_longer_than_set_are_closed,
                  slaves_are_shown_with_what_they_lack,
                  broker_stops_clean_and_starts_again, broker_waits_for_the_one_before_it, broker_keeps_messages_when_it_is_killed,
                  mqshutdown_stops_the_servers_of_its_kind]  # The last: it ends the cluster.


def run(test, world, counts):
    begun = time.monotonic()
    try:
        skipped = test(world)
    except (AssertionError, OSError, ValueError, LookupError, subprocess.TimeoutExpired):
        counts["failed"] += 1
        # The line of the test is the place; what a failed comparison has to say follows it.
        trace = traceback.format_exc(limit=-3)
        print(f"FAIL {test.__name__}: {trace}", flush=True)
        return
    if skipped:
        counts["skipped"] += 1
        print(f"SKIP {test.__name__}: {skipped}", flush=True)
        return
    counts["passed"] += 1
    print(f"PASS {test.__name__} ({(time.monotonic() - begun) * 1000:.0f} ms)", flush=True)


def main():
    if set(sys.argv[1:]) & {"-h", "--help"}:
        print(__doc__)
        return 0
    if "--list" in sys.argv[1:]:
        print("\n".join(test.__name__ for test in ALONE + WITH_A_CLUSTER))
        return 0
    wanted = sys.argv[1:]
    chosen = [test for test in ALONE + WITH_A_CLUSTER if not wanted or any(word in test.__name__ for word in wanted)]
    if not chosen:
        sys.exit(f"tests/cli/run.py: no test has {' or '.join(wanted)} in its name; --list shows all")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # So that the servers are stopped.
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with tempfile.TemporaryDirectory(prefix="tern-cli-") as directory:
        world = World(directory)
        try:
            for test in chosen:
                if test in WITH_A_CLUSTER and not hasattr(world, "cluster"):
                    world.cluster = Cluster(world)
                run(test, world, counts)
        finally:
            world.stop()
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
