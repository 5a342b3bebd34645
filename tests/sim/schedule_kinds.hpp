// Schedules of all kinds for the simulation: every kind of rule with every policy, most of them
// rare, some frequent for a few hours.

#pragma once

#include "core/json.hpp"
#include "core/random.hpp"
#include "core/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace carillon::schedules::sim {

/// Makes bodies of POST /schedules. The same numbers come from the same seed.
class Kinds {
public:
    Kinds(Random& random, TimePoint begin, Duration length)
        : random_(random), begin_(begin), length_(length) {}

    json::object make(int number) {
        json::object body{{"name", "s" + std::to_string(number)}};
        body["target"] =
            parse_json(R"({"kind":"HTTP","http":{"url":"https://example.com/"}})").value();
        body["tz"] = pick(zones);
        // In a short simulation nothing rare would ever fire.
        const bool is_short = length_ < std::chrono::days{3};
        if (is_short || below(10) == 0) {
            frequent(body, number, is_short);
        } else {
            rare(body, number);
        }
        body["policy"] = policy(number);
        if (below(6) == 0) body["jitter"] = pick(jitters);
        if (below(8) == 0) calendar(body);
        return body;
    }

private:
    static constexpr std::array zones{"Europe/Berlin",
                                      "America/New_York",
                                      "UTC",
                                      "Australia/Lord_Howe",
                                      "Asia/Kolkata",
                                      "America/Santiago"};
    static constexpr std::array jitters{"5s", "2m", "40m"};
    static constexpr std::array misfires{"skip", "last", "all", "newest"};
    static constexpr std::array overlaps{"allow", "skip", "queue-one", "queue-all", "cancel"};

    template <std::size_t N>
    const char* pick(const std::array<const char*, N>& of) {
        return of[random_.below(N)];
    }

    std::int64_t below(std::int64_t most) {
        return static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(most)));
    }

    TimePoint some_instant() {
        const std::int64_t seconds = length_.count() / 1'000;
        return begin_ + Duration{1'000 * (60 + below(std::max<std::int64_t>(1, seconds - 60)))};
    }

    /// Ticks for a few hours at some time of the whole, or all the time where that is short.
    void frequent(json::object& body, int number, bool is_short) {
        switch (number % 7) {
            case 0:
                body["trigger"] = cron("*/7 * * * *");
                break;
            case 1:
                body["trigger"] = cron("*/20 * * * * *");
                break;
            case 2:
                body["trigger"] = cron("0 */2 * * *");
                break;
            case 3:
                body["trigger"] =
                    json::object{{"type", "RRULE"}, {"rrule", "FREQ=MINUTELY;INTERVAL=4"}};
                break;
            case 4:
                body["trigger"] = json::object{{"type", "INTERVAL"}, {"every", "90s"}};
                break;
            case 5:
                // Without bounds: it goes on from run to run.
                body["trigger"] =
                    json::object{{"type", "FIXED_DELAY"}, {"delay", is_short ? "45s" : "5h"}};
                return;
            default:
                one_shot(body);
                return;
        }
        if (is_short) return;
        const TimePoint start = some_instant();
        body["bounds"] =
            json::object{{"startAt", format_instant(start)},
                         {"endAt", format_instant(start + std::chrono::hours{2 + below(4)})}};
    }

    void rare(json::object& body, int number) {
        const auto minute = below(60);
        const auto hour = below(24);
        switch (number % 9) {
            case 0:
            case 1:
                body["trigger"] = cron(fmt::format("{} {} * * *", minute, hour));
                break;
            case 2:
                body["trigger"] = cron(fmt::format("{} {} * * {}", minute, hour, 1 + below(5)));
                break;
            case 3:
                body["trigger"] = cron(fmt::format("{} {} LW * *", minute, hour));
                break;
            case 4:
                body["trigger"] = json::object{
                    {"type", "RRULE"},
                    {"rrule",
                     fmt::format("FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR={};BYMINUTE={}", hour, minute)}};
                break;
            case 5:
                body["trigger"] = json::object{{"type", "INTERVAL"},
                                               {"every", fmt::format("{}h", 7 + below(60))}};
                break;
            case 6:
                body["trigger"] = json::object{{"type", "FIXED_DELAY"},
                                               {"delay", fmt::format("{}h", 10 + below(60))}};
                break;
            case 7:
                body["trigger"] = cron(fmt::format("{} {} 1,15 * *", minute, hour));
                break;
            default:
                one_shot(body);
                break;
        }
        if (below(3) == 0) daylight(body);
    }

    void one_shot(json::object& body) {
        body["trigger"] =
            json::object{{"type", "ONE_SHOT"}, {"startAt", format_instant(some_instant())}};
    }

    void daylight(json::object& body) {
        constexpr std::array skipped{"skip", "before", "after"};
        constexpr std::array doubled{"first", "last", "both"};
        body["daylightSaving"] =
            json::object{{"skipped", pick(skipped)}, {"doubled", pick(doubled)}};
    }

    /// Where a rule has a time of day: intervals cannot be rolled, single times could be left out.
    void calendar(json::object& body) {
        const std::string type(std::string_view(body["trigger"].as_object()["type"].as_string()));
        if (type != "CRON" && type != "RRULE") return;
        // A few hours of a weekend would leave nothing.
        if (body.contains("bounds")) return;
        json::object days{{"businessDaysOnly", true}};
        if (below(2) == 0) days["holidays"] = json::array{"DE-BY"};
        body["calendar"] = std::move(days);
    }

    static json::object cron(const std::string& rule) { return {{"type", "CRON"}, {"cron", rule}}; }

    static json::object policy(int number) {
        json::object out;
        out["misfire"] = misfires[static_cast<std::size_t>(number) % misfires.size()];
        out["overlap"] = overlaps[static_cast<std::size_t>(number / 7) % overlaps.size()];
        out["retentionSec"] = 3 * 365 * 86'400;
        out["backoffBaseSec"] = 0.5;
        out["misfireNewest"] = 3;
        return out;
    }

    Random& random_;
    TimePoint begin_;
    Duration length_;
};

}  // namespace carillon::schedules::sim
