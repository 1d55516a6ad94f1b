#include "replication/member_links.hpp"

#include <utility>

#include "replication/link_table.hpp"

namespace tern::replication {

MemberLinks::MemberLinks(MemberLinksConfig config, const Runtime& runtime, remoting::Transport& transport,
                         Handler& handler)
    : table_{make_counted<Table>(std::move(config), runtime, transport, handler)} {}

MemberLinks::~MemberLinks() {
    table_->stop();
}

Result<> MemberLinks::start() {
    return table_->start();
}

void MemberLinks::stop() {
    table_->stop();
}

std::optional<model::Host> MemberLinks::address() const {
    return table_->address();
}

void MemberLinks::learned_group(GroupId group, std::int32_t level_needed) {
    table_->learned_group(group, level_needed);
}

void MemberLinks::learned_address(raft::MemberId member, const std::string& address) {
    table_->learned_address(member, address);
}

void MemberLinks::set_times(const LinkTimes& times) {
    table_->set_times(times);
}

bool MemberLinks::send(raft::MemberId to, const GroupFrame& frame) {
    return table_->send(to, frame);
}

std::size_t MemberLinks::unsent_bytes(raft::MemberId to) const {
    const auto* link = table_->link_of(to);
    return link == nullptr ? 0 : link->connection->unsent_bytes();
}

bool MemberLinks::is_up(raft::MemberId member) const {
    return table_->link_of(member) != nullptr;
}

std::vector<OpenLink> MemberLinks::open_links() const {
    return table_->open_links();
}

const MemberLinksProbe& MemberLinks::probe() const {
    return table_->probe();
}

}  // namespace tern::replication
