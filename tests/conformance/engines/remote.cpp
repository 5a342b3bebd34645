// The port's promises, kept by the remote engine: over Carillon's own endpoint in this process,
// with and without transactions; over dynalite and DynamoDB Local when a script has started them
// (servers.sh).

#include "conformance/conformance.hpp"
#include "conformance/engines/remote_rig.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "dynamo/endpoint/service.hpp"

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <map>
#include <utility>

namespace carillon::conformance {
namespace {

/// The remote engine and the endpoint over a store in memory, on one loop.
class OwnEndpoint final : public RemoteRig {
public:
    OwnEndpoint(runtime::Clock& clock, bool transactions) : RemoteRig(clock) {
        dynamo::EmbeddedOptions store;
        store.memory = true;
        // Sweeping would hide what readers must hide by themselves.
        store.sweep_interval = Duration{3'600'000};
        store_ = dynamo::open_embedded(store, clock).value();
        dynamo::RemoteOptions options;
        options.region = "local";
        options.table_prefix = "own-";
        options.transactions = transactions;
        thread().call([&] {
            dynamo::endpoint::ServiceOptions service;
            service.port = 0;
            service_.emplace(thread().loop, *store_, random_, Log::null(), service);
            EXPECT_TRUE(service_->start());
            options.endpoint = net::parse_url(service_->url() + "/").value();
        });
        open(options);
    }

    ~OwnEndpoint() override {
        close();
        thread().run(service_->stop(Duration{1'000}));
        thread().call([this] { service_.reset(); });
    }

private:
    runtime::SystemRandom random_;
    std::unique_ptr<dynamo::EmbeddedDatabase> store_;
    std::optional<dynamo::endpoint::Service> service_;
};

const EngineUnderTest own{
    .name = "Own",
    .make = [](runtime::Clock& clock) { return std::make_unique<OwnEndpoint>(clock, true); },
    .watches = false};

const EngineUnderTest without_transactions{
    .name = "OwnWithoutTransactions",
    .make = [](runtime::Clock& clock) { return std::make_unique<OwnEndpoint>(clock, false); },
    .transactions = false,
    .watches = false};

INSTANTIATE_TEST_SUITE_P(Remote,
                         DatabaseConformance,
                         ::testing::Values(own, without_transactions),
                         [](const auto& info) { return info.param.name; });

/// A server that others share: each database has a prefix to itself.
std::unique_ptr<dynamo::Database> open_shared(const std::string& url,
                                              runtime::Clock& clock,
                                              bool transactions,
                                              bool streams) {
    static std::atomic<int> count = 0;
    dynamo::RemoteOptions options;
    options.region = "us-east-1";
    options.endpoint = net::parse_url(url).value();
    options.table_prefix = "c" + std::to_string(++count) + "-";
    options.transactions = transactions;
    options.streams = streams;
    return std::make_unique<RemoteRig>(clock, options);
}

/// What dynalite does otherwise than DynamoDB; docs/dynamodb-differences.md has the sources.
const std::map<std::string, std::string> dynalite_faults = {
    {"LocalIndexesSortAPartitionAnotherWay",
     "does not fetch from the table what a projection names and a local index lacks"},
    {"TablesAreCreatedDescribedListedAndDeleted", "table ids are 32 characters, not UUIDs"},
    {"ConditionsDecideAndTellTheItemWhenAsked", "ignores ReturnValuesOnConditionCheckFailure"},
    {"UpdatesThatOnlyTakeAwayMakeNoItem", "makes an item of the key alone"},
};

/// The servers that are there.
std::vector<EngineUnderTest> others() {
    std::vector<EngineUnderTest> engines;
    const auto add = [&](const char* variable,
                         const char* name,
                         bool transactions,
                         bool streams,
                         std::map<std::string, std::string> faults) {
        const char* url = std::getenv(variable);
        if (url == nullptr) return;
        engines.push_back(
            {.name = name,
             .make =
                 [url = std::string(url), transactions, streams](runtime::Clock& clock) {
                     return open_shared(url, clock, transactions, streams);
                 },
             .transactions = transactions,
             .watches = false,
             .expires_at_once = false,
             .faults = std::move(faults)});
    };
    add("CARILLON_DYNALITE_URL", "Dynalite", false, false, dynalite_faults);
    add("CARILLON_DYNAMODB_LOCAL_URL", "DynamoDbLocal", true, true, {});
    return engines;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DatabaseConformance);
INSTANTIATE_TEST_SUITE_P(Server,
                         DatabaseConformance,
                         ::testing::ValuesIn(others()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace carillon::conformance
