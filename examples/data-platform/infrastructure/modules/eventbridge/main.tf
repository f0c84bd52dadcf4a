# What starts the jobs: rules on new objects, and rules at fixed times.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.40" }
  }
}

variable "environment" { type = string }

variable "s3_event_rules" {
  description = "A new object of the bucket whose key has prefix and suffix starts the target."
  type = map(object({
    bucket_name = string
    prefix      = string
    suffix      = string
    target_arn  = string
  }))
  default = {}
}

variable "schedules" {
  description = "cron(...) or rate(...), in UTC."
  type = map(object({
    schedule_expression = string
    target_arn          = string
  }))
  default = {}
}

variable "tags" {
  type    = map(string)
  default = {}
}

locals {
  # Both kinds of rule have the same kind of target.
  targets = merge(
    { for key, rule in var.s3_event_rules : key => { rule = aws_cloudwatch_event_rule.s3_events[key], arn = rule.target_arn } },
    { for key, rule in var.schedules : key => { rule = aws_cloudwatch_event_rule.schedules[key], arn = rule.target_arn } },
  )
}

resource "aws_cloudwatch_event_rule" "s3_events" {
  for_each = var.s3_event_rules

  name        = "${var.environment}-${each.key}"
  description = "Objects ${each.value.prefix}*${each.value.suffix} of ${each.value.bucket_name}"
  tags        = var.tags
  event_pattern = jsonencode({
    source      = ["aws.s3"]
    detail-type = ["Object Created"]
    detail = {
      bucket = { name = [each.value.bucket_name] }
      object = { key = [{ prefix = each.value.prefix, suffix = each.value.suffix }] }
    }
  })
}

resource "aws_cloudwatch_event_rule" "schedules" {
  for_each = var.schedules

  name                = "${var.environment}-${each.key}"
  description         = "At ${each.value.schedule_expression}"
  schedule_expression = each.value.schedule_expression
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "job" {
  for_each = local.targets

  rule      = each.value.rule.name
  target_id = "${each.key}-target"
  arn       = each.value.arn
  role_arn  = aws_iam_role.eventbridge.arn

  retry_policy {
    maximum_retry_attempts       = 5
    maximum_event_age_in_seconds = 3600
  }
  dead_letter_config { arn = aws_sqs_queue.dead_letter.arn }
}

resource "aws_iam_role" "eventbridge" {
  name = "${var.environment}-eventbridge-role"
  tags = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "events.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "eventbridge" {
  name = "${var.environment}-eventbridge-policy"
  role = aws_iam_role.eventbridge.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["glue:StartJobRun"], Resource = "*" }]
  })
}

# What could not be started in spite of all retries.
resource "aws_sqs_queue" "dead_letter" {
  name                      = "${var.environment}-eventbridge-dlq"
  message_retention_seconds = 1209600
  tags                      = var.tags

  # Here, and not a resource of its own: the provider waits 25 seconds for each.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "RulesSendDeadLetters"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:*:*:${var.environment}-eventbridge-dlq"
    }]
  })
}

# Each decision of a rule is a line here.
resource "aws_cloudwatch_log_group" "rule" {
  for_each = local.targets

  name              = "/aws/events/rule/${replace(each.value.rule.name, "_", "-")}"
  retention_in_days = 14
  tags              = var.tags
}

output "rule_names" {
  value = { for key, target in local.targets : key => target.rule.name }
}

output "dead_letter_queue" {
  value = { name = aws_sqs_queue.dead_letter.name, url = aws_sqs_queue.dead_letter.url }
}
