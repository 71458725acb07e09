#include "network/address.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "base/strings.h"

namespace davit::network {

namespace {

int family_number(Family family) { return family == Family::kV4 ? AF_INET : AF_INET6; }

std::optional<int> small_number(std::string_view text, int base) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || number < 0) return {};
  return number;
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  const std::string whole(text);
  for (const Family family : {Family::kV4, Family::kV6}) {
    std::array<std::uint8_t, 16> bytes = {};
    if (::inet_pton(family_number(family), whole.c_str(), bytes.data()) == 1) return Address(family, bytes);
  }
  return {};
}

bool Address::is_loopback() const {
  if (!is_v6()) return bytes_[0] == 127;
  return *this == *parse("::1");
}

std::string Address::text() const {
  char buffer[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(family_number(family_), bytes_.data(), buffer, sizeof buffer);
  return buffer;
}

std::string Address::with_port(int port) const {
  return (is_v6() ? "[" + text() + "]" : text()) + ":" + std::to_string(port);
}

Address Address::plus(std::uint64_t count) const {
  auto bytes = bytes_;
  for (std::size_t i = size(); i-- > 0 && count > 0; count >>= 8) {
    count += bytes[i];
    bytes[i] = static_cast<std::uint8_t>(count & 0xff);
  }
  return {family_, bytes};
}

Subnet::Subnet(const Address& address, int prefix) : prefix_(prefix) {
  auto bytes = address.bytes();
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(prefix - 8 * i, 0, 8);
    bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  base_ = {address.family(), bytes};
}

std::optional<Subnet> Subnet::parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return {};
  const auto address = Address::parse(text.substr(0, slash));
  const auto prefix = small_number(text.substr(slash + 1), 10);
  if (!address || !prefix || *prefix > bits_of(address->family())) return {};
  return Subnet(*address, *prefix);
}

bool Subnet::contains(const Address& address) const {
  return address.family() == family() && Subnet(address, prefix_).base_ == base_;
}

Address Subnet::last() const {
  auto bytes = base_.bytes();
  for (int i = 0; i < static_cast<int>(base_.size()); ++i) {
    const int kept = std::clamp(prefix_ - 8 * i, 0, 8);
    bytes[static_cast<std::size_t>(i)] |= static_cast<std::uint8_t>(0xff >> kept);
  }
  return {family(), bytes};
}

std::string Subnet::text() const { return base_.text() + "/" + std::to_string(prefix_); }

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  const auto parts = base::split(text, ':');
  if (parts.size() != 6) return {};
  std::array<std::uint8_t, 6> bytes = {};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = small_number(parts[i], 16);
    if (!number || parts[i].size() != 2) return {};
    bytes[i] = static_cast<std::uint8_t>(*number);
  }
  return MacAddress(bytes);
}

MacAddress MacAddress::of(const Address& address) {
  const auto& bytes = address.bytes();
  return MacAddress({0x02, 0x42, bytes[0], bytes[1], bytes[2], bytes[3]});
}

MacAddress MacAddress::random() {
  std::array<std::uint8_t, 6> bytes = {0x02};
  const std::string digits = base::random_hex(5);
  for (std::size_t i = 1; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(*small_number(std::string_view(digits).substr(2 * (i - 1), 2), 16));
  }
  return MacAddress(bytes);
}

std::string MacAddress::text() const {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", bytes_[0], bytes_[1], bytes_[2], bytes_[3], bytes_[4],
                     bytes_[5]);
}

}  // namespace davit::network
