#include "app/demo.hpp"

#include "app/signals.hpp"
#include "app/wire.hpp"
#include "cli/api.hpp"
#include "cli/receiver.hpp"
#include "cli/table.hpp"
#include "cli/webhook_input.hpp"
#include "cli/webhook_view.hpp"
#include "net/server.hpp"
#include "runtime/event.hpp"
#include "runtime/task_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace carillon::app {
namespace {

using cli::ExitCode;
using cli::Style;

constexpr Duration patience{20'000};
constexpr Duration farewell{1'000};
/// The flaky webhook's receiver refuses it so often.
constexpr int flaky_failures = 2;

struct Planned {
    std::string id;
    std::string meaning;
    cli::AddOptions options;
    int rings = 1;  ///< Calls until it is done, failures included.
};

std::vector<Planned> plan(const std::string& receiver) {
    const auto make = [&](std::string id, std::string meaning, std::string in, int rings) {
        Planned planned{.id = id, .meaning = std::move(meaning), .options = {}, .rings = rings};
        planned.options.name_space = "demo";
        planned.options.id = id;
        planned.options.url = receiver + "/" + id;
        planned.options.method = "POST";
        planned.options.data = fmt::format(R"({{"bell":"{}"}})", id);
        planned.options.in = std::move(in);
        return planned;
    };
    std::vector<Planned> all;
    all.push_back(make("at-once", "due when it is registered", "0s", 1));
    all.push_back(make("soon", "due two seconds later", "2s", 1));
    Planned repeated = make("every-second", "every second, three times", "3s", 3);
    repeated.options.every = "1s";
    repeated.options.max = 2;
    all.push_back(std::move(repeated));
    all.push_back(make("flaky", "its receiver fails twice, then answers 200", "1s", 3));
    return all;
}

/// Whose call it is: `flaky` of `/flaky`. Its `webhook-id` means nothing to a reader.
std::string bell_of(const cli::Received& call) {
    return call.target.empty() ? std::string() : call.target.substr(1);
}

class Demo {
public:
    Demo(cli::Console& console, runtime::Loop& loop, Tower& tower)
        : console_(console),
          loop_(loop),
          tower_(tower),
          done_(loop),
          receiver_(
              loop,
              {},
              [this](const cli::Received& call) { hear(call); },
              [this](const cli::Received& call) { return decide(call); }),
          http_(loop, receiver_, {}) {}

    [[nodiscard]] Task<ExitCode> run();

    void give_up() {
        stopped_ = true;
        done_.set();
    }

private:
    int decide(const cli::Received& call);
    void hear(const cli::Received& call);
    [[nodiscard]] Task<Result<>> register_all(cli::Api& api);
    [[nodiscard]] Task<ExitCode> watch();
    ExitCode sum_up() const;

    cli::Console& console_;
    runtime::Loop& loop_;
    Tower& tower_;
    runtime::Event done_;
    cli::Receiver receiver_;
    net::HttpServer http_;
    std::map<std::string, int> calls_left_of_;
    std::vector<double> lateness_ms_;
    int calls_left_ = 0;
    int flaky_calls_ = 0;
    bool stopped_ = false;
};

int Demo::decide(const cli::Received& call) {
    if (bell_of(call) != "flaky") return 200;
    return ++flaky_calls_ <= flaky_failures ? 503 : 200;
}

void Demo::hear(const cli::Received& call) {
    const std::string bell = bell_of(call);
    const auto left = calls_left_of_.find(bell);
    if (left == calls_left_of_.end()) return;
    std::string late = "a retry";
    const auto scheduled = parse_instant(call.headers.get("webhook-scheduled-at").value_or(""));
    if (call.attempt() <= 1 && scheduled) {
        const double now_ms = static_cast<double>(loop_.clock().wall_us()) / 1'000;
        lateness_ms_.push_back(now_ms - static_cast<double>(to_epoch_ms(*scheduled)));
        late = fmt::format("{:.1f} ms late", lateness_ms_.back());
    }
    const Style style = call.status == 200 ? Style::good : Style::bad;
    console_.out << fmt::format("  {}  {:<16} {}  attempt {}  {}\n",
                                format_instant(call.at).substr(11, 12),
                                cli::printable(bell),
                                cli::paint(fmt::format("{}", call.status), style, console_.colours),
                                call.attempt(),
                                late)
                 << std::flush;
    if (left->second == 0) return;
    --left->second;
    if (--calls_left_ == 0) done_.set();
}

Task<Result<>> Demo::register_all(cli::Api& api) {
    const std::vector<Planned> planned = plan(http_.url());
    for (const Planned& each : planned) {
        calls_left_of_[each.id] = each.rings;
        calls_left_ += each.rings;
    }
    // Told before, because the first of them rings while the others are being registered.
    cli::Table table({"WEBHOOK", "RINGS", "WHAT"});
    for (const Planned& each : planned) {
        table.add({{each.id, Style::bold}, {"in " + each.options.in.value_or("")}, {each.meaning}});
    }
    console_.out << table.render(console_.colours, console_.width) << '\n' << std::flush;
    for (const Planned& each : planned) {
        const TimePoint now = loop_.now();
        CARILLON_CO_TRY(json::object body, cli::registration(each.options, now));
        std::optional<json::value> sent{std::move(body)};
        CARILLON_CO_TRY(const auto made, co_await api.call("POST", "/webhooks", std::move(sent)));
        static_cast<void>(made);
    }
    co_return Result<>{};
}

Task<ExitCode> Demo::watch() {
    runtime::BlockingPool pool(1);
    auto url = net::parse_url(tower_.url());
    if (!url) co_return ExitCode::failed;
    cli::Api api(loop_, pool, *std::move(url));
    const auto registered = co_await register_all(api);
    co_await api.close();
    if (!registered) {
        console_.err << "error: " << describe(registered.error()) << '\n';
        co_return ExitCode::failed;
    }
    (void)co_await done_.wait_until(loop_.now() + patience);
    co_return sum_up();
}

Task<ExitCode> Demo::run() {
    if (auto listening = http_.start(); !listening) {
        console_.err << "error: " << listening.error().message << '\n';
        co_return ExitCode::failed;
    }
    console_.out << "server   " << tower_.url() << "  (store: memory:)\n"
                 << "receiver " << http_.url() << "\n\n";
    const ExitCode code = co_await watch();
    // The last answer is on its way to the server's books.
    co_await tower_.stop();
    co_await http_.stop(farewell);
    co_return code;
}

ExitCode Demo::sum_up() const {
    if (stopped_) {
        console_.out << "\nstopped\n";
        return ExitCode::failed;
    }
    if (calls_left_ != 0) {
        console_.err << fmt::format("\nerror: {} calls did not come in time\n", calls_left_);
        return ExitCode::failed;
    }
    std::vector<double> sorted = lateness_ms_;
    std::ranges::sort(sorted);
    console_.out << fmt::format(
        "\n{} rings on schedule, lateness median {:.1f} ms, most {:.1f} ms; {} retries after "
        "failures; nothing lost\n\n"
        "now with your own:\n"
        "  carillon serve --allow-targets 127.0.0.0/8\n"
        "  carillon listen --port 9000\n"
        "  carillon webhook add http://127.0.0.1:9000/hello --in 5s\n",
        sorted.size(),
        sorted[sorted.size() / 2],
        sorted.back(),
        flaky_failures);
    return ExitCode::ok;
}

Task<> perform(
    runtime::Loop& loop, cli::Console& console, Tower& tower, Demo& demo, ExitCode& code) {
    auto started = co_await tower.start();
    if (started) {
        code = co_await demo.run();
    } else {
        console.err << "error: " << started.error().message << '\n';
        co_await tower.stop();
    }
    loop.stop();
}

}  // namespace

cli::ExitCode demo(cli::Console& console, runtime::Clock& clock) {
    Config config;
    config.store = "memory:";
    config.port = 0;
    config.retry_base = Duration(1'000);
    config.targets = net::AddressGuard::parse("127.0.0.0/8").value_or(net::AddressGuard());
    const auto log = open_log({.level = LogLevel::warn, .format = LogFormat::text, .now = [&clock] {
                                   return clock.now();
                               }});
    runtime::Loop loop(clock);
    auto tower = Tower::open(config, loop, *log);
    if (!tower) {
        console.err << "error: " << tower.error().message << '\n';
        return ExitCode::failed;
    }
    ExitCode code = ExitCode::failed;
    Demo performance(console, loop, **tower);
    const Signals signals(loop, [&performance] { performance.give_up(); });
    runtime::TaskGroup group(loop);
    group.spawn(perform(loop, console, **tower, performance, code));
    loop.run();
    return code;
}

}  // namespace carillon::app
