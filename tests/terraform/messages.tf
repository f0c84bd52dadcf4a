resource "aws_sqs_queue" "dead" {
  name = "everything-dead"
}

resource "aws_sqs_queue" "files" {
  name                       = "everything-files"
  visibility_timeout_seconds = var.note == "first" ? 30 : 60
  receive_wait_time_seconds  = 10
  redrive_policy             = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = 4 })
  tags                       = { Note = var.note }
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url            = aws_sqs_queue.dead.id
  redrive_allow_policy = jsonencode({ redrivePermission = "byQueue", sourceQueueArns = [aws_sqs_queue.files.arn] })
}

resource "aws_sqs_queue" "ordered" {
  name                        = "everything-ordered.fifo"
  fifo_queue                  = true
  content_based_deduplication = true
}

data "aws_iam_policy_document" "files" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.files.arn]
    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com", "sns.amazonaws.com"]
    }
  }
}

resource "aws_sqs_queue_policy" "files" {
  queue_url = aws_sqs_queue.files.id
  policy    = data.aws_iam_policy_document.files.json
}

resource "aws_sns_topic" "news" {
  name         = "everything-news"
  display_name = "News, ${var.note}"
}

data "aws_iam_policy_document" "news" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.news.arn]
    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com", "events.amazonaws.com", "cloudwatch.amazonaws.com"]
    }
  }
}

resource "aws_sns_topic_policy" "news" {
  arn    = aws_sns_topic.news.arn
  policy = data.aws_iam_policy_document.news.json
}

resource "aws_sns_topic_subscription" "files" {
  topic_arn            = aws_sns_topic.news.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.files.arn
  raw_message_delivery = true
  filter_policy        = jsonencode({ kind = [var.note, { prefix = "file-" }] })
  redrive_policy       = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn })
}
