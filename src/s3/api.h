/// S3's operations: each maps a request to the buckets, objects and uploads of this folder. Made
/// once by the server; called on event loops.
#pragma once

#include "base/caller.h"
#include "s3/api_metrics.h"
#include "s3/api_settings.h"
#include "s3/multipart.h"
#include "s3/objects.h"
#include "wire/auth.h"
#include "wire/gen/s3.h"
#include "wire/router.h"

namespace tidemill::s3 {

namespace w = wire::s3;

class Api {
 public:
  /// Both outlive the Api. The authorizer is asked for what one request does to many keys.
  Api(Objects& objects, const wire::Authorizer& authorizer)
      : objects_(objects),
        core_(objects.core()),
        authorizer_(authorizer),
        multipart_(objects),
        settings_(core_),
        metrics_(core_) {}

  void register_with(wire::Router& router);

  Task<Result<w::ListBucketsOutput>> list_buckets(const Caller& caller,
                                                  w::ListBucketsRequest request);
  Task<Result<w::CreateBucketOutput>> create_bucket(const Caller& caller,
                                                    w::CreateBucketRequest request);
  Task<Result<w::HeadBucketOutput>> head_bucket(const Caller& caller, w::HeadBucketRequest request);
  Task<Result<wire::Empty>> delete_bucket(const Caller& caller, w::DeleteBucketRequest request);
  Task<Result<w::GetBucketLocationOutput>> get_location(const Caller& caller,
                                                        w::GetBucketLocationRequest request);
  Task<Result<w::NotificationConfiguration>> get_notification(
      const Caller& caller, w::GetBucketNotificationConfigurationRequest request);
  Task<Result<wire::Empty>> put_notification(const Caller& caller,
                                             w::PutBucketNotificationConfigurationRequest request);
  Task<Result<w::GetBucketTaggingOutput>> get_bucket_tags(const Caller& caller,
                                                          w::GetBucketTaggingRequest request);
  /// 204, unlike what other settings answer.
  Task<Result<wire::Download<wire::Empty>>> put_bucket_tags(const Caller& caller,
                                                            w::PutBucketTaggingRequest request);
  Task<Result<wire::Empty>> delete_bucket_tags(const Caller& caller,
                                               w::DeleteBucketTaggingRequest request);

  Task<Result<w::PutObjectOutput>> put_object(const Caller& caller, w::PutObjectRequest request,
                                              http::Body& body);
  Task<Result<wire::Download<w::GetObjectOutput>>> get_object(const Caller& caller,
                                                              w::GetObjectRequest request);
  Task<Result<wire::Download<w::HeadObjectOutput>>> head_object(const Caller& caller,
                                                                w::HeadObjectRequest request);
  Task<Result<w::DeleteObjectOutput>> delete_object(const Caller& caller,
                                                    w::DeleteObjectRequest request);
  Task<Result<w::DeleteObjectsOutput>> delete_objects(const Caller& caller,
                                                      w::DeleteObjectsRequest request);
  Task<Result<w::CopyObjectOutput>> copy_object(const Caller& caller, w::CopyObjectRequest request);
  Task<Result<w::GetObjectTaggingOutput>> get_object_tags(const Caller& caller,
                                                          w::GetObjectTaggingRequest request);
  Task<Result<w::PutObjectTaggingOutput>> put_object_tags(const Caller& caller,
                                                          w::PutObjectTaggingRequest request);
  Task<Result<w::DeleteObjectTaggingOutput>> delete_object_tags(
      const Caller& caller, w::DeleteObjectTaggingRequest request);

  Task<Result<w::ListObjectsOutput>> list_objects(const Caller& caller,
                                                  w::ListObjectsRequest request);
  Task<Result<w::ListObjectsV2Output>> list_objects_v2(const Caller& caller,
                                                       w::ListObjectsV2Request request);

  Task<Result<w::GetBucketVersioningOutput>> get_versioning(const Caller& caller,
                                                            w::GetBucketVersioningRequest request);
  Task<Result<wire::Empty>> put_versioning(const Caller& caller,
                                           w::PutBucketVersioningRequest request);
  Task<Result<w::ListObjectVersionsOutput>> list_versions(const Caller& caller,
                                                          w::ListObjectVersionsRequest request);

  Task<Result<w::CreateMultipartUploadOutput>> create_upload(
      const Caller& caller, w::CreateMultipartUploadRequest request);
  Task<Result<w::UploadPartOutput>> upload_part(const Caller& caller, w::UploadPartRequest request,
                                                http::Body& body);
  Task<Result<w::UploadPartCopyOutput>> copy_part(const Caller& caller,
                                                  w::UploadPartCopyRequest request);
  Task<Result<w::CompleteMultipartUploadOutput>> complete_upload(
      const Caller& caller, w::CompleteMultipartUploadRequest request);
  Task<Result<w::AbortMultipartUploadOutput>> abort_upload(const Caller& caller,
                                                           w::AbortMultipartUploadRequest request);
  Task<Result<w::ListPartsOutput>> list_parts(const Caller& caller, w::ListPartsRequest request);
  Task<Result<w::ListMultipartUploadsOutput>> list_uploads(const Caller& caller,
                                                           w::ListMultipartUploadsRequest request);

 private:
  void register_buckets(wire::Router& router);
  void register_objects(wire::Router& router);
  void register_listing(wire::Router& router);
  void register_versions(wire::Router& router);
  void register_multipart(wire::Router& router);
  [[nodiscard]] Status may_read_source(const Caller& caller, const CopySource& source) const;
  Result<w::DeleteObjectsOutput> delete_all(store::Tx& tx, const Caller& caller,
                                            const w::DeleteObjectsRequest& request);
  Result<w::DeletedObject> delete_one(store::Tx& tx, const Caller& caller, const Bucket& bucket,
                                      const w::ObjectIdentifier& named);

  /// x-amz-expiration, where the bucket's lifecycle has a rule for the object.
  template <class Output>
  void tell_expiry(const std::string& bucket, const Object& object, Output& out) const {
    const auto expiry = objects_.expiry_of(bucket, object);
    if (expiry) out.Expiration = expiration_header(*expiry);
  }

  Objects& objects_;
  const Core& core_;
  const wire::Authorizer& authorizer_;
  Multipart multipart_;
  SettingsApi settings_;
  MetricsApi metrics_;
};

}  // namespace tidemill::s3
