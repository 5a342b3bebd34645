// Where RocksDB's own messages go: to our log.
//
// Not to its LOG file: the first write to that file which meets a full disk leaves a writer that
// must not be used again, and the next message aborts the process in a build with assertions, as
// Debian's is. A message is never worth a process.

#pragma once

#include "observability/log.hpp"

#include <rocksdb/env.h>

#include <cstdarg>

namespace carillon::dynamo::embedded {

/// Errors become warnings (what failed is answered to whoever asked for it), warnings are for those
/// who look closely, and the rest is dropped. May be used from any thread; `log` must outlive it.
class RocksLog final : public rocksdb::Logger {
public:
    explicit RocksLog(Log& log) : Logger(rocksdb::WARN_LEVEL), log_(log) {}

    using Logger::Logv;
    void Logv(const char* format, std::va_list arguments) override;
    void Logv(rocksdb::InfoLogLevel level, const char* format, std::va_list arguments) override;

    void LogHeader(const char* /*format*/, std::va_list /*arguments*/) override {}

private:
    Log& log_;
};

}  // namespace carillon::dynamo::embedded
