// Many items at a time: batches, transactions, and the many small units of the queue.

#include "core/check.hpp"
#include "core/id.hpp"
#include "dynamo/item/json.hpp"
#include "dynamo/remote/core.hpp"
#include "dynamo/remote/expression_text.hpp"
#include "dynamo/remote/failure.hpp"
#include "dynamo/validate.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace carillon::dynamo::remote {

namespace {

constexpr std::size_t writes_per_call = 25;
constexpr std::size_t bytes_per_call = 15 * 1024 * 1024;
constexpr std::size_t keys_per_call = 100;
constexpr std::size_t token_bytes_max = 36;

const Item& key_source(const Write& write) {
    if (const auto* put = std::get_if<PutRequest>(&write)) return put->item;
    if (const auto* update = std::get_if<UpdateRequest>(&write)) return update->key;
    if (const auto* erase = std::get_if<DeleteRequest>(&write)) return erase->key;
    return std::get<ConditionCheck>(write).key;
}

/// Whether BatchWriteItem does it.
bool is_plain(const Write& write) {
    if (const auto* put = std::get_if<PutRequest>(&write)) {
        return !put->condition && !put->return_old;
    }
    if (const auto* erase = std::get_if<DeleteRequest>(&write)) {
        return !erase->condition && !erase->return_old;
    }
    return false;
}

/// One entry of BatchWriteItem.
std::string batch_entry(const Write& write) {
    std::string entry = "{";
    if (const auto* put = std::get_if<PutRequest>(&write)) {
        entry += "\"PutRequest\":{";
        append_member(entry, "Item", put->item);
    } else {
        entry += "\"DeleteRequest\":{";
        append_member(entry, "Key", std::get<DeleteRequest>(write).key);
    }
    return entry + "}}";
}

/// Tables' entries as `{"table":[...]}`.
std::string by_table(const std::vector<std::pair<std::string, std::string>>& entries) {
    std::map<std::string_view, std::string> lists;
    for (const auto& [table, entry] : entries) {
        std::string& list = lists[table];
        if (!list.empty()) list += ',';
        list += entry;
    }
    std::string out = "{";
    for (const auto& [table, list] : lists) {
        if (out.size() > 1) out += ',';
        append_json_string(out, table);
        out.append(":[").append(list).append("]");
    }
    return std::move(out) + "}";
}

/// DynamoDB's tokens are short; any longer one stands for itself by its hash.
std::string server_token(const std::string& token) {
    if (token.size() <= token_bytes_max) return token;
    return aws::sha256_hex(token).substr(0, token_bytes_max);
}

std::string_view kind_of(const Write& write) {
    constexpr std::string_view kinds[] = {"Put", "Update", "Delete", "ConditionCheck"};
    return kinds[write.index()];
}

}  // namespace

Result<std::string> item_identity(const Write& write, const KeySchema& key) {
    CARILLON_TRY(const Item only, extract_key(key_source(write), key));
    std::string text = table_of(write) + '\n';
    append_typed_json(only, text);
    return text;
}

// --- BatchWriteItem, BatchGetItem ---

Task<Result<>> Core::write_chunk(std::vector<std::pair<std::string, std::string>> entries) {
    std::string request_items = by_table(entries);
    std::size_t left = entries.size();
    for (int stalls = 0;;) {
        std::string body = "{\"RequestItems\":" + request_items + "}";
        CARILLON_CO_TRY(const aws::JsonAnswer text,
                        co_await call("BatchWriteItem", std::move(body), {}));
        CARILLON_CO_TRY(const Answer answer, Answer::parse(text.body));
        const json::object* undone = object_member(answer.object(), "UnprocessedItems");
        std::size_t count = 0;
        if (undone != nullptr) {
            for (const auto& [table, list] : *undone) {
                if (const json::array* array = list.if_array()) count += array->size();
            }
        }
        if (count == 0) co_return Result<>{};
        stalls = count < left ? 1 : stalls + 1;
        left = count;
        request_items = to_text(json::value(*undone));
        const bool go_on = co_await pause(stalls);
        if (!go_on) {
            co_return fail(Errc::throttled,
                           "BatchWriteItem: the server leaves items undone time after time");
        }
    }
}

namespace {

Task<> into(Task<Result<>> task, Result<>& answer) {
    answer = co_await std::move(task);
}

}  // namespace

