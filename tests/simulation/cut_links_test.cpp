// A member whose network was cut, and what it serves when that is over.
#include "simulation/three_members.hpp"

namespace tern::simulation {
namespace {

class CutLinks : public ThreeMembers {
protected:
    // Whether a send through the member is accepted.
    bool accepts(std::size_t member) {
        client_.sends(hosts_[member]->text(), "body");
        runs_until([&] { return client_.answer || client_.is_refused; });
        return client_.answer && client_.answer->code == remoting::ResponseCode::success;
    }
};

// What was lost on the connection for requests is sent again only as long after the cut as the cut was.
TEST_F(CutLinks, are_over_for_clients_as_soon_as_members_have_linked_again) {
    const auto member = follower();
    const std::string& cut_off = hosts_[member]->machine().address();
    const std::string leads = leader()->machine().address();
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(accepts(member));
        network_.partition(cut_off, leads);
        const Instant healed = time_.now() + 8s;
        while (time_.now() < healed) EXPECT_FALSE(accepts(member));
        network_.heal(cut_off, leads);
        const Instant since = time_.now();
        while (!accepts(member) && time_.now() - since < 20s) {
        }
        // One that was passed on before they have is given up after forwardTimeoutMs.
        EXPECT_LT(time_.now() - since, 2500ms + 500ms);
    }
}

}  // namespace
}  // namespace tern::simulation
