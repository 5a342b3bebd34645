// The port's promises, kept by this engine: in memory, in a directory, and without threads.

#include "dynamo/embedded/embedded.hpp"

#include "conformance/conformance.hpp"
#include "dynamo/embedded/temporary_directory.hpp"

namespace carillon::conformance {
namespace {

/// A store in a directory that goes with it, checked when it ends.
std::unique_ptr<dynamo::Database> open_for_test(dynamo::EmbeddedOptions options,
                                                runtime::Clock& clock) {
    // Sweeping would hide what readers must hide by themselves.
    options.sweep_interval = Duration{3'600'000};
    auto opened = dynamo::open_embedded(options, clock);
    EXPECT_TRUE(opened) << outcome(opened);
    return opened ? *std::move(opened) : nullptr;
}

const EngineUnderTest memory{.name = "Memory", .make = [](runtime::Clock& clock) {
                                 return open_for_test({.memory = true}, clock);
                             }};

const EngineUnderTest single_thread{.name = "Inline", .make = [](runtime::Clock& clock) {
                                        return open_for_test(
                                            {.memory = true, .inline_writer = true}, clock);
                                    }};

const EngineUnderTest directory{
    .name = "Directory", .make = [](runtime::Clock& clock) {
        static const dynamo::embedded::TemporaryDirectory parent;
        static int count = 0;
        return open_for_test({.directory = parent.path() + "/" + std::to_string(++count)}, clock);
    }};

INSTANTIATE_TEST_SUITE_P(Embedded,
                         DatabaseConformance,
                         ::testing::Values(memory, single_thread, directory),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace carillon::conformance
