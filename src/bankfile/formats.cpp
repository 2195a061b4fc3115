#include "onecard/bankfile/formats.hpp"

#include <algorithm>
#include <utility>

#include "camt.hpp"
#include "reading.hpp"
#include "writing.hpp"

namespace onecard::bankfile {

namespace {

using syntax::BatchTally;
using syntax::Reading;
using syntax::ReturnTally;
using syntax::StatementTally;
using syntax::Writing;

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
