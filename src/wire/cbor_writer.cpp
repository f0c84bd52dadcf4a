#include <bit>

#include "wire/cbor_codec.h"

namespace tidemill::wire {
namespace {

void write(const Shape& shape, const void* value, CborWriter& out);

void write_members(const Shape& shape, const void* object, CborWriter& out) {
  std::uint64_t set = 0;
  for (const auto& member : shape.members) set += value_of(member, object) != nullptr ? 1 : 0;
  out.map(set);
  for (const auto& member : shape.members) {
    const auto* value = value_of(member, object);
    if (value == nullptr) continue;
    out.text(member.name);
    write(*member.shape, value, out);
  }
}

void write_list(const Shape& shape, const void* list, CborWriter& out) {
  const auto size = shape.list->size(list);
  out.array(size);
  for (std::size_t i = 0; i < size; ++i) write(*shape.element, shape.list->at(list, i), out);
}

void write_map(const Shape& shape, const void* map, CborWriter& out) {
  out.map(shape.map->size(map));
  shape.map->each(map, [&](const std::string& key, const void* value) {
    out.text(key);
    write(*shape.element, value, out);
  });
}

void write(const Shape& shape, const void* value, CborWriter& out) {
  switch (shape.kind) {
    case Kind::structure: return write_members(shape, value, out);
    case Kind::list: return write_list(shape, value, out);
    case Kind::map: return write_map(shape, value, out);
    case Kind::string: return out.text(as<std::string>(value));
    case Kind::blob: return out.bytes(as<std::string>(value));
    case Kind::boolean: return out.boolean(as<bool>(value));
    case Kind::integer: return out.integer(as<std::int32_t>(value));
    case Kind::long_integer: return out.integer(as<std::int64_t>(value));
    case Kind::real: return out.real(as<double>(value));
    case Kind::timestamp: return out.time(as<TimeMs>(value));
  }
}

}  // namespace

void CborWriter::fixed(std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out_ += static_cast<char>((value >> shift) & 0xff);
  }
}

void CborWriter::head(int major, std::uint64_t argument) {
  const auto put = [&](int info) { out_ += static_cast<char>(major << 5 | info); };
  if (argument < 24) {
    put(static_cast<int>(argument));
  } else if (argument <= 0xff) {
    put(24);
    fixed(argument, 1);
  } else if (argument <= 0xffff) {
    put(25);
    fixed(argument, 2);
  } else if (argument <= 0xffffffff) {
    put(26);
    fixed(argument, 4);
  } else {
    put(27);
    fixed(argument, 8);
  }
}

void CborWriter::text(std::string_view text) {
  head(3, text.size());
  out_ += text;
}

void CborWriter::bytes(std::string_view bytes) {
  head(2, bytes.size());
  out_ += bytes;
}

void CborWriter::integer(std::int64_t value) {
  if (value >= 0) {
    head(0, static_cast<std::uint64_t>(value));
  } else {
    head(1, static_cast<std::uint64_t>(-(value + 1)));
  }
}

void CborWriter::real(double value) {
  out_ += '\xfb';
  fixed(std::bit_cast<std::uint64_t>(value), 8);
}

void CborWriter::boolean(bool value) { out_ += value ? '\xf5' : '\xf4'; }

void CborWriter::time(TimeMs value) {
  head(6, 1);
  if (value.ms % 1000 == 0) {
    integer(value.ms / 1000);
  } else {
    real(static_cast<double>(value.ms) / 1000);
  }
}

std::string encode_cbor(const Shape& shape, const void* object) {
  std::string out;
  CborWriter writer(out);
  write_members(shape, object, writer);
  return out;
}

}  // namespace tidemill::wire
