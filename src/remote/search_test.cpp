#include "remote/search.h"

#include "remote/test_support.h"

namespace davit::remote {
namespace {

using base::Code;

class Search : public RemoteTest {
 protected:
  std::vector<FoundRepository> answer(Reply reply) {
    server.on("GET", "/v1/search", {std::move(reply)});
    RegistryClient registry = client();
    return search(registry, "a b", 7);
  }
};

TEST_F(Search, ReadsWhatIsFound) {
  const auto found = answer({.body = R"({"num_results":2,"results":[
    {"name":"library/alpine","description":"small","star_count":9,"is_official":true,"is_automated":false},
    {"name":"team/app","description":null}]})"});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "library/alpine");
  EXPECT_EQ(found[0].stars, 9);
  EXPECT_TRUE(found[0].official);
  EXPECT_FALSE(found[0].automated);
  EXPECT_EQ(found[1].description, "");
  EXPECT_EQ(server.requests().at(0).query, "q=a%20b&n=7");
}

TEST_F(Search, ARegistryWithoutItSaysSo) {
  for (const Reply& reply : {Reply{.status = 404}, Reply{.body = "<html>"}, Reply{.body = "{}"}}) {
    const auto error = error_of([&] { answer(reply); });
    EXPECT_EQ(error.code(), Code::kNotSupported);
    EXPECT_EQ(error.message().rfind(server.host() + " has no search: Get \"http://", 0), 0U) << error.message();
  }
  EXPECT_EQ(error_of([&] { answer({.status = 403}); }).code(), Code::kPermissionDenied);
}

}  // namespace
}  // namespace davit::remote
