// `carillon schedule ...`: what each command asks of the server and how it shows the answer.

#pragma once

#include "cli/api.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/schedule_input.hpp"
#include "runtime/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace carillon::cli {

enum class ScheduleAction : std::uint8_t {
    add,
    list,
    get,
    edit,
    pause,
    resume,
    trigger,
    backfill,
    next,
    explain,
    remove,
};

struct ScheduleOptions {
    ScheduleAction action = ScheduleAction::list;
    std::vector<std::string> ids{};
    ScheduleWords words{};
    std::optional<std::string> tenant{};
    std::optional<std::string> key{};       ///< add, trigger: Idempotency-Key.
    std::optional<std::int64_t> version{};  ///< edit, rm: only if it is of that version.
    bool dry_run = false;                   ///< add: only tell what is wrong with it.
    bool quiet = false;                     ///< Print ids alone.
    bool json = false;

    std::optional<bool> enabled{};      ///< list
    std::optional<std::string> name{};  ///< list
    std::int64_t limit = 100;
    bool all = false;

    std::optional<std::string> at{};           ///< trigger
    std::optional<std::string> correlation{};  ///< trigger

    std::string from{};                 ///< backfill; next: may be empty.
    std::string to{};                   ///< backfill
    std::optional<std::string> step{};  ///< backfill
    std::int64_t runs_max = 100;        ///< backfill
    double per_second = 10;             ///< backfill
    bool go = false;                    ///< backfill: not only a preview.
    std::int64_t count = 10;            ///< next
};

/// Lives on the loop of its Api; all references must outlive it.
class ScheduleCommands {
public:
    ScheduleCommands(Api& api, Console& console, const runtime::Clock& clock)
        : api_(api), console_(console), clock_(clock) {}

    [[nodiscard]] Task<ExitCode> run(ScheduleOptions options);

private:
    [[nodiscard]] Task<ExitCode> add(ScheduleOptions options);
    [[nodiscard]] Task<ExitCode> check(const ScheduleOptions& options, json::object body);
    [[nodiscard]] Task<ExitCode> list(ScheduleOptions options);
    [[nodiscard]] Task<ExitCode> get(ScheduleOptions options);
    [[nodiscard]] Task<ExitCode> edit(ScheduleOptions options);
    /// pause, resume and rm: one after the other, going on when one is refused.
    [[nodiscard]] Task<ExitCode> change(ScheduleOptions options);
    [[nodiscard]] Task<Result<>> change_one(const ScheduleOptions& options, std::string id);
    [[nodiscard]] Task<ExitCode> trigger(ScheduleOptions options);
    [[nodiscard]] Task<ExitCode> backfill(ScheduleOptions options);
    [[nodiscard]] Task<ExitCode> next(ScheduleOptions options);
    [[nodiscard]] Task<ExitCode> explain(ScheduleOptions options);

    [[nodiscard]] Result<> read_words(ScheduleWords& words);
    void show(const json::value& schedule, const ScheduleOptions& options);
    ExitCode report(const Error& error);
    /// Puts ids in the place of names.
    [[nodiscard]] Task<Result<>> find_named(ScheduleOptions& options);

    Api& api_;
    Console& console_;
    const runtime::Clock& clock_;
};

/// `route` with `tenantId` where a tenant is given.
[[nodiscard]] std::string tenant_path(std::string route, const std::optional<std::string>& tenant);

/// The id of a schedule that is named by its id or its name; what was given where none is called
/// so.
[[nodiscard]] Task<Result<std::string>> schedule_id_of(Api& api,
                                                       std::string given,
                                                       std::optional<std::string> tenant);

}  // namespace carillon::cli
