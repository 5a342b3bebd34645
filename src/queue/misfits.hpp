// Rows of the due index that can never be worked on where they are.
//
// What cannot be read, and what stands in a partition or at a time that its own state contradicts,
// was written by somebody else (another program, a person, a restored backup). Left alone it would
// be met again by every scan that begins at the head, and the store would have to keep all that is
// settled behind it within such a scan. So the unreadable become dead letters that say why, and the
// misplaced are put where they belong. The claimer collects them while it reads a page.

#pragma once

#include "queue/context.hpp"

#include <cstddef>
#include <string>
#include <unordered_set>
#include <vector>

namespace carillon::queue {

class Misfits {
public:
    explicit Misfits(Context& context) : context_(context) {}

    /// `state` is what the row map says of `item`.
    void met(const dynamo::Item& item, Result<RowState> state);
    /// Writes what was met, unless it has changed since; soon, and once each.
    void set_right();

private:
    struct Misfit {
        dynamo::Item item;
        Result<RowState> state;
    };

    [[nodiscard]] dynamo::WriteUnit correction(const Misfit& misfit) const;
    Task<> write(std::vector<Misfit> misfits);
    void tell(const Misfit& misfit);

    Context& context_;
    std::vector<Misfit> met_;
    std::unordered_set<std::string> told_;
};

}  // namespace carillon::queue
