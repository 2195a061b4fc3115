#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "onecard/ledger/entry.hpp"
#include "onecard/recon/posting.hpp"

/// Random lives of payments: sent, answered, contradicted, taken back, corrected, refused, sent again, tried again, given
/// up, with crashes in between. The office below keeps its records in maps and decides everything with the very code of
/// the service; the model knows a letter for each attempt and a few rules, and nothing of that code.
/// A failing history names its seed: ONECARD_SEED=n runs that one alone.
namespace onecard::recon {
namespace {

using bankfile::Reason;
using bankfile::ReturnStatus;
using ledger::Account;
using ledger::EntryKind;

constexpr std::array<std::string_view, 2> accounts{"6229990000000000019", "6229990000000000027"};

struct AttemptKey {
    std::int32_t payment = 0;
    std::int16_t attempt = 1;
    friend auto operator<=>(const AttemptKey&, const AttemptKey&) = default;
};

PaymentReference reference_of(AttemptKey key) {
    return {County::of_number(370212), 202201, Serial{key.payment}, key.attempt};
}
Money amount_of(std::int32_t payment) { return Money::of_fen(1000 + 37 * payment); }

/// A line as a bank writes it.
struct Said {
    std::int32_t seq = 1;
    AttemptKey key;
    std::string_view account = accounts[0];
    Money amount;
    ReturnStatus status = ReturnStatus::paid;
    std::string_view code = "OK00";
    bool is_malformed = false;  ///< its reader sets it aside
};

struct File {
    std::int64_t no = 0;
    std::size_t batch = 0;
    std::int64_t corrects = 0;
    std::vector<Said> lines;
};

// ------------------------------------------------------------------------------------------------- the office

/// The records of the service as maps, with the walls of its database.
struct Office {
    enum class Fate : char { reissued, cancelled, paid };
    struct Batch {
        std::vector<AttemptKey> lines;
        bool refused = false;
    };
    std::vector<Batch> batches;
    std::map<AttemptKey, Known> known;
    std::map<AttemptKey, Money> failures;
    std::map<AttemptKey, Fate> fates;
    std::map<std::int64_t, std::int64_t> versions;  ///< of accepted return files: which one each corrects
    std::map<Account, Money> balances;
    std::map<BreakKind, int> breaks;
    std::set<AttemptKey> said_paid;  ///< open breaks that can be resolved as paid
    std::set<AttemptKey> late;       ///< that have a break because they came back

    void post(EntryKind kind, Money amount) {
        ledger::Entry::About about;
        about.kind = kind;
        const auto entry = ledger::standard_entry(about, amount);
        ensure(entry.has_value(), "an entry that does not balance");
        for (const ledger::Posting& posting : entry->postings()) balances[posting.account] += posting.amount;
    }
    Money total(const Batch& batch) const {
        Money sum;
        for (const AttemptKey key : batch.lines) sum += amount_of(key.payment);
        return sum;
    }
    void send(std::vector<AttemptKey> lines, bool again) {
        batches.push_back({std::move(lines), false});
        const Money sum = total(batches.back());
        if (again) return post(EntryKind::reissue, sum);
        post(EntryKind::accrual, sum);
        post(EntryKind::funding, sum);
        post(EntryKind::dispatch, sum);
    }
    bool is_answered(const Batch& batch) const {
        for (const AttemptKey key : batch.lines)
            if (known.contains(key)) return true;
        return false;
    }
    void refuse(std::size_t batch) {
        batches[batch].refused = true;
        post(EntryKind::refused, total(batches[batch]));
    }
    void send_again(std::size_t batch) {
        batches[batch].refused = false;
        post(EntryKind::dispatch, total(batches[batch]));
    }
    void settle_by_hand(AttemptKey key, bool paid) {
        ensure(failures.contains(key) && fates.emplace(key, paid ? Fate::paid : Fate::cancelled).second,
               "a failure ends twice");
        if (!paid) return post(EntryKind::return_cancelled, amount_of(key.payment));
        post(EntryKind::failure_corrected, amount_of(key.payment));
        post(EntryKind::paid, amount_of(key.payment));
        known[key].standing = Standing::paid;
        known[key].by_hand = true;
    }
    void end_by_reissue(AttemptKey key) {
        ensure(failures.contains(key) && fates.emplace(key, Fate::reissued).second, "a failure ends twice");
    }
    std::vector<AttemptKey> open_failures() const {
        std::vector<AttemptKey> open;
        for (const auto& [key, amount] : failures)
            if (!fates.contains(key)) open.push_back(key);
        return open;
    }

