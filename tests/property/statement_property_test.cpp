#include <gtest/gtest.h>

#include <fmt/format.h>

#include <map>
#include <random>
#include <set>
#include <vector>

#include "onecard/recon/statement_match.hpp"

/// Statements whose lines come in any order, twice, too large, before and after the return files that they belong to:
/// whatever happens, nothing is taken by two lines, and every fen of the account is accounted for.
namespace onecard::recon {
namespace {

struct Payment {
    int batch = 0;
    std::int64_t amount = 0;
    Standing standing = Standing::in_transit;
    std::int64_t answered_by = 0;
    int debits = 0, credits = 0;  ///< lines that took it, alone
};

struct Batch {
    std::vector<int> payments;
    bool whole = false, funded = false;
    int whole_debits = 0, fundings = 0;
};

struct Line {
    enum class Names { nothing, payment, batch } names = Names::nothing;
    int what = 0;
    BankLine said;
    bool open = true;
    Judgement judged;
};

class Account {
public:
    explicit Account(std::uint64_t seed) : seed_{seed}, random_{seed * 0x9E3779B97F4A7C15 + 7} {
        for (int batch = 0; batch < 3; ++batch) {
            Batch& made = batches_.emplace_back();
            for (int i = 1 + below(4); i > 0; --i) {
                made.payments.push_back(static_cast<int>(payments_.size()));
                payments_.push_back({batch, 100 + below(3), Standing::in_transit, 0, 0, 0});
            }
        }
    }

    std::string run() {
        for (int i = 20 + below(40); i > 0; --i) {
            if (below(3) == 0)
                answer();
            else
                lines_.push_back(line());
            match();
            if (std::string wrong = look(); !wrong.empty()) return fmt::format("seed {}: {}", seed_, wrong);
        }
        return {};
    }
    const std::vector<Line>& lines() const { return lines_; }

private:
    int below(int end) { return static_cast<int>(random_() % static_cast<std::uint64_t>(end)); }
    Payment& payment(int no) { return payments_[static_cast<std::size_t>(no)]; }
    Batch& batch(int no) { return batches_[static_cast<std::size_t>(no)]; }

    /// A return file speaks of some of a batch; or a late return of one payment.
    void answer() {
        Batch& spoken = batch(below(3));
        const std::int64_t no = ++return_no_;
        for (const int which : spoken.payments) {
            Payment& one = payment(which);
            if (one.standing == Standing::in_transit && below(2) == 0) {
                one.standing = below(4) == 0 ? Standing::failed : Standing::paid;
                one.answered_by = no;
            } else if (one.standing == Standing::paid && below(8) == 0) {
                one.standing = Standing::returned;
            }
        }
    }

    Line line() {
        Line made;
        made.said.is_credit = below(3) == 0;
        made.names = static_cast<Line::Names>(below(3));
        made.said.is_interest = made.names == Line::Names::nothing && made.said.is_credit && below(4) == 0;
        std::int64_t fen = 1 + below(300);
        if (made.names == Line::Names::payment) {
            made.what = below(static_cast<int>(payments_.size()));
            fen = payment(made.what).amount;
        } else if (made.names == Line::Names::batch) {
            made.what = below(3);
            fen = 0;
            const int kind = below(3);
            for (const int which : batch(made.what).payments) {
                const Payment& one = payment(which);
                const bool counts =
                    kind == 0 || (kind == 1 ? is_said_paid(one) : one.standing == Standing::failed);
                if (counts) fen += one.amount;
            }
            if (fen == 0) fen = 1;
        }
        made.said.amount = Money::of_fen(below(12) == 0 ? fen + 1 : fen);
        return made;
    }

    static bool is_said_paid(const Payment& one) {
        return one.standing == Standing::paid || one.standing == Standing::returned;
    }
    bool is_taken(std::int64_t answer, Fit fit) const { return taken_.contains({answer, fit}); }

    KnownPayment known(const Payment& one) const {
        const Batch& its = batches_[static_cast<std::size_t>(one.batch)];
        KnownPayment known;
        known.sent = true;
        known.amount = Money::of_fen(one.amount);
        known.standing = one.standing;
        known.whole_sum = its.whole;
        known.debited =
            one.debits > 0 || its.whole || (is_said_paid(one) && is_taken(one.answered_by, Fit::answers));
        known.credited =
            one.credits > 0 || (one.standing == Standing::failed && is_taken(one.answered_by, Fit::failures));
        return known;
    }
    KnownBatch known(const Batch& its) const {
        KnownBatch known;
        known.sent = true;
        known.whole_sum = its.whole;
        known.funded = its.funded;
        std::map<std::int64_t, std::int64_t> paid, failed;
        std::set<std::int64_t> debited, credited;  // Answers of which single payments were taken alone.
        for (const int which : its.payments) {
            const Payment& one = payments_[static_cast<std::size_t>(which)];
            known.total += Money::of_fen(one.amount);
            if (one.standing == Standing::in_transit) known.in_transit += Money::of_fen(one.amount);
            if (is_said_paid(one)) paid[one.answered_by] += one.amount;
            if (one.standing == Standing::failed) failed[one.answered_by] += one.amount;
            if (one.debits > 0) debited.insert(one.answered_by);
            if (one.credits > 0 && one.standing == Standing::failed) credited.insert(one.answered_by);
            known.debited_in_pieces = known.debited_in_pieces || one.debits > 0 ||
                                      (is_said_paid(one) && is_taken(one.answered_by, Fit::answers));
        }
        for (const auto& [no, fen] : paid)
            if (!is_taken(no, Fit::answers) && !debited.contains(no))
                known.paid.push_back({no, Money::of_fen(fen)});
        for (const auto& [no, fen] : failed)
            if (!is_taken(no, Fit::failures) && !credited.contains(no))
                known.failed.push_back({no, Money::of_fen(fen)});
        return known;
    }

