#include "iam/authority.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "iam/managed_policy.h"
#include "iam/role.h"
#include "iam/schema.h"
#include "iam/user.h"
#include "store/store_fixture_testing.h"

namespace tidemill::iam {
namespace {

constexpr const char* account = "000000000000";
constexpr const char* job = "arn:aws:glue:us-east-1:000000000000:job/sales";
constexpr const char* role_arn = "arn:aws:iam::000000000000:role/r";
constexpr TimeMs now{1'705'311'000'000};

std::string allow(const std::string& action, const std::string& resource = "*") {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":")" + action +
         R"(","Resource":")" + resource + R"("}]})";
}
std::string deny(const std::string& action) {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":")" + action +
         R"(","Resource":"*"}]})";
}
std::string trust(const std::string& principal) {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",)"
         R"("Principal":)" +
         principal + "}]}";
}

class AuthorityTest : public store::StoreFixture {
 protected:
  AuthorityTest() : StoreFixture(migrations) {}

  template <class Change>
  Status change(Change act) {
    return store_->write_now([&](store::Tx& tx) -> Status {
      TM_CHECK(act(tx));
      return authority_.refresh(tx);
    });
  }
  void make_role(const std::string& principal, const std::vector<std::string>& policies = {}) {
    ASSERT_TRUE(change([&](store::Tx& tx) -> Status {
      Role role{.account = account, .name = "r", .id = "AROA1", .path = "/"};
      role.trust = trust(principal);
      TM_CHECK(add_role(tx, role));
      for (std::size_t i = 0; i < policies.size(); ++i) {
        TM_CHECK(save_inline_policy(tx, role.entity(), std::to_string(i), policies[i]));
      }
      return {};
    }));
  }
  User make_user(const std::vector<std::string>& policies) {
    const User user{account, "ann", "AIDA1", "/", now};
    EXPECT_TRUE(change([&](store::Tx& tx) -> Status {
      TM_CHECK(add_user(tx, user));
      TM_CHECK(add_key(tx, user, {"AKIA1", account, "ann", Secret("s3cret"), true, now}));
      for (std::size_t i = 0; i < policies.size(); ++i) {
        TM_CHECK(save_inline_policy(tx, user.entity(), std::to_string(i), policies[i]));
      }
      return {};
    }));
    return user;
  }
  Decision decide() const {
    return authority_.decide_role(role_arn, "events.amazonaws.com", "glue:StartJobRun", job, {});
  }
  Caller session(std::string_view policy = {}) const {
    const auto keys = authority_.session_for_role(
        {.role_arn = role_arn, .name = "me", .expiration = {now.ms + 1000}, .policy = policy});
    return authority_.find(keys.access_key_id, keys.session_token, now).value().identity;
  }

  Authority authority_{{.admin_access_key_id = "AKIAADMIN",
                        .admin_secret = Secret("admin"),
                        .session_key = Secret("key")}};
};

constexpr const char* events_service = R"({"Service":"events.amazonaws.com"})";

TEST_F(AuthorityTest, RoleThatIsTrustedAndAllowedMayStartTheJob) {
  make_role(events_service, {allow("glue:StartJobRun", job)});
  EXPECT_TRUE(decide().allowed);
}

TEST_F(AuthorityTest, RoleThatDoesNotExistOrDoesNotTrustCannotBeAssumed) {
  auto decision = decide();
  EXPECT_EQ(decision.code, "FAILED_TO_ASSUME_ROLE");
  EXPECT_NE(decision.reason.find(role_arn), std::string::npos);
  make_role(R"({"Service":"glue.amazonaws.com"})", {allow("*")});
  decision = decide();
  EXPECT_FALSE(decision.allowed);
  EXPECT_EQ(decision.code, "FAILED_TO_ASSUME_ROLE");
}

