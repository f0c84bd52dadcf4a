#include "s3/api_values.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"

namespace tidemill::s3 {
namespace {

constexpr std::size_t tag_key_max = 128, tag_value_max = 256;
constexpr std::size_t metadata_bytes_max = 2048;

/// A stream of this folder as a body of HTTP's.
class SourceBody final : public http::Body {
 public:
  explicit SourceBody(std::unique_ptr<Source> source) : source_(std::move(source)) {}
  Task<Result<std::string_view>> read() override { return source_->read(); }
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override {
    return source_->size();
  }

 private:
  std::unique_ptr<Source> source_;
};

std::unexpected<Error> bad_tagging_header(const std::string& header) {
  return invalid_argument(
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
      "without tag name duplicates.",
      "x-amz-tagging", header);
}

std::unexpected<Error> invalid_tag(std::string message, std::string name, std::string value) {
  return std::unexpected(Error{.code = Errc::invalid_argument,
                               .message = std::move(message),
                               .name = "InvalidTag",
                               .details = {{std::move(name), std::move(value)}}});
}

}  // namespace

std::optional<std::string> BodySource::trailer(std::string_view name) const {
  const auto* trailers = body_.trailers();
  if (trailers == nullptr) return std::nullopt;
  const auto found = trailers->find(name);
  return found ? std::optional(std::string(*found)) : std::nullopt;
}

void give_payload(Payload payload, std::string& text, std::unique_ptr<http::Body>& stream,
                  std::optional<http::FileRange>& file) {
  text = std::move(payload.text);
  if (payload.stream) stream = std::make_unique<SourceBody>(std::move(payload.stream));
  if (payload.file) {
    const int fd = payload.file->fd->get();
    file = http::FileRange{.fd = fd,
                           .offset = payload.file->offset,
                           .length = payload.file->length,
                           .owner = std::move(payload.file->fd)};
  }
}

w::Owner owner_of(const Bucket& bucket) {
  w::Owner owner;
  owner.ID = canonical_id(bucket.scope.account);
  return owner;
}

Result<CopySource> parse_copy_source(const std::string& header) {
  const auto query = header.find('?');
  auto decoded = percent_decode(std::string_view(header).substr(0, query), false);
  const auto refuse = [](std::string message) {
    return invalid_argument(std::move(message), "x-amz-copy-source", "x-amz-copy-source");
  };
  if (!decoded) return refuse("Invalid copy source encoding.");
  if (decoded->starts_with('/')) decoded->erase(0, 1);
  const auto slash = decoded->find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == decoded->size()) {
    return refuse("Invalid copy source object key");
  }
  CopySource source{decoded->substr(0, slash), decoded->substr(slash + 1), {}};
  if (query == std::string::npos) return source;
  constexpr std::string_view name = "versionId=";
  const auto rest = std::string_view(header).substr(query + 1);
  if (!rest.starts_with(name)) return refuse("Unsupported copy source parameter.");
  source.version = rest.substr(name.size());
  return source;
}

Result<Texts> parse_tagging_header(const std::string& header) {
  std::vector<w::Tag> tags;
  std::string_view rest = header;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    const auto key = percent_decode(pair.substr(0, equals), true);
    const auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!key || !value || key->empty()) return bad_tagging_header(header);
    const bool twice = std::ranges::any_of(tags, [&](const w::Tag& t) { return t.Key == *key; });
    if (twice) return bad_tagging_header(header);
    tags.push_back({*key, *value});
  }
  return tags_of(tags, 10);
}

Result<Texts> tags_of(const std::vector<w::Tag>& tags, std::size_t count_max) {
  if (tags.size() > count_max) {
    return fail(Errc::invalid_argument, "BadRequest",
                fmt::format("{} tags cannot be greater than {}",
                            count_max == 10 ? "Object" : "Bucket tag count", count_max));
  }
  Texts texts;
  for (const auto& tag : tags) {
    const auto key = tag.Key.value_or(""), value = tag.Value.value_or("");
    if (key.empty() || key.size() > tag_key_max * 4) {
      return invalid_tag("The TagKey you have provided is invalid", "TagKey", key);
    }
    if (key.starts_with("aws:")) {
      return invalid_tag(count_max == 10 ? "Your TagKey cannot be prefixed with aws:"
                                         : "System tags cannot be added/updated by requester",
                         "TagKey", key);
    }
    if (value.size() > tag_value_max * 4) {
      return invalid_tag("The TagValue you have provided is invalid", "TagValue", value);
    }
    if (!texts.emplace(key, value).second) {
      return invalid_tag("Cannot provide multiple Tags with the same key", "TagKey", key);
    }
  }
  return texts;
}

std::vector<w::Tag> tag_set(const Texts& tags) {
  std::vector<w::Tag> set;
  for (const auto& [key, value] : tags) set.push_back({key, value});
  return set;
}

Status check_storage_class(const std::optional<std::string>& name) {
  static constexpr std::array<std::string_view, 6> known = {
      "STANDARD",   "REDUCED_REDUNDANCY",  "STANDARD_IA",
      "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"};
  if (!name || std::ranges::find(known, *name) != known.end()) return {};
  return std::unexpected(
      Error{.code = Errc::invalid_argument,
            .message = "The storage class you specified is not valid",
            .name = "InvalidStorageClass",
            .details = {{"StorageClassRequested", *name}},
            .hint = "classes that must be restored before they can be read aren't kept here"});
}

Status check_metadata(const Texts& metadata) {
  std::size_t size = 0;
  for (const auto& [name, value] : metadata) size += name.size() + value.size();
  if (size <= metadata_bytes_max) return {};
  return std::unexpected(
      Error{.code = Errc::invalid_argument,
            .message = "Your metadata headers exceed the maximum allowed metadata size",
            .name = "MetadataTooLarge",
            .details = {{"Size", std::to_string(size)},
                        {"MaxSizeAllowed", std::to_string(metadata_bytes_max)}}});
}

Status check_length(const std::optional<std::int64_t>& content_length, const http::Body& body) {
  if (content_length || body.size() != std::uint64_t{0}) return {};
  return std::unexpected(Error{.code = Errc::invalid_argument,
                               .message = "You must provide the Content-Length HTTP header.",
                               .name = "MissingContentLength",
                               .status = 411});
}

Result<std::int32_t> page_size(const std::optional<std::int32_t>& asked, std::string_view name) {
  if (asked && *asked < 0) {
    return invalid_argument(
        fmt::format("Argument {} must be an integer between 0 and 2147483647", name),
        std::string(name), std::to_string(*asked));
  }
  return std::min(asked.value_or(page_max), page_max);
}

Status check_encoding(const std::optional<std::string>& encoding) {
  if (!encoding || *encoding == "url") return {};
  return invalid_argument("Invalid Encoding Method specified in Request", "encoding-type",
                          *encoding);
}

std::string shown_name(std::string_view name, const std::optional<std::string>& encoding) {
  return encoding ? percent_encode(name, true) : std::string(name);
}

}  // namespace tidemill::s3
