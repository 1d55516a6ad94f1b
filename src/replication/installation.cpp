#include "replication/installation.hpp"

#include "base/buffer.hpp"
#include "base/hash.hpp"

namespace tern::replication {
namespace {

constexpr std::string_view magic = "TERNINS1";
constexpr std::size_t checksum_size = 4;

// Fields of a body whose checksum was right; the first that is not there is named.
class Fields {
public:
    explicit Fields(std::string_view bytes) : in_{bytes} {}

    template <class Int>
    Int take(const char* what) {
        const auto value = in_.read<Int>();
        if (!value || *value < 0) return fail(what), Int{};
        return *value;
    }
    std::string text(const char* what) {
        const auto size = take<std::int32_t>(what);
        const auto found = in_.read_bytes(static_cast<std::size_t>(size));
        if (!found) return fail(what), std::string{};
        return std::string{*found};
    }
    std::string_view rest() const { return in_.rest(); }
    void fail(const char* what) {
        if (missing_ == nullptr) missing_ = what;
    }
    const char* missing() const { return missing_; }

private:
    ByteReader in_;
    const char* missing_{nullptr};
};

}  // namespace

std::string encode_installation(const Installation& installation) {
    Buffer out;
    out.append(magic);
    out.append_be<std::int64_t>(static_cast<std::int64_t>(installation.group.value()));
    out.append_be<std::int64_t>(installation.begin.value());
    out.append_be<std::int32_t>(static_cast<std::int32_t>(installation.terms.size()));
    for (const auto& term : installation.terms) {
        out.append_be<std::int64_t>(term.term.value());
        out.append_be<std::int64_t>(term.start.value());
    }
    out.append_be<std::int32_t>(static_cast<std::int32_t>(installation.queues.size()));
    for (const auto& queue : installation.queues) {
        out.append_be<std::int32_t>(static_cast<std::int32_t>(queue.topic.size()));
        out.append(queue.topic);
        out.append_be<std::int32_t>(queue.id.value());
        out.append_be<std::int64_t>(queue.at.value());
    }
    out.append(encode_snapshot(installation.snapshot));
    out.append_be<std::uint32_t>(crc32(out.view()));
    return std::string{out.view()};
}

Result<Installation> decode_installation(std::string_view bytes) {
    const auto damaged = [&](const char* what) {
        return failure(Errc::corrupt, std::string{"installation: "} + what + " in " +
                                          std::to_string(bytes.size()) + " bytes");
    };
    if (bytes.size() < magic.size() + checksum_size || !bytes.starts_with(magic)) return damaged("no magic");
    const auto content = bytes.substr(0, bytes.size() - checksum_size);
    if (load_be<std::uint32_t>(bytes.data() + content.size()) != crc32(content))
        return damaged("wrong checksum");
    Fields fields{content.substr(magic.size())};
    Installation found;
    found.group = GroupId{static_cast<std::uint64_t>(fields.take<std::int64_t>("no group"))};
    found.begin = PhysicalOffset{fields.take<std::int64_t>("no begin")};
    for (auto count = fields.take<std::int32_t>("no terms"); count > 0 && !fields.missing(); --count) {
        const raft::Term term{fields.take<std::int64_t>("a term is cut off")};
        found.terms.push_back({term, PhysicalOffset{fields.take<std::int64_t>("a term is cut off")}});
    }
    for (auto count = fields.take<std::int32_t>("no queues"); count > 0 && !fields.missing(); --count) {
        store::QueueBegin queue;
        queue.topic = fields.text("a topic is cut off");
        queue.id = QueueId{fields.take<std::int32_t>("a queue is cut off")};
        queue.at = QueueOffset{fields.take<std::int64_t>("a queue is cut off")};
        found.queues.push_back(std::move(queue));
    }
    if (fields.missing() != nullptr) return damaged(fields.missing());
    if (!raft::TermTable::rises(found.terms) ||
        (!found.terms.empty() && found.terms.back().start >= found.begin))
        return damaged("terms that do not rise up to its begin");
    auto snapshot = decode_snapshot(fields.rest());
    if (!snapshot) return std::unexpected(snapshot.error());
    if (snapshot->position < found.begin) return damaged("a snapshot below its begin");
    found.snapshot = std::move(*snapshot);
    return found;
}

}  // namespace tern::replication
