# `cmake --install`: headers, libraries, the tool, the small data sets, and the CMake package `shoal`.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/shoal)

get_property(libraries GLOBAL PROPERTY SHOAL_LIBRARIES)
install(TARGETS ${libraries} shoal_shoal EXPORT shoalTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET shoal)
  install(TARGETS shoal RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(EXPORT shoalTargets NAMESPACE shoal:: DESTINATION ${package_dir})
install(DIRECTORY common model ps worker launcher DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/shoal FILES_MATCHING PATTERN "*.h")
install(DIRECTORY cluster/data/ DESTINATION ${CMAKE_INSTALL_DATADIR}/shoal/data)

configure_package_config_file(.cmake/shoalConfig.cmake.in ${CMAKE_BINARY_DIR}/shoalConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_DATADIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/shoalConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/shoalConfig.cmake ${CMAKE_BINARY_DIR}/shoalConfigVersion.cmake DESTINATION ${package_dir})
