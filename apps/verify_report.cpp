#include "verify_report.hpp"

#include <fmt/format.h>

#include "json/writer.hpp"

namespace tern::apps {
namespace {

double in_ms(Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}
double in_seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}
std::string ms_text(Duration duration) {
    return fmt::format("{:.0f} ms", in_ms(duration));
}

}  // namespace

std::string VerifyReport::json() const {
    json::Array fault_list;
    for (const auto& fault : faults) {
        json::Object row{{"what", fault.what}, {"member", fault.member}, {"atMs", in_ms(fault.at)}};
        row.push_back({"recoveryMs", fault.recovery ? json::Value{in_ms(*fault.recovery)} : json::Value{}});
        fault_list.push_back(std::move(row));
    }
    json::Array wrong;
    for (const auto& words : totals.first_wrong) wrong.push_back(words);
    const auto recovered = admin::recoveries(faults);
    const json::Object document{{"brokerName", broker_name},
                                {"topic", topic},
                                {"seconds", in_seconds(took)},
                                {"sent", totals.sent},
                                {"acknowledged", totals.acknowledged},
                                {"refused", totals.refused},
                                {"unknown", totals.unknown},
                                {"read", totals.read},
                                {"lost", totals.lost},
                                {"doubled", totals.doubled},
                                {"damaged", totals.damaged},
                                {"changed", totals.changed},
                                {"firstWrong", std::move(wrong)},
                                {"faults", std::move(fault_list)},
                                {"recoveryP50Ms", in_ms(admin::percentile(recovered, 50))},
                                {"recoveryP99Ms", in_ms(admin::percentile(recovered, 99))},
                                {"recoveryMaxMs", in_ms(admin::percentile(recovered, 100))},
                                {"longestGapMs", in_ms(totals.longest_gap)},
                                {"missing", missing}};
    return json::write(document, {.pretty = true}) + '\n';
}

std::string VerifyReport::table() const {
    std::string text = fmt::format("{}: {:.1f} s, topic {}, through {} members and by the route\n",
                                   broker_name, in_seconds(took), topic, members);
    const auto row = [&text](std::string_view name, const auto& value, std::string_view meaning = "") {
        fmt::format_to(std::back_inserter(text), "  {:<14}{:>12}  {}\n", name, value, meaning);
    };
    row("sent", totals.sent);
    row("acknowledged", totals.acknowledged);
    row("refused", totals.refused, "certainly not stored");
    row("unknown", totals.unknown, "a time-out, a closed connection: may be stored");
    row("read", totals.read, "different messages, from every queue's begin");
    row("lost", totals.lost, "acknowledged, and not where it was told to be");
    row("doubled", totals.doubled, "stored again, after an answer that was lost");
    row("damaged", totals.damaged, "not what was sent");
    row("changed", totals.changed, "read along, and not there at the end");
    row("longest gap", ms_text(totals.longest_gap), "without an acknowledged send");
    const auto recovered = admin::recoveries(faults);
    if (!faults.empty()) {
        row("faults", faults.size());
        row("recovery p50", ms_text(admin::percentile(recovered, 50)),
            "from the signal to the first accepted send issued after it");
        row("recovery p99", ms_text(admin::percentile(recovered, 99)));
        row("recovery max", ms_text(admin::percentile(recovered, 100)));
    }
    if (recovered.size() < faults.size()) text += "  after the last fault no send was accepted\n";
    for (const auto& words : totals.first_wrong) text += "  WRONG: " + words + '\n';
    if (!missing.empty()) text += "  the group was not whole at the end: " + missing + '\n';
    if (totals.acknowledged == 0) return text + "FAILED: no send was accepted\n";
    return text + (is_good() ? "nothing acknowledged is lost\n" : "FAILED: what was sent is not all there\n");
}

}  // namespace tern::apps
