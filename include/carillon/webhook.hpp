// Webhooks as embedders see them: an HTTP call at a time, once or repeated.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon {

/// An instant, to the millisecond.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

enum class WebhookStatus { pending, processing, completed, failed, suspended };

/// `PENDING`, `PROCESSING`, `COMPLETED`, `FAILED`, `SUSPENDED`.
[[nodiscard]] std::string_view to_string(WebhookStatus status);

/// Every `interval`, counted from the scheduled time, so that it does not drift.
struct Repetition {
    std::chrono::milliseconds interval{};  ///< 1 second to 10 years.
    std::int64_t max = 0;                  ///< Repetitions after the first run; 0: without end.

    bool operator==(const Repetition&) const = default;
};

/// What to call, and when.
struct WebhookRequest {
    std::string name_space;  ///< 1 to 256 bytes: keeps one tenant's or program's webhooks together.
    std::string url;
    std::string method = "POST";
    /// At once when it is left out or lies in the past.
    std::optional<Instant> schedule{};
    HeaderFields headers{};
    /// JSON text (`{"order": 5}`; json_string() makes one of plain text); empty: no body. Methods
    /// without a body get an object's keys in the query.
    std::string body{};
    std::optional<Repetition> repeat{};
    int retries_max = 3;  ///< 0 to 100, after the first attempt.
    /// An id of your own makes scheduling repeatable: the same request again answers the webhook
    /// that is there already.
    std::optional<std::string> id{};
};

struct Webhook {
    std::string name_space;
    std::string id;
    /// What its receiver sees as `webhook-id`: the same at every attempt, and nobody else's.
    std::string webhook_id;
    std::string url;
    std::string method;
    Instant schedule{};
    HeaderFields headers{};
    std::string body{};  ///< JSON text; empty: none.
    std::optional<Repetition> repeat{};
    std::int64_t repetition = 0;  ///< 0 for the first run.
    std::string parent{};         ///< Id of the first run, in further ones.
    WebhookStatus status = WebhookStatus::pending;
    /// While `pending`: the schedule, or later after a failure.
    std::optional<Instant> next_attempt{};
    int retries = 0;
    int retries_max = 0;
    std::optional<Instant> last_failure{};
    std::vector<std::string> errors{};  ///< Of the last failed attempts, oldest first.
    int response_status = 0;            ///< Of the last attempt; 0: no answer.
    HeaderFields response_headers{};
    std::string response_body{};
    Instant created{};
    Instant updated{};
};

/// Which webhooks a call is about.
struct WebhookFilter {
    std::string name_space;
    std::optional<std::string> id_prefix{};
    std::optional<WebhookStatus> status{};
    std::optional<Instant> from{};  ///< Of the schedule; both inclusive.
    std::optional<Instant> to{};
};

struct WebhookPage {
    std::vector<Webhook> webhooks;
    /// Give it to the next call; absent on the last page.
    std::optional<std::string> next{};
};

/// `text` as a JSON string, quotes and all.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace carillon
