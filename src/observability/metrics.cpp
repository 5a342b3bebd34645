#include "observability/metrics.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>

namespace carillon {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// A metric's or a label's name; metrics may also have colons.
bool is_name(std::string_view name, bool colons) {
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
    return std::all_of(name.begin(), name.end(), [colons](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || (colons && c == ':');
    });
}

void append_number(std::string& out, double number) {
    if (std::isnan(number)) {
        out += "NaN";
    } else if (std::isinf(number)) {
        out += number > 0 ? "+Inf" : "-Inf";
    } else {
        std::array<char, 32> digits{};
        out.append(digits.data(),
                   std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
    }
}

void append_number(std::string& out, std::uint64_t number) {
    out += std::to_string(number);
}

/// Label values escape quotes too; help texts do not.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
    for (const char c : text) {
        if (c == '\\') {
            out += "\\\\";
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '"' && quotes) {
            out += "\\\"";
        } else {
            out += c;
        }
    }
}

/// `name{labels,le="bound"} `, the last label only if `le` is not empty.
void append_head(std::string& out,
                 std::string_view name,
                 std::string_view suffix,
                 const Labels& labels,
                 std::string_view le = {}) {
    out += name;
    out += suffix;
    char separator = '{';
    for (const auto& [key, value] : labels) {
        out += separator;
        out += key;
        out += "=\"";
        append_escaped(out, value, true);
        out += '"';
        separator = ',';
    }
    if (!le.empty()) {
        out += separator;
        out += "le=\"";
        out += le;
        out += '"';
        separator = ',';
    }
    out += separator == ',' ? "} " : " ";
}

template <class Number>
void append_sample(std::string& out,
                   std::string_view name,
                   std::string_view suffix,
                   const Labels& labels,
                   Number number) {
    append_head(out, name, suffix, labels);
    append_number(out, number);
    out += '\n';
}

void append_histogram(std::string& out,
                      std::string_view name,
                      const Labels& labels,
                      const Histogram& histogram) {
    const Histogram::Snapshot snapshot = histogram.snapshot();
    std::uint64_t so_far = 0;
    for (std::size_t at = 0; at < snapshot.counts.size(); ++at) {
        so_far += snapshot.counts[at];
        std::string le;
        append_number(le, at < histogram.bounds().size() ? histogram.bounds()[at] : HUGE_VAL);
        append_head(out, name, "_bucket", labels, le);
        append_number(out, so_far);
        out += '\n';
    }
    append_sample(out, name, "_sum", labels, snapshot.sum);
    append_sample(out, name, "_count", labels, snapshot.count);
}

void check_labels(const Labels& labels, bool histogram) {
    for (std::size_t at = 0; at < labels.size(); ++at) {
        CARILLON_CHECK(is_name(labels[at].first, false));
        CARILLON_CHECK(!labels[at].first.starts_with("__"));
        CARILLON_CHECK(!histogram || labels[at].first != "le");
        CARILLON_CHECK(at == 0 || labels[at - 1].first != labels[at].first);
    }
}

constexpr std::array<std::string_view, 3> type_names{"counter", "gauge", "histogram"};

}  // namespace

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()), counts_(bounds.size() + 1) {
    CARILLON_CHECK(!bounds_.empty());
    for (std::size_t at = 0; at < bounds_.size(); ++at) {
        CARILLON_CHECK(std::isfinite(bounds_[at]));
        CARILLON_CHECK(at == 0 || bounds_[at - 1] < bounds_[at]);
    }
}

void Histogram::observe(double value) noexcept {
    if (std::isnan(value)) return;
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value);
    counts_[static_cast<std::size_t>(bucket - bounds_.begin())].fetch_add(
        1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
}

Histogram::Snapshot Histogram::snapshot() const {
    Snapshot snapshot;
    snapshot.counts.reserve(counts_.size());
    for (const auto& count : counts_) {
        snapshot.counts.push_back(count.load(std::memory_order_relaxed));
        snapshot.count += snapshot.counts.back();
    }
    snapshot.sum = sum_.load(std::memory_order_relaxed);
    return snapshot;
}

template <class T, class... Arguments>
T& Registry::find_or_add(std::string_view name,
                         std::string_view help,
                         Labels labels,
                         Arguments... arguments) {
    CARILLON_CHECK(is_name(name, true));
    std::sort(labels.begin(), labels.end());
    check_labels(labels, std::is_same_v<T, Histogram>);
    const std::size_t type = Metric(std::unique_ptr<T>()).index();

    const std::lock_guard lock(mutex_);
    auto family = families_.find(name);
    if (family == families_.end()) {
        family = families_.emplace(std::string(name), Family{std::string(help), type, {}}).first;
    }
    CARILLON_CHECK(family->second.type == type);
    auto& series = family->second.series;
    auto found = series.find(labels);
    if (found == series.end()) {
        found = series.emplace(std::move(labels), std::make_unique<T>(arguments...)).first;
    }
    return *std::get<std::unique_ptr<T>>(found->second);
}

Counter& Registry::counter(std::string_view name, std::string_view help, Labels labels) {
    return find_or_add<Counter>(name, help, std::move(labels));
}

Gauge& Registry::gauge(std::string_view name, std::string_view help, Labels labels) {
    return find_or_add<Gauge>(name, help, std::move(labels));
}

Histogram& Registry::histogram(std::string_view name,
                               std::string_view help,
                               std::span<const double> bounds,
                               Labels labels) {
    Histogram& found = find_or_add<Histogram>(name, help, std::move(labels), bounds);
    CARILLON_CHECK(std::ranges::equal(found.bounds(), bounds));
    return found;
}

void Registry::append_series(std::string& out,
                             std::string_view name,
                             const Labels& labels,
                             const Metric& metric) {
    if (const auto* counter = std::get_if<std::unique_ptr<Counter>>(&metric)) {
        append_sample(out, name, "", labels, (*counter)->value());
    } else if (const auto* gauge = std::get_if<std::unique_ptr<Gauge>>(&metric)) {
        append_sample(out, name, "", labels, (*gauge)->value());
    } else {
        append_histogram(out, name, labels, *std::get<std::unique_ptr<Histogram>>(metric));
    }
}

std::string Registry::expose() const {
    std::string out;
    const std::lock_guard lock(mutex_);
    for (const auto& [name, family] : families_) {
        out += "# HELP " + name + ' ';
        append_escaped(out, family.help, false);
        out += "\n# TYPE " + name + ' ';
        out += type_names[family.type];
        out += '\n';
        for (const auto& [labels, metric] : family.series) append_series(out, name, labels, metric);
    }
    return out;
}

}  // namespace carillon
