/// One object's row: what is known of a key besides its bytes. Functions over an open transaction.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "s3/checksum.h"
#include "store/store.h"

namespace tidemill::s3 {

using Texts = std::map<std::string, std::string>;

/// What the client says of the content, and gets back with it.
struct ObjectMeta {
  std::optional<std::string> content_type;
  Texts headers;   ///< By header name, lower case: "cache-control", "x-amz-storage-class", …
  Texts metadata;  ///< x-amz-meta-…, without that prefix.
  Texts tags;
};

struct Object {
  std::string key;
  std::int64_t body = 0;
  std::uint64_t size = 0;
  std::string etag;  ///< Without quotes.
  TimeMs modified;
  std::int64_t sequencer = 0;
  Checksum checksum;
  ObjectMeta meta;
  std::string version;  ///< Empty: the one that clients call "null".

  /// "STANDARD" unless another was named.
  [[nodiscard]] std::string storage_class() const;
};

/// As a listing tells of it.
struct ListedObject {
  std::string key;
  std::uint64_t size = 0;
  std::string etag;
  TimeMs modified;
  std::string checksum_kind;
  bool composite = false;
  std::string storage_class;
  std::string version;
};

/// The columns body, size, etag, modified_ms, sequencer, checksum_kind, checksum, composite,
/// content_type, headers, metadata, tags, version.
struct ObjectRow {
  Object object;
  std::string checksum_kind;
  std::optional<std::string> headers, metadata, tags;

  [[nodiscard]] Result<Object> unpacked(std::string_view key) &&;
};
[[nodiscard]] ObjectRow read_object_row(const store::Row& row);

[[nodiscard]] Result<std::optional<Object>> find_object(store::Tx& tx, std::int64_t bucket,
                                                        std::string_view key);
/// Inserts or replaces the row; the bodies are the caller's matter.
[[nodiscard]] Status save_object(store::Tx& tx, std::int64_t bucket, const Object& object);
[[nodiscard]] Status drop_object(store::Tx& tx, std::int64_t bucket, std::string_view key);
/// The next number of the store's sequence.
[[nodiscard]] Result<std::int64_t> next_sequencer(store::Tx& tx);
[[nodiscard]] Result<std::int64_t> last_sequencer(store::Tx& tx);

/// A JSON object of texts; nullopt for none (a NULL in its column).
[[nodiscard]] std::optional<std::string> texts_to_json(const Texts& texts);
[[nodiscard]] Result<Texts> texts_from_json(std::string_view json);

/// Where a part of a multipart object lies.
struct ObjectPart {
  std::int64_t number = 0;
  std::uint64_t start = 0, size = 0;
  std::string checksum;  ///< base64, of the object's kind.
};
/// Empty unless it was uploaded in parts.
[[nodiscard]] Result<std::vector<ObjectPart>> parts_of(store::Tx& tx, const Object& object);

}  // namespace tidemill::s3
