#include "wire/cbor_codec.h"

#include <bit>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/encoding.h"
#include "wire/scalar.h"

namespace tidemill::wire {
namespace {

constexpr int depth_max = 64;

enum Major : std::uint8_t { positive, negative, byte_string, text_string, array, map, tag, simple };

/// The first bytes of an item: its type, and its argument (a length, a value, float bits).
struct Head {
  Major major = simple;
  std::uint8_t info = 0;
  std::uint64_t argument = 0;
  [[nodiscard]] bool indefinite() const { return info == 31; }
  [[nodiscard]] bool is_break() const { return major == simple && info == 31; }
  [[nodiscard]] bool is_null() const { return major == simple && (info == 22 || info == 23); }
};

double half_float(std::uint64_t bits) {
  const auto exponent = static_cast<int>(bits >> 10 & 0x1f);
  const auto mantissa = static_cast<double>(bits & 0x3ff);
  double value = 0;
  if (exponent == 0) {
    value = std::ldexp(mantissa, -24);
  } else if (exponent != 31) {
    value = std::ldexp(mantissa + 1024, exponent - 25);
  } else {
    value = mantissa == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  Status read_document(const Shape& shape, void* object) {
    TM_TRY(const auto head, next());
    TM_CHECK(read_members(head, shape, object));
    if (at_ != bytes_.size()) return refuse("more bytes than one item");
    return {};
  }

 private:
  Result<Head> next() {
    if (at_ >= bytes_.size()) return truncated();
    const auto first = static_cast<std::uint8_t>(bytes_[at_++]);
    Head head{.major = static_cast<Major>(first >> 5),
              .info = static_cast<std::uint8_t>(first & 31)};
    if (head.info < 24) {
      head.argument = head.info;
    } else if (head.info < 28) {
      const auto size = std::size_t{1} << (head.info - 24);
      if (bytes_.size() - at_ < size) return truncated();
      for (std::size_t i = 0; i < size; ++i) {
        head.argument = head.argument << 8 | static_cast<std::uint8_t>(bytes_[at_++]);
      }
    } else if (head.info != 31 || head.major < byte_string || head.major == tag) {
      return refuse("not a CBOR item");
    }
    return head;
  }

  /// Runs `item` for each item of an array or each key of a map.
  template <class Item>
  Status each(const Head& head, Item item) {
    if (++depth_ > depth_max) return refuse("nested too deeply");
    for (std::uint64_t i = 0; head.indefinite() || i < head.argument; ++i) {
      TM_TRY(const auto inner, next());
      if (inner.is_break()) {
        if (!head.indefinite()) return refuse("a break where none may be");
        break;
      }
      TM_CHECK(item(inner));
    }
    --depth_;
    return {};
  }

  Result<std::string> read_string(const Head& head, Major wanted) {
    if (head.major != wanted) return refuse("a string was expected");
    std::string text;
    if (!head.indefinite()) {
      if (head.argument > bytes_.size() - at_) return truncated();
      text = bytes_.substr(at_, head.argument);
      at_ += head.argument;
    } else {
      for (;;) {
        TM_TRY(const auto piece, next());
        if (piece.is_break()) break;
        if (piece.indefinite()) return refuse("nested strings");
        TM_TRY(const auto part, read_string(piece, wanted));
        text += part;
      }
    }
    if (wanted == text_string && !is_utf8(text)) {
      return refuse("text that is not UTF-8");
    }
    return text;
  }

  Status skip(const Head& head) {
    switch (head.major) {
      case positive:
      case negative: return {};
      case byte_string:
      case text_string: {
        TM_TRY(const auto ignored, read_string(head, head.major));
        return {};
      }
      case array: return each(head, [this](const Head& item) { return skip(item); });
      case map: return each(head, [this](const Head& key) { return skip_pair(key); });
      case tag: return skip_tagged();
      case simple: return head.is_break() ? Status(refuse("a break where none may be")) : Status();
    }
    return {};
  }

  Status skip_pair(const Head& key) {
    TM_CHECK(skip(key));
    TM_TRY(const auto value, next());
    return skip(value);
  }

  Status skip_tagged() {
    if (++depth_ > depth_max) return refuse("nested too deeply");
    TM_TRY(const auto inner, next());
    TM_CHECK(skip(inner));
    --depth_;
    return {};
  }

  Status read_members(const Head& head, const Shape& shape, void* object) {
    if (head.major != map) return refuse("a map was expected");
    return each(head, [&](const Head& key) -> Status {
      TM_TRY(const auto name, read_string(key, text_string));
      TM_TRY(const auto value, next());
      for (const auto& member : shape.members) {
        if (member.name != name) continue;
        return value.is_null() ? Status() : read(value, *member.shape, set_value(member, object));
      }
      return skip(value);
    });
  }

  Status read_list(const Head& head, const Shape& shape, void* list) {
    if (head.major != array) return refuse("a list was expected");
    return each(
        head, [&](const Head& item) { return read(item, *shape.element, shape.list->add(list)); });
  }

  Status read_map(const Head& head, const Shape& shape, void* value) {
    if (head.major != map) return refuse("a map was expected");
    return each(head, [&](const Head& key) -> Status {
      TM_TRY(auto name, read_string(key, text_string));
      TM_TRY(const auto item, next());
      if (item.is_null()) return {};
      return read(item, *shape.element, shape.map->add(value, std::move(name)));
    });
  }

  template <class Integer>
  Status read_integer(const Head& head, void* value) {
    if (head.major != positive && head.major != negative) return refuse("a number was expected");
    constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<Integer>::max());
    if (head.argument > max) return refuse("a number is out of range");
    const auto number = static_cast<Integer>(head.argument);
    as<Integer>(value) = head.major == positive ? number : static_cast<Integer>(-1 - number);
    return {};
  }

  Result<double> read_number(const Head& head) {
    const auto whole = static_cast<double>(head.argument);
    if (head.major == positive) return whole;
    if (head.major == negative) return -1.0 - whole;
    if (head.major == simple && head.info == 25) return half_float(head.argument);
    if (head.major == simple && head.info == 26) {
      return std::bit_cast<float>(static_cast<std::uint32_t>(head.argument));
    }
    if (head.major == simple && head.info == 27) return std::bit_cast<double>(head.argument);
    return refuse("a number was expected");
  }

  Status read_time(Head head, void* value) {
    if (head.major == tag) {
      if (head.argument != 1) return refuse("a timestamp (tag 1) was expected");
      TM_TRY(head, next());
    }
    TM_TRY(const auto seconds, read_number(head));
    const auto time = time_of_seconds(seconds);
    if (!time) return refuse("a timestamp is out of range");
    as<TimeMs>(value) = *time;
    return {};
  }

  Status read(const Head& head, const Shape& shape, void* value) {
    switch (shape.kind) {
      case Kind::structure: return read_members(head, shape, value);
      case Kind::list: return read_list(head, shape, value);
      case Kind::map: return read_map(head, shape, value);
      case Kind::integer: return read_integer<std::int32_t>(head, value);
      case Kind::long_integer: return read_integer<std::int64_t>(head, value);
      case Kind::timestamp: return read_time(head, value);
      case Kind::string:
      case Kind::blob: {
        TM_TRY(as<std::string>(value),
               read_string(head, shape.kind == Kind::string ? text_string : byte_string));
        return {};
      }
      case Kind::real: {
        TM_TRY(as<double>(value), read_number(head));
        return {};
      }
      case Kind::boolean:
        if (head.major != simple || (head.info != 20 && head.info != 21)) {
          return refuse("a boolean was expected");
        }
        as<bool>(value) = head.info == 21;
        return {};
    }
    return {};
  }

  static std::unexpected<Error> refuse(std::string_view what) {
    return fail(Errc::invalid_argument, "SerializationException",
                fmt::format("The request's CBOR can't be read: {}", what));
  }
  static std::unexpected<Error> truncated() { return refuse("it ends early"); }

  std::string_view bytes_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Status decode_cbor(std::string_view bytes, const Shape& shape, void* object) {
  if (bytes.empty()) return {};
  return Reader(bytes).read_document(shape, object);
}

}  // namespace tidemill::wire
