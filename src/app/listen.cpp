#include "app/listen.hpp"

#include "app/signals.hpp"
#include "core/text.hpp"
#include "net/server.hpp"
#include "runtime/event.hpp"
#include "runtime/task_group.hpp"

#include <charconv>
#include <ostream>

namespace carillon::app {
namespace {

constexpr Duration last_answers{2'000};

Task<> wait_and_stop(runtime::Loop& loop, runtime::Event& done, net::HttpServer& server) {
    (void)co_await done.wait();
    co_await server.stop(last_answers);
    loop.stop();
}

}  // namespace

cli::ExitCode listen(const ListenOptions& options, cli::Console& console, runtime::Clock& clock) {
    runtime::Loop loop(clock);
    runtime::Event done(loop);
    std::uint64_t failed = 0;
    std::uint64_t count = 0;
    const auto hear = [&](const cli::Received& call) {
        ++count;
        if (call.status < 200 || call.status >= 300) ++failed;
        console.out << (options.json ? cli::describe_call_json(call)
                                     : cli::describe_call(call, console.colours))
                    << std::endl;
        if (options.count_max != 0 && count >= options.count_max) done.set();
    };
    cli::Receiver receiver(loop, options.receiver, hear);
    net::ServerOptions server_options;
    server_options.host = options.host;
    server_options.port = options.port;
    server_options.body_bytes_max = std::size_t{64} << 20U;
    net::HttpServer server(loop, receiver, server_options);
    if (auto started = server.start(); !started) {
        console.err << "error: " << started.error().message << '\n';
        return cli::ExitCode::failed;
    }
    const Signals signals(loop, [&done] { done.set(); });
    // With --json the lines belong to a program: what is not JSON goes elsewhere.
    (options.json ? console.err : console.out) << "listening on " << server.url() << std::endl;
    runtime::TaskGroup group(loop);
    group.spawn(wait_and_stop(loop, done, server));
    loop.run();
    console.err << count << " calls, " << failed << " answered with a failure\n";
    return cli::ExitCode::ok;
}

Result<double> parse_share(std::string_view text) {
    text = trim(text);
    const bool percent = text.ends_with('%');
    if (percent) text.remove_suffix(1);
    double number = 0;
    const auto [stop, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (percent) number /= 100;
    if (fault != std::errc{} || stop != text.data() + text.size() ||
        !(number >= 0 && number <= 1)) {
        return fail(Errc::invalid, "must be a share such as 30% or 0.3");
    }
    return number;
}

}  // namespace carillon::app
