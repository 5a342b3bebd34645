// `carillon records create-tables|put|list|requeue|process`: tables of records from the command
// line.

#pragma once

#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "core/random.hpp"
#include "observability/log.hpp"
#include "records/processor.hpp"
#include "runtime/blocking.hpp"
#include "runtime/loop.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::cli {

/// What a command given to `process --exec` says with its exit code. 0: processed. Everything else
/// is a failure for good: the record is quarantined.
inline constexpr int exec_retry_code = 75;       ///< EX_TEMPFAIL of sysexits.h: try it again later.
inline constexpr int exec_not_executable = 126;  ///< The shell's: nothing is wrong with the record.
inline constexpr int exec_not_found = 127;

struct RecordsCreate {
    std::optional<std::string> table{};  ///< None: the seed's Users and Records.
    std::string key = "id";              ///< `NAME` or `NAME:N`, `NAME:B`.
    std::optional<std::string> sort{};
    int shards = 4;
};

struct RecordsPut {
    std::string record{};  ///< JSON, `@FILE`, or `-`.
    bool only_new = false;
};

struct RecordsList {
    std::string state = "unprocessed";  ///< Or another state, or `all`.
    std::optional<std::int64_t> limit{};
    bool count = false;
};

struct RecordsRequeue {
    std::vector<std::string> keys{};  ///< JSON.
    bool all = false;                 ///< Everything that is quarantined.
};

struct RecordsProcess {
    std::string command{};
    Duration timeout{60'000};  ///< Of one run of the command; 0: none.
    bool show_output = false;
    records::ProcessorOptions options{};
};

struct RecordsOptions {
    std::string table = "Records";
    std::string flag = "Processed";  ///< The attribute of the seed's layout.
    bool json = false;
    bool progress = false;  ///< Somebody watches standard error.
};

/// Lives on one loop; all references must outlive it.
class RecordsCommands {
public:
    RecordsCommands(dynamo::Database& database,
                    runtime::Loop& loop,
                    Random& random,
                    Console& console,
                    RecordsOptions options)
        : database_(database),
          loop_(loop),
          random_(random),
          console_(console),
          options_(std::move(options)) {}

    [[nodiscard]] Task<ExitCode> create(RecordsCreate what);
    [[nodiscard]] Task<ExitCode> put(RecordsPut what);
    [[nodiscard]] Task<ExitCode> list(RecordsList what);
    [[nodiscard]] Task<ExitCode> requeue(RecordsRequeue what);
    [[nodiscard]] Task<ExitCode> process(RecordsProcess what, runtime::StopToken stop);

private:
    [[nodiscard]] Task<Result<records::TableModel>> find_model();
    [[nodiscard]] Task<Result<>> put_all(records::RecordTable& table, RecordsPut what);
    [[nodiscard]] Task<Result<std::int64_t>> list_state(records::RecordTable& table,
                                                        std::optional<records::WorkState> state,
                                                        const RecordsList& what,
                                                        std::int64_t shown);
    [[nodiscard]] Task<Result<std::int64_t>> requeue_all(records::RecordTable& table);
    ExitCode report(const Error& error);
    [[nodiscard]] ExitCode tell(const records::Report& report, const std::string& ended_by);

    dynamo::Database& database_;
    runtime::Loop& loop_;
    Random& random_;
    Console& console_;
    RecordsOptions options_;
};

}  // namespace carillon::cli
