#include <limits>
#include <utility>

#include "fields.hpp"
#include "line_writer.hpp"
#include "onecard/bankfile/ykt_text.hpp"
#include "text_reader.hpp"

namespace onecard::bankfile {

namespace field = ykt::field;

namespace {

constexpr std::size_t header_fields = 11;
constexpr std::size_t detail_fields = 10;

std::string header_line(const BatchHeader& header) {
    return fmt::format("H|1.0|{}|{}|{}|{}|{}|{}|{}|{}|CNY\r\n", header.file_id, header.county.text(),
                       header.bank_code, header.period.digits(), header.function_code, header.count,
                       header.total.fen(), header.made_at.digits_in_china());
}

bool is_account_kind(AccountKind kind) { return kind == AccountKind::passbook || kind == AccountKind::card; }

}  // namespace

// --- writing ----------------------------------------------------------------------------------------------------

BatchWriter::BatchWriter(const BatchHeader& header, StreamHash& sm3) : header_{header}, sm3_{sm3} {
    // The rules of the header stand in the reader only: what it would not take is not written.
    std::string line = header_line(header_);
    ykt::NoHash no_hash;
    BatchReader check{header_.file_id, no_hash, {}};
    check.feed(line);
    if (!check.faults().empty()) {
        header_failure_ = check.faults().front();
        return;
    }
    ensure(check.header() == header_, "a batch header does not read as it was written");
    bytes_ = std::move(line);
}

Result<void> BatchWriter::add(const BatchLine& line) {
    ensure(!finished_, "a line is added after the trailer");
    if (header_failure_) [[unlikely]]
        return std::unexpected{*header_failure_};
    const auto refused = [&](Fault fault, const ykt::Field& field, std::string text) {
        return refuse(fault, std::move(text), ykt::place(header_.file_id, count_ + 2, field));
    };
    const auto unexpected = [&](const ykt::Field& field, std::string_view found) {
        return refused(Fault::malformed, field, ykt::unexpected(field, found));
    };
    if (line.seq != count_ + 1 || line.seq > lines_max)
        return refused(Fault::out_of_range, field::seq,
                       fmt::format("expected {}, found {}", count_ + 1, line.seq));
    if (!ykt::is_printable(line.payment, 1, 26)) return unexpected(field::payment, line.payment);
    if (!is_account_kind(line.account_kind))
        return refused(Fault::malformed, field::account_kind, "neither a passbook nor a card");
    if (!ykt::is_digits(line.account, 12, 30)) return unexpected(field::account, line.account);
    if (!ykt::is_digits(line.bank_code, 12, 12)) return unexpected(field::bank_code, line.bank_code);
    if (line.amount.fen() <= 0)
        return refused(Fault::out_of_range, field::amount,
                       fmt::format("expected {}, found {}", field::amount.expected, line.amount.fen()));
    std::int64_t total_fen = 0;
    if (__builtin_add_overflow(total_fen_, line.amount.fen(), &total_fen))
        return refused(Fault::out_of_range, field::amount, "the total of the file does not fit 64 bits");

    ykt::LineWriter out;
    out.put('D').seq(line.seq).put(line.payment);
    if (auto problem = out.text(line.name, field::name, 1, name_characters_max))
        return refused(problem->fault, field::name, std::move(problem->text));
    out.put(static_cast<char>('0' + std::to_underlying(line.account_kind)))
        .put(line.account)
        .put(line.bank_code)
        .number(line.amount.fen());
    if (auto problem = out.text(line.summary, field::summary, 0, summary_characters_max))
        return refused(problem->fault, field::summary, std::move(problem->text));
    if (auto problem = out.text(line.remark, field::remark, 0, remark_characters_max))
        return refused(problem->fault, field::remark, std::move(problem->text));
    bytes_.append(out.finish());
    count_ = line.seq;
    total_fen_ = total_fen;
    return {};
}

std::string BatchWriter::take() {
    if (!finished_) sm3_.update(bytes_of(bytes_));
    return std::exchange(bytes_, {});
}

Result<void> BatchWriter::finish() {
    ensure(!finished_, "a batch file is finished twice");
    if (header_failure_) return std::unexpected{*header_failure_};
    finished_ = true;
    const auto refused = [&](const ykt::Field& field, std::int64_t stated, std::int64_t written) {
        // The hash is lent: it goes back fresh.
        sm3_.finish();
        return refuse(Fault::mismatch, fmt::format("the header says {}, the lines make {}", stated, written),
                      ykt::place(header_.file_id, count_ + 2, field));
    };
    if (count_ != header_.count) return refused(field::count, header_.count, count_);
    if (total_fen_ != header_.total.fen()) return refused(field::total, header_.total.fen(), total_fen_);
    ykt::append_trailer(bytes_, sm3_, count_, total_fen_);
    return {};
}

// --- reading ----------------------------------------------------------------------------------------------------

class BatchReader::Reading final : public ykt::TextReader {
public:
    Reading(std::string file_name, StreamHash* sm3, OnLine on_line, std::size_t faults_max)
        : TextReader{std::move(file_name), sm3, faults_max}, on_line_{std::move(on_line)} {}

