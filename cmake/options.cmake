# Warnings, sanitizers and the linker, in one interface target that every module uses.

add_library(carillon_options INTERFACE)
target_compile_options(carillon_options INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
    -Werror -fno-omit-frame-pointer)
target_include_directories(carillon_options INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
target_link_options(carillon_options INTERFACE -fuse-ld=lld)

if(CARILLON_SANITIZE)
    target_compile_options(carillon_options INTERFACE
        -fsanitize=${CARILLON_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(carillon_options INTERFACE -fsanitize=${CARILLON_SANITIZE})
endif()

find_program(CCACHE ccache)
if(CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
