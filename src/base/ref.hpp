// Counted references within one thread: an object that several parts of one loop keep alive together. Not
// atomic.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

namespace tern {

class Counted {
public:
    Counted() = default;
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    virtual ~Counted() = default;

private:
    template <class T>
    friend class Ref;
    mutable std::uint32_t references_{0};
};

template <class T>
class Ref {
public:
    Ref() = default;
    explicit Ref(T* object) : object_{object} { acquire(); }
    Ref(const Ref& other) : object_{other.object_} { acquire(); }
    Ref(Ref&& other) noexcept : object_{std::exchange(other.object_, nullptr)} {}
    template <class U>
        requires std::is_convertible_v<U*, T*>
    Ref(const Ref<U>& other) : object_{other.get()} {  // NOLINT: as a pointer converts to its base.
        acquire();
    }
    Ref& operator=(Ref other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Ref() {
        if (object_ != nullptr && --object_->references_ == 0) delete object_;
    }

    T* get() const { return object_; }
    T& operator*() const { return *object_; }
    T* operator->() const { return object_; }
    explicit operator bool() const { return object_ != nullptr; }
    friend bool operator==(const Ref& a, const Ref& b) { return a.object_ == b.object_; }

private:
    void acquire() {
        if (object_ != nullptr) ++object_->references_;
    }
    T* object_{nullptr};
};

template <class T, class... Args>
Ref<T> make_counted(Args&&... args) {
    return Ref<T>{new T(std::forward<Args>(args)...)};
}

}  // namespace tern
