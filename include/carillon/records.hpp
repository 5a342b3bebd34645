// Typed tables: records are structs that were described once (model.hpp).
//
//     auto store = carillon::Store::open({.url = "embedded:./data"});
//     carillon::Records<Order> orders(*store);
//     orders.create_table();
//     auto stored = orders.put({.customer = "c1", .cents = 500});   // version 1, stamped
//     stored->cents = 700;
//     orders.put(*stored);                    // version 2; refused if somebody else was faster
//     orders.get("c1", placed_at);
//     for (auto page = orders.query("c1"); ...)   // or orders.for_each_in("c1", [](const Order&)
//     ...)

#pragma once

#include "carillon/record_codec.hpp"
#include "carillon/record_table.hpp"

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace carillon {

/// Conditions on a sort key: `orders.query("c1", carillon::at_least(yesterday))`.
template <class T>
struct SortRange {
    SortIs is = SortIs::equal;
    T value{};
    T upper{};
};

template <class T>
[[nodiscard]] SortRange<T> equal_to(T value) {
    return {SortIs::equal, std::move(value), {}};
}

template <class T>
[[nodiscard]] SortRange<T> less_than(T value) {
    return {SortIs::less, std::move(value), {}};
}

template <class T>
[[nodiscard]] SortRange<T> at_most(T value) {
    return {SortIs::at_most, std::move(value), {}};
}

template <class T>
[[nodiscard]] SortRange<T> greater_than(T value) {
    return {SortIs::greater, std::move(value), {}};
}

template <class T>
[[nodiscard]] SortRange<T> at_least(T value) {
    return {SortIs::at_least, std::move(value), {}};
}

template <class T>
[[nodiscard]] SortRange<T> between(T lowest, T highest) {
    return {SortIs::between, std::move(lowest), std::move(highest)};
}

[[nodiscard]] inline SortRange<std::string> beginning_with(std::string prefix) {
    return {SortIs::beginning_with, std::move(prefix), {}};
}

/// What an update changes, member by member; the rest of the record stays as it is, also what
/// others write meanwhile.
///
///     orders.update(carillon::Changes<Order>().set<&Order::note>("late").add<&Order::cents>(50),
///                   "c1", placed_at);
template <Described T>
class Changes {
public:
    template <auto Member>
    Changes& set(typename model::detail::MemberOf<decltype(Member)>::Type value) {
        using Type = typename model::detail::MemberOf<decltype(Member)>::Type;
        Value written = Codec<Type>::write(value);
        if (std::holds_alternative<std::monostate>(written.storage())) return remove<Member>();
        changes_.set.emplace_back(name<Member>(), std::move(written));
        return *this;
    }

    /// To a number; negative amounts subtract.
    template <auto Member>
    Changes& add(typename model::detail::MemberOf<decltype(Member)>::Type amount) {
        using Type = typename model::detail::MemberOf<decltype(Member)>::Type;
        static_assert(std::is_arithmetic_v<Type> && !std::is_same_v<Type, bool>,
                      "only numbers can be added to");
        const Value written = Codec<Type>::write(amount);
        changes_.add.emplace_back(name<Member>(), *written.template get_if<Decimal>());
        return *this;
    }

    template <auto Member>
    Changes& remove() {
        changes_.remove.push_back(name<Member>());
        return *this;
    }

    /// Only if the record has this version.
    Changes& if_version(std::int64_t version) {
        version_ = version;
        return *this;
    }

    [[nodiscard]] const AttributeChanges& attributes() const { return changes_; }

    [[nodiscard]] const std::optional<std::int64_t>& version() const { return version_; }

private:
    template <auto Member>
    [[nodiscard]] static std::string name() {
        static_assert(std::is_same_v<typename model::detail::MemberOf<decltype(Member)>::Class, T>,
                      "a member of another struct");
        static_assert(!detail::name_of<T, Member>().empty(), "the description does not name it");
        static_assert(!detail::is_kept<T, Member>(),
                      "keys, versions, stamps and the processed flag are not changed by an update");
        return std::string(detail::name_of<T, Member>());
    }

    AttributeChanges changes_;
    std::optional<std::int64_t> version_;
};

/// Every call may come from any thread, and blocks until it is done. Failures: see RecordTable; and
/// `corrupt`, with the attribute, when a stored record does not fit the struct.
template <Described T>
class Records {
public:
    using Page = PageOf<T>;

    /// `table`: another name than the described one.
    explicit Records(const Store& store, const std::string& table = {})
        : table_(store, shape(table)) {}

    /// Creates the table, or adds the global indexes that it lacks.
    [[nodiscard]] Expected<> create_table() { return table_.create(); }

    /// The record as it is stored then, with its stamps and version.
    ///
    /// With a version: a new record if it is 0 (`already_exists` if there is one), otherwise over
    /// the record of that version (`conflict` if it has moved on). Without: over whatever is there,
    /// whose time of creation stays. A record of a work queue is unprocessed afterwards; of the
    /// seed's layout, as its flag says.
    [[nodiscard]] Expected<T> put(const T& record) {
        return typed(table_.put(detail::to_attributes(record), false));
    }

    /// Only if there is none of that key: `already_exists`.
    [[nodiscard]] Expected<T> insert(const T& record) {
        return typed(table_.put(detail::to_attributes(record), true));
    }

    /// As part of a transaction; its commit tells whether it could be done.
    [[nodiscard]] Expected<T> put(Transaction& transaction, const T& record) {
        return typed(table_.put(transaction, detail::to_attributes(record), false));
    }

    [[nodiscard]] Expected<T> insert(Transaction& transaction, const T& record) {
        return typed(table_.put(transaction, detail::to_attributes(record), true));
    }

    /// `get(hash)` or `get(hash, sort)`. Sees every write that was answered before.
    template <class... KeyParts>
    [[nodiscard]] Expected<std::optional<T>> get(const KeyParts&... key) {
        auto found = table_.get(detail::key_of<T>(key...), true);
        if (!found) return std::unexpected(std::move(found).error());
        if (!*found) return std::nullopt;
        auto record = detail::from_attributes<T>(**std::move(found));
        if (!record) return std::unexpected(std::move(record).error());
        return std::optional<T>(*std::move(record));
    }

    /// A page of one partition, by sort key.
    template <class Hash>
    [[nodiscard]] Expected<Page> query(const Hash& hash, const PageOptions& options = {}) {
        return typed_page(table_.query({}, hash_value(hash), {}, options));
    }

    template <class Hash, class Sort>
    [[nodiscard]] Expected<Page> query(const Hash& hash,
                                       const SortRange<Sort>& sort,
                                       const PageOptions& options = {}) {
        static_assert(detail::has_sort_key<T>, "this table has no sort key");
        using Type = typename detail::SortField<T>::Type;
        return typed_page(table_.query({}, hash_value(hash), sort_condition<Type>(sort), options));
    }

    /// A page of one partition of the index over that member.
    template <auto Member, class Hash>
    [[nodiscard]] Expected<Page> query_by(const Hash& hash, const PageOptions& options = {}) {
        using Found = detail::IndexOver<T, Member>;
        return typed_page(table_.query(Found::name(), member_value<Member>(hash), {}, options));
    }

    template <auto Member, class Hash, class Sort>
    [[nodiscard]] Expected<Page> query_by(const Hash& hash,
                                          const SortRange<Sort>& sort,
                                          const PageOptions& options = {}) {
        using Found = detail::IndexOver<T, Member>;
        return typed_page(table_.query(Found::name(),
                                       member_value<Member>(hash),
                                       sort_condition<typename Found::SortType>(sort),
                                       options));
    }

    /// A page of the whole table, in no order.
    [[nodiscard]] Expected<Page> scan(const PageOptions& options = {}) {
        return typed_page(table_.scan(options));
    }

    /// Calls `visit` with every record of a partition, page after page. `visit` may answer false to
    /// end it. How many were visited.
    template <class Hash, class Visit>
    Expected<std::int64_t> for_each_in(const Hash& hash, Visit visit, PageOptions options = {}) {
        return visit_all([&](const PageOptions& next) { return query(hash, next); },
                         std::move(visit),
                         std::move(options));
    }

    /// The same for the whole table.
    template <class Visit>
    Expected<std::int64_t> for_each(Visit visit, PageOptions options = {}) {
        return visit_all([&](const PageOptions& next) { return scan(next); },
                         std::move(visit),
                         std::move(options));
    }

    /// The record afterwards. Makes none: `not_found`.
    template <class... KeyParts>
    [[nodiscard]] Expected<T> update(const Changes<T>& changes, const KeyParts&... key) {
        return typed(
            table_.update(detail::key_of<T>(key...), changes.attributes(), changes.version()));
    }

    /// Whether there was one.
    template <class... KeyParts>
    [[nodiscard]] Expected<bool> remove(const KeyParts&... key) {
        return table_.remove(detail::key_of<T>(key...), std::nullopt);
    }

    /// Only if it is still of this record's version.
    [[nodiscard]] Expected<bool> remove_this(const T& record) {
        std::optional<std::int64_t> version;
        if constexpr (detail::FieldWith<T, model::Role::version>::there) {
            using Version =
                std::tuple_element_t<0, typename detail::FieldWith<T, model::Role::version>::Found>;
            version = static_cast<std::int64_t>(record.*Version::member);
        }
        return table_.remove(detail::key_of_record(record), version);
    }

    // Of tables with a processed flag or a work queue.

    /// Unprocessed or quarantined becomes processed; `not_found` if there is no such record.
    template <class... KeyParts>
    [[nodiscard]] Expected<Marked> mark_processed(const KeyParts&... key) {
        require_work();
        return table_.mark_processed(detail::key_of<T>(key...));
    }

    /// Quarantined or processed becomes unprocessed, with all attempts again.
    template <class... KeyParts>
    [[nodiscard]] Expected<bool> requeue(const KeyParts&... key) {
        require_work();
        return table_.requeue(detail::key_of<T>(key...));
    }

    [[nodiscard]] Expected<Page> unprocessed(const PageOptions& options = {}) {
        return list(WorkState::unprocessed, options);
    }

    [[nodiscard]] Expected<Page> processed(const PageOptions& options = {}) {
        return list(WorkState::processed, options);
    }

    [[nodiscard]] Expected<Page> quarantined(const PageOptions& options = {}) {
        return list(WorkState::quarantined, options);
    }

    [[nodiscard]] Expected<Page> list(WorkState state, const PageOptions& options = {}) {
        require_work();
        return typed_page(table_.list(state, options));
    }

    [[nodiscard]] Expected<std::int64_t> count(WorkState state) {
        require_work();
        return table_.count(state);
    }

    [[nodiscard]] RecordTable& untyped() { return table_; }

private:
    static TableShape shape(const std::string& table) {
        TableShape out = detail::shape_of<T>();
        if (!table.empty()) out.table = table;
        return out;
    }

    static void require_work() {
        static_assert(detail::can_be_processed<T>,
                      "the description has neither a processed flag nor a work_queue");
    }

    template <class Hash>
    static Value hash_value(const Hash& hash) {
        return member_value<detail::HashField<T>::member>(hash);
    }

    template <auto Member, class Given>
    static Value member_value(const Given& given) {
        using Type = typename model::detail::Unwrapped<
            typename model::detail::MemberOf<decltype(Member)>::Type>::Type;
        static_assert(std::is_convertible_v<Given, Type>, "the value is of another type");
        return Codec<Type>::write(static_cast<Type>(given));
    }

    template <class Type, class Given>
    static SortCondition sort_condition(const SortRange<Given>& range) {
        static_assert(std::is_convertible_v<Given, Type>, "the sort key is of another type");
        return {range.is,
                Codec<Type>::write(static_cast<Type>(range.value)),
                Codec<Type>::write(static_cast<Type>(range.upper))};
    }

    static Expected<T> typed(Expected<Attributes> answer) {
        if (!answer) return std::unexpected(std::move(answer).error());
        return detail::from_attributes<T>(*std::move(answer));
    }

    static Expected<Page> typed_page(Expected<PageOf<Attributes>> answer) {
        if (!answer) return std::unexpected(std::move(answer).error());
        Page page;
        page.records.reserve(answer->records.size());
        for (Attributes& attributes : answer->records) {
            auto record = detail::from_attributes<T>(std::move(attributes));
            if (!record) return std::unexpected(std::move(record).error());
            page.records.push_back(*std::move(record));
        }
        page.next = std::move(answer->next);
        return page;
    }

    template <class Read, class Visit>
    static Expected<std::int64_t> visit_all(Read read, Visit visit, PageOptions options) {
        std::int64_t visited = 0;
        do {
            auto page = read(options);
            if (!page) return std::unexpected(std::move(page).error());
            for (const T& record : page->records) {
                ++visited;
                if constexpr (std::is_same_v<std::invoke_result_t<Visit&, const T&>, bool>) {
                    if (!visit(record)) return visited;
                } else {
                    visit(record);
                }
            }
            options.next = std::move(page->next);
        } while (options.next);
        return visited;
    }

    RecordTable table_;
};

}  // namespace carillon
