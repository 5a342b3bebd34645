#include "server/prefer.hpp"

#include <gtest/gtest.h>

namespace carillon::server {
namespace {

TEST(PreferredReturn, IsReadAsTheRfcWritesIt) {
    struct Case {
        net::Headers headers;
        std::optional<Return> want;
    };

    const Case cases[] = {
        {{}, std::nullopt},
        {{{"Prefer", "return=minimal"}}, Return::minimal},
        {{{"prefer", "Return = \"minimal\""}}, Return::minimal},
        {{{"Prefer", "return=representation"}}, Return::representation},
        {{{"Prefer", "respond-async, wait=10, return=minimal; foo=\"a,b\""}}, Return::minimal},
        {{{"Prefer", "x=\"a,return=representation\", return=minimal"}}, Return::minimal},
        {{{"Prefer", "wait=5"}, {"Prefer", "return=minimal"}}, Return::minimal},
        {{{"Prefer", "return=minimal, return=representation"}}, Return::minimal},
        {{{"Prefer", "return=nothing"}}, std::nullopt},
        {{{"Prefer", "return"}}, std::nullopt},
        {{{"Prefer", ""}}, std::nullopt},
        {{{"Prefer", ",,;=\""}}, std::nullopt},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(preferred_return(c.headers), c.want)
            << c.headers.get("Prefer").value_or("(none)");
    }
}

}  // namespace
}  // namespace carillon::server
