#include "camt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fields.hpp"
#include "records.hpp"
#include "tally.hpp"
#include "values.hpp"
#include "xml_events.hpp"

/// ISO 20022 camt.053.001.08 (BankToCustomerStatement) and camt.054.001.08 (BankToCustomerDebitCreditNotification).
namespace onecard::bankfile::camt {

namespace {

constexpr std::string_view statement_space = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";
constexpr std::string_view notification_space = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08";
constexpr std::string_view no_reference = "NOTPROVIDED";
constexpr std::size_t text_characters_max = 140;

struct Words {
    std::string_view message, body, name_space;
};
Words words_of(StatementKind kind) {
    return kind == StatementKind::end_of_day ? Words{"BkToCstmrStmt", "Stmt", statement_space}
                                             : Words{"BkToCstmrDbtCdtNtfctn", "Ntfctn", notification_space};
}

// --- writing ----------------------------------------------------------------------------------------------------

class Writer final : public StatementWriting {
public:
    Writer(const Profile& profile, const StatementHeader& header)
        : profile_{profile}, header_{header}, words_{words_of(header.kind)} {
        if (syntax::expected_of(Slot::statement_id, header.statement_id) ||
            syntax::expected_of(Slot::account, header.account) ||
            (!header.bank_code.empty() && syntax::expected_of(Slot::bank_code, header.bank_code))) {
            failure_ =
                Failure{Fault::malformed, "header", "the statement's id, account or bank code is malformed"};
            return;
        }
        if ((header.kind == StatementKind::end_of_day) != (header.opening && header.closing)) {
            failure_ =
                Failure{Fault::missing, "header", "a statement has both balances, a notification has none"};
            return;
        }
        bytes_ = fmt::format(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"{}\">\n<{}><GrpHdr><MsgId>{}</MsgId>"
            "<CreDtTm>{}</CreDtTm></GrpHdr>\n<{}><Id>{}</Id><CreDtTm>{}</CreDtTm><FrToDt><FrDtTm>{}T00:00:00+08:00"
            "</FrDtTm><ToDtTm>{}T23:59:59+08:00</ToDtTm></FrToDt><Acct><Id><Othr><Id>{}</Id></Othr></Id><Ccy>CNY</Ccy>",
            words_.name_space, words_.message, escaped(header.statement_id), header.made_at.text(),
            words_.body, escaped(header.statement_id), header.made_at.text(), header.first_day.text(),
            header.last_day.text(), header.account);
        if (!header.bank_code.empty())
            bytes_ += fmt::format(
                "<Svcr><FinInstnId><ClrSysMmbId><MmbId>{}</MmbId></ClrSysMmbId></FinInstnId></Svcr>",
                header.bank_code);
        bytes_ += "</Acct>\n";
        if (header.opening) bytes_ += balance("OPBD", *header.opening, header.first_day);
        if (header.closing) bytes_ += balance("CLBD", *header.closing, header.last_day);
    }

