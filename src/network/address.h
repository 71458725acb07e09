#pragma once
// IP addresses, subnets and MAC addresses: values.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace davit::network {

enum class Family { kV4, kV6 };

// The number of an address's bits: 32 or 128.
constexpr int bits_of(Family family) { return family == Family::kV4 ? 32 : 128; }

class Address {
 public:
  Address() = default;  // 0.0.0.0
  Address(Family family, const std::array<std::uint8_t, 16>& bytes) : family_(family), bytes_(bytes) {}

  // "10.0.0.1", "fd00::1". Nothing for what is no address: a zone ("fe80::1%eth0"), a port, leading zeros.
  static std::optional<Address> parse(std::string_view text);
  static Address any(Family family) { return {family, {}}; }

  Family family() const { return family_; }
  bool is_v6() const { return family_ == Family::kV6; }
  const std::array<std::uint8_t, 16>& bytes() const {
    return bytes_;
  }  // network order, an IPv4 address's in the first 4
  std::size_t size() const { return is_v6() ? 16 : 4; }
  bool is_any() const { return bytes_ == std::array<std::uint8_t, 16>{}; }
  bool is_loopback() const;
  std::string text() const;               // RFC 5952
  std::string with_port(int port) const;  // "10.0.0.1:80", "[::1]:80"

  // The address `count` further on; wraps around.
  Address plus(std::uint64_t count) const;

  auto operator<=>(const Address&) const = default;

 private:
  Family family_ = Family::kV4;
  std::array<std::uint8_t, 16> bytes_ = {};
};

// Addresses of one prefix. `base` has no bit beyond it.
class Subnet {
 public:
  Subnet() = default;
  // The subnet that `address` is in.
  Subnet(const Address& address, int prefix);

  // "10.0.0.0/24"; "10.0.0.9/24" means the same. Nothing for what is no CIDR.
  static std::optional<Subnet> parse(std::string_view text);

  const Address& base() const { return base_; }
  int prefix() const { return prefix_; }
  Family family() const { return base_.family(); }
  bool contains(const Address& address) const;
  bool contains(const Subnet& other) const { return prefix_ <= other.prefix_ && contains(other.base_); }
  bool overlaps(const Subnet& other) const { return contains(other) || other.contains(*this); }
  Address last() const;  // IPv4: the broadcast address
  std::string text() const;

  auto operator<=>(const Subnet&) const = default;

 private:
  Address base_;
  int prefix_ = 0;
};

class MacAddress {
 public:
  MacAddress() = default;
  explicit MacAddress(const std::array<std::uint8_t, 6>& bytes) : bytes_(bytes) {}

  // "02:42:ac:11:00:02". Nothing for anything else.
  static std::optional<MacAddress> parse(std::string_view text);
  // Docker's for an IPv4 address: 02:42 and its bytes.
  static MacAddress of(const Address& address);
  static MacAddress random();  // locally administered, unicast

  const std::array<std::uint8_t, 6>& bytes() const { return bytes_; }
  std::string text() const;
  auto operator<=>(const MacAddress&) const = default;

 private:
  std::array<std::uint8_t, 6> bytes_ = {};
};

}  // namespace davit::network
