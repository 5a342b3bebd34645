# Other people's headers, and the standard library's, compiled once for all modules: they are nine
# tenths of what a compiler reads here, and three quarters of its time. None of our own: they change.
# Every source still includes what it uses; `./dev lint` builds without this and sees to it.
option(CARILLON_PRECOMPILED "Precompile the headers of the libraries that are used" ON)

set(CARILLON_PRECOMPILED_HEADERS
    <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <cstdint> <deque> <expected> <filesystem>
    <fstream> <functional> <limits> <list> <map> <memory> <mutex> <optional> <random> <ranges> <set>
    <span> <sstream> <string> <string_view> <thread> <tuple> <unordered_map> <unordered_set> <utility>
    <variant> <vector>
    <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/dispatch.hpp>
    <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp>
    <boost/asio/steady_timer.hpp> <boost/asio/this_coro.hpp> <boost/asio/use_awaitable.hpp>
    <boost/json.hpp> <fmt/format.h>)

# As the driver's option, which ccache knows to name a file; CMake would pass it
# past the driver, and no two folders would share what is compiled.
set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -include-pch <PCH_FILE>)

# carillon_precompiled(NAME HEADERS headers... DEPENDS targets...): the library NAME holds them.
function(carillon_precompiled name)
    cmake_parse_arguments(ARG "" "" "HEADERS;DEPENDS" ${ARGN})
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp CONTENT "")
    add_library(${name} STATIC EXCLUDE_FROM_ALL ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
    target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} carillon_options)
    target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
    # Without the time in it, the file is the same whenever it is made.
    target_compile_options(${name} PRIVATE -Xclang -fno-pch-timestamp)
    # The file has paths of this build folder in it. So that ccache shares what is compiled between
    # folders, it goes by what the headers say instead: the text beside it (CCACHE_PCH_EXTSUM).
    set(header ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${name}.dir/cmake_pch.hxx)
    add_custom_command(OUTPUT ${header}.pch.sum VERBATIM
        DEPENDS ${header}.pch ${PROJECT_SOURCE_DIR}/cmake/precompiled_sum.cmake
        COMMAND ${CMAKE_COMMAND} -DHEADER=${header} -DCOMPILER=${CMAKE_CXX_COMPILER}
                -P ${PROJECT_SOURCE_DIR}/cmake/precompiled_sum.cmake)
    add_custom_target(${name}_sum DEPENDS ${header}.pch.sum)
    add_dependencies(${name}_sum ${name})
endfunction()

# carillon_use_precompiled(TARGET [TESTS])
function(carillon_use_precompiled target)
    if(NOT CARILLON_PRECOMPILED OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        return()
    endif()
    set(headers carillon_precompiled)
    if("TESTS" IN_LIST ARGN)
        set(headers carillon_precompiled_tests)
    endif()
    target_precompile_headers(${target} REUSE_FROM ${headers})
    add_dependencies(${target} ${headers}_sum)
endfunction()

if(CARILLON_PRECOMPILED AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    set(libraries carillon_asio Boost::json fmt::fmt)
    carillon_precompiled(carillon_precompiled HEADERS ${CARILLON_PRECOMPILED_HEADERS} DEPENDS ${libraries})
    if(CARILLON_TESTS)
        carillon_precompiled(carillon_precompiled_tests
            HEADERS ${CARILLON_PRECOMPILED_HEADERS} <gmock/gmock.h> <gtest/gtest.h>
            DEPENDS ${libraries} GTest::gmock)
    endif()
endif()