Task<Result<>> Core::batch_write(std::vector<Write> writes) {
    // Of several writes of one item only the last one counts, and a call may not name it twice.
    std::unordered_map<std::string, std::size_t> last;
    std::vector<std::string> identities;
    for (std::size_t i = 0; i < writes.size(); ++i) {
        if (!is_plain(writes[i])) {
            co_return fail(Errc::invalid, "A batch takes unconditional puts and deletes only");
        }
        CARILLON_CO_TRY(const SchemaPtr schema, co_await schema_of(table_of(writes[i])));
        CARILLON_CO_TRY_VOID(check_write(writes[i], *schema));
        CARILLON_CO_TRY(std::string identity, item_identity(writes[i], schema->key));
        last[identity] = i;
        identities.push_back(std::move(identity));
    }
    std::vector<std::vector<std::pair<std::string, std::string>>> chunks;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < writes.size(); ++i) {
        if (last[identities[i]] != i) continue;
        std::string entry = batch_entry(writes[i]);
        if (chunks.empty() || chunks.back().size() == writes_per_call ||
            bytes + entry.size() > bytes_per_call) {
            chunks.emplace_back();
            bytes = 0;
        }
        bytes += entry.size();
        chunks.back().emplace_back(server_name(table_of(writes[i])), std::move(entry));
    }
    std::vector<Result<>> answers(chunks.size());
    std::vector<Task<>> tasks;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        tasks.push_back(into(write_chunk(std::move(chunks[i])), answers[i]));
    }
    co_await run_bounded(std::move(tasks));
    for (Result<>& answer : answers) {
        if (!answer) co_return std::move(answer);
    }
    co_return Result<>{};
}

Task<Result<>> Core::get_chunk(std::string request_items, BatchGetResult& result) {
    for (int stalls = 0;;) {
        std::string body = "{\"RequestItems\":{" + request_items + "}}";
        CARILLON_CO_TRY(const aws::JsonAnswer text,
                        co_await call("BatchGetItem", std::move(body), {}));
        CARILLON_CO_TRY(const Answer answer, Answer::parse(text.body));
        bool any = false;
        if (const json::object* responses = object_member(answer.object(), "Responses")) {
            for (const auto& [name, list] : *responses) {
                std::string table(name.data(), name.size());
                table.erase(0, options_.table_prefix.size());
                const auto place = std::ranges::find(
                    result.items, table, [](const auto& entry) { return entry.first; });
                if (place == result.items.end() || !list.is_array()) continue;
                for (const json::value& json : list.get_array()) {
                    CARILLON_CO_TRY(Item item, item_from_typed_json(json));
                    place->second.push_back(std::move(item));
                    any = true;
                }
            }
        }
        const json::object* undone = object_member(answer.object(), "UnprocessedKeys");
        if (undone == nullptr || undone->empty()) co_return Result<>{};
        request_items = to_text(json::value(*undone));
        request_items = request_items.substr(1, request_items.size() - 2);
        stalls = any ? 1 : stalls + 1;
        const bool go_on = co_await pause(stalls);
        if (!go_on) {
            co_return fail(Errc::throttled,
                           "BatchGetItem: the server leaves keys undone time after time");
        }
    }
}

Task<Result<BatchGetResult>> Core::batch_get(BatchGetRequest request) {
    BatchGetResult result;
    std::vector<std::string> chunks;
    for (const BatchGetRequest::PerTable& table : request.tables) {
        const bool known = std::ranges::any_of(
            result.items, [&](const auto& entry) { return entry.first == table.table; });
        if (!known) result.items.emplace_back(table.table, std::vector<Item>());
        CARILLON_CO_TRY(const SchemaPtr schema, co_await schema_of(table.table));
        ExpressionText expressions;
        std::string tail;
        if (table.consistent) append_member(tail, "ConsistentRead", true);
        if (table.projection) {
            append_member(tail, "ProjectionExpression", expressions.add(*table.projection));
        }
        expressions.append_to(tail);
        std::set<std::string> keys;
        for (const Item& key : table.keys) {
            CARILLON_CO_TRY_VOID(check_key(key, schema->key));
            std::string text;
            append_typed_json(key, text);
            keys.insert(std::move(text));
        }
        std::string list;
        std::size_t count = 0;
        const auto close_chunk = [&] {
            if (list.empty()) return;
            std::string& chunk = chunks.emplace_back();
            append_json_string(chunk, server_name(table.table));
            chunk.append(":{\"Keys\":[").append(list).append("]");
            if (!tail.empty()) chunk.append(",").append(tail);
            chunk += '}';
            list.clear();
            count = 0;
        };
        for (const std::string& key : keys) {
            if (!list.empty()) list += ',';
            list += key;
            if (++count == keys_per_call) close_chunk();
        }
        close_chunk();
    }
    std::vector<Result<>> answers(chunks.size());
    std::vector<Task<>> tasks;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        tasks.push_back(into(get_chunk(std::move(chunks[i]), result), answers[i]));
    }
    co_await run_bounded(std::move(tasks));
    for (Result<>& answer : answers) {
        if (!answer) co_return std::unexpected(std::move(answer).error());
    }
    co_return result;
}

