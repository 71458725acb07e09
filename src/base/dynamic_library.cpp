#include "base/dynamic_library.h"

#include <dlfcn.h>

#include "base/error.h"

namespace davit::base {

DynamicLibrary::DynamicLibrary(std::string file, const std::string& package)
    : file_(std::move(file)), handle_(::dlopen(file_.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ == nullptr) {
    throw Error::format(Code::kNotSupported, "cannot load {} (Debian package {}): {}", file_, package, ::dlerror());
  }
}

void* DynamicLibrary::symbol(const char* name) const {
  void* found = ::dlsym(handle_, name);
  if (found == nullptr) throw Error::format(Code::kNotSupported, "{} has no function {}", file_, name);
  return found;
}

}  // namespace davit::base
