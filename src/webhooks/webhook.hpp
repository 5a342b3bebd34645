// A webhook: an HTTP call at a time, once or repeated (seed 000). The entity, its JSON, its row.

#pragma once

#include "core/json.hpp"
#include "core/time.hpp"
#include "dynamo/item/value.hpp"
#include "dynamo/schema.hpp"
#include "net/http.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::webhooks {

enum class Status : std::uint8_t { pending, processing, completed, failed, suspended };
/// `PENDING`, `PROCESSING`, `COMPLETED`, `FAILED`, `SUSPENDED`.
[[nodiscard]] std::string_view to_string(Status status);
[[nodiscard]] std::optional<Status> parse_status(std::string_view text);

enum class Unit : std::uint8_t { seconds, minutes, hours, days };
[[nodiscard]] std::string_view to_string(Unit unit);
[[nodiscard]] std::optional<Unit> parse_unit(std::string_view text);

/// `interval` (at least 1 second in all; fractions allowed, `1.5` minutes) and `unit`; `max` counts
/// the repetitions after the first run, 0 is without end. Days are 24 hours.
struct RepeatRule {
    double interval = 1;
    std::int64_t max = 0;
    Unit unit = Unit::minutes;
    [[nodiscard]] Duration period() const;
};

struct Repeat {
    std::int64_t count = 0;  ///< 0 for the first occurrence.
    bool enabled = false;
    std::string parent{};  ///< Id of the first occurrence; empty for the first itself.
    RepeatRule rule{};
};

struct Retries {
    std::int64_t count = 0;  ///< Failed attempts so far.
    std::optional<TimePoint> last{};
    std::int64_t max = 3;  ///< Attempts in all: max + 1.
};

struct Response {
    std::string body{};
    net::Headers headers{};
    int status = 0;
};

struct Webhook {
    std::string name_space;  ///< JSON `namespace`.
    std::string id;
    std::string url;
    std::string method = "GET";
    TimePoint schedule{};
    net::Headers headers{};
    boost::json::value body = nullptr;
    Repeat repeat{};
    Retries retries{};
    Response response{};
    std::vector<std::string> errors{};
    Status status = Status::pending;
    TimePoint created_at{};    ///< `__createdAt`
    TimePoint updated_at{};    ///< `__updatedAt`
    std::int64_t version = 0;  ///< `__ts`: ms, bumped by every write, strictly growing per item.
    /// When the next attempt is due: the schedule, or later after a failure. JSON `nextAttemptAt`.
    TimePoint next_attempt_at{};
    int interruptions = 0;
    /// The number of the last attempt of this occurrence that is recorded to have begun. Unlike
    /// `retries.count` it never goes back: not by a crash, and not when it is retried by hand.
    std::int64_t last_attempt = 0;
    /// What the ids of its further occurrences begin with, when that is not the first one's id: a
    /// series that was registered again under its old id must not meet the old one's occurrences.
    std::string series{};
    /// Id of the next occurrence, once there is one: a failed occurrence that is retried by hand
    /// must not start the series a second time.
    std::string successor{};
    /// In the answer to a registration: an earlier one had made it. Not stored.
    bool made_before = false;
};

/// `webhook-id`: `msg_` and 32 hexadecimal digits. The same for every attempt of an occurrence; no
/// other occurrence has it, not even one of another namespace, of the same repeat rule, or one that
/// was registered under the same id after this one was deleted.
[[nodiscard]] std::string occurrence_id(const Webhook& webhook);

/// The JSON that the API answers: the field names of the seed's schema.
[[nodiscard]] boost::json::object to_json(const Webhook& webhook);
/// The table's item (SEEDS A2), without the queue's own attributes (rows.hpp adds those).
[[nodiscard]] dynamo::Item to_item(const Webhook& webhook);
/// The same with the body's attribute, which is at hand. Taken as it is: `webhook.body` is not
/// read.
[[nodiscard]] dynamo::Item to_item(const Webhook& webhook, dynamo::Value body);
[[nodiscard]] Result<Webhook> from_item(const dynamo::Item& item);

/// The attributes by which the item is found: hash `namespace`, range `id`.
[[nodiscard]] dynamo::Item key_of(std::string_view name_space, std::string_view id);

/// The attributes that an outcome changes, as the item stores them.
[[nodiscard]] dynamo::Value response_value(const Response& response);
[[nodiscard]] dynamo::Value retries_value(const Retries& retries);
[[nodiscard]] dynamo::Value errors_value(const std::vector<std::string>& errors);

/// Plain JSON as an attribute and back, without loss. `invalid` (field `body`) for what an item
/// cannot hold: numbers beyond 1E125, nesting beyond body_depth_max, empty names.
[[nodiscard]] Result<dynamo::Value> body_value(const boost::json::value& body);
[[nodiscard]] boost::json::value body_json(const dynamo::Value& value);
inline constexpr int body_depth_max = 30;

/// How a new table is made. The rows are the same in both.
enum class Layout : std::uint8_t {
    /// As seed 000's own workers make and use it: `status__schedule` (GSI), `namespace__schedule`
    /// (LSI). An LSI holds a namespace to 10 GB on AWS, and the GSI has a partition per status.
    seed,
    /// For distributed stores (ADR 0011): `namespace__schedule` is global, `status__schedule` is
    /// not there.
    spread,
};

/// Hash `namespace`, range `id`; the layout's indexes, and the due index.
[[nodiscard]] dynamo::TableSchema table_schema(std::string table, Layout layout = Layout::seed);

/// The occurrence after this one: id `<parent>__<n>`, schedule = the first later than `now` of
/// schedule + k * period (missed ones in between are passed over: one run for all), retries, errors
/// and response fresh. Nothing when the rule's end is reached, it does not repeat, or there is one
/// already.
[[nodiscard]] std::optional<Webhook> next_occurrence(const Webhook& webhook, TimePoint now);

}  // namespace carillon::webhooks
