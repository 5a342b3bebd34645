#include "app/command_line_cron.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

namespace carillon::app {
namespace {

constexpr const char* cron_footer = R"(
RULE is a cron expression of 5, 6 (seconds first) or 7 fields (year last), a macro such as @daily,
an RRULE of RFC 5545, or 'every DURATION'.

Examples:
  carillon cron '0 9 L * *' --tz Europe/Berlin         the last day of the month
  carillon cron '0 9 LW * *' --holidays DE-BY --roll previous
  carillon cron '30 2 * * *' --tz Europe/Berlin --from 2026-03-28T00:00Z
  carillon cron 'H H(0-5) * * *' --seed backup
  carillon cron 'FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17;BYMINUTE=0'
  carillon cron '*/15 9-17 * * MON-FRI' --count 100 --json | jq -r '.next[].at'

Needs no server. Exit codes: 0 fine, 2 the rule or an option makes no sense, and why.)";

template <class T>
void add_text(CLI::App& command, const char* name, T& value, const char* help, const char* type) {
    command.add_option(name, value, help)->type_name(type);
}

}  // namespace

void add_cron_command(CLI::App& app, std::function<void(cli::CronOptions)> chosen) {
    CLI::App* cron = app.add_subcommand("cron", "Explain a rule and list when it fires");
    cron->footer(cron_footer);
    // Lives as long as the parser, which keeps the callback.
    const auto options = std::make_shared<cli::CronOptions>();
    cron->add_option("RULE", options->rule, "What to explain")->required();
    add_text(*cron, "--tz", options->tz, "Time zone (default: UTC)", "ZONE");
    cron->add_option("--count", options->count, "How many fires (default: 5)")
        ->type_name("N")
        ->check(CLI::Range(0, 10'000));
    add_text(*cron, "--from", options->from, "Fires after: an instant, +1d, now (default)", "TIME");
    add_text(*cron, "--skipped", options->skipped, "Times that the clock skips", "WHAT");
    cron->get_option("--skipped")->check(CLI::IsMember({"skip", "before", "after"}));
    add_text(*cron, "--doubled", options->doubled, "Times that the clock shows twice", "WHICH");
    cron->get_option("--doubled")->check(CLI::IsMember({"first", "last", "both"}));
    cron->add_option("--holidays", options->holidays, "Not on these holidays: DE-BY, US, ...")
        ->type_name("CODE")
        ->allow_extra_args(false);
    cron->add_flag("--business-days", options->business_days, "Only from Monday to Friday");
    add_text(*cron, "--roll", options->roll, "Other days move: to the next or previous one", "WAY");
    cron->get_option("--roll")->check(CLI::IsMember({"exclude", "next", "previous"}));
    add_text(
        *cron, "--seed", options->seed, "What H is spread by, usually the schedule's id", "TEXT");
    cron->add_flag("--json", options->json, "Print JSON");
    cron->callback([options, chosen = std::move(chosen)] { chosen(*options); });
}

}  // namespace carillon::app
