// A limit on the work of one evaluation.
//
// Rules come from strangers, and some of them cost years of searching (every second of the 30th of
// February). Each turn of a loop whose length depends on the rule spends a step; when none is left
// the evaluation ends, and its caller reports that instead of spinning.

#pragma once

namespace carillon::recurrence {

class Budget {
public:
    /// Enough for any rule that fires at least once in the calendar's cycle of 400 years, and spent
    /// within a few milliseconds.
    static constexpr int steps_default = 400'000;

    explicit Budget(int steps = steps_default) : left_(steps) {}

    /// False when nothing is left; the caller then gives up.
    [[nodiscard]] bool spend() {
        if (left_ == 0) return false;
        --left_;
        return true;
    }

    [[nodiscard]] bool exhausted() const { return left_ == 0; }

private:
    int left_;
};

}  // namespace carillon::recurrence
