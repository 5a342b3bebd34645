// Objects in memory: for tests, and for layers that need not outlive the program.

#pragma once

#include "layer/object_store.hpp"

#include <cstddef>
#include <cstdint>
#include <map>

namespace carillon::layer {

class MemoryStore final : public ObjectStore {
public:
    Task<Result<Object>> get(std::string key) override;
    Task<Result<std::string>> put(std::string key,
                                  std::string bytes,
                                  PutOptions options = {}) override;
    Task<Result<>> remove(std::string key) override;
    Task<Result<ObjectPage>> list(std::string prefix,
                                  std::optional<std::string> start = {}) override;

    [[nodiscard]] std::size_t size() const { return objects_.size(); }

private:
    std::map<std::string, Object, std::less<>> objects_;
    std::uint64_t writes_ = 0;
};

}  // namespace carillon::layer