    Result<void> add(const StatementLine& line) override {
        ensure(!finished_, "a line is added after the end");
        if (failure_) return std::unexpected{*failure_};
        const auto refused = [&](Fault fault, std::string_view field, std::string text) {
            return refuse(fault, std::move(text),
                          fmt::format("{}:{}:{}", header_.statement_id, lines_ + 1, field));
        };
        const std::array<std::pair<Slot, std::string_view>, 4> texts{
            {{Slot::reference, line.reference},
             {Slot::bank_reference, line.bank_reference},
             {Slot::code, line.code},
             {Slot::text, line.text}}};
        for (const auto& [slot, text] : texts)
            if (const auto expected = syntax::expected_of(slot, text))
                return refused(Fault::malformed, name_of(slot), fmt::format("expected {}", *expected));
        if (line.bank_reference.size() > 35)
            return refused(Fault::malformed, "bank_reference", "expected at most 35 characters");
        if (line.balance) return refused(Fault::malformed, "balance", "the format has no place for it");
        if (line.amount.fen() <= 0) return refused(Fault::out_of_range, "amount", "expected more than 0");
        std::string text;
        if (auto encoded = syntax::append_encoded(profile_, line.text, '\0', 0, text); !encoded)
            return refused(encoded.error().fault, "text", encoded.error().text);
        std::string_view code = line.code;
        if (const auto reason = reason_of(code)) {
            const auto own = profile_.bank_code_of(*reason);
            if (!own) return refused(Fault::unknown, "code", "the bank has no code for this reason");
            code = *own;
        } else if (code.starts_with('?')) {
            code.remove_prefix(1);
        }
        syntax::StatementTally tally = tally_;
        if (auto problem = tally.take(header_, line))
            return refused(problem->fault, problem->field, std::move(problem->text));
        tally_ = tally;
        ++lines_;
        const std::string_view side = line.direction == Direction::credit ? "CRDT" : "DBIT";
        entries_ += fmt::format(
            "<Ntry><NtryRef>{}</NtryRef><Amt Ccy=\"CNY\">{}</Amt><CdtDbtInd>{}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
            "<BookgDt><Dt>{}</Dt></BookgDt><ValDt><Dt>{}</Dt></ValDt>",
            line.seq, line.amount.yuan(), side, line.booking_day.text(), line.value_day.text());
        if (!line.bank_reference.empty())
            entries_ += fmt::format("<AcctSvcrRef>{}</AcctSvcrRef>", escaped(line.bank_reference));
        entries_ += fmt::format(
            "<BkTxCd><Prtry><Cd>{}</Cd></Prtry></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>{}</EndToEndId></Refs>"
            "<Amt Ccy=\"CNY\">{}</Amt><CdtDbtInd>{}</CdtDbtInd>",
            code.empty() ? "PAYMENT" : "RETURN",
            line.reference.empty() ? std::string{no_reference} : escaped(line.reference), line.amount.yuan(),
            side);
        if (!line.text.empty())
            entries_ += fmt::format("<RmtInf><Ustrd>{}</Ustrd></RmtInf>", escaped(line.text));
        if (!code.empty()) entries_ += fmt::format("<RtrInf><Rsn><Cd>{}</Cd></Rsn></RtrInf>", escaped(code));
        entries_ += "</TxDtls></NtryDtls></Ntry>\n";
        // The sums stand before the entries, and are the header's.
        put_summary();
        bytes_ += std::exchange(entries_, {});
        return {};
    }

    std::string take() override { return std::exchange(bytes_, {}); }

    Result<void> finish() override {
        ensure(!finished_, "a statement is finished twice");
        if (failure_) return std::unexpected{*failure_};
        finished_ = true;
        for (const syntax::Sum& sum : tally_.sums(header_))
            if (sum.stated != sum.found)
                return refuse(Fault::mismatch,
                              fmt::format("the header says {}, the lines make {}", sum.stated, sum.found),
                              fmt::format("{}:{}", header_.statement_id, name_of(sum.slot)));
        for (const syntax::Problem& problem : tally_.after(header_))
            return refuse(problem.fault, problem.text,
                          fmt::format("{}:{}", header_.statement_id, problem.field));
        put_summary();
        bytes_ += fmt::format("</{}></{}>\n</Document>\n", words_.body, words_.message);
        return {};
    }

private:
    static std::string escaped(std::string_view text) {
        std::string out;
        for (const char c : text) {
            if (c == '&')
                out += "&amp;";
            else if (c == '<')
                out += "&lt;";
            else if (c == '>')
                out += "&gt;";
            else
                out += c;
        }
        return out;
    }

    static std::string balance(std::string_view code, Money amount, Day day) {
        return fmt::format(
            "<Bal><Tp><CdOrPrtry><Cd>{}</Cd></CdOrPrtry></Tp><Amt Ccy=\"CNY\">{}</Amt><CdtDbtInd>{}</CdtDbtInd>"
            "<Dt><Dt>{}</Dt></Dt></Bal>\n",
            code, amount.is_negative() ? (-amount).yuan() : amount.yuan(),
            amount.is_negative() ? "DBIT" : "CRDT", day.text());
    }

    void put_summary() {
        if (std::exchange(summed_, true)) return;
        bytes_ += fmt::format(
            "<TxsSummry><TtlNtries><NbOfNtries>{}</NbOfNtries></TtlNtries><TtlCdtNtries><Sum>{}</Sum></TtlCdtNtries>"
            "<TtlDbtNtries><Sum>{}</Sum></TtlDbtNtries></TxsSummry>\n",
            header_.count, header_.credits.yuan(), header_.debits.yuan());
    }

