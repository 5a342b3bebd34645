// A directory of its own for a test, removed with it.

#pragma once

#include "core/check.hpp"

#include <filesystem>
#include <stdlib.h>
#include <string>

namespace carillon::dynamo::embedded {

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name =
            (std::filesystem::temp_directory_path() / "carillon-test-XXXXXX").string();
        CARILLON_CHECK(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }

    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    ~TemporaryDirectory() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

}  // namespace carillon::dynamo::embedded
