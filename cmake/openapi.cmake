# schemas/api/openapi.yaml as a constant: the service serves what it was built with. Beside it schemas/texts/zh.txt, reasons of
# refusals in Chinese.

set(openapi_yaml ${PROJECT_SOURCE_DIR}/schemas/api/openapi.yaml)
set(texts_zh ${PROJECT_SOURCE_DIR}/schemas/texts/zh.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${openapi_yaml} ${texts_zh})
file(READ ${openapi_yaml} openapi_text)
file(READ ${texts_zh} chinese_texts)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/api/onecard/main/openapi_text.hpp
    CONTENT "#pragma once
namespace onecard::cli {
inline constexpr char openapi_text[] = R\"openapi(@openapi_text@)openapi\";
}
" @ONLY)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/api/onecard/main/chinese_texts.hpp
    CONTENT "#pragma once
namespace onecard::cli {
inline constexpr char chinese_texts[] = R\"texts(@chinese_texts@)texts\";
}
" @ONLY)
add_library(onecard_openapi INTERFACE)
# As a system header: it is longer than -Wpedantic likes a string to be.
target_include_directories(onecard_openapi SYSTEM INTERFACE ${PROJECT_BINARY_DIR}/generated/api)
