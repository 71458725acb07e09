#include "network/endpoint_table.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/process.h"

namespace davit::network {
namespace {

class EndpointTableTest : public testing::Test {
 protected:
  const base::fs::TemporaryDirectory folder_{testing::TempDir(), "endpoints-"};
  const std::filesystem::path file_ = folder_.path() / "endpoints.json";

  static EndpointTable example() {
    Endpoint endpoint = {.id = "e1",
                         .network = "n1",
                         .container = "c1",
                         .container_name = "one",
                         .interface = "eth0",
                         .host_link = "dv1",
                         .mac = *MacAddress::parse("02:42:0a:01:00:02"),
                         .v4 = Address::parse("10.1.0.2"),
                         .v6 = Address::parse("fd00::2"),
                         .aliases = {"db"},
                         .servers = {"1.1.1.1"},
                         .ports = {{Protocol::kUdp, *Address::parse("::"), 53, 53}},
                         .name_space = 4026531840};
    EndpointTable table = {.boot_id = base::boot_id(), .endpoints = {std::move(endpoint)}};
    table.changes = {.has_table = true,
                     .table_handle = "7",
                     .rules = "table",
                     .foreign_chains = {"ip filter FORWARD"},
                     .sysctls = {{"net/ipv4/ip_forward", "0"}},
                     .links = {"eth0"}};
    table.unfinished = true;
    return table;
  }
};

TEST_F(EndpointTableTest, IsReadBack) {
  const auto table = example();
  table.write(file_);
  const auto read = EndpointTable::read(file_);
  EXPECT_EQ(read, table);
  EXPECT_EQ(read.addresses_in("n1"), (std::set<Address>{*Address::parse("10.1.0.2"), *Address::parse("fd00::2")}));
  EXPECT_TRUE(read.addresses_in("n2").empty());
  EXPECT_NE(read.find("n1", "c1"), nullptr);
  EXPECT_EQ(read.find("n1", "c2"), nullptr);
  EXPECT_EQ(read.of_container("c1").size(), 1U);
}

TEST_F(EndpointTableTest, MissingOrOfAnotherBootIsEmpty) {
  EXPECT_TRUE(EndpointTable::read(file_).endpoints.empty());
  auto table = example();
  table.boot_id = "another";
  table.write(file_);
  EXPECT_EQ(EndpointTable::read(file_), (EndpointTable{.boot_id = base::boot_id()}));
}

TEST_F(EndpointTableTest, DamagedIsNamed) {
  base::fs::write_file(file_, "{\"boot_id\":1}");
  try {
    EndpointTable::read(file_);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::Code::kCorrupt);
    EXPECT_NE(error.message().find(file_.string()), std::string::npos);
  }
}

}  // namespace
}  // namespace davit::network