    /// Breaks over late returns end with what becomes of the open item.
    std::set<AttemptKey> open_late_returns() const {
        std::set<AttemptKey> open;
        for (const AttemptKey key : late)
            if (!fates.contains(key)) open.insert(key);
        return open;
    }

    /// False when the file is refused. `lines_max`: where the power fails.
    bool take(const File& file, std::size_t lines_max = SIZE_MAX) {
        const Batch& batch = batches[file.batch];
        if (batch.refused) return false;
        std::set<std::int64_t> speaks_for;
        if (file.corrects != 0) {
            if (!versions.contains(file.corrects)) return false;
            for (std::int64_t no = file.corrects; no != 0; no = versions.at(no)) speaks_for.insert(no);
        }
        std::vector<SentLine> sent;
        for (const AttemptKey key : batch.lines) {
            const auto found = known.find(key);
            Known last = found == known.end() ? Known{} : found->second;
            if (speaks_for.contains(last.return_no)) last.return_no = file.corrects;
            sent.push_back(
                {reference_of(key), amount_of(key.payment), account_hash(accounts[0]), last, false});
        }
        Matched matched;
        Matcher matcher{matched, file.corrects};
        std::int32_t line_no = 1, last_seq = 0;
        for (const Said& said : file.lines) {
            if (static_cast<std::size_t>(line_no) > lines_max) break;
            const std::string payment = reference_of(said.key).text();
            bankfile::ReturnLine line;
            line.seq = said.seq;
            line.payment = payment;
            line.account = said.account;
            line.amount = said.amount;
            line.status = said.status;
            line.code = said.code;
            ++line_no;
            if (said.is_malformed) {
                matcher.take_malformed("no day", line_no);
                continue;
            }
            if (said.seq <= last_seq) {
                matcher.take_out_of_order(line, line_no);
                continue;
            }
            last_seq = said.seq;
            const bool was_sent = static_cast<std::size_t>(said.seq) <= sent.size();
            matcher.take(line, was_sent ? &sent[static_cast<std::size_t>(said.seq) - 1] : nullptr, line_no);
        }
        const auto record = [&](const Outcome& word, Standing to, bool first) {
            const AttemptKey key = batch.lines[word.sent];
            ensure(word.serial.number() == key.payment && word.attempt == key.attempt, "another's outcome");
            ensure(known.contains(key) != first, "a second outcome of one attempt");
            known[key] = {to, word.reason, file.no, false};
            if (!is_open(to)) return;
            ensure(failures.emplace(key, word.amount).second, "an attempt fails twice");
        };
        for (const Outcome& word : matched.outcomes)
            record(word, word.paid ? Standing::paid : Standing::failed, true);
        for (const Reversal& reversal : matched.reversals) record(reversal.word, reversal.to, false);
        for (const DueEntry& due : entries_due(matched)) post(due.kind, due.tally.total);
        for (const Break& opened : matched.breaks) {
            ++breaks[opened.kind];
            if (opened.kind == BreakKind::paid_though_failed)
                said_paid.insert({opened.payment->serial.number(), opened.payment->attempt});
            if (opened.kind == BreakKind::late_return)
                ensure(late.insert({opened.payment->serial.number(), opened.payment->attempt}).second,
                       "a payment comes back twice");
        }
        versions[file.no] = file.corrects;
        return true;
    }
};

// ------------------------------------------------------------------------------------------------- the model

/// T in transit, P paid, F failed, R returned, C corrected; lower case p: paid as people decided.
struct Model {
    struct One {
        char state = 'T';
        std::string_view code;
        std::int64_t by = 0;
        bool ended = false;  ///< tried again or given up
    };
    std::map<AttemptKey, One> attempts;
    std::set<AttemptKey> at_office;  ///< refused with their file, not sent again
    std::map<std::int64_t, std::int64_t> corrects;
    std::int64_t accrued = 0, given_up = 0;
    std::map<BreakKind, int> breaks;

