#include "observability/log.hpp"

#include "core/json.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace carillon {
namespace {

TimePoint christmas() {
    return from_epoch_ms(1'798'131'600'000);
}

std::string written(LogFormat format,
                    std::string_view message,
                    std::initializer_list<LogField> fields = {}) {
    std::ostringstream out;
    open_log({.format = format, .now = christmas}, out)->warn(message, fields);
    return out.str();
}

TEST(TextLog, WritesTimeLevelMessageAndFields) {
    EXPECT_EQ(written(LogFormat::text, "delivery failed", {{"id", "a"}, {"attempt", 3}}),
              "2026-12-24T17:00:00.000Z warn  delivery failed id=a attempt=3\n");
}

TEST(TextLog, QuotesWhatWouldBeAmbiguous) {
    EXPECT_EQ(written(LogFormat::text,
                      "m",
                      {{"a", ""}, {"b", "x y"}, {"c", "x=y"}, {"d", "\""}, {"e", "/p?q"}}),
              "2026-12-24T17:00:00.000Z warn  m a=\"\" b=\"x y\" c=\"x=y\" d=\"\\\"\" e=/p?q\n");
}

TEST(TextLog, CannotBeMadeToForgeALine) {
    EXPECT_EQ(written(LogFormat::text, "a\nb", {{"c", "d\n2026 error"}}),
              "2026-12-24T17:00:00.000Z warn  a\\nb c=\"d\\n2026 error\"\n");
}

TEST(JsonLog, WritesOneObjectALine) {
    EXPECT_EQ(written(LogFormat::json, "delivery failed", {{"id", "a"}, {"attempt", 3}}),
              R"({"time":"2026-12-24T17:00:00.000Z","level":"warn","message":"delivery failed",)"
              R"("id":"a","attempt":3})"
              "\n");
}

TEST(JsonLog, WritesEveryKindOfValue) {
    const std::string text = "s";
    const std::string line = written(LogFormat::json,
                                     "m",
                                     {{"a", text},
                                      {"b", std::string_view("v")},
                                      {"c", -1},
                                      {"d", std::numeric_limits<std::uint64_t>::max()},
                                      {"e", 1.5},
                                      {"f", true},
                                      {"g", std::numeric_limits<double>::infinity()}});
    const auto parsed = parse_json(line.substr(0, line.size() - 1));
    ASSERT_TRUE(parsed) << line;
    EXPECT_EQ(parsed->at("a"), "s");
    EXPECT_EQ(parsed->at("b"), "v");
    EXPECT_EQ(parsed->at("c"), -1);
    EXPECT_EQ(parsed->at("d"), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(parsed->at("e"), 1.5);
    EXPECT_EQ(parsed->at("f"), true);
    EXPECT_TRUE(parsed->at("g").is_null());
}

TEST(JsonLog, StaysJsonWhateverTheBytes) {
    for (const char* text : {"\xff", "a\xc3", "\xed\xa0\x80", "\xf0\x9f\x98", "\x01\"\\\n\u00e9"}) {
        const std::string line = written(LogFormat::json, text, {{"k", text}});
        EXPECT_TRUE(parse_json(line.substr(0, line.size() - 1))) << line;
        EXPECT_EQ(line.find('\n'), line.size() - 1);
    }
    EXPECT_NE(written(LogFormat::json, "a\xc3\u00e9").find("a\uFFFD\u00e9"), std::string::npos);
}

TEST(Log, DropsLinesBelowItsLevel) {
    std::ostringstream out;
    const auto log = open_log({.level = LogLevel::warn, .now = christmas}, out);
    log->trace("no");
    log->debug("no");
    log->info("no");
    EXPECT_EQ(out.str(), "");
    log->warn("yes");
    log->error("yes");
    EXPECT_NE(out.str().find("warn  yes\n"), std::string::npos);
    EXPECT_NE(out.str().find("error yes\n"), std::string::npos);
    EXPECT_FALSE(log->enabled(LogLevel::info));
    EXPECT_TRUE(log->enabled(LogLevel::error));
}

TEST(Log, OffWritesNothing) {
    std::ostringstream out;
    const auto log = open_log({.level = LogLevel::off, .now = christmas}, out);
    log->error("no");
    log->write(LogLevel::off, "no", {});
    EXPECT_EQ(out.str(), "");
}

TEST(Log, LosesALineRatherThanThrow) {
    std::ostringstream out;
    const auto log = open_log({.now = []() -> TimePoint { throw std::runtime_error("x"); }}, out);
    log->error("lost");
    EXPECT_EQ(out.str(), "");

    std::ostringstream broken;
    broken.exceptions(std::ios::badbit);
    broken.setstate(std::ios::failbit);
    open_log({.now = christmas}, broken)->error("lost");
}

TEST(Log, TakesBracesOfFormatLiterally) {
    EXPECT_EQ(written(LogFormat::text, "{} {0} %v"), "2026-12-24T17:00:00.000Z warn  {} {0} %v\n");
}

TEST(Log, NullTakesEverything) {
    EXPECT_FALSE(Log::null().enabled(LogLevel::error));
    Log::null().error("gone", {{"a", 1}});
    EXPECT_EQ(&Log::null(), &Log::null());
}

TEST(Log, KeepsLinesWholeBetweenThreads) {
    std::ostringstream out;
    {
        const auto log = open_log({.now = christmas}, out);
        std::vector<std::jthread> threads;
        threads.reserve(4);
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&log] {
                for (int i = 0; i < 250; ++i) log->info("line", {{"i", i}});
            });
        }
    }
    std::istringstream lines(out.str());
    std::string line;
    int count = 0;
    for (; std::getline(lines, line); ++count) {
        EXPECT_TRUE(line.starts_with("2026-12-24T17:00:00.000Z info  line i=")) << line;
    }
    EXPECT_EQ(count, 1'000);
}

TEST(LogLevel, IsReadByName) {
    for (int level = 0; level <= static_cast<int>(LogLevel::off); ++level) {
        const auto wanted = static_cast<LogLevel>(level);
        EXPECT_EQ(parse_log_level(to_string(wanted)), wanted);
    }
    EXPECT_EQ(parse_log_level("WARNING"), LogLevel::warn);
    EXPECT_EQ(parse_log_level("Info"), LogLevel::info);
    EXPECT_EQ(parse_log_level(""), std::nullopt);
    EXPECT_EQ(parse_log_level("verbose"), std::nullopt);
}

}  // namespace
}  // namespace carillon
