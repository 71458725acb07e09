#include "auth/credentials.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/strings.h"

namespace davit::auth {
namespace {

namespace fs = base::fs;

class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() : folder_(testing::TempDir()), file_(folder_.path() / "config.json"), store_(file_) {}
  void write(std::string_view text) { fs::write_file(file_, text); }
  std::string read() { return fs::read_file(file_); }

  fs::TemporaryDirectory folder_;
  std::filesystem::path file_;
  CredentialStore store_;
};

TEST_F(CredentialsTest, a_missing_file_holds_none) {
  EXPECT_EQ(store_.find("reg.example"), std::nullopt);
  EXPECT_FALSE(store_.erase("reg.example"));
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(CredentialsTest, what_was_saved_is_found_and_the_file_is_private) {
  store_.save("127.0.0.1:5001", {"alice", "se:cret", ""});
  EXPECT_EQ(store_.find("127.0.0.1:5001"), (Credentials{"alice", "se:cret", ""}));
  EXPECT_EQ(store_.find("127.0.0.1:5002"), std::nullopt);
  EXPECT_EQ(fs::File::open(file_).status().st_mode & 07777, 0600u);
  EXPECT_NE(read().find("\"auth\": \"" + base::to_base64("alice:se:cret") + "\""), std::string::npos);
}

TEST_F(CredentialsTest, the_file_is_laid_out_as_docker_does) {
  store_.save("127.0.0.1:5001", {"alice", "secret", ""});
  EXPECT_EQ(read(),
            "{\n\t\"auths\": {\n\t\t\"127.0.0.1:5001\": {\n\t\t\t\"auth\": \"YWxpY2U6c2VjcmV0\"\n\t\t}\n\t}\n}\n");
}

TEST_F(CredentialsTest, other_keys_keep_their_values_and_order) {
  write(
      R"({"HttpHeaders":{"X":"1"},"auths":{"a.example":{"auth":"YTpi","email":"x@y"}},"detachKeys":"ctrl-e,e","n":[1,2.5,null,{}]})");
  store_.save("b.example", {"u", "p", ""});
  EXPECT_TRUE(store_.erase("b.example"));
  EXPECT_EQ(store_.find("a.example"), (Credentials{"a", "b", ""}));
  const std::string text = read();
  EXPECT_NE(text.find("\"email\": \"x@y\""), std::string::npos);
  EXPECT_LT(text.find("HttpHeaders"), text.find("auths"));
  EXPECT_LT(text.find("auths"), text.find("detachKeys"));
  EXPECT_NE(text.find("2.5"), std::string::npos);
}

TEST_F(CredentialsTest, docker_io_has_the_key_of_old) {
  EXPECT_EQ(server_key("docker.io"), "https://index.docker.io/v1/");
  EXPECT_EQ(server_key("reg.example:5000"), "reg.example:5000");
  store_.save("docker.io", {"alice", "secret", ""});
  EXPECT_NE(read().find("https://index.docker.io/v1/"), std::string::npos);
  EXPECT_EQ(store_.find("docker.io"), (Credentials{"alice", "secret", ""}));
}

TEST_F(CredentialsTest, a_key_with_scheme_and_path_means_its_host) {
  write(R"({"auths":{"https://reg.example:5000/v1/":{"auth":"YTpi"},"http://other.example":{"auth":"Yzpk"}}})");
  EXPECT_EQ(store_.find("reg.example:5000"), (Credentials{"a", "b", ""}));
  EXPECT_EQ(store_.find("other.example"), (Credentials{"c", "d", ""}));
  EXPECT_EQ(store_.find("reg.example"), std::nullopt);
  EXPECT_TRUE(store_.erase("reg.example:5000"));
  EXPECT_EQ(store_.find("reg.example:5000"), std::nullopt);
}

TEST_F(CredentialsTest, an_identity_token_is_kept_beside_the_name) {
  store_.save("reg.example", {"alice", "not-kept", "token"});
  EXPECT_EQ(store_.find("reg.example"), (Credentials{"alice", "", "token"}));
  EXPECT_EQ(read().find(base::to_base64("alice:not-kept")), std::string::npos);
  store_.save("reg.example", {"alice", "secret", ""});
  EXPECT_EQ(store_.find("reg.example"), (Credentials{"alice", "secret", ""}));
}

TEST_F(CredentialsTest, an_entry_emptied_by_a_helper_holds_none) {
  write(R"({"auths":{"reg.example":{}}})");
  EXPECT_EQ(store_.find("reg.example"), std::nullopt);
}

TEST_F(CredentialsTest, a_registry_token_is_read_and_goes_with_the_next_login) {
  write(R"({"auths":{"reg.example":{"registrytoken":"bearer"}}})");
  EXPECT_EQ(store_.find("reg.example"), (Credentials{"", "", "", "bearer"}));
  store_.save("reg.example", {"alice", "secret", ""});
  EXPECT_EQ(store_.find("reg.example"), (Credentials{"alice", "secret", ""}));
}

TEST_F(CredentialsTest, the_hosts_own_helper_goes_before_the_common_one) {
  write(
      R"({"credsStore":"all","credHelpers":{"own.example":"own","https://index.docker.io/v1/":"hub","file.example":""}})");
  EXPECT_EQ(store_.helper_program("own.example"), "docker-credential-own");
  EXPECT_EQ(store_.helper_program("docker.io"), "docker-credential-hub");
  EXPECT_EQ(store_.helper_program("file.example"), std::nullopt);
  EXPECT_EQ(store_.helper_program("other.example"), "docker-credential-all");
}

TEST_F(CredentialsTest, malformed_files_are_named_and_their_secrets_are_not) {
  for (const char* text : {"{", "[]", R"({"auths":[]})", R"({"auths":{"r":1}})",
                           R"({"auths":{"r":{"auth":"c2VjcmV0"}}})", R"({"auths":{"r":{"auth":"!secret!"}}})"}) {
    write(text);
    try {
      store_.find("r");
      FAIL() << text;
    } catch (const base::Error& e) {
      EXPECT_EQ(e.code(), base::Code::kInvalidArgument);
      EXPECT_NE(e.message().find(file_.string()), std::string::npos) << e.message();
      EXPECT_EQ(e.message().find("secret"), std::string::npos) << e.message();
    }
  }
}

TEST_F(CredentialsTest, a_malformed_file_is_not_replaced_by_save) {
  write("{ not json");
  EXPECT_THROW(store_.save("r", {"a", "b", ""}), base::Error);
  EXPECT_EQ(read(), "{ not json");
}

TEST_F(CredentialsTest, a_symbolic_link_stays_one) {
  fs::make_directory(folder_.path() / "elsewhere");
  fs::symbolic_link("elsewhere/config.json", file_);
  store_.save("r", {"a", "b", ""});
  EXPECT_TRUE(fs::read_link(file_).has_value());
  EXPECT_TRUE(fs::exists(folder_.path() / "elsewhere" / "config.json"));
  EXPECT_EQ(store_.find("r"), (Credentials{"a", "b", ""}));
}

TEST_F(CredentialsTest, a_missing_folder_is_made) {
  CredentialStore store(folder_.path() / "new" / "config.json");
  store.save("r", {"a", "b", ""});
  EXPECT_EQ(store.find("r"), (Credentials{"a", "b", ""}));
}

}  // namespace
}  // namespace davit::auth