    bool replaces(std::int64_t file, std::int64_t by) const {
        while (file != 0 && file != by) file = corrects.at(file);
        return file != 0;
    }
    void hear(const File& file, const std::vector<AttemptKey>& sent) {
        corrects[file.no] = file.corrects;
        std::int32_t before = 0;
        for (const Said& said : file.lines) {
            if (said.is_malformed) {
                ++breaks[BreakKind::malformed_line];
                continue;
            }
            const bool in_order = said.seq > before;
            before = std::max(before, said.seq);
            const auto index = static_cast<std::size_t>(said.seq) - 1;
            if (const auto wrong = wrong_with(said, in_order, index < sent.size() ? &sent[index] : nullptr)) {
                ++breaks[*wrong];
                continue;
            }
            if (said.status == ReturnStatus::in_progress) continue;
            One& one = attempts.at(said.key);
            if (said.status == ReturnStatus::paid) {
                if (one.state == 'T')
                    one = {'P', {}, file.no, false};
                else if (one.state != 'P' && one.state != 'p')
                    ++breaks[BreakKind::paid_though_failed];
                continue;
            }
            if (one.state == 'T') {
                one = {'F', said.code, file.no, false};
            } else if (one.state == 'P' && file.corrects != 0 && replaces(file.corrects, one.by)) {
                one = {'C', said.code, file.no, false};
            } else if (one.state == 'P' && (said.code == "RETD" || said.code == "REVS")) {
                ++breaks[BreakKind::late_return];
                one = {'R', said.code, file.no, false};
            } else if (one.state == 'P' || one.state == 'p' || one.code != said.code) {
                ++breaks[BreakKind::contradicts_earlier];
            }
        }
    }
    /// Of a line by itself, against what went out under its number.
    static std::optional<BreakKind> wrong_with(const Said& said, bool in_order, const AttemptKey* sent) {
        if (!in_order) return BreakKind::repeated;
        if (sent == nullptr || *sent != said.key) return BreakKind::unknown_reference;
        if (said.amount != amount_of(said.key.payment)) return BreakKind::amount_differs;
        if (said.account != accounts[0]) return BreakKind::account_differs;
        if (said.status == ReturnStatus::paid && said.code == "NM01") return BreakKind::name_differs;
        if (said.status == ReturnStatus::paid && said.code == "AC04") return BreakKind::code_differs;
        if (said.status == ReturnStatus::failed && said.code == "X9") return BreakKind::unknown_reason;
        if (said.status == ReturnStatus::failed && (said.code == "OK00" || said.code == "PEND"))
            return BreakKind::code_differs;
        return std::nullopt;
    }
    std::int64_t sum(std::string_view states, bool only_open) const {
        std::int64_t fen = 0;
        for (const auto& [key, one] : attempts)
            if (states.contains(one.state) && !(only_open && one.ended) && !at_office.contains(key))
                fen += amount_of(key.payment).fen();
        return fen;
    }
};

// ------------------------------------------------------------------------------------------------- histories

class History {
public:
    explicit History(std::uint64_t seed) : seed_{seed}, random_{seed * 0x9E3779B97F4A7C15 + 1} {}

    /// Empty when all is well.
    std::string run() {
        const int events = 12 + below(28);
        send_new();
        for (int i = 0; i < events; ++i) {
            happen();
            if (std::string wrong = look(); !wrong.empty())
                return fmt::format("ONECARD_SEED={} after event {}: {}", seed_, i, wrong);
        }
        return {};
    }
    const Office& office() const { return office_; }

private:
    int below(int end) { return static_cast<int>(random_() % static_cast<std::uint64_t>(end)); }
    bool one_in(int n) { return below(n) == 0; }
    template <class List>
    auto pick(const List& list) {
        return list[static_cast<std::size_t>(below(static_cast<int>(list.size())))];
    }

    void happen() {
        switch (below(12)) {
            case 0: return send_new();
            case 1: return refuse_or_send_again();
            case 2: return try_again();
            case 3: return decide();
            case 4: return repeat();
            default: return answer();
        }
    }

    void send_new() {
        std::vector<AttemptKey> lines;
        for (int i = 1 + below(4); i > 0; --i) lines.push_back({++payments_, 1});
        for (const AttemptKey key : lines) {
            model_.attempts[key];
            model_.accrued += amount_of(key.payment).fen();
        }
        office_.send(std::move(lines), false);
    }