    const BatchHeader& header() const { return header_; }

private:
    bool take_header() override {
        if (!has_fields(header_fields)) return false;
        bool good = need(field(1) == "1.0", ykt::field::version, field(1));
        good &= read_file_id(field(2), header_.file_id);
        good &= read_county(field(3), header_.file_id, header_.county);
        good &= need(ykt::is_digits(field(4), 12, 12), ykt::field::bank_code, field(4));
        header_.bank_code = field(4);
        good &= read_period();
        good &= need(ykt::is_digits(field(6), 7, 7), ykt::field::function_code, field(6));
        header_.function_code = field(6);
        good &= read_count(ykt::field::count, field(7), header_.count);
        good &= read_total(ykt::field::total, field(8), header_.total);
        good &= read_made_at(field(9), header_.made_at);
        good &= need(field(10) == "CNY", ykt::field::currency, field(10));
        stated_count_ = header_.count;
        stated_total_ = header_.total.fen();
        return good;
    }

    bool read_period() {
        const std::string_view found = field(5);
        if (!need(ykt::is_digits(found, 6, 6), ykt::field::period, found)) return false;
        const auto period = Month::parse(found);
        if (!need(period.has_value(), ykt::field::period, found, Fault::out_of_range)) return false;
        header_.period = *period;
        const std::string_view id = header_.file_id;
        if (id.empty() || id.substr(9, 6) == found) return true;
        fault(Fault::mismatch, ykt::field::period,
              fmt::format("the file id is of period {}, the header of {}", id.substr(9, 6), found));
        return false;
    }

    void take_detail() override {
        ++next_seq_;
        if (!has_fields(detail_fields)) return lose_count();
        BatchLine line{
            .seq = seq_in(field(1)), .payment = field(2), .account = field(5), .bank_code = field(6)};
        bool good = read_seq(line.seq);
        good &= need(ykt::is_printable(line.payment, 1, 26), ykt::field::payment, line.payment);
        good &= read_text(ykt::field::name, field(3), 1, name_characters_max, line.name);
        const std::string_view kind = field(4);
        good &= need(kind == "2" || kind == "4", ykt::field::account_kind, kind);
        line.account_kind = kind == "2" ? AccountKind::passbook : AccountKind::card;
        good &= need(ykt::is_digits(line.account, 12, 30), ykt::field::account, line.account);
        good &= need(ykt::is_digits(line.bank_code, 12, 12), ykt::field::bank_code, line.bank_code);
        const auto fen = ykt::canonical_number(field(7));
        good &=
            need(fen && *fen > 0, ykt::field::amount, field(7), fen ? Fault::out_of_range : Fault::malformed);
        good &= read_text(ykt::field::summary, field(8), 0, summary_characters_max, line.summary);
        good &= read_text(ykt::field::remark, field(9), 0, remark_characters_max, line.remark);
        if (!fen || *fen <= 0) return lose_count();
        line.amount = Money::of_fen(*fen);
        if (count_detail(*fen) && good && on_line_) on_line_(line);
    }

    bool read_seq(std::int32_t seq) {
        if (!need(seq > 0, ykt::field::seq, field(1))) return false;
        const std::int32_t expected = std::exchange(next_seq_, seq);
        // A gap is one fault, not one for every line after it.
        if (seq == expected) [[likely]]
            return true;
        fault(Fault::out_of_range, ykt::field::seq,
              fmt::format("expected {:07}, found {:07}", expected, seq));
        return false;
    }

    void compare_with_header() override {
        compare(ykt::field::count, header_.count, count_);
        compare(ykt::field::total, header_.total.fen(), total_fen_);
    }

    OnLine on_line_;
    BatchHeader header_;
    std::int32_t next_seq_ = 0;  ///< of the line at hand
};

BatchReader::BatchReader(std::string file_name, StreamHash& sm3, OnLine on_line, std::size_t faults_max)
    : reading_{std::make_unique<Reading>(std::move(file_name), &sm3, std::move(on_line), faults_max)} {}
BatchReader::BatchReader(std::string file_name, OnLine on_line, std::size_t faults_max)
    : reading_{std::make_unique<Reading>(std::move(file_name), nullptr, std::move(on_line), faults_max)} {}
BatchReader::~BatchReader() = default;
BatchReader::BatchReader(BatchReader&&) noexcept = default;
BatchReader& BatchReader::operator=(BatchReader&&) noexcept = default;
void BatchReader::feed(std::string_view bytes) { reading_->feed(bytes); }
void BatchReader::finish() { reading_->finish(); }
const BatchHeader& BatchReader::header() const { return reading_->header(); }
const Faults& BatchReader::faults() const { return reading_->faults(); }

}  // namespace onecard::bankfile
