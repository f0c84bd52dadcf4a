/// One setting of all buckets, parsed: see store/parsed.h. By the buckets' names.
#pragma once

#include "store/parsed.h"

namespace tidemill::s3 {

template <class T>
class ParsedSetting : public store::Parsed<T> {
 public:
  using Parse = Result<T> (*)(std::string_view text);

  /// `name` is the setting's in bucket_settings.
  ParsedSetting(std::string_view name, Parse parse)
      : store::Parsed<T>([parse](std::string_view, std::string_view text) { return parse(text); }),
        name_(name) {}

  [[nodiscard]] std::string_view name() const noexcept { return name_; }

  /// Reads it of all buckets, at start.
  [[nodiscard]] Status load(store::Tx& tx) {
    return store::Parsed<T>::load(
        tx,
        "SELECT b.name, s.value FROM bucket_settings s JOIN buckets b ON b.id = s.bucket"
        " WHERE s.name = $1",
        name_);
  }

 private:
  const std::string_view name_;
};

}  // namespace tidemill::s3
