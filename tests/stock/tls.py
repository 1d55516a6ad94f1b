#!/usr/bin/env python3
"""Stock Java and Go clients and our own tools over TLS, against TernMQ: permissive as it is without a setting, enforcing with
certificates on both sides, certificates that are replaced while the servers run, a group and a slave whose links are
TLS, and a running group that is led there.

  tests/stock/tls.py            all of it, with the Java clients 5.5.0 and 4.9.7 and a Go client from after 2.1.2
  tests/stock/tls.py --keep     the servers' and the clients' logs stay
  tests/stock/tls.py --server java-5.5.0    the stock clients with the stock servers: this is how an expectation is proven

With --evidence FILE what the stock clients showed replaces what FILE has of the same command.
Certificates are made by openssl on the command line, as docs/tls.md says. Prints a line a case, at last
"N passed, N failed, N skipped".
"""

import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import evidence
import jars
import servers

CLIENTS = ["java-5.5.0", "java-4.9.7"]
# What goes over each kind of connection: routes, sends of all sizes, long pulls, calls of the broker to the client.
SCENARIOS = ["send_sync", "send_batch", "send_large_body", "send_through_fast_port", "pull_held", "push_concurrent",
             "push_orderly"]
ONE = ["send_sync"]
GO_SCENARIOS = ["send_sync", "send_batch", "send_large_body", "push_concurrent", "push_orderly", "pull_from"]
CASE_DEADLINE_S = 240
REFUSED_DEADLINE_S = 20  # A stock client tries again for minutes before it gives up.
RELOAD_DEADLINE_S = 30
LATER_GO = "a client from after 2.1.2, which has no TLS"


class Authority:
    """Signs certificates; its own is what others trust."""

    def __init__(self, directory, name):
        self.directory, self.name = directory, name
        self.certificate = directory / f"{name}.pem"
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                     "-keyout", self.directory / f"{name}.key", "-out", self.certificate)

    def openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    def issue(self, name, key, certificate, password=None):
        request = self.directory / f"{name}.csr"
        protected = ["-passout", f"pass:{password}"] if password else ["-nodes"]
        self.openssl("req", "-newkey", "rsa:2048", *protected, "-subj", f"/CN={name}", "-keyout", f"{key}.new",
                     "-out", request)
        self.openssl("x509", "-req", "-days", "2", "-in", request, "-CA", self.certificate, "-CAkey",
                     self.directory / f"{self.name}.key", "-CAcreateserial", "-out", f"{certificate}.new")
        os.rename(f"{certificate}.new", certificate)
        os.rename(f"{key}.new", key)


class Cases:
    def __init__(self, directory, kind):
        self.directory, self.kind = directory, kind
        self.passed, self.failed = 0, 0
        self.rows = []  # Of stock clients, as evidence.

    def check(self, name, holds, detail=""):
        self.passed += holds
        self.failed += not holds
        print(f"PASS {name}" if holds else f"FAIL {name}: {detail}", flush=True)
        return holds

    def starts(self, words):
        program = os.environ.get("TERN") or servers.ROOT / "build" / "release" / "tern"
        return self.process([program, *words], {})

    def process(self, command, environment):
        return subprocess.Popen(list(map(str, command)), env={**os.environ, **environment}, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                start_new_session=True, preexec_fn=servers.die_with_parent)

    def run(self, name, command, environment=None, refused=None):
        """A command that has to end well; or must not, and say what stands in refused."""
        return self.ends(name, self.process(command, environment or {}), refused)

    def ends(self, name, process, refused=None):
        try:
            output, _ = process.communicate(timeout=CASE_DEADLINE_S if refused is None else REFUSED_DEADLINE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM)
            output = process.communicate()[0] + "\nended: it took too long"
        ended_well = process.returncode == 0
        holds = ended_well if refused is None else not ended_well and "PASS " not in output and refused in output
        return self.check(name, holds, f"exit status {process.returncode}\n{output[-3000:]}")

    def stock(self, name, client, cluster, scenarios, properties, refused=None):
        words = " ".join(f"-D{key}={value}" for key, value in properties.items())
        holds = self.run(f"{client}_{name}", [HERE / "run", "--client", client, "--namesrv", cluster.namesrv, *scenarios],
                         {"JAVA_TOOL_OPTIONS": words}, refused)
        self.note(client, name, holds)

    def go(self, name, cluster):
        holds = self.run(f"go_{name}", [jars.go_tls_program(), cluster.namesrv, *GO_SCENARIOS])
        self.note("go-2.1.2", name, holds, LATER_GO)

    def note(self, client, name, holds, reason=""):
        self.rows.append(evidence.Row(client, self.kind, f"tls_{name}", "PASS" if holds else "FAIL", reason))

    def tern(self, name, words, properties, refused=None):
        program = os.environ.get("TERN") or servers.ROOT / "build" / "release" / "tern"
        self.run(name, [program, *words, *(f"-D{key}={value}" for key, value in properties.items())], None, refused)


