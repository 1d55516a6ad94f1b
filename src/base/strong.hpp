// Numbers that mean something have types of their own: a place plus a distance is a place, two places differ
// by a distance, and the sum of two places does not compile.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace tern {

// A place in a sequence.
template <class Tag>
class Position {
public:
    using rep = std::int64_t;
    constexpr Position() = default;
    constexpr explicit Position(rep value) : value_{value} {}
    constexpr rep value() const { return value_; }
    constexpr Position operator+(rep distance) const { return Position{value_ + distance}; }
    constexpr Position operator-(rep distance) const { return Position{value_ - distance}; }
    constexpr Position& operator+=(rep distance) {
        value_ += distance;
        return *this;
    }
    friend constexpr rep operator-(Position to, Position from) { return to.value_ - from.value_; }
    friend constexpr auto operator<=>(Position, Position) = default;

private:
    rep value_{0};
};

// A number that only names something: it can be compared and printed, nothing else.
template <class Tag, class Rep = std::int64_t>
class Identifier {
public:
    using rep = Rep;
    constexpr Identifier() = default;
    constexpr explicit Identifier(rep value) : value_{value} {}
    constexpr rep value() const { return value_; }
    friend constexpr auto operator<=>(Identifier, Identifier) = default;

private:
    rep value_{0};
};

using PhysicalOffset = Position<struct PhysicalOffsetTag>;  // A byte of the commit log.
using QueueOffset = Position<struct QueueOffsetTag>;        // An entry of one consume queue.
using Epoch = Position<struct EpochTag>;  // A reign over one broker group's log; 0 before the first.
using QueueId = Identifier<struct QueueIdTag, std::int32_t>;
using BrokerId = Identifier<struct BrokerIdTag>;  // 0 is the master.

}  // namespace tern

template <class Tag>
struct std::hash<tern::Position<Tag>> {
    std::size_t operator()(tern::Position<Tag> position) const noexcept {
        return std::hash<std::int64_t>{}(position.value());
    }
};

template <class Tag, class Rep>
struct std::hash<tern::Identifier<Tag, Rep>> {
    std::size_t operator()(tern::Identifier<Tag, Rep> id) const noexcept {
        return std::hash<Rep>{}(id.value());
    }
};
