// States as the seed keeps them: one JSON list of items a partition, replaced at every sync.
//
// For programs that read the list themselves, and for the seed's own getter and setter. Costs as
// much as is stored; segments cost as much as changed.

#pragma once

#include "core/json.hpp"
#include "layer/object_store.hpp"

#include <functional>
#include <string>

namespace carillon::layer {

struct Whole {
    json::array items{};
    std::string version{};  ///< Of what was read; empty when nothing is stored.
};

class WholeStore {
public:
    WholeStore() = default;
    WholeStore(const WholeStore&) = delete;
    WholeStore& operator=(const WholeStore&) = delete;
    virtual ~WholeStore() = default;

    /// What is not there is an empty list.
    virtual Task<Result<Whole>> load(std::string name) = 0;
    /// Answers the version of what was saved. `condition_failed` when another version than
    /// `expected` is stored and the store can tell.
    virtual Task<Result<std::string>> save(std::string name,
                                           json::array items,
                                           std::string expected) = 0;
};

/// Objects `PREFIX NAME.json`, as the seed's example writes them to S3; replaced only as the
/// version that was read.
class JsonObjects final : public WholeStore {
public:
    JsonObjects(ObjectStore& store, std::string prefix)
        : store_(store), prefix_(std::move(prefix)) {}

    Task<Result<Whole>> load(std::string name) override;
    Task<Result<std::string>> save(std::string name,
                                   json::array items,
                                   std::string expected) override;

private:
    [[nodiscard]] std::string key_of(std::string_view name) const;

    ObjectStore& store_;
    std::string prefix_;
};

/// The seed's getter and setter. Since they know no versions, the content's digest is one.
struct Callbacks {
    std::function<Task<Result<json::array>>(std::string name)> getter;
    std::function<Task<Result<>>(std::string name, json::array items)> setter;
};

class CallbackStore final : public WholeStore {
public:
    explicit CallbackStore(Callbacks callbacks) : callbacks_(std::move(callbacks)) {}

    Task<Result<Whole>> load(std::string name) override;
    Task<Result<std::string>> save(std::string name,
                                   json::array items,
                                   std::string expected) override;

private:
    Callbacks callbacks_;
};

}  // namespace carillon::layer
