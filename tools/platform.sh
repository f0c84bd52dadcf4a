# The dev platform, made with the aws command line; sourced by quickstart, which gives `aws_cli`.
# Every part is asked for first and made only if it isn't there: a second call changes nothing.
# shellcheck shell=bash

platform=examples/data-platform
parts_dir=

# Marks a part as there if the question about it is answered.
ask() { # PART AWS-ARGUMENTS...
  local part=$1
  shift
  if aws_cli "$@" >/dev/null 2>&1; then : >"$parts_dir/$part"; fi
}

ask_all() {
  local layer asking=()
  for layer in bronze silver scripts; do
    ask_events "$layer" & asking+=($!)
  done
  ask_script & asking+=($!)
  ask eventbridge-role iam get-role-policy --role-name dev-eventbridge-role \
    --policy-name dev-eventbridge-policy & asking+=($!)
  ask glue-role iam get-role-policy --role-name dev-glue-role --policy-name dev-glue-data-lake &
  asking+=($!)
  ask job glue get-job --job-name sales-etl-dev & asking+=($!)
  ask rule events describe-rule --name dev-sales_file_trigger & asking+=($!)
  ask_target & asking+=($!)
  ask_log_group & asking+=($!)
  # Not all that runs behind this shell: the server does.
  wait "${asking[@]}"
}

# The bucket is done when it sends its events: that is the last that make_bucket does.
ask_events() { # LAYER
  local answer
  answer=$(aws_cli s3api get-bucket-notification-configuration --bucket "data-lake-dev-$1" 2>/dev/null) || return 0
  case $answer in *EventBridgeConfiguration*) : >"$parts_dir/bucket-$1" ;; esac
}

# The script is there if it is the one of this tree.
ask_script() {
  local etag sum
  etag=$(aws_cli s3api head-object --bucket data-lake-dev-scripts --key jobs/sales_etl.py \
    --query ETag --output text 2>/dev/null) || return 0
  sum=$(md5sum <$platform/jobs/sales_etl.py)
  if [ "$etag" = "\"${sum%% *}\"" ]; then : >"$parts_dir/script"; fi
}

ask_target() {
  local found
  found=$(aws_cli events list-targets-by-rule --rule dev-sales_file_trigger \
    --query 'Targets[].Id' --output text 2>/dev/null) || return 0
  if [ "$found" = sales_file_trigger-target ]; then : >"$parts_dir/target"; fi
}

ask_log_group() {
  local found
  found=$(aws_cli logs describe-log-groups --query 'logGroups[].logGroupName' --output text \
    --log-group-name-prefix /aws/events/rule/dev-sales-file-trigger 2>/dev/null) || return 0
  if [ "$found" = /aws/events/rule/dev-sales-file-trigger ]; then : >"$parts_dir/log-group"; fi
}

has() { [ -e "$parts_dir/$1" ]; }

make_bucket() { # LAYER
  has "bucket-$1" && return
  aws_cli s3api head-bucket --bucket "data-lake-dev-$1" 2>/dev/null ||
    aws_cli s3api create-bucket --bucket "data-lake-dev-$1" || return
  aws_cli s3api put-bucket-notification-configuration --bucket "data-lake-dev-$1" \
    --notification-configuration file://$platform/platform/notification.json
}

make_script() {
  has script && return
  aws_cli s3 cp --no-progress $platform/jobs/sales_etl.py s3://data-lake-dev-scripts/jobs/sales_etl.py
}

make_role() { # NAME TRUST POLICY-NAME POLICY
  aws_cli iam get-role --role-name "$1" 2>/dev/null ||
    aws_cli iam create-role --role-name "$1" --assume-role-policy-document "file://$platform/platform/$2" || return
  aws_cli iam put-role-policy --role-name "$1" --policy-name "$3" --policy-document "file://$platform/platform/$4"
}

make_eventbridge_role() {
  has eventbridge-role && return
  make_role dev-eventbridge-role eventbridge_trust.json dev-eventbridge-policy eventbridge_policy.json
}

make_glue_role() {
  has glue-role && return
  make_role dev-glue-role glue_trust.json dev-glue-data-lake glue_policy.json || return
  aws_cli iam attach-role-policy --role-name dev-glue-role \
    --policy-arn arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole
}

make_job() {
  has job && return
  aws_cli glue create-job --cli-input-json file://$platform/platform/sales_etl_job.json
}

make_log_group() {
  has log-group && return
  aws_cli logs create-log-group --log-group-name /aws/events/rule/dev-sales-file-trigger
}

make_rule() {
  has rule || aws_cli events put-rule --name dev-sales_file_trigger \
    --event-pattern file://$platform/platform/sales_file_trigger.json || return
  # put-targets answers 0 also where it refused one: its own count tells.
  has target || aws_cli events put-targets --rule dev-sales_file_trigger \
    --targets file://$platform/platform/sales_file_targets.json --query FailedEntryCount --output text |
    grep -x 0
}

make_platform() {
  parts_dir=$(mktemp -d)
  ask_all
  local status=0
  make_bucket bronze && make_bucket silver && make_bucket scripts && make_script &&
    make_eventbridge_role && make_glue_role && make_job && make_log_group && make_rule || status=$?
  rm -r "$parts_dir"
  return "$status"
}