TEST_F(AuthorityTest, RefusalNamesRoleActionAndResource) {
  make_role(events_service, {allow("s3:*")});
  const auto decision = decide();
  EXPECT_EQ(decision.code, "NO_PERMISSIONS");
  for (const auto* part : {role_arn, "glue:StartJobRun", job}) {
    EXPECT_NE(decision.reason.find(part), std::string::npos) << decision.reason;
  }
}

TEST_F(AuthorityTest, ExplicitDenyWins) {
  make_role(events_service, {allow("*"), deny("glue:Start*")});
  EXPECT_EQ(decide().code, "NO_PERMISSIONS");
}

TEST_F(AuthorityTest, AttachedPoliciesCountAsTheyAreNow) {
  make_role(events_service);
  const std::string arn = "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole";
  const Entity role{account, "role", "r"};
  ASSERT_TRUE(change([&](store::Tx& tx) { return attach_policy(tx, role, arn); }));
  EXPECT_TRUE(decide().allowed);
  ASSERT_TRUE(change([&](store::Tx& tx) { return detach_policy(tx, role, arn); }));
  EXPECT_FALSE(decide().allowed);
}

TEST_F(AuthorityTest, DefaultVersionOfACustomersPolicyCounts) {
  make_role(events_service);
  ManagedPolicy policy{.account = account, .name = "p", .id = "ANPA1", .path = "/"};
  ASSERT_TRUE(change([&](store::Tx& tx) -> Status {
    TM_CHECK(add_policy(tx, policy, allow("s3:*")));
    return attach_policy(tx, {account, "role", "r"}, policy.arn());
  }));
  EXPECT_FALSE(decide().allowed);
  ASSERT_TRUE(change([&](store::Tx& tx) -> Status {
    TM_TRY(const auto version, add_version(tx, policy, allow("glue:*"), now));
    return set_default_version(tx, policy, version.number);
  }));
  EXPECT_TRUE(decide().allowed);
}

TEST_F(AuthorityTest, ChangeThatIsNotCommittedDecidesNothing) {
  make_role(events_service);
  const auto failed = change([](store::Tx& tx) -> Status {
    TM_CHECK(save_inline_policy(tx, {account, "role", "r"}, "p", allow("*")));
    return fail(Errc::conflict, "after all");
  });
  EXPECT_FALSE(failed);
  EXPECT_FALSE(decide().allowed);
}

TEST_F(AuthorityTest, UsersKeyIsKnownWhileItIsActive) {
  const auto user = make_user({allow("glue:*")});
  const auto found = authority_.find("AKIA1", "", now);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->secret.reveal(), "s3cret");
  EXPECT_EQ(found->identity.arn, "arn:aws:iam::000000000000:user/ann");
  EXPECT_TRUE(authority_.authorize(found->identity, "glue:GetJob", job));
  EXPECT_FALSE(authority_.authorize(found->identity, "s3:GetObject", "*"));
  ASSERT_TRUE(change([&](store::Tx& tx) { return set_key_active(tx, user, "AKIA1", false); }));
  EXPECT_EQ(authority_.find("AKIA1", "", now).error().name, "InvalidAccessKeyId");
}

TEST_F(AuthorityTest, AdministratorMayEverythingAndStrangersNothing) {
  const auto admin = authority_.find("AKIAADMIN", "", now);
  ASSERT_TRUE(admin);
  EXPECT_TRUE(authority_.authorize(admin->identity, "iam:CreateUser", "*"));
  EXPECT_FALSE(authority_.find("AKIANOBODY", "", now));
  EXPECT_FALSE(authority_.authorize(Caller{}, "s3:ListAllMyBuckets", "*"));
}

TEST_F(AuthorityTest, SessionMayWhatItsRoleMay) {
  make_role(events_service, {allow("s3:*")});
  const auto caller = session();
  EXPECT_EQ(caller.arn, "arn:aws:sts::000000000000:assumed-role/r/me");
  EXPECT_TRUE(authority_.authorize(caller, "s3:GetObject", "*"));
  EXPECT_FALSE(authority_.authorize(caller, "glue:GetJob", "*"));
}

