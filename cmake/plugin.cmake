# rent_plugin(NAME SOURCES … [LIBS …] [DIR installed]) - a plugin of the product: a module that
# sees the plugin API, plugins/common, its own folder and its own libraries, and exports one symbol.
function(rent_plugin name)
  cmake_parse_arguments(P "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} MODULE ${P_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE rent_flags rent_api plugins_common ${P_LIBS})
  target_link_options(${name} PRIVATE ${RENT_NO_UNDEFINED})
  set_target_properties(${name} PROPERTIES PREFIX "" C_VISIBILITY_PRESET hidden
    LIBRARY_OUTPUT_DIRECTORY ${RENT_PLUGIN_OUTPUT})
  install(TARGETS ${name} LIBRARY DESTINATION ${RENT_PLUGIN_DIR})
  set_property(GLOBAL APPEND PROPERTY RENT_PLUGINS ${name})
endfunction()
