terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.40" }
  }
}

# Where it goes is said by AWS_ENDPOINT_URL; without it, to AWS.
provider "aws" {
  region = "us-east-1"
}

locals {
  environment = "staging"
  tags        = { Project = "data-platform", Environment = local.environment }
}

module "data_platform" {
  source = "../../modules/data_platform"

  environment   = local.environment
  scripts_dir   = "${path.module}/../../../jobs"
  force_destroy = true
  tags          = local.tags

  jobs = {
    sales_etl      = { description = "Daily sales, bronze to silver" }
    inventory_sync = { description = "Stock of all warehouses, bronze to silver", max_concurrent_runs = 1 }
  }
}

module "eventbridge" {
  source = "../../modules/eventbridge"

  environment = local.environment
  tags        = local.tags

  s3_event_rules = {
    sales_file_trigger = {
      bucket_name = module.data_platform.s3_buckets["bronze"]
      prefix      = "sales/"
      suffix      = ".csv"
      target_arn  = module.data_platform.glue_job_arns["sales_etl"]
    }
    inventory_updates_trigger = {
      bucket_name = module.data_platform.s3_buckets["bronze"]
      prefix      = "inventory/updates/"
      suffix      = ".json"
      target_arn  = module.data_platform.glue_job_arns["inventory_sync"]
    }
  }

  schedules = {
    inventory_sync = {
      schedule_expression = "cron(0 6 ? * MON-FRI *)"
      target_arn          = module.data_platform.glue_job_arns["inventory_sync"]
    }
  }
}

module "monitoring" {
  source = "../../modules/monitoring"

  environment            = local.environment
  rule_names             = module.eventbridge.rule_names
  glue_job_names         = module.data_platform.glue_job_names
  dead_letter_queue_name = module.eventbridge.dead_letter_queue.name
  tags                   = local.tags
}

output "s3_buckets" {
  value = module.data_platform.s3_buckets
}

output "alarm_names" {
  value = module.monitoring.alarm_names
}
