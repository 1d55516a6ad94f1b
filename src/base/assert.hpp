// TERN_ASSERT: what only our own mistake can make false. On in release; the process ends with the place and
// the words, because going on could acknowledge what is not there.
#pragma once

namespace tern {

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace tern

#define TERN_ASSERT(condition)                                        \
    do {                                                              \
        if (!(condition)) [[unlikely]]                                \
            ::tern::assertion_failed(#condition, __FILE__, __LINE__); \
    } while (false)
