#include "client/rebalance.hpp"

#include <algorithm>

namespace tern::client {

std::vector<model::MessageQueue> allocate_averagely(std::vector<model::MessageQueue> queues,
                                                    std::vector<std::string> members,
                                                    std::string_view client_id) {
    std::ranges::sort(queues);
    std::ranges::sort(members);
    const auto me = std::ranges::find(members, client_id);
    if (me == members.end()) return {};
    const auto index = static_cast<std::size_t>(me - members.begin());
    const auto share = queues.size() / members.size();
    const auto left_over = queues.size() % members.size();
    const auto begin = index * share + std::min(index, left_over);
    const auto end = begin + share + (index < left_over ? 1 : 0);
    return {queues.begin() + static_cast<std::ptrdiff_t>(begin),
            queues.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace tern::client
