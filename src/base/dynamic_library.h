#pragma once
// A library that few commands need, opened when the first does: linked to, it would slow each start down. Its headers
// give the types of what is found, so that a wrong signature does not compile: find("nft_ctx_new", &::nft_ctx_new).

#include <string>

namespace davit::base {

class DynamicLibrary {
 public:
  // Throws Error(kNotSupported) that names the file and the Debian package. Never closed: what it started may outlive
  // us.
  DynamicLibrary(std::string file, const std::string& package);

  template <typename Function>
  Function* find(const char* name, Function*) const {
    return reinterpret_cast<Function*>(symbol(name));
  }

 private:
  void* symbol(const char* name) const;  // throws Error(kNotSupported)

  std::string file_;
  void* handle_;
};

}  // namespace davit::base
