#include "cli/context.h"

#include "base/log.h"
#include "cli/arguments.h"
#include "cli/output.h"

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
      return std::make_unique<store::Store>(
          store::Store::Options{.root = chosen.root, .run = chosen.run, .history = chosen.history});
    });
  }
  return *store_;
}

container::ContainerStore& Context::containers() {
  if (containers_) return *containers_;
  store::Store& opened = store();
  std::vector<std::string> exit_command = {std::filesystem::read_symlink("/proc/self/exe").string()};
  if (options_.root) {
    exit_command.insert(exit_command.end(), {"--root", settings().root.string()});
  }
  if (options_.config)
    exit_command.insert(exit_command.end(), {"--config", std::filesystem::absolute(*options_.config).string()});
  exit_command.insert(exit_command.end(), {"internal", "exited"});
  containers_ = std::make_unique<container::ContainerStore>(
      container::ContainerStore::Options{.root = opened.root(),
                                         .run = opened.run(),
                                         .cgroup_parent = "/davit-" + opened.id().substr(0, 12),
                                         .exit_command = std::move(exit_command),
                                         .runtime = settings().runtime,
                                         .layers = [&opened]() -> layer::LayerDriver& { return opened.layers(); }});
  return *containers_;
}

const std::shared_ptr<auth::CredentialStore>& Context::credentials() {
  if (!credentials_) credentials_ = std::make_shared<auth::CredentialStore>();
  return credentials_;
}

transfer::Registries& Context::registries() {
  if (!registries_) {
    const config::Settings& chosen = settings();
    registries_ = std::make_unique<transfer::Registries>(
        [&chosen](const std::string& host) { return chosen.client_options(host); }, credentials());
  }
  return *registries_;
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

}  // namespace davit::cli
