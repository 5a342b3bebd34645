#include "schedules/attempts.hpp"

#include "core/text.hpp"

#include <array>
#include <utility>

namespace carillon::schedules {
namespace {

constexpr std::array outcomes{AttemptOutcome::succeeded,
                              AttemptOutcome::failed,
                              AttemptOutcome::rejected,
                              AttemptOutcome::interrupted};

std::int64_t integer_at(const boost::json::object& object, std::string_view key) {
    const boost::json::value* value = object.if_contains(key);
    const std::int64_t* number = value == nullptr ? nullptr : value->if_int64();
    return number == nullptr ? 0 : *number;
}

std::string text_at(const boost::json::object& object, std::string_view key) {
    const boost::json::value* value = object.if_contains(key);
    const boost::json::string* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

void set_unless_empty(boost::json::object& object, std::string_view key, const std::string& text) {
    if (!text.empty()) object[key] = text;
}

/// What both forms have in common.
boost::json::object plain_json(const Attempt& attempt) {
    boost::json::object out{{"attempt", attempt.number}, {"outcome", to_string(attempt.outcome)}};
    if (attempt.status != 0) out["responseStatus"] = attempt.status;
    set_unless_empty(out, "error", attempt.error);
    set_unless_empty(out, "by", attempt.by);
    set_unless_empty(out, "reason", attempt.reason);
    return out;
}

boost::json::value instant_json(const std::optional<TimePoint>& at) {
    return at ? boost::json::value(format_instant(*at)) : boost::json::value(nullptr);
}

}  // namespace

void record(std::vector<Attempt>& log, Attempt attempt) {
    attempt.error = std::string(utf8_prefix(attempt.error, attempt_error_max));
    log.push_back(std::move(attempt));
    if (log.size() <= attempts_kept) return;
    const auto surplus = static_cast<std::ptrdiff_t>(log.size() - attempts_kept);
    log.erase(log.begin(), log.begin() + surplus);
}

std::string_view to_string(AttemptOutcome outcome) {
    switch (outcome) {
        case AttemptOutcome::succeeded:
            return "succeeded";
        case AttemptOutcome::failed:
            return "failed";
        case AttemptOutcome::rejected:
            return "rejected";
        case AttemptOutcome::interrupted:
            return "interrupted";
    }
    return "failed";
}

std::string attempts_text(const std::vector<Attempt>& log) {
    if (log.empty()) return {};
    boost::json::array out;
    out.reserve(log.size());
    for (const Attempt& attempt : log) {
        boost::json::object one = plain_json(attempt);
        if (attempt.started_at) one["startedAt"] = to_epoch_ms(*attempt.started_at);
        if (attempt.ended_at) one["endedAt"] = to_epoch_ms(*attempt.ended_at);
        out.push_back(std::move(one));
    }
    return to_text(out);
}

std::vector<Attempt> attempts_from_text(std::string_view text) {
    std::vector<Attempt> log;
    if (text.empty()) return log;
    const auto parsed = parse_json(text);
    if (!parsed || !parsed->is_array()) return log;
    for (const boost::json::value& value : parsed->get_array()) {
        const boost::json::object* one = value.if_object();
        if (one == nullptr) continue;
        Attempt attempt;
        attempt.number = static_cast<int>(integer_at(*one, "attempt"));
        const std::string outcome = text_at(*one, "outcome");
        for (const AttemptOutcome each : outcomes) {
            if (outcome == to_string(each)) attempt.outcome = each;
        }
        attempt.status = static_cast<int>(integer_at(*one, "responseStatus"));
        attempt.error = text_at(*one, "error");
        attempt.by = text_at(*one, "by");
        attempt.reason = text_at(*one, "reason");
        const auto instant_at = [&](std::string_view key) {
            return one->contains(key) ? std::optional(from_epoch_ms(integer_at(*one, key)))
                                      : std::nullopt;
        };
        attempt.started_at = instant_at("startedAt");
        attempt.ended_at = instant_at("endedAt");
        log.push_back(std::move(attempt));
    }
    return log;
}

boost::json::array to_json(const std::vector<Attempt>& log) {
    boost::json::array out;
    out.reserve(log.size());
    for (const Attempt& attempt : log) {
        boost::json::object one = plain_json(attempt);
        one["startedAt"] = instant_json(attempt.started_at);
        one["endedAt"] = instant_json(attempt.ended_at);
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace carillon::schedules
