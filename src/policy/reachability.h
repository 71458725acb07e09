#pragma once
// What may be collected: a pure walk over a graph of content. Knows nothing of files, locks or images; whoever calls it
// answers for the graph standing still meanwhile.

#include <unordered_set>
#include <utility>
#include <vector>

namespace davit::policy {

// All nodes that can be reached from the roots, roots included. `edges(node)` gives the nodes that a node needs (any
// range); it is called once per node, and for nodes that exist nowhere too. Cycles are fine. Linear in nodes and edges.
template <typename Node, typename Edges>
std::unordered_set<Node> reachable(const std::vector<Node>& roots, const Edges& edges) {
  std::unordered_set<Node> seen(roots.begin(), roots.end());
  std::vector<Node> waiting(seen.begin(), seen.end());
  while (!waiting.empty()) {
    const Node node = std::move(waiting.back());
    waiting.pop_back();
    for (const Node& next : edges(node)) {
      if (seen.insert(next).second) waiting.push_back(next);
    }
  }
  return seen;
}

// Those of `all`, in their order, that cannot be reached from the roots.
template <typename Node, typename Edges>
std::vector<Node> garbage(const std::vector<Node>& all, const std::vector<Node>& roots, const Edges& edges) {
  const std::unordered_set<Node> needed = reachable(roots, edges);
  std::vector<Node> result;
  for (const Node& node : all) {
    if (!needed.contains(node)) result.push_back(node);
  }
  return result;
}

}  // namespace davit::policy
