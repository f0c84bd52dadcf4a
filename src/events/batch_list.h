/// What a manifest lists: the files that a batch waits for. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tidemill::events {

/// Larger manifests are not read.
inline constexpr std::size_t batch_list_bytes_max = 4 << 20;

/// The addresses (s3://bucket/key) in the text of the manifest at `uri`, each once, in order. Takes
/// one of them a line, or JSON: a list, {"files"|"keys"|"entries": [...]} (Redshift's form), or an
/// object a line; their items are texts, or objects with "url", or "key" and perhaps "bucket". A
/// text without s3:// is a key of the manifest's bucket, and without a slash a file beside it.
/// Fails with invalid_argument, saying which line or item it can't read, and with too_large beyond
/// `batch_members_max` files.
[[nodiscard]] Result<std::vector<std::string>> read_batch_list(std::string_view text,
                                                               std::string_view uri);

}  // namespace tidemill::events
