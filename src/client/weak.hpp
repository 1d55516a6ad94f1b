// A reference that knows whether its object is still there: what a callback keeps that may be called after
// the object that began the work is gone.
#pragma once

#include "base/ref.hpp"

namespace tern::client {

template <class T>
class Weak {
public:
    // Null once the object has died.
    T* get() const { return cell_->object; }

private:
    template <class>
    friend class Lifeline;
    struct Cell final : Counted {
        explicit Cell(T* to) : object{to} {}
        T* object;
    };
    explicit Weak(Ref<Cell> cell) : cell_{std::move(cell)} {}
    Ref<Cell> cell_;
};

// A member of the object that gives out such references to it.
template <class T>
class Lifeline {
public:
    explicit Lifeline(T* object) : cell_{make_counted<typename Weak<T>::Cell>(object)} {}
    ~Lifeline() { cell_->object = nullptr; }
    Lifeline(const Lifeline&) = delete;
    Lifeline& operator=(const Lifeline&) = delete;

    Weak<T> weak() const { return Weak<T>{cell_}; }

private:
    Ref<typename Weak<T>::Cell> cell_;
};

}  // namespace tern::client
