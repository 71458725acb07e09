#include "oci/tag_order.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace davit::oci {
namespace {

TEST(TagOrder, VersionsHighestFirstThenNamesThenLatest) {
  EXPECT_EQ(in_version_order({"latest", "1.9.0", "main", "1.10.0", "v1.10.0", "1.10.0-rc.1", "3.10", "2.0.0", "3.9",
                              "3", "sha256-00", "1.10.0-rc.10", "edge", "2"}),
            (std::vector<std::string>{"2.0.0", "1.10.0", "v1.10.0", "1.10.0-rc.10", "1.10.0-rc.1", "1.9.0", "2", "3",
                                      "3.9", "3.10", "edge", "main", "sha256-00", "latest"}));
}

TEST(TagOrder, NumbersOfAnyLengthAndLeadingZeros) {
  EXPECT_EQ(in_version_order({"build-100000000000000000000000", "build-99999999999999999999999", "build-007", "build-7",
                              "build-07", "build-", "build"}),
            (std::vector<std::string>{"build", "build-", "build-007", "build-07", "build-7",
                                      "build-99999999999999999999999", "build-100000000000000000000000"}));
}

RC_GTEST_PROP(TagOrder, IsOneOrderWhateverTheRegistrysOrderIs, ()) {
  const auto part = rc::gen::element<std::string>("0", "1", "10", "9", "07", ".", "-", "v", "a", "rc", "latest");
  auto tags = *rc::gen::container<std::vector<std::string>>(
      rc::gen::map(rc::gen::container<std::vector<std::string>>(part), [](const std::vector<std::string>& parts) {
        std::string tag;
        for (const auto& one : parts) tag += one;
        return tag;
      }));
  const auto ordered = in_version_order(tags);
  std::reverse(tags.begin(), tags.end());
  RC_ASSERT(in_version_order(tags) == ordered);
  RC_ASSERT(in_version_order(ordered) == ordered);
  RC_ASSERT(std::is_permutation(tags.begin(), tags.end(), ordered.begin(), ordered.end()));
}

}  // namespace
}  // namespace davit::oci
