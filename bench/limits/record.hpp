// Records of the limit servers, as long as a broker makes them of the load's messages.
#pragma once

#include "base/buffer.hpp"
#include "model/message_record.hpp"

namespace tern::bench {

void append_record(Buffer& records, std::string_view body, QueueId queue, QueueOffset queue_offset,
                   PhysicalOffset physical_offset);

}  // namespace tern::bench
