#include "unit_queue.hpp"

#include <algorithm>
#include <utility>

namespace onecard::app {

UnitQueue::UnitQueue(std::map<PartNo, std::vector<Unit>> parts) {
    for (auto& [no, units] : parts) parts_.push_back({.no = no, .units = std::move(units)});
}

std::optional<UnitQueue::Task> UnitQueue::take(Own& own) {
    const std::lock_guard lock{guard_};
    if (stopped_) return std::nullopt;
    if (!own || parts_[*own].left() == 0) {
        own.reset();
        if (begun_ < parts_.size()) {
            own = begun_++;
            // Every unit of it was done by an earlier call, which was stopped before it was keyed.
            if (parts_[*own].units.empty()) return Task{*own, std::nullopt};
        } else {
            const auto most = std::ranges::max_element(parts_, {}, &Part::left);
            if (most == parts_.end() || most->left() == 0) return std::nullopt;
            own = static_cast<std::size_t>(most - parts_.begin());
        }
    }
    Part& part = parts_[*own];
    return Task{*own, part.units[part.next++]};
}

std::optional<PartNo> UnitQueue::done(const Task& task, bool is_there) {
    const std::lock_guard lock{guard_};
    Part& part = parts_[task.part];
    if (task.unit) ++part.done;
    part.is_whole = part.is_whole && is_there;
    if (part.done < part.units.size() || !part.is_whole || !part.no) return std::nullopt;
    return part.no;
}

void UnitQueue::stop() {
    const std::lock_guard lock{guard_};
    stopped_ = true;
}

}  // namespace onecard::app
