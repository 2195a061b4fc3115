# The SQL of schemas/ as constants: a header that only `store` (and its tests) can include, written by embed_sql.cpp
# whenever a file changes, comes or goes.

add_executable(embed_sql ${PROJECT_SOURCE_DIR}/cmake/embed_sql.cpp)
# Without the house's options: a tool of the build is neither instrumented nor optimised.
target_compile_options(embed_sql PRIVATE -Wall -Wextra -Wpedantic -Werror)

file(GLOB queries CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/schemas/queries/*.sql)
file(GLOB migrations CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/schemas/db/*.sql)
# The list is a file, so that its change alone (a query removed) makes the header anew.
set(sql_list ${PROJECT_BINARY_DIR}/generated/embedded_sql.list)
set(sql_header ${PROJECT_BINARY_DIR}/generated/onecard/store/embedded_sql.hpp)
list(JOIN queries "\n" query_lines)
list(JOIN migrations "\n" migration_lines)
file(CONFIGURE OUTPUT ${sql_list} CONTENT "queries\n@query_lines@\nmigrations\n@migration_lines@\n" @ONLY)

add_custom_command(
    OUTPUT ${sql_header}
    COMMAND embed_sql header ${sql_list} ${sql_header}
    DEPENDS embed_sql ${sql_list} ${queries} ${migrations}
    COMMENT "Embedding the SQL of schemas/"
    VERBATIM)
add_custom_target(embedded_sql DEPENDS ${sql_header})

add_library(onecard_sql INTERFACE)
add_dependencies(onecard_sql embedded_sql)
# As system headers: a migration may be longer than -Wpedantic likes a string to be.
target_include_directories(onecard_sql SYSTEM INTERFACE ${PROJECT_BINARY_DIR}/generated)
