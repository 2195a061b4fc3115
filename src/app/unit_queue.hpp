#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "onecard/app/runs.hpp"

namespace onecard::app {

/// The units of a run that are still to be computed, part by part: each worker has a part of its own while there is one,
/// so that nobody waits for another's rows, and at last helps where most is left, so that nobody is idle while a county
/// waits. A part is keyed when it is whole; of the last parts units come first, so that their keys are made side by side.
class UnitQueue {
public:
    explicit UnitQueue(std::map<PartNo, std::vector<Unit>> parts);

    struct Task {
        std::size_t part;
        PartNo no;
        std::optional<Unit> unit;  ///< none: the part is to be keyed
    };
    /// A worker's own part, by index.
    using Own = std::optional<std::size_t>;
    /// Nothing is left when it returns none.
    std::optional<Task> take(Own& own);
    /// A unit was computed; `is_there`: it has its result. A part that lacks one is not keyed.
    void done(const Task& task, bool is_there);
    void stop();

private:
    struct Part {
        PartNo no;
        std::vector<Unit> units;
        std::size_t next = 0, done = 0;
        bool is_whole = true;
        std::size_t left() const { return units.size() - next; }
    };
    std::mutex guard_;
    std::vector<Part> parts_;
    std::vector<std::size_t> whole_;  ///< these wait to be keyed
    std::size_t begun_ = 0;
    bool stopped_ = false;
};

}  // namespace onecard::app
