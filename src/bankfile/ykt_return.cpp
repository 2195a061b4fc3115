#include <limits>
#include <utility>

#include "fields.hpp"
#include "line_writer.hpp"
#include "onecard/bankfile/ykt_text.hpp"
#include "text_reader.hpp"

namespace onecard::bankfile {

namespace field = ykt::field;

namespace {

constexpr std::size_t header_fields = 13;
constexpr std::size_t detail_fields = 10;

std::string header_line(const ReturnHeader& header) {
    return fmt::format("H|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}{}\r\n", header.corrects != 0 ? "1.1" : "1.0",
                       header.file_id, header.county.text(), header.bank_code, header.value_day.digits(),
                       header.count, header.total.fen(), header.paid_count, header.paid_total.fen(),
                       header.failed_count, header.failed_total.fen(), header.made_at.digits_in_china(),
                       header.corrects != 0 ? fmt::format("|{}", header.corrects) : std::string{});
}

bool is_status(char c) { return c == 'S' || c == 'F' || c == 'P'; }

}  // namespace

// --- writing ----------------------------------------------------------------------------------------------------

ReturnWriter::ReturnWriter(const ReturnHeader& header, StreamHash& sm3) : header_{header}, sm3_{sm3} {
    // The rules of the header stand in the reader only: what it would not take is not written.
    std::string line = header_line(header_);
    ykt::NoHash no_hash;
    ReturnReader check{header_.file_id, no_hash, {}};
    check.feed(line);
    if (!check.faults().empty()) {
        header_failure_ = check.faults().front();
        return;
    }
    ensure(check.header() == header_, "a return header does not read as it was written");
    bytes_ = std::move(line);
}

Result<void> ReturnWriter::add(const ReturnLine& line) {
    ensure(!finished_, "a line is added after the trailer");
    if (header_failure_) [[unlikely]]
        return std::unexpected{*header_failure_};
    const auto refused = [&](Fault fault, const ykt::Field& field, std::string text) {
        return refuse(fault, std::move(text), ykt::place(header_.file_id, count_ + 2, field));
    };
    const auto unexpected = [&](const ykt::Field& field, std::string_view found) {
        return refused(Fault::malformed, field, ykt::unexpected(field, found));
    };
    if (line.seq <= last_seq_ || line.seq > lines_max)
        return refused(
            Fault::out_of_range, field::seq,
            fmt::format("expected more than {} and at most {}, found {}", last_seq_, lines_max, line.seq));
    if (!ykt::is_printable(line.payment, 1, 26)) return unexpected(field::payment, line.payment);
    if (!ykt::is_digits(line.account, 12, 30)) return unexpected(field::account, line.account);
    if (line.amount.fen() <= 0)
        return refused(Fault::out_of_range, field::amount,
                       fmt::format("expected {}, found {}", field::amount.expected, line.amount.fen()));
    const char status = std::to_underlying(line.status);
    if (!is_status(status)) return unexpected(field::status, std::string_view{&status, 1});
    if (!ykt::is_printable(line.code, 1, 16)) return unexpected(field::code, line.code);
    if (!ykt::is_printable(line.bank_reference, 0, 64))
        return unexpected(field::bank_reference, line.bank_reference);
    std::int64_t total_fen = 0;
    if (__builtin_add_overflow(total_fen_, line.amount.fen(), &total_fen))
        return refused(Fault::out_of_range, field::amount, "the total of the file does not fit 64 bits");

    ykt::LineWriter out;
    out.put('D')
        .seq(line.seq)
        .put(line.payment)
        .put(line.account)
        .number(line.amount.fen())
        .put(status)
        .put(line.code);
    if (auto problem = out.text(line.text, field::text, 0, bank_text_characters_max))
        return refused(problem->fault, field::text, std::move(problem->text));
    if (day_digits_.empty() || line.bank_day != day_) {
        day_ = line.bank_day;
        day_digits_ = line.bank_day.digits();
    }
    out.put(day_digits_).put(line.bank_reference);
    bytes_.append(out.finish());
    ++count_;
    last_seq_ = line.seq;
    total_fen_ = total_fen;
    // Each is at most the total, which has been checked.
    if (line.status == ReturnStatus::paid) {
        ++paid_count_;
        paid_fen_ += line.amount.fen();
    } else if (line.status == ReturnStatus::failed) {
        ++failed_count_;
        failed_fen_ += line.amount.fen();
    }
    return {};
}

std::string ReturnWriter::take() {
    std::string taken = std::exchange(bytes_, {});
    if (finished_) return taken;
    sm3_.update(bytes_of(taken));
    // As much will come again.
    bytes_.reserve(taken.size());
    return taken;
}

Result<void> ReturnWriter::finish() {
    ensure(!finished_, "a return file is finished twice");
    if (header_failure_) return std::unexpected{*header_failure_};
    finished_ = true;
    struct Sum {
        const ykt::Field& field;
        std::int64_t stated;
        std::int64_t written;
    };
    for (const Sum& sum :
         {Sum{field::count, header_.count, count_}, Sum{field::total, header_.total.fen(), total_fen_},
          Sum{field::paid_count, header_.paid_count, paid_count_},
          Sum{field::paid_total, header_.paid_total.fen(), paid_fen_},
          Sum{field::failed_count, header_.failed_count, failed_count_},
          Sum{field::failed_total, header_.failed_total.fen(), failed_fen_}}) {
        if (sum.stated == sum.written) continue;
        // The hash is lent: it goes back fresh.
        sm3_.finish();
        return refuse(Fault::mismatch,
                      fmt::format("the header says {}, the lines make {}", sum.stated, sum.written),
                      ykt::place(header_.file_id, count_ + 2, sum.field));
    }
    ykt::append_trailer(bytes_, sm3_, count_, total_fen_);
    return {};
}

// --- reading ----------------------------------------------------------------------------------------------------

class ReturnReader::Reading final : public ykt::TextReader {
public:
    Reading(std::string file_name, StreamHash* sm3, OnLine on_line, OnBadLine on_bad_line,
            std::size_t faults_max)
        : TextReader{std::move(file_name), sm3, faults_max},
          on_line_{std::move(on_line)},
          on_bad_line_{std::move(on_bad_line)} {}

