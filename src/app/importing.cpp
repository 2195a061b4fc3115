#include "onecard/app/importing.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iterator>
#include <map>

namespace onecard::app {

namespace {

/// Feeds a file to a sink in pieces, so that a register of any size needs no more than its rows.
void feed_file(const std::filesystem::path& path, const std::function<void(std::string_view)>& sink,
               Faults& faults) {
    std::ifstream in{path, std::ios::binary};
    if (!in) {
        faults.push_back({Fault::missing, path.filename().string(), "cannot be read"});
        return;
    }
    std::vector<char> piece(1 << 18);
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
        sink({piece.data(), static_cast<std::size_t>(in.gcount())});
}

template <class Rows>
void check_region(const Rows& rows, const Region& region, std::string_view file, Faults& faults) {
    std::map<County, std::int64_t> outside;
    for (const auto& in : rows)
        if (!region.covers(in.county)) ++outside[in.county];
    for (const auto& [county, count] : outside)
        faults.push_back(
            {Fault::forbidden, std::string{file},
             fmt::format("{} rows of county {} are outside the importer's region", count, county.text())});
}

void check_regions(const registry::RegisterFiles& rows, const Region& region, Faults& faults) {
    using registry::FileKind;
    check_region(rows.households, region, file_name_of(FileKind::households), faults);
    check_region(rows.persons, region, file_name_of(FileKind::persons), faults);
    check_region(rows.incomes, region, file_name_of(FileKind::incomes), faults);
    check_region(rows.enrolments, region, file_name_of(FileKind::enrolments), faults);
    check_region(rows.accounts, region, file_name_of(FileKind::accounts), faults);
    check_region(rows.institutions, region, file_name_of(FileKind::institutions), faults);
}

}  // namespace

ImportOutcome import_register(Database& database, FileVault& vault, FieldCipher& cipher,
                              const HashFunction& hash, const Identity& by,
                              const std::vector<ImportFile>& files, Moment now) {
    ImportOutcome outcome;
    if (files.empty()) {
        outcome.faults.push_back({Fault::missing, "import", "no file to import"});
        return outcome;
    }
    auto work = database.begin();
    std::map<std::string, BankNo, std::less<>> banks;
    for (const Bank& bank : work->registers().banks()) banks.emplace(bank.code, bank.no);

    registry::DecodeContext context;
    context.today = now.day_in_china();
    context.bank_of = [&](std::string_view code) {
        const auto found = banks.find(code);
        return found == banks.end() ? BankNo{} : found->second;
    };

    registry::RegisterFiles rows;
    ImportRecord record;
    std::string file_list;
    for (const ImportFile& file : files) {
        const std::string name{file_name_of(file.kind)};
        registry::RegisterDecoder decoder{file.kind, name, context, rows, outcome.faults};
        const auto keeping = vault.begin();
        feed_file(
            file.path,
            [&](std::string_view bytes) {
                decoder.feed(bytes);
                keeping->append(bytes);
            },
            outcome.faults);
        decoder.finish();
        outcome.rows += decoder.rows();
        if (outcome.faults.empty())
            fmt::format_to(std::back_inserter(file_list), "{} {} {}\n", name, keeping->keep().digest.hex(),
                           decoder.rows());
    }
    check_regions(rows, by.region, outcome.faults);
    if (outcome.faults.empty()) check_together(rows, outcome.faults);
    if (!outcome.faults.empty()) return outcome;

    std::map<County, std::int64_t> enrolments;
    for (const auto& in : rows.enrolments) ++enrolments[in.county];
    record.no = work->registers().begin_import();
    record.made_by = by.name;
    record.made_at = now;
    record.files = file_list;
    record.rows = outcome.rows;
    work->registers().put_import(
        record, std::vector<std::pair<County, std::int64_t>>(enrolments.begin(), enrolments.end()));
    work->registers().put_rows(rows, record.no, cipher);
    for (char& c : file_list)
        if (c == '\n') c = ';';
    // The files say what was brought; the digests say that the rows are still what was read from them.
    const std::array acts{Act{"import", County{},
                              fmt::format("import|{}|{}|{}|{}|{}", record.no.number(), by.name,
                                          by.fingerprint.hex(), now.text(), file_list)},
                          Act{"register-rows", County{},
                              fmt::format("register-rows|{}|{}", record.no.number(),
                                          work->audit().register_digests(record.no, hash))}};
    work->ledger().put_acts(acts, hash, now);
    work->commit();
    outcome.no = record.no;
    return outcome;
}

}  // namespace onecard::app
