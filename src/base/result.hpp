// What can go wrong is a Result: checked where it arises, with words that name the thing, the value last.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace tern {

// Kinds of failure, in the words of the system. remoting/error_response.cpp turns each into the code a client
// sees, in a switch without a default.
enum class Errc {
    malformed,              // Bytes or text that do not parse.
    missing_field,          // A required field of a header or body is absent.
    limit_exceeded,         // A bound of ours or of RocketMQ's was passed.
    invalid_argument,       // A value that can never be right: bad topic name, queue id out of range.
    not_supported,          // No such request code or feature.
    busy,                   // Flow control: try again elsewhere or later. Nothing was stored.
    message_illegal,        // The message can never be stored: its size, its properties.
    service_not_available,  // The store takes no writes: stopping, poisoned, full. Nothing was stored.
    no_permission,
    topic_not_exist,
    group_not_exist,
    query_not_found,
    subscription_malformed,
    subscription_not_exist,
    subscription_not_latest,
    consumer_not_online,
    io_failed,  // The disk, the file system or the network said no.
    corrupt,    // Stored bytes that contradict their own checksum or format.
    deadline_exceeded,
    connection_closed,
    already_exists,
    refused,   // The other side answered with an error of its own; detail has its code and remark.
    internal,  // Anything else; detail says what.
};

struct Error {
    Errc code;
    std::string detail;
};

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> failure(Errc code, std::string detail) {
    return std::unexpected<Error>{Error{code, std::move(detail)}};
}

}  // namespace tern
