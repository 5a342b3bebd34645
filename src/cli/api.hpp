// The commands' way to a server: one REST call, and its problem document as an Error.

#pragma once

#include "cli/exit_code.hpp"
#include "core/json.hpp"
#include "net/client.hpp"
#include "net/url.hpp"
#include "runtime/blocking.hpp"
#include "runtime/loop.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace carillon::cli {

/// Detail of errors that mean that no server answered, or that what answered is not Carillon.
struct Unreachable final : ErrorDetail {};

/// Lives on one loop. The server is the caller's own choice, so no address is refused.
class Api {
public:
    Api(runtime::Loop& loop, runtime::BlockingPool& pool, net::Url server);

    /// `path` begins with a slash and is encoded. The body of a 2xx answer; otherwise the code that
    /// stands for the status, with the problem's text and field.
    [[nodiscard]] Task<Result<json::value>> call(std::string method,
                                                 std::string path,
                                                 std::optional<json::value> body = {},
                                                 net::Headers headers = {});

    [[nodiscard]] Task<> close() { return client_.close(); }

    [[nodiscard]] runtime::Loop& loop() { return loop_; }

    [[nodiscard]] std::string origin() const { return server_.origin(); }

private:
    runtime::Loop& loop_;
    net::Url server_;
    net::HttpClient client_;
};

/// What an answer means.
[[nodiscard]] Result<json::value> read_answer(const net::ClientResponse& answer);

[[nodiscard]] ExitCode exit_code_of(const Error& error);

}  // namespace carillon::cli
