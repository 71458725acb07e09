// How each of these programs ends: its status is run()'s, or 1 with what went wrong on standard error.
#pragma once

#include <exception>
#include <filesystem>
#include <iostream>

namespace load {

template <typename Run>
int program(int argc, char** argv, Run run) try {
  return run(argc, argv);
} catch (const std::exception& error) {
  std::cerr << std::filesystem::path(argv[0]).filename().string() << ": " << error.what() << "\n";
  return 1;
}

}  // namespace load
