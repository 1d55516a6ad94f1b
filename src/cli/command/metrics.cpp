// metrics, which is ours: what a server counts of its own work and of its limits.
#include <fmt/ostream.h>

#include "admin/cluster.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "json/reader.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "brokerAddr", Takes::text, Need::must, "address of one broker, or of one NameServer"},
};

// "name{label="value"} 5" for each series; the help and type of a family are for people.
json::Value as_value(std::string_view text) {
    json::Object series;
    for (const auto line : split(text, '\n')) {
        const auto space = line.rfind(' ');
        if (line.starts_with('#') || space == std::string_view::npos) continue;
        auto value = json::parse(line.substr(space + 1));  // NaN is none.
        series.push_back({std::string{line.substr(0, space)}, value ? std::move(*value) : json::Value{}});
    }
    return series;
}

admin::Task<Result<>> metrics_of(Invocation& in) {
    const auto text = co_await admin::metrics(in.admin, in.arguments.text("brokerAddr"));
    if (!text) co_return std::unexpected{text.error()};
    if (in.wants_json()) {
        in.print(as_value(*text));
    } else {
        in.out << *text;
    }
    co_return {};
}

}  // namespace

constinit const Command metrics{"metrics",
                                "What a server counts of its work and of its limits, as Prometheus reads it.",
                                options,
                                {"metrics -b 127.0.0.1:10911", "metrics -b 127.0.0.1:9876 --json"},
                                metrics_of};

}  // namespace tern::cli::commands
