#include "operations/list_containers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <regex>
#include <set>

#include "base/error.h"
#include "base/strings.h"
#include "operations/find_image.h"
#include "operations/port_filter.h"

namespace davit::operations {

namespace {

using base::Code;
using base::Error;
using container::Container;
using container::Status;

constexpr std::array kStatuses = {"paused", "restarting", "removing", "running", "dead", "created", "exited"};
constexpr std::array kHealths = {"none", "starting", "healthy", "unhealthy"};

template <typename Names>
bool has(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// As docker's daemon takes it, in Go's words.
int parse_exit_code(const std::string& text) {
  int code = 0;
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), code);
  if (error == std::errc() && end == text.data() + text.size()) return code;
  throw Error::format(Code::kInvalidArgument, "strconv.Atoi: parsing \"{}\": {}", base::printable(text),
                      error == std::errc::result_out_of_range ? "value out of range" : "invalid syntax");
}

class Selection {
 public:
  Selection(store::Store& store, container::ContainerStore& containers, const std::vector<Container>& all,
            const Filters& filters)
      : filters_(filters) {
    filters.allow_only({"ancestor", "before", "exited", "expose", "health", "id", "is-task", "isolation", "label",
                        "name", "network", "publish", "since", "status", "volume"});
    for (const std::string& text : filters.values("publish"))
      published_ranges_.push_back(parse_port_filter("publish", text));
    for (const std::string& text : filters.values("expose"))
      exposed_ranges_.push_back(parse_port_filter("expose", text));
    for (const std::string& text : filters.values("exited")) exit_codes_.insert(parse_exit_code(text));
    read_words();
    for (const std::string& text : filters.values("before")) before_.push_back(created(containers, text));
    for (const std::string& text : filters.values("since")) since_.push_back(created(containers, text));
    for (const std::string& text : filters.values("id")) read_id(all, text);
    for (const std::string& text : filters.values("ancestor")) read_ancestor(store.images(), text);
    for (const std::string& text : filters.values("name")) read_name(text);
    for (const std::string& text : filters.values("network")) read_network(containers, text);
    if (!published_ranges_.empty()) read_published(containers);
  }

  bool fits(const Container& one) const {
    return is_between(one) && fits_name(one) && fits_id(one) && fits_exit(one) && fits_words(one) &&
           filters_.labels_match(one.record.description.labels) && fits_volume(one) && fits_network(one) &&
           fits_ancestor(one) && fits_ports(one);
  }

 private:
  void read_words() {
    for (const std::string& status : filters_.values("status")) {
      if (!has(kStatuses, status)) {
        throw Error::format(Code::kInvalidArgument, "Invalid filter 'status={}'", base::printable(status));
      }
    }
    tasks_ = filters_.boolean("is-task").value_or(false);
    for (const std::string& health : filters_.values("health")) {
      if (!has(kHealths, health)) {
        throw Error::format(Code::kInvalidArgument, "Unrecognised filter value for health: {}",
                            base::printable(health));
      }
    }
  }

  // When a container was made that is named in any way.
  static base::Time created(container::ContainerStore& containers, const std::string& text) {
    if (const auto found = containers.find(text)) return found->record.created;
    throw Error::format(Code::kNotFound, "no such container {}", base::printable(text));
  }

  void read_id(const std::vector<Container>& all, const std::string& prefix) {
    std::vector<std::string> found;
    for (const Container& one : all) {
      if (!prefix.empty() && one.id().starts_with(prefix)) found.push_back(one.id());
    }
    if (found.size() == 1) ids_.insert(found.front());
  }

  void read_ancestor(store::ImageStore& images, const std::string& text) {
    try {
      if (const auto found = find_image(images, text)) ancestors_.insert(found->record.id);
    } catch (const Error& error) {  // as docker: what names no image is no container's image
      if (error.code() != Code::kInvalidArgument && error.code() != Code::kConflict) throw;
    }
  }

  void read_name(const std::string& pattern) {
    try {
      names_.emplace_back(pattern);
    } catch (const std::regex_error&) {  // as docker: it fits nothing
    }
  }

  // By name or ID.
  void read_network(container::ContainerStore& containers, const std::string& text) {
    networks_.insert(text);
    if (const auto found = containers.networks().networks().find(text)) networks_.insert(found->name);
  }

