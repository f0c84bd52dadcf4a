#include "s3/errors.h"

namespace tidemill::s3 {
namespace {

std::unexpected<Error> not_found(std::string name, std::string message, std::string detail,
                                 std::string_view value) {
  return std::unexpected(Error{.code = Errc::not_found,
                               .message = std::move(message),
                               .name = std::move(name),
                               .details = {{std::move(detail), std::string(value)}}});
}

}  // namespace

std::unexpected<Error> no_such_bucket(std::string_view bucket) {
  return not_found("NoSuchBucket", "The specified bucket does not exist", "BucketName", bucket);
}

std::unexpected<Error> no_such_key(std::string_view key) {
  return not_found("NoSuchKey", "The specified key does not exist.", "Key", key);
}

std::unexpected<Error> no_such_version(std::string_view key, std::string_view version_id) {
  auto error = not_found("NoSuchVersion", "The specified version does not exist.", "Key", key);
  error.error().details.emplace_back("VersionId", version_id);
  return error;
}

std::unexpected<Error> no_such_upload(std::string_view upload_id) {
  return not_found("NoSuchUpload",
                   "The specified upload does not exist. The upload ID may be invalid, or the "
                   "upload may have been aborted or completed.",
                   "UploadId", upload_id);
}

std::unexpected<Error> invalid_argument(std::string message, std::string name, std::string value) {
  return std::unexpected(
      Error{.code = Errc::invalid_argument,
            .message = std::move(message),
            .name = "InvalidArgument",
            .details = {{"ArgumentName", std::move(name)}, {"ArgumentValue", std::move(value)}}});
}

std::unexpected<Error> invalid_request(std::string message) {
  return fail(Errc::invalid_argument, "InvalidRequest", std::move(message));
}

std::unexpected<Error> marker_as_source() {
  return invalid_request(
      "The source of a copy request may not specifically refer to a delete marker by version id.");
}

std::unexpected<Error> access_denied() {
  return fail(Errc::access_denied, "AccessDenied", "Access Denied");
}

}  // namespace tidemill::s3
