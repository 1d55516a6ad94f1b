// Syncs several files one after the other, so that a sync of the commit log, which answers wait for, never
// queues behind more than one of theirs.
#pragma once

#include <vector>

#include "base/runtime.hpp"
#include "store/segment_queue.hpp"

namespace tern::store {

// done runs later, from the executor: when all are synced, or at the first failure. The files live until
// then.
void sync_in_turn(std::vector<SharedFile> files, Executor& executor, io::Done done);

// The same, waiting.
Result<> sync_now(const std::vector<SharedFile>& files);

// Runs a completion from the executor: what it is told is known already.
void complete_later(Executor& executor, io::Done done, Result<> result);

}  // namespace tern::store
