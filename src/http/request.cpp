#include "http/request.h"

#include <algorithm>

namespace davit::http {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view ServerRequest::path() const {
  const std::string_view target = target_;
  return target.substr(0, target.find('?'));
}

std::string_view ServerRequest::query() const {
  const std::size_t mark = target_.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target_).substr(mark + 1);
}

std::string_view ServerRequest::header(std::string_view wanted) const {
  for (const Field& field : fields_) {
    if (field.name_size == wanted.size() && equal_ignoring_case(name(field), wanted)) return value(field);
  }
  return {};
}

std::string ServerRequest::headers(std::string_view wanted) const {
  std::string all;
  for (const Field& field : fields_) {
    if (!equal_ignoring_case(name(field), wanted)) continue;
    if (!all.empty()) all += ", ";
    all += value(field);
  }
  return all;
}

unsigned ServerRequest::count_header(std::string_view wanted) const {
  return static_cast<unsigned>(std::count_if(
      fields_.begin(), fields_.end(), [&](const Field& field) { return equal_ignoring_case(name(field), wanted); }));
}

bool ServerRequest::has_header(std::string_view wanted) const { return count_header(wanted) > 0; }

void ServerRequest::add_header(std::string_view name, std::string_view value) {
  const auto place = static_cast<std::uint32_t>(text_.size());
  fields_.push_back({place, static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(place + name.size()),
                     static_cast<std::uint32_t>(value.size())});
  text_ += name;
  text_ += value;
}

void ServerRequest::clear() {
  method.clear();
  version = 11;
  content_length.reset();
  chunked = false;
  keep_alive = true;
  target_.clear();
  text_.clear();
  fields_.clear();
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

Query::Query(std::string_view text) {
  const auto decode = [](std::string_view part) {
    std::string spaced(part);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    return percent_decode(spaced).value_or(spaced);
  };
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    values_.emplace_back(decode(pair.substr(0, equals)),
                         equals == std::string_view::npos ? std::string() : decode(pair.substr(equals + 1)));
  }
}

std::optional<std::string> Query::get(std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string> Query::all(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [key, value] : values_) {
    if (key == name) found.push_back(value);
  }
  return found;
}

}  // namespace davit::http
