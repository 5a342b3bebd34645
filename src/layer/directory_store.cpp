#include "layer/directory_store.hpp"

#include "core/id.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace carillon::layer {
namespace {

namespace fs = std::filesystem;

/// Holds what is being written; on the same file system, so that a name can be taken in one step.
constexpr std::string_view temporary = ".carillon";
constexpr std::size_t part_bytes_max = 255;

std::unexpected<Error> failed(std::string_view what, const fs::path& path, int fault) {
    const Errc code = fault == ENOENT   ? Errc::not_found
                      : fault == EACCES ? Errc::denied
                                        : Errc::unavailable;
    return fail(
        code,
        std::string(what) + " " + path.string() + ": " + std::system_category().message(fault));
}

class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}

    File(const File&) = delete;
    File& operator=(const File&) = delete;

    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    [[nodiscard]] int get() const { return descriptor_; }

    [[nodiscard]] bool good() const { return descriptor_ >= 0; }

private:
    int descriptor_;
};

/// A file that takes the place of another has another inode or time.
std::string version_of(const struct stat& about) {
    return std::to_string(about.st_ino) + "-" + std::to_string(about.st_size) + "-" +
           std::to_string(about.st_mtim.tv_sec) + "." + std::to_string(about.st_mtim.tv_nsec);
}

Result<Object> read_file(const fs::path& path) {
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.good()) return failed("cannot open", path, errno);
    struct stat about{};
    if (::fstat(file.get(), &about) != 0) return failed("cannot look at", path, errno);
    if (!S_ISREG(about.st_mode)) return fail(Errc::not_found, path.string() + " is no file");
    Object object{.bytes = std::string(static_cast<std::size_t>(about.st_size), '\0'),
                  .version = version_of(about)};
    std::size_t at = 0;
    while (at < object.bytes.size()) {
        const ssize_t count =
            ::read(file.get(), object.bytes.data() + at, object.bytes.size() - at);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed("cannot read", path, errno);
        if (count == 0) return fail(Errc::corrupt, path.string() + " is shorter than it was");
        at += static_cast<std::size_t>(count);
    }
    return object;
}

Result<> write_file(const fs::path& path, std::string_view bytes) {
    const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file.good()) return failed("cannot create", path, errno);
    while (!bytes.empty()) {
        const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed("cannot write", path, errno);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fsync(file.get()) != 0) return failed("cannot sync", path, errno);
    return {};
}

Result<> sync_folder(const fs::path& path) {
    const File folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.good() || ::fsync(folder.get()) != 0) return failed("cannot sync", path, errno);
    return {};
}

/// Makes the folder and all above it, each synced where it is named.
Result<> make_folder(const fs::path& path) {
    std::error_code fault;
    if (fs::is_directory(path, fault)) return {};
    if (path.has_parent_path() && path.parent_path() != path) {
        CARILLON_TRY_VOID(make_folder(path.parent_path()));
    }
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
        return failed("cannot create", path, errno);
    }
    return path.has_parent_path() ? sync_folder(path.parent_path()) : Result<>{};
}

Result<std::string> current_version(const fs::path& path) {
    struct stat about{};
    if (::stat(path.c_str(), &about) == 0) return version_of(about);
    if (errno == ENOENT) return std::string();
    return failed("cannot look at", path, errno);
}

/// Gives the temporary file its name, if the condition holds.
Result<> take_name(const fs::path& root,
                   const fs::path& from,
                   const fs::path& to,
                   const PutCondition& condition) {
    if (condition.absent) {
        if (::link(from.c_str(), to.c_str()) != 0) {
            if (errno != EEXIST) return failed("cannot name", to, errno);
            return fail(Errc::condition_failed, "there is a file " + to.string());
        }
        ::unlink(from.c_str());
        return sync_folder(to.parent_path());
    }
    // Looking and replacing are two steps: one at a time.
    const fs::path lock_path = root / temporary / "lock";
    const File lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!lock.good()) return failed("cannot open", lock_path, errno);
    while (::flock(lock.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return failed("cannot lock", lock_path, errno);
    }
    if (!condition.version.empty()) {
        CARILLON_TRY(const std::string seen, current_version(to));
        if (seen != condition.version) {
            return fail(Errc::condition_failed, to.string() + " is another version");
        }
    }
    if (::rename(from.c_str(), to.c_str()) != 0) return failed("cannot name", to, errno);
    return sync_folder(to.parent_path());
}

