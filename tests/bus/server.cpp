#include "bus/server.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace carillon::bus::testing {

namespace {

using namespace std::chrono_literals;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

}  // namespace

std::uint16_t free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                       ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(fd);
    EXPECT_TRUE(bound);
    return ntohs(address.sin_port);
}

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "carillon-bus-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

Server::Server(std::vector<std::string> command,
               std::uint16_t port,
               const Folder& folder,
               std::map<std::string, std::string> environment)
    : command_(std::move(command)),
      port_(port),
      log_((folder.path() / "server.log").string()),
      environment_(std::move(environment)) {
    start();
}

Server::~Server() {
    kill();
}

void Server::start() {
    std::vector<char*> words;
    for (std::string& word : command_) words.push_back(word.data());
    words.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
        ::setpgid(0, 0);
        const int out = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        ::dup2(out, 1);
        ::dup2(out, 2);
        for (const auto& [name, value] : environment_) ::setenv(name.c_str(), value.c_str(), 1);
        ::execvp(words[0], words.data());
        ::_exit(127);
    }
    ::setpgid(pid_, pid_);
    for (int tries = 0; tries < 600; ++tries) {
        if (answers()) return;
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = -1;
            break;
        }
        std::this_thread::sleep_for(100ms);
    }
    ADD_FAILURE() << command_.front() << " did not start; see " << log_;
}

void Server::kill() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
}

bool Server::answers() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback(port_);
    const bool connected =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
}

bool is_installed(const std::string& program) {
    const char* path = ::getenv("PATH");
    std::string places = path == nullptr ? "" : path;
    places += ":/usr/sbin:/usr/lib/rabbitmq/bin";
    for (std::size_t from = 0; from <= places.size();) {
        const std::size_t end = std::min(places.find(':', from), places.size());
        const std::string file = places.substr(from, end - from) + "/" + program;
        if (::access(file.c_str(), X_OK) == 0) return true;
        from = end + 1;
    }
    return false;
}

}  // namespace carillon::bus::testing
