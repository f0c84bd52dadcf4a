/// A map from hashes to shared objects whose copies cost nothing: a trie over five bits of the hash
/// at a time, of which a change copies only the way to the place. Internal to pattern/. A copy is
/// immutable for its readers; the writer's own map is changed under its running edit (shared.h).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <new>
#include <span>

#include "pattern/shared.h"

namespace tidemill::pattern {

template <class V>
class SharedMap {
 public:
  [[nodiscard]] const V* find(std::uint64_t hash) const noexcept {
    const auto* node = root_.get();
    for (unsigned shift = 0; node != nullptr; shift += bits) {
      if (node->capacity > 0) return find_in(*node, hash);
      node = node->below()[digit(hash, shift)].get();
    }
    return nullptr;
  }

  /// The object of `hash` for changing; made if there is none.
  V& edit(std::uint64_t hash, std::uint32_t edit) { return own(place(hash, edit), edit); }

  /// Where the object of `hash` is held, or will be.
  Ref<V>& place(std::uint64_t hash, std::uint32_t edit) {
    auto* at = &root_;
    for (unsigned shift = 0;; shift += bits) {
      if (!*at) *at = Node::leaf(2, edit);
      if ((*at)->edit != edit) *at = copy(**at, (*at)->capacity, edit);
      if ((*at)->capacity == 0) {
        at = &(*at)->below()[digit(hash, shift)];
        continue;
      }
      for (auto& entry : (*at)->entries()) {
        if (entry.hash == hash) return entry.value;
      }
      if ((*at)->size < (*at)->capacity) return (*at)->append({hash, {}}).value;
      if ((*at)->size < leaf_max || shift > 64) {
        *at = copy(**at, (*at)->capacity * 2, edit);
        return (*at)->append({hash, {}}).value;
      }
      *at = split(**at, shift, edit);
      at = &(*at)->below()[digit(hash, shift)];
    }
  }

  void erase(std::uint64_t hash, std::uint32_t edit) { erase(root_, hash, 0, edit); }

  [[nodiscard]] bool empty() const noexcept { return !root_; }

 private:
  static constexpr unsigned bits = 5;
  static constexpr std::size_t fan = std::size_t{1} << bits;
  static constexpr std::uint32_t leaf_max = 16;

  struct Entry {
    std::uint64_t hash;
    Ref<V> value;
  };

  /// A leaf of entries, or (capacity 0) an inner node; what it holds lies right behind it.
  struct Node : Shared {
    std::uint32_t size = 0, capacity = 0;

    static Ref<Node> inner(std::uint32_t edit) {
      auto* node = new (::operator new(sizeof(Node) + fan * sizeof(Ref<Node>))) Node();
      std::uninitialized_default_construct_n(node->children(), fan);
      node->edit = edit;
      return Ref<Node>(node);
    }
    static Ref<Node> leaf(std::uint32_t capacity, std::uint32_t edit) {
      auto* node = new (::operator new(sizeof(Node) + capacity * sizeof(Entry))) Node();
      node->capacity = capacity;
      node->edit = edit;
      return Ref<Node>(node);
    }
    static void destroy(Node* node) {
      if (node->capacity == 0) {
        std::destroy_n(node->children(), fan);
      } else {
        std::destroy_n(node->first(), node->size);
      }
      node->~Node();
      ::operator delete(node);
    }
    Entry& append(Entry entry) { return *new (first() + size++) Entry(std::move(entry)); }
    [[nodiscard]] std::span<Entry> entries() const { return {first(), size}; }
    [[nodiscard]] std::span<Ref<Node>, fan> below() const {
      return std::span<Ref<Node>, fan>(children(), fan);
    }
    [[nodiscard]] Entry* first() const {
      return reinterpret_cast<Entry*>(const_cast<Node*>(this) + 1);
    }
    [[nodiscard]] Ref<Node>* children() const {
      return reinterpret_cast<Ref<Node>*>(const_cast<Node*>(this) + 1);
    }
  };
  static_assert(sizeof(Node) % alignof(Entry) == 0);

  static std::size_t digit(std::uint64_t hash, unsigned shift) {
    return shift < 64 ? (hash >> shift) % fan : 0;
  }

  static const V* find_in(const Node& leaf, std::uint64_t hash) noexcept {
    for (const auto& entry : leaf.entries()) {
      if (entry.hash == hash) return entry.value.get();
    }
    return nullptr;
  }

  static Ref<Node> copy(const Node& from, std::uint32_t capacity, std::uint32_t edit) {
    auto to = capacity == 0 ? Node::inner(edit) : Node::leaf(capacity, edit);
    if (capacity == 0) {
      std::ranges::copy(from.below(), to->below().begin());
    } else {
      for (const auto& entry : from.entries()) to->append(entry);
    }
    return to;
  }

  static Ref<Node> split(const Node& leaf, unsigned shift, std::uint32_t edit) {
    auto to = Node::inner(edit);
    for (const auto& entry : leaf.entries()) {
      auto& child = to->below()[digit(entry.hash, shift)];
      if (!child) {
        child = Node::leaf(2, edit);
      } else if (child->size == child->capacity) {
        child = copy(*child, child->capacity * 2, edit);
      }
      child->append(entry);
    }
    return to;
  }

  static void erase(Ref<Node>& at, std::uint64_t hash, unsigned shift, std::uint32_t edit) {
    if (!at) return;
    if (at->edit != edit) at = copy(*at, at->capacity, edit);
    if (at->capacity == 0) {
      erase(at->below()[digit(hash, shift)], hash, shift + bits, edit);
      if (std::ranges::none_of(at->below(), [](const auto& child) { return bool(child); })) at = {};
      return;
    }
    const auto entries = at->entries();
    const auto found = std::ranges::find(entries, hash, &Entry::hash);
    if (found == entries.end()) return;
    if (&*found != &entries.back()) *found = std::move(entries.back());
    std::destroy_at(&entries.back());
    if (--at->size == 0) at = {};
  }

  Ref<Node> root_;
};

}  // namespace tidemill::pattern
