#include "store/store.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <mutex>

#include <unistd.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/fs/usage.h"
#include "base/strings.h"
#include "store/collector.h"
#include "store/leases.h"
#include "store/store_lock.h"

namespace davit::store {

namespace fs = base::fs;
using base::Code;
using base::Error;
using std::filesystem::path;

namespace {

constexpr int kFormat = 1;
constexpr std::string_view kMagic = "davit store ";
constexpr std::string_view kIdKey = "id ";
constexpr std::size_t kIdBytes = 16;

constexpr std::array kFolders{"blobs", "images", "leases"};
constexpr std::array<std::string_view, 4> kMeasuredApart{"blobs", "overlay", "erofs", "containers"};

path version_path(const path& root) { return root / "version"; }

// The store's ID, or nothing when there is no version file.
std::optional<std::string> read_version(const path& root) {
  const auto text = fs::read_file_if_exists(version_path(root), 4096);
  if (!text) return std::nullopt;
  const std::vector<std::string> lines = base::split(*text, '\n');
  int format = 0;
  if (lines.front().starts_with(kMagic)) {
    const std::string_view number = std::string_view(lines.front()).substr(kMagic.size());
    std::from_chars(number.data(), number.data() + number.size(), format);
  }
  if (format > kFormat) {
    throw Error::format(Code::kNotSupported,
                        "the store '{}' was made by a newer davit (format {}; this one knows {}): use that one",
                        root.string(), format, kFormat);
  }
  const std::string_view id_line = lines.size() > 1 ? std::string_view(lines[1]) : std::string_view();
  if (format < 1 || !id_line.starts_with(kIdKey) || !base::is_hex(id_line.substr(kIdKey.size())) ||
      id_line.size() != kIdKey.size() + 2 * kIdBytes) {
    throw Error::format(Code::kCorrupt, "'{}' is damaged", version_path(root).string());
  }
  return std::string(id_line.substr(kIdKey.size()));
}

// What a creation that was cut short, or is under way, may have left.
bool is_of_creation(const std::string& name) {
  return name == "locks" || name == "run" || name == "lost+found" || name.starts_with(".version.") ||
         std::find(kFolders.begin(), kFolders.end(), name) != kFolders.end();
}

void refuse_foreign(const path& root) {
  for (const std::string& name : fs::list(root)) {
    if (is_of_creation(name)) continue;
    // Another process may have finished its creation since the version file was looked for.
    if (fs::exists(version_path(root))) return;
    throw Error::format(Code::kConflict,
                        "the folder '{}' is no store of davit and holds something else ('{}'): give an empty one",
                        root.string(), name);
  }
}

std::string create(const path& root) {
  refuse_foreign(root);
  fs::make_directories(root, 0700);
  fs::make_directories(root / "locks", 0700);
  const StoreLock lock = StoreLock::acquire(root);
  if (auto id = read_version(root)) return *id;  // another process was first
  for (const char* folder : kFolders) fs::make_directories(root / folder, 0700);
  const std::string id = base::random_hex(kIdBytes);
  fs::sync_directory(root);
  fs::write_file_durably(version_path(root), fmt::format("{}{}\n{}{}\n", kMagic, kFormat, kIdKey, id));
  return id;
}

void check_writable(const path& root) {
  // In this order: another process may make it between the two.
  if (fs::exists(root) && !fs::is_directory(root)) {
    throw Error::format(Code::kConflict, "'{}' is no folder: a store needs one", root.string());
  }
  if (::access(root.c_str(), W_OK | X_OK) == 0) return;
  if (errno == ENOENT) return;
  throw Error::format(Code::kPermissionDenied,
                      "the store '{}' cannot be written: {} (davit needs root, or --root with a folder of yours)",
                      root.string(), std::generic_category().message(errno));
}

std::string open_or_create(const path& root) {
  try {
    check_writable(root);
    if (auto id = read_version(root)) return *id;
    return create(root);
  } catch (Error& error) {
    if (error.code() == Code::kPermissionDenied && error.message().find(root.string()) == std::string::npos) {
      throw Error::format(Code::kPermissionDenied, "the store '{}' cannot be written: {}", root.string(),
                          error.message());
    }
    error.add_frame("while opening the store '{}'", root.string());
    throw;
  }
}

}  // namespace

struct Store::State {
  explicit State(Options options_) : options(std::move(options_)), id(open_or_create(options.root)) {
    if (!options.run.empty()) fs::make_directories(options.run, 0700);
  }

  Options options;
  std::string id;
  std::mutex mutex;  // of the making of the parts
  std::unique_ptr<blob::BlobStore> blobs;
  std::unique_ptr<ImageStore> images;
  std::unique_ptr<layer::LayerStore> layers;
};

Store::Store(Options options) : state_(std::make_unique<State>(std::move(options))) {}
Store::~Store() = default;

const path& Store::root() const { return state_->options.root; }
const path& Store::run() const { return state_->options.run; }
bool Store::keep_compressed() const { return state_->options.keep_compressed; }
const std::string& Store::id() const { return state_->id; }

blob::BlobStore& Store::blobs() {
  const std::lock_guard lock(state_->mutex);
  if (!state_->blobs) state_->blobs = std::make_unique<blob::BlobStore>(blob::BlobStore::Options{root() / "blobs"});
  return *state_->blobs;
}

ImageStore& Store::images() {
  const std::lock_guard lock(state_->mutex);
  if (!state_->images) {
    state_->images = std::make_unique<ImageStore>(ImageStore::Options{root(), state_->options.history});
  }
  return *state_->images;
}

layer::LayerStore& Store::layers() {
  const std::lock_guard lock(state_->mutex);
  if (!state_->layers) {
    layer::LayerStoreOptions options = {.root = root(), .run = run(), .driver = state_->options.storage_driver};
    if (state_->options.layer_source) {
      options.source = [this](const oci::Digest& diff_id) { return state_->options.layer_source(*this, diff_id); };
    }
    const auto& open = state_->options.open_layers;
    state_->layers = open ? open(std::move(options)) : layer::open_layers(std::move(options));
  }
  return *state_->layers;
}

std::unique_ptr<Lease> Store::lease() { return make_lease(root()); }

Store::Collected Store::collect(const CollectOptions& options) {
  return Collector(root(), blobs(), images(), layers(), options).run();
}

Store::Collected Store::find_garbage(const std::vector<oci::Digest>& extra_roots) {
  const CollectOptions options = {.extra_roots = extra_roots};
  return Collector(root(), blobs(), images(), layers(), options).look();
}

std::uint64_t Store::other_disk_bytes() const {
  std::uint64_t bytes = fs::disk_bytes_of(root());
  for (const std::string& name : fs::list(root())) {
    if (std::find(kMeasuredApart.begin(), kMeasuredApart.end(), name) == kMeasuredApart.end())
      bytes += fs::measure_tree(root() / name).disk_bytes;
  }
  return bytes;
}

}  // namespace davit::store
