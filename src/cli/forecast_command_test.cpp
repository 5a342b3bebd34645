#include "cli/forecast_command.hpp"

#include "cli/forecast_view.hpp"
#include "cli/store_rig_test.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>

namespace carillon::cli {
namespace {

using testing::StoreRig;

const TimePoint now = parse_instant("2026-03-28T12:00:00Z").value();

json::value answer(std::string_view name, std::string_view cron, std::string_view more = "") {
    std::string text = R"({"id":"id-)" + std::string(name) + R"(","tenantId":"t","name":")" +
                       std::string(name) + R"(","trigger":{"type":"CRON","cron":")" +
                       std::string(cron) + R"("},"tz":"Europe/Berlin",
        "target":{"kind":"HTTP","http":{"url":"https://example.com/","method":"POST"}},
        "enabled":true,"nextFireAt":null,"createdAt":"2026-01-01T00:00:00.000Z",
        "updatedAt":"2026-01-01T00:00:00.000Z","version":3)" +
                       std::string(more) + "}";
    return parse_json(text).value();
}

/// Given ones, as a server answers them.
class GivenSchedules final : public ScheduleSource {
public:
    explicit GivenSchedules(std::vector<json::value> answers) : answers_(std::move(answers)) {}

    int reads = 0;

    Task<Result<>> read(schedules::EachSchedule each,
                        std::function<void(const Error&)> unreadable) override {
        ++reads;
        for (const json::value& one : answers_) {
            auto schedule = schedule_from_answer(one);
            if (!schedule) {
                unreadable(schedule.error());
                continue;
            }
            CARILLON_CO_TRY_VOID(each(*schedule, {}));
        }
        co_return Result<>{};
    }

private:
    std::vector<json::value> answers_;
};

struct Outcome {
    ExitCode code{};
    std::string out{};
    std::string err{};
};

Outcome forecast(std::vector<json::value> answers, const ForecastOptions& options) {
    StoreRig rig;
    GivenSchedules source(std::move(answers));
    Forecaster forecaster(source, rig.console, options, false);
    const auto code = rig.run(forecaster.run(now));
    EXPECT_TRUE(code) << describe(code.error());
    return {code.value_or(ExitCode::failed), rig.out.str(), rig.err.str()};
}

std::vector<json::value> three() {
    return {answer("nightly", "30 2 * * *"),
            answer("often", "*/10 * * * *"),
            answer("report", "0 9 * * *", R"(,"fault":"shown by servers only")")};
}

TEST(ForecastCommand, ShowsLoadCollisionsAndWhatTheClocksDo) {
    const Outcome r = forecast(three(), {.to = "+1d"});
    EXPECT_EQ(r.code, ExitCode::ok);
    EXPECT_TRUE(r.out.starts_with(
        "2026-03-28T12:00:00.000Z to 2026-03-29T12:00:00.000Z: 146 fires of 3 schedules\n"))
        << r.out;
    EXPECT_TRUE(r.out.contains("Load\nFROM                      FIRES  PEAK IN 1s  PEAK AT"))
        << r.out;
    EXPECT_TRUE(r.out.contains("2026-03-29T07:00:00.000Z  2      2          often, report"))
        << r.out;
    EXPECT_TRUE(r.out.contains("nightly   02:30 on 2026-03-29 does not exist and runs at 03:30"))
        << r.out;
    EXPECT_EQ(r.err, "");
}

TEST(ForecastCommand, WritesJsonThatParses) {
    const Outcome r = forecast(three(), {.to = "+1d", .json = true});
    const auto document = parse_json(r.out);
    ASSERT_TRUE(document) << r.out;
    const json::object& all = document->get_object();
    EXPECT_EQ(all.at("totals").at("fires").as_int64(), 146);
    EXPECT_EQ(all.at("load").as_array().size(), 144u);
    EXPECT_EQ(all.at("step").as_string(), "1s");
    const json::object& worst = all.at("collisions").as_array().front().get_object();
    EXPECT_EQ(worst.at("at").as_string(), "2026-03-29T01:30:00.000Z");
    EXPECT_EQ(worst.at("members").as_array().size(), 2u);
    const json::array& daylight = all.at("daylight").as_array();
    ASSERT_EQ(daylight.size(), 1u);
    EXPECT_EQ(daylight.front().at("kind").as_string(), "skipped");
    EXPECT_EQ(daylight.front().at("name").as_string(), "nightly");
}

