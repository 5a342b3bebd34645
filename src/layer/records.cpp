#include "layer/records.hpp"

#include "dynamo/item/codec.hpp"
#include "layer/compression.hpp"

#include <algorithm>
#include <utility>

namespace carillon::layer {
namespace {

/// Names the format and its version; behind it stands a compressed frame.
constexpr std::string_view magic = "CLR1";
/// A guard against damaged sizes; writers stay far below.
constexpr std::size_t raw_bytes_max = std::size_t{256} << 20U;

void append_number(std::string& out, std::uint64_t number) {
    while (number >= 0x80) {
        out += static_cast<char>(number | 0x80);
        number >>= 7U;
    }
    out += static_cast<char>(number);
}

/// Reads from the front of a text that it shortens.
class Input {
public:
    explicit Input(std::string_view bytes) : bytes_(bytes) {}

    bool number(std::uint64_t& out) {
        out = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (bytes_.empty()) return false;
            const auto byte = static_cast<unsigned char>(bytes_.front());
            bytes_.remove_prefix(1);
            out |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
            if ((byte & 0x80U) == 0) return true;
        }
        return false;
    }

    bool text(std::string_view& out) {
        std::uint64_t size = 0;
        if (!number(size) || size > bytes_.size()) return false;
        out = bytes_.substr(0, static_cast<std::size_t>(size));
        bytes_.remove_prefix(static_cast<std::size_t>(size));
        return true;
    }

    [[nodiscard]] bool empty() const { return bytes_.empty(); }

private:
    std::string_view bytes_;
};

bool read_record(Input& input, Record& record) {
    std::uint64_t type = 0;
    if (!input.text(record.id) || !input.number(record.sequence) || !input.number(type) ||
        type > static_cast<std::uint64_t>(ChangeType::remove) || !input.text(record.item)) {
        return false;
    }
    record.type = static_cast<ChangeType>(type);
    return true;
}

}  // namespace

void RecordWriter::add(const Record& record) {
    append_number(raw_, record.id.size());
    raw_ += record.id;
    append_number(raw_, record.sequence);
    append_number(raw_, static_cast<std::uint64_t>(record.type));
    append_number(raw_, record.item.size());
    raw_ += record.item;
    ++count_;
}

std::string RecordWriter::take() {
    std::string block(magic);
    block += compress(take_raw());
    return block;
}

std::string RecordWriter::take_raw() {
    count_ = 0;
    return std::exchange(raw_, {});
}

Result<BlockPtr> RecordBlock::decode(std::string_view block) {
    if (!block.starts_with(magic)) return fail(Errc::corrupt, "not a block of records");
    CARILLON_TRY(std::string raw, decompress(block.substr(magic.size()), raw_bytes_max));
    return of_raw(std::move(raw));
}

Result<BlockPtr> RecordBlock::of_raw(std::string raw) {
    // Not make_shared: the constructor is private.
    std::shared_ptr<RecordBlock> decoded(new RecordBlock);
    decoded->raw_ = std::move(raw);
    Input input(decoded->raw_);
    while (!input.empty()) {
        Record record;
        if (!read_record(input, record))
            return fail(Errc::corrupt, "a block of records is damaged");
        decoded->records_.push_back(record);
    }
    return BlockPtr(std::move(decoded));
}

Result<dynamo::Item> item_of(const Record& record) {
    return dynamo::decode_item(record.item);
}

void keep_latest(std::vector<Record>& records) {
    std::ranges::sort(records, [](const Record& a, const Record& b) {
        const int order = a.id.compare(b.id);
        return order != 0 ? order < 0 : a.sequence > b.sequence;
    });
    const auto repeated = std::ranges::unique(records, {}, &Record::id);
    records.erase(repeated.begin(), repeated.end());
}

}  // namespace carillon::layer
