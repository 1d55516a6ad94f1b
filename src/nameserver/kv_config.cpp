#include "nameserver/kv_config.hpp"

#include "base/fields.hpp"
#include "json/fields.hpp"

namespace tern::nameserver {
namespace {

struct KvConfigFile {
    std::map<std::string, std::map<std::string, std::string, std::less<>>, std::less<>> tables;
    static constexpr auto fields() { return list_of(optional_field("configTable", &KvConfigFile::tables)); }
};

}  // namespace

Result<> KvConfig::load() {
    if (!files_.exists(path_)) return {};
    const auto text = io::read_file(files_, path_);
    if (!text) return std::unexpected(text.error());
    auto file = json::decode<KvConfigFile>(*text);
    if (!file) return failure(Errc::corrupt, path_ + ": " + file.error().detail);
    tables_ = std::move(file->tables);
    ++revision_;
    return {};
}

Result<> KvConfig::put(std::string_view name_space, std::string_view key, std::string_view value) {
    Tables changed = tables_;
    changed[std::string{name_space}].insert_or_assign(std::string{key}, value);
    return replace(std::move(changed));
}

Result<> KvConfig::remove(std::string_view name_space, std::string_view key) {
    if (find(name_space, key) == nullptr) return {};
    Tables changed = tables_;
    changed.find(name_space)->second.erase(std::string{key});
    return replace(std::move(changed));
}

const std::string* KvConfig::find(std::string_view name_space, std::string_view key) const {
    const auto* table = find(name_space);
    if (table == nullptr) return nullptr;
    const auto entry = table->find(key);
    return entry == table->end() ? nullptr : &entry->second;
}

const KvConfig::Table* KvConfig::find(std::string_view name_space) const {
    const auto table = tables_.find(name_space);
    return table == tables_.end() ? nullptr : &table->second;
}

Result<> KvConfig::replace(Tables tables) {
    std::size_t size = 0;
    for (const auto& [name_space, table] : tables)
        for (const auto& [key, value] : table) size += name_space.size() + key.size() + value.size();
    if (size > kv_config_size_max) {
        ++refused_;
        return failure(Errc::limit_exceeded, "KV configuration of " + std::to_string(size) + " bytes");
    }
    if (auto kept = io::keep_file(files_, path_, json::encode(KvConfigFile{tables})); !kept) return kept;
    tables_ = std::move(tables);
    ++revision_;
    return {};
}

}  // namespace tern::nameserver
