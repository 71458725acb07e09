#include "config/host_certificates.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"

namespace davit::config {
namespace {

namespace fs = base::fs;

class HostCertificatesTest : public testing::Test {
 protected:
  void add(const std::string& name) {
    const std::filesystem::path path = folder_.path() / name;
    fs::make_directories(path.parent_path());
    fs::write_file(path, "x");
  }
  std::vector<std::filesystem::path> folders() { return {folder_.path() / "first", folder_.path() / "second"}; }
  std::string refusal() {
    try {
      find_certificates(folders(), "r.example:5000");
    } catch (const base::Error& e) {
      return e.message().substr(0, e.message().find(" ("));
    }
    return "accepted";
  }
  fs::TemporaryDirectory folder_{testing::TempDir()};
};

TEST_F(HostCertificatesTest, NoFolderMeansNone) {
  add("first/other/ca.crt");
  EXPECT_TRUE(find_certificates(folders(), "r.example:5000").authorities.empty());
}

TEST_F(HostCertificatesTest, AuthoritiesByNameAndOnePair) {
  for (const char* name : {"b.crt", "a.crt", "client.cert", "client.key", "README"})
    add(std::string("second/r.example:5000/") + name);
  const auto found = find_certificates(folders(), "r.example:5000");
  ASSERT_EQ(found.authorities.size(), 2U);
  EXPECT_EQ(found.authorities[0].filename(), "a.crt");
  EXPECT_EQ(found.certificate.filename(), "client.cert");
  EXPECT_EQ(found.key.filename(), "client.key");
}

TEST_F(HostCertificatesTest, TheFirstFolderThatHasTheHostCounts) {
  add("first/r.example:5000/one.crt");
  add("second/r.example:5000/two.crt");
  const auto found = find_certificates(folders(), "r.example:5000");
  ASSERT_EQ(found.authorities.size(), 1U);
  EXPECT_EQ(found.authorities[0].filename(), "one.crt");
}

TEST_F(HostCertificatesTest, HalfAPairIsRefusedInDockersWords) {
  add("first/r.example:5000/client.cert");
  EXPECT_EQ(refusal(),
            "missing key client.key for client certificate client.cert. Note that CA certificates should use the "
            "extension .crt");
  add("first/r.example:5000/client.key");
  EXPECT_EQ(refusal(), "accepted");
  add("first/r.example:5000/z.key");
  EXPECT_EQ(refusal(), "Missing client certificate z.cert for key z.key");
}

}  // namespace
}  // namespace davit::config