    const Profile& profile_;
    StatementHeader header_;
    Words words_;
    std::optional<Failure> failure_;
    std::string bytes_, entries_;
    syntax::StatementTally tally_;
    std::int64_t lines_ = 0;
    bool summed_ = false, finished_ = false;
};

// --- reading ----------------------------------------------------------------------------------------------------

std::string_view cut(std::string_view text) {
    std::size_t characters = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U && ++characters > text_characters_max)
            return text.substr(0, i);
    return text;
}

class Reader final : public StatementReading, private syntax::XmlEvents {
public:
    Reader(const Profile& profile, std::string file_name, OnLine on_line, std::size_t faults_max)
        : Reader{std::make_unique<syntax::FaultList>(std::move(file_name), faults_max), profile,
                 std::move(on_line)} {}

    void feed(std::string_view bytes) override { XmlEvents::feed(bytes); }

    void finish() override {
        XmlEvents::finish();
        if (!list_->empty()) return;
        if (bodies_ == 0) return wrong("Stmt", "there is no statement in it");
        if (header_.statement_id.empty()) wrong("Id", "the statement has no id");
        if (header_.account.empty()) wrong("Acct", "the statement names no account (Acct/Id/Othr/Id)");
        if (header_.kind == StatementKind::end_of_day && !(header_.opening && header_.closing))
            wrong("Bal", "a statement needs its opening (OPBD) and closing (CLBD) balance");
        for (const Slot slot : {Slot::count, Slot::credits, Slot::debits}) tally_.fill(header_, slot);
        if (stated_credits_ && *stated_credits_ != header_.credits)
            wrong("TtlCdtNtries", "the sum of the credits differs from the entries", Fault::mismatch);
        if (stated_debits_ && *stated_debits_ != header_.debits)
            wrong("TtlDbtNtries", "the sum of the debits differs from the entries", Fault::mismatch);
        if (stated_entries_ && *stated_entries_ != entries_)
            wrong("TtlNtries", fmt::format("says {} entries, there are {}", *stated_entries_, entries_),
                  Fault::mismatch);
        if (!list_->empty()) return;
        for (const syntax::Problem& problem : tally_.after(header_))
            wrong(problem.field, problem.text, problem.fault);
    }

    const StatementHeader& header() const override { return header_; }
    const Faults& faults() const override { return list_->all(); }
    XmlPlace xml_place() const override { return place_; }

private:
    /// What an entry or one of its transactions says so far.
    struct Movement {
        std::optional<Money> amount;
        std::optional<Direction> direction;
        std::string reference, bank_reference, code, text;
        bool emitted = false;
    };
    struct Balance {
        std::string code;
        std::optional<Money> amount;
        bool is_debit = false;
        std::optional<Day> day;
    };

    Reader(std::unique_ptr<syntax::FaultList> list, const Profile& profile, OnLine on_line)
        : XmlEvents{profile.encoding, *list},
          list_{std::move(list)},
          profile_{profile},
          on_line_{std::move(on_line)} {}

    void wrong(std::string_view field, std::string text, Fault fault = Fault::malformed) {
        list_->add(fault, XmlEvents::line(), field, std::move(text));
    }

    bool is(std::string_view path) const { return path_ == path; }

    void on_start(std::string_view name, std::string_view name_space) override {
        if (lengths_.empty()) {
            if (name != "Document" || (name_space != statement_space && name_space != notification_space))
                wrong("Document", "expected a Document of camt.053.001.08 or camt.054.001.08");
            header_.kind =
                name_space == notification_space ? StatementKind::notification : StatementKind::end_of_day;
            words_ = words_of(header_.kind);
            lengths_.push_back(0);
            return;
        }
        lengths_.push_back(path_.size());
        // Within the statement paths are short: its body stands for what is around it.
        if (lengths_.size() == 3 && name == words_.body) {
            if (++bodies_ > 1) wrong(name, "one file holds one statement");
            return;
        }
        if (lengths_.size() == 2 && name == words_.message) return;
        path_ += '/';
        path_ += name;
        if (is("/Ntry")) {
            entry_ = {};
            entry_begin_ = tag_begin();
            booking_day_.reset();
            value_day_.reset();
            booked_ = true;
            transactions_ = 0;
            transactions_total_ = 0;
        }
        if (is("/Ntry/NtryDtls/TxDtls")) {
            transaction_ = {};
            transaction_begin_ = tag_begin();
        }
        if (is("/Bal")) balance_ = {};
    }

    void on_attribute(std::string_view name, std::string_view value) override {
        if (name == "Ccy" && value != "CNY") wrong("Ccy", "only CNY is kept here");
    }

