#include "wire/query_codec.h"

#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/encoding.h"
#include "wire/scalar.h"
#include "wire/xml_codec.h"

namespace tidemill::wire {
namespace {

constexpr int depth_max = 64;

using Form = std::map<std::string, const std::string*, std::less<>>;

class Reader {
 public:
  explicit Reader(const Parameters& form) {
    for (const auto& [name, value] : form) form_.emplace(name, &value);
  }

  Status read_members(const std::string& prefix, const Shape& shape, void* object) {
    for (const auto& member : shape.members) {
      auto name = prefix + std::string(member.query_name);
      // A flattened list goes by its element's name, or by its own.
      if (!has(name)) name = prefix + std::string(member.name);
      if (!has(name)) continue;
      TM_CHECK(read(name, member, set_value(member, object)));
    }
    return {};
  }

 private:
  /// Whether there is `name` itself or anything below it.
  [[nodiscard]] bool has(const std::string& name) const {
    const auto at = form_.lower_bound(name);
    if (at != form_.end() && at->first == name) return true;
    const auto below = form_.lower_bound(name + '.');
    return below != form_.end() && below->first.starts_with(name + '.');
  }

  /// The numbers n for which "prefix.n" or something below it exists, in order.
  [[nodiscard]] std::set<std::uint32_t> indices(const std::string& prefix) const {
    std::set<std::uint32_t> found;
    const auto start = prefix + '.';
    for (auto at = form_.lower_bound(start); at != form_.end() && at->first.starts_with(start);
         ++at) {
      const std::string_view rest = std::string_view(at->first).substr(start.size());
      const auto digits = rest.substr(0, rest.find('.'));
      std::uint32_t number = 0;
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), number);
      if (error == std::errc() && end == digits.data() + digits.size()) found.insert(number);
    }
    return found;
  }

  Status read(const std::string& name, const Member& member, void* value) {
    return read_value(name, *member.shape, member.flattened, value);
  }

  Status read_value(const std::string& name, const Shape& shape, bool flattened, void* value) {
    if (++depth_ > depth_max) return refuse("The request is nested too deeply");
    Status done;
    switch (shape.kind) {
      case Kind::structure: done = read_members(name + '.', shape, value); break;
      case Kind::list: done = read_list(name, shape, flattened, value); break;
      case Kind::map: done = read_map(name, shape, flattened, value); break;
      default: done = read_text(name, shape, value);
    }
    --depth_;
    return done;
  }

  Status read_list(const std::string& name, const Shape& shape, bool flattened, void* list) {
    const bool flat = flattened || shape.flattened;
    const auto base = flat ? name : name + '.' + std::string(shape.element_name);
    for (const auto index : indices(base)) {
      TM_CHECK(read_value(fmt::format("{}.{}", base, index), *shape.element, false,
                          shape.list->add(list)));
    }
    return {};
  }

  Status read_map(const std::string& name, const Shape& shape, bool flattened, void* map) {
    const auto base = flattened || shape.flattened ? name : name + ".entry";
    for (const auto index : indices(base)) {
      const auto entry = fmt::format("{}.{}.", base, index);
      const auto key = form_.find(entry + std::string(shape.key_name));
      if (key == form_.end()) return refuse(fmt::format("{} has no key", entry));
      TM_CHECK(read_value(entry + std::string(shape.element_name), *shape.element, false,
                          shape.map->add(map, *key->second)));
    }
    return {};
  }

  Status read_text(const std::string& name, const Shape& shape, void* value) {
    const auto found = form_.find(name);
    const std::string_view text = found != form_.end() ? *found->second : std::string_view();
    if (!is_utf8(text)) return refuse(fmt::format("{} is not UTF-8", name));
    if (!read_scalar(shape, text, value)) {
      return refuse(fmt::format("Invalid value for {}: {}", name, text));
    }
    return {};
  }

  static Status refuse(std::string message) {
    return fail(Errc::invalid_argument, "MalformedInput", std::move(message));
  }

  Form form_;
  int depth_ = 0;
};

}  // namespace

Status decode_query(const Parameters& form, const Shape& shape, void* object) {
  return Reader(form).read_members("", shape, object);
}

std::string encode_query(const Operation& operation, const void* object,
                         std::string_view request_id) {
  std::string out =
      fmt::format("<{}Response xmlns=\"{}\">", operation.name, operation.service->xml_namespace);
  if (operation.output != &empty_shape) {
    out += fmt::format("<{}>", operation.root);
    encode_xml_members(*operation.output, object, out);
    out += fmt::format("</{}>", operation.root);
  }
  out += fmt::format("<ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{}Response>",
                     request_id, operation.name);
  return out;
}

}  // namespace tidemill::wire
