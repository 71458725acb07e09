#include "network/name_service.h"

#include <charconv>
#include <chrono>
#include <csignal>
#include <set>
#include <thread>

#include <arpa/inet.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "base/strings.h"

namespace davit::network {

namespace fs = base::fs;
namespace stdfs = std::filesystem;

namespace {

constexpr int kPort = 53;
constexpr const char* kPidFile = "aardvark.pid";  // the server's own, beside the zones
constexpr auto kListenTimeout = std::chrono::seconds(2);
constexpr auto kEndTimeout = std::chrono::seconds(2);

std::optional<stdfs::path> program() {
  for (const char* place : {"/usr/lib/podman/aardvark-dns", "/usr/libexec/podman/aardvark-dns"}) {
    if (fs::exists(place)) return place;
  }
  return base::find_program("aardvark-dns");
}

// As /proc/net/udp has it: the bytes of each 32 bits in the host's order.
std::string kernel_text(const Address& address, int port) {
  std::string text;
  for (std::size_t i = 0; i < address.size(); i += 4) {
    std::uint32_t word = 0;
    std::copy_n(address.bytes().data() + i, 4, reinterpret_cast<std::uint8_t*>(&word));
    text += fmt::format("{:08X}", word);
  }
  return text + fmt::format(":{:04X}", port);
}

bool is_listened_at(const Address& address) {
  const auto sockets = fs::read_file_if_exists(address.is_v6() ? "/proc/self/net/udp6" : "/proc/self/net/udp");
  return sockets && sockets->find(" " + kernel_text(address, kPort) + " ") != std::string::npos;
}

void await_listener(const std::vector<Zone>& zones) {
  const auto until = std::chrono::steady_clock::now() + kListenTimeout;
  for (const auto& zone : zones) {
    for (const auto& gateway : zone.gateways) {
      while (!is_listened_at(gateway)) {
        if (std::chrono::steady_clock::now() > until) {
          base::log::warn(
              "no name service at {}: aardvark-dns does not listen there; does another program hold its port?",
              gateway.with_port(kPort));
          return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
  }
}

std::string text_or_nothing(const std::optional<Address>& address) { return address ? address->text() : ""; }

}  // namespace

std::string zone_text(const Zone& zone) {
  std::vector<std::string> gateways;
  for (const auto& gateway : zone.gateways) gateways.push_back(gateway.text());
  auto text = base::join(gateways, ",") + "\n";
  for (const auto& place : zone.places) {
    text += fmt::format("{} {} {} {}", place.container, text_or_nothing(place.v4), text_or_nothing(place.v6),
                        base::join(place.names, ","));
    if (!place.servers.empty()) text += " " + base::join(place.servers, ",");
    text += "\n";
  }
  return text;
}

bool NameService::available() { return program().has_value(); }

// The server reads whatever lies in the folder whenever it is told to: what is written comes there by its last step.
bool NameService::write(const std::vector<Zone>& zones) const {
  fs::make_directories(folder_);
  const auto draft = folder_.parent_path() / "zone.new";
  std::set<std::string> kept = {kPidFile};
  bool changed = false;
  for (const auto& zone : zones) {
    kept.insert(zone.network);
    const auto text = zone_text(zone);
    if (fs::read_file_if_exists(folder_ / zone.network) == text) continue;
    fs::write_file(draft, text);
    fs::rename(draft, folder_ / zone.network);
    changed = true;
  }
  for (const auto& name : fs::list(folder_)) {
    if (!kept.contains(name)) changed = fs::remove(folder_ / name) || changed;
  }
  return changed;
}

// By the PID that it wrote down, if that is still it.
std::optional<base::ProcessIdentity> NameService::server() const {
  const auto text = fs::read_file_if_exists(folder_ / kPidFile);
  int pid = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), pid);
  if (pid <= 0) return {};
  auto process = base::ProcessIdentity::of(pid);
  const auto command = fs::read_file_if_exists(fmt::format("/proc/{}/cmdline", pid));
  if (!process || !command || command->find(folder_.string()) == std::string::npos) return {};
  return process;
}

// It forks, writes its PID down and goes on in a session of its own; the one we started ends then.
void NameService::start() const {
  fs::remove(folder_ / kPidFile);
  base::ChildOptions command = {
      .argv = {program()->string(), "--config", folder_.string(), "--port", std::to_string(kPort), "run"},
      .directory = "/"};
  if (reach_ == Reach::kZones) command.extra_env["AARDVARK_NO_PROXY"] = "1";
  const auto result = base::run(command);
  if (const auto process = server()) {
    adopt_(process->pid);
  } else {
    base::log::warn("no name service: aardvark-dns did not start: {}", base::trim(result.err));
  }
}

void NameService::apply(const std::vector<Zone>& zones) const {
  if (zones.empty()) {
    if (!fs::exists(folder_)) return;
    const auto process = server();
    if (process && process->signal(SIGTERM) && !process->wait_gone(kEndTimeout)) process->signal(SIGKILL);
    fs::remove_tree(folder_);
    return;
  }
  if (!available()) return;
  const bool changed = write(zones);
  const auto process = server();
  if (process && process->alive()) {
    if (!changed) return;
    process->signal(SIGHUP);
  } else {
    start();
  }
  if (server()) await_listener(zones);
}

}  // namespace davit::network
