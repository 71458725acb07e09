// export, diff: a container's tree as it is, and what of it is not its image's.

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/output_file.h"
#include "container/changes.h"
#include "container/root_view.h"
#include "layer/tree_tar.h"

namespace davit::cli {

namespace {

char letter(container::ChangeKind kind) {
  switch (kind) {
    case container::ChangeKind::kModified:
      return 'C';
    case container::ChangeKind::kAdded:
      return 'A';
    case container::ChangeKind::kDeleted:
      return 'D';
  }
  return '?';
}

}  // namespace

int run_export(Context& context, const Arguments& arguments) {
  OutputFile file(arguments.text("output"), "failed to export container");
  container::ContainerStore& containers = context.containers();
  const std::string id = containers.get(arguments.positional()[0]).id();
  container::with_root(containers, id, container::RootKind::kBare,
                       [&](const base::fs::Directory& root, const container::Container&) {
                         layer::write_tree("/proc/self/fd/" + std::to_string(root.fd()), file.open());
                       });
  file.commit();
  return 0;
}

int run_diff(Context& context, const Arguments& arguments) {
  if (arguments.positional()[0].empty()) throw ClientError("Container name cannot be empty");
  container::ContainerStore& containers = context.containers();
  for (const auto& change : container::changes_of(containers, containers.get(arguments.positional()[0]).id()))
    print_line(std::string(1, letter(change.kind)) + " " + change.path);
  return 0;
}

}  // namespace davit::cli
