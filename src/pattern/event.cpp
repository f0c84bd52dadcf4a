#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "pattern/event_data.h"
#include "pattern/json_reader.h"

namespace tidemill::pattern {
namespace {

/// Reads an event into its data, one token at a time; no recursion, so depth costs no stack.
class EventReader {
 public:
  explicit EventReader(EventData& out) : out_(out), reader_(out.json) {}

  Read<void> run() {
    out_.nodes.push_back({});
    out_.elements.push_back({});
    out_.table.assign(64, 0);
    auto token = reader_.next();
    if (!token) return std::unexpected(std::move(token).error());
    if (*token != Token::begin_object) return reader_.fault("Event must be a JSON object");
    scopes_.push_back({});
    while (!scopes_.empty()) {
      token = reader_.next();
      if (!token) return std::unexpected(std::move(token).error());
      if (auto done = take(*token); !done) return done;
    }
    group_values();
    return reader_.expect_end();
  }

 private:
  static constexpr std::uint32_t no_array = EventData::none;
  struct Scope {
    std::uint32_t node = 0;          ///< Where this object or array stands.
    std::uint32_t element = 0;       ///< The innermost element around what is inside.
    std::uint32_t array = no_array;  ///< Set in an array.
    bool is_element = false;         ///< Whether this object or array opened `element`.
  };

  Read<void> take(Token token) {
    auto& scope = scopes_.back();
    switch (token) {
      case Token::end_object:
      case Token::end_array: close(); return {};
      case Token::name: node_ = descend(scope.node, keep(reader_.name())); return {};
      case Token::begin_object:
      case Token::begin_array: open(token == Token::begin_array); return {};
      default: return add_value(token);
    }
  }

  void open(bool array) {
    const auto outer = scopes_.back();
    Scope inner{.node = outer.array == no_array ? node_ : outer.node, .element = outer.element};
    if (outer.array != no_array) {
      inner.element = static_cast<std::uint32_t>(out_.elements.size());
      inner.is_element = true;
      out_.elements.push_back({.parent = outer.element, .array = outer.array});
    }
    if (array) {
      inner.array = static_cast<std::uint32_t>(out_.arrays.size());
      out_.arrays.push_back({.begin = static_cast<std::uint32_t>(out_.elements.size())});
    }
    scopes_.push_back(inner);
  }

  void close() {
    const auto scope = scopes_.back();
    const auto end = static_cast<std::uint32_t>(out_.elements.size());
    if (scope.array != no_array) out_.arrays[scope.array].end = end;
    if (scope.is_element) out_.elements[scope.element].end = end;
    scopes_.pop_back();
    if (scopes_.empty()) out_.elements[0].end = end;
  }

  Read<void> add_value(Token token) {
    const auto& scope = scopes_.back();
    auto text = reader_.text();
    if (!text) return std::unexpected(std::move(text).error());
    Value value{.element = scope.element};
    switch (token) {
      case Token::string: value.kind = Kind::string; break;
      case Token::number: value.kind = Kind::number; break;
      case Token::true_value: value.kind = Kind::true_value; break;
      case Token::false_value: value.kind = Kind::false_value; break;
      default: value.kind = Kind::null_value; break;
    }
    value.text = keep(*text);
    if (token == Token::number) value.number = nearest_double(value.text);
    const auto node = scope.array == no_array ? node_ : scope.node;
    ++out_.nodes[node].count;
    out_.values.push_back(value);
    node_of_.push_back(node);
    return {};
  }

  /// A view that lives as long as the event: into its text, unless there were escapes.
  std::string_view keep(std::string_view text) {
    const std::less<const char*> before;
    const auto* begin = out_.json.data();
    const bool inside =
        !before(text.data(), begin) && before(text.data(), begin + out_.json.size());
    return inside || text.empty() ? text : std::string_view(out_.unescaped.emplace_back(text));
  }

  std::uint32_t descend(std::uint32_t node, std::string_view name) {
    for (;;) {
      const auto dot = name.find('.');
      node = find_or_add(node, name.substr(0, dot));
      if (dot == name.npos) return node;
      name.remove_prefix(dot + 1);
    }
  }

