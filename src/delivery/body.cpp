#include "delivery/body.hpp"

#include "delivery/signature.hpp"
#include "net/http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace carillon::delivery {
namespace {

std::string scalar_text(const json::value& value) {
    if (value.is_null()) return {};
    if (value.is_string()) return std::string(std::string_view(value.get_string()));
    return to_text(value);
}

bool is_empty(const json::value& value) {
    switch (value.kind()) {
        case json::kind::null:
            return true;
        case json::kind::string:
            return value.get_string().empty();
        case json::kind::array:
            return value.get_array().empty();
        case json::kind::object:
            return value.get_object().empty();
        default:
            return false;
    }
}

// Recursion is bounded: parse_json refuses documents deeper than json_depth_max.
void flatten(const json::value& value,
             const std::string& top,
             const std::string& key,
             std::vector<FormField>& out) {
    if (const auto* object = value.if_object()) {
        for (const auto& [name, inner] : *object) {
            if (is_empty(inner)) continue;
            flatten(inner, top, key + "." + net::percent_encode(name), out);
        }
    } else if (const auto* array = value.if_array()) {
        for (std::size_t i = 0; i < array->size(); ++i) {
            flatten((*array)[i], top, fmt::format("{}[{}]", key, i), out);
        }
    } else {
        out.push_back({top, key, net::percent_encode(scalar_text(value))});
    }
}

void append_pair(std::string& out, std::string_view pair) {
    if (!out.empty()) out += '&';
    out += pair;
}

std::string pair_text(const FormField& field) {
    return field.key + "=" + field.value;
}

std::string decoded_key(std::string_view pair) {
    const std::string_view key = pair.substr(0, pair.find('='));
    auto decoded = net::percent_decode(key, true);
    // A key that cannot be decoded is left as it was given, and no key of the body equals it.
    return decoded ? *std::move(decoded) : std::string(key);
}

/// The body's key that a URL's key belongs to (`z[0]` and `z.a` belong to `z`), or nullptr.
const json::key_value_pair* overriding(const json::object& body, std::string_view url_key) {
    for (std::size_t end = url_key.size();;) {
        if (const auto* found = body.find(url_key.substr(0, end)); found != body.end()) {
            return found;
        }
        if (end == 0) return nullptr;
        end = url_key.find_last_of("[.", end - 1);
        if (end == std::string_view::npos) return nullptr;
    }
}

// What a form's part name escapes, by the WHATWG HTML standard ("multipart/form-data encoding").
std::string part_name(std::string_view name) {
    std::string out;
    for (const char c : name) {
        switch (c) {
            case '"':
                out += "%22";
                break;
            case '\r':
                out += "%0D";
                break;
            case '\n':
                out += "%0A";
                break;
            default:
                out += c;
        }
    }
    return out;
}

}  // namespace

std::vector<FormField> flatten_form(const json::object& body) {
    std::vector<FormField> fields;
    for (const auto& [name, value] : body) {
        if (is_empty(value)) continue;
        flatten(value, std::string(std::string_view(name)), net::percent_encode(name), fields);
    }
    return fields;
}

std::string form_text(const json::object& body) {
    std::string out;
    for (const FormField& field : flatten_form(body)) append_pair(out, pair_text(field));
    return out;
}

std::string merge_query(std::string_view query, const json::object& body) {
    const std::vector<FormField> fields = flatten_form(body);
    std::unordered_set<std::string> placed;
    std::string out;

    const auto place = [&](std::string_view top) {
        if (!placed.insert(std::string(top)).second) return;
        for (const FormField& field : fields) {
            if (field.top == top) append_pair(out, pair_text(field));
        }
    };
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;

        const std::string key = decoded_key(pair);
        if (const auto* by = overriding(body, key)) {
            place(by->key());
        } else {
            append_pair(out, pair);
        }
    }
    for (const FormField& field : fields) {
        if (!placed.contains(field.top)) append_pair(out, pair_text(field));
    }
    return out;
}

Multipart multipart(const json::object& body, std::string_view seed) {
    struct Part {
        std::string head;
        std::string content;
    };

    std::vector<Part> parts;
    for (const auto& [name, value] : body) {
        if (value.is_null()) continue;
        Part part;
        part.head = fmt::format("Content-Disposition: form-data; name=\"{}\"\r\n", part_name(name));
        if (value.is_object() || value.is_array()) {
            part.head += "Content-Type: application/json\r\n";
            part.content = to_text(value);
        } else {
            part.content = scalar_text(value);
        }
        parts.push_back(std::move(part));
    }

    Multipart made;
    const auto occurs = [&](const Part& part) {
        return part.head.contains(made.boundary) || part.content.contains(made.boundary);
    };
    for (int round = 0;; ++round) {
        made.boundary = "carillon-" + sha256_hex(fmt::format("{}\n{}", round, seed)).substr(0, 32);
        if (std::ranges::none_of(parts, occurs)) break;
    }
    for (const Part& part : parts) {
        made.body += fmt::format("--{}\r\n{}\r\n{}\r\n", made.boundary, part.head, part.content);
    }
    made.body += fmt::format("--{}--\r\n", made.boundary);
    return made;
}

}  // namespace carillon::delivery
