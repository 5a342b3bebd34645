// Real brokers as children of the test: started on free ports of loopback, killed without warning,
// started again on the same data. Their folders go with them.

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace carillon::bus::testing {

[[nodiscard]] std::uint16_t free_port();

/// A folder under the system's temporary one, removed at the end.
class Folder {
public:
    Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

class Server {
public:
    /// Starts `command` in a process group of its own and waits until `port` takes connections.
    /// What it writes goes to a file in `folder`.
    Server(std::vector<std::string> command,
           std::uint16_t port,
           const Folder& folder,
           std::map<std::string, std::string> environment = {});
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    void start();
    /// As when the machine loses it: no goodbye.
    void kill();

    [[nodiscard]] std::uint16_t port() const { return port_; }

    [[nodiscard]] bool running() const { return pid_ > 0; }

private:
    [[nodiscard]] bool answers() const;

    std::vector<std::string> command_;
    std::uint16_t port_;
    std::string log_;
    std::map<std::string, std::string> environment_;
    pid_t pid_ = -1;
};

/// Whether the program is there; tests of a broker that is not installed are skipped.
[[nodiscard]] bool is_installed(const std::string& program);

}  // namespace carillon::bus::testing
