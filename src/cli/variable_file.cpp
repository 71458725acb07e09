#include "cli/variable_file.h"

#include <cstdlib>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/strings.h"
#include "cli/arguments.h"

namespace davit::cli {

namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kBlanks = " \t\n\v\f\r";

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& reason) {
  throw ClientError(fmt::format("invalid env file ({}): {}", path.string(), reason));
}

// Where the first byte stands that begins no character of UTF-8; npos: nowhere. RFC 3629.
std::size_t first_bad_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : (lead & 0xf0U) == 0xe0      ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    if (length == 0 || i + length > text.size()) return i;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0U) != 0x80) return i;
    }
    const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
        (lead == 0xf4 && second > 0x8f)) {
      return i;
    }
    i += length;
  }
  return std::string_view::npos;
}

std::string byte_list(std::string_view text) {  // as Go prints a slice of bytes
  std::vector<std::string> numbers;
  for (const char c : text) numbers.push_back(std::to_string(static_cast<unsigned char>(c)));
  return "[" + base::join(numbers, " ") + "]";
}

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  const std::string content = on_client_side([&] {
    if (base::fs::is_directory(path)) refuse(path, "read " + path.string() + ": is a directory");
    return base::fs::read_file(path);
  });
  return parse_variable_lines(content, path);
}

}  // namespace

std::vector<std::string> parse_variable_lines(std::string_view content, const std::filesystem::path& path) {
  std::vector<std::string> variables;
  std::size_t number = 0;
  for (const std::string& raw : base::split(content, '\n')) {
    std::string_view line = raw;
    ++number;
    if (number == 1 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (first_bad_byte(line) != std::string_view::npos)
      refuse(path, fmt::format("invalid utf8 bytes at line {}: {}", number, byte_list(line)));
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::string_view name = line.substr(0, line.find('='));
    if (name.empty()) refuse(path, fmt::format("no variable name on line '{}'", line));
    if (name.find_first_of(kBlanks) != std::string_view::npos)
      refuse(path, fmt::format("variable '{}' contains whitespaces", name));
    variables.emplace_back(line);
  }
  return variables;
}

std::vector<std::string> read_env_file(const std::filesystem::path& path) {
  std::vector<std::string> variables;
  for (std::string& line : lines_of(path)) {
    if (line.find('=') == std::string::npos) {
      const char* value = std::getenv(line.c_str());
      if (value == nullptr) continue;
      line += std::string("=") + value;
    }
    variables.push_back(std::move(line));
  }
  return variables;
}

std::vector<std::string> read_label_file(const std::filesystem::path& path) { return lines_of(path); }

}  // namespace davit::cli
