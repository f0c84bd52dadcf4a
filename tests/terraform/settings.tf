resource "aws_ssm_parameter" "threshold" {
  name        = "/everything/threshold"
  description = "Read by jobs"
  type        = "String"
  value       = var.note
}

resource "aws_ssm_parameter" "token" {
  name  = "/everything/token"
  type  = "SecureString"
  value = "not-a-secret"
}

resource "aws_secretsmanager_secret" "database" {
  name                    = "everything/database"
  description             = "Note: ${var.note}"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = jsonencode({ user = "etl", note = var.note })
}