    const ReturnHeader& header() const { return header_; }

private:
    bool take_header() override {
        const bool is_correction = field(1) == "1.1";
        if (!has_fields(header_fields + (is_correction ? 1 : 0))) return false;
        bool good = need(is_correction || field(1) == "1.0", ykt::field::return_version, field(1));
        if (is_correction)
            good &=
                read_number(ykt::field::corrects, field(header_fields),
                            std::numeric_limits<std::int32_t>::max(), header_.corrects) &&
                need(header_.corrects > 0, ykt::field::corrects, field(header_fields), Fault::out_of_range);
        good &= read_file_id(field(2), header_.file_id);
        good &= read_county(field(3), header_.file_id, header_.county);
        good &= need(ykt::is_digits(field(4), 12, 12), ykt::field::bank_code, field(4));
        header_.bank_code = field(4);
        good &= read_day(ykt::field::value_day, field(5), header_.value_day);
        good &= read_count(ykt::field::count, field(6), header_.count);
        good &= read_total(ykt::field::total, field(7), header_.total);
        good &= read_count(ykt::field::paid_count, field(8), header_.paid_count);
        good &= read_total(ykt::field::paid_total, field(9), header_.paid_total);
        good &= read_count(ykt::field::failed_count, field(10), header_.failed_count);
        good &= read_total(ykt::field::failed_total, field(11), header_.failed_total);
        good &= read_made_at(field(12), header_.made_at);
        stated_count_ = header_.count;
        stated_total_ = header_.total.fen();
        return good;
    }