Result<std::string> write_object(const fs::path& root,
                                 const fs::path& to,
                                 const std::string& name,
                                 std::string_view bytes,
                                 const PutCondition& condition) {
    CARILLON_TRY_VOID(make_folder(to.parent_path()));
    const fs::path from = root / temporary / name;
    Result<> done = write_file(from, bytes);
    std::string version;
    if (done) {
        // The name changes neither inode nor time.
        const auto seen = current_version(from);
        if (seen) version = *seen;
        done = take_name(root, from, to, condition);
    }
    if (!done) {
        ::unlink(from.c_str());
        return std::unexpected(std::move(done).error());
    }
    return version;
}

Result<ObjectPage> list_folder(const fs::path& root,
                               const std::string& prefix,
                               const std::optional<std::string>& start) {
    constexpr std::size_t page_max = 1'000;
    std::vector<std::string> keys;
    std::error_code fault;
    // Only the part of the tree that the prefix leaves.
    const fs::path below = root / fs::path(prefix).parent_path();
    for (fs::recursive_directory_iterator at(below, fault), end; at != end; at.increment(fault)) {
        if (fault) return fail(Errc::unavailable, "cannot list " + below.string());
        if (at->path().filename() == temporary) {
            at.disable_recursion_pending();
            continue;
        }
        if (!at->is_regular_file(fault)) continue;
        std::string key = at->path().lexically_relative(root).generic_string();
        if (key.starts_with(prefix) && (!start || key > *start)) keys.push_back(std::move(key));
    }
    if (fault && fault != std::errc::no_such_file_or_directory) {
        return fail(Errc::unavailable, "cannot list " + below.string() + ": " + fault.message());
    }
    std::ranges::sort(keys);
    ObjectPage page;
    if (keys.size() > page_max) {
        keys.resize(page_max);
        page.next = keys.back();
    }
    page.keys = std::move(keys);
    return page;
}

Result<> check_path(std::string_view key) {
    CARILLON_TRY_VOID(check_object_key(key));
    while (!key.empty()) {
        const std::size_t slash = std::min(key.find('/'), key.size());
        if (slash > part_bytes_max) {
            return invalid("key", "a directory takes parts of at most 255 bytes");
        }
        if (key.substr(0, slash) == temporary) return invalid("key", "must not be named so");
        key.remove_prefix(std::min(slash + 1, key.size()));
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<DirectoryStore>> DirectoryStore::open(runtime::Loop& loop,
                                                             runtime::BlockingPool& pool,
                                                             Random& random,
                                                             fs::path root) {
    if (root.empty()) return invalid("path", "must not be empty");
    root = fs::absolute(root);
    CARILLON_TRY_VOID(make_folder(root / temporary));
    return std::unique_ptr<DirectoryStore>(new DirectoryStore(loop, pool, random, std::move(root)));
}

DirectoryStore::DirectoryStore(runtime::Loop& loop,
                               runtime::BlockingPool& pool,
                               Random& random,
                               fs::path root)
    : loop_(loop), pool_(pool), random_(random), root_(std::move(root)) {}

Task<Result<Object>> DirectoryStore::get(std::string key) {
    CARILLON_CO_TRY_VOID(check_path(key));
    const auto read = [path = root_ / key] { return read_file(path); };
    co_return co_await pool_.run(loop_, read);
}

Task<Result<std::string>> DirectoryStore::put(std::string key,
                                              std::string bytes,
                                              PutOptions options) {
    CARILLON_CO_TRY_VOID(check_path(key));
    std::string name = ulid(loop_.now(), random_);
    const auto write = [root = root_,
                        to = root_ / key,
                        name = std::move(name),
                        bytes = std::move(bytes),
                        condition = std::move(options.condition)] {
        return write_object(root, to, name, bytes, condition);
    };
    co_return co_await pool_.run(loop_, write);
}

Task<Result<>> DirectoryStore::remove(std::string key) {
    CARILLON_CO_TRY_VOID(check_path(key));
    const auto unlink = [path = root_ / key]() -> Result<> {
        if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
        return failed("cannot remove", path, errno);
    };
    co_return co_await pool_.run(loop_, unlink);
}

Task<Result<ObjectPage>> DirectoryStore::list(std::string prefix,
                                              std::optional<std::string> start) {
    const auto walk = [root = root_, prefix = std::move(prefix), start = std::move(start)] {
        return list_folder(root, prefix, start);
    };
    co_return co_await pool_.run(loop_, walk);
}

}  // namespace carillon::layer
