// A JSON body as the bytes of an HTTP message: query pairs, form fields, multipart parts.
//
// The rules of names are those of seed 000 (`z[0]=1`, `n.a=1`, null and empty values left out),
// with everything percent-encoded that has to be. Pure; request.cpp decides which of them applies.

#pragma once

#include "core/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace carillon::delivery {

/// One field of a form or query. `key` and `value` are encoded already.
struct FormField {
    std::string top;  ///< The body's own key that it comes from, not encoded.
    std::string key;
    std::string value;
};

/// Flattens an object: `a=1`, lists `z[0]=1`, objects `n.a=1`, objects in lists `z[0].a=1`. A null,
/// an empty text, list or object has no field; in a list it keeps its place (`z[1]=`).
[[nodiscard]] std::vector<FormField> flatten_form(const json::object& body);

/// `a=1&b=2`.
[[nodiscard]] std::string form_text(const json::object& body);

/// The URL's query with the body's keys merged over it. Pairs of the URL stay as they are and where
/// they are, duplicates included, unless the body has their key: then the body's value stands where
/// the first of them stood (and nothing, if it is null or empty). Other keys follow at the end.
[[nodiscard]] std::string merge_query(std::string_view query, const json::object& body);

struct Multipart {
    std::string boundary;
    std::string body;
};

/// multipart/form-data with one part for each top-level key that is not null; texts, numbers and
/// booleans as text, lists and objects as JSON. The boundary is derived from `seed`, so that the
/// same seed and body give the same bytes, and does not occur in the content.
[[nodiscard]] Multipart multipart(const json::object& body, std::string_view seed);

}  // namespace carillon::delivery
