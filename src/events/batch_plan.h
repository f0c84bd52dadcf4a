/// Many files, one run: what the tag `tidemill:batch` of a rule says of when files that the rule
/// matched start its jobs together. Pure. AWS has no such thing on a rule; its tags are used since
/// every client and Terraform can set them (docs/guides/rules.md, "Many files, one run").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tidemill::events {

inline constexpr std::string_view batch_tag = "tidemill:batch";
/// Deliveries that one batch may hold: at so many it closes early.
inline constexpr int batch_members_max = 10'000;
/// Open batches that a target of a rule may have: one more closes the oldest early.
inline constexpr int batches_open_max = 1'000;

/// "count=100 window=30s quiet=500ms group=dt= marker=_SUCCESS manifest=.manifest": whatever of it
/// comes first closes a batch.
struct BatchPlan {
  std::optional<int> count;               ///< As many files.
  std::optional<std::int64_t> window_ms;  ///< Since the first file.
  std::optional<std::int64_t> quiet_ms;   ///< Since the last file.
  std::string marker, manifest;           ///< Names of files, or endings with their dot; or empty.
  std::optional<int> depth;               ///< group=2: by so many leading folders of the key.
  bool by_folder = false;                 ///< group=folder: by all of them.
  std::vector<std::string> parts;         ///< group=dt=/hour=: by the folders that begin so.
  std::string text;                       ///< As it was given.

  /// Closes by itself, whatever comes.
  [[nodiscard]] bool has_time_limit() const noexcept { return window_ms || quiet_ms; }
};

/// Fails with a ValidationException that names the option, its column and what to write.
[[nodiscard]] Result<BatchPlan> parse_batch_plan(std::string_view text);

/// Which of a rule's batches a key belongs to: the part of it that the plan groups by; "" without.
[[nodiscard]] std::string group_of(const BatchPlan& plan, std::string_view key);

/// What a key is to a batch. Markers and manifests are no files: they say that the files are there.
enum class BatchRole : std::uint8_t { file, marker, manifest };
[[nodiscard]] BatchRole role_of(const BatchPlan& plan, std::string_view key);

/// Whether `name` (of a marker or a manifest) names the key: its last part, or, where `name`
/// begins with a dot, its ending.
[[nodiscard]] bool is_named(std::string_view name, std::string_view key);

}  // namespace tidemill::events
