// tern recover-group: after the loss of a majority of a Raft group for good, makes the store of one that is
// left the begin of a group that goes on from there. docs/recover-group.md.
#pragma once

#include <string>

namespace tern::apps {

struct RecoverGroupArguments {
    std::string config_file;
    bool only_shows{false};
    bool is_confirmed{false};
    bool json{false};
};

// 0: done, or shown; 1: wrong settings; 2: not confirmed; 3: the store cannot be had or is
// damaged. With anything but 0 the member is as it was.
int run_recover_group(const RecoverGroupArguments& arguments);

}  // namespace tern::apps
