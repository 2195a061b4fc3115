#include "outcome_keys.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "retry.hpp"

namespace onecard::app {

void key_outcomes(Tools& tools, KeyOutcomes which) {
    std::vector<UnkeyedOutcomes> parts =
        tools.database.begin_question()->payments().parts_without_outcome_key();
    if (which == KeyOutcomes::of_answered_parts)
        std::erase_if(parts, [](const UnkeyedOutcomes& one) { return !one.is_whole; });
    std::atomic<std::size_t> next{0};
    std::mutex guard;
    std::exception_ptr broken;
    const auto work_on = [&] {
        try {
            for (std::size_t i = next++; i < parts.size(); i = next++)
                with_retries([&] {
                    auto work = tools.database.begin_bulk();
                    work->payments().key_outcomes(parts[i].part, which == KeyOutcomes::now);
                    work->commit();
                });
        } catch (...) {
            const std::lock_guard lock{guard};
            broken = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> others;
        const auto helpers = std::min<std::size_t>(static_cast<std::size_t>(tools.workers), parts.size());
        for (std::size_t w = 1; w < helpers; ++w)
            others.emplace_back([&] {
                tools.give_way();
                work_on();
            });
        work_on();
    }
    if (broken) std::rethrow_exception(broken);
}

}  // namespace onecard::app
