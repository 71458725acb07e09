#include "transfer/connections.h"

#include <memory>

#include <gtest/gtest.h>

namespace davit::transfer {
namespace {

TEST(ConnectionsTest, OneBlobMayHaveAll) {
  Connections connections(3);
  Connections::Share share(connections);
  EXPECT_TRUE(share.take());
  EXPECT_TRUE(share.take());
  EXPECT_FALSE(share.take());
  share.give_back();
  EXPECT_TRUE(share.take());
}

TEST(ConnectionsTest, EachBlobHasOneWhateverTheOthersHold) {
  Connections connections(2);
  Connections::Share greedy(connections);
  EXPECT_TRUE(greedy.take());
  Connections::Share second(connections), third(connections);
  EXPECT_FALSE(second.take());
  EXPECT_FALSE(third.take());
}

TEST(ConnectionsTest, WhoHasMoreThanItsPartGivesBackAndOthersTake) {
  Connections connections(4);
  Connections::Share greedy(connections);
  while (greedy.take()) {
  }
  auto second = std::make_unique<Connections::Share>(connections);
  EXPECT_FALSE(second->take());
  EXPECT_TRUE(greedy.give_back_if_unfair());
  EXPECT_TRUE(greedy.give_back_if_unfair());
  EXPECT_FALSE(greedy.give_back_if_unfair());  // two of four
  EXPECT_TRUE(second->take());
  EXPECT_FALSE(second->take());
  second.reset();
  EXPECT_TRUE(greedy.take());
  EXPECT_TRUE(greedy.take());
  EXPECT_FALSE(greedy.take());
}

TEST(ConnectionsTest, TheLastOneStays) {
  Connections connections(1);
  Connections::Share share(connections);
  share.give_back();
  EXPECT_FALSE(share.take());
  EXPECT_FALSE(share.give_back_if_unfair());
}

}  // namespace
}  // namespace davit::transfer
