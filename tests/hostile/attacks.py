"""What attackers have done to RocketMQ, a test for each kind: all of it fails closed."""

import pathlib
import tempfile

from garbage import CODES
from scenario import scenario
from target import TOPIC, Target, read, wire

UPDATE_BROKER_CONFIG, BROKER_CONFIG, UPDATE_NAMESRV_CONFIG, NAMESRV_CONFIG = 25, 26, 318, 319


def refused(target, port, code, settings, server):
    """Nothing is changed, and the log says who was refused."""
    before = len(server.lines("settings_change_refused"))
    answer = target.ask(port, code, {}, settings.encode())
    assert answer.code != 0 and answer.remark, f"{settings!r}: {answer}"
    lines = server.lines("settings_change_refused")
    assert len(lines) == before + 1 and "by=127.0.0.1:" in lines[-1], f"{settings!r}: {lines[before:]}"
    return answer


def is_unchanged(target, act):
    """Neither settings nor files of either server."""
    def state():
        return (target.ask("broker", BROKER_CONFIG, {}).body, target.ask("namesrv", NAMESRV_CONFIG, {}).body,
                target.cluster.broker_file.read_text(), target.cluster.namesrv_file.read_text())
    before = state()
    act()
    assert state() == before


@scenario(memory_mb=8)
def cve_2023_33246_commands_by_broker_settings(target):
    """filterServerNums and rocketmqHome were put together to a command line."""
    marker = target.directory / "owned"

    def attack():
        for settings in (f"filterServerNums=1\nrocketmqHome=-c $@|sh . echo touch {marker};", "filterServerNums=1",
                         f"rocketmqHome=;touch {marker};", f"namesrvAddr=127.0.0.1:1;touch {marker}",
                         f"brokerIP1=`touch {marker}`", "messageStorePlugIn=com.example.Plugin",
                         "storePathRootDir=/tmp/owned"):
            refused(target, "broker", UPDATE_BROKER_CONFIG, settings, target.broker)
    is_unchanged(target, attack)
    assert not marker.exists()


@scenario(memory_mb=8)
def cve_2023_37582_files_by_namesrv_settings(target):
    """configStorePath named the file that was overwritten, kvConfigPath another one."""
    marker = target.directory / "owned"

    def attack():
        for settings in (f"configStorePath={marker}\nproductEnvName=* * * * * touch /tmp/owned", f"configStorePath={marker}",
                         f"kvConfigPath={marker}", "rocketmqHome=/tmp", f"configStorePath\t:\t{marker}",
                         f"config\\\nStorePath={marker}", f"\\u0063onfigStorePath={marker}", "configBlackList=x"):
            refused(target, "namesrv", UPDATE_NAMESRV_CONFIG, settings, target.namesrv)
    is_unchanged(target, attack)
    assert not marker.exists()


@scenario(memory_mb=8)
def cve_2023_37582_files_by_broker_settings(target):
    """The same at the broker: brokerConfigPath, and the black list that was to prevent it."""
    marker = target.directory / "owned"

    def attack():
        for settings in (f"brokerConfigPath={marker}\naclEnable=true", f"brokerConfigPath={marker}", "configBlackList=",
                         f"storePathCommitLog={marker}", f"\\u0062rokerConfigPath={marker}", "listenPort=1",
                         "logLevel=DEBUG\nbrokerConfigPath=/tmp/owned"):  # All of it or nothing.
            refused(target, "broker", UPDATE_BROKER_CONFIG, settings, target.broker)
    is_unchanged(target, attack)
    assert not marker.exists()


@scenario(memory_mb=8)
def cve_settings_that_may_change_cannot_bring_others(target):
    """A value is one value: what looks like further lines of the file stays in it."""
    file = target.cluster.broker_file
    kept = file.read_text()
    answer = target.ask("broker", UPDATE_BROKER_CONFIG, {}, b"brokerPermission=6\\nbrokerConfigPath=/tmp/owned")
    assert answer.code != 0, answer
    assert file.read_text() == kept
    assert target.ask("broker", UPDATE_BROKER_CONFIG, {}, b"traceOn=false").code == 0
    assert target.ask("broker", UPDATE_BROKER_CONFIG, {}, b"traceOn=true").code == 0
    changed = target.broker.lines("setting_changed")
    assert len(changed) == 2 and "key=traceOn" in changed[-1] and "by=127.0.0.1:" in changed[-1], changed
    lines = [line for line in file.read_text().splitlines() if line not in kept.splitlines()]
    assert lines == ["traceOn=true"], lines


@scenario(memory_mb=8)
def cve_2019_17572_directories_by_topics(target):
    """A message to a topic that is made by itself made a directory where its name led."""
    outside = pathlib.Path("/tmp") / f"hostile-{target.directory.name}"
    before = target.files()
    up = "../" * 20
    for name in f"{up}tmp/{outside.name}", str(outside), f"%RETRY%{up}tmp/{outside.name}", f"a%00/{up}tmp/{outside.name}":
        for answer in (target.send(topic=name), target.ask("broker", wire.CREATE_TOPIC, wire.topic_fields(name, 4)),
                       target.ask("broker", 215, {"topic": name})):
            # What is not there may be deleted.
            assert answer.code in (17, 24, 26, 29) or answer.code == 0, answer
        topics = read(target.ask("broker", 21, {}).body)["topicConfigTable"]
        assert name not in topics
    assert not outside.exists()
    assert not any("hostile-" in name for name in target.files() - before)


@scenario(memory_mb=8)
def cve_2024_23321_secrets_by_settings_and_lists(_):
    """What is secret is in no answer of servers that have secrets, whatever a stranger asks for."""
    secrets = {"clusterSecret": "sesame-of-the-group", "tls.server.keyPassword": "sesame-of-the-server",
               "tls.client.keyPassword": "sesame-of-the-client"}
    with tempfile.TemporaryDirectory(prefix="tern-hostile-") as directory, Target(directory, settings=secrets) as own:
        for port, code in ("broker", BROKER_CONFIG), ("namesrv", NAMESRV_CONFIG):
            assert "listenPort=" in own.ask(port, code, {}).body.decode(), port
        assert "clusterSecret=******" in own.ask("broker", BROKER_CONFIG, {}).body.decode()  # That there is one.
        asked = {"topic": TOPIC, "group": "g", "consumerGroup": "g", "namespace": "n", "key": "clusterSecret", "cluster": "c"}
        for port in "broker", "fast", "namesrv":
            connection = wire.Connection(f"127.0.0.1:{own.ports[port]}")
            for code in CODES:
                answer = connection.call(code, asked, deadline=wire.in_seconds(20))
                said = answer.body.decode(errors="replace") + (answer.remark or "") + str(answer.fields)
                assert "sesame" not in said, f"{port}: {code}"
            connection.close()
        assert not any("sesame" in server.log.read_text() for server in (own.broker, own.namesrv))


@scenario(memory_mb=8)
def cve_fastjson_types_that_a_body_names(target):
    """A body's @type named a Java class that was then made."""
    types = ['{"@type":"java.lang.AutoCloseable","@type":"java.io.FileOutputStream","file":"%s","append":false}',
             '{"x":{"@type":"java.net.Inet4Address","val":"127.0.0.1"},"file":"%s"}']
    marker = target.directory / "owned"
    for text in types:
        for port, code in ("broker", 34), ("broker", 41), ("broker", 200), ("namesrv", 103), ("namesrv", 217):
            target.ask(port, code, {"topic": TOPIC}, (text % marker).encode())
    assert not marker.exists()
