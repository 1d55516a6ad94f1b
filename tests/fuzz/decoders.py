#!/usr/bin/env python3
"""Which fuzz target calls which decoder of src/: ends with status 1 if one has none.

Decoders are what the headers declare as decode_x(), parse_x(), X::decode(), X::parse() or X::restore(), and the types
that are read from JSON.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGETS = ROOT / "tests" / "fuzz"
# Those that no target names, by what it calls instead.
THROUGH = {"decode_json": "CommandDecoder", "decode_binary": "CommandDecoder", "decode_entries": "decode_fields",
           "decode_answer": "decode_fields", "Router::decode": "decode_fields", "decode_member_message": "MemberLinkReader",
           "ConsumeQueueEntry::decode": "ConsumeQueueSpan", "IndexHeader::decode": "IndexFile", "Host::decode": "decode_record",
           "Table::restore": "check_table", "TopicFile": "TopicTable", "LockFile": "LockTable", "KvConfigFile": "KvConfig",
           "InternalRecord": "decode_internal", "Attributes": "parse_topic_config_line", "parse_member": "parse_peers",
           "KeptOffsetList": "KeptOffsets", "GroupRetryPolicy": "SubscriptionGroupConfig", "parse_bool": "Settings",
           "parse_double": "Settings"}
# Single words of others, what only a person types, and names of template parameters.
NO_TARGET = {"parse_number", "parse_enum", "parse_segment_name", "parse_time", "Arguments::parse", "GroupLevel::restore", "T",
             "Body"}


def declared():
    names = set()
    for path in sorted((ROOT / "src").rglob("*.[ch]pp")):
        if re.search(r"_test\.|scenario|golden|scripted|fake", path.name):
            continue
        text = path.read_text()
        names |= set(re.findall(r"(?:json::decode|\bbody_of|\bbody_as)<(?:\w+::)*(\w+)>", text))
        if path.suffix == ".hpp":
            owner = ""
            for line in text.splitlines():
                if opened := re.match(r"(?:class|struct) (\w+)[^;]*\{", line):
                    owner = opened[1]
                elif found := re.match(r" *(?!return)[\w:<>, ]*[\w>] ((?:decode|parse)_\w+)\(", line):
                    names.add(found[1])
                elif found := re.match(r" +(?!return)[\w:<>, ]*[\w>] (decode|parse|restore)\(", line):
                    names.add(f"{owner}::{found[1]}")
    return sorted(names - NO_TARGET, key=str.lower)


def targets_by_decoder():
    sources = {path.stem: path.read_text() for path in sorted(TARGETS.glob("*.cpp"))}

    def calls(text, decoder):
        name = THROUGH.get(decoder, decoder).split("::")[0]
        return re.search(rf"\b{name}\b", text)
    return {decoder: [target for target, text in sources.items() if calls(text, decoder)] for decoder in declared()}


if __name__ == "__main__":
    missing = [decoder for decoder, targets in targets_by_decoder().items() if not targets]
    for name in missing:
        print(f"{name}: no fuzz target calls it")
    sys.exit(1 if missing else 0)
