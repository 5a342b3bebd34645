#include "core/result.hpp"

namespace carillon {

std::string_view to_string(Errc code) {
    switch (code) {
        case Errc::not_found:
            return "not found";
        case Errc::already_exists:
            return "already exists";
        case Errc::condition_failed:
            return "condition failed";
        case Errc::throttled:
            return "throttled";
        case Errc::unavailable:
            return "unavailable";
        case Errc::timeout:
            return "timeout";
        case Errc::cancelled:
            return "cancelled";
        case Errc::invalid:
            return "invalid";
        case Errc::denied:
            return "denied";
        case Errc::too_large:
            return "too large";
        case Errc::corrupt:
            return "corrupt";
        case Errc::internal:
            return "internal error";
    }
    return "internal error";
}

std::string describe(const Error& error) {
    std::string text{to_string(error.code)};
    if (!error.field.empty()) {
        text += ": ";
        text += error.field;
    }
    text += ": ";
    text += error.message;
    return text;
}

}  // namespace carillon
