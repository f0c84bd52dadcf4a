/// Descriptor tables of the wire types: what a member is called, where it travels, what it may
/// hold, and how to reach it in its C++ struct. One codec per protocol walks them, instead of code
/// per shape. All tables are generated (tools/wire/generate.py), constant and shared by all
/// threads.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "wire/types.h"

namespace tidemill::wire {

enum class Kind : std::uint8_t {
  string,
  blob,
  boolean,
  integer,
  long_integer,
  real,
  timestamp,
  list,
  map,
  structure,
};

/// Where a member travels; all but REST protocols know the body only.
enum class Place : std::uint8_t { body, header, header_prefix, query, uri, status, payload };

enum class TimeFormat : std::uint8_t { unset, epoch_seconds, iso8601, http_date };

/// How to reach the value in a std::optional<T>.
struct FieldOps {
  const void* (*get)(const void* field);  ///< nullptr where it is unset.
  void* (*emplace)(void* field);
};

/// How to walk and fill a std::vector<E>.
struct ListOps {
  std::size_t (*size)(const void* list);
  const void* (*at)(const void* list, std::size_t index);
  void* (*add)(void* list);
};

using MapVisitor = std::function<void(const std::string& key, const void* value)>;

/// How to walk and fill a std::map<std::string, E>.
struct MapOps {
  std::size_t (*size)(const void* map);
  void (*each)(const void* map, const MapVisitor& visit);
  void* (*add)(void* map, std::string key);
};

struct Shape;

struct Member {
  std::string_view name;        ///< In the model, hence in JSON, CBOR and error texts.
  std::string_view wire_name;   ///< As element, header, parameter; a prefix for header_prefix.
  std::string_view query_name;  ///< In forms and in XML.
  const Shape* shape = nullptr;
  std::size_t offset = 0;
  const FieldOps* field = nullptr;
  Place place = Place::body;
  bool required = false;
  bool flattened = false;
  TimeFormat time_format = TimeFormat::unset;
};

struct Shape {
  static constexpr std::int64_t no_min = std::numeric_limits<std::int64_t>::min();
  static constexpr std::int64_t no_max = std::numeric_limits<std::int64_t>::max();

  std::string_view name;
  Kind kind = Kind::string;
  std::int64_t min = no_min;  ///< Of the value, or of its length.
  std::int64_t max = no_max;
  std::string_view pattern = {};                  ///< Only where the service enforces it.
  std::span<const std::string_view> values = {};  ///< An enum's; empty: any.
  std::span<const Member> members = {};           ///< A structure's.
  const Shape* element = nullptr;                 ///< A list's member or a map's value.
  const Shape* key = nullptr;
  std::string_view element_name = "member";  ///< A list's in XML and query; a map's value.
  std::string_view key_name = "key";
  bool flattened = false;
  const ListOps* list = nullptr;
  const MapOps* map = nullptr;
  bool sensitive = false;  ///< Its values are shown to nobody but who asks for them.
};

enum class Protocol : std::uint8_t { json, rest_json, rest_xml, query, cbor };

/// The words in which a service refuses what breaks a constraint.
enum class Validation : std::uint8_t { coral, hidden, s3, sqs };

/// What older clients of a query-compatible service know an error by.
struct QueryError {
  std::string_view name, code;
};

/// A condition on the query of a REST request; an empty value: any.
struct QueryCondition {
  std::string_view name, value;
};

/// How the model addresses an operation over REST, listed or not.
struct RestRoute {
  std::string_view operation;
  std::string_view method;
  std::string_view path;  ///< "/{Bucket}/{Key+}", without query.
  std::span<const QueryCondition> query = {};
  bool copy_source = false;  ///< Needs the header x-amz-copy-source.
  bool listed = false;
};

struct Service {
  std::string_view name;          ///< Ours: "monitoring".
  std::string_view signing_name;  ///< In the credential scope.
  std::string_view target_prefix;
  std::string_view json_version;
  std::string_view xml_namespace;
  std::string_view iam_prefix;
  std::string_view validation_error;
  Validation validation = Validation::coral;
  bool query_compatible = false;
  std::string_view error_namespace = {};     ///< Before the error's name in JSON's __type.
  std::span<const Protocol> protocols = {};  ///< The preferred one first.
  std::span<const RestRoute> routes = {};    ///< All the model's, for REST protocols.
  std::span<const Operation* const> operations = {};
  std::span<const QueryError> query_errors = {};  ///< Those that aren't called by their name.
};

struct Operation {
  std::string_view name;
  const Service* service = nullptr;
  const Shape* input = nullptr;
  const Shape* output = nullptr;
  std::string_view action;     ///< The IAM action; empty: needs no permission.
  std::string_view root;       ///< The answer's outermost XML element (query: the result's).
  std::string_view path = {};  ///< REST: "/schedules/{Name}".
  int status = 200;
  std::size_t body_max = 0;
  bool streams_in = false;
  bool streams_out = false;
  bool audited = false;  ///< The audit trail is told of it.
};

/// The shape of wire::Empty.
extern const Shape empty_shape;

template <class T>
inline constexpr FieldOps field_ops{
    [](const void* field) -> const void* {
      const auto* optional = static_cast<const std::optional<T>*>(field);
      return optional->has_value() ? &**optional : nullptr;
    },
    [](void* field) -> void* { return &static_cast<std::optional<T>*>(field)->emplace(); }};

template <class E>
inline constexpr ListOps list_ops{
    [](const void* list) { return static_cast<const std::vector<E>*>(list)->size(); },
    [](const void* list, std::size_t index) -> const void* {
      return &(*static_cast<const std::vector<E>*>(list))[index];
    },
    [](void* list) -> void* { return &static_cast<std::vector<E>*>(list)->emplace_back(); }};

template <class E>
inline constexpr MapOps map_ops{
    [](const void* map) { return static_cast<const std::map<std::string, E>*>(map)->size(); },
    [](const void* map, const MapVisitor& visit) {
      for (const auto& [key, value] : *static_cast<const std::map<std::string, E>*>(map)) {
        visit(key, &value);
      }
    },
    [](void* map, std::string key) -> void* {
      return &(*static_cast<std::map<std::string, E>*>(map))[std::move(key)];
    }};

/// The value of `member` in `object`, or nullptr.
[[nodiscard]] inline const void* value_of(const Member& member, const void* object) {
  return member.field->get(static_cast<const char*>(object) + member.offset);
}

/// Sets `member` in `object` to a fresh value and gives it to be filled.
[[nodiscard]] inline void* set_value(const Member& member, void* object) {
  return member.field->emplace(static_cast<char*>(object) + member.offset);
}

template <class T>
[[nodiscard]] const T& as(const void* value) {
  return *static_cast<const T*>(value);
}

template <class T>
[[nodiscard]] T& as(void* value) {
  return *static_cast<T*>(value);
}

}  // namespace tidemill::wire
