#include "county.hpp"

#include <stdlib.h>

#include <algorithm>
#include <map>

#include "loadtest/population/population.hpp"
#include "onecard/bankfile/ykt_text.hpp"
#include "onecard/seal/hashes.hpp"
#include "onecard/seal/sealing.hpp"

namespace onecard::loadtest {

namespace {

constexpr std::int64_t lines = 25'000;

SmallCounty make() {
    SmallCounty made;
    const County laoshan = County::of_number(370212);
    const Month month = Month::of(2021, 12).value();
    PopulationWish wish;
    wish.counties = {laoshan};
    wish.payment_lines = lines;
    wish.bank_codes = {"313999000001", "313999000002", "313999000003"};
    wish.first_month = month;
    registry::RegisterFiles files;
    Faults faults;
    registry::DecodeContext context;
    context.today = Day::of(2022, 1, 1).value();
    context.bank_of = [](std::string_view code) {
        return BankNo{static_cast<std::int16_t>(code.back() - '0')};
    };
    std::map<registry::FileKind, std::unique_ptr<registry::RegisterDecoder>> decoders;
    generate(wish, [&](registry::FileKind kind, std::string_view bytes) {
        auto& decoder = decoders[kind];
        if (decoder == nullptr)
            decoder = std::make_unique<registry::RegisterDecoder>(kind, std::string{file_name_of(kind)},
                                                                  context, files, faults);
        decoder->feed(bytes);
    });
    for (auto& [kind, decoder] : decoders) decoder->finish();
    ensure(faults.empty(), "a generated register has faults");

    made.facts.county = laoshan;
    const auto take = [](const auto& from, auto& into) {
        for (const auto& in : from) into.push_back(in.row);
        for (auto& row : into) row.recorded.import = ImportNo{1};
    };
    take(files.households, made.facts.households);
    take(files.persons, made.facts.persons);
    take(files.incomes, made.facts.incomes);
    take(files.enrolments, made.facts.enrolments);
    take(files.accounts, made.accounts);
    made.facts.put_in_order();
    std::ranges::sort(made.accounts, {},
                      [](const registry::Account& a) { return std::pair{a.kind, a.payee}; });
    made.book = ops::load_policy_book(std::filesystem::path{ONECARD_SOURCE_DIR} / "config/policy");
    made.policy = made.book.book.at(laoshan, month).value();
    registry::take_snapshot(made.facts, month, ImportNo{1}, made.snapshot);
    entitlement::assess(made.snapshot, made.policy, made.assessment);
    payment::plan_unit(laoshan, PartNo{12112001}, Serial{1}, made.assessment.awards, made.accounts, 200'000,
                       made.plan);
    return made;
}

class Folder {
public:
    Folder() {
        ensure(::mkdtemp(path_.data()) != nullptr, "a folder for certificates cannot be made");
        const auto made = seal::make_certificates(path_, {{"service", true}, {"bank-1", false}},
                                                  Moment::of_unix_seconds(::time(nullptr)), 2);
        ensure(made.has_value(), "certificates cannot be made");
        as_path_ = path_;
    }
    ~Folder() { std::filesystem::remove_all(as_path_); }
    const std::filesystem::path& path() const { return as_path_; }

private:
    std::string path_ = (std::filesystem::temp_directory_path() / "onecard-micro-XXXXXX").string();
    std::filesystem::path as_path_;
};

}  // namespace

const SmallCounty& small_county() {
    static const SmallCounty county = make();
    return county;
}

const payment::BatchPlan& largest_batch(const SmallCounty& county) {
    return *std::ranges::max_element(county.plan.batches, {}, &payment::BatchPlan::count);
}

std::string batch_file_text(const SmallCounty& county, const payment::BatchPlan& batch) {
    const auto sm3 = seal::sm3().stream();
    bankfile::BatchWriter writer{
        {payment::file_id_of(county.facts.county, county.snapshot.month, BatchNo{1}), county.facts.county,
         "313999000001", county.snapshot.month, "2081902", static_cast<std::int32_t>(batch.count),
         batch.total, Moment::of_unix_seconds(1'640'995'200)},
        *sm3};
    std::string text;
    for (std::size_t i = 0; i < batch.count; ++i) {
        const payment::Payment& owed = county.plan.payments[batch.first + i];
        const registry::Account& account = county.accounts[county.plan.accounts[batch.first + i]];
        std::array<char, payment_reference_length> reference;
        PaymentReference{county.facts.county, county.snapshot.month.number(), owed.serial, 1}.write(
            reference.data());
        bankfile::BatchLine line;
        line.seq = static_cast<std::int32_t>(i + 1);
        line.payment = {reference.data(), reference.size()};
        line.name = account.holder;
        line.account_kind = account.account_kind;
        line.account = account.account;
        line.bank_code = "313999000001";
        line.amount = owed.amount;
        line.summary = "农村低保202112";
        ensure(writer.add(line).has_value(), "a generated line does not fit");
    }
    ensure(writer.finish().has_value(), "a generated batch does not fit");
    text += writer.take();
    return text;
}

const std::filesystem::path& certificates() {
    static const Folder folder;
    return folder.path();
}

}  // namespace onecard::loadtest
