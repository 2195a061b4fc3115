# How everything of the house is compiled. Third-party code never sees these flags: it comes as system headers.

option(ONECARD_TESTS "Build the tests" ON)
option(ONECARD_FUZZ "Instrument for libFuzzer" OFF)
option(ONECARD_LTO "Thin link-time optimisation" OFF)
option(ONECARD_TRAINING "Instrument, so that what runs writes down how it ran" OFF)
set(ONECARD_PROFILE "" CACHE STRING "How a month ran (./dev train), for the compiler to go by; empty for none")
set(ONECARD_SANITIZE "" CACHE STRING "Value for -fsanitize=, empty for none")

# g++ 12 destroys some temporaries twice inside co_await: a house that compiles there is not a house that works.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
    message(FATAL_ERROR "onecard is built with clang 19: configure with a preset (cmake --preset dev)")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)

find_program(ONECARD_CCACHE ccache)
if(ONECARD_CCACHE)
    # The base directory makes two clones of the house share their objects.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} ${ONECARD_CCACHE})
endif()

# ccache turns our absolute paths into relative ones; both forms become tests/… in what a failing check prints.
cmake_path(RELATIVE_PATH PROJECT_SOURCE_DIR BASE_DIRECTORY ${PROJECT_BINARY_DIR} OUTPUT_VARIABLE path_to_source)

add_library(onecard_options INTERFACE)
target_compile_options(onecard_options INTERFACE
    -Wall -Wextra -Wpedantic -Werror
    -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi -Wcast-qual -Wformat=2
    -Wconversion -Wno-sign-conversion
    # A switch over an enum names every case and has no default: a new case must be decided everywhere.
    -Wswitch-enum -Wcovered-switch-default
    # Records are made with designated initializers; what is left out has its default.
    -Wno-missing-designated-field-initializers
    -ffile-prefix-map=${PROJECT_SOURCE_DIR}/= -ffile-prefix-map=${path_to_source}/=
)
target_compile_definitions(onecard_options INTERFACE
    # Asio's and Beast's own functions are compiled once, in the one file of src/net that includes their src.hpp.
    # Every file must agree on it, hence here.
    BOOST_ASIO_SEPARATE_COMPILATION
    BOOST_BEAST_SEPARATE_COMPILATION
    BOOST_ASIO_NO_DEPRECATED
)
target_link_options(onecard_options INTERFACE -fuse-ld=lld -Wl,-z,relro,-z,now)

if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_definitions(onecard_options INTERFACE _FORTIFY_SOURCE=2)
    # With frame pointers, so that a profile of what an office runs can be read.
    target_compile_options(onecard_options INTERFACE -fstack-protector-strong -fno-omit-frame-pointer)
    if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
        target_compile_options(onecard_options INTERFACE -march=x86-64-v2)
    endif()
else()
    target_compile_definitions(onecard_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()

if(ONECARD_LTO)
    target_compile_options(onecard_options INTERFACE -flto=thin)
    target_link_options(onecard_options INTERFACE
        -flto=thin -Wl,--thinlto-cache-dir=${PROJECT_BINARY_DIR}/thinlto)
endif()

# How often each branch was taken while a month ran. Functions that are no longer what they were then go without. Names of
# functions that one file has for itself begin with the file's name alone: its folder is another one on each machine.
if(ONECARD_TRAINING)
    target_compile_options(onecard_options INTERFACE
        -fprofile-generate=${PROJECT_BINARY_DIR}/counts "SHELL:-mllvm -static-func-full-module-prefix=false")
    target_link_options(onecard_options INTERFACE -fprofile-generate)
elseif(ONECARD_PROFILE)
    find_program(LLVM_PROFDATA NAMES llvm-profdata-19 REQUIRED)
    set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ONECARD_PROFILE})
    # Under a name of its content: another one makes everything anew.
    file(SHA256 ${ONECARD_PROFILE} profile_name)
    string(SUBSTRING ${profile_name} 0 16 profile_name)
    set(profile ${PROJECT_BINARY_DIR}/month-${profile_name}.profdata)
    execute_process(COMMAND ${LLVM_PROFDATA} merge ${ONECARD_PROFILE} -o ${profile} COMMAND_ERROR_IS_FATAL ANY)
    target_compile_options(onecard_options INTERFACE
        -fprofile-use=${profile} "SHELL:-mllvm -static-func-full-module-prefix=false"
        -Wno-profile-instr-unprofiled -Wno-profile-instr-out-of-date -Wno-backend-plugin)
endif()

if(ONECARD_SANITIZE)
    target_compile_options(onecard_options INTERFACE
        -fsanitize=${ONECARD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(onecard_options INTERFACE -fsanitize=${ONECARD_SANITIZE})
    if(ONECARD_SANITIZE MATCHES undefined)
        # Debian's libsoci_core hides the typeinfo that this one check needs.
        target_compile_options(onecard_options INTERFACE -fno-sanitize=vptr)
    endif()
endif()
if(ONECARD_FUZZ)
    target_compile_options(onecard_options INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(onecard_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
