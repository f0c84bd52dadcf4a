/// How deliveries and what could be delivered are shown. Pure: JSON in, text out.
#pragma once

#include <string>

#include "base/json.h"
#include "cli/render.h"

namespace tidemill::cli {

/// GET /_tidemill/api/deliveries as a table.
[[nodiscard]] std::string render_deliveries(const json::object& answer, Style style);
/// GET /_tidemill/api/deliveries/ID: the delivery, every try of it and what the target was given.
[[nodiscard]] std::string render_delivery(const json::object& delivery, Style style);
/// POST /_tidemill/api/rehearse: a table of events and what a pattern makes of them.
[[nodiscard]] std::string render_rehearsal(const json::object& answer, Style style);
/// POST /_tidemill/api/backfill: the objects that a rule missed.
[[nodiscard]] std::string render_missed(const json::object& answer, Style style);

/// A batch of files: which, why it closed, or when it will.
[[nodiscard]] std::string render_batch(const json::object& batch, Style style);

}  // namespace tidemill::cli
