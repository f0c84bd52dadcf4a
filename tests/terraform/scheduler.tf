resource "aws_scheduler_schedule_group" "nightly" {
  name = "everything-nightly"
}

resource "aws_scheduler_schedule" "etl" {
  name                         = "everything-etl"
  description                  = "Note: ${var.note}"
  group_name                   = aws_scheduler_schedule_group.nightly.name
  schedule_expression          = "cron(30 1 * * ? *)"
  schedule_expression_timezone = "Europe/Berlin"
  start_date                   = "2035-01-01T00:00:00Z"
  end_date                     = "2036-01-01T00:00:00Z"
  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 15
  }
  target {
    arn      = "arn:aws:scheduler:::aws-sdk:glue:startJobRun"
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ JobName = aws_glue_job.etl.name, Arguments = { "--planned" = "<aws.scheduler.scheduled-time>" } })
    retry_policy {
      maximum_retry_attempts       = 5
      maximum_event_age_in_seconds = 900
    }
    dead_letter_config { arn = aws_sqs_queue.dead.arn }
  }
}

resource "aws_scheduler_schedule" "queue" {
  name                = "everything-queue"
  schedule_expression = "rate(1 days)"
  state               = "DISABLED"
  flexible_time_window { mode = "OFF" }
  target {
    arn      = aws_sqs_queue.ordered.arn
    role_arn = aws_iam_role.scheduler.arn
    input    = "tick"
    sqs_parameters { message_group_id = "ticks" }
  }
}

resource "aws_scheduler_schedule" "bus" {
  name                = "everything-bus"
  schedule_expression = "at(2035-06-01T12:00:00)"
  flexible_time_window { mode = "OFF" }
  target {
    arn      = aws_cloudwatch_event_bus.orders.arn
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ tick = true })
    eventbridge_parameters {
      detail_type = "tick"
      source      = "clock"
    }
  }
}
