// Where DynamoDB places a partition: a hash of its key.
//
// Not documented by AWS; the order shows in scans, and dynalite (Apache-2.0) reproduces it. Numbers
// are hashed in a packed form that pairs digits from the point, as many databases store decimals.

#include "core/check.hpp"
#include "dynamo/item/codec.hpp"
#include "dynamo/item/decimal.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>

namespace carillon::dynamo {

namespace {

constexpr std::string_view salt = "Outliers";
constexpr std::size_t prefix_bytes = 8;

constexpr std::uint8_t packed_zero = 0x80;
constexpr std::uint8_t packed_end_of_negative = 102;
constexpr int mantissa_bytes_max = 20;

/// First byte: the power of a hundred, complemented when negative. Then a byte for each pair of
/// digits: one more than the pair, or 101 less it when negative, ended by 102 unless full.
void append_packed(const Number& number, std::string& out) {
    if (number.is_zero()) {
        out += static_cast<char>(packed_zero);
        return;
    }
    const bool negative = number.negative();
    const decimal::Digits digits(number.magnitude());
    const std::string_view text = digits.text();
    const int point = number.exponent() + static_cast<int>(text.size());
    const int shifted = point % 2 == 0 ? 0 : 1;
    const int head = (point + shifted) / 2 - 64;
    out += static_cast<char>(negative ? ~head : head);

    const int count = static_cast<int>(text.size());
    const auto digit = [&](int i) {
        return i < 0 || i >= count ? 0 : text[static_cast<std::size_t>(i)] - '0';
    };
    int bytes = 0;
    for (int i = -shifted; i < count; i += 2, ++bytes) {
        const int pair = digit(i) * 10 + digit(i + 1);
        out += static_cast<char>(negative ? 101 - pair : pair + 1);
    }
    if (negative && bytes < mantissa_bytes_max) out += static_cast<char>(packed_end_of_negative);
}

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

struct FreeDigest {
    void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};

/// Fetching the algorithm and allocating a context cost more than the hash itself, so each thread
/// keeps both.
class Md5 {
public:
    Md5() : digest_(EVP_MD_fetch(nullptr, "MD5", nullptr)), context_(EVP_MD_CTX_new()) {
        CARILLON_CHECK(digest_ != nullptr && context_ != nullptr);
    }

    [[nodiscard]] std::array<unsigned char, 16> hash(std::string_view first,
                                                     std::string_view second) {
        std::array<unsigned char, 16> out{};
        CARILLON_CHECK(EVP_DigestInit_ex2(context_.get(), digest_.get(), nullptr) == 1 &&
                       EVP_DigestUpdate(context_.get(), first.data(), first.size()) == 1 &&
                       EVP_DigestUpdate(context_.get(), second.data(), second.size()) == 1 &&
                       EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
        return out;
    }

private:
    std::unique_ptr<EVP_MD, FreeDigest> digest_;
    std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

}  // namespace

void append_partition_prefix(const Value& hash_key, std::string& out) {
    const Value* const values[] = {&hash_key};
    append_joined_prefix(values, out);
}

void append_joined_prefix(std::span<const Value* const> values, std::string& out) {
    thread_local Md5 md5;
    std::string joined;
    std::string_view bytes;
    for (const Value* value : values) {
        const Binary* binary = value->get_if<Binary>();
        if (const Number* number = value->number()) {
            append_packed(*number, joined);
            continue;
        }
        CARILLON_CHECK(binary != nullptr || value->string() != nullptr);
        bytes = binary != nullptr ? binary->bytes : *value->string();
        if (values.size() > 1) joined += bytes;
    }
    // One text, as most keys are, is not copied.
    const auto digest = md5.hash(salt, joined.empty() ? bytes : std::string_view(joined));
    out.append(digest.begin(), digest.begin() + prefix_bytes);
}

}  // namespace carillon::dynamo
