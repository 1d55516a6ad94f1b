// The key-value configuration for administrators and clients: requests 100, 101, 102 and 219.
#pragma once

#include <string_view>

#include "nameserver/kv_config.hpp"
#include "remoting/header/route.hpp"
#include "remoting/router.hpp"

namespace tern::nameserver {

// What it is given outlives it. Owned by the NameServer's loop.
class KvService {
public:
    explicit KvService(KvConfig& kv) : kv_{kv} {}

    void put(const remoting::PutKvConfigRequest& header, remoting::Request& request);
    void get(const remoting::GetKvConfigRequest& header, std::string_view body,
             remoting::Reply<remoting::GetKvConfigResponse> reply);
    void remove(const remoting::DeleteKvConfigRequest& header, remoting::Request& request);
    void list(const remoting::GetKvListRequest& header, remoting::Request& request);

private:
    KvConfig& kv_;
};

}  // namespace tern::nameserver
