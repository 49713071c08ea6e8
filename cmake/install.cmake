# Filled in with the packaging: headers, pkg-config file, CMake package, configurations, web-ui.
