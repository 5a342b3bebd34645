#include "dynamo/embedded/fingerprint.hpp"

#include "core/check.hpp"
#include "dynamo/embedded/keys.hpp"
#include "dynamo/item/codec.hpp"

#include <openssl/evp.h>

#include <array>
#include <type_traits>

namespace carillon::dynamo::embedded {

namespace {

void append_text(std::string_view text, std::string& out) {
    append_u32(static_cast<std::uint32_t>(text.size()), out);
    out += text;
}

void append_item(const Item& item, std::string& out) {
    std::string bytes;
    encode_item(item, bytes);
    append_text(bytes, out);
}

void append_values(const ExpressionValues& values, std::string& out) {
    append_u32(static_cast<std::uint32_t>(values.size()), out);
    for (const auto& [name, value] : values) {
        append_text(name, out);
        Item wrapped;
        wrapped.set("v", value);
        append_item(wrapped, out);
    }
}

template <class Expression>
void append_expression(const Expression& expression,
                       const ExpressionValues& values,
                       std::string& out) {
    for (const auto* names : {&expression.used_names(), &expression.used_values()}) {
        append_u32(static_cast<std::uint32_t>(names->size()), out);
        for (const std::string& name : *names) append_text(name, out);
    }
    append_values(values, out);
}

void append_condition(const std::optional<BoundCondition>& condition, std::string& out) {
    out += condition ? 'c' : '-';
    if (condition) append_expression(condition->expression, condition->values, out);
}

void append_write(const Write& write, std::string& out) {
    out += static_cast<char>('0' + write.index());
    std::visit(
        [&out](const auto& request) {
            using Request = std::decay_t<decltype(request)>;
            append_text(request.table, out);
            if constexpr (std::is_same_v<Request, PutRequest>) {
                append_item(request.item, out);
            } else {
                append_item(request.key, out);
            }
            if constexpr (std::is_same_v<Request, UpdateRequest>) {
                out += request.update ? 'u' : '-';
                if (request.update) append_expression(*request.update, request.values, out);
            }
            append_condition(request.condition, out);
        },
        write);
}

}  // namespace

std::string fingerprint(const WriteUnit& unit) {
    std::string bytes;
    for (const Write& write : unit) append_write(write, bytes);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    CARILLON_CHECK(
        EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1);
    return {digest.begin(), digest.begin() + length};
}

}  // namespace carillon::dynamo::embedded
