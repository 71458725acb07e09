#include "base/error.h"
#include "base/fs/paths.h"
#include "container/held_container.h"
#include "container/names.h"

namespace davit::container {

namespace fs = base::fs;
using base::Code;
using base::Error;

namespace {

// Docker's words, which show the name as it is kept there.
std::string checked_new_name(const std::string& name) {
  return checked_name(name.starts_with('/') ? name : "/" + name);
}

}  // namespace

// The new name's link comes first, the old one's goes last: a link counts only while the record has its name, so that
// after a crash at any point the container has one name.
void HeldContainer::rename(const std::string& name) {
  const std::string old = record().description.name;
  const auto id = record().id;
  if (name == old || name == "/" + old) {
    throw Error(Code::kInvalidArgument, "Renaming a container with the same name as its current name");
  }
  const auto names = store_->containers_ / "names";
  try {
    const std::string wanted = checked_new_name(name);
    const auto names_lock = base::FileLock::acquire(store_->containers_ / "lock");
    store_->reserve_name(wanted, record().id);
    fs::remove(names / wanted);  // a stale one, as the name is free
    fs::symbolic_link(record().id, names / wanted);
    description().name = wanted;
    save_record();
    // Before the names' lock is given up: then the old name is another's to take.
    if (fs::read_link(names / old) == id) fs::remove(names / old);
  } catch (const Error& error) {
    description().name = old;
    if (error.code() != Code::kInvalidArgument && error.code() != Code::kConflict) throw;
    throw Error(error.code(), "Error when allocating new name: " + error.message());
  }
  if (running() && !description().networks.empty()) store_->networks().rename(record().id, description().name);
  fs::sync_directory(names);
}

}  // namespace davit::container
