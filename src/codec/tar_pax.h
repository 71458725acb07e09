#pragma once
// pax extended headers: POSIX.1-2017, pax, "pax Extended Header": records "LENGTH KEY=VALUE\n".

#include <cstdint>
#include <ctime>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace davit::codec::tar {

struct PaxRecords {
  std::map<std::string, std::string, std::less<>> values;  // an empty value takes back what a global header said
  // GNU.sparse.offset and GNU.sparse.numbytes of sparse format 0.0, in order: the only keys that come more than once.
  std::vector<std::pair<std::string, std::string>> sparse_pairs;

  // Nothing when the key is absent or its value empty.
  const std::string* find(std::string_view key) const;
};

// Adds the records of one extended header. Throws Malformed.
void parse_pax(std::string_view text, PaxRecords& records);

// "LENGTH KEY=VALUE\n"
void append_pax(std::string& text, std::string_view key, std::string_view value);

// Values. Those that parse throw Malformed, naming the key and the value.
std::uint64_t parse_pax_number(std::string_view key, std::string_view value);  // below 2^63
struct timespec parse_pax_time(std::string_view key, std::string_view value);  // digits past nanoseconds round down
std::string pax_time(const struct timespec& time);

// LIBARCHIVE.xattr.KEY=VALUE: the key percent-encoded, the value in base64 without padding.
std::string decode_libarchive_key(std::string_view key);
std::string encode_libarchive_key(std::string_view key);
std::string decode_libarchive_value(std::string_view value);
std::string encode_libarchive_value(std::string_view value);

}  // namespace davit::codec::tar
