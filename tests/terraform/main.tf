# One of each resource that a data platform's tree has beside those of examples/data-platform; each
# block uses its optional arguments. Applied, planned again, changed and destroyed by
# tests/functional/test_terraform.py.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.40" }
  }
}

provider "aws" {
  region = "us-east-1"

  default_tags { tags = { Suite = "everything" } }
}

variable "note" {
  description = "Changed between two applies: a value in each resource that can be changed in place."
  type        = string
  default     = "first"
}

data "aws_caller_identity" "me" {}
data "aws_region" "here" {}
data "aws_partition" "here" {}

locals {
  account = data.aws_caller_identity.me.account_id
  trust = { for service in ["events", "glue", "scheduler"] : service => jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "${service}.amazonaws.com" }
    }]
  }) }
}

output "account" {
  value = local.account
}
