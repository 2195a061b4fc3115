#include <benchmark/benchmark.h>

#include <array>
#include <ctime>

#include "county.hpp"
#include "onecard/audit/merkle.hpp"
#include "onecard/seal/hashes.hpp"
#include "onecard/seal/sealing.hpp"

/// Signatures, sealed fields, hashes and trees: what everything that is kept or sent passes through.
namespace onecard::loadtest {

namespace {

Moment now() { return Moment::of_unix_seconds(::time(nullptr)); }

std::unique_ptr<app::FileSigner> signer() {
    return std::move(seal::create_file_signer(certificates() / "service.pem", certificates() / "service.key"))
        .value();
}
std::unique_ptr<app::SignatureVerifier> verifier() {
    return std::move(seal::create_verifier(certificates() / "ca.pem", now())).value();
}

void load_signer(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(signer());
}
BENCHMARK(load_signer)->Name("certificate and key read from their files");

void sign(benchmark::State& state) {
    const auto key = signer();
    const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
    for (auto _ : state) benchmark::DoNotOptimize(key->sign(text));
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(sign)->Name("CMS signed, detached, bytes")->Arg(200)->Arg(100'000);

void verify(benchmark::State& state) {
    const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
    const std::string cms = signer()->sign(text);
    const auto check = verifier();
    for (auto _ : state) ensure(check->verify(text, cms).has_value(), "a signature does not verify");
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(verify)->Name("CMS verified, detached, bytes")->Arg(200)->Arg(100'000);

void sign_attached(benchmark::State& state) {
    const auto key = signer();
    for (auto _ : state)
        benchmark::DoNotOptimize(key->sign_attached("onecard receipt 1\nfile YKT\nanswer accepted\n"));
}
BENCHMARK(sign_attached)->Name("receipt signed");

void verify_attached(benchmark::State& state) {
    const std::string cms = signer()->sign_attached("onecard receipt 1\nfile YKT\nanswer accepted\n");
    const auto check = verifier();
    for (auto _ : state) ensure(check->verify_attached(cms).has_value(), "a receipt does not verify");
}
BENCHMARK(verify_attached)->Name("receipt verified");

void seal_fields(benchmark::State& state) {
    const auto cipher = std::move(seal::create_field_cipher(certificates() / "fields.key")).value();
    std::string sealed;
    for (auto _ : state) {
        sealed.clear();
        cipher->seal("6229990000000000027", sealed);
        benchmark::DoNotOptimize(sealed.data());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(seal_fields)->Name("field sealed");

void open_fields(benchmark::State& state) {
    const auto cipher = std::move(seal::create_field_cipher(certificates() / "fields.key")).value();
    std::string sealed;
    cipher->seal("6229990000000000027", sealed);
    std::array<char, 64> plain{};
    for (auto _ : state) {
        ensure(cipher->open_into(sealed, plain.data()).has_value(), "a field does not open");
        benchmark::DoNotOptimize(plain.data());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(open_fields)->Name("field opened");

void hash(benchmark::State& state, const HashFunction& function) {
    const std::string text(100'000, 'x');
    const auto stream = function.stream();
    for (auto _ : state) {
        stream->update(bytes_of(text));
        benchmark::DoNotOptimize(stream->finish());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK_CAPTURE(hash, sha256, seal::sha256())->Name("SHA-256 of 100 kB");
BENCHMARK_CAPTURE(hash, sm3, seal::sm3())->Name("SM3 of 100 kB");

void merkle(benchmark::State& state) {
    std::array<std::byte, payment::leaf_bytes> leaf{};
    constexpr std::int64_t leaves = 1000;
    for (auto _ : state) {
        audit::MerkleFrontier frontier{seal::sha256()};
        for (std::int64_t i = 0; i < leaves; ++i) {
            leaf[0] = static_cast<std::byte>(i);
            frontier.add_leaf(leaf);
        }
        benchmark::DoNotOptimize(frontier.root());
    }
    state.SetItemsProcessed(state.iterations() * leaves);
}
BENCHMARK(merkle)->Name("Merkle leaves of payments");

}  // namespace

}  // namespace onecard::loadtest
