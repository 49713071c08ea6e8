# Warnings, hardening and sanitizers, as one interface target that everything links.
add_library(rent_flags INTERFACE)
# Assertions guard our own bugs and stay on in release builds.
foreach(kind RELEASE RELWITHDEBINFO MINSIZEREL)
  foreach(lang C CXX)
    string(REPLACE "-DNDEBUG" "" CMAKE_${lang}_FLAGS_${kind} "${CMAKE_${lang}_FLAGS_${kind}}")
  endforeach()
endforeach()
target_compile_definitions(rent_flags INTERFACE _GNU_SOURCE RENT_VERSION="${PROJECT_VERSION}")
target_compile_options(rent_flags INTERFACE
  -Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wundef -Wcast-qual -Wwrite-strings
  -Wconversion -Wsign-conversion -Wswitch-enum -Wnull-dereference
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes>
  $<$<BOOL:${RENT_WERROR}>:-Werror>
  -fvisibility=hidden -fstack-protector-strong -fno-omit-frame-pointer)
target_link_options(rent_flags INTERFACE -Wl,-z,relro,-z,now)
if(RENT_SANITIZE STREQUAL "address")
  target_compile_options(rent_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined)
  target_link_options(rent_flags INTERFACE -fsanitize=address,undefined)
elseif(RENT_SANITIZE STREQUAL "thread")
  target_compile_options(rent_flags INTERFACE -fsanitize=thread)
  target_link_options(rent_flags INTERFACE -fsanitize=thread)
elseif(RENT_SANITIZE)
  message(FATAL_ERROR "RENT_SANITIZE is '${RENT_SANITIZE}'; allowed: empty, address, thread")
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(rent_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  # Not every compiler and processor has these.
  include(CheckCCompilerFlag)
  foreach(flag -fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=zero)
    string(MAKE_C_IDENTIFIER "RENT_HAS${flag}" has)
    check_c_compiler_flag(${flag} ${has})
    if(${has})
      target_compile_options(rent_flags INTERFACE ${flag})
    endif()
  endforeach()
endif()
if(RENT_FAILPOINTS)
  target_compile_definitions(rent_flags INTERFACE RENT_FAILPOINTS=1)
endif()
# A sanitizer runtime is linked into executables only, so plugins keep its symbols open there.
if(RENT_SANITIZE)
  set(RENT_NO_UNDEFINED "")
else()
  set(RENT_NO_UNDEFINED -Wl,--no-undefined)
endif()
