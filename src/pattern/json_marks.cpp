#include "pattern/json_marks.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>

namespace tidemill::pattern {

struct JsonMarks::Parser {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stages;
  std::size_t capacity = 0;

  bool fit(std::size_t bytes) {
    if (bytes <= capacity) return true;
    capacity = std::max<std::size_t>(std::bit_ceil(bytes), 4096);
    const auto& simd = simdjson::get_active_implementation();
    return simd->create_dom_parser_implementation(capacity, 1, stages) == simdjson::SUCCESS;
  }
};

JsonMarks::JsonMarks() : parser_(std::make_unique<Parser>()) {}
JsonMarks::~JsonMarks() = default;

std::span<const std::uint32_t> JsonMarks::read(std::string_view json) {
  if (!parser_->fit(json.size())) return {};
  auto& stages = *parser_->stages;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(json.data());
  if (stages.stage1(bytes, json.size(), simdjson::stage1_mode::regular) != simdjson::SUCCESS) {
    return {};
  }
  return {stages.structural_indexes.get(), stages.n_structural_indexes};
}

void JsonMarks::shrink() { *parser_ = {}; }

}  // namespace tidemill::pattern
