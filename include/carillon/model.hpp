// Describes a struct as a table of records, once.
//
//     struct Order {
//         std::string customer;
//         carillon::Instant placed_at{};
//         std::int64_t cents = 0;
//         std::optional<std::string> note;
//         std::int64_t version = 0;
//     };
//
//     template <>
//     inline constexpr auto carillon::model_of<Order> = carillon::model::table<Order>(
//         "Orders",
//         carillon::model::hash_key<&Order::customer>("Customer"),
//         carillon::model::sort_key<&Order::placed_at>("PlacedAt"),
//         carillon::model::field<&Order::cents>("Cents"),
//         carillon::model::field<&Order::note>("Note"),
//         carillon::model::version<&Order::version>("Version"),
//         carillon::model::index<&Order::cents>("byCents"));
//
// From that come reading, writing, queries and processing (records.hpp, record_processor.hpp). What
// cannot be is refused by the compiler, in words.

#pragma once

#include "carillon/codec.hpp"
#include "carillon/failure.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace carillon::model {

enum class Role {
    plain,
    hash_key,
    sort_key,
    version,    ///< Counts the writes: optimistic locking.
    created,    ///< When the record was first put.
    updated,    ///< When it was last put, changed or processed.
    processed,  ///< The seed's flag: 0 unprocessed, 1 processed (2 in hand, 3 quarantined).
};

namespace detail {

template <class>
struct MemberOf;

template <class Record, class T>
struct MemberOf<T Record::*> {
    using Class = Record;
    using Type = T;
};

}  // namespace detail

/// A member under the name of its attribute.
template <auto Member, Role R>
struct Field {
    using Record = typename detail::MemberOf<decltype(Member)>::Class;
    using Type = typename detail::MemberOf<decltype(Member)>::Type;
    static constexpr auto member = Member;
    static constexpr Role role = R;
    std::string_view name;
    std::string_view index{};  ///< Of `processed`: the index over it.
};

/// Attributes that no member names.
template <auto Member>
struct Rest {
    using Record = typename detail::MemberOf<decltype(Member)>::Class;
    static constexpr auto member = Member;
};

template <auto Hash, auto Sort>
struct Index {
    std::string_view name;
};

struct WorkQueue {
    int shards;
};

template <auto Member>
[[nodiscard]] consteval auto field(std::string_view name) {
    return Field<Member, Role::plain>{name};
}

template <auto Member>
[[nodiscard]] consteval auto hash_key(std::string_view name) {
    return Field<Member, Role::hash_key>{name};
}

template <auto Member>
[[nodiscard]] consteval auto sort_key(std::string_view name) {
    return Field<Member, Role::sort_key>{name};
}

/// An integer. 0: not stored yet. A put is refused when the stored version is another.
template <auto Member>
[[nodiscard]] consteval auto version(std::string_view name) {
    return Field<Member, Role::version>{name};
}

/// An Instant, kept by the table.
template <auto Member>
[[nodiscard]] consteval auto created_at(std::string_view name) {
    return Field<Member, Role::created>{name};
}

/// An Instant, kept by the table.
template <auto Member>
[[nodiscard]] consteval auto updated_at(std::string_view name) {
    return Field<Member, Role::updated>{name};
}

/// The records can be processed, and say so by this integer and a global index over it: the layout
/// of seed 004, for tables that are shared with its programs.
template <auto Member>
[[nodiscard]] consteval auto processed(std::string_view name, std::string_view index) {
    return Field<Member, Role::processed>{name, index};
}

/// The records can be processed, and are found by a sparse index over `shards` partitions: for
/// tables of your own. Needs no member; attributes that begin with `work` belong to it.
[[nodiscard]] consteval WorkQueue work_queue(int shards = 4) {
    return WorkQueue{shards};
}

/// Takes and gives back the attributes that no member names, in an Attributes member. Without it, a
/// put drops them.
template <auto Member>
[[nodiscard]] consteval Rest<Member> rest() {
    return {};
}

/// A global secondary index over one member, or two; members that are std::optional make it sparse.
template <auto Hash, auto Sort = nullptr>
[[nodiscard]] consteval Index<Hash, Sort> index(std::string_view name) {
    return {name};
}

