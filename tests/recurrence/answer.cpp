// Answers questions about rules, one JSON object a line, so that scripts can compare the module
// with other implementations without being part of the program.
//
//     {"do":"next","spec":{...},"createdAt":"...","id":"...","from":ms,"count":n}   {"at":[ms,...]}
//     {"do":"previous",...}                                                         the same
//     {"do":"describe","spec":{...}}                                                {"text":"..."}
//     {"do":"notes","spec":{...},"from":ms,"to":ms}                      {"notes":[[ms,"..."],...]}
//     {"do":"holidays","code":"DE-BY","year":2026} {"days":[["2026-01-01","Neujahr",false],...]}
//     {"do":"offsets","tz":"Europe/Berlin","at":[s,...]}                 {"offsets":[s,...]}
//     {"do":"readings","tz":"Europe/Berlin","local":[s,...]} {"readings":[["skipped",s,s],...]}
//
// Errors are {"error":"...","field":"..."}.

#include "core/json.hpp"
#include "core/json_reader.hpp"
#include "recurrence/english.hpp"
#include "recurrence/holidays.hpp"
#include "recurrence/recurrence.hpp"

#include <iostream>
#include <string>

namespace carillon::recurrence {
namespace {

json::object error_json(const Error& error) {
    return {{"error", error.message}, {"field", error.field}};
}

Result<Recurrence> compile(JsonFields& question) {
    JsonFields body = question.object("spec");
    Spec spec = read_spec(body);
    spec.created_at = from_epoch_ms(
        question.optional_integer("createdAt", -1'000'000'000'000'000, 1'000'000'000'000'000)
            .value_or(0));
    spec.id = question.optional_string("id").value_or("id");
    return Recurrence::compile(spec);
}

TimePoint instant(JsonFields& question, std::string_view key) {
    return from_epoch_ms(question.integer(key, -1'000'000'000'000'000, 1'000'000'000'000'000));
}

Result<json::object> walk(const Recurrence& rule, TimePoint from, std::int64_t count, bool back) {
    json::array found;
    for (std::int64_t i = 0; i < count; ++i) {
        CARILLON_TRY(const auto at, back ? rule.previous(from) : rule.next(from));
        if (!at) break;
        found.emplace_back(to_epoch_ms(*at));
        from = *at;
    }
    return json::object{{"at", std::move(found)}};
}

json::object holidays(std::string_view code, int year) {
    const HolidayCode* found = find_holiday_code(code);
    if (found == nullptr) return {{"error", "no such code"}, {"field", "code"}};
    json::array days;
    for (const Holiday& each : holidays_of(*found, year)) {
        days.emplace_back(json::array{english::date(each.day), each.name, each.is_substitute});
    }
    return {{"days", std::move(days)}};
}

Result<json::object> ask_zone(JsonFields& question, bool offsets) {
    CARILLON_TRY(const Zone zone, Zone::find(question.string("tz")));
    json::array answers;
    const json::value* list = question.any(offsets ? "at" : "local");
    if (list == nullptr || !list->is_array()) return invalid("at", "must be a list");
    for (const json::value& each : list->get_array()) {
        const std::int64_t value = each.is_int64() ? each.get_int64() : 0;
        if (offsets) {
            answers.emplace_back(zone.local_at(value) - value);
            continue;
        }
        constexpr std::string_view kinds[] = {"unique", "skipped", "repeated"};
        const Reading reading = zone.read(value);
        answers.emplace_back(json::array{
            kinds[static_cast<std::size_t>(reading.kind)], reading.first, reading.second});
    }
    return json::object{{offsets ? "offsets" : "readings", std::move(answers)}};
}

Result<json::object> answer(JsonFields& question) {
    const std::string_view what = question.string("do");
    if (what == "offsets" || what == "readings") return ask_zone(question, what == "offsets");
    if (what == "holidays") {
        return holidays(question.string("code"),
                        static_cast<int>(question.integer("year", 1, 9'998)));
    }
    CARILLON_TRY(const Recurrence rule, compile(question));
    if (what == "describe") return json::object{{"text", rule.describe()}};
    if (what == "notes") {
        json::array notes;
        for (const DaylightNote& note :
             rule.daylight_notes(instant(question, "from"), instant(question, "to"))) {
            notes.emplace_back(json::array{to_epoch_ms(note.at), note.text});
        }
        return json::object{{"notes", std::move(notes)}};
    }
    return walk(rule,
                instant(question, "from"),
                question.integer("count", 1, 1'000'000),
                what == "previous");
}

json::object answer_line(const std::string& line) {
    const auto document = parse_json(line);
    if (!document) return error_json(document.error());
    JsonReader reader(*document);
    JsonFields question = reader.fields();
    auto result = answer(question);
    if (const auto read = reader.finish(); !read) return error_json(read.error());
    return result ? *std::move(result) : error_json(result.error());
}

}  // namespace
}  // namespace carillon::recurrence

int main() {
    std::ios::sync_with_stdio(false);
    std::string line;
    while (std::getline(std::cin, line)) {
        std::cout << carillon::to_text(carillon::recurrence::answer_line(line)) << '\n';
    }
    return 0;
}
