#pragma once
// The seam at which tests make the file system fail. Every file-changing call of base/fs announces itself here first.

#include <cstdint>
#include <functional>
#include <string_view>

namespace davit::base::fs {

enum class Operation {
  kOpenForWrite,
  kWrite,
  kSync,
  kTruncate,
  kRename,
  kLink,
  kRemove,
  kMakeDirectory,
  kMakeNode,
  kSetAttribute,
  kMount,
  kUnmount,
};

std::string_view name(Operation operation);

// What the hook wants to happen: 0 to go on, or an errno value with which the call then fails without being made.
using FaultHook = std::function<int(Operation, std::string_view path)>;

// Installs or (with an empty function) removes the hook. Not while other threads are in base/fs.
void set_fault_hook(FaultHook hook);

// Reads DAVIT_FAULT, for black-box tests: "N:kill", "N:ENOSPC", "N:EIO" make the Nth file-changing call (from 1) of
// this process die by SIGKILL or fail; "count:FILE" appends their number to FILE at exit. Called once by main; nothing
// without it.
void install_fault_from_environment();

// Called by base/fs itself before each such call: 0, or the errno value with which it shall fail.
int fault(Operation operation, std::string_view path);

}  // namespace davit::base::fs
