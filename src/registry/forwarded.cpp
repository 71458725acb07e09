#include "registry/forwarded.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <arpa/inet.h>

#include "base/strings.h"

namespace davit::registry {

namespace {

struct Address {
  std::array<unsigned char, 16> bytes{};  // IPv4 as ::ffff:a.b.c.d
  bool v4 = false;

  // Also as a socket of both kinds tells it.
  bool is_v4() const {
    constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
  }
};

std::optional<Address> parse_address(const std::string& text) {
  Address address;
  if (::inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1) return address;
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) != 1) return std::nullopt;
  address.v4 = true;
  address.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::memcpy(&address.bytes[12], &v4, 4);
  return address;
}

// "10.0.0.0/8", "::1".
bool is_in(const Address& address, const std::string& network) {
  const std::size_t slash = network.find('/');
  const auto base = parse_address(network.substr(0, slash));
  if (!base || base->v4 != address.v4) return false;
  unsigned bits = base->v4 ? 32 : 128;
  if (slash != std::string::npos)
    bits = std::min<unsigned>(bits, static_cast<unsigned>(std::atoi(network.c_str() + slash + 1)));
  if (base->v4) bits += 96;
  for (unsigned i = 0; i < bits; ++i) {
    const unsigned char mask = static_cast<unsigned char>(0x80 >> (i % 8));
    if ((address.bytes[i / 8] & mask) != (base->bytes[i / 8] & mask)) return false;
  }
  return true;
}

// A parameter of an element of Forwarded: `proto=https;host="r.example"`.
std::string parameter(std::string_view element, std::string_view name) {
  for (const auto& pair : base::split(element, ';')) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || !http::equal_ignoring_case(base::trim(pair.substr(0, equals)), name)) continue;
    std::string value(base::trim(pair.substr(equals + 1)));
    std::erase(value, '"');
    return value;
  }
  return {};
}

// ... of the first element.
std::string forwarded_parameter(std::string_view field, std::string_view name) {
  return parameter(field.substr(0, field.find(',')), name);
}

std::string first_of_list(std::string_view field) { return std::string(base::trim(field.substr(0, field.find(',')))); }

// "192.0.2.1", "192.0.2.1:4711", "[2001:db8::1]:4711" without port and brackets.
std::string without_port(std::string text) {
  if (text.starts_with('[')) return text.substr(1, text.find(']') - 1);
  const std::size_t colon = text.find(':');
  return colon != std::string::npos && colon == text.rfind(':') ? text.substr(0, colon) : text;
}

// The addresses that proxies told, each of whom it heard; the last is the one before us.
std::vector<std::string> forwarded_for(const http::ServerRequest& request) {
  std::vector<std::string> all;
  const bool plain = request.has_header("x-forwarded-for");
  const std::string field = request.headers(plain ? "x-forwarded-for" : "forwarded");
  for (const auto& element : base::split(field, ','))
    all.push_back(without_port(plain ? std::string(base::trim(element)) : parameter(element, "for")));
  return all;
}

// A host goes into a header field of ours.
bool is_host(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::strchr(".-_:[]", c) != nullptr;
  });
}

}  // namespace

std::string client_address(const Settings& settings, const http::ServerRequest& request) {
  std::string client = request.peer.text;
  if (!settings.trusted_proxies.empty()) {
    auto told = forwarded_for(request);
    // What is no address tells nothing, and neither does what lies behind it.
    for (; !told.empty() && is_trusted_proxy(settings, client) && parse_address(told.back()); told.pop_back())
      client = told.back();
  }
  auto address = parse_address(client);
  if (!address) return client;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->is_v4()) return ::inet_ntop(AF_INET, &address->bytes[12], text.data(), text.size());
  std::fill(address->bytes.begin() + 8, address->bytes.end(), 0);
  return std::string(::inet_ntop(AF_INET6, address->bytes.data(), text.data(), text.size())) + "/64";
}

bool is_trusted_proxy(const Settings& settings, const std::string& text) {
  const auto& proxies = settings.trusted_proxies;
  const auto address = parse_address(text);
  if (!address) return std::find(proxies.begin(), proxies.end(), text) != proxies.end();  // "unix"
  return std::any_of(proxies.begin(), proxies.end(), [&](const auto& network) { return is_in(*address, network); });
}

std::string base_url(const Settings& settings, const http::ServerRequest& request) {
  if (!settings.external_url.empty()) return settings.external_url;
  std::string scheme = request.tls ? "https" : "http", host(request.header("host"));
  if (is_trusted_proxy(settings, request.peer.text)) {
    const std::string_view forwarded = request.header("forwarded");
    std::string told = forwarded_parameter(forwarded, "proto");
    if (told.empty()) told = first_of_list(request.header("x-forwarded-proto"));
    if (told == "http" || told == "https") scheme = told;
    told = forwarded_parameter(forwarded, "host");
    if (told.empty()) told = first_of_list(request.header("x-forwarded-host"));
    if (!told.empty()) host = told;
  }
  return scheme + "://" + (is_host(host) ? host : "localhost");
}

}  // namespace davit::registry
