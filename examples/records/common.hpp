// What the three programs share: their store, and how they complain.

#pragma once

#include <carillon/example_models.hpp>
#include <carillon/records.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

using carillon::examples::Record;

/// The first argument, or a directory beside: `embedded:DIR`, `dynamodb://REGION`, or
/// `dynamodb://local?endpoint=http://127.0.0.1:8000` for a server of your own.
inline std::string store_url(int argc, char** argv) {
    return argc > 1 ? argv[1] : "embedded:./records-example";
}

/// The value, or the end of the program with the failure.
template <class T>
T get_or_die(const char* what, carillon::Expected<T> answer) {
    if (!answer) {
        const carillon::Failure& failure = answer.error();
        std::fprintf(stderr,
                     "%s: %s %s\n",
                     what,
                     failure.message.c_str(),
                     failure.field.empty() ? "" : ("(" + failure.field + ")").c_str());
        std::exit(1);
    }
    if constexpr (!std::is_void_v<T>) return *std::move(answer);
}
