#include "onecard/app/importing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

#include "onecard/registry/together.hpp"
#include "row_spool.hpp"

namespace onecard::app {

namespace {

/// Feeds a file to a sink in pieces, so that a file of any size needs no more than one.
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

using registry::file_kinds;
using registry::FileKind;
using registry::RegisterFiles;
using registry::TogetherFault;

/// Counts by county; neighbouring rows are mostly of the same one.
class CountyCounts {
public:
    void add(County county) {
        if (last_ == nullptr || county != last_county_) {
            last_ = &counts_[county];
            last_county_ = county;
        }
        ++*last_;
    }
    const std::map<County, std::int64_t>& all() const { return counts_; }

private:
    std::map<County, std::int64_t> counts_;
    std::int64_t* last_ = nullptr;
    County last_county_;
};

/// Lists faults up to a limit and counts the rest.
class FaultList {
public:
    FaultList(Faults& faults, std::size_t limit) : faults_{faults}, end_{faults.size() + limit} {}
    void add(Failure fault) {
        if (faults_.size() < end_)
            faults_.push_back(std::move(fault));
        else
            ++unlisted_;
    }
    void count(std::int64_t unlisted) { unlisted_ += unlisted; }
    void finish() {
        if (unlisted_ > 0)
            faults_.push_back(
                {Fault::out_of_range, "import", fmt::format("{} more faults are not listed", unlisted_)});
    }

private:
    Faults& faults_;
    std::size_t end_;
    std::int64_t unlisted_ = 0;
};

/// The decoded rows of all files on their way from the files to the database: in memory while they are few, through a
/// spool otherwise.
class Intake {
public:
    Intake(const ImportRoom& room, const Region& region) : room_{room}, region_{region} {}

    /// Where the decoder puts the rows.
    RegisterFiles& rows() { return rows_; }

    /// Takes over what the decoder has put there; call it after every piece of a file. Nothing is kept while a fault
    /// is known: the import will not take place.
    void take(bool keep) {
        held_max_ = std::max(held_max_, row_count(rows_));
        count_new(rows_.households, FileKind::households);
        count_new(rows_.persons, FileKind::persons);
        count_new(rows_.incomes, FileKind::incomes);
        count_new(rows_.enrolments, FileKind::enrolments);
        count_new(rows_.accounts, FileKind::accounts);
        count_new(rows_.institutions, FileKind::institutions);
        if (!keep) {
            spool_.reset();
            drop();
        } else if (spool_) {
            spool_->put(rows_);
            drop();
        } else if (bytes_in_memory(rows_) > room_.rows_bytes_max) {
            spool_ = std::make_unique<RowSpool>(room_.make_scratch());
            spool_->put(rows_);
            rows_ = {};  // From here on it holds no more than a piece.
            drop();
        }
    }

    void check_regions(FaultList& faults) const {
        for (const FileKind kind : file_kinds)
            for (const auto& [county, count] : outside_[static_cast<std::size_t>(kind)].all())
                faults.add({Fault::forbidden, std::string{file_name_of(kind)},
                            fmt::format("{} rows of county {} are outside the importer's region", count,
                                        county.text())});
    }

    /// Hands over all rows, each group once; rows with the same key are in one group.
    void each_group(const std::function<void(const RegisterFiles&)>& on_group) {
        if (!spool_) return on_group(rows_);
        for (const RowSpool::Bucket& bucket : spool_->buckets(room_.rows_bytes_max)) {
            spool_->load(bucket, rows_);
            held_max_ = std::max(held_max_, row_count(rows_));
            on_group(rows_);
        }
    }

    const std::map<County, std::int64_t>& enrolments() const { return enrolments_.all(); }
    /// Of every county that brings persons, ascending.
    std::vector<County> counties_with_persons() const {
        std::vector<County> counties;
        for (const auto& [county, count] : persons_.all()) counties.push_back(county);
        return counties;
    }
    std::size_t rows_held_max() const { return held_max_; }

private:
    template <class Rows>
    void count_new(const Rows& rows, FileKind kind) {
        const auto index = static_cast<std::size_t>(kind);
        for (std::size_t i = counted_[index]; i < rows.size(); ++i) {
            const County county = rows[i].county;
            if (!region_.covers(county)) outside_[index].add(county);
            if (kind == FileKind::enrolments) enrolments_.add(county);
            if (kind == FileKind::persons) persons_.add(county);
        }
        counted_[index] = rows.size();
    }

    void drop() {
        clear(rows_);
        counted_ = {};
    }

