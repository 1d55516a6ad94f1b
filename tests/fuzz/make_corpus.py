"""Cuts the corpora of the fuzz targets from the golden frames: make_corpus.py GOLDEN_DIRECTORY CORPUS_DIRECTORY."""

import hashlib
import json
import pathlib
import struct
import sys
import zlib

# Bodies that have a type of their own in fuzz target bodies: (code, side) → the byte that selects the type.
BODY_TYPES = {(34, "request"): 0, (103, "request"): 1, (41, "request"): 3, (105, "response"): 4, (201, "response"): 5,
              (203, "response"): 6, (208, "response"): 7, (43, "response"): 8, (21, "response"): 9, (46, "request"): 16,
              (322, "request"): 17, (41, "response"): 18, (42, "request"): 3, (200, "request"): 19, (351, "response"): 20,
              (204, "response"): 22, (206, "response"): 25, (38, "response"): 27, (28, "response"): 28,
              (106, "response"): 30, (202, "response"): 32, (317, "response"): 33}
COMPRESSED_REGISTRATION = 2
RECORD_BODIES = {11, 12, 33, 361}
RECORD_MAGICS = {0xDAA320A7, 0xDAA320AB}
# Of what people write (fuzz target texts), of our own files (state_files) and of JSON and settings (server_files), by
# the byte that selects the check.
TEXTS = [(0, b"listenPort=10911\n# comment\nnamesrvAddr = a:1;\\\n b:2\nkey\\u0041 value\n"), (1, b"10.0.0.1:10911"),
         (1, b"[::1]:10911"), (2, b"7F0000010000546B0000000000000164"), (3, b"1s 5s 10s 30s 1m 2h 1d"),
         (4, b"TagA || TagB"), (4, b"*"), (5, b"TopicTest 1,2 4 4 6 SINGLE_TAG false"), (6, b"10.0.0.1:9876;ns2:9876")]
STATE_FILES = [(0, b"TERNEPO1" + struct.pack(">iqqqq", 2, 1, 0, 3, 4096)),
               (1, b"TERNSNA1" + struct.pack(">qqi", 4096, 3, 1) + struct.pack(">i6sq4s", 6, b"topics", 4, b"text")),
               (3, b"TERNPOS1" + struct.pack(">QQQqqqIi", 7, 8, 9, 4096, 8192, 4000, 12345, 4).ljust(148, b"\0")),
               (2, b'{"epochStart":{"epoch":3,"leader":"127.0.0.1:10911"},"level":1}'),
               (2, b'{"level":1,"offsets":{"T@G":{"0":12}},"schedule":{"3":4}}'),
               (2, b'{"level":1,"locks":[{"client":"c","group":"g","queueId":0,"topic":"t"}]}'),
               (2, b'{"level":1,"topics":[{"perm":6,"readQueueNums":4,"topicName":"T","writeQueueNums":4}]}'),
               (4, b"tern 12345 0a1b2c"), (5, bytes(48)),
               (6, struct.pack(">QqQqq??", 7, 2, 11, 9, 1, True, False).ljust(108, b"\0")),
               (8, b"TERNVOT1" + struct.pack(">Q", 3) + b"content")]
VERSION = b'"dataVersion":{"counter":3,"stateVersion":0,"timestamp":1700000000000}'
SERVER_FILES = [(0, b'{"locks":[{"client":"c","group":"g","queueId":0,"topic":"t"}]}'),
                (1, b'{' + VERSION + b',"topicConfigTable":{"T":{"perm":6,"readQueueNums":4,"topicName":"T","writeQueueNums":4}}}'),
                (2, b'{' + VERSION + b',"subscriptionGroupTable":{"G":{"groupName":"G","retryMaxTimes":16}}}'),
                (3, b'{' + VERSION + b',"offsetTable":{"T@G":{0:12,1:3}}}'), (4, b'{' + VERSION + b',"offsetTable":{3:4}}'),
                (5, b'{"configTable":{"ORDER_TOPIC_CONFIG":{"T":"broker-a:4"}}}'),
                (6, b"n0-10.0.0.1:40911;n1-host:40912"), (7, b"fileReservedTime=24\ndeleteWhen=04;16\n")]
# Kinds and bodies of frames between members (fuzz target member_link), which makes frames of them.
HELLO = b"TERNLINK" + struct.pack(">HiiQH8sqqQH14s?", 1, 1, 1, 7, 8, b"broker-a", 1, 2, 11, 14, b"10.0.0.1:10911",
                                  True) + bytes(32)
HOLDING = struct.pack(">qqq?Q", 260, 260, 256, False, 9)
MEMBER_FRAMES = [(1, HELLO), (2, HELLO + b"\0"), (2, HELLO + b"\1" + bytes(32)), (3, b"\0"), (3, b"\1" + bytes(32)),
                 (4, b"\7\0\2no"), (5, b""), (16, struct.pack(">qqq??", 3, 2, 256, True, False)),
                 (17, struct.pack(">q?qB?", 3, False, 4, 3, True)),
                 (18, struct.pack(">qqqqHqqqqQI", 5, 256, 260, 4, 1, 5, 256, 240, 512, 9, 1) + b"abcd"),
                 (19, struct.pack(">qqq", 5, 256, 260) + HOLDING + struct.pack(">?qq", False, 128, 3)),
                 (20, struct.pack(">qqqQQ", 5, 240, 512, 9, 7)), (21, struct.pack(">qQ", 5, 7) + HOLDING),
                 (22, struct.pack(">q", 5)), (35, struct.pack(">qqqI", 5, 256, 4, 1)),
                 (36, struct.pack(">qHqqi", 256, 1, 5, 256, 4) + b"abcd"), (200, b"newer")]