    void on_end(std::string_view text) override {
        if (is("/Ntry")) {
            place_ = {entry_begin_, tag_end()};
            end_entry();
        } else if (is("/Ntry/NtryDtls/TxDtls")) {
            place_ = {transaction_begin_, tag_end()};
            end_transaction();
        } else if (is("/Bal")) {
            end_balance();
        } else if (!take_of_header(text)) {
            take_of_entry(text);
        }
        path_.resize(std::min(lengths_.back(), path_.size()));
        lengths_.pop_back();
    }

    bool take_of_header(std::string_view text) {
        if (is("/Id")) return take_text(Slot::statement_id, text, header_.statement_id), true;
        if (is("/CreDtTm")) return take_moment(text, header_.made_at), true;
        if (is("/FrToDt/FrDtTm")) return take_first_day(text), true;
        if (is("/FrToDt/ToDtTm")) return take_day(text, header_.last_day), true;
        if (is("/Acct/Id/Othr/Id")) return take_text(Slot::account, text, header_.account), true;
        if (is("/Acct/Svcr/FinInstnId/ClrSysMmbId/MmbId"))
            return take_text(Slot::bank_code, text, header_.bank_code), true;
        if (is("/Bal/Tp/CdOrPrtry/Cd")) return balance_.code = text, true;
        if (is("/Bal/Amt")) return balance_.amount = amount_of(text), true;
        if (is("/Bal/CdtDbtInd")) return balance_.is_debit = text == "DBIT", true;
        if (is("/TxsSummry/TtlNtries/NbOfNtries")) return stated_entries_ = ykt::canonical_number(text), true;
        if (is("/TxsSummry/TtlCdtNtries/Sum")) return stated_credits_ = amount_of(text), true;
        if (is("/TxsSummry/TtlDbtNtries/Sum")) return stated_debits_ = amount_of(text), true;
        return false;
    }

    void take_of_entry(std::string_view text) {
        Day day;
        if (is("/Ntry/Amt")) entry_.amount = amount_of(text);
        if (is("/Ntry/CdtDbtInd")) entry_.direction = direction_of(text);
        if (is("/Ntry/Sts/Cd") || is("/Ntry/Sts")) {
            if (!text.empty()) booked_ = text == "BOOK";
        }
        if (is("/Ntry/BookgDt/Dt") || is("/Ntry/BookgDt/DtTm"))
            if (take_day(text, day)) booking_day_ = day;
        if (is("/Ntry/ValDt/Dt") || is("/Ntry/ValDt/DtTm"))
            if (take_day(text, day)) value_day_ = day;
        if (is("/Ntry/AcctSvcrRef")) take_text(Slot::bank_reference, text, entry_.bank_reference);
        if (is("/Ntry/AddtlNtryInf")) entry_.text = cut(text);
        if (is("/Ntry/NtryDtls/TxDtls/Refs/EndToEndId") && text != no_reference)
            take_text(Slot::reference, text, transaction_.reference);
        if (is("/Ntry/NtryDtls/TxDtls/Refs/AcctSvcrRef"))
            take_text(Slot::bank_reference, text, transaction_.bank_reference);
        if (is("/Ntry/NtryDtls/TxDtls/Amt")) transaction_.amount = amount_of(text);
        if (is("/Ntry/NtryDtls/TxDtls/CdtDbtInd")) transaction_.direction = direction_of(text);
        if (is("/Ntry/NtryDtls/TxDtls/RtrInf/Rsn/Cd") || is("/Ntry/NtryDtls/TxDtls/RtrInf/Rsn/Prtry"))
            transaction_.code = profile_.canonical_code(text.substr(0, 16));
        if (is("/Ntry/NtryDtls/TxDtls/RmtInf/Ustrd") && transaction_.text.empty())
            transaction_.text = cut(text);
        if (is("/Ntry/NtryDtls/TxDtls/AddtlTxInf") && transaction_.text.empty())
            transaction_.text = cut(text);
    }

    void take_text(Slot slot, std::string_view text, std::string& into) {
        if (const auto expected = syntax::expected_of(slot, text))
            return wrong(name_of(slot), fmt::format("expected {}", *expected));
        into = text;
    }

    bool take_day(std::string_view text, Day& day) {
        const auto read = text.size() >= 10 ? Day::parse(text.substr(0, 10)) : Day::parse("");
        if (!read) {
            wrong("day", "expected a day as 2024-09-06");
            return false;
        }
        day = *read;
        return true;
    }
    void take_first_day(std::string_view text) { dated_ = take_day(text, header_.first_day); }