    const ImportRoom& room_;
    const Region& region_;
    RegisterFiles rows_;
    std::unique_ptr<RowSpool> spool_;
    std::array<std::size_t, file_kinds.size()> counted_{};  ///< of `rows_`
    std::array<CountyCounts, file_kinds.size()> outside_;
    CountyCounts enrolments_, persons_;
    std::size_t held_max_ = 0;
};

}  // namespace

ImportOutcome import_register(Database& database, FileVault& vault, FieldCipher& cipher,
                              const HashFunction& hash, const HashFunction& log, const Identity& by,
                              const std::vector<ImportFile>& files, Moment now, const ImportRoom& room) {
    ImportOutcome outcome;
    if (files.empty()) {
        outcome.faults.push_back({Fault::missing, "import", "no file to import"});
        return outcome;
    }
    auto work = database.begin_bulk();
    std::map<std::string, BankNo, std::less<>> banks;
    for (const Bank& bank : work->registers().banks()) banks.emplace(bank.code, bank.no);

    registry::DecodeContext context;
    context.today = now.day_in_china();
    context.bank_of = [&](std::string_view code) {
        const auto found = banks.find(code);
        return found == banks.end() ? BankNo{} : found->second;
    };

    // Once through the files: every row is decoded, counted and, while there is no fault, kept.
    Intake intake{room, by.region};
    std::string file_list;
    const auto bundle = vault.begin();
    for (const ImportFile& file : files) {
        const std::string name{file_name_of(file.kind)};
        registry::RegisterDecoder decoder{file.kind, name, context, intake.rows(), outcome.faults};
        const auto keeping = bundle->begin();
        feed_file(
            file.path,
            [&](std::string_view bytes) {
                decoder.feed(bytes);
                intake.take(outcome.faults.empty());
                keeping->append(bytes);
            },
            outcome.faults);
        decoder.finish();
        intake.take(outcome.faults.empty());
        outcome.rows += decoder.rows();
        if (outcome.faults.empty())
            fmt::format_to(std::back_inserter(file_list), "{} {} {}\n", name, keeping->keep().digest.hex(),
                           decoder.rows());
    }
    FaultList outside{outcome.faults, context.faults_max};
    intake.check_regions(outside);
    outside.finish();
    outcome.rows_held_max = static_cast<std::int64_t>(intake.rows_held_max());
    if (!outcome.faults.empty()) return outcome;

    // Once through the rows: what is sound is written until a fault is found, and then taken back as a whole.
    const std::vector<std::pair<County, std::int64_t>> enrolments{intake.enrolments().begin(),
                                                                  intake.enrolments().end()};
    ImportRecord record;
    record.made_by = by.name;
    record.made_at = now;
    record.files = file_list;
    record.rows = outcome.rows;
    std::vector<TogetherFault> found;
    std::int64_t unlisted = 0;
    intake.each_group([&](const RegisterFiles& rows) {
        check_together(rows, [&](TogetherFault fault) {
            if (found.size() < context.faults_max)
                found.push_back(std::move(fault));
            else
                ++unlisted;
        });
        if (!found.empty()) {
            work.reset();  // Rolled back at once; what follows only goes on looking for faults.
            return;
        }
        if (!record.no) {
            record.no = work->registers().begin_import();
            work->registers().put_import(record, enrolments);
        }
        work->registers().put_rows(rows, record.no, cipher);
    });
    outcome.rows_held_max = static_cast<std::int64_t>(intake.rows_held_max());
    if (!found.empty()) {
        std::ranges::sort(found, std::less{});
        FaultList all{outcome.faults, context.faults_max};
        for (TogetherFault& fault : found) all.add(std::move(fault.failure));
        all.count(unlisted);
        all.finish();
        return outcome;
    }
    work->screening().match_import(record.no, intake.counties_with_persons());
    for (char& c : file_list)
        if (c == '\n') c = ';';
    // The files say what was brought; the digests say that the rows are still what was read from them.
    const std::array acts{Act{"import", County{},
                              fmt::format("import|{}|{}|{}|{}|{}", record.no.number(), by.name,
                                          by.fingerprint.hex(), now.text(), file_list)},
                          Act{"register-rows", County{},
                              fmt::format("register-rows|{}|{}", record.no.number(),
                                          work->audit().register_digests(record.no, hash))}};
    work->ledger().put_acts(acts, log, now);
    bundle->sync();
    work->commit();
    outcome.no = record.no;
    return outcome;
}

}  // namespace onecard::app
