# The platform of one environment: what all environments have in common stands here once.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.40" }
  }
}

variable "environment" { type = string }

variable "inventory_schedule" {
  description = "When the stock is worked through whether or not a file came: cron(...) or rate(...), in UTC."
  type        = string
}

variable "force_destroy" {
  description = "Whether destroying a bucket removes what is in it."
  type        = bool
  default     = false
}

variable "alarm_subscribers" {
  description = "Who is told of each alarm: protocol and endpoint, by any name."
  type        = map(object({ protocol = string, endpoint = string }))
  default     = {}
}

locals {
  tags = { Project = "data-platform", Environment = var.environment }
}

module "data_platform" {
  source = "../data_platform"

  environment   = var.environment
  scripts_dir   = "${path.module}/../../../jobs"
  force_destroy = var.force_destroy
  tags          = local.tags

  jobs = {
    sales_etl      = { description = "Daily sales, bronze to silver" }
    inventory_sync = { description = "Stock of all warehouses, bronze to silver", max_concurrent_runs = 1 }
  }
}

module "eventbridge" {
  source = "../eventbridge"

  environment = var.environment
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
      schedule_expression = var.inventory_schedule
      target_arn          = module.data_platform.glue_job_arns["inventory_sync"]
    }
  }
}

module "monitoring" {
  source = "../monitoring"

  environment            = var.environment
  rule_names             = module.eventbridge.rule_names
  glue_job_names         = module.data_platform.glue_job_names
  dead_letter_queue_name = module.eventbridge.dead_letter_queue.name
  alarm_subscribers      = var.alarm_subscribers
  tags                   = local.tags
}

output "s3_buckets" {
  description = "Bucket by layer."
  value       = module.data_platform.s3_buckets
}

output "alarm_names" {
  value = module.monitoring.alarm_names
}
