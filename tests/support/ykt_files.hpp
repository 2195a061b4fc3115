#pragma once

#include <fmt/format.h>
#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onecard/bankfile/ykt_text.hpp"

/// Whole YKT-TXT files in tests: what a reader made of one, and writing it again.
namespace onecard::tests {

/// A line that outlives the reader's views.
struct KeptBatchLine {
    bankfile::BatchLine line;
    std::string payment, name, account, bank_code, summary, remark;

    explicit KeptBatchLine(const bankfile::BatchLine& from)
        : line{from},
          payment{from.payment},
          name{from.name},
          account{from.account},
          bank_code{from.bank_code},
          summary{from.summary},
          remark{from.remark} {}
    bankfile::BatchLine view() const {
        bankfile::BatchLine view = line;
        view.payment = payment;
        view.name = name;
        view.account = account;
        view.bank_code = bank_code;
        view.summary = summary;
        view.remark = remark;
        return view;
    }
    friend bool operator==(const KeptBatchLine& a, const KeptBatchLine& b) { return a.view() == b.view(); }
};

struct KeptReturnLine {
    bankfile::ReturnLine line;
    std::string payment, account, code, text, bank_reference;

    explicit KeptReturnLine(const bankfile::ReturnLine& from)
        : line{from},
          payment{from.payment},
          account{from.account},
          code{from.code},
          text{from.text},
          bank_reference{from.bank_reference} {}
    bankfile::ReturnLine view() const {
        bankfile::ReturnLine view = line;
        view.payment = payment;
        view.account = account;
        view.code = code;
        view.text = text;
        view.bank_reference = bank_reference;
        return view;
    }
    friend bool operator==(const KeptReturnLine& a, const KeptReturnLine& b) { return a.view() == b.view(); }
};

template <class Header, class Line>
struct Read {
    Header header;
    std::vector<Line> lines;
    Faults faults;

    /// One fault a line: "place: text".
    std::string messages() const {
        std::string all;
        for (const Failure& fault : faults) all += fault.message() + "\n";
        return all;
    }
};
using ReadBatch = Read<bankfile::BatchHeader, KeptBatchLine>;
using ReadReturn = Read<bankfile::ReturnHeader, KeptReturnLine>;

/// Reads `bytes` in pieces of the sizes given, again and again from the first; no sizes: in one piece.
template <class Reader, class Kept>
auto read_file(std::string_view bytes, StreamHash& hash, std::span<const std::size_t> sizes) {
    std::vector<Kept> lines;
    Reader reader{"f", hash, [&](const auto& line) { lines.emplace_back(line); }};
    for (std::size_t at = 0, n = 0; at < bytes.size(); ++n) {
        const std::size_t size =
            sizes.empty() ? bytes.size() : std::max<std::size_t>(sizes[n % sizes.size()], 1);
        reader.feed(bytes.substr(at, size));
        at += std::min(size, bytes.size() - at);
    }
    reader.finish();
    return Read<std::remove_cvref_t<decltype(reader.header())>, Kept>{reader.header(), std::move(lines),
                                                                      reader.faults()};
}
inline ReadBatch read_batch(std::string_view bytes, StreamHash& hash,
                            std::span<const std::size_t> sizes = {}) {
    return read_file<bankfile::BatchReader, KeptBatchLine>(bytes, hash, sizes);
}
inline ReadReturn read_return(std::string_view bytes, StreamHash& hash,
                              std::span<const std::size_t> sizes = {}) {
    return read_file<bankfile::ReturnReader, KeptReturnLine>(bytes, hash, sizes);
}

template <class Writer, class Header, class Lines>
Result<std::string> write_file(const Header& header, const Lines& lines, StreamHash& hash,
                               std::size_t lines_a_piece) {
    Writer writer{header, hash};
    std::string bytes;
    for (std::size_t n = 0; n < lines.size(); ++n) {
        if (auto added = writer.add(lines[n].view()); !added) return std::unexpected{added.error()};
        if ((n + 1) % lines_a_piece == 0) bytes += writer.take();
    }
    if (auto finished = writer.finish(); !finished) return std::unexpected{finished.error()};
    return bytes + writer.take();
}
inline Result<std::string> write_batch(const bankfile::BatchHeader& header,
                                       const std::vector<KeptBatchLine>& lines, StreamHash& hash,
                                       std::size_t lines_a_piece = 2) {
    return write_file<bankfile::BatchWriter>(header, lines, hash, lines_a_piece);
}
inline Result<std::string> write_return(const bankfile::ReturnHeader& header,
                                        const std::vector<KeptReturnLine>& lines, StreamHash& hash,
                                        std::size_t lines_a_piece = 2) {
    return write_file<bankfile::ReturnWriter>(header, lines, hash, lines_a_piece);
}

/// Adds the trailer with the right hash to lines written by hand.
inline std::string with_trailer(std::string body, StreamHash& hash, std::string_view count_and_total) {
    hash.update(bytes_of(body));
    std::string hex = hash.finish().hex();
    std::ranges::transform(hex, hex.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
    return body + fmt::format("T|{}|{}\r\n", count_and_total, hex);
}

}  // namespace onecard::tests