TEST_F(AuthorityTest, SessionPolicyNarrowsButNeverWidens) {
  make_role(events_service, {allow("s3:*")});
  const auto caller = session(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"
                              R"("Action":["s3:GetObject","glue:*"],"Resource":"*"}]})");
  EXPECT_TRUE(authority_.authorize(caller, "s3:GetObject", "*"));
  EXPECT_FALSE(authority_.authorize(caller, "s3:PutObject", "*"));
  EXPECT_FALSE(authority_.authorize(caller, "glue:GetJob", "*"));
}

TEST_F(AuthorityTest, TokensEndAndCannotBeChanged) {
  make_role(events_service, {allow("*")});
  const auto keys = authority_.session_for_role(
      {.role_arn = role_arn, .name = "me", .expiration = {now.ms + 1000}});
  const TimeMs later{now.ms + 1000};
  EXPECT_EQ(authority_.find(keys.access_key_id, keys.session_token, later).error().name,
            "ExpiredToken");
  EXPECT_EQ(authority_.find("ASIAOTHER", keys.session_token, now).error().name, "InvalidToken");
  auto raw = *from_base64(keys.session_token);
  for (const std::size_t at : {std::size_t{0}, std::size_t{31}, std::size_t{40}, raw.size() - 2}) {
    auto changed = raw;
    changed[at] = char(changed[at] ^ 1);
    EXPECT_EQ(authority_.find(keys.access_key_id, to_base64(changed), now).error().name,
              "InvalidToken")
        << at;
  }
  for (const auto* wrong : {"x", "AAAA", "%%%"}) {
    EXPECT_FALSE(authority_.find(keys.access_key_id, wrong, now)) << wrong;
  }
}

TEST_F(AuthorityTest, AssumingARoleNeedsItsTrust) {
  make_role(R"({"AWS":"arn:aws:iam::000000000000:root"})");
  make_user({});
  const auto ann = authority_.find("AKIA1", "", now)->identity;
  const auto admin = authority_.find("AKIAADMIN", "", now)->identity;
  EXPECT_EQ(authority_.assume(admin, role_arn).value(), "AROA1");
  EXPECT_EQ(authority_.assume(ann, role_arn).error().name, "AccessDenied")
      << "the account is trusted; its user must be allowed as well";
  ASSERT_TRUE(change([](store::Tx& tx) {
    return save_inline_policy(tx, {account, "user", "ann"}, "p", allow("sts:AssumeRole", role_arn));
  }));
  EXPECT_TRUE(authority_.assume(ann, role_arn));
  EXPECT_FALSE(authority_.assume(admin, "arn:aws:iam::000000000000:role/none"));
}

TEST_F(AuthorityTest, UserThatIsNamedInTheTrustNeedsNoPolicy) {
  make_role(R"({"AWS":"arn:aws:iam::000000000000:user/ann"})");
  make_user({});
  const auto ann = authority_.find("AKIA1", "", now)->identity;
  EXPECT_TRUE(authority_.assume(ann, role_arn));
  EXPECT_FALSE(authority_.assume(authority_.find("AKIAADMIN", "", now)->identity, role_arn));
}

TEST_F(AuthorityTest, ServiceMustBeTrusted) {
  make_role(R"({"Service":"glue.amazonaws.com"})");
  EXPECT_TRUE(authority_.may_assume(role_arn, "glue.amazonaws.com"));
  EXPECT_FALSE(authority_.may_assume(role_arn, "events.amazonaws.com"));
  EXPECT_FALSE(authority_.may_assume("arn:aws:iam::000000000000:role/none", "glue.amazonaws.com"));
}

