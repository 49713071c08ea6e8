# What an installation has beside the plugins: the files by which plugins are built against it
# (pkg-config, CMake), configurations, the page, the schema. Headers, the executable, the data
# file of the stubs and every plugin are installed where they are built.
include(CMakePackageConfigHelpers)

set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/rentald)

# Both files find the rest by where they are themselves, so that a staged or moved tree works.
file(RELATIVE_PATH pc_to_prefix ${CMAKE_INSTALL_PREFIX}/${pkgconfig_dir} ${CMAKE_INSTALL_PREFIX})
file(RELATIVE_PATH RENT_PLUGIN_SUBDIR ${CMAKE_INSTALL_PREFIX}
  ${CMAKE_INSTALL_FULL_LIBDIR}/rentald/plugins)
string(REGEX REPLACE "/$" "" RENT_PC_PREFIX "\${pcfiledir}/${pc_to_prefix}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/rentald.pc.in ${CMAKE_BINARY_DIR}/rentald.pc @ONLY)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/rentaldConfig.cmake.in
  ${CMAKE_BINARY_DIR}/rentaldConfig.cmake INSTALL_DESTINATION ${package_dir}
  NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/rentaldConfigVersion.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_BINARY_DIR}/rentald.pc DESTINATION ${pkgconfig_dir})
install(FILES ${CMAKE_BINARY_DIR}/rentaldConfig.cmake ${CMAKE_BINARY_DIR}/rentaldConfigVersion.cmake
  DESTINATION ${package_dir})

# The page, the schema, the documentation.
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN "*.md" EXCLUDE)
configure_file(${CMAKE_CURRENT_LIST_DIR}/install_docs.cmake.in ${CMAKE_BINARY_DIR}/install_docs.cmake @ONLY)
install(SCRIPT ${CMAKE_BINARY_DIR}/install_docs.cmake)
if(EXISTS ${CMAKE_SOURCE_DIR}/web-ui/index.html)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/web-ui DESTINATION ${CMAKE_INSTALL_DATADIR}/rentald)
endif()
install(FILES ${CMAKE_SOURCE_DIR}/etc/catalog.sample.yaml ${CMAKE_SOURCE_DIR}/etc/catalog.sample.sql
  DESTINATION ${CMAKE_INSTALL_DATADIR}/rentald)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/sql DESTINATION ${CMAKE_INSTALL_DATADIR}/rentald OPTIONAL)

# What begins a payment plugin, and what rides it.
install(PROGRAMS ${CMAKE_SOURCE_DIR}/script/new-payment-plugin DESTINATION ${CMAKE_INSTALL_BINDIR}
  RENAME rent-new-payment-plugin)
install(PROGRAMS ${CMAKE_SOURCE_DIR}/script/payment-ride DESTINATION ${CMAKE_INSTALL_BINDIR}
  RENAME rent-payment-ride)

# Configurations: those that an operator has changed stay as they are, the new ones go beside
# them. Paths into the source tree become paths into the installed one. Where that is says the
# prefix at the time of the installation, which may be another than the configured one.
file(GLOB configurations RELATIVE ${CMAKE_SOURCE_DIR}/etc CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/etc/*.conf ${CMAKE_SOURCE_DIR}/etc/parts/*.conf)
set(RENT_CONFIGURATIONS ${configurations})
configure_file(${CMAKE_CURRENT_LIST_DIR}/install_etc.cmake.in ${CMAKE_BINARY_DIR}/install_etc.cmake
  @ONLY)
install(SCRIPT ${CMAKE_BINARY_DIR}/install_etc.cmake)
