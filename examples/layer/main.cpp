// The layer of seed 003's README: users by partition, tracked as they change, their state in S3.
//
//     layer                                                            # all of it under ./var
//     layer embedded:./data 's3://your-bucket/cache?region=us-east-1'
//     layer dynamodb://us-east-1 's3://your-bucket/cache?region=us-east-1'
//
// S3 then holds cache/source-table#users.json, as the seed's example writes it. Credentials come
// from where AWS's own tools find them. Run it again: it goes on with what the last run left.

#include <carillon/layer.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace {

/// The answer, or the end of the program.
template <class T>
T need(carillon::Expected<T> answer) {
    if (!answer) {
        std::fprintf(
            stderr, "%s %s\n", answer.error().message.c_str(), answer.error().field.c_str());
        std::exit(1);
    }
    if constexpr (!std::is_void_v<T>) return *std::move(answer);
}

carillon::LayerChange user(const std::string& id, const std::string& state) {
    return {.item = {{"pk", "users"}, {"sk", id}, {"state", state}}};
}

void show(carillon::Layer& layer, const char* when) {
    std::printf("%s:", when);
    const carillon::LayerView view = need(layer.get("users"));
    for (const carillon::Attributes& item : view.items) {
        std::printf(" %s=%s",
                    item.find("sk")->get_if<std::string>()->c_str(),
                    item.find("state")->get_if<std::string>()->c_str());
    }
    std::printf("\n");
}

}  // namespace

int main(int count, char** arguments) {
    const std::string url = count > 1 ? arguments[1] : "embedded:./var/layer-example";
    const std::string snapshots =
        count > 2 ? arguments[2] : "directory:./var/layer-example-snapshots";
    const carillon::Store store = need(carillon::Store::open({.url = url}));

    carillon::LayerOptions options;
    options.name = "source-table";
    options.partition = {"pk"};
    options.id = {"sk"};
    options.snapshots = snapshots;
    options.json = true;
    options.sync_when = [](const carillon::LayerMeta& meta) { return meta.unsynced_total > 100; };
    carillon::Layer layer(store, std::move(options));
    need(layer.start());
    show(layer, "found");

    // Tracked: what is acknowledged here, every read shows from now on.
    need(layer.set({user("user-1", "active"), user("user-2", "active")}));
    carillon::LayerChange gone = user("user-2", "active");
    gone.kind = carillon::LayerChange::Kind::remove;
    need(layer.set({gone, user("user-3", "invited")}));
    show(layer, "before the sync");

    const carillon::LayerSync report = need(layer.sync());
    std::printf("synced %llu changes of %llu partition(s), %llu failed %s\n",
                static_cast<unsigned long long>(report.count),
                static_cast<unsigned long long>(report.partitions),
                static_cast<unsigned long long>(report.failed),
                report.error.c_str());
    show(layer, "after the sync");

    const carillon::LayerMeta meta = need(layer.meta());
    std::printf("synced in all %lld, pending %lld\n",
                static_cast<long long>(meta.synced_total),
                static_cast<long long>(meta.unsynced_total));
    return report.failed == 0 ? 0 : 1;
}
