#include "glue/arguments.h"

#include <array>
#include <optional>

#include <fmt/format.h>

namespace tidemill::glue {
namespace {

const json::object* member_object(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(boost::json::string_view(name.data(), name.size()));
  return member != nullptr ? member->if_object() : nullptr;
}

std::string value_text(const json::value& value) {
  if (value.is_string()) return std::string(json::view(value.get_string()));
  return value.is_null() ? std::string() : json::dump(value);
}

std::string_view key_of(const json::key_value_pair& member) {
  return {member.key().data(), member.key().size()};
}

/// Sets `name` to the text of `object`'s `member`, if it has one.
void put(Arguments& arguments, std::string_view name, const json::object& object,
         std::string_view member) {
  const auto* value = object.if_contains(boost::json::string_view(member.data(), member.size()));
  if (value != nullptr && !value->is_null()) arguments[std::string(name)] = value_text(*value);
}

constexpr std::string_view trigger_event = "Glue Trigger ";

std::string source_of(const events::Delivery& delivery) {
  const std::string_view event_source = delivery.event_source;
  if (event_source == "aws.s3") return "s3_event";
  if (delivery.event_detail_type == "Glue Trigger SCHEDULED") return "schedule";
  if (delivery.event_detail_type == "Glue Trigger CONDITIONAL") return "conditional";
  if (delivery.event_detail_type == "Glue Trigger EVENT") return "event";
  if (delivery.event_detail_type.starts_with(trigger_event)) return "manual";
  if (event_source == "aws.events" || event_source == "aws.scheduler") return "schedule";
  return "event";
}

std::string name_of_sender(const events::Delivery& delivery) {
  if (delivery.event_source == "aws.scheduler") return "--schedule_name";
  const bool by_trigger = delivery.event_detail_type.starts_with(trigger_event);
  return by_trigger ? "--trigger_name" : "--rule_name";
}

void put_object_facts(Arguments& arguments, const json::object& event) {
  const json::object* detail = member_object(event, "detail");
  if (detail == nullptr) return;
  if (const auto* bucket = member_object(*detail, "bucket")) {
    put(arguments, "--bucket", *bucket, "name");
  }
  const json::object* object = member_object(*detail, "object");
  if (object == nullptr) return;
  put(arguments, "--object_key", *object, "key");
  put(arguments, "--object_etag", *object, "etag");
  put(arguments, "--object_version_id", *object, "version-id");
  put(arguments, "--object_size", *object, "size");
  put(arguments, "--object_sequencer", *object, "sequencer");
}

/// What a trigger's event says of its chain (glue::Workflows).
void put_chain(Trigger& trigger, const json::object& event, const events::Delivery& delivery) {
  const json::object* detail = member_object(event, "detail");
  if (detail == nullptr) return;
  trigger.chain = json::text_or_empty(*detail, "chain");
  trigger.action = delivery.target_id;
  put(trigger.arguments, "--WORKFLOW_NAME", *detail, "workflowName");
  put(trigger.arguments, "--WORKFLOW_RUN_ID", *detail, "workflowRunId");
}

/// The keys of a batch's files as a JSON list (whole addresses if they are of several buckets);
/// nullopt if that is long.
std::optional<std::string> keys_of(const events::BatchFacts& batch) {
  if (batch.uris.size() != std::size_t(batch.files)) return std::nullopt;
  const auto bucket = batch.bucket.empty() ? "" : fmt::format("s3://{}/", batch.bucket);
  std::string keys = "[";
  for (const auto& uri : batch.uris) {
    if (keys.size() > 1) keys += ',';
    keys += json::quote(std::string_view(uri).substr(bucket.size()));
    if (keys.size() > object_keys_bytes_max) return std::nullopt;
  }
  return keys + "]";
}

/// Instead of the facts of one object, which a batch hasn't.
void put_batch_facts(Arguments& arguments, const events::BatchFacts& batch) {
  arguments["--batch_id"] = std::to_string(batch.id);
  arguments["--batch_group"] = batch.group;
  arguments["--batch_reason"] = batch.reason;
  arguments["--object_count"] = std::to_string(batch.files);
  arguments["--manifest"] = manifest_name;
  if (!batch.bucket.empty()) arguments["--bucket"] = batch.bucket;
  if (!batch.marker.empty()) arguments["--batch_marker"] = batch.marker;
  if (auto keys = keys_of(batch)) arguments["--object_keys"] = *std::move(keys);
}

bool is_reserved(std::string_view name) {
  return name == "--JOB_NAME" || name == "--JOB_RUN_ID" || name == "--JOB_ID" ||
         name == "--TempDir";
}

}  // namespace

Arguments arguments_of(const json::object& object) {
  Arguments arguments;
  for (const auto& member : object) {
    arguments.insert_or_assign(std::string(key_of(member)), value_text(member.value()));
  }
  return arguments;
}

std::string arguments_json(const Arguments& arguments) {
  std::string text = "{";
  for (const auto& [name, value] : arguments) {
    if (text.size() > 1) text += ',';
    text += json::quote(name);
    text += ':';
    text += json::quote(value);
  }
  text += '}';
  return text;
}

Arguments parse_arguments(std::string_view text) {
  const auto object = json::parse_object(text);
  return object ? arguments_of(*object) : Arguments();
}

TargetInput parse_target_input(const events::Delivery& delivery) {
  TargetInput input;
  if (delivery.input_is_event) return input;
  const auto object = json::parse_object(delivery.input);
  if (!object) return input;
  if (const auto* arguments = member_object(*object, "Arguments")) {
    input.arguments = arguments_of(*arguments);
  }
  constexpr std::array settings = {"Timeout",          "MaxCapacity",    "WorkerType",
                                   "NumberOfWorkers",  "ExecutionClass", "SecurityConfiguration",
                                   "AllocatedCapacity"};
  for (const char* name : settings) {
    if (const auto* value = object->if_contains(name)) input.settings[name] = *value;
  }
  for (const auto& member : *object) {
    if (!key_of(member).starts_with("--")) continue;
    input.arguments.insert_or_assign(std::string(key_of(member)), value_text(member.value()));
  }
  return input;
}

Trigger trigger_of(const events::Delivery& delivery) {
  Trigger trigger{.source = source_of(delivery),
                  .event_id = delivery.event_id,
                  .rule_name = delivery.rule_name,
                  .delivery = delivery.id,
                  .arguments = {}};
  Arguments& arguments = trigger.arguments;
  arguments["--trigger_source"] = trigger.source;
  if (!delivery.rule_name.empty()) arguments[name_of_sender(delivery)] = delivery.rule_name;
  if (delivery.batch) {
    put_batch_facts(arguments, *delivery.batch);
    return trigger;
  }
  arguments["--event_id"] = delivery.event_id;
  const auto event = json::parse_object(delivery.event);
  if (!event) return trigger;
  put(arguments, "--event_time", *event, "time");
  if (trigger.source == "schedule") put(arguments, "--scheduled_time", *event, "time");
  if (trigger.source == "s3_event") put_object_facts(arguments, *event);
  if (delivery.rule_arn.contains(":trigger/")) put_chain(trigger, *event, delivery);
  return trigger;
}

Arguments merge_arguments(const ArgumentLayers& layers) {
  Arguments merged = layers.fixed;
  for (const Arguments* layer : {&layers.given, &layers.trigger, &layers.defaults}) {
    merged.insert(layer->begin(), layer->end());  // What is there stays: strongest first.
  }
  return merged;
}

std::vector<std::string> make_argv(const Arguments& arguments, const ArgvFacts& facts) {
  const auto temp_dir = arguments.find("--TempDir");
  std::vector<std::string> argv = {
      "--JOB_NAME",   facts.job_name,
      "--JOB_RUN_ID", facts.run_id,
      "--JOB_ID",     facts.job_id,
      "--TempDir",    temp_dir == arguments.end() ? facts.temp_dir : temp_dir->second};
  if (!facts.is_python_shell && !arguments.contains("--job-bookmark-option")) {
    argv.insert(argv.end(), {"--job-bookmark-option", "job-bookmark-disable"});
  }
  for (const auto& [name, value] : arguments) {
    if (is_reserved(name)) continue;
    argv.push_back(name.starts_with("--") ? name : "--" + name);
    const bool is_manifest = name == "--manifest" && value == manifest_name;
    argv.push_back(is_manifest && !facts.manifest.empty() ? facts.manifest : value);
  }
  return argv;
}

}  // namespace tidemill::glue
