resource "aws_cloudwatch_log_group" "events" {
  name              = "/everything/events"
  retention_in_days = var.note == "first" ? 7 : 14
}

resource "aws_cloudwatch_log_stream" "notes" {
  name           = "notes"
  log_group_name = aws_cloudwatch_log_group.events.name
}

data "aws_iam_policy_document" "log" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.events.arn}:*"]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
  }
}

resource "aws_cloudwatch_log_resource_policy" "events" {
  policy_name     = "everything-events"
  policy_document = data.aws_iam_policy_document.log.json
}

resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "everything-errors"
  log_group_name = aws_cloudwatch_log_group.events.name
  pattern        = "{ $.level = \"error\" }"
  metric_transformation {
    name          = "Errors"
    namespace     = "Everything"
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "everything-errors"
  alarm_description   = "Note: ${var.note}"
  namespace           = "Everything"
  metric_name         = "Errors"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.news.arn]
}

resource "aws_cloudwatch_metric_alarm" "late" {
  alarm_name                            = "everything-late"
  namespace                             = "AWS/Events"
  metric_name                           = "IngestionToInvocationSuccessLatency"
  dimensions                            = { RuleName = aws_cloudwatch_event_rule.files.name }
  extended_statistic                    = var.note == "first" ? "p99" : "TM(10%:90%)"
  evaluate_low_sample_count_percentiles = "ignore"
  period                                = 300
  evaluation_periods                    = 1
  threshold                             = 1000
  comparison_operator                   = "GreaterThanThreshold"
}

resource "aws_cloudwatch_metric_alarm" "success_rate" {
  alarm_name          = "everything-success-rate"
  evaluation_periods  = 1
  threshold           = 0.9
  comparison_operator = "LessThanThreshold"
  metric_query {
    id          = "rate"
    expression  = "done / started"
    label       = "triggers that completed"
    return_data = true
  }
  metric_query {
    id = "started"
    metric {
      namespace   = "AWS/Events"
      metric_name = "Invocations"
      dimensions  = { RuleName = aws_cloudwatch_event_rule.files.name }
      period      = 300
      stat        = "Sum"
    }
  }
  metric_query {
    id = "done"
    metric {
      namespace   = "Glue"
      metric_name = "glue.driver.aggregate.numCompletedTasks"
      dimensions  = { JobName = aws_glue_job.etl.name, JobRunId = "ALL", Type = "count" }
      period      = 300
      stat        = "Sum"
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "any" {
  alarm_name        = "everything-any"
  alarm_description = "Note: ${var.note}"
  alarm_rule        = "ALARM(${aws_cloudwatch_metric_alarm.errors.alarm_name}) OR ALARM(${aws_cloudwatch_metric_alarm.success_rate.alarm_name})"
  alarm_actions     = [aws_sns_topic.news.arn]
  actions_suppressor {
    alarm            = aws_cloudwatch_metric_alarm.late.alarm_name
    wait_period      = var.note == "first" ? 60 : 30
    extension_period = 120
  }
}

resource "aws_cloudwatch_dashboard" "platform" {
  dashboard_name = "everything"
  dashboard_body = jsonencode({
    widgets = [{
      type = "metric", x = 0, y = 0, width = 12, height = 6
      properties = {
        title   = "Note: ${var.note}"
        region  = data.aws_region.here.name
        metrics = [["Everything", "Errors"]]
      }
    }]
  })
}
