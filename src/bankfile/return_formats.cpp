#include "onecard/bankfile/formats.hpp"

#include "reading.hpp"
#include "tally.hpp"
#include "writing.hpp"

namespace onecard::bankfile {

namespace {

class Returns : public syntax::ReturnTally {
public:
    static constexpr Slot id_slot = Slot::file_id;
    static const std::string& id_of(const ReturnHeader& header) { return header.file_id; }
    static std::optional<std::string_view> lost(const Record& record, const ReturnHeader&,
                                                const ReturnLine& line) {
        if (!line.bank_reference.empty() && !record.carries(Slot::bank_reference)) return "bank_reference";
        if (!line.text.empty() && !record.carries(Slot::text)) return "text";
        return std::nullopt;
    }
    static bool is_sayable(const Profile& profile, const ReturnLine& line) {
        const auto reason = reason_of(line.code);
        return !reason || profile.bank_code_of(*reason).has_value();
    }
    static void complete(const Layout& layout, ReturnHeader& header) {
        if (header.file_id.size() >= 9)
            if (const auto county = County::parse(header.file_id.substr(3, 6))) header.county = *county;
        if (!layout.header.carries(Slot::value_day)) header.value_day = header.made_at.day_in_china();
    }
    /// Errors: the code that is missing where the status alone does not say it.
    static std::optional<std::string_view> complete(const Layout& layout, const ReturnHeader&,
                                                    ReturnLine& line) {
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
};

class ReadReturn final : public syntax::Read<ReturnReading, Returns> {
public:
    ReadReturn(const Profile& profile, std::string file_name, StreamHash& sm3, ReturnReader::OnLine on_line,
               ReturnReader::OnBadLine on_bad_line, std::size_t faults_max)
        : Read{profile, std::move(file_name), &sm3, std::move(on_line), faults_max} {
        reading().set_aside_bad_lines(std::move(on_bad_line));
    }
    std::int32_t line_no() const override { return reading().line_no(); }
    XmlPlace xml_place() const override { return reading().xml_place(); }
};

/// The canonical profile keeps its own writers: they are what the bulk way is measured with.
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

class CanonicalReadReturn final : public syntax::CanonicalRead<ReturnReading, ReturnReader, ReturnHeader> {
public:
    using CanonicalRead::CanonicalRead;
    std::int32_t line_no() const override { return reader().line_no(); }
};

}  // namespace

std::unique_ptr<ReturnWriting> write_return(const Profile& profile, const ReturnHeader& header,
                                            StreamHash& sm3) {
    if (profile.answer.form == Form::ykt_text) return std::make_unique<CanonicalReturn>(profile, header, sm3);
    return std::make_unique<syntax::Written<ReturnWriting, Returns>>(profile, header, sm3);
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

}  // namespace onecard::bankfile
