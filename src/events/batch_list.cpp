#include "events/batch_list.h"

#include <array>
#include <unordered_set>

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/json.h"
#include "events/batch_plan.h"

namespace tidemill::events {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view uri)
      : bucket_(uri.substr(0, uri.find('/', 5) + 1)), folder_(uri.substr(0, uri.rfind('/') + 1)) {}

  Status add(std::string_view name) {
    if (name.empty()) return {};
    auto file = name.starts_with("s3://") ? std::string(name)
                : name.contains('/')      ? fmt::format("{}{}", bucket_, name)
                                          : fmt::format("{}{}", folder_, name);
    if (!known_.insert(file).second) return {};
    files_.push_back(std::move(file));
    if (files_.size() <= std::size_t(batch_members_max)) return {};
    return fail(Errc::too_large, fmt::format("it lists more than {} files", batch_members_max));
  }

  Status add(const json::value& item) {
    if (const auto* name = item.if_string()) return add(json::view(*name));
    const auto* object = item.if_object();
    if (object == nullptr) return unreadable(json::dump(item));
    if (const auto url = json::text_or_empty(*object, "url"); !url.empty()) return add(url);
    const auto key = json::text_or_empty(*object, "key");
    if (key.empty()) return unreadable(json::dump(item));
    const auto bucket = json::text_or_empty(*object, "bucket");
    return add(bucket.empty() ? fmt::format("{}{}", bucket_, key)
                              : fmt::format("s3://{}/{}", bucket, key));
  }

  Status add_all(const json::array& items) {
    for (const auto& item : items) TM_CHECK(add(item));
    return {};
  }

  std::vector<std::string> files() && { return std::move(files_); }

 private:
  static Status unreadable(std::string item) {
    if (item.size() > 80) item = item.substr(0, 80) + "…";
    return fail(Errc::invalid_argument,
                fmt::format("{} is neither a key nor an object with \"url\" or \"key\"", item));
  }

  std::string bucket_, folder_;
  std::vector<std::string> files_;
  std::unordered_set<std::string> known_;
};

/// The list that a JSON document is or has; nullptr if it has none.
const json::array* list_in(const json::value& document) {
  if (const auto* list = document.if_array()) return list;
  const auto* object = document.if_object();
  if (object == nullptr) return nullptr;
  for (const char* name : {"files", "keys", "entries"}) {
    const auto* member = object->if_contains(name);
    if (member != nullptr && member->is_array()) return &member->get_array();
  }
  return nullptr;
}

}  // namespace

Result<std::vector<std::string>> read_batch_list(std::string_view text, std::string_view uri) {
  Reader reader(uri);
  if (const auto document = json::parse(text)) {
    if (const auto* list = list_in(*document)) {
      TM_CHECK(reader.add_all(*list));
      return std::move(reader).files();
    }
  }
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto name = trim(line.substr(0, line.find('\r')));
    if (!name.starts_with('{')) {
      TM_CHECK(reader.add(name));
      continue;
    }
    TM_TRY(const auto item, json::parse(name));
    TM_CHECK(reader.add(item));
  }
  return std::move(reader).files();
}

}  // namespace tidemill::events
