# Everything comes from Debian packages: docs/dependencies.md says why each was chosen.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(OpenSSL 3 REQUIRED)
find_package(RocksDB REQUIRED CONFIG)
find_package(simdjson REQUIRED CONFIG)
find_package(absl REQUIRED CONFIG)
find_package(fmt REQUIRED CONFIG)
find_package(spdlog REQUIRED CONFIG)
find_package(ZLIB REQUIRED)
find_package(zstd REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(tomlplusplus REQUIRED CONFIG)
if(CARILLON_TESTS)
    find_package(GTest REQUIRED)
endif()

# RocksDB's archive rather than its shared library: calls, and its counters in thread-local storage,
# cost a tenth of the CPU of a write less. Sanitizers keep the shared one, which cmake/tsan.supp names.
set(CARILLON_ROCKSDB RocksDB::rocksdb)
if(CARILLON_SANITIZE)
    set(CARILLON_ROCKSDB RocksDB::rocksdb-shared)
endif()

# The allocator of programs (not of the library: an embedder has its own choice). A third less CPU for
# a registration than with glibc's; sanitizers bring their own. Linked by position, since nothing
# calls it by name.
add_library(carillon_allocator INTERFACE)
if(NOT CARILLON_SANITIZE)
    find_library(MIMALLOC mimalloc REQUIRED)
    target_link_options(carillon_allocator INTERFACE
        -Wl,--push-state,--no-as-needed ${MIMALLOC} -Wl,--pop-state)
endif()

# Asio without its deprecated parts, and without the per-thread cache of io_uring or epoll variants.
add_library(carillon_asio INTERFACE)
target_link_libraries(carillon_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(carillon_asio INTERFACE BOOST_ASIO_NO_DEPRECATED)
# Third-party headers are not ours to mend.
foreach(target Boost::headers Boost::json absl::time fmt::fmt spdlog::spdlog
               simdjson::simdjson CLI11::CLI11 tomlplusplus::tomlplusplus)
    get_target_property(aliased ${target} ALIASED_TARGET)
    if(NOT aliased)
        get_target_property(dirs ${target} INTERFACE_INCLUDE_DIRECTORIES)
        if(dirs)
            set_target_properties(${target} PROPERTIES
                INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${dirs}")
        endif()
    endif()
endforeach()
