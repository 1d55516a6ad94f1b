#include "broker/retention.hpp"

#include <cmath>
#include <ctime>
#include <utility>

#include "base/text.hpp"

namespace tern::broker {

void Retention::start() {
    timer_ = runtime_.timers.after(std::chrono::milliseconds{config_.clean_interval_ms}, [this] {
        clean();
        start();
    });
}

void Retention::stop() {
    runtime_.timers.cancel(std::exchange(timer_, 0));
}

void Retention::clean() {
    const std::int32_t used = disk_used();
    const bool forcibly = config_.clean_forcibly && used >= config_.disk_clean_forcibly;
    if (forcibly || used >= config_.disk_used_max || is_hour_to_delete()) (void)remove_expired(forcibly);
    if (auto followed = store_.follow_log_begin(); !followed)
        runtime_.log.warning("queues_not_corrected", {{"why", followed.error().detail}});
    const bool full = used >= config_.disk_warning;
    if (full == full_) return;
    full_ = full;
    if (full) {
        const std::string why = "the disk of " + config_.store_root + " is used to " + std::to_string(used) +
                                " %, diskSpaceWarningLevelRatio is " + std::to_string(config_.disk_warning) +
                                " %";
        runtime_.log.error("disk_full", {{"why", why}});
        group_.close_for_writes(why);
    } else {
        runtime_.log.info("disk_has_room_again", {{"disk_percent", used}});
        group_.open_for_writes();
    }
}

Result<std::size_t> Retention::remove_expired(bool regardless_of_age) {
    store::RetentionLimits limits;
    limits.now = runtime_.clock.wall_ms();
    limits.reserved_ms = std::int64_t{config_.file_reserved_hours} * 3'600'000;
    limits.bound = group_.needed_from();
    limits.regardless_of_age = regardless_of_age;
    auto removed = store_.remove_expired(limits);
    if (!removed) {
        runtime_.log.warning("segments_not_removed", {{"why", removed.error().detail}});
    } else if (*removed > 0) {
        runtime_.log.info("segments_removed", {{"segments", *removed},
                                               {"begin", store_.commit_log().begin().value()},
                                               {"disk_percent", disk_used()}});
    }
    return removed;
}

std::int32_t Retention::disk_used() const {
    const auto space = files_.space(config_.store_commit_log);
    if (!space || space->total_bytes <= 0) return 0;
    const auto used = static_cast<double>(space->total_bytes - space->free_bytes);
    return static_cast<std::int32_t>(std::ceil(100 * used / static_cast<double>(space->total_bytes)));
}

bool Retention::is_hour_to_delete() const {
    const std::time_t seconds = runtime_.clock.wall_ms() / 1000;
    std::tm local{};
    ::localtime_r(&seconds, &local);
    for (const auto hour : split(config_.delete_when, ';')) {
        if (parse_number<int>(trim(hour)) == local.tm_hour) return true;
    }
    return false;
}

}  // namespace tern::broker