namespace detail {

template <class>
inline constexpr bool is_field = false;
template <auto Member, Role R>
inline constexpr bool is_field<Field<Member, R>> = true;

template <class>
inline constexpr bool is_index = false;
template <auto Hash, auto Sort>
inline constexpr bool is_index<Index<Hash, Sort>> = true;

template <class>
inline constexpr bool is_rest = false;
template <auto Member>
inline constexpr bool is_rest<Rest<Member>> = true;

template <class Part>
inline constexpr bool is_part =
    is_field<Part> || is_index<Part> || is_rest<Part> || std::is_same_v<Part, WorkQueue>;

template <class T>
struct Unwrapped {
    using Type = T;
};

template <class T>
struct Unwrapped<std::optional<T>> {
    using Type = T;
};

/// S, N or B: what a key may be.
template <class T>
inline constexpr bool is_key_type =
    std::is_same_v<T, std::string> || std::is_same_v<T, Instant> || std::is_same_v<T, Bytes> ||
    std::is_same_v<T, Decimal> ||
    (std::is_arithmetic_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char>);

template <class Part, Role R>
[[nodiscard]] consteval bool has_role() {
    if constexpr (is_field<Part>) {
        return Part::role == R;
    } else {
        return false;
    }
}

template <Role R, class... Parts>
[[nodiscard]] consteval int fields_with() {
    return (0 + ... + (has_role<Parts, R>() ? 1 : 0));
}

template <class Part, class T>
[[nodiscard]] consteval bool is_of() {
    if constexpr (is_field<Part> || is_rest<Part>) {
        return std::is_same_v<typename Part::Record, T>;
    } else {
        return true;
    }
}

template <auto A, auto B>
[[nodiscard]] consteval bool same_member() {
    if constexpr (std::is_same_v<decltype(A), decltype(B)>) {
        return A == B;
    } else {
        return false;
    }
}

template <auto Member, class Part>
[[nodiscard]] consteval bool describes() {
    if constexpr (is_field<Part>) {
        return same_member<Member, Part::member>();
    } else {
        return false;
    }
}

template <class Part>
struct CheckPart {
    static constexpr bool ok = true;
};

template <auto Member, Role R>
struct CheckPart<Field<Member, R>> {
    using Type = typename MemberOf<decltype(Member)>::Type;
    static_assert(Storable<Type>,
                  "this member's type cannot be stored: specialise carillon::Codec for it");
    static_assert((R != Role::hash_key && R != Role::sort_key) || is_key_type<Type>,
                  "a key must be text, a number, bytes or an Instant (and not optional)");
    static_assert(R != Role::version || (std::is_integral_v<Type> && sizeof(Type) >= 4 &&
                                         !std::is_same_v<Type, bool>),
                  "a version must be an integer of 32 or 64 bits");
    static_assert((R != Role::created && R != Role::updated) || std::is_same_v<Type, Instant>,
                  "a stamp must be a carillon::Instant");
    static_assert(R != Role::processed || (std::is_integral_v<Type> && !std::is_same_v<Type, bool>),
                  "the flag of processed records must be an integer");
    static constexpr bool ok = true;
};

template <auto Member>
struct CheckPart<Rest<Member>> {
    static_assert(std::is_same_v<typename MemberOf<decltype(Member)>::Type, Attributes>,
                  "rest() takes a member of type carillon::Attributes");
    static constexpr bool ok = true;
};

template <auto Member, class... Parts>
[[nodiscard]] consteval bool can_be_index_key() {
    using Type = typename Unwrapped<typename MemberOf<decltype(Member)>::Type>::Type;
    static_assert((describes<Member, Parts>() || ...),
                  "an index is over members that the description names");
    static_assert(is_key_type<Type>, "an index key must be text, a number, bytes or an Instant");
    return true;
}

template <class Part, class... Parts>
struct CheckIndex {
    static constexpr bool ok = true;
};

template <auto Hash, auto Sort, class... Parts>
struct CheckIndex<Index<Hash, Sort>, Parts...> {
    static consteval bool check() {
        if constexpr (!std::is_same_v<decltype(Sort), std::nullptr_t>) {
            static_assert(can_be_index_key<Sort, Parts...>());
        }
        return can_be_index_key<Hash, Parts...>();
    }

