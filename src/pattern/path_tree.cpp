#include "pattern/path_tree.h"

#include <atomic>

namespace tidemill::pattern {
namespace {

constexpr std::uint64_t root_key = 0;

std::uint64_t new_version() noexcept {
  static constinit std::atomic<std::uint64_t> last = 0;
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

/// Takes the first step off `path`; false if there is none left.
bool take_step(std::string_view& path, std::string_view& step, bool& more) {
  if (!more) return false;
  const auto dot = path.find('.');
  step = path.substr(0, dot);
  more = dot != path.npos;
  if (more) path.remove_prefix(dot + 1);
  return true;
}

}  // namespace

void PathNode::add_child(std::string_view step) {
  child_marks.resize(64);
  ++child_marks[mark(step)];
  child_mask |= std::uint64_t{1} << mark(step);
  ++children;
}

void PathNode::remove_child(std::string_view step) {
  if (--child_marks[mark(step)] == 0) child_mask &= ~(std::uint64_t{1} << mark(step));
  if (--children == 0) child_marks = {};
}

std::uint64_t PathTree::key(std::uint32_t parent, std::string_view name) const noexcept {
  // Two steps of one hash are as good as impossible, but would make one path of two.
  auto at = hash_text(seed_, parent, name);
  for (;; ++at) {
    const auto* node = nodes_.find(at);
    if (node == nullptr || (node->parent == parent && same_text(node->name, name))) return at;
  }
}

const PathNode* PathTree::look_up(std::uint32_t parent, std::string_view name) const noexcept {
  for (auto at = hash_text(seed_, parent, name);; ++at) {
    const auto* node = nodes_.find(at);
    if (node == nullptr || (node->parent == parent && same_text(node->name, name))) return node;
  }
}

PathNode& PathTree::edit(std::string_view path, Edit& edit) {
  version_ = new_version();
  auto at = root_key;
  std::string_view step;
  if (nodes_.empty()) {
    nodes_.edit(root_key, edit.number);
    slots_ = 1;
  }
  for (bool more = true; take_step(path, step, more);) {
    const auto parent = nodes_.find(at)->slot;
    const auto next = key(parent, step);
    if (nodes_.find(next) == nullptr) {
      nodes_.edit(at, edit.number).add_child(step);
      auto& node = nodes_.edit(next, edit.number);
      node.parent = parent;
      node.name = step;
      if (edit.free_slots.empty()) {
        node.slot = slots_++;
      } else {
        node.slot = edit.free_slots.back();
        edit.free_slots.pop_back();
      }
    }
    at = next;
  }
  return nodes_.edit(at, edit.number);
}

void PathTree::trim(std::string_view path, Edit& edit) {
  version_ = new_version();
  std::vector<std::uint64_t> way = {root_key};
  std::string_view step;
  for (bool more = true; take_step(path, step, more);) {
    way.push_back(key(nodes_.find(way.back())->slot, step));
  }
  for (; way.size() > 1; way.pop_back()) {
    const auto* node = nodes_.find(way.back());
    if (node->clauses > 0 || node->children > 0) return;
    nodes_.edit(way[way.size() - 2], edit.number).remove_child(node->name);
    edit.free_slots.push_back(node->slot);
    nodes_.erase(way.back(), edit.number);
  }
  if (nodes_.find(root_key)->children > 0) return;
  nodes_.erase(root_key, edit.number);
  edit.free_slots.clear();
  slots_ = 0;
}

}  // namespace tidemill::pattern
