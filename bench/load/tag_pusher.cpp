// tag_pusher ADDRESS REPOSITORY CONNECTIONS FIRST COUNT MEDIA_TYPE <MANIFEST: puts one manifest, whose blobs are there,
// by the tags t000000 + FIRST and on, COUNT of them.
#include <array>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>

#include "clients.h"
#include "program.h"

namespace {

using namespace load;

std::string tag(unsigned long number) {
  std::array<char, 24> text;
  return {text.data(), static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "t%06lu", number))};
}

int run(int argc, char** argv) {
  if (argc != 7) {
    throw std::runtime_error("usage: tag_pusher ADDRESS REPOSITORY CONNECTIONS FIRST COUNT MEDIA_TYPE <MANIFEST");
  }
  const std::string address = argv[1], repository = argv[2];
  std::atomic<unsigned long> next = std::stoul(argv[4]);
  const unsigned long end = next + std::stoul(argv[5]);
  const std::string manifest(std::istreambuf_iterator<char>(std::cin), {});
  const std::string headers = " HTTP/1.1\r\nHost: " + address + "\r\nContent-Type: " + argv[6] +
                              "\r\nContent-Length: " + std::to_string(manifest.size()) + "\r\n\r\n";
  Figures figures = clients(parse_address(address), std::stoi(argv[3]), [&](Connection& connection, int) {
    const unsigned long number = next++;
    if (number >= end) return false;
    const std::string line = "PUT /v2/" + repository + "/manifests/" + tag(number);
    const std::string_view parts[] = {line, headers, manifest};
    connection.send(parts);
    connection.expect(201);
    return true;
  });
  figures.print();
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return load::program(argc, argv, run); }
