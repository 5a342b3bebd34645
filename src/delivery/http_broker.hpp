// Webhooks as a broker: one POST per message, judged by the same rules as every other delivery.

#pragma once

#include "bus/publishers.hpp"
#include "delivery/delivery.hpp"

namespace carillon::delivery {

/// Adds `http://` and `https://`: the URL is the receiver's, but for the options of all publishers
/// (`envelope`, `concurrency` ...), which are taken out of its query. The message's destination is
/// not looked at. `sender` must outlive the publishers.
void add_http(bus::Publishers& publishers, Sender& sender);

}  // namespace carillon::delivery
