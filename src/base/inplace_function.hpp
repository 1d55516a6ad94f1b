// A move-only callable kept in the object itself: no allocation, and what does not fit does not compile.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "base/assert.hpp"

namespace tern {

template <class Signature, std::size_t Capacity = 64>
class InplaceFunction;

template <class R, class... Args, std::size_t Capacity>
class InplaceFunction<R(Args...), Capacity> {
public:
    InplaceFunction() = default;

    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, InplaceFunction> &&
                 std::is_invocable_r_v<R, F&, Args...>)
    InplaceFunction(F&& f) {  // NOLINT: a lambda passed where a function is taken, as with std::function.
        hold(std::forward<F>(f));
    }
    // Without a move on the way.
    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, InplaceFunction> &&
                 std::is_invocable_r_v<R, F&, Args...>)
    InplaceFunction& operator=(F&& f) {
        reset();
        hold(std::forward<F>(f));
        return *this;
    }
    InplaceFunction(InplaceFunction&& other) noexcept { take(other); }
    InplaceFunction& operator=(InplaceFunction&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    InplaceFunction& operator=(std::nullptr_t) {
        reset();
        return *this;
    }
    ~InplaceFunction() { reset(); }

    explicit operator bool() const { return call_ != nullptr; }
    R operator()(Args... args) {
        TERN_ASSERT(call_ != nullptr);
        return call_(storage_, std::forward<Args>(args)...);
    }

private:
    template <class F>
    void hold(F&& f) {
        using Stored = std::remove_cvref_t<F>;
        static_assert(sizeof(Stored) <= Capacity, "what this callable captures does not fit");
        static_assert(alignof(Stored) <= alignof(std::max_align_t));
        ::new (storage_) Stored(std::forward<F>(f));
        call_ = [](void* stored, Args... args) -> R {
            return (*static_cast<Stored*>(stored))(std::forward<Args>(args)...);
        };
        relocate_ = [](void* from, void* to) {
            auto* stored = static_cast<Stored*>(from);
            if (to != nullptr) ::new (to) Stored(std::move(*stored));
            stored->~Stored();
        };
    }
    void reset() {
        if (relocate_ != nullptr) relocate_(storage_, nullptr);
        call_ = nullptr;
        relocate_ = nullptr;
    }
    void take(InplaceFunction& other) {
        if (other.relocate_ != nullptr) other.relocate_(other.storage_, storage_);
        call_ = std::exchange(other.call_, nullptr);
        relocate_ = std::exchange(other.relocate_, nullptr);
    }

    using Call = R (*)(void*, Args...);
    using Relocate = void (*)(void* from, void* to);
    Call call_{nullptr};
    Relocate relocate_{nullptr};
    alignas(std::max_align_t) std::byte storage_[Capacity];
};

}  // namespace tern
