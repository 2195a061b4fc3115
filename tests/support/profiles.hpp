#pragma once

#include <gtest/gtest.h>

#include <string>

#include "onecard/bankfile/formats.hpp"
#include "onecard/ops/bank_files.hpp"
#include "support/ykt_files.hpp"

/// Whole files of any bank profile in tests.
namespace onecard::tests {

struct KeptStatementLine {
    bankfile::StatementLine line;
    std::string reference, bank_reference, code, text;

    explicit KeptStatementLine(const bankfile::StatementLine& from)
        : line{from},
          reference{from.reference},
          bank_reference{from.bank_reference},
          code{from.code},
          text{from.text} {}
    bankfile::StatementLine view() const {
        bankfile::StatementLine view = line;
        view.reference = reference;
        view.bank_reference = bank_reference;
        view.code = code;
        view.text = text;
        return view;
    }
    friend bool operator==(const KeptStatementLine& a, const KeptStatementLine& b) {
        return a.view() == b.view();
    }
};
using ReadStatement = Read<bankfile::StatementHeader, KeptStatementLine>;

/// The profiles that are shipped, with a transit account.
inline const std::map<std::string, bankfile::Profile, std::less<>>& shipped_profiles() {
    static const auto all = [] {
        const auto loaded = ops::load_bank_profiles(ONECARD_SOURCE_DIR "/config/banks");
        for (const Failure& fault : loaded.faults) ADD_FAILURE() << fault.message();
        std::map<std::string, bankfile::Profile, std::less<>> profiles;
        for (const auto& [name, file] : loaded.profiles) {
            profiles[name] = file.profile;
            profiles[name].transit_account = "0099010199990001";
        }
        return profiles;
    }();
    return all;
}

template <class Kept, class Make>
auto read_with(std::string_view bytes, std::span<const std::size_t> sizes, Make make) {
    std::vector<Kept> lines;
    const auto reading = make([&](const auto& line) { lines.emplace_back(line); });
    for (std::size_t at = 0, n = 0; at < bytes.size(); ++n) {
        const std::size_t size =
            sizes.empty() ? bytes.size() : std::max<std::size_t>(sizes[n % sizes.size()], 1);
        reading->feed(bytes.substr(at, size));
        at += std::min(size, bytes.size() - at);
    }
    reading->finish();
    return Read<std::remove_cvref_t<decltype(reading->header())>, Kept>{reading->header(), std::move(lines),
                                                                        reading->faults()};
}

inline ReadBatch read_batch(const bankfile::Profile& profile, std::string_view bytes, StreamHash& hash,
                            std::span<const std::size_t> sizes = {}) {
    return read_with<KeptBatchLine>(bytes, sizes, [&](auto on_line) {
        return bankfile::read_batch(profile, "f", &hash, std::move(on_line));
    });
}
inline ReadReturn read_return(const bankfile::Profile& profile, std::string_view bytes, StreamHash& hash,
                              std::span<const std::size_t> sizes = {}) {
    return read_with<KeptReturnLine>(bytes, sizes, [&](auto on_line) {
        return bankfile::read_return(profile, "f", hash, std::move(on_line));
    });
}
inline ReadStatement read_statement(const bankfile::Profile& profile, std::string_view bytes,
                                    StreamHash& hash, std::span<const std::size_t> sizes = {}) {
    return read_with<KeptStatementLine>(bytes, sizes, [&](auto on_line) {
        return bankfile::read_statement(profile, "f", hash, std::move(on_line));
    });
}

template <class Writing, class Lines>
Result<std::string> written(Writing writing, const Lines& lines) {
    std::string bytes;
    for (std::size_t n = 0; n < lines.size(); ++n) {
        if (auto added = writing->add(lines[n].view()); !added) return std::unexpected{added.error()};
        if (n % 2 == 1) bytes += writing->take();
    }
    if (auto finished = writing->finish(); !finished) return std::unexpected{finished.error()};
    return bytes + writing->take();
}
inline Result<std::string> write_batch(const bankfile::Profile& profile, const ReadBatch& batch,
                                       StreamHash& hash) {
    return written(bankfile::write_batch(profile, batch.header, hash), batch.lines);
}
inline Result<std::string> write_return(const bankfile::Profile& profile, const ReadReturn& answer,
                                        StreamHash& hash) {
    return written(bankfile::write_return(profile, answer.header, hash), answer.lines);
}
inline Result<std::string> write_statement(const bankfile::Profile& profile, const ReadStatement& statement,
                                           StreamHash& hash) {
    return written(bankfile::write_statement(profile, statement.header, hash), statement.lines);
}

}  // namespace onecard::tests
