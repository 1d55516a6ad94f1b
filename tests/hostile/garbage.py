"""What is no request: bytes, other protocols, frames and headers that lie."""

import contextlib
import json
import random
import ssl
import struct
import zlib

from scenario import scenario
from target import TOPIC, Peer, wire

LANGUAGES = {
    "HTTP": b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "HTTP, a long one": b"POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "Redis": b"*1\r\n$4\r\nPING\r\n",
    "ZooKeeper": b"ruok",
    "PROXY": b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
    "PROXY, binary": b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + bytes(12),
    "line feeds": b"\n" * 4096,
}
TLS_HANDSHAKE, TLS_ALERT = 0x16, 0x15
REFUSED_BY_MEMBERS = b"\1\4"  # Version and kind of a frame that says why, behind its length and checksum.
RANDOM_CONNECTIONS = 100  # To each port.
# What a stranger may ask for: RocketMQ's numbers, and what lies around them.
CODES = [code for code in [*range(-3, 1100), *range(2000, 2010), *range(3000, 3012), 5001, *range(200_049, 200_152), 300_000,
                           300_002, 2**31 - 1, -2**31] if code != wire.TRANSFER_LEADER]
# Of RocketMQ's requests that clients would take any other answer for the feature's: transactions, timers, messages that
# are recalled, assignment by the broker, static topics, controllers, users, POP and what is built on it.
NOT_SERVED = {37, 39, 60, 61, 323, 370, 400, 402, 513, *range(1001, 1019), *range(3001, 3012), 5001, *range(200_050, 200_058),
              *range(200_070, 200_080), 200_151}


def frame(header, body=b"", encoding=0, length=None, header_length=None):
    """Whose lengths may be other than what they say."""
    length = 4 + len(header) + len(body) if length is None else length
    header_length = len(header) if header_length is None else header_length
    return struct.pack(">iI", length, encoding << 24 | header_length) + header + body


def header(code, fields="{}", **more):
    """JSON; fields are its text."""
    rest = "".join(f',"{name}":{json.dumps(value)}' for name, value in more.items())
    return f'{{"code":{code},"flag":0,"language":"JAVA","opaque":7,"version":477{rest},"extFields":{fields}}}'.encode()


def binary_header(code, fields):
    """Names and values of the fields are bytes."""
    shown = b"".join(struct.pack(">h", len(name)) + name + struct.pack(">i", len(value)) + value
                     for name, value in fields.items())
    return struct.pack(">hBhiii", code, 0, 477, 7, 0, 0) + struct.pack(">i", len(shown)) + shown


def in_bytes(fields):
    return {name.encode(): str(value).encode() for name, value in fields.items()}


def tls_hello():
    plain, sealed = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = ssl.create_default_context().wrap_bio(plain, sealed, server_hostname="localhost")
    try:
        connection.do_handshake()
    except ssl.SSLWantReadError:
        return sealed.read()


def is_refused(port, data, what):
    """Closed at once, without an answer; a member says why first."""
    with Peer(port) as peer:
        ends(peer.tell(data), f"{what} at port {port}")


def ends(peer, what):
    heard = peer.hears()
    if heard and heard[8:10] == REFUSED_BY_MEMBERS:
        heard = peer.hears()
    assert heard == b"", f"{what}: " + ("nothing" if heard is None else heard[:80].hex())


@scenario(memory_mb=8)
def random_bytes(target):
    chance = random.Random(5)
    for name, port in target.ports.items():
        closed = 0
        for _ in range(RANDOM_CONNECTIONS):
            with Peer(port) as peer:
                # The first byte is no length that a frame may have, and does not begin TLS either.
                data = bytes([chance.randrange(1, 256)]) + chance.randbytes(chance.randrange(8, 20_000))
                heard = peer.tell(data).hears()
                assert heard is not None, f"{name}: neither closed nor answered: {data[:8].hex()}"
                closed += heard == b"" or heard[0] == TLS_ALERT
        assert closed == RANDOM_CONNECTIONS, f"{name}: {closed} of {RANDOM_CONNECTIONS} were closed"


@scenario(memory_mb=16)
def random_bytes_in_frames_of_true_lengths(target):
    """Half of the headers are nothing but random, half are good but for a few bytes. The connection ends, or serves on."""
    chance = random.Random(6)
    for name in "broker", "fast", "namesrv":
        question, opaque = wire.encode(106 if name == "namesrv" else wire.RUNTIME_INFO, {}, opaque=123_456)
        fields = {"topic": TOPIC} if name == "namesrv" else wire.send_fields(TOPIC, 3, "k")
        code = wire.ROUTE if name == "namesrv" else wire.SEND
        good = [header(code, json.dumps({key: str(value) for key, value in fields.items()})), binary_header(code, in_bytes(fields))]
        served = 0
        for i in range(RANDOM_CONNECTIONS):
            encoding = i % 2
            text = with_other_bytes(good[encoding], chance) if i % 4 < 2 else chance.randbytes(chance.randrange(1, 2000))
            with Peer(target.ports[name]) as peer:
                peer.tell(frame(text, chance.randbytes(chance.randrange(20_000)), encoding) + question)
                served += any(answer.opaque == opaque for answer in answers_until(peer, opaque))
        assert 0 < served < RANDOM_CONNECTIONS, f"{name}: {served} connections served on"