  void read_published(container::ContainerStore& containers) {
    for (const network::Endpoint& endpoint : containers.networks().endpoints()) {
      for (const network::PortBinding& binding : endpoint.ports) {
        published_[endpoint.container].push_back(
            fmt::format("{}/{}", binding.host_port, network::name(binding.protocol)));
      }
    }
  }

  bool is_between(const Container& one) const {
    const base::Time created = one.record.created;
    return std::all_of(before_.begin(), before_.end(), [&](base::Time time) { return created < time; }) &&
           std::all_of(since_.begin(), since_.end(), [&](base::Time time) { return created > time; });
  }

  bool fits_name(const Container& one) const {
    if (!filters_.has("name")) return true;
    const auto fits = [&](const std::regex& pattern) {
      return std::regex_search(one.name(), pattern) || std::regex_search("/" + one.name(), pattern);
    };
    return has(filters_.values("name"), one.name()) || std::any_of(names_.begin(), names_.end(), fits);
  }

  bool fits_id(const Container& one) const { return !filters_.has("id") || ids_.contains(one.id()); }

  bool fits_exit(const Container& one) const {
    if (exit_codes_.empty()) return true;
    return !one.running() && one.state.started && exit_codes_.contains(one.state.exit_code);
  }

  bool fits_words(const Container& one) const {
    if (filters_.has("status") && !has(filters_.values("status"), container::name(one.state.status))) return false;
    if (filters_.has("health") && !has(filters_.values("health"), "none")) return false;
    return !tasks_;  // a swarm's; no container here is one
  }

  bool fits_volume(const Container& one) const {
    if (!filters_.has("volume")) return true;
    const auto& mounts = one.record.description.mounts;
    const auto& wanted = filters_.values("volume");
    return std::any_of(mounts.begin(), mounts.end(), [&](const container::MountPoint& mount) {
      return has(wanted, mount.target.string()) || (!mount.source.empty() && has(wanted, mount.source));
    });
  }

  bool fits_network(const Container& one) const {
    if (!filters_.has("network")) return true;
    const auto& description = one.record.description;
    if (!description.joins_networks()) return networks_.contains(description.network);
    return std::any_of(description.networks.begin(), description.networks.end(),
                       [&](const network::Wish& wish) { return networks_.contains(wish.network); });
  }

  bool fits_ancestor(const Container& one) const {
    if (!filters_.has("ancestor")) return true;
    const auto& image = one.record.description.image;
    return image && ancestors_.contains(*image);
  }

  // As docker: one of the two is enough.
  bool fits_ports(const Container& one) const {
    if (!filters_.has("publish") && !filters_.has("expose")) return true;
    const auto& exposed = one.record.description.exposed_ports;
    const auto published = published_.find(one.id());
    return has_port_of(exposed_ranges_, exposed) ||
           (published != published_.end() && has_port_of(published_ranges_, published->second));
  }

  static bool has_port_of(const std::vector<PortRange>& ranges, const std::vector<std::string>& ports) {
    return std::any_of(ports.begin(), ports.end(), [&](const std::string& port) {
      return std::any_of(ranges.begin(), ranges.end(), [&](const PortRange& range) { return range.has(port); });
    });
  }

  const Filters& filters_;
  std::set<int> exit_codes_;
  std::vector<base::Time> before_, since_;
  std::set<std::string> ids_;
  std::set<oci::Digest> ancestors_;
  std::vector<std::regex> names_;
  std::set<std::string> networks_;  // by name
  std::vector<PortRange> exposed_ranges_, published_ranges_;
  std::map<std::string, std::vector<std::string>> published_;  // by container: ports of the host
  bool tasks_ = false;
};

}  // namespace

std::vector<Container> list_containers(store::Store& store, container::ContainerStore& containers,
                                       const ListContainersOptions& options) {
  std::vector<Container> all = containers.list();
  const Selection selection(store, containers, all, options.filters);
  const bool stopped_too = options.all || options.last > 0 || options.filters.has("status");
  std::vector<Container> listed;
  listed.reserve(all.size());
  for (Container& one : all) {
    if (options.last > 0 && listed.size() == static_cast<std::size_t>(options.last)) break;
    if ((stopped_too || one.running()) && selection.fits(one)) listed.push_back(std::move(one));
  }
  return listed;
}

}  // namespace davit::operations
