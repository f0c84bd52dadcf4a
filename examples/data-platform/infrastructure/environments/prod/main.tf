# Where it goes is said by AWS_ENDPOINT_URL; without it, to AWS.
provider "aws" {
  region = "us-east-1"
}

module "platform" {
  source = "../../modules/platform"

  environment        = "prod"
  inventory_schedule = "cron(0 2 * * ? *)"
}

output "s3_buckets" {
  value = module.platform.s3_buckets
}

output "alarm_names" {
  value = module.platform.alarm_names
}
