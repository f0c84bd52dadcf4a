// ListObjects, in both versions.
#include "s3/api.h"
#include "s3/api_values.h"

namespace tidemill::s3 {
namespace {

w::Object shown(const ListedObject& object, const std::optional<std::string>& encoding) {
  w::Object out;
  out.Key = shown_name(object.key, encoding);
  out.LastModified = whole_seconds(object.modified);
  out.ETag = quoted(object.etag);
  if (!object.checksum_kind.empty()) {
    out.ChecksumAlgorithm = {object.checksum_kind};
    out.ChecksumType = object.composite ? "COMPOSITE" : "FULL_OBJECT";
  }
  out.Size = std::int64_t(object.size);
  out.StorageClass = object.storage_class;
  return out;
}

template <class Output>
void show_prefixes(const std::vector<std::string>& prefixes,
                   const std::optional<std::string>& encoding, Output& out) {
  auto& list = out.CommonPrefixes.emplace();
  for (const auto& prefix : prefixes) list.push_back({shown_name(prefix, encoding)});
}

}  // namespace

void Api::register_listing(wire::Router& router) {
  router.on<w::op::ListObjects>(this, &Api::list_objects, bucket_access<w::ListObjectsRequest>);
  router.on<w::op::ListObjectsV2>(this, &Api::list_objects_v2,
                                  [](const Caller&, const w::ListObjectsV2Request& request) {
                                    auto access = on_bucket(request.Bucket.value_or(""));
                                    access.conditions["s3:prefix"] = request.Prefix.value_or("");
                                    if (request.Delimiter)
                                      access.conditions["s3:delimiter"] = *request.Delimiter;
                                    return access;
                                  });
}

Task<Result<w::ListObjectsOutput>> Api::list_objects(const Caller& caller,
                                                     w::ListObjectsRequest request) {
  TM_CO_CHECK(check_encoding(request.EncodingType));
  TM_CO_TRY(const auto max, page_size(request.MaxKeys, "maxKeys"));
  const ListQuery query{.prefix = request.Prefix.value_or(""),
                        .delimiter = request.Delimiter.value_or(""),
                        .after = request.Marker.value_or(""),
                        .max = std::size_t(max)};
  auto look = [&](store::Tx& tx) -> Result<w::ListObjectsOutput> {
    TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
    TM_TRY(const auto page, Objects::list(tx, bucket, query));
    const auto& encoding = request.EncodingType;
    w::ListObjectsOutput out;
    out.Name = bucket.name;
    out.Prefix = shown_name(query.prefix, encoding);
    out.Marker = shown_name(query.after, encoding);
    out.MaxKeys = request.MaxKeys.value_or(page_max);
    if (!query.delimiter.empty()) out.Delimiter = shown_name(query.delimiter, encoding);
    out.EncodingType = encoding;
    out.IsTruncated = page.truncated;
    if (page.truncated && !query.delimiter.empty()) {
      out.NextMarker = shown_name(page.end.last, encoding);
    }
    auto& contents = out.Contents.emplace();
    for (const auto& object : page.objects) {
      contents.push_back(shown(object, encoding));
      contents.back().Owner = owner_of(bucket);
    }
    show_prefixes(page.prefixes, encoding, out);
    return out;
  };
  co_return co_await core_.store.read(look);
}

Task<Result<w::ListObjectsV2Output>> Api::list_objects_v2(const Caller& caller,
                                                          w::ListObjectsV2Request request) {
  TM_CO_CHECK(check_encoding(request.EncodingType));
  TM_CO_TRY(const auto max, page_size(request.MaxKeys, "max-keys"));
  ListQuery query{.prefix = request.Prefix.value_or(""),
                  .delimiter = request.Delimiter.value_or(""),
                  .after = request.StartAfter.value_or(""),
                  .skip_prefix_of_after = false,
                  .max = std::size_t(max)};
  if (request.ContinuationToken) {
    const auto end = parse_token(*request.ContinuationToken);
    if (!end) {
      co_return invalid_argument("The continuation token provided is incorrect",
                                 "continuation-token", *request.ContinuationToken);
    }
    query.after = end->last;
    query.after_is_prefix = end->is_prefix;
    request.StartAfter.reset();
  }
  auto look = [&](store::Tx& tx) -> Result<w::ListObjectsV2Output> {
    TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
    TM_TRY(const auto page, Objects::list(tx, bucket, query));
    const auto& encoding = request.EncodingType;
    w::ListObjectsV2Output out;
    out.Name = bucket.name;
    out.Prefix = shown_name(query.prefix, encoding);
    if (!query.delimiter.empty()) out.Delimiter = shown_name(query.delimiter, encoding);
    out.MaxKeys = request.MaxKeys.value_or(page_max);
    out.EncodingType = encoding;
    out.KeyCount = std::int32_t(page.objects.size() + page.prefixes.size());
    out.IsTruncated = page.truncated;
    out.ContinuationToken = request.ContinuationToken;
    if (page.truncated) out.NextContinuationToken = make_token(page.end);
    if (request.StartAfter) out.StartAfter = shown_name(*request.StartAfter, encoding);
    auto& contents = out.Contents.emplace();
    for (const auto& object : page.objects) {
      contents.push_back(shown(object, encoding));
      if (request.FetchOwner.value_or(false)) contents.back().Owner = owner_of(bucket);
    }
    show_prefixes(page.prefixes, encoding, out);
    return out;
  };
  co_return co_await core_.store.read(look);
}

}  // namespace tidemill::s3
