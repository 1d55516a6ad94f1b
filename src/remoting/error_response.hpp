// The one table from our errors to what a client sees.
#pragma once

#include "base/result.hpp"
#include "remoting/response_code.hpp"

namespace tern::remoting {

// A code that promises "nothing was stored" (2, 13, 14, 16, 17, 29 …) comes only from an error that means it:
// after an append, what fails has no better name than system_error.
ResponseCode response_code_of(Errc error);

}  // namespace tern::remoting
