# Buckets, and Glue jobs whose scripts lie in one of them.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.40" }
  }
}

variable "environment" { type = string }

variable "jobs" {
  description = "By key; the job sales_etl of dev is called sales-etl-dev and runs jobs/sales_etl.py."
  type = map(object({
    description         = string
    timeout_minutes     = optional(number, 60)
    max_concurrent_runs = optional(number, 10)
  }))
}

variable "scripts_dir" { type = string }

variable "force_destroy" {
  description = "Whether destroying a bucket removes what is in it."
  type        = bool
  default     = false
}

variable "tags" {
  type    = map(string)
  default = {}
}

locals {
  layers = toset(["bronze", "silver", "scripts"])
}

resource "aws_s3_bucket" "layer" {
  for_each = local.layers

  bucket        = "data-lake-${var.environment}-${each.key}"
  force_destroy = var.force_destroy
  tags          = merge(var.tags, { Layer = each.key })
}

# Without this a bucket tells nobody of its objects.
resource "aws_s3_bucket_notification" "layer" {
  for_each = toset(["bronze", "silver"])

  bucket      = aws_s3_bucket.layer[each.key].id
  eventbridge = true
}

resource "aws_s3_bucket_versioning" "layer" {
  for_each = aws_s3_bucket.layer

  bucket = each.value.id
  versioning_configuration { status = "Enabled" }
}

resource "aws_s3_bucket_public_access_block" "layer" {
  for_each = aws_s3_bucket.layer

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_object" "script" {
  for_each = var.jobs

  bucket = aws_s3_bucket.layer["scripts"].id
  key    = "jobs/${each.key}.py"
  source = "${var.scripts_dir}/${each.key}.py"
  etag   = filemd5("${var.scripts_dir}/${each.key}.py")
}

resource "aws_iam_role" "glue" {
  name = "${var.environment}-glue-role"
  tags = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "glue.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "glue_service" {
  role       = aws_iam_role.glue.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole"
}

data "aws_iam_policy_document" "glue" {
  statement {
    sid       = "ReadFilesAndScripts"
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = flatten([for layer in ["bronze", "scripts"] : [aws_s3_bucket.layer[layer].arn, "${aws_s3_bucket.layer[layer].arn}/*"]])
  }
  statement {
    sid       = "WriteSilver"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.layer["silver"].arn}/*"]
  }
}

resource "aws_iam_role_policy" "glue" {
  name   = "${var.environment}-glue-policy"
  role   = aws_iam_role.glue.id
  policy = data.aws_iam_policy_document.glue.json
}

resource "aws_glue_job" "this" {
  for_each = var.jobs

  name         = "${replace(each.key, "_", "-")}-${var.environment}"
  description  = each.value.description
  role_arn     = aws_iam_role.glue.arn
  glue_version = "4.0"
  timeout      = each.value.timeout_minutes
  tags         = var.tags

  worker_type       = "G.1X"
  number_of_workers = 2

  command {
    script_location = "s3://${aws_s3_object.script[each.key].bucket}/${aws_s3_object.script[each.key].key}"
    python_version  = "3"
  }
  execution_property { max_concurrent_runs = each.value.max_concurrent_runs }

  default_arguments = {
    "--env"          = var.environment
    "--job-language" = "python"
  }
}

output "s3_buckets" {
  description = "Bucket by layer."
  value       = { for layer, bucket in aws_s3_bucket.layer : layer => bucket.id }
}

output "glue_job_arns" {
  value = { for key, job in aws_glue_job.this : key => job.arn }
}

output "glue_job_names" {
  value = { for key, job in aws_glue_job.this : key => job.name }
}
