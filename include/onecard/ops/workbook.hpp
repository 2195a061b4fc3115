#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "onecard/app/report.hpp"

namespace onecard::ops {

/// The report as a workbook (xlsx): a sheet of its fields, then a sheet a table; money in yuan, two decimals.
std::string to_workbook(const app::Report& report, app::Language language);

/// A workbook of one table that is written while its rows come: none is kept in memory (libxlsxwriter, constant memory). A
/// table that is longer than a sheet goes on on the next one.
class WorkbookStream {
public:
    /// `folder`: for what the library writes meanwhile. `head`: fields, and one table without rows.
    WorkbookStream(const std::filesystem::path& folder, const app::Report& head, app::Language language);
    ~WorkbookStream();
    WorkbookStream(const WorkbookStream&) = delete;
    WorkbookStream& operator=(const WorkbookStream&) = delete;

    void put(const app::Table& piece);
    /// Ends with a sheet "proof" of `fields`; returns the file, which its taker removes.
    std::filesystem::path finish(const std::vector<app::Field>& fields);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace onecard::ops
