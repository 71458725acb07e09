# Everything the folders' CMakeLists.txt share: compiler settings and the three functions with which a folder says what it
# is made of. Each folder lists its files by name; nothing is globbed, so that a stray file is never built.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g -D_GLIBCXX_ASSERTIONS")
include(CheckPIESupported)
check_pie_supported()

set(DAVIT_SANITIZE "" CACHE STRING "sanitizers, as for -fsanitize=")
option(DAVIT_TESTS "build the unit tests and the replay form of the fuzz harnesses" ON)
option(DAVIT_LIBFUZZER "build the fuzz harnesses with libFuzzer (clang)" OFF)
if(DAVIT_TESTS OR DAVIT_LIBFUZZER)
  set(DAVIT_FUZZ ON)
endif()

# Designated initialisers leave members out on purpose: their defaults are the point of an options struct.
add_compile_options(-Wall -Wextra -Wpedantic -Werror -Wno-missing-field-initializers -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
add_compile_options(-fstack-protector-strong -fmacro-prefix-map=${CMAKE_SOURCE_DIR}=. -fdebug-prefix-map=${CMAKE_SOURCE_DIR}=.)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-maybe-uninitialized)  # false alarms inside libstdc++ and Boost at -O2
endif()
if(DAVIT_SANITIZE)
  add_compile_options(-fsanitize=${DAVIT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${DAVIT_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
if(DAVIT_LIBFUZZER)
  add_compile_options(-fsanitize=fuzzer-no-link)  # coverage of the libraries is what guides libFuzzer
endif()
add_link_options(-fuse-ld=mold -Wl,-z,relro,-z,now)

# ccache: hits from another clone of the same sources, wherever it lies.
set(ENV{CCACHE_BASEDIR} ${CMAKE_SOURCE_DIR})

find_package(Threads REQUIRED)

# Linked into the program: each of these costs a start 0.3 to 0.7 ms as a shared library, which is much for a command that is
# done after 2 ms. docs/adr/0005-some-libraries-are-static.md
set(DAVIT_CRYPTO -l:libcrypto.a ${CMAKE_DL_LIBS})
set(DAVIT_SQLITE -l:libsqlite3.a ${CMAKE_DL_LIBS} m)
set(DAVIT_JSON -l:libboost_json.a)
set(DAVIT_CODECS isal -l:libdeflate.a -l:liblzma.a -l:libzstd.a)
find_package(PkgConfig REQUIRED)

# davit_library(NAME SOURCES file... [USES folder...] [LINK library...])
# One static library per folder under src/. USES names the folders whose headers it may include; tests/repository checks
# that the includes agree, so this list is the architecture.
function(davit_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;LINK" ${ARGN})
  if(NOT ARG_SOURCES)
    return()
  endif()
  add_library(davit_${name} STATIC ${ARG_SOURCES})
  target_include_directories(davit_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(davit_${name} PUBLIC davit_${used})
  endforeach()
  target_link_libraries(davit_${name} PUBLIC Threads::Threads ${ARG_LINK})
endfunction()

# davit_tests(NAME SOURCES file... [USES folder...])
# The folder's unit tests as one GoogleTest program, build/PRESET/tests/NAME_test; ./dev test runs each of them.
function(davit_tests name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
  if(NOT DAVIT_TESTS OR NOT ARG_SOURCES)
    return()
  endif()
  add_executable(${name}_test ${ARG_SOURCES})
  set_target_properties(${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_include_directories(${name}_test PRIVATE ${CMAKE_SOURCE_DIR})
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(${name}_test PRIVATE davit_${used})
  endforeach()
  target_link_libraries(${name}_test PRIVATE gtest gmock gtest_main rapidcheck)
endfunction()

# davit_fuzz(NAME [USES folder...]): tests/fuzz/NAME.cpp, whose LLVMFuzzerTestOneInput is driven by libFuzzer in the fuzz
# preset and by tests/fuzz/replay.cpp (each file of the corpus once) in the others.
function(davit_fuzz name)
  cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
  add_executable(fuzz_${name} ${name}.cpp $<$<NOT:$<BOOL:${DAVIT_LIBFUZZER}>>:replay.cpp>)
  target_include_directories(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR})
  set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(fuzz_${name} PRIVATE davit_${used})
  endforeach()
  if(DAVIT_LIBFUZZER)
    target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  endif()
endfunction()