    void refuse_or_send_again() {
        const auto no = static_cast<std::size_t>(below(static_cast<int>(office_.batches.size())));
        const Office::Batch& batch = office_.batches[no];
        if (batch.refused) {
            for (const AttemptKey key : batch.lines) model_.at_office.erase(key);
            return office_.send_again(no);
        }
        if (office_.is_answered(batch)) return;
        for (const AttemptKey key : batch.lines) model_.at_office.insert(key);
        office_.refuse(no);
    }

    void try_again() {
        std::vector<AttemptKey> lines;
        for (const AttemptKey key : office_.open_failures()) {
            if (one_in(3) || key.attempt == 99) continue;
            office_.end_by_reissue(key);
            model_.attempts.at(key).ended = true;
            lines.push_back({key.payment, static_cast<std::int16_t>(key.attempt + 1)});
            model_.attempts[lines.back()];
        }
        if (!lines.empty()) office_.send(std::move(lines), true);
    }

    /// People resolve a break as paid, or give a failure up.
    void decide() {
        const std::vector<AttemptKey> open = office_.open_failures();
        if (open.empty()) return;
        const AttemptKey key = pick(open);
        const bool paid = office_.said_paid.contains(key);
        office_.settle_by_hand(key, paid);
        Model::One& one = model_.attempts.at(key);
        if (paid) {
            one.state = 'p';
        } else {
            one.ended = true;
            model_.given_up += amount_of(key.payment).fen();
        }
    }

    void repeat() {
        if (files_.empty()) return;
        // The same bytes are on record: they get the same receipt and go no further. Under another name, and so with
        // another number, they are read again.
        File file = pick(files_);
        file.no = ++numbers_;
        hand_in(std::move(file));
    }

    void answer() {
        File file;
        file.no = ++numbers_;
        file.batch = static_cast<std::size_t>(below(static_cast<int>(office_.batches.size())));
        if (!files_.empty() && one_in(4)) {
            const File& earlier = files_[static_cast<std::size_t>(below(static_cast<int>(files_.size())))];
            file.batch = earlier.batch;
            file.corrects = earlier.no;
        }
        const std::vector<AttemptKey>& sent = office_.batches[file.batch].lines;
        for (std::size_t i = 0; i < sent.size(); ++i) {
            if (one_in(5)) continue;
            Said said;
            said.seq = static_cast<std::int32_t>(i) + 1;
            said.key = sent[i];
            said.amount = amount_of(said.key.payment);
            static constexpr std::array<std::string_view, 8> codes{"AC04", "AC04", "NM01", "RETD",
                                                                   "RETD", "REVS", "DEAD", "FUND"};
            static constexpr std::array<std::string_view, 3> bad{"X9", "OK00", "PEND"};
            switch (below(8)) {
                case 0:
                    said.status = ReturnStatus::in_progress;
                    said.code = "PEND";
                    break;
                case 1:
                case 2:
                case 3:
                    said.status = ReturnStatus::failed;
                    said.code = one_in(12) ? pick(bad) : pick(codes);
                    break;
                default:
                    said.code = one_in(16) ? one_in(2) ? "NM01" : "AC04" : one_in(4) ? "0000" : "OK00";
                    break;
            }
            switch (below(40)) {
                case 0: said.amount += Money::of_fen(1); break;
                case 1: said.account = accounts[1]; break;
                case 2: ++said.key.payment; break;
                case 3: ++said.key.attempt; break;
                case 4: said.seq += 50; break;
                case 5: said.is_malformed = true; break;
                default: break;
            }
            file.lines.push_back(said);
            if (one_in(40)) file.lines.push_back(said);
        }
        hand_in(std::move(file));
    }

    void hand_in(File file) {
        // The power fails somewhere in the transaction: nothing of it is left, and it is done again.
        if (one_in(10)) {
            Office before = office_;
            office_.take(file, static_cast<std::size_t>(below(4)));
            office_ = std::move(before);
        }
        if (!office_.take(file)) return;
        model_.hear(file, office_.batches[file.batch].lines);
        files_.push_back(std::move(file));
    }

