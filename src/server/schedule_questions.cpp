// What is asked about a schedule's time, without changing anything: is it right, when will it fire,
// what becomes of what was missed.

#include "recurrence/spec.hpp"
#include "server/fields.hpp"
#include "server/problem.hpp"
#include "server/schedule_routes.hpp"

#include <string>
#include <utility>

namespace carillon::server {
namespace {

constexpr std::int64_t count_max = 1'000;
constexpr std::int64_t count_usual = 10;

QueryParameter count_parameter(std::string_view name, std::string_view description) {
    return {.name = name,
            .kind = ParameterKind::integer,
            .description = description,
            .min = 1,
            .max = count_max};
}

json::object to_json(const schedules::Preview& preview) {
    json::array fires;
    for (const schedules::NextFire& fire : preview.fires) {
        json::object one{{"at", format_instant(fire.at)}, {"local", fire.local}};
        if (fire.run_at != fire.at) one["runAt"] = format_instant(fire.run_at);
        if (fire.note) one["note"] = *fire.note;
        fires.push_back(std::move(one));
    }
    json::array notes;
    for (const recurrence::DaylightNote& note : preview.daylight) {
        notes.push_back(json::object{{"at", format_instant(note.at)}, {"text", note.text}});
    }
    return {{"description", preview.description},
            {"tz", preview.tz},
            {"fires", std::move(fires)},
            {"daylightNotes", std::move(notes)}};
}

/// A preview's request.
struct Question {
    recurrence::Spec spec{};
    std::string name{};
    std::int64_t count = count_usual;
    std::optional<TimePoint> from{};
};

Result<Question> read_question(const json::value& body, std::string_view default_tz) {
    JsonReader reader(body);
    JsonFields fields = reader.fields();
    Question question;
    question.spec = recurrence::read_spec(fields, default_tz);
    question.name = fields.optional_string("name", {.bytes_min = 1, .bytes_max = 256}).value_or("");
    question.count = fields.optional_integer("count", 1, count_max).value_or(count_usual);
    question.from = optional_instant(fields, "from");
    // Judged by tenant_of.
    static_cast<void>(fields.optional_string("tenantId"));
    if (auto read = reader.finish(); !read) {
        return std::unexpected(schedules::in_the_seeds_words(body, std::move(read).error()));
    }
    return question;
}

/// What POST /schedules/validate says of a mistake: the seed's list of texts, and ours with fields.
json::object mistakes_json(const Error& error) {
    json::array texts;
    json::array problems;
    const auto add = [&](const std::string& field, const std::string& message) {
        texts.emplace_back(one_line(field, message));
        problems.push_back(json::object{{"field", field}, {"detail", message}});
    };
    if (const auto* all = dynamic_cast<const FieldErrors*>(error.detail.get())) {
        for (const FieldError& each : all->all) add(each.field, each.message);
    } else {
        add(error.field, error.message);
    }
    return {{"valid", false}, {"errors", std::move(texts)}, {"problems", std::move(problems)}};
}

bool is_about_the_input(Errc code) {
    return code == Errc::invalid || code == Errc::too_large || code == Errc::denied;
}

}  // namespace

std::vector<Route> ScheduleRoutes::question_routes() {
    return {
        {.method = "POST",
         .path = "/schedules/validate",
         .operation = "validateSchedule",
         .summary = "Say what is wrong with a schedule, without making it",
         .handler = [this](Call& call) { return validate(call); },
         .query = {tenant_parameter()},
         .headers = {"X-Tenant-Id"},
         .body = BodyUse::required,
         .body_schema = "NewSchedule",
         .answers = {{200, "Whether it could be made", "Validation"}}},
        {.method = "POST",
         .path = "/schedules/preview",
         .operation = "previewSchedule",
         .summary = "When a rule would fire, what it says in words, and what daylight saving does",
         .handler = [this](Call& call) { return preview(call); },
         .query = {tenant_parameter()},
         .headers = {"X-Tenant-Id"},
         .body = BodyUse::required,
         .body_schema = "PreviewRequest",
         .answers = {{200, "The next fires", "Preview"}}},
        {.method = "GET",
         .path = "/schedules/{id}/next",
         .operation = "nextFires",
         .summary = "When a schedule fires next, as if it were never paused",
         .handler = [this](Call& call) { return next(call); },
         .query = {tenant_parameter(),
                   count_parameter("count", "10 if left out"),
                   {.name = "from",
                    .kind = ParameterKind::instant,
                    .description = "Later than this; now if left out"}},
         .headers = {"X-Tenant-Id"},
         .answers = {{200, "The next fires", "Preview"}}},
        {.method = "GET",
         .path = "/schedules/{id}/catch-up",
         .operation = "previewCatchUp",
         .summary =
             "What becomes of the instants that nobody has decided, if the servers were away "
             "until `at`",
         .handler = [this](Call& call) { return catch_up(call); },
         .query = {tenant_parameter(),
                   {.name = "at",
                    .kind = ParameterKind::instant,
                    .description = "Not in the past; now if left out"},
                   count_parameter("limit", "Instants, 100 if left out")},
         .headers = {"X-Tenant-Id"},
         .answers = {{200, "Ledger rows as they would be", "CatchUp"}}},
    };
}

ScheduleRoutes::Response ScheduleRoutes::validate(Call& call) {
    auto tenant = tenant_of(call, true);
    if (!tenant) co_return json_response(200, mistakes_json(tenant.error()));
    auto schedule = co_await service_.check(*std::move(tenant), std::move(call.body));
    if (!schedule && !is_about_the_input(schedule.error().code)) {
        co_return std::unexpected(std::move(schedule).error());
    }
    if (!schedule) co_return json_response(200, mistakes_json(schedule.error()));
    json::object body{{"valid", true}, {"errors", json::array()}, {"problems", json::array()}};
    body["nextFireAt"] = nullptr;
    if (schedule->next_fire_at) body["nextFireAt"] = format_instant(*schedule->next_fire_at);
    auto described = co_await service_.preview(
        schedule->tenant, schedule->name, std::move(schedule->spec), 1, std::nullopt);
    if (!described) co_return std::unexpected(std::move(described).error());
    body["description"] = described->description;
    co_return json_response(200, body);
}

ScheduleRoutes::Response ScheduleRoutes::preview(Call& call) {
    auto tenant = tenant_of(call, true);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    auto question = read_question(call.body, service_.default_tz());
    if (!question) co_return std::unexpected(std::move(question).error());
    auto preview = co_await service_.preview(*std::move(tenant),
                                             std::move(question->name),
                                             std::move(question->spec),
                                             question->count,
                                             question->from);
    if (!preview) co_return std::unexpected(std::move(preview).error());
    co_return json_response(200, to_json(*preview));
}

ScheduleRoutes::Response ScheduleRoutes::next(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    auto preview = co_await service_.next(*std::move(tenant),
                                          call.path[0],
                                          call.query.integer("count").value_or(count_usual),
                                          call.query.instant("from"));
    if (!preview) co_return std::unexpected(std::move(preview).error());
    co_return json_response(200, to_json(*preview));
}

ScheduleRoutes::Response ScheduleRoutes::catch_up(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    auto told = co_await service_.catch_up(*std::move(tenant),
                                           call.path[0],
                                           call.query.instant("at"),
                                           call.query.integer("limit").value_or(100));
    if (!told) co_return std::unexpected(std::move(told).error());
    json::array data;
    for (const schedules::LedgerEntry& entry : told->entries) {
        data.push_back(schedules::to_json(entry));
    }
    const auto count = data.size();
    json::object body{{"data", std::move(data)},
                      {"count", count},
                      {"runs", told->runs},
                      {"more", told->more},
                      {"lastRunAt", nullptr}};
    if (told->last_run_at) body["lastRunAt"] = format_instant(*told->last_run_at);
    co_return json_response(200, body);
}

}  // namespace carillon::server
