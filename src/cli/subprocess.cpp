#include "cli/subprocess.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;  // NOLINT: POSIX declares it nowhere.

namespace carillon::cli {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t kill_after_ns = 2'000 * ns_per_ms;
// How soon an end is noticed that no pipe tells of, and a wish to stop.
constexpr int poll_ms = 20;
constexpr int moments_max = 50;

class Descriptor {
public:
    explicit Descriptor(int number = -1) : number_(number) {}

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    ~Descriptor() { close(); }

    void close() {
        if (number_ >= 0) ::close(number_);
        number_ = -1;
    }

    void set(int number) {
        close();
        number_ = number;
    }

    [[nodiscard]] int get() const { return number_; }

    [[nodiscard]] bool open() const { return number_ >= 0; }

private:
    int number_;
};

std::unexpected<Error> system_failure(const char* what) {
    return fail(Errc::unavailable, std::string(what) + ": " + std::strerror(errno));  // NOLINT
}

struct Pipe {
    Descriptor read{};
    Descriptor write{};

    [[nodiscard]] Result<> make() {
        int ends[2];
        // Closed in every other command that is started meanwhile.
        if (::pipe2(ends, O_CLOEXEC) != 0) return system_failure("no pipe");
        read.set(ends[0]);
        write.set(ends[1]);
        return {};
    }
};

void dont_block(int descriptor) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): there is no other way to ask.
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

std::vector<std::string> environment_of(const Subprocess& what) {
    std::vector<std::string> out;
    for (char** each = environ; *each != nullptr; ++each) out.emplace_back(*each);
    for (const auto& [name, value] : what.environment) out.push_back(name + "=" + value);
    return out;
}

/// One command while it runs.
class Child {
public:
    Child(const Subprocess& what, const runtime::Clock& clock) : what_(what), clock_(clock) {}

    [[nodiscard]] Result<> start();
    [[nodiscard]] SubprocessEnd wait(const std::atomic<bool>& stopping);

private:
    void feed();
    void drain();
    void keep(const char* bytes, std::size_t count);
    void end_it(std::int64_t now);
    [[nodiscard]] bool reap();

    const Subprocess& what_;
    const runtime::Clock& clock_;
    Pipe in_;
    Pipe out_;
    pid_t process_ = -1;
    std::size_t written_ = 0;
    std::optional<std::int64_t> asked_to_end_at_;
    bool killed_ = false;
    SubprocessEnd end_;
};

Result<> Child::start() {
    CARILLON_TRY_VOID(in_.make());
    CARILLON_TRY_VOID(out_.make());
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in_.read.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out_.write.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out_.write.get(), STDERR_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    // This program ignores SIGPIPE; the command should begin as from a shell.
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);

    std::string shell = "/bin/sh";
    std::string flag = "-c";
    std::string command = what_.command;
    char* arguments[] = {shell.data(), flag.data(), command.data(), nullptr};
    std::vector<std::string> variables = environment_of(what_);
    std::vector<char*> pointers;
    for (std::string& each : variables) pointers.push_back(each.data());
    pointers.push_back(nullptr);
    const int fault =
        ::posix_spawn(&process_, shell.c_str(), &actions, &attributes, arguments, pointers.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    in_.read.close();
    out_.write.close();
    if (fault != 0) {
        errno = fault;
        return system_failure("no process");
    }
    dont_block(in_.write.get());
    dont_block(out_.read.get());
    return {};
}

void Child::feed() {
    while (in_.write.open() && written_ < what_.input.size()) {
        const auto count =
            ::write(in_.write.get(), what_.input.data() + written_, what_.input.size() - written_);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return;
        if (count < 0) break;  // It does not want to read.
        written_ += static_cast<std::size_t>(count);
    }
    in_.write.close();
}

void Child::keep(const char* bytes, std::size_t count) {
    if (what_.pass_output) {
        // What cannot be written (a full pipe, a closed terminal) is lost, as any output is.
        const auto ignored = ::write(STDERR_FILENO, bytes, count);
        static_cast<void>(ignored);
    }
    end_.output.append(bytes, count);
    if (end_.output.size() > 2 * what_.output_max) {
        end_.output.erase(0, end_.output.size() - what_.output_max);
    }
}

void Child::drain() {
    char bytes[4'096];
    while (out_.read.open()) {
        const auto count = ::read(out_.read.get(), bytes, sizeof bytes);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) {
            out_.read.close();
            return;
        }
        keep(bytes, static_cast<std::size_t>(count));
    }
}

void Child::end_it(std::int64_t now) {
    if (!asked_to_end_at_) {
        asked_to_end_at_ = now;
        ::kill(-process_, SIGTERM);
    } else if (!killed_ && now - *asked_to_end_at_ >= kill_after_ns) {
        killed_ = true;
        ::kill(-process_, SIGKILL);
    }
}

bool Child::reap() {
    int status = 0;
    const pid_t ended = ::waitpid(process_, &status, WNOHANG);
    if (ended != process_) return false;
    if (WIFEXITED(status)) {
        end_.exit_code = WEXITSTATUS(status);
    } else {
        end_.signal = WTERMSIG(status);
    }
    return true;
}

SubprocessEnd Child::wait(const std::atomic<bool>& stopping) {
    const std::int64_t began = clock_.ticks();
    const std::int64_t most_ns = what_.timeout.count() * ns_per_ms;
    int moments = 0;
    for (;;) {
        feed();
        drain();
        // What it left running in the background may keep the pipe open: its own end counts.
        if (reap()) break;
        const std::int64_t now = clock_.ticks();
        end_.timed_out = end_.timed_out || (most_ns > 0 && now - began >= most_ns);
        end_.stopped = end_.stopped || stopping.load(std::memory_order_relaxed);
        if (end_.timed_out || end_.stopped) end_it(now);
        pollfd waits[2] = {{.fd = out_.read.get(), .events = POLLIN, .revents = 0},
                           {.fd = in_.write.get(), .events = POLLOUT, .revents = 0}};
        // A closed end is passed over by poll. Both closed: it ends within a moment, as a rule.
        const bool ending = !out_.read.open() && !in_.write.open() && moments++ < moments_max;
        ::poll(waits, 2, ending ? 1 : poll_ms);
    }
    drain();
    if (end_.output.size() > what_.output_max) {
        end_.output.erase(0, end_.output.size() - what_.output_max);
    }
    return std::move(end_);
}

}  // namespace

Result<SubprocessEnd> run_subprocess(const Subprocess& what,
                                     const runtime::Clock& clock,
                                     const std::atomic<bool>& stopping) {
    Child child(what, clock);
    CARILLON_TRY_VOID(child.start());
    return child.wait(stopping);
}

}  // namespace carillon::cli
