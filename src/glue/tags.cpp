#include "glue/tags.h"

namespace tidemill::glue {

Result<Tags> tags_of(store::Tx& tx, std::string_view arn) {
  return tx.texts("SELECT key, value FROM glue_tags WHERE arn = $1", arn);
}

Status save_tags(store::Tx& tx, std::string_view arn, const std::optional<Tags>& tags) {
  if (!tags) return {};
  for (const auto& [key, value] : *tags) {
    TM_CHECK(
        tx.exec("INSERT INTO glue_tags (arn, key, value) VALUES ($1, $2, $3)"
                " ON CONFLICT (arn, key) DO UPDATE SET value = $3",
                arn, key, value));
  }
  return {};
}

Status remove_tags(store::Tx& tx, std::string_view arn) {
  TM_CHECK(tx.exec("DELETE FROM glue_tags WHERE arn = $1", arn));
  return {};
}

}  // namespace tidemill::glue
