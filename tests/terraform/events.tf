resource "aws_cloudwatch_event_bus" "orders" {
  name = "everything-orders"
}

resource "aws_cloudwatch_event_bus_policy" "orders" {
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "shop"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.events.arn }
        Action    = "events:PutEvents"
        Resource  = aws_cloudwatch_event_bus.orders.arn
        Condition = { StringEquals = { "events:source" = ["shop", var.note] } }
      },
      {
        Sid       = "rules"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["events:PutRule", "events:PutTargets"]
        Resource  = "arn:aws:events:${data.aws_region.here.name}:${local.account}:rule/${aws_cloudwatch_event_bus.orders.name}/locked"
      },
    ]
  })
}

resource "aws_cloudwatch_event_bus" "shared" {
  name = "everything-shared"
}

resource "aws_cloudwatch_event_permission" "account" {
  event_bus_name = aws_cloudwatch_event_bus.shared.name
  statement_id   = "partner"
  principal      = var.note == "first" ? "111111111111" : "222222222222"
}

resource "aws_cloudwatch_event_permission" "organization" {
  event_bus_name = aws_cloudwatch_event_bus.shared.name
  statement_id   = "organization"
  principal      = "*"
  condition {
    type  = "StringEquals"
    key   = "aws:PrincipalOrgID"
    value = var.note == "first" ? "o-first00000" : "o-second0000"
  }
}

resource "aws_cloudwatch_event_permission" "default_bus" {
  statement_id = "default"
  principal    = "333333333333"
}

resource "aws_cloudwatch_event_archive" "orders" {
  name             = "everything-orders"
  description      = "Note: ${var.note}"
  event_source_arn = aws_cloudwatch_event_bus.orders.arn
  retention_days   = 30
  event_pattern    = jsonencode({ source = ["shop"] })
}

resource "aws_cloudwatch_event_rule" "orders" {
  name           = "everything-orders"
  description    = "Note: ${var.note}"
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  state          = var.note == "first" ? "ENABLED" : "DISABLED"
  event_pattern  = jsonencode({ source = ["shop"], detail = { amount = [{ numeric = [">", 100] }] } })
}

resource "aws_cloudwatch_event_target" "queue" {
  rule           = aws_cloudwatch_event_rule.orders.name
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  target_id      = "queue"
  arn            = aws_sqs_queue.ordered.arn
  sqs_target { message_group_id = "orders" }
  input_path = "$.detail"
}

resource "aws_cloudwatch_event_target" "topic" {
  rule           = aws_cloudwatch_event_rule.orders.name
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  target_id      = "topic"
  arn            = aws_sns_topic.news.arn
  input_transformer {
    input_paths    = { amount = "$.detail.amount" }
    input_template = "\"an order of <amount>\""
  }
}

resource "aws_cloudwatch_event_target" "log" {
  rule           = aws_cloudwatch_event_rule.orders.name
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  target_id      = "log"
  arn            = aws_cloudwatch_log_group.events.arn
}

resource "aws_cloudwatch_event_rule" "files" {
  name          = "everything-files"
  event_pattern = jsonencode({ source = ["aws.s3"], detail = { bucket = { name = [aws_s3_bucket.notifying.id] } } })
}

resource "aws_cloudwatch_event_target" "job" {
  rule      = aws_cloudwatch_event_rule.files.name
  target_id = "job"
  arn       = aws_glue_job.etl.arn
  role_arn  = aws_iam_role.events.arn
  input     = jsonencode({ "--mode" = var.note })
  retry_policy {
    maximum_retry_attempts       = 3
    maximum_event_age_in_seconds = 600
  }
  dead_letter_config { arn = aws_sqs_queue.dead.arn }
}

resource "aws_cloudwatch_event_target" "workflow" {
  rule      = aws_cloudwatch_event_rule.files.name
  target_id = "workflow"
  arn       = aws_glue_workflow.arrivals.arn
  role_arn  = aws_iam_role.events.arn
}

resource "aws_cloudwatch_event_target" "other_bus" {
  rule      = aws_cloudwatch_event_rule.files.name
  target_id = "bus"
  arn       = aws_cloudwatch_event_bus.orders.arn
  role_arn  = aws_iam_role.events.arn
}

resource "aws_cloudwatch_event_connection" "hook" {
  name               = "everything-hook"
  description        = "Note: ${var.note}"
  authorization_type = "API_KEY"
  auth_parameters {
    api_key {
      key   = "x-api-key"
      value = "not-a-secret"
    }
    invocation_http_parameters {
      header {
        key             = "x-from"
        value           = "everything"
        is_value_secret = false
      }
    }
  }
}

resource "aws_cloudwatch_event_api_destination" "hook" {
  name                             = "everything-hook"
  invocation_endpoint              = "https://hooks.example.com/files/*"
  http_method                      = "POST"
  invocation_rate_limit_per_second = var.note == "first" ? 20 : 30
  connection_arn                   = aws_cloudwatch_event_connection.hook.arn
}

resource "aws_cloudwatch_event_rule" "hook" {
  name                = "everything-hook"
  schedule_expression = "rate(12 hours)"
  state               = "DISABLED"
}

resource "aws_cloudwatch_event_target" "hook" {
  rule      = aws_cloudwatch_event_rule.hook.name
  target_id = "hook"
  arn       = aws_cloudwatch_event_api_destination.hook.arn
  role_arn  = aws_iam_role.events.arn
  http_target {
    path_parameter_values   = ["new"]
    query_string_parameters = { note = var.note }
    header_parameters       = { x-note = "static" }
  }
}
