#include "commands.hpp"

namespace onecard::cli {

Result<ops::Settings> Context::settings() const {
    auto loaded = ops::load_settings(config);
    if (loaded.faults.empty()) return std::move(loaded.settings);
    Failure all = loaded.faults.front();
    for (std::size_t i = 1; i < loaded.faults.size(); ++i) all.text += "\n" + loaded.faults[i].message();
    return std::unexpected{all};
}

}  // namespace onecard::cli
