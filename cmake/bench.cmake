# loadtest/micro/*.cpp: small timings with Google Benchmark, one program.
file(GLOB micro CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/loadtest/micro/*.cpp)
if(micro AND NOT ONECARD_FUZZ)
    find_package(benchmark REQUIRED)
    get_property(rooms GLOBAL PROPERTY ONECARD_ROOMS)
    list(TRANSFORM rooms PREPEND onecard_ OUTPUT_VARIABLE libraries)
    add_executable(micro_bench ${micro})
    target_link_libraries(micro_bench PRIVATE ${libraries} benchmark::benchmark_main benchmark::benchmark)
endif()
