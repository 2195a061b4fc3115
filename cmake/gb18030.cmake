# The mapping of GB18030 that `bankfile` compiles in, taken once from iconv(3) of the machine that builds: why it is
# frozen stands in gb18030_table.cpp.

add_executable(gb18030_table ${PROJECT_SOURCE_DIR}/cmake/gb18030_table.cpp)
# Without the house's options: a tool of the build is neither instrumented nor optimised.
target_compile_options(gb18030_table PRIVATE -Wall -Wextra -Wpedantic -Werror)

set(gb18030_source ${PROJECT_BINARY_DIR}/generated/gb18030/gb18030_table.cpp)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/generated/gb18030)
add_custom_command(
    OUTPUT ${gb18030_source}
    COMMAND gb18030_table ${gb18030_source}
    DEPENDS gb18030_table
    COMMENT "Freezing the mapping of GB18030"
    VERBATIM)
target_sources(onecard_bankfile PRIVATE ${gb18030_source})