TEST_F(AuthorityTest, WhatIsInUseIsNotDeleted) {
  make_role(events_service, {allow("*")});
  const auto user = make_user({});
  const auto refused = [&](auto act) {
    const auto done = change(act);
    return done ? std::string("done") : done.error().name;
  };
  EXPECT_EQ(refused([](store::Tx& tx) -> Status {
              TM_TRY(const auto role, require_role(tx, account, "r"));
              return remove_role(tx, role);
            }),
            "DeleteConflict");
  EXPECT_EQ(refused([&](store::Tx& tx) { return remove_user(tx, user); }), "DeleteConflict");
  EXPECT_EQ(refused([&](store::Tx& tx) -> Status {
              const AccessKey second{"AKIA2", account, "ann", Secret("b"), true, now};
              const AccessKey third{"AKIA3", account, "ann", Secret("c"), true, now};
              TM_CHECK(add_key(tx, user, second));
              return add_key(tx, user, third);
            }),
            "LimitExceeded");
}

TEST_F(AuthorityTest, a_resources_own_policy_counts_beside_the_callers) {
  constexpr const char* queue = "arn:aws:sqs:us-east-1:000000000000:q";
  const auto of = [](const std::string& effect, const std::string& who) {
    return Policy::parse(R"({"Statement":[{"Effect":")" + effect + R"(","Principal":)" + who +
                             R"(,"Action":"SQS:SendMessage","Resource":")" + queue + R"("}]})",
                         Policy::Kind::resource)
        .value();
  };
  ASSERT_NO_FATAL_FAILURE(make_role(R"({"AWS":"*"})"));
  Caller caller;
  caller.kind = Caller::Kind::role_session;
  caller.scope.account = account;
  caller.arn = "arn:aws:sts::000000000000:assumed-role/r/s";
  caller.role_arn = role_arn;
  const auto may = [&](const Policy& policy) {
    return authority_.authorize(caller, "sqs:SendMessage", queue, policy).has_value();
  };
  EXPECT_FALSE(may(Policy()));
  EXPECT_TRUE(may(of("Allow", R"("*")")));
  EXPECT_TRUE(may(of("Allow", R"({"AWS":"arn:aws:iam::000000000000:role/r"})")));
  EXPECT_TRUE(may(of("Allow", R"({"AWS":"000000000000"})")));
  EXPECT_FALSE(may(of("Allow", R"({"AWS":"111111111111"})")));
  caller.scope.account = "111111111111";
  EXPECT_FALSE(may(of("Allow", R"("*")"))) << "another account's caller needs its own policy too";
  caller.scope.account = account;
  caller.kind = Caller::Kind::anonymous;
  EXPECT_TRUE(may(of("Allow", R"("*")")));
  EXPECT_FALSE(may(Policy()));
  caller.kind = Caller::Kind::root;
  EXPECT_TRUE(may(of("Deny", R"("*")"))) << "the account's owner can't lock himself out";
}

TEST_F(AuthorityTest, a_resources_own_policy_excepts_whom_not_principal_names) {
  constexpr const char* queue = "arn:aws:sqs:us-east-1:000000000000:q";
  const auto but_ann = [](const std::string& effect) {
    return Policy::parse(
               R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:Purge*"},)"
               R"({"Effect":")" +
                   effect +
                   R"(","NotPrincipal":{"AWS":)"
                   R"("arn:aws:iam::000000000000:user/ann"},"Action":"sqs:*"}]})",
               Policy::Kind::resource)
        .value();
  };
  Caller caller;
  caller.kind = Caller::Kind::user;
  caller.scope.account = account;
  const auto may = [&](const std::string& user, std::string_view action, const Policy& policy) {
    caller.arn = "arn:aws:iam::000000000000:user/" + user;
    return authority_.authorize(caller, action, queue, policy).has_value();
  };
  EXPECT_TRUE(may("ann", "sqs:PurgeQueue", but_ann("Deny")));
  EXPECT_FALSE(may("bob", "sqs:PurgeQueue", but_ann("Deny")));
  EXPECT_FALSE(may("ann", "sqs:SendMessage", but_ann("Allow")));
  EXPECT_TRUE(may("bob", "sqs:SendMessage", but_ann("Allow")));
}

}  // namespace
}  // namespace tidemill::iam
