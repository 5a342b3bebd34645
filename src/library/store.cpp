#include "carillon/store.hpp"

#include "library/convert.hpp"
#include "library/store_engine.hpp"
#include "library/write_list.hpp"

#include <utility>

namespace carillon {

using library::failed;

Store::Store(std::shared_ptr<library::StoreEngine> engine) : engine_(std::move(engine)) {}

Store::Store(const Store& other) = default;
Store& Store::operator=(const Store& other) = default;
Store::Store(Store&& other) noexcept = default;
Store& Store::operator=(Store&& other) noexcept = default;
Store::~Store() = default;

Expected<Store> Store::open(const StoreOptions& options) {
    auto engine = library::StoreEngine::open(options);
    if (!engine) return failed(engine);
    return Store(*std::move(engine));
}

Transaction::Transaction(const Store& store)
    : store_(store), writes_(std::make_unique<library::WriteList>()) {}

Transaction::Transaction(Transaction&& other) noexcept = default;
Transaction& Transaction::operator=(Transaction&& other) noexcept = default;
Transaction::~Transaction() = default;

std::size_t Transaction::size() const {
    return writes_->unit.size();
}

Expected<> Transaction::commit() {
    if (std::exchange(writes_->committed, true)) {
        return std::unexpected(Failure{FailureKind::invalid, "the transaction has ended"});
    }
    if (writes_->unit.empty()) return {};
    library::StoreEngine& engine = store_.engine();
    const auto written = engine.run([&engine, unit = std::move(writes_->unit)]() mutable {
        return engine.database().transact_write(std::move(unit));
    });
    if (!written) return failed(written);
    return {};
}

}  // namespace carillon
