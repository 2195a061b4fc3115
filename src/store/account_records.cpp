#include "onecard/app/account_records.hpp"

#include "binary_copy.hpp"
#include "connection.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "records.hpp"

namespace onecard::store {
namespace {

class Accounts final : public app::AccountRecords {
public:
    explicit Accounts(Connection& connection) : connection_{connection} {}

    using AccountRecords::changes;
    std::vector<app::AccountChange> changes(County county, ImportNo known_at, Moment since,
                                            const After& after, std::int64_t rows_max) override {
        std::vector<app::AccountChange> found;
        connection_.each(sql::account_changes,
                         {{"county", county},
                          {"known_at", known_at},
                          {"since", since},
                          {"after_kind", after.payee_kind},
                          {"after_payee", after.payee},
                          {"after_import", after.import},
                          {"most", rows_max}},
                         [&](Row& row) {
                             app::AccountChange& change = found.emplace_back();
                             change.payee_kind = static_cast<registry::PayeeKind>(row.number());
                             change.payee = row.number();
                             change.import = row.id<ImportNo>();
                             change.imported_by = row.text();
                             change.imported_at = row.moment();
                             change.bank_before = row.id<BankNo>();
                             change.bank = row.id<BankNo>();
                             change.account = row.bytes();
                             change.holder = row.text();
                             change.confirmed_by = row.text();
                             if (const Moment at = row.moment(); at != Moment{}) change.confirmed_at = at;
                         });
        return found;
    }

    void put_confirmation(const app::AccountConfirmation& word) override {
        connection_.run(sql::put_account_confirmation,
                        {{"county", word.county},
                         {"payee_kind", static_cast<std::int16_t>(word.payee_kind)},
                         {"payee", word.payee},
                         {"import_no", word.import},
                         {"imported_by", word.imported_by},
                         {"officer", word.officer},
                         {"fingerprint", word.fingerprint},
                         {"at", word.at}});
    }

    std::int32_t begin_name_check() override {
        connection_.lock(LockClass::name_checks);
        return static_cast<std::int32_t>(connection_.number(sql::name_check_next));
    }

    void put_name_check(const app::NameCheckRecord& check,
                        std::span<const app::AskedAccount> lines) override {
        connection_.run(sql::put_name_check, {{"check_no", check.no},
                                              {"county", check.county},
                                              {"bank", check.bank},
                                              {"import_no", check.import},
                                              {"file_id", check.file_id},
                                              {"lines", check.lines},
                                              {"file_digest", check.file_digest},
                                              {"signature", hex_of(check.signature)},
                                              {"made_by", check.made_by},
                                              {"at", check.at}});
        CopyIn copy{connection_,
                    "name_check_line (check_no, line, county, payee_kind, payee, account_import)"};
        std::int32_t line = 0;
        for (const app::AskedAccount& asked : lines) {
            copy.row(6);
            copy.put(check.no);
            copy.put(++line);
            copy.put(check.county);
            copy.put(static_cast<std::int16_t>(asked.payee_kind));
            copy.put(asked.payee);
            copy.put(asked.import.number());
        }
        copy.finish();
    }

    std::vector<app::NameCheckRecord> name_checks_of(BankNo bank, std::string_view file_id) override {
        std::vector<app::NameCheckRecord> checks;
        connection_.each(sql::name_checks_of_bank, {{"bank", bank}, {"file_id", file_id}}, [&](Row& row) {
            app::NameCheckRecord check;
            check.no = row.as<std::int32_t>();
            check.county = County::of_number(row.as<std::int32_t>());
            check.bank = row.id<BankNo>();
            check.import = row.id<ImportNo>();
            check.file_id = row.text();
            check.lines = row.as<std::int32_t>();
            check.file_digest = row.digest();
            check.signature = row.bytes();
            check.made_by = row.text();
            check.at = row.moment();
            if (const Moment at = row.moment(); at != Moment{}) check.answered_at = at;
            checks.push_back(std::move(check));
        });
        return checks;
    }

    std::vector<app::AskedAccount> lines_of_name_check(std::int32_t no) override {
        std::vector<app::AskedAccount> lines;
        connection_.each(sql::name_check_lines, {{"check_no", no}},
                         [&](Row& row) { lines.push_back(take_asked(row)); });
        return lines;
    }

    void put_name_answer(std::int32_t no, std::string_view cms, const Digest& fingerprint, Moment at,
                         std::span<const bankfile::Reason> reasons) override {
        connection_.run(sql::put_name_answer,
                        {{"check_no", no}, {"cms", hex_of(cms)}, {"fingerprint", fingerprint}, {"at", at}});
        CopyIn copy{connection_, "name_verdict (check_no, line, reason)"};
        std::int32_t line = 0;
        for (const bankfile::Reason reason : reasons) {
            copy.row(3);
            copy.put(no);
            copy.put(++line);
            copy.put(static_cast<std::int16_t>(reason));
        }
        copy.finish();
    }

    std::string name_answer_of(std::int32_t no) override {
        std::string cms;
        connection_.each(sql::name_answer_of, {{"check_no", no}}, [&](Row& row) { cms = row.bytes(); });
        return cms;
    }

    std::vector<app::NameVerdict> name_verdicts(County county) override {
        std::vector<app::NameVerdict> verdicts;
        connection_.each(sql::name_questions_put, {{"county", county}}, [&](Row& row) {
            app::NameVerdict verdict;
            verdict.account = take_asked(row);
            if (const std::int64_t reason = row.number(); reason > 0)
                verdict.reason = static_cast<bankfile::Reason>(reason - 1);
            verdicts.push_back(verdict);
        });
        return verdicts;
    }

private:
    static app::AskedAccount take_asked(Row& row) {
        app::AskedAccount asked;
        asked.payee_kind = static_cast<registry::PayeeKind>(row.number());
        asked.payee = row.number();
        asked.import = row.id<ImportNo>();
        return asked;
    }
    Connection& connection_;
};

}  // namespace

std::unique_ptr<app::AccountRecords> account_records(Connection& connection) {
    return std::make_unique<Accounts>(connection);
}

}  // namespace onecard::store
