# What `cmake --install` leaves: bin/carillon, one archive lib/libcarillon.a with all that the library
# needs of ours, the headers of include/carillon, and a package that find_package(carillon) finds.
#
# The modules stay separate libraries inside the project, because the layers are checked there. A
# user gets one archive and one target, carillon::carillon: modules can be split or renamed without
# breaking anybody's build.

include(CMakePackageConfigHelpers)

# The program lands at build/<preset>/TARGET and is installed. A no-op while the target is missing.
function(carillon_install_program target)
    if(NOT TARGET ${target})
        return()
    endif()
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
    install(TARGETS ${target} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md
            DESTINATION ${CMAKE_INSTALL_DOCDIR})
endfunction()

# All libraries that TARGET links, directly or not: ours into OURS, others into OTHERS.
function(carillon_link_closure target ours others)
    set(own "")
    set(foreign "")
    set(queue ${target})
    while(queue)
        list(POP_FRONT queue next)
        if(next IN_LIST own)
            continue()
        endif()
        list(APPEND own ${next})
        get_target_property(type ${next} TYPE)
        if(type STREQUAL "INTERFACE_LIBRARY")
            get_target_property(linked ${next} INTERFACE_LINK_LIBRARIES)
        else()
            get_target_property(linked ${next} LINK_LIBRARIES)
        endif()
        foreach(library IN LISTS linked)
            if(NOT library)
                continue()
            elseif(library MATCHES "^carillon_")
                list(APPEND queue ${library})
            elseif(TARGET ${library})
                list(APPEND foreign ${library})
            else()
                message(FATAL_ERROR "${next} links ${library}, which is not a target")
            endif()
        endforeach()
    endwhile()
    list(REMOVE_DUPLICATES foreign)
    set(${ours} ${own} PARENT_SCOPE)
    set(${others} ${foreign} PARENT_SCOPE)
endfunction()

# Exports TARGET, and every module that it needs, as carillon::carillon. The same name works for
# programs inside the build (examples). A no-op while the target is missing.
function(carillon_install_library target)
    if(NOT TARGET ${target})
        return()
    endif()
    if(NOT TARGET carillon::carillon)
        add_library(carillon::carillon ALIAS ${target})
    endif()

    carillon_link_closure(${target} ours others)
    set(objects "")
    foreach(module IN LISTS ours)
        get_target_property(type ${module} TYPE)
        if(type STREQUAL "STATIC_LIBRARY")
            list(APPEND objects $<TARGET_OBJECTS:${module}>)
        endif()
    endforeach()
    add_library(carillon_archive STATIC ${objects})
    set_target_properties(carillon_archive PROPERTIES
        OUTPUT_NAME carillon EXPORT_NAME carillon LINKER_LANGUAGE CXX
        ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
    # Private: the public headers include none of these, so users only link them.
    target_link_libraries(carillon_archive PRIVATE ${others})
    target_include_directories(carillon_archive INTERFACE
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_compile_features(carillon_archive INTERFACE cxx_std_23)

    set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/carillon)
    install(TARGETS carillon_archive EXPORT carillonTargets
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(EXPORT carillonTargets NAMESPACE carillon:: DESTINATION ${package_dir})
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/carillon
            DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
    configure_package_config_file(
        ${PROJECT_SOURCE_DIR}/cmake/carillonConfig.cmake.in
        ${CMAKE_BINARY_DIR}/carillonConfig.cmake INSTALL_DESTINATION ${package_dir})
    # Before 1.0 a minor version may break users.
    write_basic_package_version_file(
        ${CMAKE_BINARY_DIR}/carillonConfigVersion.cmake COMPATIBILITY SameMinorVersion)
    install(FILES ${CMAKE_BINARY_DIR}/carillonConfig.cmake
                  ${CMAKE_BINARY_DIR}/carillonConfigVersion.cmake
            DESTINATION ${package_dir})
endfunction()
