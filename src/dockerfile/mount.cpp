#include "dockerfile/mount.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/error.h"
#include "base/strings.h"
#include "dockerfile/csv.h"
#include "dockerfile/quantities.h"
#include "dockerfile/words.h"

namespace davit::dockerfile {

namespace {

using base::Code;
using base::Error;

template <typename... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> text, Args&&... args) {
  throw Error::format(Code::kInvalidArgument, text, std::forward<Args>(args)...);
}

const std::array<std::string, 5> kTypes = {"bind", "cache", "tmpfs", "secret", "ssh"};  // in MountType's order
const std::array<std::string, 3> kSharings = {"shared", "private", "locked"};           // in CacheSharing's order
const std::array<std::string, 19> kKeys = {"type", "from", "source", "target",   "readonly", "id",  "sharing",
                                           "size", "mode", "uid",    "gid",      "src",      "dst", "destination",
                                           "ro",   "rw",   "env",    "required", "readwrite"};

struct MountField {
  std::string key;  // in lower case
  std::string value;
  bool has_value = false;
  std::string text;
};

std::vector<MountField> mount_fields(std::string_view text) {
  std::vector<std::string> parts;
  try {
    parts = csv_fields(text);
  } catch (const Error& error) {
    refuse("failed to parse csv mounts: {}", error.message());
  }
  std::vector<MountField> fields;
  for (const std::string& part : parts) {
    const std::size_t equals = part.find('=');
    const bool has_value = equals != std::string::npos;
    fields.push_back(
        {base::to_lower(part.substr(0, equals)), has_value ? part.substr(equals + 1) : "", has_value, part});
  }
  return fields;
}

template <typename Enum>
Enum choose(std::span<const std::string> names, const std::string& value, std::string_view what) {
  const auto found = std::find(names.begin(), names.end(), base::to_lower(value));
  if (found != names.end()) return static_cast<Enum>(found - names.begin());
  refuse("unsupported {} {}{}", what, quoted(value), did_you_mean(value, names, WordCase::kExact));
}

std::uint32_t number(const std::string& value, std::string_view key, int base) {
  const std::optional<std::uint32_t> parsed = parse_number(value, base);
  if (!parsed) refuse("invalid value {} for {}", value, key);
  return *parsed;
}

// Reads the fields in their order: what a key may mean depends on the type that came before it.
class MountReader {
 public:
  Mount read(const std::vector<MountField>& fields, const std::function<std::string(std::string_view)>& expand) {
    for (MountField field : fields) {
      if (field.has_value) field.value = expand(field.value);
      field.has_value ? with_value(field) : without_value(field);
    }
    if (!access_given_) mount_.read_only = mount_.type != MountType::kCache && mount_.type != MountType::kTmpfs;
    check();
    return std::move(mount_);
  }

 private:
  void without_value(const MountField& field) {
    if (field.key == "readonly" || field.key == "ro") {
      set_read_only(true);
    } else if (field.key == "readwrite" || field.key == "rw") {
      set_read_only(false);
    } else if (field.key == "required") {
      set_required(field, true);
    } else {
      refuse("invalid field '{}' must be a key=value pair", field.text);
    }
  }

  void with_value(const MountField& field) {
    const std::string& key = field.key;
    if (key == "type") {
      mount_.type = choose<MountType>(kTypes, field.value, "mount type");
    } else if (key == "from") {
      mount_.from = field.value;
    } else if (key == "source" || key == "src") {
      mount_.source = field.value;
    } else if (key == "target" || key == "dst" || key == "destination") {
      mount_.target = field.value;
    } else if (key == "id") {
      mount_.id = field.value;
    } else if (key == "sharing") {
      mount_.sharing = choose<CacheSharing>(kSharings, field.value, "sharing value");
    } else if (key == "env") {
      mount_.env = field.value;
    } else {
      with_parsed_value(field);
    }
  }

  void with_parsed_value(const MountField& field) {
    const std::string& key = field.key;
    if (key == "readonly" || key == "ro") {
      set_read_only(truth(field));
    } else if (key == "readwrite" || key == "rw") {
      set_read_only(!truth(field));
    } else if (key == "required") {
      set_required(field, mount_.type == MountType::kSecret || mount_.type == MountType::kSsh ? truth(field) : false);
    } else if (key == "size") {
      set_size(field);
    } else if (key == "mode") {
      mount_.mode = number(field.value, key, 8);
    } else if (key == "uid") {
      mount_.uid = number(field.value, key, 10);
    } else if (key == "gid") {
      mount_.gid = number(field.value, key, 10);
    } else {
      refuse("unexpected key '{}' in '{}'{}", key, field.text, did_you_mean(key, kKeys, WordCase::kExact));
    }
  }

  static bool truth(const MountField& field) {
    try {
      return parse_bool(field.value);
    } catch (const Error&) {
      refuse("invalid value for {}: {}", field.key, field.value);
    }
  }

  void set_read_only(bool value) {
    mount_.read_only = value;
    access_given_ = true;
  }

  void set_required(const MountField& field, bool value) {
    if (mount_.type != MountType::kSecret && mount_.type != MountType::kSsh) refuse_for_type(field);
    mount_.required = value;
  }

  void set_size(const MountField& field) {
    if (mount_.type != MountType::kTmpfs) refuse_for_type(field);
    const std::optional<std::int64_t> bytes = parse_bytes(field.value);
    if (!bytes) refuse("invalid value for size: {}", field.value);
    mount_.size_bytes = *bytes;
  }

  [[noreturn]] void refuse_for_type(const MountField& field) const {
    refuse("unexpected key '{}' for mount type '{}'", field.key, name(mount_.type));
  }

  void check() const {
    const bool has_owner = mount_.type != MountType::kBind && mount_.type != MountType::kTmpfs;
    if (!has_owner && mount_.mode) refuse("mode not allowed for \"{}\" type mounts", name(mount_.type));
    if (!has_owner && mount_.uid) refuse("uid not allowed for \"{}\" type mounts", name(mount_.type));
    if (!has_owner && mount_.gid) refuse("gid not allowed for \"{}\" type mounts", name(mount_.type));
    if (mount_.type == MountType::kSecret) check_secret();
    if (mount_.sharing && mount_.type != MountType::kCache) {
      refuse("invalid cache sharing set for {} mount", name(mount_.type));
    }
  }

  void check_secret() const {
    if (!mount_.from.empty()) refuse("secret mount should not have a from");
    if (mount_.sharing) refuse("secret mount should not define sharing");
    if (mount_.source.empty() && mount_.target.empty() && mount_.id.empty()) {
      refuse("invalid secret mount. one of source, target required");
    }
    if (!mount_.source.empty() && !mount_.id.empty()) refuse("both source and id can't be set");
  }

  Mount mount_;
  bool access_given_ = false;
};

}  // namespace

std::string_view name(MountType type) { return kTypes[static_cast<std::size_t>(type)]; }
std::string_view name(CacheSharing sharing) { return kSharings[static_cast<std::size_t>(sharing)]; }

Mount parse_mount(std::string_view text, const std::function<std::string(std::string_view)>& expand) {
  return MountReader().read(mount_fields(text), expand);
}

std::string mount_from(std::string_view text) {
  std::string from;
  for (const MountField& field : mount_fields(text)) {
    if (field.key != "from" || !field.has_value) continue;
    const std::size_t dollar = field.value.find('$');
    if (dollar != std::string::npos && dollar + 1 != field.value.size()) {
      refuse("'from' doesn't support variable expansion, define alias stage instead");
    }
    from = field.value;
  }
  return from;
}

}  // namespace davit::dockerfile
