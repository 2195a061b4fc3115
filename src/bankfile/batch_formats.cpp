#include "onecard/bankfile/formats.hpp"

#include "reading.hpp"
#include "tally.hpp"
#include "writing.hpp"

namespace onecard::bankfile {

namespace {

class Batches : public syntax::BatchTally {
public:
    static constexpr Slot id_slot = Slot::file_id;
    static const std::string& id_of(const BatchHeader& header) { return header.file_id; }
    static std::optional<std::string_view> lost(const Record& record, const BatchHeader& header,
                                                const BatchLine& line) {
        if (!line.remark.empty() && !record.carries(Slot::remark)) return "remark";
        if (!line.summary.empty() && !record.carries(Slot::summary)) return "summary";
        if (line.bank_code != header.bank_code && !record.carries(Slot::bank_code)) return "bank_code";
        return std::nullopt;
    }
    static bool is_sayable(const Profile&, const BatchLine&) { return true; }
    static void complete(const Layout&, BatchHeader& header) {
        if (header.file_id.size() < 15) return;
        if (const auto county = County::parse(header.file_id.substr(3, 6))) header.county = *county;
        if (const auto period = Month::parse(header.file_id.substr(9, 6))) header.period = *period;
    }
    static std::optional<std::string_view> complete(const Layout& layout, const BatchHeader& header,
                                                    BatchLine& line) {
        if (!layout.detail.carries(Slot::bank_code)) line.bank_code = header.bank_code;
        return std::nullopt;
    }
};

/// The canonical profile keeps its own writers: they are what the bulk way is measured with.
class CanonicalBatch final : public BatchWriting {
public:
    CanonicalBatch(const BatchHeader& header, StreamHash& sm3) : writer_{header, sm3} {}
    Result<void> add(const BatchLine& line) override { return writer_.add(line); }
    std::string take() override { return writer_.take(); }
    Result<void> finish() override { return writer_.finish(); }

private:
    BatchWriter writer_;
};

}  // namespace

std::unique_ptr<BatchWriting> write_batch(const Profile& profile, const BatchHeader& header,
                                          StreamHash& sm3) {
    if (profile.batch.form == Form::ykt_text) return std::make_unique<CanonicalBatch>(header, sm3);
    return std::make_unique<syntax::Written<BatchWriting, Batches>>(profile, header, sm3);
}

std::unique_ptr<BatchReading> read_batch(const Profile& profile, std::string file_name, StreamHash* sm3,
                                         BatchReader::OnLine on_line, std::size_t faults_max) {
    if (profile.batch.form == Form::ykt_text) {
        using Canonical = syntax::CanonicalRead<BatchReading, BatchReader, BatchHeader>;
        return std::make_unique<Canonical>(
            sm3 == nullptr ? BatchReader{std::move(file_name), std::move(on_line), faults_max}
                           : BatchReader{std::move(file_name), *sm3, std::move(on_line), faults_max});
    }
    return std::make_unique<syntax::Read<BatchReading, Batches>>(profile, std::move(file_name), sm3,
                                                                 std::move(on_line), faults_max);
}

}  // namespace onecard::bankfile
