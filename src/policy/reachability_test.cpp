#include "policy/reachability.h"

#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace davit::policy {
namespace {

using Graph = std::map<std::string, std::vector<std::string>>;

auto edges_of(const Graph& graph) {
  return [&graph](const std::string& node) {
    const auto found = graph.find(node);
    return found == graph.end() ? std::vector<std::string>{} : found->second;
  };
}

TEST(Reachability, EverythingIsGarbageWithoutRoots) {
  const Graph graph{{"image", {"layer"}}};
  EXPECT_EQ(garbage<std::string>({"image", "layer"}, {}, edges_of(graph)),
            (std::vector<std::string>{"image", "layer"}));
}

TEST(Reachability, WhatARootNeedsThroughOthersIsKept) {
  const Graph graph{{"tag", {"image"}}, {"image", {"config", "layer"}}, {"other", {"layer", "mine"}}};
  EXPECT_EQ(garbage<std::string>({"mine", "layer", "other", "config"}, {"tag"}, edges_of(graph)),
            (std::vector<std::string>{"mine", "other"}));
}

TEST(Reachability, ACycleThatNoRootReachesIsGarbage) {
  const Graph graph{{"a", {"b"}}, {"b", {"a"}}, {"root", {"root", "c"}}, {"c", {"root"}}};
  EXPECT_EQ(garbage<std::string>({"a", "b", "c", "root"}, {"root"}, edges_of(graph)),
            (std::vector<std::string>{"a", "b"}));
}

TEST(Reachability, ARootThatDoesNotExistIsNoError) {
  EXPECT_EQ(garbage<std::string>({"a"}, {"gone"}, edges_of({})), (std::vector<std::string>{"a"}));
}

// The transitive closure by repeated relaxation: slow, and written unlike the walk.
std::set<int> closure(std::size_t count, const std::vector<int>& roots, const std::vector<std::pair<int, int>>& edges) {
  std::set<int> kept(roots.begin(), roots.end());
  for (std::size_t round = 0; round <= count; ++round) {
    for (const auto& [from, to] : edges) {
      if (kept.count(from) != 0) kept.insert(to);
    }
  }
  return kept;
}

RC_GTEST_PROP(ReachabilityProperty, NoReachableNodeIsGarbageAndEveryOtherIs, ()) {
  const int count = *rc::gen::inRange(1, 30);
  const auto node = rc::gen::inRange(0, count);
  const auto roots = *rc::gen::container<std::vector<int>>(node);
  const auto edges = *rc::gen::container<std::vector<std::pair<int, int>>>(rc::gen::pair(node, node));
  std::vector<int> all;
  for (int i = 0; i < count; ++i) all.push_back(i);

  const std::vector<int> found = garbage(all, roots, [&](int from) {
    std::vector<int> targets;
    for (const auto& edge : edges) {
      if (edge.first == from) targets.push_back(edge.second);
    }
    return targets;
  });

  const std::set<int> kept = closure(all.size(), roots, edges);
  const std::set<int> removed(found.begin(), found.end());
  RC_ASSERT(removed.size() == found.size());
  for (const int n : all) RC_ASSERT(kept.count(n) + removed.count(n) == 1U);
}

}  // namespace
}  // namespace davit::policy
