#include "onecard/bankfile/formats.hpp"

#include <algorithm>

#include "camt.hpp"
#include "reading.hpp"
#include "tally.hpp"
#include "writing.hpp"

namespace onecard::bankfile {

namespace {

class Statements : public syntax::StatementTally {
public:
    static constexpr Slot id_slot = Slot::statement_id;
    static const std::string& id_of(const StatementHeader& header) { return header.statement_id; }
    static std::optional<std::string_view> lost(const Record& record, const StatementHeader&,
                                                const StatementLine& line) {
        if (!line.reference.empty() && !record.carries(Slot::reference)) return "reference";
        if (!line.bank_reference.empty() && !record.carries(Slot::bank_reference)) return "bank_reference";
        if (!line.code.empty() && !record.carries(Slot::code)) return "code";
        if (!line.text.empty() && !record.carries(Slot::text)) return "text";
        if (line.balance && !record.carries(Slot::balance)) return "balance";
        return std::nullopt;
    }
    static bool is_sayable(const Profile& profile, const StatementLine& line) {
        const auto reason = reason_of(line.code);
        return !reason || profile.bank_code_of(*reason).has_value();
    }
    static void complete(const Layout&, StatementHeader& header) {
        header.kind =
            header.opening && header.closing ? StatementKind::end_of_day : StatementKind::notification;
    }
    static std::optional<std::string_view> complete(const Layout&, const StatementHeader&, StatementLine&) {
        return std::nullopt;
    }
};

class ReadStatement final : public syntax::Read<StatementReading, Statements> {
public:
    using Read::Read;
    XmlPlace xml_place() const override { return reading().xml_place(); }
};

}  // namespace

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
    return std::make_unique<syntax::Written<StatementWriting, Statements>>(profile, header, sm3);
}

std::unique_ptr<StatementReading> read_statement(const Profile& profile, std::string file_name,
                                                 StreamHash& sm3, StatementReading::OnLine on_line,
                                                 std::size_t faults_max) {
    if (profile.statement.form == Form::camt)
        return camt::read(profile, std::move(file_name), std::move(on_line), faults_max);
    return std::make_unique<ReadStatement>(profile, std::move(file_name), &sm3, std::move(on_line),
                                           faults_max);
}

}  // namespace onecard::bankfile
