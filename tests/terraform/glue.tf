resource "aws_glue_job" "etl" {
  name              = "everything-etl"
  description       = "Note: ${var.note}"
  role_arn          = aws_iam_role.job.arn
  glue_version      = "4.0"
  worker_type       = "G.1X"
  number_of_workers = 2
  max_retries       = 1
  timeout           = 30
  execution_class   = "STANDARD"
  default_arguments = { "--env" = "test", "--job-bookmark-option" = "job-bookmark-disable" }
  command {
    script_location = "s3://${aws_s3_bucket.lake.id}/jobs/etl.py"
    python_version  = "3"
  }
  execution_property { max_concurrent_runs = 3 }
  notification_property { notify_delay_after = 10 }
}

resource "aws_glue_job" "shell" {
  name         = "everything-shell"
  role_arn     = aws_iam_role.job.arn
  max_capacity = 0.0625
  command {
    name            = "pythonshell"
    script_location = "s3://${aws_s3_bucket.lake.id}/jobs/shell.py"
    python_version  = "3.9"
  }
}

resource "aws_glue_workflow" "nightly" {
  name                   = "everything-nightly"
  description            = "Note: ${var.note}"
  max_concurrent_runs    = 1
  default_run_properties = { source = "terraform" }
}

resource "aws_glue_trigger" "nightly" {
  name          = "everything-nightly-start"
  type          = "SCHEDULED"
  schedule      = "cron(15 2 * * ? *)"
  workflow_name = aws_glue_workflow.nightly.name
  actions {
    job_name  = aws_glue_job.etl.name
    arguments = { "--mode" = "full" }
    timeout   = 20
  }
}

resource "aws_glue_trigger" "after_etl" {
  name          = "everything-after-etl"
  type          = "CONDITIONAL"
  workflow_name = aws_glue_workflow.nightly.name
  actions { job_name = aws_glue_job.shell.name }
  predicate {
    logical = "AND"
    conditions {
      job_name         = aws_glue_job.etl.name
      logical_operator = "EQUALS"
      state            = "SUCCEEDED"
    }
  }
}

resource "aws_glue_workflow" "arrivals" {
  name = "everything-arrivals"
}

resource "aws_glue_trigger" "arrivals" {
  name          = "everything-arrivals-start"
  type          = "EVENT"
  workflow_name = aws_glue_workflow.arrivals.name
  actions { job_name = aws_glue_job.etl.name }
  event_batching_condition {
    batch_size   = 5
    batch_window = 60
  }
}

resource "aws_glue_trigger" "by_hand" {
  name = "everything-by-hand"
  type = "ON_DEMAND"
  actions { job_name = aws_glue_job.shell.name }
}

resource "aws_glue_catalog_database" "silver" {
  name         = "everything_silver"
  description  = "Note: ${var.note}"
  location_uri = "s3://${aws_s3_bucket.lake.id}/silver/"
  parameters   = { layer = "silver" }
}

resource "aws_glue_catalog_table" "sales" {
  name          = "sales"
  database_name = aws_glue_catalog_database.silver.name
  table_type    = "EXTERNAL_TABLE"
  parameters    = { classification = "parquet", note = var.note }
  partition_keys {
    name = "day"
    type = "string"
  }
  storage_descriptor {
    location      = "s3://${aws_s3_bucket.lake.id}/silver/sales/"
    input_format  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
      parameters            = { "serialization.format" = "1" }
    }
    columns {
      name = "order_id"
      type = "string"
    }
    columns {
      name    = "amount"
      type    = "double"
      comment = "in euros"
    }
  }
}
