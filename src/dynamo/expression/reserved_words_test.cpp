#include "dynamo/expression/expression.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo {
namespace {

TEST(ReservedWords, AreRecognisedInAnyCase) {
    for (const char* word : {"ABORT", "abort", "Zone", "NAME", "status", "TTL", "LocalTimestamp"}) {
        EXPECT_TRUE(is_reserved_word(word)) << word;
    }
}

TEST(ReservedWords, AreWholeWords) {
    for (const char* word :
         {"", "ABOR", "ABORTS", "id", "pk", "names_", "a word much longer than any reserved one"}) {
        EXPECT_FALSE(is_reserved_word(word)) << word;
    }
}

}  // namespace
}  // namespace carillon::dynamo