# Values for the fields of each header (fuzz target headers): 1 is a number, a truth, an enum's and a text.
HEADERS = [bytes([number]) + 14 * b"\x011" for number in range(74)]
# What a store consists of (store_files): entries of a queue, an index with two entries, and what is done with it,
# checksums of blocks, and the list of deleted topics.
BLANK = struct.pack(">iI", 64, 0xCBD43194) + bytes(56)
QUEUE = struct.pack(">qiq", 4096, 200, -7) + struct.pack(">qiq", 0, 0x7FFFFFFF, 0)
INDEX = struct.pack(">qqqqii", 1000, 2000, 10, 20, 2, 3) + struct.pack(">7i", 0, 1, 2, 0, 0, 0, 0) + bytes(20) \
    + struct.pack(">iqii", 1, 10, 0, 0) + struct.pack(">iqii", 2, 20, 1, 0)
SUMS = struct.pack(">II", 7, 7 ^ 0xFFFFFFFF)
STORE_FILES = [(1, QUEUE), (2, bytes([4, 5, 10, 43]) + INDEX), (2, bytes([32, 36, 40, 9]) + INDEX),
               (3, bytes([0, 40]) + 4 * SUMS), (3, bytes([1, 9]) + SUMS), (4, b"100 TopicA\n7 TopicB\n")]


class Corpus:
    def __init__(self, directory: pathlib.Path):
        self.directory = directory

    def add(self, target: str, sample: bytes) -> None:
        folder = self.directory / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha1(sample).hexdigest()).write_bytes(sample)


def int32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at:at + 4], "big")


def records_of(body: bytes):
    """The message records of a body, one behind the other."""
    while len(body) >= 91 and int32(body, 4) in RECORD_MAGICS and 91 <= int32(body, 0) <= len(body):
        size = int32(body, 0)
        yield body[:size]
        body = body[size:]


def properties_of(record: bytes) -> bytes:
    """The last part of a record, found from its end: its length is the two bytes before it."""
    for size in range(len(record)):
        at = len(record) - size - 2
        if at >= 0 and int.from_bytes(record[at:at + 2], "big") == size:
            return record[at + 2:]
    return b""


def add_exchange(corpus: Corpus, exchange: dict) -> None:
    for side in ("request", "response"):
        frame = bytes.fromhex(exchange.get(side + "_hex") or "")
        if not frame:
            continue
        corpus.add("frame", frame)
        header_size = int32(frame, 4) & 0xFFFFFF
        body = frame[8 + header_size:]
        code = exchange["code"]
        if body[:1] in (b"{", b"["):
            corpus.add("json", body)
        selector = BODY_TYPES.get((code, side))
        if selector is not None and body:
            fields = exchange[side + "_header"].get("extFields") or {}
            if code == 103 and fields.get("compressed") == "true":
                selector = COMPRESSED_REGISTRATION
            corpus.add("bodies", bytes([selector]) + body)
        if side == "response" and code in RECORD_BODIES:
            for record in records_of(body):
                corpus.add("message_record", record)
                corpus.add("pulled_messages", b"\0" + record)
                corpus.add("store_files", b"\0" + record[:28] + bytes(8) + record[36:] + BLANK)
                corpus.add("properties", properties_of(record))
        if side == "request" and code == 320:
            corpus.add("message_record", body)


def main() -> None:
    golden, directory = map(pathlib.Path, sys.argv[1:3])
    corpus = Corpus(directory)
    for path in sorted((golden / "frames").glob("*.json")):
        add_exchange(corpus, json.loads(path.read_text(encoding="utf-8")))
    for selector, text in TEXTS:
        corpus.add("texts", bytes([selector]) + text)
    for selector, content in STATE_FILES:
        corpus.add("state_files", bytes([selector]) + content)
    for selector, text in SERVER_FILES:
        corpus.add("server_files", bytes([selector]) + text)
    for sample in HEADERS:
        corpus.add("headers", sample)
    for selector, content in STORE_FILES:
        corpus.add("store_files", bytes([selector]) + content)
    corpus.add("pulled_messages", b"\1" + zlib.compress(b"a body of a message, " * 20))
    frames = [struct.pack(">HB", len(body), kind) + body for kind, body in MEMBER_FRAMES]
    for conversation in [*frames, b"".join(frames), frames[0] + frames[3] + b"".join(frames[6:])]:
        for mode in (0, 1, 2):
            corpus.add("member_link", bytes([mode]) + conversation)
    for folder in sorted(directory.iterdir()):
        if folder.is_dir():
            print(f"{folder.name}: {sum(1 for _ in folder.iterdir())} samples")


if __name__ == "__main__":
    main()
