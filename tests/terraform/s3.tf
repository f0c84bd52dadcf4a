resource "aws_s3_bucket" "lake" {
  bucket        = "everything-lake"
  force_destroy = true
  tags          = { Note = var.note }
}

resource "aws_s3_bucket" "notifying" {
  bucket        = "everything-notifying"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "lake" {
  bucket = aws_s3_bucket.lake.id
  versioning_configuration { status = "Enabled" }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "lake" {
  bucket = aws_s3_bucket.lake.id
  rule {
    apply_server_side_encryption_by_default { sse_algorithm = "AES256" }
    bucket_key_enabled = true
  }
}

resource "aws_s3_bucket_public_access_block" "lake" {
  bucket                  = aws_s3_bucket.lake.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "lake" {
  bucket = aws_s3_bucket.lake.id
  rule { object_ownership = "BucketOwnerEnforced" }
}

data "aws_iam_policy_document" "lake" {
  statement {
    sid       = "NobodyDeletesRaw"
    effect    = "Deny"
    actions   = ["s3:DeleteObject"]
    resources = ["${aws_s3_bucket.lake.arn}/raw/*"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.job.arn]
    }
  }
}

resource "aws_s3_bucket_policy" "lake" {
  bucket = aws_s3_bucket.lake.id
  policy = data.aws_iam_policy_document.lake.json
}

resource "aws_s3_bucket_cors_configuration" "lake" {
  bucket = aws_s3_bucket.lake.id
  cors_rule {
    allowed_methods = ["GET", "PUT"]
    allowed_origins = ["https://console.example.com"]
    allowed_headers = ["*"]
    expose_headers  = ["ETag"]
    max_age_seconds = 3000
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "lake" {
  bucket = aws_s3_bucket.lake.id
  rule {
    id     = "old-raw-files-go"
    status = "Enabled"
    filter { prefix = "raw/" }
    expiration { days = var.note == "first" ? 90 : 30 }
    noncurrent_version_expiration { noncurrent_days = 7 }
    abort_incomplete_multipart_upload { days_after_initiation = 2 }
  }
}

resource "aws_s3_bucket_metric" "lake" {
  bucket = aws_s3_bucket.lake.id
  name   = "everything"
}

resource "aws_s3_bucket_metric" "raw" {
  bucket = aws_s3_bucket.lake.id
  name   = "raw"
  filter {
    prefix = "raw/"
    tags   = { Note = var.note }
  }
}

resource "aws_s3_object" "seed" {
  bucket       = aws_s3_bucket.lake.id
  key          = "seed/hello.json"
  content      = jsonencode({ note = var.note })
  content_type = "application/json"
  tags         = { Kind = "seed" }
}

resource "aws_s3_bucket_notification" "notifying" {
  bucket      = aws_s3_bucket.notifying.id
  eventbridge = true
  queue {
    queue_arn     = aws_sqs_queue.files.arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = "in/"
    filter_suffix = ".csv"
  }
  topic {
    topic_arn = aws_sns_topic.news.arn
    events    = ["s3:ObjectRemoved:*"]
  }
  depends_on = [aws_sqs_queue_policy.files, aws_sns_topic_policy.news]
}
