#include "cli/context.h"

#include <algorithm>

#include "base/log.h"
#include "cli/arguments.h"
#include "cli/budget_words.h"
#include "cli/output.h"
#include "transfer/layer_fetch.h"
#include "transfer/rate_limits.h"

namespace davit::cli {

Context::Context(GlobalOptions options) : options_(std::move(options)) {}
Context::~Context() = default;

template <typename Open>
auto Context::opening(const Open& open) {
  failed_to_open_ = true;
  auto opened = open();
  failed_to_open_ = false;
  return opened;
}

const config::Settings& Context::settings() {
  if (settings_) return *settings_;
  settings_ = opening([&] {
    config::Settings settings = config::load(options_.config);
    if (options_.root) {
      settings.root = std::filesystem::absolute(*options_.root).lexically_normal();
      settings.run = settings.root / "run";
    }
    if (options_.storage_driver) settings.storage_driver = *options_.storage_driver;
    if (options_.log_level) settings.log_level = base::log::parse_level(*options_.log_level);
    if (options_.debug) settings.log_level = base::log::Level::kDebug;
    base::log::set_level(settings.log_level);
    return settings;
  });
  return *settings_;
}

store::Store& Context::store() {
  if (!store_) {
    const config::Settings& chosen = settings();
    store_ = opening([&] {
      return std::make_unique<store::Store>(store::Store::Options{.root = chosen.root,
                                                                  .run = chosen.run,
                                                                  .history = chosen.history,
                                                                  .storage_driver = chosen.storage_driver,
                                                                  .keep_compressed = chosen.keep_compressed,
                                                                  .layer_source = transfer::open_layer_tar});
    });
  }
  return *store_;
}

container::ContainerStore& Context::containers() {
  if (!containers_) containers_ = std::make_unique<container::ContainerStore>(container_options());
  return *containers_;
}

container::ContainerStore::Options Context::container_options() {
  store::Store& opened = store();
  std::vector<std::string> exit_command = {std::filesystem::read_symlink("/proc/self/exe").string()};
  if (options_.root) {
    exit_command.insert(exit_command.end(), {"--root", settings().root.string()});
  }
  if (options_.storage_driver) exit_command.insert(exit_command.end(), {"--storage-driver", *options_.storage_driver});
  if (options_.config)
    exit_command.insert(exit_command.end(), {"--config", std::filesystem::absolute(*options_.config).string()});
  exit_command.insert(exit_command.end(), {"internal", "exited"});
  return {.root = opened.root(),
          .run = opened.run(),
          .cgroup_parent = cgroup_parent(),
          .exit_command = std::move(exit_command),
          .runtime = settings().runtime,
          .cgroup_manager = settings().cgroup_manager,
          .networks = [this]() -> const network::Fabric& { return networks(); },
          .layers = [&opened]() -> layer::LayerStore& { return opened.layers(); }};
}

// The store's own.
std::string Context::cgroup_parent() { return "/davit-" + store().id().substr(0, 12); }

const network::Fabric& Context::networks() {
  if (networks_) return *networks_;
  const auto parent = cgroup_parent();
  const auto leave = [this, parent](int pid) {
    const auto manager = runtime::choose_cgroup_manager(settings().cgroup_manager);
    runtime::leave_callers_group(manager, runtime::Cgroups(), parent, pid,
                                 "davit-names-" + parent.substr(1) + ".scope");
  };
  networks_ = std::make_unique<network::Fabric>(
      network::Fabric::Options{.root = store().root(), .run = store().run(), .store_id = store().id(), .adopt = leave});
  return *networks_;
}

const std::shared_ptr<auth::CredentialStore>& Context::credentials() {
  if (!credentials_) credentials_ = std::make_shared<auth::CredentialStore>();
  return credentials_;
}

std::unique_ptr<transfer::Registries> Context::make_registries(bool insecure) {
  const config::Settings& chosen = settings();
  return std::make_unique<transfer::Registries>(
      [&chosen, insecure](const std::string& host, bool host_insecure) {
        return chosen.client_options(host, insecure || host_insecure);
      },
      remote::RegistryRules{.own = chosen.registry_rules(), .system = registries_conf().rules}, credentials());
}

transfer::Registries& Context::registries() {
  if (!registries_) registries_ = make_registries();
  return *registries_;
}

const config::RegistriesConf& Context::registries_conf() {
  if (!registries_conf_) {
    registries_conf_ =
        opening([] { return config::load_registries_conf(config::RegistriesConfPlaces::from_environment()); });
  }
  return *registries_conf_;
}

std::optional<std::string> Context::alias_of(const std::string& name) {
  if (!settings().short_name_aliases) return std::nullopt;
  const std::size_t end = std::min(name.find_first_of(":@"), name.size());
  if (name.find('/', end) != std::string::npos) return std::nullopt;  // that was a registry's port
  const auto& aliases = registries_conf().aliases;
  const auto alias = aliases.find(name.substr(0, end));
  if (alias == aliases.end()) return std::nullopt;
  print_error(fmt::format("Resolved \"{}\" as an alias ({})", alias->first, alias->second.source));
  return alias->second.name + name.substr(end);
}

void Context::keep_rate_limits() {
  if (!registries_ || !store_) return;
  const auto told = registries_->rate_limits();
  try {
    transfer::keep_rate_limits(*store_, told);
  } catch (const base::Error& error) {  // what the command did does not hang on it
    base::log::warn("the registries' pull budgets are not kept: {}", error.message());
  }
  for (const auto& [host, limit] : told) {
    if (!limit.limit || !limit.remaining || *limit.remaining >= (*limit.limit + 9) / 10) continue;
    print_error("davit: " + host + ": " + budget_words(limit));
  }
}

void print_failure(const Context& context, const base::Error& error, std::string_view prefix) {
  if (context.failed_to_open()) {
    print_error("davit: " + error.message());
  } else if (dynamic_cast<const ClientError*>(&error) != nullptr) {
    print_error(std::string(prefix) + error.message());
  } else {
    print_daemon_error(error, context.debug(), prefix);
    return;
  }
  print_frames(error, context.debug());
}

void print_streamed_failure(const Context& context, const base::Error& error, std::string_view prefix) {
  print_error(std::string(prefix) + error.message());
  print_frames(error, context.debug());
}

}  // namespace davit::cli
