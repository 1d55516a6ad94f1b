#include "base/digits.hpp"

#include "base/random.hpp"
#include "base/text.hpp"

namespace tern {
namespace {

std::string written(std::int64_t number) {
    char text[20];
    return {text, write_decimal(text, number)};
}

TEST(EightDigits, are_read_as_the_number_they_spell) {
    EXPECT_EQ(digits_value(load_digits("00000000")), 0U);
    EXPECT_EQ(digits_value(load_digits("12345678")), 12'345'678U);
    EXPECT_EQ(digits_value(load_digits("99999999")), 99'999'999U);
}

TEST(EightDigits, are_told_from_every_other_byte) {
    for (unsigned place = 0; place < 8; ++place) {
        for (unsigned byte = 0; byte < 256; ++byte) {
            std::string text = "00990990";
            text[place] = static_cast<char>(byte);
            const std::uint64_t others = non_digits(load_digits(text.data()));
            const bool is_digit = byte >= '0' && byte <= '9';
            EXPECT_EQ(std::countr_zero(others), is_digit ? 64 : static_cast<int>(8 * place + 7)) << byte;
        }
    }
}

TEST(Decimal, is_written_as_the_library_writes_it) {
    for (const std::int64_t number : {INT64_MIN, INT64_MAX, std::int64_t{0}})
        EXPECT_EQ(written(number), std::to_string(number));
    for (std::int64_t power = 1; power < 1'000'000'000'000'000'000; power *= 10) {
        for (const std::int64_t number : {power - 1, power, power + 1, 7 * power, -power})
            EXPECT_EQ(written(number), std::to_string(number));
    }
    SeededRandom random{1};
    for (int i = 0; i < 10'000; ++i) {
        const auto number = static_cast<std::int64_t>(random.next() >> random.below(64));
        EXPECT_EQ(written(number), std::to_string(number));
    }
}

}  // namespace
}  // namespace tern
