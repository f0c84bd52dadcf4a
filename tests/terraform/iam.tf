resource "aws_iam_role" "job" {
  name                 = "everything-job"
  path                 = "/platform/"
  description          = "Note: ${var.note}"
  max_session_duration = 7200
  assume_role_policy   = local.trust.glue
}

resource "aws_iam_role" "events" {
  name               = "everything-events"
  assume_role_policy = local.trust.events
}

resource "aws_iam_role" "scheduler" {
  name               = "everything-scheduler"
  assume_role_policy = local.trust.scheduler
}

resource "aws_iam_policy" "starts_jobs" {
  name        = "everything-starts-jobs"
  description = "May start and notify Glue"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["glue:StartJobRun", "glue:NotifyEvent", "events:PutEvents", "events:InvokeApiDestination", "sqs:SendMessage"]
      Resource = "*"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "starts_jobs" {
  for_each   = { events = aws_iam_role.events.name, scheduler = aws_iam_role.scheduler.name }
  role       = each.value
  policy_arn = aws_iam_policy.starts_jobs.arn
}

resource "aws_iam_role_policy_attachment" "glue" {
  role       = aws_iam_role.job.name
  policy_arn = "arn:${data.aws_partition.here.partition}:iam::aws:policy/service-role/AWSGlueServiceRole"
}

resource "aws_iam_role_policy" "job" {
  name = "reads-settings"
  role = aws_iam_role.job.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["ssm:GetParameter*"], Resource = "*" },
      { Effect = "Allow", Action = ["secretsmanager:GetSecretValue"], Resource = "*" },
    ]
  })
}

resource "aws_iam_user" "uploader" {
  name = "everything-uploader"
  path = "/people/"
}

resource "aws_iam_user_policy" "uploader" {
  name = "uploads"
  user = aws_iam_user.uploader.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:PutObject", Resource = "${aws_s3_bucket.lake.arn}/*" }]
  })
}

resource "aws_iam_access_key" "uploader" {
  user = aws_iam_user.uploader.name
}
