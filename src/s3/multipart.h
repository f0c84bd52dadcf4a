/// Multipart uploads: parts come in any order, and become an object in one transaction that copies
/// no bytes. Owned by the server; called on event loops.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "s3/objects.h"

namespace tidemill::s3 {

constexpr std::int64_t part_number_max = 10'000;
constexpr std::uint64_t part_bytes_min = 5 << 20;

struct Upload {
  std::int64_t id = 0;
  std::string upload_id;
  std::string key;
  TimeMs initiated;
  std::string initiator;
  std::int64_t sequencer = 0;
  UploadChecksum checksum;
  ObjectMeta meta;
};

struct UploadPart {
  std::int64_t number = 0;
  std::int64_t body = 0;
  std::uint64_t size = 0;
  std::string etag;      ///< Hex, without quotes.
  std::string checksum;  ///< base64, of the upload's kind; of CRC64NVME if it has none.
  TimeMs modified;
};

/// Names an upload.
struct UploadRequest {
  BucketRequest where;
  std::string key;
  std::string upload_id;
};

struct PutPartRequest {
  UploadRequest upload;
  std::int64_t number = 0;
  ChecksumClaim claim;
};

struct CopyPartRequest {
  UploadRequest upload;
  std::int64_t number = 0;
  BucketRequest source;
  std::string source_key;
  std::optional<std::string> source_version;
  ReadConditions source_conditions;
  std::optional<std::string> range;
};

/// What CompleteMultipartUpload says of one part.
struct ClaimedPart {
  std::int64_t number = 0;
  std::string etag;
  std::map<DigestKind, std::string> checksums;
};
struct CompleteRequest {
  UploadRequest upload;
  std::vector<ClaimedPart> parts;
  std::map<DigestKind, std::string> checksums;  ///< Of the whole.
  std::optional<std::string> checksum_type;
  std::optional<std::uint64_t> object_size;
  WriteConditions conditions;
};

struct PartPage {
  Upload upload;
  std::vector<UploadPart> parts;
  bool truncated = false;
};

struct UploadQuery {
  ListQuery keys;  ///< Its `after` is the key marker.
  std::optional<std::string> upload_id_marker;
};
struct UploadPage {
  std::vector<Upload> uploads;
  std::vector<std::string> prefixes;
  bool truncated = false;
};

class Multipart {
 public:
  explicit Multipart(Objects& objects) : objects_(objects), core_(objects.core()) {}

  /// Fails as check_key and require_bucket do.
  Task<Result<Upload>> create(BucketRequest where, std::string key, UploadChecksum checksum,
                              ObjectMeta meta);
  /// `echo`: the checksum to answer with, of the kind that the client chose.
  struct StoredPart {
    UploadPart part;
    Checksum echo;
    std::optional<std::string> source_version = {};  ///< As it is shown.
  };
  Task<Result<StoredPart>> put_part(PutPartRequest request, Source& source);
  Task<Result<StoredPart>> copy_part(CopyPartRequest request);
  Task<Result<Object>> complete(CompleteRequest request);
  Status abort(store::Tx& tx, const UploadRequest& request);
  /// Aborts some of the bucket's uploads, as many as one transaction may take; whether there were
  /// any.
  Result<bool> abort_some(store::Tx& tx, const BucketRequest& where);

  static Result<PartPage> list_parts(store::Tx& tx, const UploadRequest& request,
                                     std::int64_t after, std::size_t max);
  static Result<UploadPage> list_uploads(store::Tx& tx, const Bucket& bucket,
                                         const UploadQuery& query);

 private:
  Task<Result<UploadPart>> write_part(const UploadRequest& request, UploadPart part,
                                      Received& received);
  Result<UploadPart> save_part(store::Tx& tx, const UploadRequest& request, UploadPart part,
                               Received& received);
  Result<Object> complete_in(store::Tx& tx, const CompleteRequest& request);
  Status forget(store::Tx& tx, const Upload& upload);

  Objects& objects_;
  const Core& core_;
};

/// Fails with NoSuchUpload.
[[nodiscard]] Result<Upload> require_upload(store::Tx& tx, const Bucket& bucket,
                                            const UploadRequest& request);

/// The rules of CompleteMultipartUpload, on what was claimed and what is there. Pure. Gives the
/// stored parts in the order claimed.
[[nodiscard]] Result<std::vector<UploadPart>> match_parts(const CompleteRequest& request,
                                                          const Upload& upload,
                                                          const std::vector<UploadPart>& stored);
/// The object's checksum, compared with what the request claims of it. Pure.
[[nodiscard]] Result<Checksum> match_checksum(const CompleteRequest& request, const Upload& upload,
                                              const std::vector<UploadPart>& parts);

}  // namespace tidemill::s3
