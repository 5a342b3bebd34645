// The tables of seed 004 as described structs: its README's `Users` and `Records`. An example of a
// description, and what programs need that share those tables with the seed's own.

#pragma once

#include "carillon/model.hpp"

#include <string>

namespace carillon::examples {

/// pk and sk, and whatever else an application puts beside.
struct User {
    std::string pk{};
    std::string sk{};
    Attributes attributes{};
};

struct Record {
    std::string account_id{};
    std::string run_time{};  ///< ISO text, such as 2026-02-17T12:00:00Z.
    int processed = 0;       ///< 0 or 1; a worker's 2 and the quarantine's 3 pass by themselves.
    std::string document_id{};
    Instant created_at{};
    Instant updated_at{};
    Attributes extra{};
};

}  // namespace carillon::examples

template <>
inline constexpr auto carillon::model_of<carillon::examples::User> =
    carillon::model::table<carillon::examples::User>(
        "Users",
        carillon::model::hash_key<&carillon::examples::User::pk>("pk"),
        carillon::model::sort_key<&carillon::examples::User::sk>("sk"),
        carillon::model::rest<&carillon::examples::User::attributes>());

template <>
inline constexpr auto carillon::model_of<carillon::examples::Record> =
    carillon::model::table<carillon::examples::Record>(
        "Records",
        carillon::model::hash_key<&carillon::examples::Record::account_id>("AccountId"),
        carillon::model::sort_key<&carillon::examples::Record::run_time>("RunTime"),
        carillon::model::processed<&carillon::examples::Record::processed>("Processed",
                                                                           "Processed"),
        carillon::model::field<&carillon::examples::Record::document_id>("DocumentId"),
        carillon::model::created_at<&carillon::examples::Record::created_at>("CreatedAt"),
        carillon::model::updated_at<&carillon::examples::Record::updated_at>("UpdatedAt"),
        carillon::model::rest<&carillon::examples::Record::extra>());
