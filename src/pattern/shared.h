/// Objects that snapshots share, and who may still change them. Internal to pattern/.
///
/// A writer numbers its edits: taking a snapshot begins a new one. What was made in the running
/// edit no snapshot has seen, so it is changed in place; all else is copied first.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace tidemill::pattern {

class Shared {
 public:
  Shared() = default;
  /// A copy is nobody's yet.
  Shared(const Shared&) noexcept {}
  Shared& operator=(const Shared&) = delete;

  std::uint32_t edit = 0;  ///< In which it was made; the writer's alone to read.

 private:
  template <class T>
  friend class Ref;
  mutable std::atomic<std::uint32_t> holders_ = 0;
};

/// Holds a T, which derives from Shared; any thread may let go of its own holds.
template <class T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* object) noexcept : object_(object) { hold(); }
  Ref(const Ref& other) noexcept : object_(other.object_) { hold(); }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ == nullptr) return;
    if (object_->holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) T::destroy(object_);
  }

  T* get() const noexcept { return object_; }
  T* operator->() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  void hold() noexcept {
    if (object_ != nullptr) object_->holders_.fetch_add(1, std::memory_order_relaxed);
  }
  T* object_ = nullptr;
};

/// Makes what `ref` holds the running edit's own: made if nothing is there, copied if shared.
template <class T>
T& own(Ref<T>& ref, std::uint32_t edit) {
  if (!ref) {
    ref = Ref<T>(new T());
    ref->edit = edit;
  } else if (ref->edit != edit) {
    ref = Ref<T>(new T(*ref));
    ref->edit = edit;
  }
  return *ref;
}

}  // namespace tidemill::pattern
