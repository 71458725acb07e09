#pragma once
// What the registry knows but for bytes: which repository holds which blobs and manifests, and what its tags mean. An
// interface, so that another database may stand behind it (tests/contract/metadata_test.cpp is what it must do). Safe
// for use by several threads and, as a store, by several processes. Repository names are valid ones.
//
// Manifests are kept here with their bytes: they are small, and a push is then one durable step.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "oci/digest.h"

namespace davit::registry {

// A manifest or an index as it was pushed, and what was read of it.
struct ManifestRecord {
  oci::Digest digest;
  std::string media_type;
  std::string bytes;
  std::optional<oci::Digest> subject;
  std::string artifact_type;           // what referrers are filtered by
  std::string annotations;             // JSON object, or empty
  std::vector<oci::Digest> blobs;      // config and layers
  std::vector<oci::Digest> manifests;  // children of an index
};

struct Referrer {
  oci::Digest digest;
  std::string media_type;
  std::uint64_t size;
  std::string artifact_type;
  std::string annotations;
};

struct RepositoryUsage {
  std::string name;
  std::uint64_t tags = 0, manifests = 0, blobs = 0;
  std::uint64_t bytes = 0;  // of its blobs and manifests; what it shares with others counts in full
};

// How many bytes the blobs of some repositories may have together: of all that the pattern fits, each blob once,
// however many of them hold it. Manifests do not count.
struct Quota {
  std::string repositories;  // as an access rule's
  std::uint64_t bytes = 0;
  bool operator==(const Quota&) const = default;
};

struct QuotaUse {
  Quota quota;
  std::uint64_t used = 0;  // bytes
  bool operator==(const QuotaUse&) const = default;
};

class MetadataReader {
 public:
  virtual ~MetadataReader() = default;
  // Moves with every change that anybody made, at the latest when that is acknowledged: what was read under a value
  // holds as long as it stays. Costs nearly nothing.
  virtual std::uint64_t generation() = 0;

  virtual bool has_repository(const std::string& repository) = 0;
  virtual std::optional<oci::Digest> tag(const std::string& repository, const std::string& tag) = 0;
  virtual std::optional<ManifestRecord> manifest(const std::string& repository, const oci::Digest& digest) = 0;
  virtual bool has_manifest(const std::string& repository, const oci::Digest& digest) = 0;
  // The size of a blob of this repository.
  virtual std::optional<std::uint64_t> blob(const std::string& repository, const oci::Digest& digest) = 0;
  // The repositories that hold a blob, at most `most`.
  virtual std::vector<std::string> holders(const oci::Digest& digest, std::size_t most) = 0;
  // Names after `after` in byte order, at most `most`.
  virtual std::vector<std::string> tags(const std::string& repository, const std::string& after, std::size_t most) = 0;
  virtual std::vector<std::string> repositories(const std::string& after, std::size_t most) = 0;
  // By digest, after `after`; only of that artifact type where one is given.
  virtual std::vector<Referrer> referrers(const std::string& repository, const oci::Digest& subject,
                                          const std::string& artifact_type, const std::string& after,
                                          std::size_t most) = 0;
};

// Each is durable when it returns, and one step. What happens at once may be one step of the disk.
class MetadataWriter {
 public:
  virtual ~MetadataWriter() = default;
  // Makes the repository where it is new. The tags move, each with a line in its history; `by` says who did it.
  virtual void put_manifest(const std::string& repository, const ManifestRecord& manifest,
                            const std::vector<std::string>& tags, const std::string& by) = 0;
  // With its tags. False when it is not there; so for the others.
  virtual bool remove_manifest(const std::string& repository, const oci::Digest& digest, const std::string& by) = 0;
  virtual bool remove_tag(const std::string& repository, const std::string& tag, const std::string& by) = 0;
  // Changes nothing where a quota has no room for it, and returns that one; what another repository of the quota
  // holds already needs none.
  virtual std::optional<QuotaUse> add_blob(const std::string& repository, const oci::Digest& digest,
                                           std::uint64_t size) = 0;
  virtual bool remove_blob(const std::string& repository, const oci::Digest& digest) = 0;
  virtual bool remove_repository(const std::string& repository) = 0;
};

// Quotas are kept with the rest: they count for whoever adds blobs, and are those that somebody set last.
class MetadataQuotas {
 public:
  virtual ~MetadataQuotas() = default;
  // In place of those before, by patterns that differ. The blobs of a new one are summed up, which takes seconds for a
  // million of them; what they hold already may be more than they allow.
  virtual void set_quotas(const std::vector<Quota>& quotas) = 0;
  virtual std::vector<QuotaUse> quotas() = 0;  // by pattern
  // Those that fit a repository, whether that is there yet or not.
  virtual std::vector<QuotaUse> quotas_of(const std::string& repository) = 0;
  // What add_blob() would return now.
  virtual std::optional<QuotaUse> quota_without_room(const std::string& repository, const oci::Digest& digest,
                                                     std::uint64_t size) = 0;
};

// For administration: fsck, du, housekeeping.
class MetadataSurvey {
 public:
  virtual ~MetadataSurvey() = default;
  virtual std::vector<RepositoryUsage> usage() = 0;
  virtual std::vector<std::pair<oci::Digest, std::uint64_t>> all_blobs() = 0;  // each once, with its size
  // What is wrong with the database itself, in words; empty when it is sound.
  virtual std::vector<std::string> check() = 0;
};

class Metadata : public MetadataReader, public MetadataWriter, public MetadataQuotas, public MetadataSurvey {};

// In one SQLite file (docs/formats/registry.md).
std::unique_ptr<Metadata> open_sqlite_metadata(const std::filesystem::path& file);

}  // namespace davit::registry
