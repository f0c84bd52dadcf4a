"""Terraform's connections and API destinations apply, and a second plan is empty."""

import pytest

from support import terraform

TREE = """
provider "aws" { skip_metadata_api_check = true }

variable "rate" { default = 50 }

resource "aws_cloudwatch_event_connection" "key" {
  name               = "key"
  description        = "with everything"
  authorization_type = "API_KEY"
  auth_parameters {
    api_key {
      key   = "x-key"
      value = "one"
    }
    invocation_http_parameters {
      body {
        key             = "team"
        value           = "data"
        is_value_secret = false
      }
      header {
        key             = "x-secret"
        value           = "two"
        is_value_secret = true
      }
      query_string {
        key   = "q"
        value = "three"
      }
    }
  }
}

resource "aws_cloudwatch_event_connection" "basic" {
  name               = "basic"
  authorization_type = "BASIC"
  auth_parameters {
    basic {
      username = "ann"
      password = "four"
    }
  }
}

resource "aws_cloudwatch_event_connection" "oauth" {
  name               = "oauth"
  authorization_type = "OAUTH_CLIENT_CREDENTIALS"
  auth_parameters {
    oauth {
      authorization_endpoint = "https://localhost:9/token"
      http_method            = "POST"
      client_parameters {
        client_id     = "me"
        client_secret = "five"
      }
      oauth_http_parameters {
        body {
          key             = "scope"
          value           = "hooks"
          is_value_secret = false
        }
      }
    }
  }
}

resource "aws_cloudwatch_event_api_destination" "hook" {
  name                             = "hook"
  description                      = "a webhook"
  connection_arn                   = aws_cloudwatch_event_connection.key.arn
  invocation_endpoint              = "https://hooks.example.com/*/new"
  http_method                      = "POST"
  invocation_rate_limit_per_second = var.rate
}

resource "aws_cloudwatch_event_api_destination" "plain" {
  name                = "plain"
  connection_arn      = aws_cloudwatch_event_connection.basic.arn
  invocation_endpoint = "https://hooks.example.com/plain"
  http_method         = "PUT"
}

resource "aws_iam_role" "events" {
  name               = "events"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "events.amazonaws.com" }
    }]
  })
}

resource "aws_cloudwatch_event_rule" "all" {
  name          = "all"
  event_pattern = jsonencode({ source = ["shop"] })
}

resource "aws_cloudwatch_event_target" "hook" {
  rule     = aws_cloudwatch_event_rule.all.name
  arn      = aws_cloudwatch_event_api_destination.hook.arn
  role_arn = aws_iam_role.events.arn
  http_target {
    path_parameter_values   = ["$.detail.shop"]
    header_parameters       = { x-day = "$.time" }
    query_string_parameters = { v = "1" }
  }
}
"""


@pytest.mark.timeout(600)
def test_connections_and_destinations_apply_and_stay(program, fresh_server, tmp_path):
    tree = terraform.Terraform(program, tmp_path / "tree", fresh_server, TREE)
    assert "8 added" in tree.run("apply", "-auto-approve")
    assert "No changes" in tree.run("plan", "-detailed-exitcode")
    changed = tree.run("apply", "-auto-approve", "-var", "rate=10")
    assert "1 changed" in changed
    events = fresh_server.client("events")
    assert events.describe_api_destination(Name="hook")["InvocationRateLimitPerSecond"] == 10
    assert events.describe_connection(Name="oauth")["ConnectionState"] == "DEAUTHORIZED"
    tree.run("destroy", "-auto-approve")
    assert events.list_connections()["Connections"] == []
