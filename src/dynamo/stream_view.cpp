#include "dynamo/stream_view.hpp"

#include <utility>

namespace carillon::dynamo {

namespace {

constexpr std::pair<StreamView, std::string_view> views[] = {
    {StreamView::keys_only, "KEYS_ONLY"},
    {StreamView::new_image, "NEW_IMAGE"},
    {StreamView::old_image, "OLD_IMAGE"},
    {StreamView::new_and_old_images, "NEW_AND_OLD_IMAGES"},
};

}  // namespace

std::string_view view_name(StreamView view) {
    for (const auto& [one, name] : views) {
        if (one == view) return name;
    }
    return "KEYS_ONLY";
}

StreamView view_of(std::string_view name) {
    for (const auto& [view, one] : views) {
        if (one == name) return view;
    }
    return StreamView::keys_only;
}

}  // namespace carillon::dynamo
