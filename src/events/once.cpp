#include "events/once.h"

#include <fmt/format.h>

#include "base/json.h"

namespace tidemill::events {
namespace {

/// What makes two uploads the same file; "" for an event that is of no upload.
std::string file_of(Once once, const Event& event) {
  if (event.source != "aws.s3" || event.detail_type != "Object Created") return {};
  const auto envelope = json::parse_object(event.envelope());
  if (!envelope) return {};
  const auto* detail = envelope->if_contains("detail");
  const auto* object = detail == nullptr || !detail->is_object()
                           ? nullptr
                           : detail->get_object().if_contains("object");
  if (object == nullptr || !object->is_object()) return {};
  const auto text = [&](std::string_view name) {
    return json::text_or_empty(object->get_object(), name);
  };
  if (once == Once::content) return fmt::format("{}#{}", event.subject, text("etag"));
  const auto version = text("version-id");
  return fmt::format("{}#{}", event.subject, version.empty() ? text("sequencer") : version);
}

}  // namespace

Result<Once> parse_once(std::string_view text) {
  if (text == "every") return Once::every;
  if (text == "version") return Once::version;
  if (text == "content") return Once::content;
  return fail(
      Errc::invalid_argument, "ValidationException",
      fmt::format("The tag {} must be every, version or content, not \"{}\".", once_tag, text));
}

Result<Once> once_of(store::Tx& tx, std::string_view rule_arn) {
  TM_TRY(const auto value,
         tx.one(
             "SELECT value FROM event_tags WHERE arn = $1 AND key = $2",
             [](const store::Row& row) { return row.text(0); }, rule_arn, once_tag));
  return value ? parse_once(*value) : Once::every;
}

Result<std::optional<Earlier>> note_file(store::Tx& tx, std::string_view rule_arn, Once once,
                                         const Event& event, std::int64_t delivery) {
  const auto file = file_of(once, event);
  if (once == Once::every || file.empty()) return std::nullopt;
  TM_TRY(const auto known,
         tx.one(
             "SELECT f.delivery, coalesce(d.state, ''), coalesce(d.result, '') FROM rule_files f"
             " LEFT JOIN deliveries d ON d.id = f.delivery WHERE f.rule_arn = $1 AND f.file = $2",
             [](const store::Row& row) {
               return std::pair(Earlier{row.integer(0), row.text(2)}, row.text(1));
             },
             rule_arn, file));
  if (known && known->second != "failed") return known->first;
  TM_CHECK(
      tx.exec("INSERT INTO rule_files (rule_arn, file, delivery) VALUES ($1, $2, $3)"
              " ON CONFLICT (rule_arn, file) DO UPDATE SET delivery = $3",
              rule_arn, file, delivery));
  return std::nullopt;
}

}  // namespace tidemill::events
