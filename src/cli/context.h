#pragma once
// What a command works with, opened when first asked for: a command that needs no store opens none, one that needs no
// network loads no library for it.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "auth/credentials.h"
#include "base/error.h"
#include "config/registries_conf.h"
#include "config/settings.h"
#include "container/container_store.h"
#include "store/store.h"
#include "transfer/registries.h"

namespace davit::cli {

struct GlobalOptions {
  std::optional<std::filesystem::path> root, config;
  std::optional<std::string> storage_driver;
  std::optional<std::string> log_level;
  bool debug = false;
};

class Context {
 public:
  explicit Context(GlobalOptions options);
  ~Context();

  const config::Settings& settings();
  store::Store& store();
  store::ImageStore& images() { return store().images(); }
  container::ContainerStore& containers();
  container::ContainerStore::Options container_options();
  const network::Fabric& networks();
  transfer::Registries& registries();
  // Others than the command's own: all hosts insecure where told.
  std::unique_ptr<transfer::Registries> make_registries(bool insecure = false);
  const std::shared_ptr<auth::CredentialStore>& credentials();

  const GlobalOptions& options() const { return options_; }
  // The name that a short one stands for by registries.conf's aliases, tag and digest kept ("app:1" ->
  // "r.example/team/app:1"), told on standard error. Nothing where there is none, or davit.toml does not want aliases.
  std::optional<std::string> alias_of(const std::string& name);

  // At a command's end, however it ended: keeps what registries told of their pull budgets, and says so where one is
  // nearly used up.
  void keep_rate_limits();

  bool debug() const { return options_.debug; }
  // Whether it was the opening of the configuration or the store that failed, rather than what the command asked of
  // them: then the message is davit's own, without docker's "Error response from daemon: ".
  bool failed_to_open() const { return failed_to_open_; }

 private:
  std::string cgroup_parent();
  template <typename Open>
  auto opening(const Open& open);
  const config::RegistriesConf& registries_conf();

  GlobalOptions options_;
  bool failed_to_open_ = false;
  std::optional<config::Settings> settings_;
  std::optional<config::RegistriesConf> registries_conf_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<network::Fabric> networks_;
  std::unique_ptr<container::ContainerStore> containers_;
  std::shared_ptr<auth::CredentialStore> credentials_;
  std::unique_ptr<transfer::Registries> registries_;
};

// A command's error, as docker words it: "Error response from daemon: MESSAGE" unless the client itself or the opening
// of the store refused.
void print_failure(const Context& context, const base::Error& error, std::string_view prefix = "");

// The same of load and push: docker tells their errors in the stream of their progress, without "Error response from
// daemon: ".
void print_streamed_failure(const Context& context, const base::Error& error, std::string_view prefix = "");

}  // namespace davit::cli