    static constexpr bool ok = check();
};

// Reached only when a description is wrong: the compiler then names them, and with them the rule.
void the_table_must_have_a_name();
void an_attribute_must_have_a_name_of_1_to_255_bytes();
void two_fields_have_the_same_attribute_name();
void an_index_name_must_have_3_to_255_characters();
void two_indexes_have_the_same_name();
void shards_must_be_from_1_to_1000();
void attribute_names_that_begin_with_work_and_a_capital_belong_to_the_work_queue();

/// `work` and a capital: a name that the work queue keeps for itself.
[[nodiscard]] constexpr bool is_work_name(std::string_view name) {
    return name.starts_with("work") && name.size() > 4 && name[4] >= 'A' && name[4] <= 'Z';
}

struct Names {
    std::vector<std::string_view> fields{};
    std::vector<std::string_view> indexes{};
    bool works = false;
};

template <class Part>
consteval void collect(const Part& part, Names& names) {
    if constexpr (is_field<Part>) {
        names.fields.push_back(part.name);
        if (Part::role == Role::processed) {
            names.indexes.push_back(part.index);
            names.works = true;
        }
    } else if constexpr (is_index<Part>) {
        names.indexes.push_back(part.name);
    } else if constexpr (std::is_same_v<Part, WorkQueue>) {
        names.works = true;
        if (part.shards < 1 || part.shards > 1'000) shards_must_be_from_1_to_1000();
    }
}

consteval bool has_twice(const std::vector<std::string_view>& names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        for (std::size_t j = i + 1; j < names.size(); ++j) {
            if (names[i] == names[j]) return true;
        }
    }
    return false;
}

template <class... Parts>
consteval void check_names(std::string_view table, const Parts&... parts) {
    if (table.size() < 3) the_table_must_have_a_name();
    Names names;
    (collect(parts, names), ...);
    for (const std::string_view name : names.fields) {
        if (name.empty() || name.size() > 255) an_attribute_must_have_a_name_of_1_to_255_bytes();
        if (names.works && is_work_name(name)) {
            attribute_names_that_begin_with_work_and_a_capital_belong_to_the_work_queue();
        }
    }
    for (const std::string_view name : names.indexes) {
        if (name.size() < 3 || name.size() > 255) an_index_name_must_have_3_to_255_characters();
    }
    if (has_twice(names.fields)) two_fields_have_the_same_attribute_name();
    if (has_twice(names.indexes)) two_indexes_have_the_same_name();
}

}  // namespace detail

/// A described struct; made by table().
template <class T, class... Parts>
struct Table {
    using Record = T;
    std::string_view name;
    std::tuple<Parts...> parts;
};

/// The description of T: exactly one hash_key, and what else there is.
template <class T, class... Parts>
[[nodiscard]] consteval auto table(std::string_view name, Parts... parts) {
    static_assert((detail::is_part<Parts> && ...),
                  "the parts of a table are hash_key, sort_key, field, version, created_at, "
                  "updated_at, processed, work_queue, rest and index");
    static_assert((detail::is_of<Parts, T>() && ...),
                  "a member that is named here belongs to another struct");
    static_assert(std::is_default_constructible_v<T>,
                  "records are read into a struct that can be made without arguments");
    static_assert((detail::CheckPart<Parts>::ok && ...));
    static_assert(detail::fields_with<Role::hash_key, Parts...>() == 1,
                  "a table has exactly one hash_key");
    static_assert(detail::fields_with<Role::sort_key, Parts...>() <= 1,
                  "a table has at most one sort_key");
    static_assert(detail::fields_with<Role::version, Parts...>() <= 1,
                  "a table has at most one version");
    static_assert(detail::fields_with<Role::created, Parts...>() <= 1 &&
                      detail::fields_with<Role::updated, Parts...>() <= 1,
                  "a table has at most one created_at and one updated_at");
    static_assert(detail::fields_with<Role::processed, Parts...>() +
                          (0 + ... + std::is_same_v<Parts, WorkQueue>) <=
                      1,
                  "a table has either one processed flag or one work_queue");
    static_assert((0 + ... + detail::is_rest<Parts>) <= 1, "a table has at most one rest()");
    static_assert((detail::CheckIndex<Parts, Parts...>::ok && ...));
    detail::check_names(name, parts...);
    return Table<T, Parts...>{name, std::tuple<Parts...>(parts...)};
}

/// What model_of is for structs that nobody described.
template <class T>
struct NotDescribed {};

}  // namespace carillon::model

namespace carillon {

/// Specialise it for each struct that is to be stored: see the head of this file.
template <class T>
inline constexpr auto model_of = model::NotDescribed<T>{};

/// A struct that is described as a table.
template <class T>
concept Described =
    !std::is_same_v<std::remove_cvref_t<decltype(model_of<T>)>, model::NotDescribed<T>>;

enum class KeyType { text, number, bytes };

struct KeyAttribute {
    std::string name;
    KeyType type = KeyType::text;
};

/// A description without its struct: what the library sees of it.
struct TableShape {
    struct Index {
        std::string name;
        KeyAttribute hash{};
        std::optional<KeyAttribute> sort{};
    };

    std::string table;
    KeyAttribute hash{};
    std::optional<KeyAttribute> sort{};
    std::vector<Index> indexes{};
    std::string version{};  ///< Attributes; empty: there is none.
    std::string created{};
    std::string updated{};
    std::string processed{};        ///< The seed's layout: the flag ...
    std::string processed_index{};  ///< ... and the index over it.
    int shards = 0;                 ///< The sharded layout; 0: it is not.
};

}  // namespace carillon
