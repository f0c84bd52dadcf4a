/// ARNs that leave the account out. Terraform's provider with skip_requesting_account_id doesn't
/// know it, and makes ARNs like arn:aws:glue:us-east-1::job/etl; they mean the account of whoever
/// says them. Pure.
#pragma once

#include <string>
#include <string_view>

namespace tidemill {

/// `text` with `account` in its place where it is an ARN, or the pattern of one, that names a
/// region and no account; else as it is. What has no region (S3's, universal targets') needs no
/// account.
[[nodiscard]] std::string own_arn(std::string_view text, std::string_view account);

}  // namespace tidemill
