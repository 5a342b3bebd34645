// Real processes, but short ones.

#include "cli/subprocess.hpp"

#include "core/text.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace carillon::cli {
namespace {

using namespace std::chrono_literals;

const std::atomic<bool> goes_on{false};

SubprocessEnd run(Subprocess what, const std::atomic<bool>& stopping = goes_on) {
    std::signal(SIGPIPE, SIG_IGN);  // As the program does.
    const runtime::SystemClock clock;
    auto end = run_subprocess(what, clock, stopping);
    EXPECT_TRUE(end);
    return end ? *std::move(end) : SubprocessEnd{};
}

TEST(Subprocess, GivesItsInputAndTellsItsExitCode) {
    const auto end = run({.command = "cat; exit 7", .input = "hello\n"});
    EXPECT_EQ(end.exit_code, 7);
    EXPECT_EQ(end.output, "hello\n");
    EXPECT_FALSE(end.timed_out);
}

TEST(Subprocess, ALargeInputAndALargeOutputDoNotBlockEachOther) {
    const auto end = run({.command = "cat", .input = std::string(300'000, 'x'), .output_max = 10});
    EXPECT_EQ(end.exit_code, 0);
    EXPECT_EQ(end.output, "xxxxxxxxxx");
}

TEST(Subprocess, OneThatDoesNotReadItsInputIsNotAtFault) {
    EXPECT_EQ(run({.command = "exit 0", .input = std::string(300'000, 'x')}).exit_code, 0);
}

TEST(Subprocess, OneThatTakesTooLongIsEnded) {
    const auto end = run({.command = "sleep 60", .timeout = 50ms});
    EXPECT_TRUE(end.timed_out);
    EXPECT_EQ(end.exit_code, -1);
    EXPECT_EQ(end.signal, SIGTERM);
}

TEST(Subprocess, OneIsStoppedOnRequest) {
    const std::atomic<bool> stopping{true};
    const auto end = run({.command = "sleep 60"}, stopping);
    EXPECT_TRUE(end.stopped);
    EXPECT_EQ(end.signal, SIGTERM);
}

TEST(Subprocess, VariablesAreAddedToItsEnvironment) {
    const auto end =
        run({.command = "echo $CARILLON_ATTEMPT", .environment = {{"CARILLON_ATTEMPT", "3"}}});
    EXPECT_EQ(trim(end.output), "3");
}

TEST(Subprocess, WhatItLeavesInTheBackgroundIsNotWaitedFor) {
    const auto end = run({.command = "sleep 30 & exit 0", .timeout = 20s});
    EXPECT_EQ(end.exit_code, 0);
    EXPECT_FALSE(end.timed_out);
}

TEST(Subprocess, ACommandThatIsNotThereIs127) {
    EXPECT_EQ(run({.command = "no-such-command-at-all"}).exit_code, 127);
}

}  // namespace
}  // namespace carillon::cli
