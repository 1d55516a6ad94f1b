// The names of all metrics of a process, and their values as Prometheus reads them. A library has a probe:
// its methods are what happened, in the library's words, and its metrics() says each metric's name and help
// once:
//
//   class StoreProbe {
//   public:
//       void message_appended(std::size_t bytes) { appended_messages_.add(); appended_bytes_.add(bytes); }
//
//       template <class Visit>
//       void metrics(Visit visit) const {
//           visit("store_appended_messages_total", "Messages written to the commit log.",
//           appended_messages_); visit("store_appended_bytes_total", "Bytes written to the commit log.",
//           appended_bytes_);
//       }
//   };
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "metrics/histogram.hpp"
#include "metrics/metric.hpp"

namespace tern::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

// How a histogram is shown: the upper bounds of the buckets that a reader gets, ascending, in recorded units,
// and how many recorded units make one that is shown.
struct Scale {
    std::span<const std::uint64_t> bounds;
    double units_in_one{1};
};

namespace bounds {
inline constexpr std::uint64_t latency[] = {50'000,      100'000,       200'000,       500'000,
                                            1'000'000,   2'000'000,     5'000'000,     10'000'000,
                                            20'000'000,  50'000'000,    100'000'000,   200'000'000,
                                            500'000'000, 1'000'000'000, 3'000'000'000, 10'000'000'000};
inline constexpr std::uint64_t count[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1'024, 4'096, 16'384};
inline constexpr std::uint64_t size[] = {256,     1'024,     4'096,     16'384,    65'536,
                                         262'144, 1'048'576, 4'194'304, 16'777'216};
}  // namespace bounds

inline constexpr Scale nanoseconds_as_seconds{bounds::latency, 1e9};
inline constexpr Scale as_count{bounds::count};
inline constexpr Scale as_bytes{bounds::size};

// Filled at the start, by one thread; afterwards any may ask for the text. What is added outlives the
// registry. Names are [a-zA-Z_][a-zA-Z0-9_]*; one name has one type and one help. Its series differ in their
// labels.
class Registry {
public:
    // One series of a gauge whose series come and go.
    struct Level {
        Labels labels;
        double value;
    };

    void add(std::string_view name, std::string_view help, const Counter& counter, Labels labels = {});
    void add(std::string_view name, std::string_view help, const Gauge& gauge, Labels labels = {});
    void add(std::string_view name, std::string_view help, const Histogram& histogram, const Scale& scale,
             Labels labels = {});
    // A plain number that only grows; it is read by the thread that asks, so that is the one that counts.
    void add(std::string_view name, std::string_view help, const std::uint64_t& count, Labels labels = {});
    // A gauge that is computed when it is asked for, by the thread that asks.
    void add(std::string_view name, std::string_view help, std::function<double()> level, Labels labels = {});
    // The same of as many series as there are when somebody asks, all with the same labels.
    void add(std::string_view name, std::string_view help, std::function<std::vector<Level>()> levels);

    // All metrics of a probe, with the same labels.
    template <class Probe>
    void add_probe(const Probe& probe, const Labels& labels = {}) {
        probe.metrics([&](std::string_view name, std::string_view help, const auto& metric,
                          const auto&... scale) { add(name, help, metric, scale..., labels); });
    }

    // In the text format 0.0.4, families by name, their series in the order they were added.
    std::string text() const;

private:
    struct ShownHistogram {
        const Histogram* histogram;
        Scale scale;
    };
    using Source = std::variant<const Counter*, const std::uint64_t*, const Gauge*, ShownHistogram,
                                std::function<double()>, std::function<std::vector<Level>()>>;
    struct Series {
        Labels labels;
        Source source;
    };
    struct Family {
        std::string help;
        std::string_view type;
        std::vector<Series> series;
    };

    void add_series(std::string_view name, std::string_view help, std::string_view type, Source source,
                    Labels labels);

    std::map<std::string, Family, std::less<>> families_;
};

// What an answer to a scrape says as its Content-Type.
inline constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace tern::metrics
