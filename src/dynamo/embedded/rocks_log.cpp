#include "dynamo/embedded/rocks_log.hpp"

#include <array>
#include <cstdio>
#include <string_view>

namespace carillon::dynamo::embedded {

void RocksLog::Logv(const char* format, std::va_list arguments) {
    Logv(rocksdb::INFO_LEVEL, format, arguments);
}

void RocksLog::Logv(rocksdb::InfoLogLevel level, const char* format, std::va_list arguments) {
    if (level < rocksdb::WARN_LEVEL || level > rocksdb::FATAL_LEVEL) return;
    const LogLevel ours = level == rocksdb::WARN_LEVEL ? LogLevel::debug : LogLevel::warn;
    if (!log_.enabled(ours)) return;
    std::array<char, 1'024> text{};
    // What is longer is cut: nobody reads on.
    std::vsnprintf(text.data(), text.size(), format, arguments);
    const std::string_view said(text.data());
    const LogField fields[] = {{"text", said}};
    log_.write(ours, "storage engine", fields);
}

}  // namespace carillon::dynamo::embedded
