#include <map>

#include <boost/json.hpp>
#include <poll.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/terminal.h"
#include "cli/act_on_containers.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "container/usage.h"
#include "text/size.h"

namespace davit::cli {

namespace {

using base::Code;
using base::Error;
using container::Container;

// Between two looks: long enough for the kernel's ticks to give a share of a CPU.
constexpr std::chrono::milliseconds kFirstInterval(500), kInterval(1000);
constexpr int kSizeDigits = 3;
constexpr std::string_view kHome = "\033[H", kClearLine = "\033[K", kClearBelow = "\033[J";

Listing::Shape stats_shape() {
  return {
      .type = "*container.statsContext",
      .columns = {{"BlockIO", "BLOCK I/O"},
                  {"CPUPerc", "CPU %"},
                  {"Container", "CONTAINER"},
                  {"ID", "CONTAINER ID"},
                  {"MemPerc", "MEM %"},
                  {"MemUsage", "MEM USAGE / LIMIT"},
                  {"Name", "NAME"},
                  {"NetIO", "NET I/O"},
                  {"PIDs", "PIDS"}},
      .table =
          "table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}",
  };
}

std::string both(std::uint64_t in, std::uint64_t out) {
  return text::human_size(in, kSizeDigits) + " / " + text::human_size(out, kSizeDigits);
}

struct Shown {
  std::string asked;  // the name or ID given, or the ID
  Container container;
};

// What is asked for, and what each took at the last look.
class Stats {
 public:
  Stats(Context& context, const Arguments& arguments)
      : context_(context), arguments_(arguments), names_(arguments.positional()) {
    for (const std::string& name : names_) {
      refuse_empty_name(name);
      context.containers().get(name);
    }
  }

  // Looks again; false when those asked for by name are all gone.
  bool look() {
    shown_.clear();
    before_ = std::move(now_);
    now_.clear();
    find();
    for (const Shown& one : shown_) {
      if (auto usage = container::read_usage(context_.containers(), one.container.id())) {
        now_[one.container.id()] = std::move(*usage);
      }
    }
    return names_.empty() || !shown_.empty();
  }

  std::string text() const {
    Listing listing(stats_shape(), arguments_);
    for (const Shown& one : shown_) listing.add(row(one, listing.full()));
    return listing.text();
  }

 private:
  void find() {
    if (names_.empty()) {
      for (Container& one : context_.containers().list()) {
        if (one.running() || arguments_.flag("all")) shown_.push_back({one.id(), std::move(one)});
      }
      return;
    }
    for (const std::string& name : names_) {
      if (auto one = context_.containers().find(name)) shown_.push_back({name, std::move(*one)});
    }
  }

  boost::json::object row(const Shown& one, bool full) const {
    const auto found = now_.find(one.container.id());
    const runtime::Usage usage = found == now_.end() ? runtime::Usage{} : found->second;
    const auto earlier = before_.find(one.container.id());
    const double cpu = earlier == before_.end() ? 0 : container::cpu_percent(earlier->second, usage);
    std::uint64_t received = 0, sent = 0;
    for (const auto& [name, network] : usage.networks) {
      received += network.received_bytes;
      sent += network.sent_bytes;
    }
    return {{"BlockIO", both(usage.block_read, usage.block_written)},
            {"CPUPerc", fmt::format("{:.2f}%", cpu)},
            {"Container", one.asked},
            {"ID", full ? one.container.id() : one.container.id().substr(0, 12)},
            {"MemPerc", fmt::format("{:.2f}%", container::memory_percent(usage))},
            {"MemUsage", text::binary_size(usage.memory) + " / " + text::binary_size(usage.memory_limit)},
            {"Name", one.container.name()},
            {"NetIO", both(received, sent)},
            {"PIDs", std::to_string(usage.processes)}};
  }

  Context& context_;
  const Arguments& arguments_;
  const std::vector<std::string> names_;
  std::vector<Shown> shown_;
  std::map<std::string, runtime::Usage> before_, now_;  // by ID
};

// False when the user interrupts.
bool wait(std::chrono::milliseconds interval) {
  const auto fds = base::interrupt_fds();
  struct pollfd polled[] = {{.fd = fds[0], .events = POLLIN, .revents = 0},
                            {.fd = fds[1], .events = POLLIN, .revents = 0}};
  ::poll(polled, 2, static_cast<int>(interval.count()));
  return !base::interrupted();
}

// Over what stood there before, line by line, so that nothing flickers.
std::string redrawn(const std::string& text) {
  std::string drawn(kHome);
  for (const char c : text) {
    if (c == '\n') drawn += kClearLine;
    drawn += c;
  }
  return drawn + std::string(kClearBelow);
}

}  // namespace

int run_stats(Context& context, const Arguments& arguments) {
  context.containers();
  Stats stats(context, arguments);
  const bool terminal = base::is_terminal(STDOUT_FILENO);
  stats.look();
  for (auto interval = kFirstInterval; wait(interval); interval = kInterval) {
    if (!stats.look()) return 0;
    const std::string text = stats.text();
    if (arguments.flag("no-stream")) {
      print(text);
      return 0;
    }
    print(terminal ? redrawn(text) : text);
    if (!flush_output()) throw Error(Code::kIo, "standard output could not be written");
  }
  return 128 + base::interrupt_signal();
}

}  // namespace davit::cli