    void take_moment(std::string_view text, Moment& moment) {
        // Without an offset a bank in China means China's time.
        const auto read =
            Moment::parse(text.size() == 19 ? fmt::format("{}+08:00", text) : std::string{text});
        if (!read) return wrong("CreDtTm", "expected a time in China as 2024-09-06T17:00:00+08:00");
        moment = *read;
        if (dated_) return;
        header_.first_day = header_.last_day = moment.day_in_china();
    }

    std::optional<Money> amount_of(std::string_view text) {
        const auto yuan = Money::parse_yuan(text);
        if (yuan && !yuan->is_negative()) return *yuan;
        wrong("Amt", "expected an amount in yuan with at most two decimals");
        return std::nullopt;
    }

    std::optional<Direction> direction_of(std::string_view text) {
        if (text == "CRDT") return Direction::credit;
        if (text == "DBIT") return Direction::debit;
        wrong("CdtDbtInd", "expected CRDT or DBIT");
        return std::nullopt;
    }

    void end_balance() {
        if (!balance_.amount) return;
        const Money amount = balance_.is_debit ? -*balance_.amount : *balance_.amount;
        if (balance_.code == "OPBD" || balance_.code == "PRCD") header_.opening = amount;
        if (balance_.code == "CLBD") header_.closing = amount;
    }

    void end_transaction() {
        ++transactions_;
        if (!transaction_.amount) {
            if (transactions_ > 1) return wrong("TxDtls", "one of several transactions has no amount");
            transaction_.amount = entry_.amount;
        }
        if (!transaction_.amount) return;
        if (!syntax::add_up(transactions_total_, transaction_.amount->fen()))
            return wrong("Amt", "the sum of the transactions does not fit 64 bits");
        if (!transaction_.direction) transaction_.direction = entry_.direction;
        if (transaction_.bank_reference.empty()) transaction_.bank_reference = entry_.bank_reference;
        emit(transaction_);
    }

    void end_entry() {
        ++entries_;
        if (transactions_ == 0) return emit(entry_);
        if (entry_.amount && entry_.amount->fen() != transactions_total_)
            wrong("Amt",
                  fmt::format("the entry has {} fen, its transactions {}", entry_.amount->fen(),
                              transactions_total_),
                  Fault::mismatch);
    }

    void emit(const Movement& movement) {
        if (!booked_) return;
        if (!movement.amount || !movement.direction || !booking_day_)
            return wrong("Ntry", "an entry needs its amount, side and booking day", Fault::missing);
        if (movement.amount->is_zero()) return wrong("Amt", "expected an amount above 0");
        StatementLine line;
        line.seq = ++seq_;
        line.booking_day = *booking_day_;
        line.value_day = value_day_.value_or(*booking_day_);
        line.direction = *movement.direction;
        line.amount = *movement.amount;
        line.reference = movement.reference;
        line.bank_reference = movement.bank_reference;
        line.code = movement.code;
        line.text = movement.text;
        if (auto problem = tally_.take(header_, line))
            return wrong(problem->field, std::move(problem->text), problem->fault);
        if (on_line_) on_line_(line);
    }

    std::unique_ptr<syntax::FaultList> list_;
    const Profile& profile_;
    OnLine on_line_;
    Words words_{};
    StatementHeader header_;
    syntax::StatementTally tally_;
    std::string path_;
    std::vector<std::size_t> lengths_;
    int bodies_ = 0;
    bool dated_ = false, booked_ = true;
    Balance balance_;
    Movement entry_, transaction_;
    std::optional<Day> booking_day_, value_day_;
    std::int64_t transactions_ = 0, transactions_total_ = 0, entries_ = 0;
    std::optional<std::int64_t> stated_entries_;
    std::optional<Money> stated_credits_, stated_debits_;
    std::int32_t seq_ = 0;
    std::int64_t entry_begin_ = 0, transaction_begin_ = 0;
    XmlPlace place_;
};

}  // namespace

std::unique_ptr<StatementWriting> write(const Profile& profile, const StatementHeader& header) {
    return std::make_unique<Writer>(profile, header);
}

std::unique_ptr<StatementReading> read(const Profile& profile, std::string file_name,
                                       StatementReading::OnLine on_line, std::size_t faults_max) {
    return std::make_unique<Reader>(profile, std::move(file_name), std::move(on_line), faults_max);
}

}  // namespace onecard::bankfile::camt
