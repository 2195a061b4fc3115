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
/// waits.
class UnitQueue {
public:
    explicit UnitQueue(std::map<PartNo, std::vector<Unit>> parts);

    struct Task {
        std::size_t part;
        std::optional<Unit> unit;  ///< none: the part has no units left, and waits to be keyed
    };
    /// A worker's own part, by index.
    using Own = std::optional<std::size_t>;
    /// Nothing is left when it returns none.
    std::optional<Task> take(Own& own);
    /// The number of a part that is to be keyed now: what was done is its last unit, and each of them is there.
    std::optional<PartNo> done(const Task& task, bool is_there);
    void stop();
    std::size_t parts() const { return parts_.size(); }

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
    std::size_t begun_ = 0;
    bool stopped_ = false;
};

}  // namespace onecard::app
