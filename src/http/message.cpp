#include "http/message.h"

#include "base/encoding.h"

namespace tidemill::http {

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  add(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [name](const Field& field) { return iequals(field.first, name); });
}

std::optional<std::string_view> Headers::find(std::string_view name) const noexcept {
  for (const auto& [key, value] : fields_) {
    if (key.size() == name.size() && iequals(key, name)) return value;
  }
  return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(
      fields_, [name](const Field& field) { return iequals(field.first, name); }));
}

Task<Result<std::string>> read_all(Body& body, std::size_t bytes_max) {
  std::string whole;
  const std::uint64_t announced = body.size().value_or(0);
  const std::string too_large = fmt::format("the body is larger than {} bytes", bytes_max);
  if (announced > bytes_max) co_return fail(Errc::too_large, too_large);
  whole.reserve(announced);
  while (true) {
    TM_CO_TRY(const std::string_view piece, co_await body.read());
    if (piece.empty()) co_return whole;
    if (piece.size() > bytes_max - whole.size()) co_return fail(Errc::too_large, too_large);
    whole.append(piece);
  }
}

Task<Result<std::string_view>> TextBody::read() {
  if (given_) co_return std::string_view();
  given_ = true;
  co_return text_;
}

}  // namespace tidemill::http
