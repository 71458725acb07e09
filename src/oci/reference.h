#pragma once
// Names of images, by the grammar of distribution's reference package:
//   [domain[:port]/]path[:tag][@digest]
// Short names are Docker Hub's: "alpine" is docker.io/library/alpine. Pure values, always valid.

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "oci/digest.h"

namespace davit::oci {

// A registry's host[:port] and a path in it, normalised.
class RepositoryName {
 public:
  // "alpine", "team/app", "127.0.0.1:5000/team/app". Throws Error(kInvalidArgument) with docker's words
  // ("invalid reference format", "invalid reference format: repository name (library/BAD) must be lowercase").
  static RepositoryName parse(std::string_view text);

  const std::string& domain() const { return domain_; }  // "docker.io"
  const std::string& path() const { return path_; }      // "library/alpine"
  std::string text() const { return domain_ + "/" + path_; }
  std::string familiar() const;  // as users write it: "alpine", "team/app", "127.0.0.1:5000/team/app"

  auto operator<=>(const RepositoryName&) const = default;

 private:
  friend class Reference;
  std::string domain_;
  std::string path_;
};

// Whose words a name with capitals is refused in. docker's client names the repository ("… repository name
// (library/BAD) must be lowercase"), its daemon does not; which of them parses depends on the command: pull and tag the
// client, rmi the daemon.
enum class Words { kClient, kDaemon };

class Reference {
 public:
  // Throws Error(kInvalidArgument) with docker's words.
  static Reference parse(std::string_view text, Words words = Words::kClient);
  // The same, and "latest" where neither tag nor digest is given.
  static Reference parse_tagged(std::string_view text, Words words = Words::kClient);
  static Reference with_tag(RepositoryName repository, std::string tag);
  static Reference with_digest(RepositoryName repository, Digest digest);

  const RepositoryName& repository() const { return repository_; }
  const std::optional<std::string>& tag() const { return tag_; }
  const std::optional<Digest>& digest() const { return digest_; }
  std::string text() const;      // normalised, in full: "docker.io/library/alpine:3"
  std::string familiar() const;  // "alpine:3"

  auto operator<=>(const Reference&) const = default;

 private:
  RepositoryName repository_;
  std::optional<std::string> tag_;
  std::optional<Digest> digest_;
};

bool is_valid_tag(std::string_view text);  // [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}

// A reference with davit's history suffix: "name:tag@{2}" is what the tag meant two moves ago.
struct HistoryReference {
  Reference reference;  // has a tag
  unsigned index = 0;
};
// Nothing when the text does not end in "@{…}"; throws Error(kInvalidArgument) when it does but is malformed.
std::optional<HistoryReference> parse_history_reference(std::string_view text);

}  // namespace davit::oci
