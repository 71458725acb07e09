#include "build/run_containers.h"

#include <array>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/strings.h"
#include "container/attach.h"

namespace davit::build {

namespace fs = base::fs;

namespace {

container::ContainerStore::Options of_builds(container::ContainerStore::Options options) {
  options.root /= "build";
  options.run /= "build";
  options.exit_command.clear();  // who runs them waits for them
  return options;
}

// Tells what is written to its pipe, until nobody has the writing end any more.
class OutputPipe {
 public:
  explicit OutputPipe(const std::function<void(std::string_view)>& output) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) base::throw_errno(errno, "pipe");
    write_ = fs::FileDescriptor(ends[1]);
    reader_ = std::thread([read = fs::FileDescriptor(ends[0]), &output] {
      std::array<std::byte, 16 * 1024> buffer;
      fs::FdSource source(read.get(), "a step's output");
      try {
        while (const auto count = source.read(buffer)) output(base::as_text(base::ByteView(buffer).first(count)));
      } catch (const base::Error& error) {
        base::log::warn("{}", error.message());
      }
    });
  }
  ~OutputPipe() {
    write_.reset();
    reader_.join();
  }
  OutputPipe(const OutputPipe&) = delete;
  OutputPipe& operator=(const OutputPipe&) = delete;
  int write_end() const { return write_.get(); }

 private:
  fs::FileDescriptor write_;
  std::thread reader_;
};

}  // namespace

RunContainer::~RunContainer() {
  if (!store_) return;
  const base::Uninterrupted until_it_is_gone;
  try {
    store_->remove(id_, true, true);
    fs::remove(lock_.file().path());
  } catch (const base::Error& error) {  // the next build does it
    base::log::warn("a build's container stays for now: {}", error.message());
  }
}

std::filesystem::path RunContainer::upper() const { return store_->folder_of(id_) / "upper"; }

RunContainers::RunContainers(container::ContainerStore::Options options)
    : locks_(options.root / "build" / "at-work"), containers_(of_builds(options)) {
  fs::make_directories(locks_);
  fs::make_directories(options.run / "build");
}

RunContainer RunContainers::run(container::Description description,
                                const std::function<void(std::string_view)>& output) {
  // Held before it exists, so that no other build takes it for one that was left.
  description.name = "build-" + base::random_hex(8);
  auto lock = base::FileLock::acquire(lock_of(description.name));
  const auto created = containers_.create(std::move(description));
  RunContainer container(containers_, created.id(), std::move(lock));
  const OutputPipe pipe(output);
  const auto code = container::start_attached(
      containers_, created.id(),
      {.streams = {.in = -1, .out = pipe.write_end(), .err = pipe.write_end()}, .forward_signals = false});
  container.exit_code_ = code.value_or(0);
  return container;
}

void RunContainers::sweep() {
  for (const auto& left : containers_.list()) {
    const auto lock = base::FileLock::try_acquire(lock_of(left.name()));
    if (!lock) continue;
    containers_.remove(left.id(), true, true);
    fs::remove(lock_of(left.name()));
  }
}

}  // namespace davit::build