def with_other_bytes(data, chance):
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def answers_until(peer, opaque):
    """All up to the one with that number, or up to the end."""
    while (answer := next_answer(peer)) is not None:
        yield answer
        if answer.opaque == opaque:
            return


@scenario(memory_mb=8)
def random_bytes_in_members_frames_of_true_lengths(target):
    """And of true checksums: the bodies lie, and so does what comes before a greeting."""
    chance = random.Random(7)
    with contextlib.ExitStack() as stack:
        told = []  # All at once: some are waited for, for what may follow.
        for name, port in target.ports.items():
            for kind in [*range(6), *range(16, 23), *range(32, 40), 255] if name.startswith("members") else []:
                for body in b"", chance.randbytes(40), b"TERNLINK\0\1" + chance.randbytes(chance.randrange(1000)):
                    rest = bytes([1, kind]) + body
                    size = struct.pack(">i", 4 + len(rest))
                    data = size + struct.pack(">I", zlib.crc32(size + rest)) + rest
                    told.append((stack.enter_context(Peer(port)).tell(data), f"{name}: kind {kind}, {len(body)} bytes"))
        for peer, what in told:
            ends(peer, what)


@scenario(memory_mb=8)
def other_protocols(target):
    for name, port in target.ports.items():
        for language, data in LANGUAGES.items():
            is_refused(port, data, f"{name}: {language}")
        for hello in tls_hello(), tls_hello()[:60] + bytes(2000):
            with Peer(port) as peer:
                heard = peer.tell(hello).hears()
                # A server that has certificates goes on with the handshake, others do not know the language.
                assert heard is not None, f"{name}: TLS is neither answered nor refused"
                assert heard == b"" or heard[0] in (TLS_HANDSHAKE, TLS_ALERT), f"{name}: TLS: {heard!r}"
                peer.tell(b"GET / HTTP/1.1\r\n\r\n")
                while heard:
                    heard = peer.hears()
                assert heard == b"", f"{name}: HTTP behind a TLS hello: not closed"


@scenario(memory_mb=8)
def frames_with_lengths_that_lie(target):
    good = header(wire.RUNTIME_INFO)
    lies = {
        "a negative length": frame(good, length=-1),
        "the least length": frame(good, length=-2**31),
        "length 0": frame(good, length=0),
        "length 3": frame(good, length=3),
        "a length beyond 16 MB": frame(good, length=wire.FRAME_MAX - 3),
        "the largest length": frame(good, length=2**31 - 1),
        "a header beyond the frame": frame(good, header_length=len(good) + 1),
        "the largest header": frame(good, header_length=0xFFFFFF),
        "a frame shorter than its header": frame(good, length=8),
        "no header": frame(b""),
        "an encoding that is none": frame(good, encoding=2),
        "the largest encoding": frame(good, encoding=255),
        "JSON said to be binary": frame(good, encoding=1),
        "a binary header that is cut": frame(struct.pack(">hBhiiI", 28, 0, 1, 7, 0, 100), encoding=1),
        "a binary field beyond the header":
            frame(struct.pack(">hBhiiIIh", 28, 0, 1, 7, 0, 0, 6, 100) + b"name", encoding=1),
    }
    for name in "broker", "fast", "namesrv":
        for what, data in lies.items():
            is_refused(target.ports[name], data, f"{name}: {what}")
    for what, data in lies.items():
        is_refused(target.ports["members"], data, f"members: {what}")


@scenario(memory_mb=24)
def huge_headers(target):
    mega = 1024 * 1024
    for name in "broker", "fast", "namesrv":
        port = target.ports[name]
        is_refused(port, frame(b"{" + b" " * mega), f"{name}: more than a megabyte of header")
        is_refused(port, frame(header(28, "{" + ",".join(f'"f{i}":"1"' for i in range(300)) + "}") + b" "),
                   f"{name}: 300 fields")
        with Peer(port) as peer:
            answer = peer.tell(frame(header(105, f'{{"topic":"{"t" * (mega - 200)}"}}'))).answer()
            assert answer.code != 0 and len(answer.remark) <= 8 * 1024, f"{name}: {answer.code}, {len(answer.remark)}"
        with Peer(port) as peer:
            peer.tell(frame(header(99999, remark="r" * (mega - 200))))
            assert peer.answer().code == 3, name