    std::string look() {
        for (const auto& [key, one] : model_.attempts) {
            const auto found = office_.known.find(key);
            const Known known = found == office_.known.end() ? Known{} : found->second;
            const char state =
                known.by_hand ? 'p' : std::string_view{"TPFRC"}[static_cast<std::size_t>(known.standing)];
            if (state != one.state)
                return fmt::format("{}: the office says {}, the model {}", reference_of(key).text(), state,
                                   one.state);
        }
        if (office_.breaks != model_.breaks) {
            std::string told;
            for (const auto& [kind, count] : office_.breaks)
                told += fmt::format("{} {}, ", code_of(kind), count);
            for (const auto& [kind, count] : model_.breaks)
                told += fmt::format("the model has {} {}, ", code_of(kind), count);
            return "breaks: " + told;
        }
        std::set<AttemptKey> came_back;
        for (const auto& [key, one] : model_.attempts)
            if (one.state == 'R' && !one.ended) came_back.insert(key);
        if (office_.open_late_returns() != came_back)
            return "the open breaks over late returns are not the payments that came back and wait";
        // At most one attempt of an obligation is under way or paid.
        std::map<std::int32_t, int> live;
        for (const auto& [key, one] : model_.attempts)
            if (std::string_view{"TPp"}.contains(one.state) && ++live[key.payment] > 1)
                return fmt::format("payment {} is alive twice", key.payment);

        std::int64_t refused = 0;
        for (const AttemptKey key : model_.at_office) refused += amount_of(key.payment).fen();
        const std::int64_t transit = model_.sum("T", false), open = model_.sum("FRC", true),
                           paid = model_.sum("Pp", false);
        const std::array<std::pair<Account, std::int64_t>, 5> expected{{
            {Account::payable, -refused},
            {Account::in_transit, -transit},
            {Account::returned, -open},
            {Account::expenditure, model_.accrued - model_.given_up},
            {Account::agency_bank, model_.accrued - paid},
        }};
        for (const auto& [account, fen] : expected)
            if (office_.balances[account].fen() != fen)
                return fmt::format("account {}: {} fen, the open items make {}", static_cast<int>(account),
                                   office_.balances[account].fen(), fen);
        Money sum;
        for (const auto& [account, balance] : office_.balances) sum += balance;
        return sum.is_zero() ? std::string{} : "the books do not balance";
    }

    std::uint64_t seed_;
    std::mt19937_64 random_;
    std::int32_t payments_ = 0;
    std::int64_t numbers_ = 0;
    Office office_;
    Model model_;
    std::vector<File> files_;
};

class Histories : public ::testing::TestWithParam<int> {};

constexpr std::uint64_t histories_each = 25'000;

TEST_P(Histories, OfAnyOrderEndWithBalancedBooksAndNobodyPaidTwice) {
    const char* const wanted = std::getenv("ONECARD_SEED");
    const std::uint64_t first =
        wanted != nullptr ? std::stoull(wanted) : static_cast<std::uint64_t>(GetParam()) * histories_each;
    const std::uint64_t end = wanted != nullptr ? first + 1 : first + histories_each;
    std::map<BreakKind, int> breaks;
    std::map<Standing, int> standings;
    std::int16_t longest_chain = 0;
    for (std::uint64_t seed = first; seed < end; ++seed) {
        History history{seed};
        ASSERT_EQ(history.run(), "");
        for (const auto& [kind, count] : history.office().breaks) breaks[kind] += count;
        for (const auto& [key, known] : history.office().known) {
            ++standings[known.standing];
            longest_chain = std::max(longest_chain, key.attempt);
        }
    }
    if (wanted != nullptr) return;
    // The histories are worth something only when everything happens in them.
    for (const BreakKind kind : {BreakKind::unknown_reference, BreakKind::repeated, BreakKind::amount_differs,
                                 BreakKind::account_differs, BreakKind::contradicts_earlier,
                                 BreakKind::paid_though_failed, BreakKind::unknown_reason,
                                 BreakKind::name_differs, BreakKind::code_differs, BreakKind::late_return})
        EXPECT_GT(breaks[kind], 500) << code_of(kind);
    for (const Standing standing :
         {Standing::paid, Standing::failed, Standing::returned, Standing::corrected})
        EXPECT_GT(standings[standing], 2000) << code_of(standing);
    EXPECT_GE(longest_chain, 4);
}

INSTANTIATE_TEST_SUITE_P(Quarter, Histories, ::testing::Range(0, 4));

}  // namespace
}  // namespace onecard::recon
