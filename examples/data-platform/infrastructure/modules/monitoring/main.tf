# Alarms: jobs that fail or take long, rules that fire too often or can't start, dead letters.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.40" }
  }
}

variable "environment" { type = string }

variable "rule_names" { type = map(string) }

variable "glue_job_names" { type = map(string) }

variable "dead_letter_queue_name" { type = string }

variable "alarm_subscribers" {
  description = "Who is told of each alarm: protocol and endpoint, by any name."
  type        = map(object({ protocol = string, endpoint = string }))
  default     = {}
}

variable "max_starts_in_5_minutes" {
  type    = number
  default = 100
}

variable "max_job_minutes" {
  type    = number
  default = 30
}

variable "tags" {
  type    = map(string)
  default = {}
}

locals {
  jobs = toset(values(var.glue_job_names))

  per_rule = {
    failed-starts = { metric = "FailedInvocations", above = 0 }
    start-rate    = { metric = "Invocations", above = var.max_starts_in_5_minutes }
  }
  per_job = {
    failures = { metric = "glue.driver.aggregate.numFailedTasks", statistic = "Sum", above = 0 }
    long-run = { metric = "glue.driver.aggregate.elapsedTime", statistic = "Maximum", above = var.max_job_minutes * 60000 }
  }

  rule_alarms = merge([for rule in values(var.rule_names) : {
    for name, alarm in local.per_rule : "${rule}-${name}" => merge(alarm, { rule = rule })
  }]...)
  job_alarms = merge([for job in local.jobs : {
    for name, alarm in local.per_job : "${job}-${name}" => merge(alarm, { job = job })
  }]...)
}

resource "aws_sns_topic" "alarms" {
  name = "${var.environment}-data-platform-alarms"
  tags = var.tags
}

resource "aws_sns_topic_subscription" "alarms" {
  for_each = var.alarm_subscribers

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = each.value.protocol
  endpoint  = each.value.endpoint
}

resource "aws_cloudwatch_metric_alarm" "rule" {
  for_each = local.rule_alarms

  alarm_name          = each.key
  alarm_description   = "Rule ${each.value.rule}: ${each.value.metric} above ${each.value.above}"
  namespace           = "AWS/Events"
  metric_name         = each.value.metric
  dimensions          = { RuleName = each.value.rule }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = each.value.above
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "job" {
  for_each = local.job_alarms

  alarm_name          = each.key
  alarm_description   = "Job ${each.value.job}: ${each.value.metric} above ${each.value.above}"
  namespace           = "Glue"
  metric_name         = each.value.metric
  dimensions          = { JobName = each.value.job, JobRunId = "ALL", Type = "count" }
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = 1
  threshold           = each.value.above
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "${var.environment}-dead-letters"
  alarm_description   = "${var.dead_letter_queue_name} holds events whose job never started"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = var.dead_letter_queue_name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = var.tags
}

output "alarm_topic" {
  value = aws_sns_topic.alarms.arn
}

output "alarm_names" {
  value = sort(concat(
    values(aws_cloudwatch_metric_alarm.rule)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.job)[*].alarm_name,
    [aws_cloudwatch_metric_alarm.dead_letters.alarm_name],
  ))
}
