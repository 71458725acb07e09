#include "runtime/capabilities.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace davit::runtime {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Capabilities, UnknownOnesAreRefusedInDockersWords) {
  const auto message = [](const CapabilityChanges& changes) -> std::string {
    try {
      changed_capabilities(changes);
    } catch (const base::Error& error) {
      return error.message();
    }
    return "accepted";
  };
  EXPECT_EQ(message({.add = {"NOSUCH"}}), "invalid CapAdd: unknown capability: \"CAP_NOSUCH\"");
  EXPECT_EQ(message({.drop = {"cap_nosuch"}}), "invalid CapDrop: unknown capability: \"CAP_NOSUCH\"");
  EXPECT_EQ(message({.add = {""}}), "invalid CapAdd: unknown capability: \"CAP_\"");
  EXPECT_EQ(message({.privileged = true, .add = {"NOSUCH"}}), "invalid CapAdd: unknown capability: \"CAP_NOSUCH\"");
}

TEST(Capabilities, AnyFormOfANameWillDo) {
  EXPECT_THAT(normalized_capabilities({"net_admin", "CAP_CHOWN", "all", "cap_sys_ptrace"}, "CapAdd"),
              ElementsAre("CAP_NET_ADMIN", "CAP_CHOWN", "ALL", "CAP_SYS_PTRACE"));
}

TEST(Capabilities, AddedAndDroppedChangeTheDefaultOnes) {
  EXPECT_EQ(changed_capabilities({}), default_capabilities());
  const auto changed = changed_capabilities({.add = {"NET_ADMIN", "CHOWN"}, .drop = {"NET_RAW"}});
  EXPECT_EQ(changed.size(), 14U);
  EXPECT_THAT(changed, Contains("CAP_NET_ADMIN"));
  EXPECT_THAT(changed, Not(Contains("CAP_NET_RAW")));
}

TEST(Capabilities, AllIsAllAndNoneButTheAddedWhenDropped) {
  EXPECT_THAT(changed_capabilities({.add = {"CAP_NET_ADMIN"}, .drop = {"all"}}), ElementsAre("CAP_NET_ADMIN"));
  EXPECT_THAT(changed_capabilities({.drop = {"ALL"}}), IsEmpty());
  EXPECT_EQ(changed_capabilities({.add = {"ALL"}, .drop = {"SYS_RESOURCE"}}).size(), all_capabilities().size() - 1);
  EXPECT_EQ(changed_capabilities({.add = {"ALL"}, .drop = {"ALL"}}), all_capabilities());
  EXPECT_EQ(changed_capabilities({.privileged = true, .drop = {"ALL"}}), all_capabilities());
}

TEST(Capabilities, HaveTheKernelsNumbers) {
  EXPECT_EQ(capability_number("CAP_CHOWN"), 0);
  EXPECT_EQ(capability_number("CAP_CHECKPOINT_RESTORE"), 40);
  EXPECT_EQ(capability_number("CHOWN"), -1);
}

}  // namespace
}  // namespace davit::runtime
