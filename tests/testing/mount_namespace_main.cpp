// main() for test programs that mount: all of it happens in a mount namespace that ends with the program.

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/mount.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  try {
    davit::base::fs::enter_private_mount_namespace();
  } catch (const davit::base::Error& e) {
    std::fprintf(stderr, "these tests mount, and must be run as root: %s\n", e.what());
    return 1;
  }
  return RUN_ALL_TESTS();
}