// --- Transactions ---

Task<Result<>> Core::write_transaction(WriteUnit unit, std::string token) {
    std::string body = "{\"TransactItems\":[";
    for (const Write& write : unit) {
        if (body.back() != '[') body += ',';
        body.append("{\"").append(kind_of(write)).append("\":{");
        body += write_members(write, false) + "}}";
    }
    body += ']';
    // With a token DynamoDB itself sees to it that a repetition has no effect.
    append_member(body, "ClientRequestToken", token.empty() ? uuid4(random_) : server_token(token));
    body += '}';
    const bool one_table = std::ranges::all_of(
        unit, [&](const Write& write) { return table_of(write) == table_of(unit.front()); });
    const std::string table = one_table ? table_of(unit.front()) : std::string();
    for (int tries = 1;; ++tries) {
        auto answer = co_await call("TransactWriteItems", body, table);
        if (answer) co_return Result<>{};
        if (is_conflict(answer.error())) {
            const bool go_on = tries < 10 && co_await pause(tries);
            if (go_on) continue;
            answer.error().code = Errc::throttled;
        }
        co_return std::unexpected(std::move(answer).error());
    }
}

Task<Result<>> Core::transact_write(WriteUnit unit, std::string token) {
    CARILLON_CO_TRY_VOID(check_unit_size(unit.size()));
    std::set<std::string> identities;
    for (const Write& write : unit) {
        CARILLON_CO_TRY(const SchemaPtr schema, co_await schema_of(table_of(write)));
        CARILLON_CO_TRY_VOID(check_write(write, *schema));
        CARILLON_CO_TRY(std::string identity, item_identity(write, schema->key));
        const bool fresh = identities.insert(std::move(identity)).second;
        if (!fresh) co_return std::unexpected(item_twice());
    }
    if (options_.transactions) {
        co_return co_await write_transaction(std::move(unit), std::move(token));
    }
    if (unit.size() > 1 || !token.empty() || std::holds_alternative<ConditionCheck>(unit[0])) {
        co_return std::unexpected(
            unsupported("TransactWriteItems", "this store is used without transactions"));
    }
    auto answer = co_await write_one(std::move(unit.front()));
    if (answer || answer.error().code != Errc::condition_failed) co_return answer;
    TransactionCancelled::Reason reason{.code = "ConditionalCheckFailed",
                                        .message = answer.error().message};
    if (const auto* failure = dynamic_cast<const ConditionFailure*>(answer.error().detail.get())) {
        reason.item = failure->item;
    }
    co_return std::unexpected(transaction_cancelled({std::move(reason)}));
}

Task<Result<std::vector<std::optional<Item>>>> Core::transact_get(
    std::vector<GetRequest> requests) {
    std::string body = "{\"TransactItems\":[";
    for (const GetRequest& request : requests) {
        CARILLON_CO_TRY(const SchemaPtr schema, co_await schema_of(request.table));
        CARILLON_CO_TRY_VOID(check_get(request, *schema));
        if (body.back() != '[') body += ',';
        body += "{\"Get\":{" + get_members(request) + "}}";
    }
    body += "]}";
    std::vector<std::optional<Item>> items;
    if (!options_.transactions) {
        if (requests.size() != 1) {
            co_return std::unexpected(
                unsupported("TransactGetItems", "this store is used without transactions"));
        }
        CARILLON_CO_TRY(items.emplace_back(), co_await get_item(std::move(requests.front())));
        co_return items;
    }
    for (int tries = 1;; ++tries) {
        auto text = co_await call("TransactGetItems", body, {});
        if (!text && is_conflict(text.error()) && tries < 10) {
            const bool go_on = co_await pause(tries);
            if (go_on) continue;
        }
        if (!text) co_return std::unexpected(std::move(text).error());
        CARILLON_CO_TRY(const Answer answer, Answer::parse(text->body));
        const json::array* responses = array_member(answer.object(), "Responses");
        if (responses == nullptr || responses->size() != requests.size()) {
            co_return fail(Errc::corrupt, "TransactGetItems was answered with another number");
        }
        for (const json::value& response : *responses) {
            if (!response.is_object()) {
                items.emplace_back();
                continue;
            }
            CARILLON_CO_TRY(items.emplace_back(), item_member(response.get_object(), "Item"));
        }
        co_return items;
    }
}

