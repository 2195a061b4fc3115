#include "onecard/bankfile/formats.hpp"

#include <algorithm>
#include <utility>

#include "camt.hpp"
#include "fields.hpp"
#include "records.hpp"
#include "tally.hpp"
#include "values.hpp"

namespace onecard::bankfile {

namespace {

using syntax::BatchTally;
using syntax::FaultList;
using syntax::Kind;
using syntax::Lexis;
using syntax::RecordReader;
using syntax::RecordWriter;
using syntax::ReturnTally;
using syntax::StatementTally;
using syntax::Values;

std::string upper_hex(const Digest& digest) {
    std::string text = digest.hex();
    for (char& c : text)
        if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

/// What a header says of itself under a name of its own.
const std::string& id_of(const BatchHeader& header) { return header.file_id; }
const std::string& id_of(const ReturnHeader& header) { return header.file_id; }
const std::string& id_of(const StatementHeader& header) { return header.statement_id; }
constexpr Slot id_slot(const BatchHeader&) { return Slot::file_id; }
constexpr Slot id_slot(const ReturnHeader&) { return Slot::file_id; }
constexpr Slot id_slot(const StatementHeader&) { return Slot::statement_id; }

/// The first thing that a line says and the profile has no place for; it would be lost.
std::optional<std::string_view> lost(const Record& record, const BatchHeader& header, const BatchLine& line) {
    if (!line.remark.empty() && !record.carries(Slot::remark)) return "remark";
    if (!line.summary.empty() && !record.carries(Slot::summary)) return "summary";
    if (line.bank_code != header.bank_code && !record.carries(Slot::bank_code)) return "bank_code";
    return std::nullopt;
}
std::optional<std::string_view> lost(const Record& record, const ReturnHeader&, const ReturnLine& line) {
    if (!line.bank_reference.empty() && !record.carries(Slot::bank_reference)) return "bank_reference";
    if (!line.text.empty() && !record.carries(Slot::text)) return "text";
    return std::nullopt;
}
std::optional<std::string_view> lost(const Record& record, const StatementHeader&,
                                     const StatementLine& line) {
    if (!line.reference.empty() && !record.carries(Slot::reference)) return "reference";
    if (!line.bank_reference.empty() && !record.carries(Slot::bank_reference)) return "bank_reference";
    if (!line.code.empty() && !record.carries(Slot::code)) return "code";
    if (!line.text.empty() && !record.carries(Slot::text)) return "text";
    if (line.balance && !record.carries(Slot::balance)) return "balance";
    return std::nullopt;
}

/// A reason that the bank has no code for cannot be written in its words.
bool is_sayable(const Profile&, const BatchLine&) { return true; }
bool is_sayable(const Profile& profile, const ReturnLine& line) {
    const auto reason = reason_of(line.code);
    return !reason || profile.bank_code_of(*reason).has_value();
}
bool is_sayable(const Profile& profile, const StatementLine& line) {
    const auto reason = reason_of(line.code);
    return !reason || profile.bank_code_of(*reason).has_value();
}

/// What a format does not carry follows from what it does.
void complete(const Layout&, BatchHeader& header) {
    if (header.file_id.size() < 15) return;
    if (const auto county = County::parse(header.file_id.substr(3, 6))) header.county = *county;
    if (const auto period = Month::parse(header.file_id.substr(9, 6))) header.period = *period;
}
void complete(const Layout& layout, ReturnHeader& header) {
    if (header.file_id.size() >= 9)
        if (const auto county = County::parse(header.file_id.substr(3, 6))) header.county = *county;
    if (!layout.header.carries(Slot::value_day)) header.value_day = header.made_at.day_in_china();
}
void complete(const Layout&, StatementHeader& header) {
    header.kind = header.opening && header.closing ? StatementKind::end_of_day : StatementKind::notification;
}

void complete(const Layout& layout, const BatchHeader& header, BatchLine& line) {
    if (!layout.detail.carries(Slot::bank_code)) line.bank_code = header.bank_code;
}

/// Errors: the code that is missing where the status alone does not say it.
std::optional<std::string_view> complete(const Layout& layout, const ReturnHeader&, ReturnLine& line) {
    if (!layout.detail.carries(Slot::status)) {
        line.status = line.code == "OK00"   ? ReturnStatus::paid
                      : line.code == "PEND" ? ReturnStatus::in_progress
                                            : ReturnStatus::failed;
    }
    if (!line.code.empty()) return std::nullopt;
    switch (line.status) {
        case ReturnStatus::paid: line.code = "OK00"; return std::nullopt;
        case ReturnStatus::in_progress: line.code = "PEND"; return std::nullopt;
        case ReturnStatus::failed: return "a failed line needs a code";
    }
    broken("a status that does not exist");
}

template <class Tally>
class Writing {
public:
    using Header = typename Tally::Header;
    using Line = typename Tally::Line;

    Writing(const Profile& profile, const Header& header, StreamHash& sm3)
        : profile_{profile},
          layout_{Tally::layout_of(profile)},
          lexis_{profile, layout_},
          header_{header},
          sm3_{sm3},
          hashes_{layout_.trailer.carries(Slot::hash)},
          writer_{syntax::write_records(profile, layout_)} {
        if (const auto expected = syntax::expected_of(id_slot(header), id_of(header)))
            header_failure_ = Failure{Fault::malformed, "header", std::string{*expected}};
        else if (layout_.header.exists())
            if (auto put = this->put(Kind::header, layout_.header, header_); !put)
                header_failure_ = put.error();
    }

    Result<void> add(const Line& line) {
        ensure(!finished_, "a line is added after the end");
        if (header_failure_) return std::unexpected{*header_failure_};
        const auto refused = [&](Fault fault, std::string_view field, std::string text) {
            return refuse(fault, std::move(text), fmt::format("{}:{}:{}", id_of(header_), lines_ + 2, field));
        };
        if (const auto field = lost(layout_.detail, header_, line))
            return refused(Fault::malformed, *field, "the bank's format has no place for it");
        if (!is_sayable(profile_, line))
            return refused(Fault::unknown, "code", "the bank has no code for this reason");
        if (line.amount.fen() <= 0)
            return refused(Fault::out_of_range, "amount",
                           fmt::format("expected more than 0, found {}", line.amount.fen()));
        Tally tally = tally_;
        if (auto problem = tally.take(header_, line))
            return refused(problem->fault, problem->field, problem->text);
        if (auto put = this->put(Kind::detail, layout_.detail, line); !put) return put;
        tally_ = tally;
        ++lines_;
        return {};
    }

    std::string take() {
        if (hashes_ && !finished_) sm3_.update(bytes_of(writer_->bytes));
        return std::exchange(writer_->bytes, {});
    }

    Result<void> finish() {
        ensure(!finished_, "a file is finished twice");
        if (header_failure_) return std::unexpected{*header_failure_};
        finished_ = true;
        auto done = check_sums();
        if (done && layout_.trailer.exists()) {
            if (hashes_) {
                sm3_.update(bytes_of(writer_->bytes));
                hash_ = upper_hex(sm3_.finish());
            }
            done = put(Kind::trailer, layout_.trailer, header_);
        } else if (hashes_) {
            sm3_.finish();  // Lent: it goes back fresh.
        }
        if (done) writer_->close();
        return done;
    }

private:
    Result<void> check_sums() const {
        for (const syntax::Sum& sum : tally_.sums(header_))
            if (sum.stated != sum.found)
                return refuse(Fault::mismatch,
                              fmt::format("the header says {}, the lines make {}", sum.stated, sum.found),
                              fmt::format("{}:{}:{}", id_of(header_), lines_ + 2, name_of(sum.slot)));
        for (const syntax::Problem& problem : tally_.after(header_))
            return refuse(problem.fault, problem.text,
                          fmt::format("{}:{}:{}", id_of(header_), lines_ + 2, problem.field));
        return {};
    }

    template <class T>
    Result<void> put(Kind kind, const Record& record, const T& what) {
        values_.resize(record.fields.size());
        for (std::size_t i = 0; i < record.fields.size(); ++i) {
            const Field& field = record.fields[i];
            if (field.slot == Slot::constant || field.slot == Slot::ignored) {
                values_[i] = field.constant;
                continue;
            }
            if (field.slot == Slot::hash) {
                values_[i] = hash_;
                continue;
            }
            ensure(lexis_.write(field, what, values_[i]),
                   "a profile asks a record for what it does not have");
            if (const auto expected = syntax::expected_of(field.slot, values_[i]))
                return refuse(Fault::malformed,
                              fmt::format("expected {}, found {}", *expected, ykt::shown(values_[i])),
                              fmt::format("{}:{}:{}", id_of(header_), lines_ + 2, field.called()));
        }
        auto done = writer_->put(kind, values_);
        if (!done)
            done.error().place = fmt::format("{}:{}:{}", id_of(header_),
                                             lines_ + (kind == Kind::header ? 1 : 2), done.error().place);
        return done;
    }

    const Profile& profile_;
    const Layout& layout_;
    Lexis lexis_;
    Header header_;
    StreamHash& sm3_;
    bool hashes_;
    std::string hash_;
    std::unique_ptr<RecordWriter> writer_;
    std::optional<Failure> header_failure_;
    Values values_;
    Tally tally_;
    std::int64_t lines_ = 0;
    bool finished_ = false;
};

template <class Tally>
class Reading {
public:
    using Header = typename Tally::Header;
    using Line = typename Tally::Line;
    using OnLine = std::function<void(const Line&)>;

    Reading(const Profile& profile, std::string file_name, StreamHash* sm3, OnLine on_line,
            std::size_t faults_max)
        : layout_{Tally::layout_of(profile)},
          lexis_{profile, layout_},
          faults_{std::move(file_name), faults_max},
          on_line_{std::move(on_line)},
          hashes_{sm3 != nullptr && layout_.trailer.carries(Slot::hash)} {
        const auto on_record = [this](Kind kind, std::span<const std::string_view> values,
                                      std::int64_t line) { take(kind, values, line); };
        reader_ = layout_.form == Form::xml
                      ? syntax::read_elements(profile, layout_, faults_, on_record)
                      : syntax::read_lines(profile, layout_, faults_, hashes_ ? sm3 : nullptr, on_record);
    }

    void feed(std::string_view bytes) { reader_->feed(bytes); }

    void finish() {
        reader_->finish();
        complete(layout_, header_);
        const std::int64_t line = reader_->line();
        for (const syntax::Sum& sum : tally_.sums(header_)) {
            if (!layout_.header.carries(sum.slot) && !layout_.trailer.carries(sum.slot)) {
                tally_.fill(header_, sum.slot);
                continue;
            }
            // After a fault the sums could only differ.
            if (faults_.empty() && sum.stated != sum.found)
                faults_.add(Fault::mismatch, line, name_of(sum.slot),
                            fmt::format("the file says {}, its lines make {}", sum.stated, sum.found));
        }
        if (faults_.empty())
            for (const syntax::Problem& problem : tally_.after(header_))
                faults_.add(problem.fault, line, problem.field, problem.text);
    }

    /// Lines that are bad in themselves go there instead of spoiling their file, and the order of lines is not looked at.
    void set_aside_bad_lines(std::function<void(const Failure&)> on_bad_line) {
        on_bad_line_ = std::move(on_bad_line);
        if constexpr (std::is_same_v<Line, ReturnLine>) tally_.any_order = on_bad_line_ != nullptr;
    }

    const Header& header() const { return header_; }
    const Faults& faults() const { return faults_.all(); }
    std::int32_t line_no() const { return static_cast<std::int32_t>(reader_->line()); }

private:
    void take(Kind kind, std::span<const std::string_view> values, std::int64_t line) {
        switch (kind) {
            case Kind::header:
                read_into(layout_.header, values, header_, line);
                complete(layout_, header_);
                return;
            case Kind::detail: return take_line(values, line);
            case Kind::trailer: return take_trailer(values, line);
        }
    }

    template <class T>
    bool read_into(const Record& record, std::span<const std::string_view> values, T& into,
                   std::int64_t line) {
        Faults faults;
        read_into(record, values, into, line, faults);
        for (Failure& fault : faults) faults_.add(std::move(fault));
        return faults.empty();
    }

    /// Gives the slots that could not be read.
    template <class T>
    std::vector<Slot> read_into(const Record& record, std::span<const std::string_view> values, T& into,
                                std::int64_t line, Faults& faults) {
        std::vector<Slot> bad;
        const auto wrong = [&](const Field& field, std::string_view expected, std::string_view found) {
            faults.push_back(faults_.made(Fault::malformed, line, field.called(),
                                          fmt::format("expected {}, found {}", expected, ykt::shown(found))));
            bad.push_back(field.slot);
        };
        for (std::size_t i = 0; i < record.fields.size(); ++i) {
            const Field& field = record.fields[i];
            if (field.slot == Slot::ignored || field.slot == Slot::hash) continue;
            if (field.slot == Slot::constant) {
                if (values[i] != field.constant && !(field.optional && values[i].empty()))
                    wrong(field, fmt::format("'{}'", field.constant), values[i]);
                continue;
            }
            if (field.optional && values[i].empty()) continue;
            if (const auto expected = lexis_.read(field, values[i], into)) wrong(field, *expected, values[i]);
        }
        return bad;
    }

    void take_line(std::span<const std::string_view> values, std::int64_t line) {
        Line read;
        Faults faults;
        const std::vector<Slot> bad = read_into(layout_.detail, values, read, line, faults);
        if constexpr (std::is_same_v<Line, BatchLine>) complete(layout_, header_, read);
        if constexpr (std::is_same_v<Line, ReturnLine>) {
            if (const auto missing = complete(layout_, header_, read); missing && faults.empty())
                faults.push_back(faults_.made(Fault::missing, line, "code", std::string{*missing}));
            if (!faults.empty() && on_bad_line_ && tells_totals(bad) && !tally_.take(header_, read))
                return on_bad_line_(faults.front());
        }
        for (Failure& fault : faults) faults_.add(std::move(fault));
        if (!faults.empty()) return;
        if (auto problem = tally_.take(header_, read))
            return faults_.add(problem->fault, line, problem->field, std::move(problem->text));
        if (on_line_) on_line_(read);
    }

    /// Whether a line that is bad in itself still says how much it is, and of what.
    bool tells_totals(const std::vector<Slot>& bad) const {
        const bool has_status = layout_.detail.carries(Slot::status);
        return std::ranges::none_of(bad, [&](Slot slot) {
            return slot == Slot::constant || slot == Slot::amount || slot == Slot::status ||
                   (slot == Slot::code && !has_status);
        });
    }

    void take_trailer(std::span<const std::string_view> values, std::int64_t line) {
        // Over a copy: where both carry a figure, both must be right.
        Header trailer = header_;
        if (!read_into(layout_.trailer, values, trailer, line)) return;
        if (layout_.header.exists()) {
            for (const syntax::Sum& sum : tally_.sums(trailer))
                if (layout_.trailer.carries(sum.slot) && sum.stated != sum.found && faults_.empty())
                    faults_.add(Fault::mismatch, line, name_of(sum.slot),
                                fmt::format("the trailer says {}, the lines make {}", sum.stated, sum.found));
        }
        for (std::size_t i = 0; i < layout_.trailer.fields.size(); ++i)
            if (hashes_ && layout_.trailer.fields[i].slot == Slot::hash &&
                values[i] != upper_hex(reader_->digest()))
                faults_.add(Fault::mismatch, line, "hash", "the bytes before the trailer have another SM3");
        header_ = std::move(trailer);
    }

    const Layout& layout_;
    Lexis lexis_;
    FaultList faults_;
    OnLine on_line_;
    std::function<void(const Failure&)> on_bad_line_;
    bool hashes_;
    std::unique_ptr<RecordReader> reader_;
    Header header_;
    Tally tally_;
};

// --- behind the door --------------------------------------------------------------------------------------------

template <class Door, class Tally>
class Written final : public Door {
public:
    Written(const Profile& profile, const typename Tally::Header& header, StreamHash& sm3)
        : writing_{profile, header, sm3} {}
    Result<void> add(const typename Tally::Line& line) override { return writing_.add(line); }
    std::string take() override { return writing_.take(); }
    Result<void> finish() override { return writing_.finish(); }

private:
    Writing<Tally> writing_;
};

template <class Door, class Tally>
class Read : public Door {
public:
    Read(const Profile& profile, std::string file_name, StreamHash* sm3,
         typename Reading<Tally>::OnLine on_line, std::size_t faults_max)
        : reading_{profile, std::move(file_name), sm3, std::move(on_line), faults_max} {}
    void feed(std::string_view bytes) override { reading_.feed(bytes); }
    void finish() override { reading_.finish(); }
    const typename Tally::Header& header() const override { return reading_.header(); }
    const Faults& faults() const override { return reading_.faults(); }

protected:
    const Reading<Tally>& reading() const { return reading_; }
    Reading<Tally>& reading() { return reading_; }

private:
    Reading<Tally> reading_;
};

class ReadReturn final : public Read<ReturnReading, ReturnTally> {
public:
    ReadReturn(const Profile& profile, std::string file_name, StreamHash& sm3, ReturnReader::OnLine on_line,
               ReturnReader::OnBadLine on_bad_line, std::size_t faults_max)
        : Read{profile, std::move(file_name), &sm3, std::move(on_line), faults_max} {
        reading().set_aside_bad_lines(std::move(on_bad_line));
    }
    std::int32_t line_no() const override { return reading().line_no(); }
};

// The canonical profile keeps its own writers and readers: they are what the bulk way is measured with.

class CanonicalBatch final : public BatchWriting {
public:
    CanonicalBatch(const BatchHeader& header, StreamHash& sm3) : writer_{header, sm3} {}
    Result<void> add(const BatchLine& line) override { return writer_.add(line); }
    std::string take() override { return writer_.take(); }
    Result<void> finish() override { return writer_.finish(); }

private:
    BatchWriter writer_;
};

class CanonicalReturn final : public ReturnWriting {
public:
    CanonicalReturn(const Profile& profile, const ReturnHeader& header, StreamHash& sm3)
        : profile_{profile}, writer_{header, sm3} {}
    Result<void> add(const ReturnLine& line) override {
        if (profile_.codes.empty()) return writer_.add(line);
        ReturnLine own = line;
        if (const auto reason = reason_of(line.code)) {
            const auto code = profile_.bank_code_of(*reason);
            if (!code) return refuse(Fault::unknown, "the bank has no code for this reason", "code");
            own.code = *code;
        }
        return writer_.add(own);
    }
    std::string take() override { return writer_.take(); }
    Result<void> finish() override { return writer_.finish(); }

private:
    const Profile& profile_;
    ReturnWriter writer_;
};

template <class Door, class Reader, class Header>
class CanonicalRead : public Door {
public:
    explicit CanonicalRead(Reader reader) : reader_{std::move(reader)} {}
    void feed(std::string_view bytes) override { reader_.feed(bytes); }
    void finish() override { reader_.finish(); }
    const Header& header() const override { return reader_.header(); }
    const Faults& faults() const override { return reader_.faults(); }

protected:
    const Reader& reader() const { return reader_; }

private:
    Reader reader_;
};

class CanonicalReadReturn final : public CanonicalRead<ReturnReading, ReturnReader, ReturnHeader> {
public:
    using CanonicalRead::CanonicalRead;
    std::int32_t line_no() const override { return reader().line_no(); }
};

}  // namespace

std::unique_ptr<BatchWriting> write_batch(const Profile& profile, const BatchHeader& header,
                                          StreamHash& sm3) {
    if (profile.batch.form == Form::ykt_text) return std::make_unique<CanonicalBatch>(header, sm3);
    return std::make_unique<Written<BatchWriting, BatchTally>>(profile, header, sm3);
}

std::unique_ptr<ReturnWriting> write_return(const Profile& profile, const ReturnHeader& header,
                                            StreamHash& sm3) {
    if (profile.answer.form == Form::ykt_text) return std::make_unique<CanonicalReturn>(profile, header, sm3);
    return std::make_unique<Written<ReturnWriting, ReturnTally>>(profile, header, sm3);
}

std::unique_ptr<BatchReading> read_batch(const Profile& profile, std::string file_name, StreamHash* sm3,
                                         BatchReader::OnLine on_line, std::size_t faults_max) {
    if (profile.batch.form == Form::ykt_text) {
        using Canonical = CanonicalRead<BatchReading, BatchReader, BatchHeader>;
        return std::make_unique<Canonical>(
            sm3 == nullptr ? BatchReader{std::move(file_name), std::move(on_line), faults_max}
                           : BatchReader{std::move(file_name), *sm3, std::move(on_line), faults_max});
    }
    return std::make_unique<Read<BatchReading, BatchTally>>(profile, std::move(file_name), sm3,
                                                            std::move(on_line), faults_max);
}

std::unique_ptr<ReturnReading> read_return(const Profile& profile, std::string file_name, StreamHash& sm3,
                                           ReturnReader::OnLine on_line, std::size_t faults_max) {
    return read_return(profile, std::move(file_name), sm3, std::move(on_line), {}, faults_max);
}

std::unique_ptr<ReturnReading> read_return(const Profile& profile, std::string file_name, StreamHash& sm3,
                                           ReturnReader::OnLine on_line, ReturnReader::OnBadLine on_bad_line,
                                           std::size_t faults_max) {
    if (profile.answer.form == Form::ykt_text) {
        if (!profile.codes.empty() && on_line)
            on_line = [&profile, inner = std::move(on_line)](const ReturnLine& line) {
                const std::string code = profile.canonical_code(line.code);
                ReturnLine ours = line;
                ours.code = code;
                inner(ours);
            };
        return std::make_unique<CanonicalReadReturn>(
            ReturnReader{std::move(file_name), sm3, std::move(on_line), std::move(on_bad_line), faults_max});
    }
    return std::make_unique<ReadReturn>(profile, std::move(file_name), sm3, std::move(on_line),
                                        std::move(on_bad_line), faults_max);
}

bool states_canonically(const Profile& profile) {
    const Layout &own = profile.statement, &canonical = canonical_profile().statement;
    const auto same = [](const Record& left, const Record& right) {
        return std::ranges::equal(left.fields, right.fields, [](const Field& one, const Field& other) {
            return one.slot == other.slot && one.constant == other.constant;
        });
    };
    return own.form == canonical.form && profile.delimiter == canonical_profile().delimiter &&
           profile.encoding == canonical_profile().encoding && same(own.header, canonical.header) &&
           same(own.detail, canonical.detail) && same(own.trailer, canonical.trailer);
}

std::unique_ptr<StatementWriting> write_statement(const Profile& profile, const StatementHeader& header,
                                                  StreamHash& sm3) {
    if (profile.statement.form == Form::camt) return camt::write(profile, header);
    return std::make_unique<Written<StatementWriting, StatementTally>>(profile, header, sm3);
}

std::unique_ptr<StatementReading> read_statement(const Profile& profile, std::string file_name,
                                                 StreamHash& sm3, StatementReading::OnLine on_line,
                                                 std::size_t faults_max) {
    if (profile.statement.form == Form::camt)
        return camt::read(profile, std::move(file_name), std::move(on_line), faults_max);
    return std::make_unique<Read<StatementReading, StatementTally>>(profile, std::move(file_name), &sm3,
                                                                    std::move(on_line), faults_max);
}

}  // namespace onecard::bankfile
