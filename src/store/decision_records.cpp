#include <algorithm>
#include <array>
#include <limits>

#include "onecard/store/embedded_sql.hpp"
#include "records.hpp"

namespace onecard::store {
namespace {

app::Motion::Kind kind_in(const std::string& code) {
    using Kind = app::Motion::Kind;
    static constexpr std::array kinds{Kind::resolve_break, Kind::cancel_failure, Kind::send_again,
                                      Kind::close_month, Kind::close_year};
    const auto found = std::ranges::find_if(kinds, [&](Kind kind) { return app::code_of(kind) == code; });
    ensure(found != kinds.end(), "a proposal of a kind that there is not");
    return *found;
}

class Decisions final : public app::DecisionRecords {
public:
    explicit Decisions(Connection& connection) : connection_{connection} {}

    std::int64_t put_proposal(const app::Motion& proposal) override {
        return connection_.number(sql::put_motion, {{"county", proposal.county},
                                                    {"kind", app::code_of(proposal.kind)},
                                                    {"subject", proposal.subject},
                                                    {"detail", proposal.detail},
                                                    {"evidence", proposal.evidence},
                                                    {"amount", proposal.amount},
                                                    {"needs_second", proposal.needs_second},
                                                    {"proposed_by", proposal.proposed_by},
                                                    {"fingerprint", proposal.fingerprint},
                                                    {"at", proposal.at}});
    }

    std::optional<app::Motion> proposal(std::int64_t no) override {
        std::optional<app::Motion> found;
        connection_.each(sql::motion, {{"proposal_no", no}}, [&](Row& row) {
            app::Motion& proposal = found.emplace();
            proposal.no = row.number();
            proposal.county = row.county();
            proposal.kind = kind_in(row.text());
            proposal.subject = row.text();
            proposal.detail = row.text();
            proposal.evidence = row.text();
            proposal.amount = row.money();
            proposal.needs_second = row.flag();
            proposal.proposed_by = row.text();
            proposal.fingerprint = row.digest();
            proposal.at = row.moment();
            proposal.done = row.flag();
            if (!row.is_null()) proposal.agreed = row.flag();
        });
        return found;
    }

    void lock_proposal(std::int64_t no) override {
        ensure(no > 0 && no <= std::numeric_limits<std::int32_t>::max(),
               "a proposal's number does not fit its lock");
        connection_.lock(LockClass::proposals, static_cast<std::int32_t>(no));
    }

    void put_consent(const app::Motion& proposal, std::string_view by, const Digest& fingerprint, bool agreed,
                     Moment at) override {
        connection_.run(sql::put_consent, {{"proposal_no", proposal.no},
                                           {"proposed_by", proposal.proposed_by},
                                           {"answered_by", by},
                                           {"fingerprint", fingerprint},
                                           {"agreed", agreed},
                                           {"at", at}});
    }

    void put_done(const app::Motion& proposal, Moment at) override {
        connection_.run(sql::put_proposal_done,
                        {{"proposal_no", proposal.no}, {"needs_second", proposal.needs_second}, {"at", at}});
    }

    void put_failure_end(const app::OpenFailure& failure, bool paid, std::int64_t proposal_no,
                         Moment at) override {
        connection_.run(sql::put_failure_end, {{"part", failure.part},
                                               {"county", failure.county},
                                               {"serial", failure.serial},
                                               {"attempt", failure.attempt},
                                               {"fate", paid ? "paid" : "cancelled"},
                                               {"proposal_no", proposal_no},
                                               {"at", at}});
    }

    void put_failure_note(const app::OpenFailure& failure, bool retry, std::string_view reason,
                          std::string_view by, Moment at) override {
        connection_.run(sql::put_failure_note, {{"part", failure.part},
                                                {"county", failure.county},
                                                {"serial", failure.serial},
                                                {"attempt", failure.attempt},
                                                {"decision", retry ? "retry" : "hold"},
                                                {"reason", reason},
                                                {"by", by},
                                                {"at", at}});
    }

    std::optional<app::BreakRecord> break_of(County county, std::int64_t no) override {
        std::optional<app::BreakRecord> found;
        connection_.each(sql::break_of, {{"county", county}, {"break_no", no}}, [&](Row& row) {
            app::BreakRecord& one = found.emplace();
            one.county = county;
            one.no = no;
            const auto kind = recon::break_kind_of(row.text());
            ensure(kind.has_value(), "a break of a kind that there is not");
            one.kind = *kind;
            one.amount = row.money();
            one.bank = row.id<BankNo>();
            one.reference = row.text();
            one.resolved = row.flag();
        });
        return found;
    }

    void put_break_owner(const app::BreakRecord& one, std::string_view owner, std::string_view by,
                         Moment at) override {
        connection_.run(
            sql::put_break_owner,
            {{"county", one.county}, {"break_no", one.no}, {"owner", owner}, {"given_by", by}, {"at", at}});
    }

    void put_break_resolution(const app::BreakRecord& one, recon::Resolution resolution,
                              std::int64_t proposal_no, Moment at) override {
        connection_.run(sql::put_break_resolution, {{"county", one.county},
                                                    {"break_no", one.no},
                                                    {"resolution", recon::text_of(resolution).code},
                                                    {"proposal_no", proposal_no},
                                                    {"at", at}});
    }

    std::optional<PaidAttempt> paid_attempt(const PaymentReference& attempt, PartNo part) override {
        std::optional<PaidAttempt> found;
        connection_.each(sql::paid_attempt,
                         {{"county", attempt.county},
                          {"serial", attempt.serial},
                          {"attempt", attempt.attempt},
                          {"part", part}},
                         [&](Row& row) {
                             PaidAttempt& paid = found.emplace();
                             paid.amount = row.money();
                             paid.return_no = row.number();
                             paid.line = row.as<std::int32_t>();
                             paid.bank = row.id<BankNo>();
                         });
        return found;
    }

    void put_statement_return(const app::OpenFailure& failure, std::int64_t proposal_no) override {
        connection_.run(sql::put_statement_return, {{"part", failure.part},
                                                    {"county", failure.county},
                                                    {"serial", failure.serial},
                                                    {"attempt", failure.attempt},
                                                    {"reason", static_cast<std::int16_t>(failure.reason)},
                                                    {"amount", failure.amount},
                                                    {"value_day", failure.value_day.epoch_days()},
                                                    {"paid_by", failure.return_no},
                                                    {"line", failure.line},
                                                    {"proposal_no", proposal_no}});
    }

    std::optional<OpenClaim> open_claim(County county, std::int64_t break_no) override {
        std::optional<OpenClaim> found;
        connection_.each(sql::open_claim, {{"county", county}, {"break_no", break_no}}, [&](Row& row) {
            OpenClaim& claim = found.emplace();
            claim.bank = row.id<BankNo>();
            claim.left = row.money();
            claim.repayments = row.number();
        });
        return found;
    }

    void put_claim_repayment(const app::BreakRecord& by, std::int64_t claim_no,
                             const OpenClaim& before) override {
        connection_.run(sql::put_claim_repayment, {{"county", by.county},
                                                   {"claim_no", claim_no},
                                                   {"step", before.repayments + 1},
                                                   {"break_no", by.no},
                                                   {"amount", by.amount},
                                                   {"left_after", before.left - by.amount}});
    }

private:
    Connection& connection_;
};

}  // namespace

std::unique_ptr<app::DecisionRecords> decision_records(Connection& connection) {
    return std::make_unique<Decisions>(connection);
}

}  // namespace onecard::store