  std::uint32_t find_or_add(std::uint32_t parent, std::string_view step) {
    if (const auto found = out_.child(parent, step); found != EventData::none) return found;
    const auto added = static_cast<std::uint32_t>(out_.nodes.size());
    out_.nodes.push_back({.parent = parent, .step = step});
    if (out_.nodes.size() * 2 > out_.table.size()) {
      out_.table.assign(out_.table.size() * 2, 0);
      for (std::uint32_t i = 1; i < added; ++i) place(i);
    }
    place(added);
    return added;
  }

  void place(std::uint32_t node) {
    const auto mask = out_.table.size() - 1;
    auto slot = out_.hash(out_.nodes[node].parent, out_.nodes[node].step) & mask;
    while (out_.table[slot] != 0) slot = (slot + 1) & mask;
    out_.table[slot] = node + 1;
  }

  void group_values() {
    std::uint32_t next = 0;
    for (auto& node : out_.nodes) {
      node.first = next;
      next += node.count;
      node.count = 0;
    }
    std::vector<Value> grouped(out_.values.size());
    for (std::size_t i = 0; i < out_.values.size(); ++i) {
      auto& node = out_.nodes[node_of_[i]];
      grouped[node.first + node.count++] = out_.values[i];
    }
    for (const auto& node : out_.nodes) {
      const auto own = std::span(grouped).subspan(node.first, node.count);
      if (!std::ranges::is_sorted(own, {}, &Value::element)) {
        std::ranges::sort(own, {}, &Value::element);
      }
    }
    out_.values = std::move(grouped);
  }

  EventData& out_;
  JsonReader reader_;
  std::vector<Scope> scopes_;
  std::uint32_t node_ = 0;              ///< Of the last name.
  std::vector<std::uint32_t> node_of_;  ///< By value.
};

}  // namespace

std::uint32_t EventData::child(std::uint32_t parent, std::string_view step) const noexcept {
  const auto mask = table.size() - 1;
  for (auto slot = hash(parent, step) & mask; table[slot] != 0; slot = (slot + 1) & mask) {
    const auto& node = nodes[table[slot] - 1];
    if (node.parent == parent && node.step == step) return table[slot] - 1;
  }
  return none;
}

std::span<const Value> EventData::at(std::string_view path) const noexcept {
  std::uint32_t node = 0;
  for (;;) {
    const auto dot = path.find('.');
    node = child(node, path.substr(0, dot));
    if (node == none) return {};
    if (dot == path.npos) return values_of(node);
    path.remove_prefix(dot + 1);
  }
}

Result<Event> Event::parse(std::string_view json) {
  const auto refuse = [](std::string why) {
    return std::unexpected(Error{.code = Errc::invalid_argument,
                                 .message = "Event is not valid. Reason: " + std::move(why),
                                 .name = "ValidationException",
                                 .hint = "an event is one JSON object"});
  };
  if (json.size() > bytes_max) {
    return refuse(fmt::format("it has {} bytes, the most is {}", json.size(), bytes_max));
  }
  if (!simdjson::validate_utf8(json.data(), json.size())) return refuse("it is not valid UTF-8");
  auto data = std::make_shared<EventData>();
  data->json = json;
  if (auto read = EventReader(*data).run(); !read) {
    return refuse(
        fmt::format("{} at {}", read.error().message, place(data->json, read.error().offset)));
  }
  return Event(std::move(data));
}

Status validate_test_event(std::string_view json) {
  const auto refuse = [](std::string hint) {
    return std::unexpected(Error{.code = Errc::invalid_argument,
                                 .message = "Parameter Event is not valid.",
                                 .name = "ValidationException",
                                 .hint = std::move(hint)});
  };
  const auto event = Event::parse(json);
  if (!event) return refuse(event.error().message);
  for (const std::string_view name : {"id", "account", "source", "time", "region", "detail-type"}) {
    if (event->data().child(0, name) == EventData::none) {
      return refuse(
          fmt::format("the event has no \"{}\"; it needs id, account, source, time, region"
                      " and detail-type",
                      name));
    }
  }
  return {};
}

}  // namespace tidemill::pattern
