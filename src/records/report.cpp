#include "records/report.hpp"

namespace carillon::records {

std::string_view to_string(Fate fate) {
    switch (fate) {
        case Fate::processed:
            return "processed";
        case Fate::quarantined:
            return "quarantined";
        case Fate::unfinished:
            return "unfinished";
        case Fate::elsewhere:
            return "elsewhere";
    }
    return "unfinished";
}

double Report::success_rate() const {
    const std::int64_t ended = processed + quarantined;
    if (ended == 0) return 100;
    return 100.0 * static_cast<double>(processed) / static_cast<double>(ended);
}

}  // namespace carillon::records
