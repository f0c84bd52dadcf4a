/// Workflows as the targets of rules: arn:aws:glue:REGION:ACCOUNT:workflow/NAME. An event goes to
/// the workflow's EVENT trigger; the outcome is the id of the run that it starts, or will.
#pragma once

#include "events/target.h"
#include "glue/workflow/workflows.h"

namespace tidemill::glue {

/// Commit thread. `workflows` outlives it.
class WorkflowTarget final : public events::Target {
 public:
  explicit WorkflowTarget(Workflows& workflows) : workflows_(workflows) {}

  [[nodiscard]] bool takes(const Arn& arn) const override {
    return arn.service == "glue" && arn.resource.starts_with("workflow/");
  }
  [[nodiscard]] std::string_view action() const override { return "glue:notifyEvent"; }
  Result<events::Outcome> apply(store::Tx& tx, const events::Delivery& delivery) override {
    return workflows_.take(tx, delivery);
  }

 private:
  Workflows& workflows_;
};

}  // namespace tidemill::glue
