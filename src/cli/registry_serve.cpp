// registry serve, registry check-config.

#include <csignal>

#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/log.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/registry_settings.h"
#include "registry/server.h"

namespace davit::cli {

namespace {

// Many connections are many descriptors.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// SIGHUP as a descriptor. Before any thread is started, so that none takes it.
base::fs::FileDescriptor hang_ups() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return base::fs::FileDescriptor(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

void serve_until_interrupted(registry::RegistryServer& server, const base::fs::FileDescriptor& hang_up) {
  while (!base::interrupted()) {
    pollfd events[] = {{base::interrupt_fd(), POLLIN, 0}, {hang_up.get(), POLLIN, 0}};
    ::poll(events, 2, -1);
    signalfd_siginfo told;
    if (::read(hang_up.get(), &told, sizeof told) == sizeof told) server.reload();
  }
}

}  // namespace

int run_registry_serve(Context&, const Arguments& arguments) {
  auto settings = registry_settings(arguments);
  if (arguments.given("addr")) settings.addresses = arguments.list("addr");
  raise_descriptor_limit();
  const auto hang_up = hang_ups();
  registry::RegistryServer server(std::move(settings));
  server.start();
  for (const auto& url : server.urls()) print_error("listening on " + url);
  serve_until_interrupted(server, hang_up);
  server.stop();
  return 0;
}

int run_registry_check_config(Context&, const Arguments& arguments) {
  const std::string file = arguments.positional().empty() ? arguments.text("config") : arguments.positional()[0];
  registry::check(config::load_registry(file));
  print_line(file + ": good");
  return 0;
}

}  // namespace davit::cli
