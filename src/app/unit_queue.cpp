#include "unit_queue.hpp"

#include <algorithm>
#include <utility>

namespace onecard::app {

UnitQueue::UnitQueue(std::map<PartNo, std::vector<Unit>> parts) {
    for (auto& [no, units] : parts) {
        // Every unit of it was done by an earlier call, which was stopped before it was keyed.
        if (units.empty() && no) whole_.push_back(parts_.size());
        parts_.push_back({.no = no, .units = std::move(units)});
    }
}

std::optional<UnitQueue::Task> UnitQueue::take(Own& own) {
    const std::lock_guard lock{guard_};
    if (stopped_) return std::nullopt;
    const auto most = std::ranges::max_element(parts_, {}, &Part::left);
    const bool is_nothing_left = most == parts_.end() || most->left() == 0;
    if (!whole_.empty() && (is_nothing_left || begun_ < parts_.size())) {
        const std::size_t part = whole_.back();
        whole_.pop_back();
        return Task{part, parts_[part].no, std::nullopt};
    }
    if (is_nothing_left) return std::nullopt;
    if (!own || parts_[*own].left() == 0) {
        while (begun_ < parts_.size() && parts_[begun_].left() == 0) ++begun_;
        own = begun_ < parts_.size() ? begun_++ : static_cast<std::size_t>(most - parts_.begin());
    }
    Part& part = parts_[*own];
    return Task{*own, part.no, part.units[part.next++]};
}

void UnitQueue::done(const Task& task, bool is_there) {
    const std::lock_guard lock{guard_};
    Part& part = parts_[task.part];
    ++part.done;
    part.is_whole = part.is_whole && is_there;
    if (part.done == part.units.size() && part.is_whole && part.no) whole_.push_back(task.part);
}

void UnitQueue::stop() {
    const std::lock_guard lock{guard_};
    stopped_ = true;
}

}  // namespace onecard::app
