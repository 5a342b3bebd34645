#include "dynamo/endpoint/content_coding.hpp"

#include "core/check.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <charconv>
#include <zlib.h>

namespace carillon::dynamo::endpoint {

namespace {

// For zlib: the largest window, and which header stands around the data.
constexpr int window = 15;
constexpr int gzip_header = 16;

/// The weight of `coding;q=0.5`. One that cannot be read counts as none given.
double weight_of(std::string_view parameters) {
    while (!parameters.empty()) {
        const std::string_view one = parameters.substr(0, parameters.find(';'));
        parameters.remove_prefix(std::min(parameters.size(), one.size() + 1));
        std::string text(one);
        std::erase_if(text, [](char c) { return c == ' ' || c == '\t'; });
        if (!text.starts_with("q=") && !text.starts_with("Q=")) continue;
        double weight = 1;
        const char* const last = text.data() + text.size();
        const auto [end, error] = std::from_chars(text.data() + 2, last, weight);
        if (error != std::errc() || end != last) return 1;
        return std::clamp(weight, 0.0, 1.0);
    }
    return 1;
}

/// How much a coding is wanted, and how early it was named.
struct Wish {
    double weight = -1;  ///< Not named.
    int place = 0;
};

/// Of a coding that is named several times the highest weight counts.
void take(const Wish& wish, Wish& best) {
    if (wish.weight > best.weight) best = wish;
}

Bytef* bytes_of(std::string_view text) {
    // zlib does not write to its input, but says so nowhere.
    return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

std::unexpected<Error> damaged() {
    return fail(Errc::invalid, "the body is not what its Content-Encoding says");
}

struct Inflater {
    Inflater() { CARILLON_CHECK(inflateInit2(&stream, window + gzip_header) == Z_OK); }

    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    ~Inflater() { inflateEnd(&stream); }

    z_stream stream{};
};

}  // namespace

std::string_view name_of(Coding coding) {
    return coding == Coding::gzip ? "gzip" : "deflate";
}

std::optional<Coding> accepted_coding(std::string_view header) {
    Wish gzip;
    Wish deflate;
    Wish any;
    int place = 0;
    while (!header.empty()) {
        const std::string_view entry = header.substr(0, header.find(','));
        header.remove_prefix(std::min(header.size(), entry.size() + 1));
        const std::size_t end = std::min(entry.size(), entry.find(';'));
        const std::string name = to_lower(trim(entry.substr(0, end)));
        const Wish wish{
            weight_of(entry.substr(std::min(entry.size(), end + 1))),
            ++place,
        };
        if (name == "gzip") take(wish, gzip);
        if (name == "deflate") take(wish, deflate);
        if (name == "*") take(wish, any);
    }
    // What is named itself goes before what only `*` allows.
    constexpr int behind_all = 1 << 20;
    if (gzip.weight < 0) gzip = {any.weight, behind_all};
    if (deflate.weight < 0) deflate = {any.weight, behind_all + 1};
    const bool first =
        gzip.weight != deflate.weight ? gzip.weight > deflate.weight : gzip.place < deflate.place;
    if (std::max(gzip.weight, deflate.weight) <= 0) return std::nullopt;
    return first ? Coding::gzip : Coding::deflate;
}

std::string compress(Coding coding, std::string_view body) {
    constexpr int memory = 8;
    z_stream stream{};
    const int bits = coding == Coding::gzip ? window + gzip_header : window;
    CARILLON_CHECK(
        deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, bits, memory, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(deflateBound(&stream, body.size()), '\0');
    stream.next_in = bytes_of(body);
    stream.avail_in = static_cast<uInt>(body.size());
    stream.next_out = bytes_of(out);
    stream.avail_out = static_cast<uInt>(out.size());
    CARILLON_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

Result<std::string> decompress(std::string_view coding,
                               std::string_view body,
                               std::size_t bytes_max) {
    if (to_lower(trim(coding)) != "gzip") return damaged();
    constexpr std::size_t step = 64 * 1024;
    Inflater inflater;
    z_stream& stream = inflater.stream;
    stream.next_in = bytes_of(body);
    stream.avail_in = static_cast<uInt>(body.size());
    std::string out;
    for (;;) {
        const std::size_t before = out.size();
        out.resize(before + step);
        stream.next_out = bytes_of(std::string_view(out).substr(before));
        stream.avail_out = step;
        const int outcome = inflate(&stream, Z_NO_FLUSH);
        out.resize(before + step - stream.avail_out);
        if (out.size() > bytes_max) return fail(Errc::invalid, "the body is too large");
        if (outcome == Z_STREAM_END) {
            if (stream.avail_in == 0) return out;
            // Another member follows.
            if (inflateReset(&stream) != Z_OK) return damaged();
        } else if (outcome != Z_OK || (stream.avail_in == 0 && stream.avail_out > 0)) {
            return damaged();
        }
    }
}

}  // namespace carillon::dynamo::endpoint
