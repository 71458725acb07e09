// registry_pusher ADDRESS REPOSITORY CONNECTIONS SIZE SECONDS: pushes fresh blobs of SIZE bytes, each by POST and PUT.
//
// A blob is one block of random bytes with a trailer of its own, so that its digest costs one block of SHA-256: the
// hash of what all have in common is kept.
#include <cstring>
#include <memory>
#include <random>
#include <string>

#include <openssl/evp.h>

#include "clients.h"
#include "program.h"

namespace {

using namespace load;

using Hash = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Hash new_hash() { return {EVP_MD_CTX_new(), &EVP_MD_CTX_free}; }

std::string hex(const unsigned char* bytes, unsigned size) {
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

// Blobs that no registry has seen.
class Blobs {
 public:
  static constexpr std::size_t trailer_size = 16;

  explicit Blobs(std::size_t size) : common_(size - trailer_size, '\0'), hash_(new_hash()) {
    std::random_device seed;
    std::mt19937_64 random(seed());
    for (std::size_t at = 0; at < common_.size(); at += sizeof(std::uint64_t)) {
      const std::uint64_t value = random();
      std::memcpy(&common_[at], &value, std::min(sizeof value, common_.size() - at));
    }
    EVP_DigestInit_ex(hash_.get(), EVP_sha256(), nullptr);
    EVP_DigestUpdate(hash_.get(), common_.data(), common_.size());
  }

  std::string_view common() const { return common_; }

  static std::string trailer(std::uint64_t thread, std::uint64_t number) {
    std::string text(trailer_size, '\0');
    std::memcpy(&text[0], &thread, 8);
    std::memcpy(&text[8], &number, 8);
    return text;
  }

  std::string digest(std::string_view trailer) const {
    const Hash hash = new_hash();
    EVP_MD_CTX_copy_ex(hash.get(), hash_.get());
    EVP_DigestUpdate(hash.get(), trailer.data(), trailer.size());
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(hash.get(), bytes, &size);
    return "sha256:" + hex(bytes, size);
  }

 private:
  std::string common_;
  Hash hash_;
};

int run(int argc, char** argv) {
  if (argc != 6) throw std::runtime_error("usage: registry_pusher ADDRESS REPOSITORY CONNECTIONS SIZE SECONDS");
  const std::string address = argv[1];
  const std::size_t size = std::stoull(argv[4]);
  const Blobs blobs(size);
  const std::string host = "Host: " + address + "\r\n";
  const std::string post =
      "POST /v2/" + std::string(argv[2]) + "/blobs/uploads/ HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n";
  std::atomic<std::uint64_t> next = 0;
  const auto end = Clock::now() + std::chrono::duration<double>(std::stod(argv[5]));
  Figures figures = clients(parse_address(address), std::stoi(argv[3]), [&](Connection& connection, int thread) {
    if (Clock::now() >= end) return false;
    const std::string trailer = Blobs::trailer(static_cast<std::uint64_t>(thread), next++);
    connection.send(post);
    const std::string location = connection.expect(202).location;
    const std::string put = "PUT " + location + (location.find('?') == location.npos ? '?' : '&') +
                            "digest=" + blobs.digest(trailer) + " HTTP/1.1\r\n" + host +
                            "Content-Type: application/octet-stream\r\nContent-Length: " + std::to_string(size) +
                            "\r\n\r\n";
    const std::string_view parts[] = {put, blobs.common(), trailer};
    connection.send(parts);
    connection.expect(201);
    return true;
  });
  figures.print();
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return load::program(argc, argv, run); }
