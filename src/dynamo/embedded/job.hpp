// What callers hand to the writer.
//
// A job lives in the frame of the coroutine that awaits it, so none is allocated; whoever holds it
// (queue, group, the posted answer) resumes that coroutine exactly once.

#pragma once

#include "core/result.hpp"
#include "dynamo/database.hpp"
#include "dynamo/embedded/catalog.hpp"
#include "runtime/oneshot.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace carillon::dynamo::embedded {

class Applier;

class Job {
public:
    Job() = default;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    virtual ~Job() = default;

    /// Evaluates the job against the newest state and adds what it changes to the applier's group.
    virtual void apply(Applier& applier) = 0;
    /// The group could not be written: replaces the answer.
    virtual void refuse(const Error& error) = 0;

    bool durable = true;
    /// Cheap to apply, and changes nothing but rows: may be done on the caller's own thread.
    bool light = false;
    std::size_t bytes = 0;
    asio::io_context* loop = nullptr;
    std::optional<runtime::Resume<bool>> resume{};
};

/// One write with all that the caller's thread could work out for the writer.
struct PreparedWrite {
    const Write* write = nullptr;
    TablePtr table{};
    std::string key{};      ///< Of the item, as in keys.hpp.
    std::string row{};      ///< Puts: the encoded item.
    std::string entries{};  ///< Puts: the item's index entries.
};

/// Writes that happen all or not at all: a range of prepared writes.
struct PreparedUnit {
    std::size_t first = 0;
    std::size_t count = 0;
    /// Answer as a transaction: reasons per write, even for one write alone.
    bool transaction = false;
    Result<> answer{};
    std::optional<Item> returned{};  ///< Of a unit of one write.
};

/// Checks a write against its table and works out keys and bytes.
[[nodiscard]] Result<PreparedWrite> prepare_write(const Write& write, const Catalog& catalog);

class WriteJob final : public Job {
public:
    WriteJob() { light = true; }

    /// Adds a unit; what is wrong with it becomes its answer. `writes` must outlive the job.
    void add_unit(std::span<const Write> writes, const Catalog& catalog, bool transaction);

    void apply(Applier& applier) override;
    void refuse(const Error& error) override;

    std::vector<PreparedUnit> units{};
    std::vector<PreparedWrite> writes{};
    /// Transactions with a token: the token and what tells one request from another.
    std::string token{};
    std::string fingerprint{};

private:
    Result<> prepare_unit(std::span<const Write> list, const Catalog& catalog, bool transaction);
};

/// Anything else that must happen in the order of writes: creating and deleting tables, sweeping.
class CallJob final : public Job {
public:
    explicit CallJob(std::function<Result<>(Applier&)> call) : call_(std::move(call)) {}

    void apply(Applier& applier) override { answer = call_(applier); }

    void refuse(const Error& error) override { answer = std::unexpected(error); }

    Result<> answer{};

private:
    std::function<Result<>(Applier&)> call_;
};

}  // namespace carillon::dynamo::embedded
