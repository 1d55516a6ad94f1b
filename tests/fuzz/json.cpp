// Any text as a JSON document: what is accepted is written and read again as the same, in every style.
#include "check.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tern::json;
    const Limits limits{.depth = 64, .values = 10'000};
    const auto value = parse(tern::as_bytes(data, size), limits);
    if (!value) return 0;
    const auto text = write(*value, {.bare_integer_keys = true});
    const auto again = parse(text, limits);
    TERN_ASSERT(again && write(*again, {.bare_integer_keys = true}) == text);
    TERN_ASSERT(parse(write(*value, {.ascii = true, .pretty = true}), limits));
    return 0;
}
