#include "admin/settings.hpp"

#include "remoting/header/route.hpp"

namespace tern::admin {

using remoting::RequestCode;

namespace {

Task<Result<std::vector<Property>>> settings_at(Admin& admin, std::string address, RequestCode code) {
    const auto text = co_await admin.ask(address, code, {}, body_text);
    if (!text) co_return std::unexpected{text.error()};
    co_return parse_properties(*text);
}

Task<Result<void>> put_setting_at(Admin& admin, std::string address, RequestCode code, std::string key,
                                  std::string value) {
    std::string text;
    append_property(text, key, value);
    co_return co_await admin.ask(address, code, text, success);
}

Task<Result<void>> put_kv_at(Admin& admin, std::string address, std::string name_space, std::string key,
                             std::string value) {
    const remoting::PutKvConfigRequest request{key, name_space, value};
    co_return co_await admin.ask(address, request, {}, success);
}

Task<Result<void>> delete_kv_at(Admin& admin, std::string address, std::string name_space, std::string key) {
    const remoting::DeleteKvConfigRequest request{key, name_space};
    co_return co_await admin.ask(address, request, {}, success);
}

Task<NameServerResult> wipe_at(Admin& admin, std::string address, std::string broker_name) {
    const remoting::WipeWritePermRequest request{broker_name};
    const auto answer = co_await admin.ask(address, request, {}, header_as<remoting::WipeWritePermResponse>);
    if (!answer) co_return NameServerResult{address, std::unexpected{answer.error()}};
    co_return NameServerResult{address, answer->wipe_topic_count};
}

Task<NameServerResult> add_at(Admin& admin, std::string address, std::string broker_name) {
    const remoting::AddWritePermRequest request{broker_name};
    const auto answer = co_await admin.ask(address, request, {}, header_as<remoting::AddWritePermResponse>);
    if (!answer) co_return NameServerResult{address, std::unexpected{answer.error()}};
    co_return NameServerResult{address, answer->add_topic_count};
}

}  // namespace

Task<Result<std::vector<Property>>> broker_settings(Admin& admin, std::string address) {
    return settings_at(admin, std::move(address), RequestCode::get_broker_config);
}

Task<Result<std::vector<Property>>> name_server_settings(Admin& admin, std::string address) {
    return settings_at(admin, std::move(address), RequestCode::get_namesrv_config);
}

Task<Result<void>> put_broker_setting(Admin& admin, std::string address, std::string key, std::string value) {
    return put_setting_at(admin, std::move(address), RequestCode::update_broker_config, std::move(key),
                          std::move(value));
}

Task<Result<void>> put_name_server_setting(Admin& admin, std::string address, std::string key,
                                           std::string value) {
    return put_setting_at(admin, std::move(address), RequestCode::update_namesrv_config, std::move(key),
                          std::move(value));
}

Task<Result<void>> put_kv(Admin& admin, std::string name_space, std::string key, std::string value) {
    std::vector<Task<Result<void>>> putting;
    for (const auto& address : admin.name_servers())
        putting.push_back(put_kv_at(admin, address, name_space, key, value));
    const auto results = co_await all(std::move(putting));
    co_return first_failure(results);
}

Task<Result<void>> delete_kv(Admin& admin, std::string name_space, std::string key) {
    std::vector<Task<Result<void>>> deleting;
    for (const auto& address : admin.name_servers())
        deleting.push_back(delete_kv_at(admin, address, name_space, key));
    const auto results = co_await all(std::move(deleting));
    co_return first_failure(results);
}

Task<std::vector<NameServerResult>> wipe_write_permission(Admin& admin, std::string broker_name) {
    std::vector<Task<NameServerResult>> wiping;
    for (const auto& address : admin.name_servers()) wiping.push_back(wipe_at(admin, address, broker_name));
    co_return co_await all(std::move(wiping));
}

Task<std::vector<NameServerResult>> add_write_permission(Admin& admin, std::string broker_name) {
    std::vector<Task<NameServerResult>> adding;
    for (const auto& address : admin.name_servers()) adding.push_back(add_at(admin, address, broker_name));
    co_return co_await all(std::move(adding));
}

}  // namespace tern::admin
