#include "onecard/bankfile/name_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

#include "onecard/bankfile/encoding.hpp"

namespace onecard::bankfile {

namespace {

constexpr std::string_view line_end = "\r\n";

std::string hash_of(std::string_view bytes, const HashFunction& sm3) {
    std::string text = sm3.hash(bytes_of(bytes)).hex();
    for (char& c : text)
        if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

bool is_digits(std::string_view text, std::size_t least, std::size_t most) {
    return text.size() >= least && text.size() <= most &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<std::string> encoded(std::string text, std::size_t lines, const HashFunction& sm3) {
    std::string bytes;
    if (auto done = encode(text, Encoding::gb18030, bytes); !done) return std::unexpected{done.error()};
    const std::string hash = hash_of(bytes, sm3);
    bytes += fmt::format("T|{}|{}\r\n", lines, hash);
    return bytes;
}

/// Lines of a file, already in UTF-8 and without their ends, and where the fault would be.
class Lines {
public:
    explicit Lines(std::string_view file) : file_{file} {}

    Result<void> take(std::string_view bytes, const HashFunction& sm3) {
        const std::size_t trailer = bytes.rfind("\r\nT|");
        if (!bytes.ends_with(line_end) || trailer == std::string_view::npos)
            return wrong(0, "trailer", "the file does not end with its trailer");
        const std::string_view before = bytes.substr(0, trailer + 2);
        if (auto decoded = decode(before, Encoding::gb18030, text_); !decoded)
            return wrong(0, "encoding", decoded.error().text);
        for (std::string_view rest = text_; !rest.empty();) {
            const std::size_t end = rest.find(line_end);
            if (end == std::string_view::npos)
                return wrong(rows_.size() + 1, "line", "does not end in CR LF");
            rows_.push_back(split(rest.substr(0, end)));
            rest.remove_prefix(end + 2);
        }
        const auto said = split(bytes.substr(trailer + 2, bytes.size() - trailer - 4));
        const std::size_t last = rows_.size() + 1;
        if (said.size() != 3) return wrong(last, "trailer", "has three fields: T, count, hash");
        if (said[1] != fmt::format("{}", rows_.size() - 1))
            return wrong(last, "count", fmt::format("there are {} lines", rows_.size() - 1));
        if (said[2] != hash_of(before, sm3)) return wrong(last, "hash", "is not that of the bytes before it");
        return {};
    }

    std::span<const std::vector<std::string_view>> rows() const { return rows_; }

    /// The header, with as many fields as it must have and the number of lines where it says so.
    Result<std::span<const std::string_view>> header(std::size_t fields, std::size_t count_at) const {
        const auto& header = rows_.front();
        if (header.size() != fields || header[0] != "H" || header[1] != "1.0")
            return wrong(1, "header", fmt::format("has {} fields and begins with H|1.0", fields));
        if (header[count_at] != fmt::format("{}", rows_.size() - 1))
            return wrong(1, "count", fmt::format("there are {} lines", rows_.size() - 1));
        if (rows_.size() < 2 || rows_.size() - 1 > names_per_check_max)
            return wrong(1, "count", fmt::format("must be 1 to {}", names_per_check_max));
        return std::span{header};
    }

    /// Line `row` with its number right.
    Result<std::span<const std::string_view>> detail(std::size_t row, std::size_t fields) const {
        const auto& detail = rows_[row];
        if (detail.size() != fields || detail[0] != "D")
            return wrong(row + 1, "line", fmt::format("has {} fields and begins with D", fields));
        if (detail[1] != fmt::format("{:07}", row))
            return wrong(row + 1, "seq", fmt::format("must be {:07}", row));
        return std::span{detail};
    }

    std::unexpected<Failure> wrong(std::size_t line, std::string_view field, std::string why) const {
        return refuse(
            Fault::malformed, std::move(why),
            line == 0 ? fmt::format("{}:{}", file_, field) : fmt::format("{}:{}:{}", file_, line, field));
    }

private:
    static std::vector<std::string_view> split(std::string_view line) {
        std::vector<std::string_view> fields;
        for (std::size_t at = 0; at != std::string_view::npos;) {
            const std::size_t end = line.find('|', at);
            fields.push_back(line.substr(at, end == std::string_view::npos ? end : end - at));
            at = end == std::string_view::npos ? end : end + 1;
        }
        return fields;
    }

    std::string file_;
    std::string text_;
    std::vector<std::vector<std::string_view>> rows_;
};

}  // namespace

Result<std::string> write_name_check(const NameCheck& check, const HashFunction& sm3) {
    std::string text = fmt::format("H|1.0|{}|{}|{}|{}|{}\r\n", check.file_id, check.county.text(),
                                   check.bank_code, check.lines.size(), check.made_at.digits_in_china());
    std::size_t seq = 0;
    for (const NameQuestion& line : check.lines) {
        if (line.name.find_first_of("|\r\n") != std::string::npos)
            return refuse(Fault::unknown, "a name with a delimiter or a line end", line.payee);
        text += fmt::format("D|{:07}|{}|{}|{}|{}\r\n", ++seq, line.payee, line.name,
                            static_cast<int>(line.kind), line.account);
    }
    return encoded(std::move(text), check.lines.size(), sm3);
}

Result<std::string> write_name_answers(const NameAnswers& answers, const HashFunction& sm3) {
    std::string text = fmt::format("H|1.0|{}|{}|{}|{}\r\n", answers.file_id, answers.bank_code,
                                   answers.lines.size(), answers.made_at.digits_in_china());
    std::size_t seq = 0;
    for (const NameAnswer& line : answers.lines)
        text +=
            fmt::format("D|{:07}|{}|{}|{}\r\n", ++seq, line.payee, line.account, text_of(line.reason).code);
    return encoded(std::move(text), answers.lines.size(), sm3);
}

Result<NameCheck> read_name_check(std::string_view bytes, std::string_view file, const HashFunction& sm3) {
    Lines lines{file};
    if (auto taken = lines.take(bytes, sm3); !taken) return std::unexpected{taken.error()};
    const auto header = lines.header(7, 5);
    if (!header) return std::unexpected{header.error()};
    NameCheck check;
    check.file_id = (*header)[2];
    const auto county = County::parse((*header)[3]);
    const auto made_at = Moment::parse((*header)[6]);
    if (!county) return lines.wrong(1, "county", county.error().text);
    if (!is_digits((*header)[4], 12, 12)) return lines.wrong(1, "bank_code", "must be 12 digits");
    if (!made_at) return lines.wrong(1, "made_at", made_at.error().text);
    check.county = *county;
    check.bank_code = (*header)[4];
    check.made_at = *made_at;
    for (std::size_t row = 1; row < lines.rows().size(); ++row) {
        const auto line = lines.detail(row, 6);
        if (!line) return std::unexpected{line.error()};
        if ((*line)[2].empty() || (*line)[2].size() > 26)
            return lines.wrong(row + 1, "payee", "must be 1 to 26 characters");
        if ((*line)[3].empty()) return lines.wrong(row + 1, "name", "is empty");
        if ((*line)[4] != "2" && (*line)[4] != "4")
            return lines.wrong(row + 1, "account_kind", "must be 2 or 4");
        if (!is_digits((*line)[5], 12, 30)) return lines.wrong(row + 1, "account", "must be 12 to 30 digits");
        check.lines.push_back({std::string{(*line)[2]}, std::string{(*line)[3]},
                               (*line)[4] == "2" ? AccountKind::passbook : AccountKind::card,
                               std::string{(*line)[5]}});
    }
    return check;
}

Result<NameAnswers> read_name_answers(std::string_view bytes, std::string_view file,
                                      const HashFunction& sm3) {
    Lines lines{file};
    if (auto taken = lines.take(bytes, sm3); !taken) return std::unexpected{taken.error()};
    const auto header = lines.header(6, 4);
    if (!header) return std::unexpected{header.error()};
    NameAnswers answers;
    answers.file_id = (*header)[2];
    answers.bank_code = (*header)[3];
    const auto made_at = Moment::parse((*header)[5]);
    if (!made_at) return lines.wrong(1, "made_at", made_at.error().text);
    answers.made_at = *made_at;
    for (std::size_t row = 1; row < lines.rows().size(); ++row) {
        const auto line = lines.detail(row, 5);
        if (!line) return std::unexpected{line.error()};
        const auto reason = reason_of((*line)[4]);
        if (!reason) return lines.wrong(row + 1, "code", "is no canonical reason");
        answers.lines.push_back({std::string{(*line)[2]}, std::string{(*line)[3]}, *reason});
    }
    return answers;
}

}  // namespace onecard::bankfile
