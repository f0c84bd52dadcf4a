// The command line of rules, deliveries and backfill.
#include <iostream>

#include "cli/given.h"

namespace tidemill::cli {
namespace {

void add_since(CLI::App& command, Given& given) {
  command
      .add_option("--since", given.deliveries.since,
                  "From when: 15m, 2h or 7d ago, or 2024-01-15T09:30:00Z")
      ->type_name("T")
      ->required();
  command.add_option("--until", given.deliveries.until, "Until when [now]")->type_name("T");
}

void add_test(CLI::App& rules, Given& given) {
  auto* test = rules.add_subcommand("test", "Match an event against a pattern, without a server");
  test->add_option("--pattern", given.pattern, "The pattern's JSON, or @FILE");
  test->add_option("--event", given.event, "The event's JSON, or @FILE");
  test->add_flag("--jsonl", given.jsonl, "Answer questions from standard input, a line each");
  test->add_flag("--strict-aws", given.strict_aws, "Refuse what AWS refuses");
  test->footer(
      "Example: tidemill rules test --pattern '{\"source\":[\"aws.s3\"]}' --event @event.json\n");
  test->callback([&given] {
    given.action = [&given] {
      if (given.jsonl) return rules_jsonl(given.strict_aws);
      if (given.pattern.empty() || given.event.empty()) {
        std::cerr << "tidemill: rules test needs --pattern and --event, or --jsonl\n";
        return exit_wrong_use;
      }
      return report(rules_test(given.pattern, given.event, given.strict_aws));
    };
  });
}

void add_list(CLI::App& deliveries, Given& given) {
  auto* list = add_query(deliveries, "list", "List deliveries, the newest first", given);
  list->add_option("--rule", given.deliveries.rule, "Only this rule's")->type_name("NAME");
  list->add_option("--state", given.deliveries.state, "Only those in this state")
      ->type_name("STATE")
      ->check(CLI::IsMember({"done", "pending", "failed", "skipped", "batched"}));
  add_max(*list, given);
  list->footer("Example: tidemill deliveries list --state failed\n");
  does(*list, given, [&given] { return deliveries_list(given.query, given.deliveries); });
}

void add_show(CLI::App& deliveries, Given& given) {
  auto* show = add_query(deliveries, "show", "Show a delivery and every try of it", given);
  show->add_option("ID", given.deliveries.id, "Its number, as deliveries list shows it")
      ->required();
  show->footer("Example: tidemill deliveries show 42\n");
  does(*show, given, [&given] { return deliveries_show(given.query, given.deliveries); });
}

void add_close(CLI::App& deliveries, Given& given) {
  auto* close = add_query(deliveries, "close",
                          "Close the open batch of files that a delivery is in, now", given);
  close->add_option("ID", given.deliveries.id, "The delivery's number, as deliveries list shows it")
      ->required();
  close->footer("Example: tidemill deliveries close 42\n");
  does(*close, given, [&given] { return deliveries_close(given.query, given.deliveries); });
}

void add_redrive(CLI::App& deliveries, Given& given) {
  auto* redrive =
      add_query(deliveries, "redrive",
                "Try failed deliveries again, once their rule, target or role is mended", given);
  auto* which = redrive->add_option_group("which", "One of");
  which->add_option("ID", given.deliveries.id, "This one");
  which->add_option("--rule", given.deliveries.rule, "All failed ones of this rule")
      ->type_name("NAME");
  which->add_flag("--all", given.deliveries.all, "All failed ones");
  which->require_option(1);
  redrive->footer("Example: tidemill deliveries redrive --rule dev-sales_file_trigger\n");
  does(*redrive, given, [&given] { return deliveries_redrive(given.query, given.deliveries); });
}

void add_replay(CLI::App& deliveries, Given& given) {
  auto* replay =
      add_query(deliveries, "replay",
                "Publish the events of the past that match a rule again, to it alone", given);
  replay->add_option("--rule", given.deliveries.rule, "The rule")->type_name("NAME")->required();
  add_bus(*replay, given);
  add_since(*replay, given);
  replay->add_flag("--dry-run", given.deliveries.dry_run, "Only show which");
  replay->footer("Example: tidemill deliveries replay --rule dev-sales_file_trigger --since 2h\n");
  does(*replay, given, [&given] { return deliveries_replay(given.query, given.deliveries); });
}

void add_backfill(CLI::App& app, Given& given) {
  auto* command =
      add_query(app, "backfill",
                "Objects that match a rule and never reached it: list and start them", given);
  command->add_option("RULE", given.deliveries.rule, "The rule's name")->required();
  add_bus(*command, given);
  add_max(*command, given);
  command->add_flag("--dry-run", given.deliveries.dry_run, "Only list them");
  command->add_flag("--yes", given.deliveries.yes, "Start them without asking");
  command->footer("Example: tidemill backfill dev-sales_file_trigger\n");
  does(*command, given, [&given] { return backfill(given.query, given.deliveries); });
}

}  // namespace

void add_rules(CLI::App& app, Given& given) {
  auto* rules = add_group(app, "rules", "Event patterns");
  add_test(*rules, given);
  auto* attempt = add_query(
      *rules, "try", "What a pattern would have matched, and how that differs from a rule", given);
  attempt->add_option("PATTERN", given.deliveries.pattern, "The pattern's JSON, or @FILE")
      ->required();
  attempt->add_option("--rule", given.deliveries.rule, "Compare with this rule's pattern")
      ->type_name("NAME");
  add_bus(*attempt, given);
  add_since(*attempt, given);
  add_max(*attempt, given);
  attempt->footer("Example: tidemill rules try '{\"source\":[\"aws.s3\"]}' --since 7d\n");
  does(*attempt, given, [&given] { return rules_try(given.query, given.deliveries); });
  auto* lint = add_query(*rules, "lint",
                         "Rules that overlap, loop or never match, targets that can't start; exit "
                         "code 1 if there is more than notes",
                         given);
  add_bus(*lint, given);
  lint->footer("Example: tidemill rules lint --data ./data\n");
  does(*lint, given, [&given] { return rules_lint(given.query); });
}

void add_deliveries(CLI::App& app, Given& given) {
  auto* deliveries = add_group(app, "deliveries", "What rules sent to their targets");
  add_list(*deliveries, given);
  add_show(*deliveries, given);
  add_close(*deliveries, given);
  add_redrive(*deliveries, given);
  add_replay(*deliveries, given);
  add_backfill(app, given);
}

}  // namespace tidemill::cli
