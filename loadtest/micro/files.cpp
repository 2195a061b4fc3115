#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <ctime>

#include "county.hpp"
#include "onecard/bankfile/ykt_text.hpp"
#include "onecard/recon/match.hpp"
#include "onecard/seal/hashes.hpp"
#include "onecard/seal/sealing.hpp"

/// Bank files in memory: lines a second on one core.
namespace onecard::loadtest {

namespace {

std::vector<recon::SentLine> sent_lines(const std::string& batch) {
    std::vector<recon::SentLine> sent;
    const auto sm3 = seal::sm3().stream();
    bankfile::BatchReader reader{"batch", *sm3, [&](const bankfile::BatchLine& line) {
                                     recon::SentLine& one = sent.emplace_back();
                                     one.payment = PaymentReference::parse(line.payment).value();
                                     one.amount = line.amount;
                                     one.account_hash = recon::account_hash(line.account);
                                 }};
    reader.feed(batch);
    reader.finish();
    ensure(reader.faults().empty(), "a generated batch has faults");
    return sent;
}

/// Every fiftieth line fails.
std::string write_return(const std::string& batch) {
    const auto batch_sm3 = seal::sm3().stream();
    const auto sm3 = seal::sm3().stream();
    bankfile::ReturnHeader header;
    std::vector<std::string> kept;
    struct Line {
        bankfile::ReturnLine line;
        std::string payment, account, reference;
    };
    std::vector<Line> lines;
    const Day day = Day::of(2021, 12, 20).value();
    bankfile::BatchReader reader{"batch", *batch_sm3, [&](const bankfile::BatchLine& line) {
                                     Line& made = lines.emplace_back();
                                     const bool fails = line.seq % 50 == 0;
                                     made.payment = line.payment;
                                     made.account = line.account;
                                     if (!fails) made.reference = fmt::format("BK20211220-{:07}", line.seq);
                                     made.line.seq = line.seq;
                                     made.line.amount = line.amount;
                                     made.line.status = fails ? bankfile::ReturnStatus::failed
                                                              : bankfile::ReturnStatus::paid;
                                     made.line.code = fails ? "AC04" : "OK00";
                                     made.line.bank_day = day;
                                     (fails ? header.failed_count : header.paid_count) += 1;
                                     (fails ? header.failed_total : header.paid_total) += line.amount;
                                 }};
    reader.feed(batch);
    reader.finish();
    header.file_id = reader.header().file_id;
    header.county = reader.header().county;
    header.bank_code = reader.header().bank_code;
    header.value_day = day;
    header.count = header.paid_count + header.failed_count;
    header.total = header.paid_total + header.failed_total;
    header.made_at = reader.header().made_at;
    bankfile::ReturnWriter writer{header, *sm3};
    for (Line& made : lines) {
        made.line.payment = made.payment;
        made.line.account = made.account;
        made.line.bank_reference = made.reference;
        ensure(writer.add(made.line).has_value(), "a generated return line does not fit");
    }
    ensure(writer.finish().has_value(), "a generated return does not fit");
    return writer.take();
}

std::int64_t lines_of(const SmallCounty& county) {
    return static_cast<std::int64_t>(largest_batch(county).count);
}

void write_batch(benchmark::State& state) {
    const SmallCounty& county = small_county();
    for (auto _ : state) benchmark::DoNotOptimize(batch_file_text(county, largest_batch(county)));
    state.SetItemsProcessed(state.iterations() * lines_of(county));
}
BENCHMARK(write_batch)->Name("batch file written, with its SM3");

void read_batch(benchmark::State& state) {
    const SmallCounty& county = small_county();
    const std::string batch = batch_file_text(county, largest_batch(county));
    for (auto _ : state) benchmark::DoNotOptimize(sent_lines(batch));
    state.SetItemsProcessed(state.iterations() * lines_of(county));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(batch.size()));
}
BENCHMARK(read_batch)->Name("batch file read, with its SM3");

// As a file goes out and comes in: 1,000,000 lines a second on one core is the demand.

void write_and_sign_batch(benchmark::State& state) {
    const SmallCounty& county = small_county();
    const auto key =
        std::move(seal::create_file_signer(certificates() / "service.pem", certificates() / "service.key"))
            .value();
    for (auto _ : state) {
        const std::string text = batch_file_text(county, largest_batch(county));
        benchmark::DoNotOptimize(key->sign(text));
    }
    state.SetItemsProcessed(state.iterations() * lines_of(county));
}
BENCHMARK(write_and_sign_batch)->Name("batch file written and signed (SM3, CMS ECDSA P-256)");

void verify_and_read_batch(benchmark::State& state) {
    const SmallCounty& county = small_county();
    const std::string batch = batch_file_text(county, largest_batch(county));
    const std::string cms =
        std::move(seal::create_file_signer(certificates() / "service.pem", certificates() / "service.key"))
            .value()
            ->sign(batch);
    const auto check =
        std::move(seal::create_verifier(certificates() / "ca.pem", Moment::of_unix_seconds(::time(nullptr))))
            .value();
    for (auto _ : state) {
        ensure(check->verify(batch, cms).has_value(), "a signature does not verify");
        std::int64_t lines = 0;
        const auto sm3 = seal::sm3().stream();
        bankfile::BatchReader reader{"batch", *sm3, [&](const bankfile::BatchLine&) { ++lines; }};
        reader.feed(batch);
        reader.finish();
        ensure(reader.faults().empty() && lines == lines_of(county), "a generated batch has faults");
    }
    state.SetItemsProcessed(state.iterations() * lines_of(county));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(batch.size()));
}
BENCHMARK(verify_and_read_batch)->Name("batch file verified and read (CMS ECDSA P-256, SM3)");

void write_return_file(benchmark::State& state) {
    const SmallCounty& county = small_county();
    const std::string batch = batch_file_text(county, largest_batch(county));
    for (auto _ : state) benchmark::DoNotOptimize(write_return(batch));
    state.SetItemsProcessed(state.iterations() * lines_of(county));
}
BENCHMARK(write_return_file)->Name("return file written from its batch");

void match_return(benchmark::State& state) {
    const SmallCounty& county = small_county();
    const std::string batch = batch_file_text(county, largest_batch(county));
    const std::string text = write_return(batch);
    const std::vector<recon::SentLine> sent = sent_lines(batch);
    const auto sm3 = seal::sm3().stream();
    for (auto _ : state) {
        std::vector<recon::SentLine> open = sent;
        recon::Matched matched;
        recon::Matcher matcher{matched};
        bankfile::ReturnReader reader{"return", *sm3, [&](const bankfile::ReturnLine& line) {
                                          const auto seq = static_cast<std::size_t>(line.seq);
                                          matcher.take(line, seq <= open.size() ? &open[seq - 1] : nullptr,
                                                       line.seq + 1);
                                      }};
        reader.feed(text);
        reader.finish();
        ensure(reader.faults().empty() && matched.breaks.empty(), "a generated return does not match");
        benchmark::DoNotOptimize(matched);
    }
    state.SetItemsProcessed(state.iterations() * lines_of(county));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(match_return)->Name("return file read and matched");

}  // namespace

}  // namespace onecard::loadtest
