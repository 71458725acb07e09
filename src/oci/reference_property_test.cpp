#include <regex>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "oci/generators.h"
#include "oci/reference.h"

namespace davit::oci {
namespace {

RC_GTEST_PROP(ReferenceProperty, TextIsReadBack, (const Reference& reference)) {
  RC_ASSERT(Reference::parse(reference.text()) == reference);
  RC_ASSERT(Reference::parse(reference.text()).text() == reference.text());
}

RC_GTEST_PROP(ReferenceProperty, FamiliarFormMeansTheSame, (const Reference& reference)) {
  RC_ASSERT(Reference::parse(reference.familiar()) == reference);
  RC_ASSERT(reference.familiar().size() <= reference.text().size());
}

RC_GTEST_PROP(ReferenceProperty, OrderIsAStrictWeakOrder,
              (const Reference& a, const Reference& b, const Reference& c)) {
  RC_ASSERT(!(a < a));
  RC_ASSERT(int(a < b) + int(b < a) + int(a == b) == 1);
  if (a < b && b < c) RC_ASSERT(a < c);
  RC_ASSERT((a == b) == (a.text() == b.text()));
}

RC_GTEST_PROP(ReferenceProperty, HistorySuffixIsReadBack, ()) {
  const Reference tagged = Reference::with_tag((*rc::gen::arbitrary<Reference>()).repository(), generators::tag());
  const auto index = *rc::gen::arbitrary<unsigned>();
  const auto history = parse_history_reference(tagged.text() + "@{" + std::to_string(index) + "}");
  RC_ASSERT(history.has_value());
  RC_ASSERT(history->reference == tagged);
  RC_ASSERT(history->index == index);
}

// The grammar of distribution's reference package, for names with an explicit domain.
const std::regex& grammar() {
  static const std::regex expression(
      R"(^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?)"
      R"(/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)"
      R"((?::[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127})?$)");
  return expression;
}

// Texts that are nearly references: pieces of the grammar and its separators, thrown together.
RC_GTEST_PROP(ReferenceProperty, AcceptsWhatTheGrammarAccepts, ()) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "a", "b9", "0", "A", "-", "--", ".", "_", "__", "/", "/", ":", ":5000", "[::1]", "[", "localhost", "io", " "));
  std::string rest;
  for (const std::string& piece : pieces) rest += piece;
  const std::string text = "host.example:1/" + rest;
  bool accepted = true;
  try {
    Reference::parse(text);
  } catch (const base::Error&) {
    accepted = false;
  }
  RC_ASSERT(accepted == std::regex_match(text, grammar()));

  const std::string host_text = rest + "/x";
  if (rest.find('/') == std::string::npos && rest.find_first_of(".:") != std::string::npos) {
    accepted = true;
    try {
      Reference::parse(host_text);
    } catch (const base::Error&) {
      accepted = false;
    }
    RC_ASSERT(accepted == std::regex_match(host_text, grammar()));
  }
}

}  // namespace
}  // namespace davit::oci