def configure(cluster, **settings):
    """Adds settings, whose names have dots, to the files of all servers; stock ones take them as properties of Java."""
    cluster.java_options = [f"-D{key}={value}" for key, value in settings.items()]
    for file in [cluster.namesrv_file, *cluster.broker_files.values()]:
        with file.open("a") as text:
            text.writelines(f"{key}={value}\n" for key, value in settings.items())


def permissive(cases, directory):
    directory.mkdir()
    with servers.start(cases.kind, directory) as cluster:
        for client in CLIENTS:
            cases.stock("permissive", client, cluster, SCENARIOS, {"tls.enable": "true"})
        cases.go("permissive", cluster)
        cases.stock("permissive_in_plain_text", CLIENTS[0], cluster, ONE, {})
        if cases.kind == "tern":
            cases.tern("tools_permissive", ["admin", "clusterList", "-n", cluster.namesrv], {"tls.enable": "true"})


def client_properties(directory, trusted, identity="client"):
    properties = {"tls.enable": "true", "tls.test.mode.enable": "false", "tls.client.authServer": "true",
                  "tls.client.trustCertPath": trusted, "tls.config.file": directory / "empty.properties"}
    if identity:
        properties |= {"tls.client.keyPath": directory / f"{identity}.key",
                       "tls.client.certPath": directory / f"{identity}.crt"}
    return properties


def wait_until_taken(cluster, before):
    """All servers say in their logs that they have taken new certificates."""
    deadline = time.monotonic() + RELOAD_DEADLINE_S
    while any(server.log.read_text(errors="replace").count("tls_files_taken") <= before for server in cluster.servers):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def certificates(directory):
    authority = Authority(directory, "authority")
    other = Authority(directory, "other")
    authority.issue("server", directory / "server.key", directory / "server.crt", "open sesame")
    authority.issue("client", directory / "client.key", directory / "client.crt")
    other.issue("stranger", directory / "stranger.key", directory / "stranger.crt")
    shutil.copy(authority.certificate, directory / "trusted.pem")
    (directory / "tls.properties").write_text(
        f"tls.test.mode.enable=false\ntls.server.mode=enforcing\ntls.server.need.client.auth=require\n"
        f"tls.server.authClient=true\ntls.server.trustCertPath={directory}/trusted.pem\n"
        f"tls.server.keyPath={directory}/server.key\ntls.server.keyPassword=open sesame\n"
        f"tls.server.certPath={directory}/server.crt\n"
        # What the servers dial each other with.
        f"tls.client.authServer=true\ntls.client.trustCertPath={directory}/both.pem\n"
        f"tls.client.keyPath={directory}/client.key\ntls.client.certPath={directory}/client.crt\n")
    (directory / "empty.properties").write_text("")  # Instead of one that this machine may have.
    (directory / "both.pem").write_text(authority.certificate.read_text() + other.certificate.read_text())
    return authority, other


def enforcing(cases, directory):
    directory.mkdir()
    authority, other = certificates(directory)
    with_certificate = client_properties(directory, authority.certificate)
    cluster = servers.Cluster(cases.kind, directory)
    configure(cluster, **{"tls.config.file": directory / "tls.properties"})
    cluster.java_options += ["-Dtls.server.mode=enforcing", "-Dtls.enable=true"]  # Which they don't take from that file.
    with cluster:
        for client in CLIENTS:
            cases.stock("enforcing", client, cluster, SCENARIOS, with_certificate)
        cases.stock("plain_text_is_refused", CLIENTS[0], cluster, ONE, {}, refused="")
        if cases.kind != "tern":
            return
        clusters = list_clusters(cluster)
        cases.tern("tools_enforcing", clusters, with_certificate)
        cases.tern("tools_in_plain_text_are_refused", clusters, {}, refused="peer")
        cases.tern("tools_without_certificate_are_refused", clusters,
                   client_properties(directory, authority.certificate, None), refused="certificate required")
        cases.tern("tools_with_a_strangers_certificate_are_refused", clusters,
                   client_properties(directory, authority.certificate, "stranger"), refused="unknown ca")
        cases.tern("tools_do_not_trust_another_authority", clusters,
                   client_properties(directory, other.certificate), refused="certificate verify failed")
        cases.tern("check_enforcing", check(cluster), with_certificate)
        reload(cases, directory, cluster, other)


def list_clusters(cluster):
    return ["admin", "clusterList", "-n", cluster.namesrv]


def check(cluster):
    return ["check", "-n", cluster.namesrv, "-t", "TBW102", "--messages", "5000", "--quiet"]