    void match() {
        for (Line& line : lines_) {
            if (!line.open) continue;
            switch (line.names) {
                case Line::Names::nothing: line.judged = judge(line.said); break;
                case Line::Names::payment: line.judged = judge(line.said, known(payment(line.what))); break;
                case Line::Names::batch: line.judged = judge(line.said, known(batch(line.what))); break;
            }
            line.open = line.judged.is == Judgement::Is::waiting;
            if (line.judged.is != Judgement::Is::fitting) continue;
            for (const std::int64_t no : line.judged.return_nos)
                taken_twice_ += !taken_.insert({no, line.judged.fit}).second;
            switch (line.judged.fit) {
                case Fit::payment_debit: ++payment(line.what).debits; break;
                case Fit::payment_credit: ++payment(line.what).credits; break;
                case Fit::whole_batch: batch(line.what).whole = true, ++batch(line.what).whole_debits; break;
                case Fit::funding: batch(line.what).funded = true, ++batch(line.what).fundings; break;
                case Fit::answers:
                case Fit::failures:
                case Fit::told_before: break;
            }
        }
    }

    std::string look() const {
        if (taken_twice_ > 0) return "an answer was taken twice";
        for (std::size_t i = 0; i < payments_.size(); ++i) {
            const Payment& one = payments_[i];
            const Batch& its = batches_[static_cast<std::size_t>(one.batch)];
            const int debits = one.debits + its.whole_debits +
                               (is_said_paid(one) && is_taken(one.answered_by, Fit::answers) ? 1 : 0);
            if (debits > 1) return fmt::format("payment {} went out by {} lines", i, debits);
            const int credits =
                one.credits +
                (one.standing == Standing::failed && is_taken(one.answered_by, Fit::failures) ? 1 : 0);
            if (credits > 1) return fmt::format("payment {} came back by {} lines", i, credits);
            if (one.debits > 0 && !is_said_paid(one))
                return fmt::format("payment {} was never said to be paid", i);
        }
        for (const Batch& its : batches_)
            if (its.whole_debits > 1 || its.fundings > 1) return "a batch was taken twice";
        // What is taken is over its own money, to the fen.
        for (const Line& line : lines_) {
            if (line.judged.is != Judgement::Is::fitting) continue;
            if (line.names == Line::Names::payment &&
                line.said.amount.fen() != payments_[static_cast<std::size_t>(line.what)].amount)
                return "a line fits a payment over another amount";
            if (line.names == Line::Names::nothing) return "a line that names nothing fits something";
        }
        return {};
    }

    std::uint64_t seed_;
    std::mt19937_64 random_;
    std::vector<Payment> payments_;
    std::vector<Batch> batches_;
    std::vector<Line> lines_;
    std::set<std::pair<std::int64_t, Fit>> taken_;
    std::int64_t return_no_ = 0;
    int taken_twice_ = 0;
};

TEST(StatementsOfAnyOrder, TakeNothingTwice) {
    std::map<Fit, int> fits;
    std::map<BreakKind, int> breaks;
    for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
        Account account{seed};
        ASSERT_EQ(account.run(), "");
        for (const Line& line : account.lines()) {
            if (line.judged.is == Judgement::Is::fitting) ++fits[line.judged.fit];
            if (line.judged.is == Judgement::Is::broken) ++breaks[line.judged.kind];
        }
    }
    // They are worth something only when everything happens in them.
    for (const Fit fit : {Fit::payment_debit, Fit::payment_credit, Fit::whole_batch, Fit::answers,
                          Fit::failures, Fit::funding})
        EXPECT_GT(fits[fit], 200) << static_cast<int>(fit);
    for (const BreakKind kind :
         {BreakKind::unidentified_credit, BreakKind::unidentified_debit, BreakKind::debited_twice,
          BreakKind::amount_differs, BreakKind::paid_though_failed, BreakKind::interest})
        EXPECT_GT(breaks[kind], 200) << code_of(kind);
}

}  // namespace
}  // namespace onecard::recon
