// A loop in real time with publishers on it, and tasks run to their end.

#pragma once

#include "bus/batcher.hpp"
#include "bus/publishers.hpp"
#include "support/real_time.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace carillon::bus::testing {

class World : public carillon::testing::RealTime {
public:
    World() : publishers(loop, pool, random) {}

    World(const World&) = delete;
    World& operator=(const World&) = delete;

    ~World() { finish(publishers.close()); }

    Publisher& at(const std::string& url) {
        auto publisher = publishers.at(url);
        if (!publisher) {
            ADD_FAILURE() << describe(publisher.error());
            std::abort();
        }
        return **publisher;
    }

    Results publish(const std::string& url, std::vector<Message> batch) {
        return finish(at(url).publish(std::move(batch)));
    }

    Publishers publishers;
};

inline Message message(std::string id, std::string type = "order.placed") {
    Message made;
    made.id = std::move(id);
    made.type = std::move(type);
    made.source = "/shop";
    made.time = from_epoch_ms(1'764'244'800'000);
    made.data = R"({"total":12.5})";
    return made;
}

inline std::vector<Message> only(Message made) {
    std::vector<Message> batch;
    batch.push_back(std::move(made));
    return batch;
}

}  // namespace carillon::bus::testing