def deep(brackets, depth=100_000):
    return brackets[0] * depth + brackets[1] * depth


@scenario(memory_mb=128)  # A body may have a million values.
def deep_and_wide_json(target):
    nested = {"objects": deep(['{"a":', "}"]), "arrays": deep("[]"), "arrays that do not end": "[" * 1_000_000}
    for name in "broker", "namesrv":
        for what, text in nested.items():
            is_refused(target.ports[name], frame(text.encode()[:1_000_000]), f"{name}: a header of {what}")
    bodies = {**nested, "a million nulls": "[" + "null," * 1_100_000 + "null]", "nothing": "", "a number": "1e999999",
              "a long name": f'{{"{"n" * 1_000_000}":1}}', "a type of Java's":
              '{"@type":"com.sun.rowset.JdbcRowSetImpl","dataSourceName":"ldap://127.0.0.1:1/x","autoCommit":true}'}
    requests = {"broker": [34, 41, 42, 46, 200], "namesrv": [103, 217, 322]}
    fields = {"topic": TOPIC, "brokerName": "b", "brokerAddr": "127.0.0.1:1", "clusterName": "c", "haServerAddr": "",
              "brokerId": "0", "bodyCrc32": "0"}
    for name, codes in requests.items():
        for code in codes:
            for what, text in bodies.items():
                answer = target.ask(name, code, fields, text.encode())
                # What does not know Java's types reads an object without the members it needs.
                assert answer.code != 0 or what in ("a type of Java's", "a long name", "nothing"), f"{code}: {what}: {answer}"


@scenario(memory_mb=8)
def zero_bytes_and_text_that_is_no_utf8(target):
    texts = [b"\xff\xfe", b"a\xc0\xafb", b"\xed\xa0\x80", b"\xf5\x90\x80\x80", b"nul\x00nul", b"\\u0000", b"\\ud800", b"\xe2\x82"]
    for text in texts:
        # As a header by itself such bytes need not parse; the connection then ends. They shall not do anything.
        for name in "broker", "namesrv":
            with Peer(target.ports[name]) as peer:
                peer.tell(frame(b'{"code":105,"opaque":7,"extFields":{"topic":"' + text + b'"}}'))
                answer = peer.answer()
                assert answer is None or answer.code not in (0, -1), f"{name} {text!r}: {answer}"
        with Peer(target.ports["broker"]) as peer:
            fields = wire.send_fields("T", 0, "k")
            shown = json.dumps({key: str(value) for key, value in fields.items()}).encode().replace(b'"T"', b'"' + text + b'"')
            peer.tell(frame(header(wire.SEND).replace(b"{}}", shown + b"}"), b"body"))
            answer = peer.answer()
            assert answer is None or answer.code != 0, f"a send to {text!r}: {answer}"


@scenario(memory_mb=16)
def every_code_without_anything(target):
    known = 0
    for name in "broker", "fast", "namesrv":
        connection = wire.Connection(f"127.0.0.1:{target.ports[name]}")
        for code in CODES:
            # Of those that nobody can ask of a server nothing is answered: flag 0 always is.
            answer = connection.call(code, {}, deadline=wire.in_seconds(20))
            known += answer.code != 3
            assert answer.code != 3 or answer.remark == f" request type {code} not supported", f"{name}: {code}: {answer}"
            assert answer.code == 3 or code not in NOT_SERVED, f"{name}: {code}: {answer}"
        connection.close()
    assert known > 60, f"{known} codes were known"


@scenario(memory_mb=8)
def answers_that_nobody_asked_for(target):
    for name in "broker", "fast", "namesrv":
        with Peer(target.ports[name]) as peer:
            for opaque in [0, 1, -1, 2**31 - 1, -2**31, *range(2, 500)]:
                for code in 0, 1, 11:
                    text = f'{{"code":{code},"flag":1,"opaque":{opaque},"extFields":{{"queueOffset":"7"}}}}'.encode()
                    peer.tell(frame(text, b"\0" * 64))
            # Two questions of one number get two answers with it; one that wants none gets none.
            data = frame(header(wire.RUNTIME_INFO if name != "namesrv" else 106))
            oneway = data.replace(b'"flag":0', b'"flag":2')
            peer.tell(oneway + data + oneway + data)
            for _ in range(2):
                answer = next_answer(peer)
                assert answer and answer.opaque == 7 and answer.code == 0, f"{name}: {answer}"
            assert peer.hears(0.2) is None and not peer.buffer, f"{name}: more than two answers"


def next_answer(peer):
    """Of several that may come at once; None when the connection is closed instead."""
    if not hasattr(peer, "answers"):
        peer.answers = []
    while not peer.answers:
        part = peer.hears()
        assert part is not None, "neither an answer nor the end"
        if not part:
            return None
        peer.buffer += part
        peer.answers = wire.cut(peer.buffer)
    return peer.answers.pop(0)
