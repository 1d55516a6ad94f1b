// The files that tell a start how the last process to have the store ended, and whether it was one of ours:
// `abort`, which Java knows too, and `tern/clean-stop`, which only we write. docs/formats/position.md.
#pragma once

#include <optional>
#include <string>

#include "base/strong.hpp"
#include "io/file_system.hpp"

namespace tern::store {

// What `abort` says while one of our processes runs: "tern <session> <boot id>". Java's has a process id.
struct AbortMark {
    std::uint64_t session{};
    std::string boot_id;
};
std::string encode_abort(const AbortMark& mark);
std::optional<AbortMark> decode_abort(std::string_view text);

// Left by a clean stop: the session that stopped, where the log ended, and a note of the caller's.
struct CleanStop {
    std::uint64_t session{};
    PhysicalOffset log_end;
    std::string note;
};
std::string encode_clean_stop(const CleanStop& stop);
std::optional<CleanStop> decode_clean_stop(std::string_view text);

// The files' content when the store is opened.
struct SessionMarks {
    bool has_abort{false};
    std::optional<AbortMark> abort;  // Nothing when it is not ours.
    std::optional<CleanStop> clean_stop;
};
Result<SessionMarks> read_session_marks(io::FileSystem& files, const std::string& root);

}  // namespace tern::store