    void take_detail() override {
        if (!has_fields(detail_fields)) return lose_count();
        const std::size_t faults_before = faults().size();
        ReturnLine line{.seq = seq_in(field(1)),
                        .payment = field(2),
                        .account = field(3),
                        .code = field(6),
                        .bank_reference = field(9)};
        bool good = read_seq(line.seq);
        good &= need(ykt::is_printable(line.payment, 1, 26), ykt::field::payment, line.payment);
        good &= need(ykt::is_digits(line.account, 12, 30), ykt::field::account, line.account);
        const auto fen = ykt::canonical_number(field(4));
        good &=
            need(fen && *fen > 0, ykt::field::amount, field(4), fen ? Fault::out_of_range : Fault::malformed);
        const std::string_view status = field(5);
        const bool has_status = status.size() == 1 && is_status(status.front());
        good &= need(has_status, ykt::field::status, status);
        good &= need(ykt::is_printable(line.code, 1, 16), ykt::field::code, line.code);
        good &= read_text(ykt::field::text, field(7), 0, bank_text_characters_max, line.text);
        good &= read_day(ykt::field::bank_day, field(8), line.bank_day);
        good &= need(ykt::is_printable(line.bank_reference, 0, 64), ykt::field::bank_reference,
                     line.bank_reference);
        if (!has_status || !fen || *fen <= 0) return lose_count();
        line.status = static_cast<ReturnStatus>(status.front());
        line.amount = Money::of_fen(*fen);
        if (!count_detail(*fen)) return;
        // Each is at most the total, which has been checked.
        switch (line.status) {
            case ReturnStatus::paid:
                ++paid_count_;
                paid_fen_ += *fen;
                break;
            case ReturnStatus::failed:
                ++failed_count_;
                failed_fen_ += *fen;
                break;
            case ReturnStatus::in_progress: break;
        }
        if (good) [[likely]] {
            if (on_line_) on_line_(line);
        } else if (on_bad_line_) {
            if (faults().size() > faults_before) on_bad_line_(faults()[faults_before]);
            forget_faults_after(faults_before);
        }
    }

    bool read_seq(std::int32_t seq) {
        if (!need(seq > 0, ykt::field::seq, field(1))) return false;
        const std::int32_t before = std::exchange(last_seq_, seq);
        if (seq > before || on_bad_line_) [[likely]]
            return true;
        fault(Fault::out_of_range, ykt::field::seq,
              fmt::format("expected more than {:07}, found {:07}", before, seq));
        return false;
    }

    void compare_with_header() override {
        compare(ykt::field::count, header_.count, count_);
        compare(ykt::field::total, header_.total.fen(), total_fen_);
        compare(ykt::field::paid_count, header_.paid_count, paid_count_);
        compare(ykt::field::paid_total, header_.paid_total.fen(), paid_fen_);
        compare(ykt::field::failed_count, header_.failed_count, failed_count_);
        compare(ykt::field::failed_total, header_.failed_total.fen(), failed_fen_);
    }

    OnLine on_line_;
    OnBadLine on_bad_line_;
    ReturnHeader header_;
    std::int32_t last_seq_ = 0;
    std::int32_t paid_count_ = 0;
    std::int32_t failed_count_ = 0;
    std::int64_t paid_fen_ = 0;
    std::int64_t failed_fen_ = 0;
};

ReturnReader::ReturnReader(std::string file_name, StreamHash& sm3, OnLine on_line, std::size_t faults_max)
    : ReturnReader{std::move(file_name), sm3, std::move(on_line), {}, faults_max} {}
ReturnReader::ReturnReader(std::string file_name, StreamHash& sm3, OnLine on_line, OnBadLine on_bad_line,
                           std::size_t faults_max)
    : reading_{std::make_unique<Reading>(std::move(file_name), &sm3, std::move(on_line),
                                         std::move(on_bad_line), faults_max)} {}
ReturnReader::~ReturnReader() = default;
ReturnReader::ReturnReader(ReturnReader&&) noexcept = default;
ReturnReader& ReturnReader::operator=(ReturnReader&&) noexcept = default;
void ReturnReader::feed(std::string_view bytes) { reading_->feed(bytes); }
void ReturnReader::finish() { reading_->finish(); }
const ReturnHeader& ReturnReader::header() const { return reading_->header(); }
const Faults& ReturnReader::faults() const { return reading_->faults(); }
std::int32_t ReturnReader::line_no() const { return reading_->line_no(); }

}  // namespace onecard::bankfile
