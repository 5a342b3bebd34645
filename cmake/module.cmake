# carillon_module(NAME [DIR dir] [DEPENDS targets...] [TEST_DEPENDS targets...])
#
# One module is one folder: its *.cpp become the static library carillon_NAME, its *_test.cpp the
# test program carillon_NAME_test. Which module may use which: docs/architecture.md.
function(carillon_module name)
    cmake_parse_arguments(ARG "" "" "DEPENDS;TEST_DEPENDS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
    set(tests ${sources})
    list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

    if(sources)
        add_library(carillon_${name} STATIC ${sources})
        target_link_libraries(carillon_${name} PUBLIC ${ARG_DEPENDS} carillon_options)
    else()
        add_library(carillon_${name} INTERFACE)
        target_link_libraries(carillon_${name} INTERFACE ${ARG_DEPENDS} carillon_options)
    endif()

    if(CARILLON_TESTS AND tests)
        add_executable(carillon_${name}_test ${tests})
        target_link_libraries(carillon_${name}_test PRIVATE
            carillon_${name} ${ARG_TEST_DEPENDS} GTest::gmock GTest::gtest_main)
        add_test(NAME ${name} COMMAND carillon_${name}_test)
        set_tests_properties(${name} PROPERTIES TIMEOUT 300)
    endif()
endfunction()
