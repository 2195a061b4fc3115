#include "onecard/ops/workbook.hpp"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "onecard/core/result.hpp"

namespace onecard::ops {

namespace {

/// The library writes files only.
struct TemporaryFile {
    std::string path = (std::filesystem::temp_directory_path() / "onecard-XXXXXX").string();
    TemporaryFile() {
        const int line = ::mkstemp(path.data());
        if (line < 0) throw std::system_error{errno, std::generic_category(), path};
        ::close(line);
    }
    ~TemporaryFile() { ::unlink(path.c_str()); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
};

struct Sheet {
    lxw_worksheet* page;
    lxw_format* heading;
    lxw_format* money;
    app::Language language;

    void put(lxw_row_t row, lxw_col_t column, const app::Cell& cell) const {
        struct Visit {
            const Sheet& sheet;
            lxw_row_t at_row;
            lxw_col_t at_column;
            void write(const std::string& words) const {
                worksheet_write_string(sheet.page, at_row, at_column, words.c_str(), nullptr);
            }
            void operator()(const std::string& words) const { write(words); }
            void operator()(std::int64_t number) const {
                // Beyond 2^53 a cell would round: such a number is a name, not a quantity.
                if (number > 9'007'199'254'740'992 || number < -9'007'199'254'740'992)
                    write(std::to_string(number));
                else
                    worksheet_write_number(sheet.page, at_row, at_column, static_cast<double>(number),
                                           nullptr);
            }
            void operator()(Money amount) const {
                worksheet_write_number(sheet.page, at_row, at_column,
                                       static_cast<double>(amount.fen()) / 100.0, sheet.money);
            }
            void operator()(bool yes) const {
                worksheet_write_boolean(sheet.page, at_row, at_column, yes, nullptr);
            }
            void operator()(const app::Words& words) const { write(words.in(sheet.language)); }
        };
        std::visit(Visit{*this, row, column}, cell);
    }
    void put_heading(lxw_row_t row, lxw_col_t column, const std::string& text) const {
        worksheet_write_string(page, row, column, text.c_str(), heading);
    }
};

}  // namespace

std::string to_workbook(const app::Report& report, app::Language language) {
    const TemporaryFile file;
    lxw_workbook* const book = workbook_new(file.path.c_str());
    ensure(book != nullptr, "a workbook cannot be made");
    lxw_format* const heading = workbook_add_format(book);
    format_set_bold(heading);
    lxw_format* const money = workbook_add_format(book);
    format_set_num_format(money, "#,##0.00");
    const auto sheet = [&](const std::string& name) {
        // The names that Excel forbids are nobody's here; too long ones it cuts off at 31 characters itself.
        lxw_worksheet* const page = workbook_add_worksheet(book, name.c_str());
        ensure(page != nullptr, "a sheet cannot be made");
        return Sheet{page, heading, money, language};
    };

    const Sheet front = sheet(language == app::Language::chinese ? "概要" : "summary");
    worksheet_set_column(front.page, 0, 1, 30, nullptr);
    front.put_heading(0, 0, report.title.in(language));
    lxw_row_t row = 1;
    for (const app::Field& field : report.fields) {
        front.put_heading(row, 0, field.label.in(language));
        front.put(row++, 1, field.value);
    }
    for (const app::Table& table : report.tables) {
        const Sheet page = sheet(table.key.substr(0, LXW_SHEETNAME_MAX));
        worksheet_freeze_panes(page.page, 1, 0);
        for (std::size_t i = 0; i < table.columns.size(); ++i)
            page.put_heading(0, static_cast<lxw_col_t>(i), table.columns[i].title.in(language));
        const std::size_t rows = std::min<std::size_t>(table.rows.size(), LXW_ROW_MAX - 1);
        ensure(rows == table.rows.size(), "more rows than a sheet holds");
        for (std::size_t i = 0; i < rows; ++i)
            for (std::size_t j = 0; j < table.rows[i].size(); ++j)
                page.put(static_cast<lxw_row_t>(i + 1), static_cast<lxw_col_t>(j), table.rows[i][j]);
    }
    const lxw_error error = workbook_close(book);
    if (error != LXW_NO_ERROR)
        throw std::runtime_error{fmt::format("a workbook cannot be written: {}", lxw_strerror(error))};
    std::ifstream in{file.path, std::ios::binary};
    std::ostringstream bytes;
    bytes << in.rdbuf();
    return std::move(bytes).str();
}

struct WorkbookStream::Impl {
    Impl(const std::filesystem::path& folder, const app::Report& head, app::Language in)
        : path{(folder / "workbook-XXXXXX").string()}, table{head.tables.front()}, language{in} {
        const int line = ::mkstemp(path.data());
        if (line < 0) throw std::system_error{errno, std::generic_category(), path};
        ::close(line);
        temporary = folder.string();
        lxw_workbook_options options{};
        options.constant_memory = LXW_TRUE;
        options.tmpdir = temporary.data();
        book = workbook_new_opt(path.c_str(), &options);
        ensure(book != nullptr, "a workbook cannot be made");
        heading = workbook_add_format(book);
        format_set_bold(heading);
        money = workbook_add_format(book);
        format_set_num_format(money, "#,##0.00");
        fields(language == app::Language::chinese ? "概要" : "summary", head.title.in(language), head.fields);
        begin_sheet();
    }
    ~Impl() {
        if (book != nullptr) {
            workbook_close(book);
            ::unlink(path.c_str());
        }
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Sheet sheet(const std::string& name) const {
        lxw_worksheet* const page = workbook_add_worksheet(book, name.c_str());
        ensure(page != nullptr, "a sheet cannot be made");
        return {page, heading, money, language};
    }
    void fields(const std::string& name, const std::string& title, const std::vector<app::Field>& all) const {
        const Sheet page = sheet(name);
        worksheet_set_column(page.page, 0, 1, 30, nullptr);
        page.put_heading(0, 0, title);
        lxw_row_t at = 1;
        for (const app::Field& field : all) {
            page.put_heading(at, 0, field.label.in(language));
            page.put(at++, 1, field.value);
        }
    }
    void begin_sheet() {
        ++sheets;
        rows = sheet(sheets == 1 ? table.key : fmt::format("{} {}", table.key, sheets));
        worksheet_freeze_panes(rows->page, 1, 0);
        for (std::size_t i = 0; i < table.columns.size(); ++i)
            rows->put_heading(0, static_cast<lxw_col_t>(i), table.columns[i].title.in(language));
        row = 1;
    }

    std::string path, temporary;
    app::Table table;  ///< its columns
    app::Language language;
    lxw_workbook* book = nullptr;
    lxw_format* heading = nullptr;
    lxw_format* money = nullptr;
    std::optional<Sheet> rows;
    lxw_row_t row = 1;
    int sheets = 0;
};

WorkbookStream::WorkbookStream(const std::filesystem::path& folder, const app::Report& head,
                               app::Language language)
    : impl_{std::make_unique<Impl>(folder, head, language)} {}
WorkbookStream::~WorkbookStream() = default;

void WorkbookStream::put(const app::Table& piece) {
    for (const auto& cells : piece.rows) {
        if (impl_->row == LXW_ROW_MAX) impl_->begin_sheet();
        for (std::size_t j = 0; j < cells.size(); ++j)
            impl_->rows->put(impl_->row, static_cast<lxw_col_t>(j), cells[j]);
        ++impl_->row;
    }
}

std::filesystem::path WorkbookStream::finish(const std::vector<app::Field>& fields) {
    const bool is_chinese = impl_->language == app::Language::chinese;
    impl_->fields(is_chinese ? "证明" : "proof", is_chinese ? "摘要与检查点" : "Digest and checkpoint",
                  fields);
    const lxw_error error = workbook_close(impl_->book);
    impl_->book = nullptr;
    if (error != LXW_NO_ERROR) {
        ::unlink(impl_->path.c_str());
        throw std::runtime_error{fmt::format("a workbook cannot be written: {}", lxw_strerror(error))};
    }
    return impl_->path;
}

}  // namespace onecard::ops
