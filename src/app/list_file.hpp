#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/app/screening_records.hpp"
#include "onecard/registry/csv.hpp"

namespace onecard::app {

/// Decodes one list of another authority, in the form of schemas/screening.md. All faults are told, each with file, line and
/// column.
class ListFile {
public:
    /// What a row keeps of a resident ID.
    using IdentityOf = std::function<std::string(std::string_view resident_id)>;

    ListFile(std::string file, Day today, IdentityOf identity_of, Faults& faults);
    ListFile(const ListFile&) = delete;
    ListFile& operator=(const ListFile&) = delete;

    void feed(std::string_view bytes);
    /// The rows in the order of the file; meaningless where there are faults.
    std::vector<ScreeningRow> finish();

private:
    void fault(std::int64_t line, std::string_view column, Fault what, std::string text);
    void take_header(std::span<const std::string_view> fields);
    void take(std::int64_t line, std::span<const std::string_view> fields);
    Day day(std::int64_t line, std::string_view column, std::string_view text);

    std::string file_;
    Day today_;
    IdentityOf identity_of_;
    Faults& faults_;
    std::vector<std::string> columns_;
    std::vector<ScreeningRow> rows_;
    registry::CsvReader csv_;
};

}  // namespace onecard::app