// --- Units ---

Task<Result<>> Core::write_one(Write write) {
    Result<std::optional<Item>> answer;
    if (auto* put = std::get_if<PutRequest>(&write)) {
        answer = co_await put_item(std::move(*put));
    } else if (auto* update = std::get_if<UpdateRequest>(&write)) {
        answer = co_await update_item(std::move(*update));
    } else {
        answer = co_await delete_item(std::move(std::get<DeleteRequest>(write)));
    }
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return Result<>{};
}

Task<> Core::write_unit(WriteUnit unit, Result<>& answer) {
    const bool single = unit.size() == 1 && !std::holds_alternative<ConditionCheck>(unit.front());
    if (single) {
        answer = co_await write_one(std::move(unit.front()));
    } else {
        answer = co_await transact_write(std::move(unit), {});
    }
}

/// Plain writes of different items in one call. Where the call is refused, each by itself.
Task<> Core::write_together(std::vector<WriteUnit*> units, std::vector<Result<>*> answers) {
    std::vector<std::pair<std::string, std::string>> entries;
    for (const WriteUnit* unit : units) {
        const Write& write = unit->front();
        entries.emplace_back(server_name(table_of(write)), batch_entry(write));
    }
    const Result<> written = co_await write_chunk(std::move(entries));
    const bool refused = !written && (written.error().code == Errc::invalid ||
                                      written.error().code == Errc::not_found);
    for (std::size_t i = 0; i < units.size(); ++i) {
        if (refused) {
            co_await write_unit(std::move(*units[i]), *answers[i]);
        } else {
            *answers[i] = written;
        }
    }
}

Task<std::vector<Result<>>> Core::update_batch(std::vector<WriteUnit> units) {
    std::vector<Result<>> answers(units.size());
    // Units that share an item keep their order: each goes one wave behind the last that has it.
    std::unordered_map<std::string, std::size_t> last_wave;
    std::vector<std::vector<std::size_t>> waves;
    for (std::size_t i = 0; i < units.size(); ++i) {
        Result<> judged = check_unit_size(units[i].size());
        std::vector<std::string> identities;
        std::size_t wave = 0;
        for (const Write& write : units[i]) {
            if (!judged) break;
            const auto schema = co_await schema_of(table_of(write));
            if (!schema) {
                judged = std::unexpected(schema.error());
                break;
            }
            judged = check_write(write, **schema);
            if (!judged) break;
            auto identity = item_identity(write, (*schema)->key);
            CARILLON_CHECK(identity.has_value());
            if (const auto known = last_wave.find(*identity); known != last_wave.end()) {
                wave = std::max(wave, known->second + 1);
            }
            identities.push_back(*std::move(identity));
        }
        if (!judged) {
            answers[i] = std::move(judged);
            continue;
        }
        for (std::string& identity : identities) last_wave[std::move(identity)] = wave;
        if (waves.size() <= wave) waves.resize(wave + 1);
        waves[wave].push_back(i);
    }
    for (const std::vector<std::size_t>& wave : waves) {
        std::vector<Task<>> tasks;
        std::vector<WriteUnit*> together;
        std::vector<Result<>*> together_answers;
        const auto close_call = [&] {
            if (together.size() == 1) {
                tasks.push_back(write_unit(std::move(*together[0]), *together_answers[0]));
            } else if (!together.empty()) {
                tasks.push_back(write_together(std::move(together), std::move(together_answers)));
            }
            together.clear();
            together_answers.clear();
        };
        std::size_t bytes = 0;
        for (const std::size_t i : wave) {
            if (units[i].size() > 1 || !is_plain(units[i].front())) {
                tasks.push_back(write_unit(std::move(units[i]), answers[i]));
                continue;
            }
            const std::size_t size = size_of(key_source(units[i].front()));
            if (together.size() == writes_per_call || bytes + size > bytes_per_call / 2) {
                close_call();
                bytes = 0;
            }
            bytes += size;
            together.push_back(&units[i]);
            together_answers.push_back(&answers[i]);
        }
        close_call();
        co_await run_bounded(std::move(tasks));
    }
    co_return answers;
}

}  // namespace carillon::dynamo::remote