TEST(ForecastCommand, WritesAllOfItAsCsv) {
    const std::string file = ::testing::TempDir() + "forecast_command_test.csv";
    const Outcome r = forecast(three(), {.to = "+1d", .csv = file});
    EXPECT_EQ(r.code, ExitCode::ok);
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(std::remove(file.c_str()), 0);
    EXPECT_TRUE(text.starts_with(
        "kind,at,fires,tenant,schedule,name,note\r\n"
        "daylight,2026-03-29T01:30:00.000Z,1,t,id-nightly,nightly,02:30 on 2026-03-29 does not "
        "exist and runs at 03:30: the clock goes forward from 02:00 to 03:00\r\n"
        "load,2026-03-28T12:00:00.000Z,1,,,,\r\n"))
        << text.substr(0, 400);
    EXPECT_TRUE(
        text.contains("collision,2026-03-29T07:00:00.000Z,1,t,id-report,report,one of 2 "
                      "schedules with 2 fires together\r\n"));
    EXPECT_EQ(csv_field("a,\"b\""), "\"a,\"\"b\"\"\"");
}

TEST(ForecastCommand, WhatCannotBeEvaluatedIsNamedAndTheRestCounts) {
    std::vector<json::value> answers = three();
    answers.push_back(answer("lost", "0 9 * * *", R"(,"calendar":{"holidays":["GONE"]})"));
    answers.push_back(answer("broken", "0 9 * *"));
    answers.push_back(json::value("nonsense"));
    const Outcome r = forecast(std::move(answers), {.to = "+1d"});
    EXPECT_EQ(r.code, ExitCode::failed);
    EXPECT_TRUE(r.out.contains("146 fires of 5 schedules")) << r.out;
    EXPECT_TRUE(r.out.contains("2 cannot be evaluated")) << r.out;
    EXPECT_TRUE(r.err.contains("warning: lost (id-lost)")) << r.err;
    EXPECT_TRUE(r.err.contains("warning: broken (id-broken)")) << r.err;
    EXPECT_TRUE(r.err.contains("what was answered is no schedule")) << r.err;
}

TEST(ForecastCommand, NamesTheOptionThatIsWrong) {
    const auto field = [](const ForecastOptions& options) {
        const auto made = Forecaster::make(options, now);
        return made ? std::string() : made.error().field;
    };
    EXPECT_EQ(field({.from = "someday"}), "--from");
    EXPECT_EQ(field({.to = "someday"}), "--to");
    EXPECT_EQ(field({.to = "-1d"}), "--to");
    EXPECT_EQ(field({.step = "1.5s"}), "--step");
    EXPECT_EQ(field({.step = "100ms"}), "--step");
    EXPECT_EQ(field({.from = "now"}), "");
}

TEST(ForecastCommand, WithoutFiresThereIsNothingToReadTwice) {
    StoreRig rig;
    GivenSchedules source({answer("paused", "0 9 * * *")});
    const ForecastOptions options{.to = "+1h"};
    Forecaster forecaster(source, rig.console, options, false);
    ASSERT_TRUE(rig.run(forecaster.run(now)));
    EXPECT_EQ(source.reads, 1);
    EXPECT_EQ(rig.out.str(),
              "2026-03-28T12:00:00.000Z to 2026-03-28T13:00:00.000Z: 0 fires of 1 schedule\n"
              "  1 do not fire in this time\n");
}

}  // namespace
}  // namespace carillon::cli
