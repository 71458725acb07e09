#pragma once
// --env-file and --label-file: a line for each variable or label, docker's rules.

#include <filesystem>
#include <string>
#include <vector>

namespace davit::cli {

// "NAME=value" for each line of a value; of a NAME alone that of our environment, or nothing where it has none. Empty
// lines and those that begin with # are none. Throws ClientError in docker's words, naming file and line.
std::vector<std::string> read_env_file(const std::filesystem::path& path);

// The same; a NAME alone stays as it is.
std::vector<std::string> read_label_file(const std::filesystem::path& path);

// Of the file's content.
std::vector<std::string> parse_variable_lines(std::string_view content, const std::filesystem::path& path);

}  // namespace davit::cli
