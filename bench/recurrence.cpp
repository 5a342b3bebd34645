// Next-fire evaluations of ten typical rules. One JSON object a line: rule, nanoseconds per
// evaluation, and a checksum that recurrence.mjs compares with what others find.
//
//     carillon_bench_recurrence [EVALUATIONS]
//
// Evaluations start at instants spread over ten years, as those of many schedules do, and not at
// the fire before: nobody can profit from where the last one ended.

#include "recurrence/recurrence.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace carillon {
namespace {

struct Case {
    const char* type;
    const char* rule;
    const char* tz;
};

// recurrence.mjs has the same list.
constexpr Case cases[] = {
    {"CRON", "* * * * *", "UTC"},
    {"CRON", "*/15 * * * *", "Europe/Berlin"},
    {"CRON", "0 9 * * *", "Europe/Berlin"},
    {"CRON", "0 9 * * 1-5", "America/New_York"},
    {"CRON", "0 0 1 * *", "Europe/Berlin"},
    {"CRON", "0 9 L * *", "Europe/Berlin"},
    {"CRON", "30 17 * * 5#2", "Asia/Tokyo"},
    {"CRON", "0 0 29 2 *", "UTC"},
    {"RRULE", "DTSTART:20200101T090000\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR", "UTC"},
    {"RRULE",
     "DTSTART:20200101T090000\nRRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
     "UTC"},
};

constexpr std::int64_t begin_s = 1'767'225'600;  // 2026-01-01
constexpr std::int64_t span_s = 315'360'000;     // Ten years.

/// The n-th instant: steps of the golden ratio cover the span evenly.
std::int64_t instant_s(std::int64_t n) {
    return begin_s + n * 194'903'197 % span_s;
}

int run(const Case& each, std::int64_t evaluations) {
    recurrence::Spec spec;
    if (std::string(each.type) == "CRON") {
        spec.trigger = recurrence::CronTrigger{each.rule};
    } else {
        spec.trigger = recurrence::RruleTrigger{each.rule};
    }
    spec.tz = each.tz;
    const auto rule = recurrence::Recurrence::compile(spec);
    if (!rule) {
        std::fprintf(stderr, "%s: %s\n", each.rule, describe(rule.error()).c_str());
        return 1;
    }
    std::int64_t checksum = 0;
    const std::clock_t from = std::clock();  // CPU time: the machine may be shared.
    for (std::int64_t n = 0; n < evaluations; ++n) {
        const auto next = rule->next(from_epoch_ms(instant_s(n) * 1'000));
        // Of the first thousand only: others do not get further.
        if (n < 1'000) checksum += to_epoch_ms(**next) / 1'000 % 1'000'003;
    }
    const double took_ns = 1e9 * static_cast<double>(std::clock() - from) / CLOCKS_PER_SEC;
    std::printf("{\"rule\":%d,\"ns\":%.1f,\"checksum\":%lld}\n",
                static_cast<int>(&each - cases),
                took_ns / static_cast<double>(evaluations),
                static_cast<long long>(checksum));
    return 0;
}

}  // namespace
}  // namespace carillon

int main(int argc, char** argv) {
    const std::int64_t evaluations = argc > 1 ? std::atoll(argv[1]) : 2'000'000;
    for (const auto& each : carillon::cases) {
        if (carillon::run(each, evaluations) != 0) return 1;
    }
    return 0;
}
