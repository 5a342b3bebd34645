// Saves an order and its event in one transaction, and handles the event: the confirmation is sent
// if and only if the order was saved.
//
//     outbox STORE ORDER [LINE]
//
// With LINE the program dies at the point of that number, as if somebody had pulled the plug. Run
// it again, and nothing is lost: tests/install/run.sh does so for every point.

#include <atomic>
#include <carillon/outbox.hpp>
#include <carillon/records.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <unistd.h>

struct Order {
    std::string id{};
    std::string customer{};
    std::int64_t cents = 0;
};

template <>
inline constexpr auto carillon::model_of<Order> =
    carillon::model::table<Order>("Orders",
                                  carillon::model::hash_key<&Order::id>("Id"),
                                  carillon::model::field<&Order::customer>("Customer"),
                                  carillon::model::field<&Order::cents>("Cents"));

namespace {

int dies_at = 0;

/// Ends the process at once: no destructor runs, no buffer is written.
void crash_point(int number) {
    if (number == dies_at) ::_exit(9);
}

template <class T>
T must(const char* what, carillon::Expected<T> answer) {
    if (!answer) {
        std::fprintf(stderr, "%s: %s\n", what, answer.error().message.c_str());
        std::exit(1);
    }
    if constexpr (!std::is_void_v<T>) return *std::move(answer);
}

/// Stands for an e-mail: a line in a file beside the store. The id tells repetitions.
carillon::Expected<> send_confirmation(const std::string& file, const carillon::Event& event) {
    crash_point(6);
    std::ofstream out(file, std::ios::app);
    out << event.id << ' ' << event.payload << std::endl;
    crash_point(7);
    if (out) return {};
    return std::unexpected(
        carillon::Failure{carillon::FailureKind::unavailable, "the mail server is away"});
}

/// Whether the order was saved now; a second run of the program finds it saved.
bool place(carillon::Records<Order>& orders,
           carillon::Outbox& outbox,
           const carillon::Store& store,
           const Order& order) {
    crash_point(1);
    carillon::Transaction transaction(store);
    must("order", orders.insert(transaction, order));
    crash_point(2);
    must("event",
         outbox.emit(transaction,
                     {.id = "placed-" + order.id,
                      .type = "order.placed",
                      .payload = "{\"order\":\"" + order.id + "\"}"}));
    crash_point(3);
    const auto saved = transaction.commit();
    crash_point(4);
    if (!saved && saved.error().kind != carillon::FailureKind::conflict) must("commit", saved);
    return saved.has_value();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    if (argc > 3) dies_at = std::atoi(argv[3]);
    const std::string directory = argv[1];
    const Order order{.id = argv[2], .customer = "c1", .cents = 500};

    const auto store = must("open", carillon::Store::open({.url = "embedded:" + directory}));
    carillon::Records<Order> orders(store);
    must("orders", orders.create_table());
    carillon::Outbox outbox(store);
    must("outbox", outbox.create_table());

    const bool saved = place(orders, outbox, store, order);
    std::printf("%s: %s\n", order.id.c_str(), saved ? "saved" : "was saved before");

    must("on", outbox.on("order.placed", [&](const carillon::Event& event) {
        return send_confirmation(directory + ".sent", event);
    }));
    crash_point(5);
    must("start", outbox.start());
    // A server would go on; this one waits until its event is handled.
    const auto handled = [&] {
        return must("get", outbox.get("placed-" + order.id)).status ==
               carillon::EventStatus::completed;
    };
    for (int i = 0; i < 1'000 && !handled(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    crash_point(8);
    outbox.stop();
    std::printf("%s: confirmed\n", order.id.c_str());
    return handled() ? 0 : 1;
}
