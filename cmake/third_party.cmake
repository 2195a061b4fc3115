# Everything from outside, all from Debian 12, all as imported targets (their headers are system headers).

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(LibXml2 2.9 REQUIRED)
find_package(PostgreSQL 15 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)

# Debian's libsoci-dev brings no CMake package.
find_path(SOCI_INCLUDE_DIR soci/soci.h REQUIRED)
foreach(part core postgresql)
    find_library(SOCI_${part}_LIBRARY soci_${part} REQUIRED)
    add_library(soci::${part} UNKNOWN IMPORTED)
    set_target_properties(soci::${part} PROPERTIES
        IMPORTED_LOCATION ${SOCI_${part}_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${SOCI_INCLUDE_DIR})
endforeach()
set_property(TARGET soci::postgresql PROPERTY INTERFACE_LINK_LIBRARIES soci::core PostgreSQL::PostgreSQL)

# Nor does libxlsxwriter-dev.
find_path(XLSXWRITER_INCLUDE_DIR xlsxwriter.h REQUIRED)
find_library(XLSXWRITER_LIBRARY xlsxwriter REQUIRED)
add_library(xlsxwriter::xlsxwriter UNKNOWN IMPORTED)
set_target_properties(xlsxwriter::xlsxwriter PROPERTIES
    IMPORTED_LOCATION ${XLSXWRITER_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${XLSXWRITER_INCLUDE_DIR})

# libzip-dev brings a CMake package that asks for its programs, too.
find_path(ZIP_INCLUDE_DIR zip.h REQUIRED)
find_library(ZIP_LIBRARY zip REQUIRED)
add_library(zip::zip UNKNOWN IMPORTED)
set_target_properties(zip::zip PROPERTIES
    IMPORTED_LOCATION ${ZIP_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${ZIP_INCLUDE_DIR})
