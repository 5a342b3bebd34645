// Between described structs and attributes. Needed by records.hpp and record_processor.hpp only.

#pragma once

#include "carillon/model.hpp"

#include <string>
#include <tuple>
#include <utility>

namespace carillon::detail {

template <class T>
[[nodiscard]] constexpr KeyType key_type_of() {
    if constexpr (std::is_same_v<T, Bytes>) {
        return KeyType::bytes;
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, Decimal>) {
        return KeyType::number;
    } else {
        return KeyType::text;
    }
}

/// Calls `visit` with each part of T's description.
template <Described T, class Visit>
constexpr void for_each_part(Visit visit) {
    std::apply([&](const auto&... parts) { (visit(parts), ...); }, model_of<T>.parts);
}

template <Described T, class Visit>
constexpr void for_each_field(Visit visit) {
    for_each_part<T>([&](const auto& part) {
        if constexpr (model::detail::is_field<std::remove_cvref_t<decltype(part)>>) visit(part);
    });
}

/// The attribute that a member is stored as.
template <Described T, auto Member>
[[nodiscard]] constexpr std::string_view name_of() {
    std::string_view name;
    for_each_field<T>([&](const auto& field) {
        using Field = std::remove_cvref_t<decltype(field)>;
        if (model::detail::describes<Member, Field>()) name = field.name;
    });
    return name;
}

template <Described T, auto Member>
[[nodiscard]] KeyAttribute key_attribute() {
    using Type = typename model::detail::Unwrapped<
        typename model::detail::MemberOf<decltype(Member)>::Type>::Type;
    return {std::string(name_of<T, Member>()), key_type_of<Type>()};
}

template <Described T, auto Hash, auto Sort>
void add_index(TableShape& shape, const model::Index<Hash, Sort>& index) {
    TableShape::Index out{.name = std::string(index.name), .hash = key_attribute<T, Hash>()};
    if constexpr (!std::is_same_v<decltype(Sort), std::nullptr_t>) {
        out.sort = key_attribute<T, Sort>();
    }
    shape.indexes.push_back(std::move(out));
}

template <Described T>
[[nodiscard]] TableShape shape_of() {
    using model::Role;
    TableShape shape;
    shape.table = model_of<T>.name;
    for_each_part<T>([&](const auto& part) {
        using Part = std::remove_cvref_t<decltype(part)>;
        if constexpr (model::detail::is_field<Part>) {
            const std::string name(part.name);
            if constexpr (Part::role == Role::hash_key)
                shape.hash = key_attribute<T, Part::member>();
            if constexpr (Part::role == Role::sort_key)
                shape.sort = key_attribute<T, Part::member>();
            if constexpr (Part::role == Role::version) shape.version = name;
            if constexpr (Part::role == Role::created) shape.created = name;
            if constexpr (Part::role == Role::updated) shape.updated = name;
            if constexpr (Part::role == Role::processed) {
                shape.processed = name;
                shape.processed_index = part.index;
            }
        } else if constexpr (model::detail::is_index<Part>) {
            add_index<T>(shape, part);
        } else if constexpr (std::is_same_v<Part, model::WorkQueue>) {
            shape.shards = part.shards;
        }
    });
    return shape;
}

/// What the table keeps by itself is left out while it is nothing yet.
template <class Field, class Type>
[[nodiscard]] bool is_unset(const Type& member) {
    if constexpr (Field::role == model::Role::version || Field::role == model::Role::created) {
        return member == Type{};
    } else {
        return Field::role == model::Role::updated;
    }
}

template <Described T>
[[nodiscard]] Attributes to_attributes(const T& record) {
    Attributes out;
    for_each_part<T>([&](const auto& part) {
        using Part = std::remove_cvref_t<decltype(part)>;
        if constexpr (model::detail::is_rest<Part>) {
            for (const auto& [name, value] : (record.*Part::member).entries()) out.set(name, value);
        }
    });
    for_each_field<T>([&](const auto& field) {
        using Field = std::remove_cvref_t<decltype(field)>;
        const auto& member = record.*Field::member;
        out.erase(field.name);
        if (is_unset<Field>(member)) return;
        Value value = Codec<typename Field::Type>::write(member);
        // Absent and null are the same to a struct.
        if (std::holds_alternative<std::monostate>(value.storage())) return;
        out.set(std::string(field.name), std::move(value));
    });
    return out;
}

template <Described T, model::Role R>
struct FieldWith {
private:
    template <class... Parts>
    static constexpr auto pick(const std::tuple<Parts...>&) {
        return std::tuple_cat(std::conditional_t<model::detail::has_role<Parts, R>(),
                                                 std::tuple<Parts>,
                                                 std::tuple<>>{}...);
    }

public:
    using Found = decltype(pick(model_of<T>.parts));
    static constexpr bool there = std::tuple_size_v<Found> == 1;
};

template <Described T>
[[nodiscard]] consteval bool has_work_queue() {
    bool found = false;
    for_each_part<T>([&](const auto& part) {
        found = found || std::is_same_v<std::remove_cvref_t<decltype(part)>, model::WorkQueue>;
    });
    return found;
}

template <Described T>
inline constexpr bool can_be_processed =
    FieldWith<T, model::Role::processed>::there || has_work_queue<T>();

/// What belongs to the work queue is nobody's rest.
inline void erase_work(Attributes& attributes) {
    std::vector<std::string> own;
    for (const auto& [name, value] : attributes.entries()) {
        if (model::detail::is_work_name(name)) own.push_back(name);
    }
    for (const std::string& name : own) attributes.erase(name);
}

/// `corrupt`, with the attribute as `field`, when one is of another kind than its member. Absent
/// ones leave the member as the struct begins with it.
template <Described T>
[[nodiscard]] Expected<T> from_attributes(Attributes attributes) {
    T record{};
    std::optional<Failure> failure;
    for_each_field<T>([&](const auto& field) {
        using Field = std::remove_cvref_t<decltype(field)>;
        const Value* value = attributes.find(field.name);
        if (value == nullptr || failure) return;
        auto member = Codec<typename Field::Type>::read(*value);
        if (!member) {
            failure = Failure{FailureKind::corrupt,
                              "the stored attribute does not fit the member",
                              std::string(field.name)};
            return;
        }
        record.*Field::member = *std::move(member);
        attributes.erase(field.name);
    });
    if (failure) return std::unexpected(*std::move(failure));
    for_each_part<T>([&](const auto& part) {
        using Part = std::remove_cvref_t<decltype(part)>;
        if constexpr (model::detail::is_rest<Part>) {
            if constexpr (can_be_processed<T>) erase_work(attributes);
            record.*Part::member = std::move(attributes);
        }
    });
    return record;
}

template <Described T>
using HashField = std::tuple_element_t<0, typename FieldWith<T, model::Role::hash_key>::Found>;

template <Described T>
inline constexpr bool has_sort_key = FieldWith<T, model::Role::sort_key>::there;

template <Described T>
using SortField = std::tuple_element_t<0, typename FieldWith<T, model::Role::sort_key>::Found>;

/// Whether the table itself keeps this member.
template <Described T, auto Member>
[[nodiscard]] consteval bool is_kept() {
    bool kept = false;
    for_each_field<T>([&](const auto& field) {
        using Field = std::remove_cvref_t<decltype(field)>;
        if (model::detail::describes<Member, Field>()) kept = Field::role != model::Role::plain;
    });
    return kept;
}

/// The index whose hash key is that member: the first one.
template <Described T, auto Member>
struct IndexOver {
private:
    template <class Part>
    struct Match {
        using Type = std::tuple<>;
    };