def reload(cases, directory, cluster, other):
    """The server's pair is replaced by one of another authority."""
    other.issue("server", directory / "server.key", directory / "server.crt", "open sesame")
    cases.check("servers_take_a_new_pair", wait_until_taken(cluster, 0), cluster.tails())
    cases.stock("new_pair", CLIENTS[0], cluster, ONE, client_properties(directory, other.certificate))
    cases.tern("tools_see_that_the_pair_is_another", list_clusters(cluster),
               client_properties(directory, directory / "authority.pem"), refused="certificate verify failed")
    (directory / "server.key").write_text("no key at all\n")
    (directory / "server.crt").write_text("no certificate at all\n")
    deadline = time.monotonic() + RELOAD_DEADLINE_S
    said = lambda: all("tls_files_not_taken" in server.log.read_text(errors="replace") for server in cluster.servers)
    while not said() and time.monotonic() < deadline:
        time.sleep(0.1)
    cases.check("servers_say_that_a_pair_is_bad", said(), cluster.tails())
    cases.stock("old_pair_is_kept", CLIENTS[0], cluster, ONE, client_properties(directory, other.certificate))


def group(cases, directory):
    directory.mkdir()
    authority, _ = certificates(directory)
    cluster = servers.GroupCluster(directory)
    configure(cluster, **{"tls.config.file": directory / "tls.properties", "tls.link.mode": "enforcing"})
    with cluster:
        properties = client_properties(directory, authority.certificate)
        cases.stock("group", CLIENTS[0], cluster, SCENARIOS, properties)
        cases.tern("check_group", check(cluster), properties)


def steps(cases, directory):
    """The links of a running group are led from plain text to TLS, one member after the other, and nothing is lost."""
    directory.mkdir()
    certificates(directory)
    file = directory / "tls.properties"
    file.write_text(file.read_text().replace("tls.server.mode=enforcing", "tls.server.mode=permissive"))
    cluster = servers.GroupCluster(directory)
    configure(cluster, **{"tls.config.file": file})
    with cluster:
        verify = cases.starts(["verify", "-n", cluster.namesrv, "--broker-name", "broker-a", "--minutes", "0.6"])
        for step in "accepting", "dialling", "enforcing":
            for name, file in cluster.broker_files.items():
                server = next(each for each in cluster.servers if each.name.startswith(name))
                server.stop()
                cluster.servers.remove(server)
                servers.write_properties(file, **(servers.read_properties(file) | {"tls.link.mode": step}))
                cluster.launch("broker", file, f"{name}-{step}")
                time.sleep(1)  # It catches up; the next one is a member that the majority needs.
        cases.ends("nothing_is_lost_on_the_way_to_tls", verify)


def slave(cases, directory):
    """A slave's link with its master is TLS, and so is what it asks of NameServer and master."""
    directory.mkdir()
    authority, _ = certificates(directory)
    cluster = servers.Cluster("tern", directory)
    configure(cluster, **{"tls.config.file": directory / "tls.properties", "tls.link.mode": "enforcing"})
    cluster.broker_files["slave"] = cluster.further_broker("slave", brokerId=1, brokerRole="SLAVE")
    properties = client_properties(directory, authority.certificate)
    with cluster:
        cases.tern("check_with_slave", check(cluster), properties)
        deadline = time.monotonic() + RELOAD_DEADLINE_S
        log = cluster.servers[-1].log
        while "member_link_up" not in log.read_text(errors="replace") and time.monotonic() < deadline:
            time.sleep(0.1)
        cases.check("slave_has_its_link", "member_link_up" in log.read_text(errors="replace"), cluster.tails())
        cases.tern("ha_status", ["admin", "haStatus", "-b", cluster.broker], properties)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="keep the directory with stores and logs")
    parser.add_argument("--server", choices=servers.KINDS, default="tern", help="what to start")
    parser.add_argument("--evidence", metavar="FILE", type=pathlib.Path, help="note the results there, as JSON lines")
    parser.add_argument("cases", nargs="*", help="only these",
                        choices=[[], "permissive", "enforcing", "group", "slave", "steps"])
    arguments = parser.parse_args()
    if arguments.evidence and arguments.cases:
        parser.error("--evidence is for all cases")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="tern-tls-"))
    cases = Cases(directory, arguments.server)
    try:
        for case in [permissive, enforcing, *([group, slave, steps] if arguments.server == "tern" else [])]:
            if not arguments.cases or case.__name__ in arguments.cases:
                try:
                    case(cases, directory / case.__name__)
                except servers.ServerFailed as failure:
                    cases.check(case.__name__, False, str(failure))
    except KeyboardInterrupt:
        sys.exit("interrupted")
    finally:
        if arguments.keep:
            print(f"kept: {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
    if arguments.evidence:
        evidence.write(arguments.evidence, evidence.command("tls.py", arguments.server), cases.rows)
    print(f"{cases.passed} passed, {cases.failed} failed, 0 skipped")
    sys.exit(1 if cases.failed else 0)


if __name__ == "__main__":
    main()
