#include "cli/export_file.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "json/writer.hpp"

namespace tern::cli {

Result<> export_document(const Invocation& in, std::string_view file_name, const json::Value& document) {
    if (in.wants_json()) {
        in.print(document);
        return {};
    }
    const auto directory = in.arguments.optional_text("filePath").value_or("/tmp/rocketmq/export");
    const auto path = fmt::format("{}/{}", directory, file_name);
    if (auto written = in.write_file(path, json::write(document, {.pretty = true})); !written) return written;
    fmt::print(in.out, "export {} success\n", path);
    return {};
}

}  // namespace tern::cli
