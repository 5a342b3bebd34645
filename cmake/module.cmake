# carillon_module(NAME [DEPENDS targets...] [TEST_DEPENDS targets...])
#
# One module is one folder: its *.cpp become the static library carillon_NAME, its *_test.cpp the
# test program carillon_NAME_test. Which module may use which: docs/architecture.md.
# An *_integration_test.cpp (real sockets, disks, clocks) goes to carillon_NAME_integration_test,
# which ctest labels `integration`; the others are labelled `unit`.
function(carillon_module name)
    cmake_parse_arguments(ARG "" "" "DEPENDS;TEST_DEPENDS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
    set(tests ${sources})
    list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
    set(integration_tests ${tests})
    list(FILTER integration_tests INCLUDE REGEX "_integration_test\\.cpp$")
    list(FILTER tests EXCLUDE REGEX "_integration_test\\.cpp$")

    if(sources)
        add_library(carillon_${name} STATIC ${sources})
        target_link_libraries(carillon_${name} PUBLIC ${ARG_DEPENDS} carillon_options)
        carillon_use_precompiled(carillon_${name})
    else()
        add_library(carillon_${name} INTERFACE)
        target_link_libraries(carillon_${name} INTERFACE ${ARG_DEPENDS} carillon_options)
    endif()

    if(CARILLON_TESTS)
        carillon_test(${name} LABEL unit SOURCES ${tests}
                      DEPENDS carillon_${name} ${ARG_TEST_DEPENDS})
        carillon_test(${name}_integration LABEL integration SOURCES ${integration_tests}
                      DEPENDS carillon_${name} ${ARG_TEST_DEPENDS})
    endif()
endfunction()

# carillon_test(NAME LABEL label SOURCES files... DEPENDS targets...)
#
# The gtest program carillon_NAME_test, run by ctest as NAME. Labels: unit, conformance (the suites
# of the ports), integration, crash, e2e. Nothing is made of an empty list of sources.
function(carillon_test name)
    cmake_parse_arguments(ARG "" "LABEL" "SOURCES;DEPENDS" ${ARGN})
    if(NOT ARG_SOURCES)
        return()
    endif()
    add_executable(carillon_${name}_test ${ARG_SOURCES})
    target_link_libraries(carillon_${name}_test PRIVATE
        ${ARG_DEPENDS} carillon_options GTest::gmock GTest::gtest_main)
    carillon_use_precompiled(carillon_${name}_test TESTS)
    add_test(NAME ${name} COMMAND carillon_${name}_test)
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT 300)
    if(CARILLON_SANITIZE)
        set_tests_properties(${name} PROPERTIES TIMEOUT 900 ENVIRONMENT
            "ASAN_OPTIONS=detect_leaks=1;UBSAN_OPTIONS=print_stacktrace=1;TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/cmake/tsan.supp")
    endif()
endfunction()

# A folder whose CMakeLists.txt may be missing.
macro(carillon_subdirectory folder)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt)
        add_subdirectory(${folder})
    endif()
endmacro()
