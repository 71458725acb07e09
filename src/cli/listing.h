#pragma once
// What every list command prints through: docker's formatter. The table, `--format table …`, `--format json` or any Go
// template, one line a row; `-q` shows IDs alone.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "cli/arguments.h"

namespace davit::cli {

struct ListColumn {
  std::string field;   // "CreatedSince", as templates name it
  std::string header;  // "CREATED", as tables show it
};

class Listing {
 public:
  struct Shape {
    std::string type;                           // docker's name of a row, for errors: "*formatter.imageContext"
    std::vector<ListColumn> columns;            // all that a template may name
    std::string table;                          // docker's own: "table {{.Repository}}\t{{.Tag}}"
    std::string quiet = "{{.ID}}";              // what -q prints of a row
    bool quiet_wins = false;                    // over a template (ps); else a template wins (images)
    bool tried_first = false;                   // a template is tried on an empty row before any is listed (ps)
    bool labels = false;                        // whether rows have {{.Label "key"}}
    std::string raw = {};                       // the template that `--format raw` stands for; without one it is none
    std::string custom_suffix = {};             // what a custom table gets where it does not have it yet (--digests)
    std::vector<std::string> nil_columns = {};  // what rows have besides, and dockerd 20.10 leaves nil: null in JSON
    std::string configured = {};                // the template of docker's config.json, for neither --format nor -q
  };
  // Reads --format, -q and --no-trunc where the command has them. Throws ClientError "template parsing error: …" for
  // what is no template.
  Listing(Shape shape, const Arguments& arguments);
  ~Listing();

  bool full() const { return full_; }  // --no-trunc: cells are to be whole
  // Whether what is printed may show the field: one that costs something need not be made otherwise.
  bool needs(std::string_view field) const;

  // A row with a string for each column; members that are no column are ignored, and absent ones empty. The labels are
  // what {{.Label "key"}} looks into. Throws ClientError where the template cannot be applied to it.
  void add(const boost::json::object& row, const std::map<std::string, std::string>& labels = {});

  // All of it.
  std::string text() const;
  // Writes it to standard output. Nothing was written before.
  void print();

 private:
  static void try_format(const Shape& shape, const std::string& format);

  struct State;
  std::unique_ptr<State> state_;
  bool full_ = false;
};

}  // namespace davit::cli
