// The keys and values that administrators keep at the NameServer, by namespace: the order of topics, above
// all. The one thing a NameServer remembers over a restart; kept as Java keeps kvConfig.json.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "io/file_system.hpp"

namespace tern::nameserver {

inline constexpr std::string_view order_topic_namespace = "ORDER_TOPIC_CONFIG";
inline constexpr std::size_t kv_config_size_max =
    std::size_t{4} * 1024 * 1024;  // Bytes of all its texts; ours.

class KvConfig {
public:
    using Table = std::map<std::string, std::string, std::less<>>;

    // Nothing is read before load(). files outlives it.
    KvConfig(io::FileSystem& files, std::string path) : files_{files}, path_{std::move(path)} {}

    // What the file holds; one that is not there holds nothing. Errc::corrupt names the file.
    Result<> load();

    // Done once it is on the disk; on a failure nothing has changed. Errc::limit_exceeded, Errc::io_failed.
    Result<> put(std::string_view name_space, std::string_view key, std::string_view value);
    Result<> remove(std::string_view name_space, std::string_view key);

    const std::string* find(std::string_view name_space, std::string_view key) const;
    // nullptr where the namespace never had a key.
    const Table* find(std::string_view name_space) const;

    // Goes up with every change: what was made from the values of an older one is out of date.
    std::uint64_t revision() const { return revision_; }
    // Changes refused because there would be too much.
    const std::uint64_t& refused() const { return refused_; }

private:
    using Tables = std::map<std::string, Table, std::less<>>;
    Result<> replace(Tables tables);

    io::FileSystem& files_;
    std::string path_;
    Tables tables_;
    std::uint64_t revision_{0};
    std::uint64_t refused_{0};
};

}  // namespace tern::nameserver
