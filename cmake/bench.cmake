# loadtest/micro/*.cpp: small timings with Google Benchmark, one program. Only ./dev bench builds it.
file(GLOB micro CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/loadtest/micro/*.cpp)
if(micro AND NOT ONECARD_FUZZ)
    find_package(benchmark REQUIRED)
    get_property(rooms GLOBAL PROPERTY ONECARD_ROOMS)
    list(TRANSFORM rooms PREPEND onecard_ OUTPUT_VARIABLE libraries)
    add_executable(micro_bench EXCLUDE_FROM_ALL ${micro})
    target_compile_definitions(micro_bench PRIVATE ONECARD_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    target_link_libraries(micro_bench PRIVATE
        ${libraries} onecard_population benchmark::benchmark_main benchmark::benchmark)
endif()
