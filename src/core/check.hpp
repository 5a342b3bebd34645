// Checks for bugs, on in every build. A failed check means that this program is wrong, never that
// its input is: it prints the expression and aborts, so that a wrong state is not written to disk.

#pragma once

#include <cstdio>
#include <cstdlib>

namespace carillon {

[[noreturn]] inline void check_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "carillon: check failed: %s (%s:%d)\n", expression, file, line);
    std::abort();
}

}  // namespace carillon

#define CARILLON_CHECK(condition) \
    ((condition) ? static_cast<void>(0) : ::carillon::check_failed(#condition, __FILE__, __LINE__))

#if defined(__clang__)
#define CARILLON_LIFETIMEBOUND [[clang::lifetimebound]]
#else
#define CARILLON_LIFETIMEBOUND
#endif
