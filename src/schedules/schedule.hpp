// A schedule: when something fires, what it does then, and what happens when that goes wrong.
//
// A plain value. `Spec` (recurrence) says when; the target says what; the policy says what becomes
// of fires that are late, overlap or fail. Read from people's JSON by schedule_from_json, kept in
// the table by rows.hpp.

#pragma once

#include "core/backoff.hpp"
#include "core/json_reader.hpp"
#include "core/time.hpp"
#include "net/http.hpp"
#include "recurrence/recurrence.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::schedules {

enum class TargetKind : std::uint8_t { http, event, queue };

struct Target {
    TargetKind kind = TargetKind::http;
    std::string url{};  ///< HTTP.
    std::string method = "POST";
    net::Headers headers{};
    std::string key_ref{};  ///< HTTP (`hmacKeyRef`): which of the server's keys signs.
    std::string topic{};    ///< EVENT (`eventTopic`) and QUEUE (`queue.topic`).
};

/// What becomes of fires whose time passed while nobody could fire them.
enum class Misfire : std::uint8_t {
    skip,    ///< None of them runs.
    last,    ///< The latest of them runs, for all.
    all,     ///< All run, at the rate of the policy.
    newest,  ///< The latest `misfire_newest` of them run.
};

/// What becomes of a fire while the run before it has not ended.
enum class Overlap : std::uint8_t {
    allow,      ///< It runs beside it.
    skip,       ///< It does not run.
    queue_one,  ///< It waits; those behind it, while it waits, do not run.
    queue_all,  ///< All wait, and run one after the other.
    cancel,     ///< The run before it is cancelled.
};

struct Policy {
    Misfire misfire = Misfire::last;
    std::int64_t misfire_newest = 1;       ///< 1 to 1000.
    Duration misfire_grace{10'000};        ///< Later than this is missed, sooner is late.
    Duration catch_up_window{86'400'000};  ///< Older than this never runs.
    double catch_up_per_second = 10;       ///< Runs of missed fires, 0.001 to 1000.
    Overlap overlap = Overlap::skip;
    std::int64_t attempts_max = 3;  ///< 1 to 100, the first included.
    Backoff backoff{.base = Duration{1'000}, .cap = Duration{3'600'000}};
    Duration timeout{30'000};  ///< Of one attempt, 100 ms to 1 hour.
    /// 1 to 9: where more is due than can run, the higher go first.
    std::int64_t priority = 5;
    Duration retention{7 * 86'400'000LL};  ///< Of runs that have ended, and of the ledger.
};

struct Schedule {
    std::string tenant;
    std::string id;  ///< UUID 4.
    std::string name;
    std::string description{};
    recurrence::Spec spec{};
    Target target{};
    boost::json::value payload = nullptr;
    Policy policy{};
    bool enabled = true;
    TimePoint created_at{};
    TimePoint updated_at{};
    std::int64_t version = 1;
    std::optional<TimePoint>
        next_fire_at{};  ///< None: disabled, or it has fired for the last time.
    std::optional<TimePoint> last_fire_at{};
    std::string fault{};  ///< Why it cannot fire at present; it is tried again and again.
};

inline constexpr std::string_view default_tenant = "default";
inline constexpr std::size_t tenant_bytes_max = 128;

/// What `H` and jitter of a schedule are spread by (`spec.id`): known before it is made, and kept
/// when it gets another name.
[[nodiscard]] std::string spread_of(std::string_view tenant, std::string_view name);

/// What a person gives, with the seed's texts for what is missing (`name is required`, ...) as the
/// message of the first mistake. Strict: unknown members are mistakes. Tenant, id and times are the
/// caller's. `default_tz` is for schedules that name no zone.
[[nodiscard]] Result<Schedule> schedule_from_json(const boost::json::value& json,
                                                  std::string_view default_tz);

/// Mistakes of a body with `trigger` or `target`, as the seed words them: its clients show these
/// texts to people.
[[nodiscard]] Error in_the_seeds_words(const boost::json::value& json, Error error);

/// The members of `patch` in place of the schedule's own; the rest stays. `invalid` as above, also
/// for members that cannot be changed (`tenantId`, `id`, `version`).
[[nodiscard]] Result<Schedule> patched(const Schedule& schedule, const boost::json::value& patch);

/// What schedule_from_json reads: all that a person gave.
[[nodiscard]] boost::json::object definition_json(const Schedule& schedule);
/// The whole, as REST shows it.
[[nodiscard]] boost::json::object to_json(const Schedule& schedule);

[[nodiscard]] std::string_view to_string(TargetKind kind);
[[nodiscard]] std::string_view to_string(Misfire misfire);
[[nodiscard]] std::string_view to_string(Overlap overlap);

}  // namespace carillon::schedules