    template <auto Hash, auto Sort>
    struct Match<model::Index<Hash, Sort>> {
        using Type = std::conditional_t<model::detail::same_member<Hash, Member>(),
                                        std::tuple<model::Index<Hash, Sort>>,
                                        std::tuple<>>;
    };

    template <class... Parts>
    static constexpr auto pick(const std::tuple<Parts...>&) {
        return std::tuple_cat(typename Match<Parts>::Type{}...);
    }

    using Found = decltype(pick(model_of<T>.parts));
    static_assert(std::tuple_size_v<Found> >= 1,
                  "no index of this table has that member as its hash key");

    template <class Index>
    struct SortOf;

    template <auto Hash, auto Sort>
    struct SortOf<model::Index<Hash, Sort>> {
        using Type = typename model::detail::Unwrapped<
            typename model::detail::MemberOf<decltype(Sort)>::Type>::Type;
    };

    template <auto Hash>
    struct SortOf<model::Index<Hash, nullptr>> {
        using Type = void;
    };

    using Index = std::tuple_element_t<0, Found>;

public:
    using SortType = typename SortOf<Index>::Type;

    static std::string name() {
        std::string out;
        for_each_part<T>([&](const auto& part) {
            using Part = std::remove_cvref_t<decltype(part)>;
            if constexpr (std::is_same_v<Part, Index>) {
                if (out.empty()) out = part.name;
            }
        });
        return out;
    }
};

/// A key of its parts, in the order hash, sort.
template <Described T, class... KeyParts>
[[nodiscard]] Attributes key_of(const KeyParts&... parts) {
    static_assert(sizeof...(KeyParts) == (has_sort_key<T> ? 2 : 1),
                  "a key is its hash key, and its sort key if the table has one");
    Attributes key;
    const auto given = std::tie(parts...);
    using Hash = typename HashField<T>::Type;
    static_assert(std::is_convertible_v<std::tuple_element_t<0, std::tuple<KeyParts...>>, Hash>,
                  "the hash key is of another type");
    key.set(std::string(name_of<T, HashField<T>::member>()),
            Codec<Hash>::write(Hash(std::get<0>(given))));
    if constexpr (has_sort_key<T> && sizeof...(KeyParts) == 2) {
        using Sort = typename SortField<T>::Type;
        static_assert(std::is_convertible_v<std::tuple_element_t<1, std::tuple<KeyParts...>>, Sort>,
                      "the sort key is of another type");
        key.set(std::string(name_of<T, SortField<T>::member>()),
                Codec<Sort>::write(Sort(std::get<1>(given))));
    }
    return key;
}

template <Described T>
[[nodiscard]] Attributes key_of_record(const T& record) {
    if constexpr (has_sort_key<T>) {
        return key_of<T>(record.*HashField<T>::member, record.*SortField<T>::member);
    } else {
        return key_of<T>(record.*HashField<T>::member);
    }
}

}  // namespace carillon::detail
