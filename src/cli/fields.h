/// Members of the server's JSON answers, read leniently: what isn't there is empty. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/time.h"

namespace tidemill::cli {

inline std::string text(const json::object& o, std::string_view name) {
  return std::string(json::text_or_empty(o, name));
}

inline std::optional<std::int64_t> number(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v != nullptr && v->is_int64() ? std::optional(v->get_int64()) : std::nullopt;
}

inline bool truth(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v != nullptr && v->is_bool() && v->get_bool();
}

inline const json::array& list(const json::object& o, std::string_view name) {
  static const json::array none;
  const auto* v = o.if_contains(name);
  return v != nullptr && v->is_array() ? v->get_array() : none;
}

inline const json::object* child(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v != nullptr && v->is_object() ? &v->get_object() : nullptr;
}

inline std::string when(std::optional<std::int64_t> ms) { return ms ? iso_millis({*ms}) : "-"; }

}  // namespace tidemill::cli
