// Settings of brokers and NameServers, and permissions that NameServers change.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "admin/admin.hpp"
#include "base/properties.hpp"

namespace tern::admin {

Task<Result<std::vector<Property>>> broker_settings(Admin& admin, std::string address);
Task<Result<std::vector<Property>>> name_server_settings(Admin& admin, std::string address);

// At run time; the server refuses a setting that takes a restart, and one that is nobody's business from
// outside.
Task<Result<void>> put_broker_setting(Admin& admin, std::string address, std::string key, std::string value);
Task<Result<void>> put_name_server_setting(Admin& admin, std::string address, std::string key,
                                           std::string value);

// The key-value configuration of every NameServer. A key that is not there is deleted, too.
Task<Result<void>> put_kv(Admin& admin, std::string name_space, std::string key, std::string value);
Task<Result<void>> delete_kv(Admin& admin, std::string name_space, std::string key);

struct NameServerResult {
    std::string name_server;
    Result<std::int32_t> topics;  // So many routes changed.
};
// No route names the broker for writing any more, or again, until the broker registers a change.
Task<std::vector<NameServerResult>> wipe_write_permission(Admin& admin, std::string broker_name);
Task<std::vector<NameServerResult>> add_write_permission(Admin& admin, std::string broker_name);

}  // namespace tern::admin
