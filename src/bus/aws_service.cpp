#include "bus/aws_service.hpp"

#include "aws/sigv4.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace carillon::bus {

namespace {

constexpr std::size_t entry_id_max = 80;
constexpr std::size_t fifo_id_max = 128;

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::vector<std::string> entry_ids(const Batch& batch) {
    std::vector<std::string> ids;
    std::set<std::string_view> used;
    for (std::size_t at = 0; at < batch.size(); ++at) {
        const std::string& id = batch[at]->id;
        const bool good =
            !id.empty() && id.size() <= entry_id_max && std::ranges::all_of(id, [](char c) {
                return is_alphanumeric(c) || c == '-' || c == '_';
            });
        // A place cannot be another message's id: those would have to be of this form too.
        const bool place_like = id.starts_with("entry-");
        ids.push_back(
            good && !place_like && used.insert(id).second ? id : "entry-" + std::to_string(at));
    }
    return ids;
}

std::string fifo_id(std::string_view text) {
    static constexpr std::string_view marks = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    const bool good =
        !text.empty() && text.size() <= fifo_id_max &&
        std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || marks.contains(c); });
    return good ? std::string(text) : aws::sha256_hex(text);
}

Error entry_error(std::string_view code, std::string_view message, bool ours) {
    std::string text(code);
    if (!message.empty()) text += ": " + std::string(message);
    if (code.contains("Throttl") || code.contains("TooManyRequests")) {
        return {Errc::throttled, std::move(text)};
    }
    if (code.contains("AccessDenied") || code.contains("NotAuthorized")) {
        return {Errc::denied, std::move(text)};
    }
    return {ours ? Errc::invalid : Errc::unavailable, std::move(text)};
}

EntryResults::EntryResults(std::vector<std::string> ids) : ids_(std::move(ids)) {
    const Error silence{Errc::unavailable, "the answer says nothing of this entry"};
    results_ = all_failed(ids_.size(), silence);
}

void EntryResults::set(std::string_view id, Result<> result) {
    const auto found = std::ranges::find(ids_, id);
    if (found == ids_.end()) return;
    results_[static_cast<std::size_t>(found - ids_.begin())] = std::move(result);
}

Results EntryResults::take() {
    return std::move(results_);
}

}  // namespace carillon::bus
