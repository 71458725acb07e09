#include "transfer/upload_progress.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace davit::transfer {
namespace {

constexpr std::uint64_t kSize = 10'000'000;

// Writes down what it is told.
class Told final : public Progress {
 public:
  void message(const std::string& line) override { lines.push_back(line); }
  void layer(const oci::Digest&, LayerStatus status, const std::string& detail) override {
    lines.push_back(name(status) + (detail.empty() ? "" : " " + detail));
  }
  void bytes(const oci::Digest&, LayerStatus phase, std::uint64_t done, std::uint64_t total) override {
    lines.push_back(name(phase) + " " + std::to_string(done) + "/" + std::to_string(total));
  }
  std::vector<std::string> lines;

 private:
  static std::string name(LayerStatus status) {
    switch (status) {
      case LayerStatus::kPushing:
        return "pushing";
      case LayerStatus::kPushed:
        return "pushed";
      case LayerStatus::kMountedFrom:
        return "mounted from";
      case LayerStatus::kLayerAlreadyExists:
        return "already exists";
      default:
        return "?";
    }
  }
};

class UploadProgressTest : public testing::Test {
 protected:
  Told told_;
  oci::Digest layer_ = oci::Digest::parse("sha256:" + std::string(64, 'a'));
  UploadProgress upload_{told_, layer_, kSize, {.under_way = LayerStatus::kPushing, .done = LayerStatus::kPushed}};
};

TEST_F(UploadProgressTest, TellsPiecesANewTryAndTheEnd) {
  upload_.sent(4'000'000);
  upload_.sent(-4'000'000);
  upload_.sent(10'000'000);
  upload_.ended(remote::UploadResult::kUploaded, std::nullopt);
  EXPECT_EQ(told_.lines, (std::vector<std::string>{"pushing 0/10000000", "pushing 4000000/10000000",
                                                   "pushing 0/10000000", "pushing 10000000/10000000", "pushed"}));
}

TEST_F(UploadProgressTest, GoesNotBelowZero) {
  upload_.sent(1'000'000);
  upload_.sent(-2'000'000);
  EXPECT_EQ(told_.lines.back(), "pushing 0/10000000");
}

TEST_F(UploadProgressTest, OfWhatIsNotSentTellsTheEndAlone) {
  upload_.ended(remote::UploadResult::kMounted, oci::RepositoryName::parse("localhost:5000/base/os"));
  upload_.ended(remote::UploadResult::kAlreadyThere, std::nullopt);
  EXPECT_EQ(told_.lines, (std::vector<std::string>{"mounted from base/os", "already exists"}));
}

}  // namespace
}  // namespace davit::transfer
