#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <random>

#include "support/installation.hpp"

/// Months in which the past changes at random, held against a reference that knows nothing of corrections, serials or batches:
/// it keeps what was awarded, paid and demanded of each household and month, and says what every run has to pay.
namespace onecard::test {
namespace {

constexpr int standard = 995;  // Laoshan 2022, rural, yuan a head (S21)
constexpr int months_told = 7;
constexpr int households = 90;
constexpr int offset_percent = 30;

std::string with_check_digit(std::string seventeen) {
    constexpr std::array weights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) sum += (seventeen[i] - '0') * weights[i];
    return seventeen + "10X98765432"[sum % 11];
}
std::string with_luhn(std::string digits) {
    int sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        int digit = digits[digits.size() - 1 - i] - '0';
        if (i % 2 == 0 && (digit *= 2) > 9) digit -= 9;
        sum += digit;
    }
    return digits + static_cast<char>('0' + (10 - sum % 10) % 10);
}

struct Obligation {
    std::int64_t net = 0, gross = 0, demanded = 0;
};
struct Household {
    int no = 0;
    int heads = 1;
    std::array<int, months_told> income{};  ///< yuan, as known now
    int died = months_told;                 ///< the month in which its only member died, as known now
    std::array<Obligation, months_told> months{};
    std::int64_t open = 0;  ///< of its receivables

    std::int64_t due(int month) const {
        return month > died ? 0
                            : 100 * std::max<std::int64_t>(
                                        0, standard * heads - income[static_cast<std::size_t>(month)]);
    }
};

class EveryMonth : public WithInstallation<EveryMonth> {
public:
    static void prepare(Installation& here) { here.start(); }

protected:
    static std::string month_text(int month) { return fmt::format("2022-{:02}", month + 1); }
    static std::string person_row(const Household& home, int head, bool is_dead) {
        const int no = 10 * home.no + head;
        return fmt::format("370212,{},{},王芳,{},,,0,0,{},{},\n", no, home.no,
                           with_check_digit(fmt::format("990101{}0101{:03}", 1950 + home.no % 50,
                                                        (10 * home.no + head) % 1000)),
                           is_dead ? month_text(home.died) + "-15" : "",
                           is_dead ? month_text(home.died) : "2021-01");
    }
    static std::map<std::int64_t, std::int64_t> sums(const std::string& query) {
        std::map<std::int64_t, std::int64_t> found;
        for (const auto& row : Sql{here().owner_url()}(query))
            found[std::stoll(row.at(0))] = std::stoll(row.at(1));
        return found;
    }
    static constexpr std::string_view persons_head =
        "county,person_no,household_no,name,resident_id,disability_class,disability_level,seriously_ill,"
        "in_full_time_school,died_on,valid_from,valid_to\n";
    static constexpr std::string_view incomes_head =
        "county,household_no,person_no,item,monthly,valid_from,valid_to\n";
};

TEST_F(EveryMonth, ComesToWhatIsDueWhateverBecomesKnownOfThePast) {
    std::mt19937_64 engine{20220101};
    const auto upto = [&](int n) { return static_cast<int>(engine() % static_cast<std::uint64_t>(n)); };

    std::vector<Household> homes;
    std::string files[5] = {
        "county,household_no,area,village,representative,valid_from,valid_to\n", std::string{persons_head},
        std::string{incomes_head},
        "county,household_no,person_no,programme,applied_on,confirmed_on,setting,ability,payee_no,"
        "institution_no,valid_from,valid_to\n",
        "county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,valid_to\n"};
    for (int no = 1; no <= households; ++no) {
        Household& home = homes.emplace_back();
        home.no = no;
        home.heads = 1 + upto(3);
        home.income.fill(50 * upto(24));
        files[0] += fmt::format("370212,{},rural,370212004201,{},2021-01,\n", no, 10 * no);
        for (int head = 0; head < home.heads; ++head) files[1] += person_row(home, head, false);
        files[2] += fmt::format("370212,{},{},401,{}.00,2021-01,\n", no, 10 * no, home.income[0]);
        files[3] += fmt::format("370212,{},,dibao-rural,2020-01-05,2020-02-01,,,,,2021-01,\n", no);
        files[4] += fmt::format("370212,person,{},313999000001,card,{},王芳,2021-01,\n", 10 * no,
                                with_luhn(fmt::format("622999{:012}", no)));
    }
    const fs::path people = here().folder() / "people";
    const std::array names{"households.csv", "persons.csv", "incomes.csv", "enrolments.csv", "accounts.csv"};
    for (std::size_t i = 0; i < names.size(); ++i) write_text(people / names[i], files[i]);
    here().done({"import", people.string()});

    int arrears = 0, receivables = 0, offsets = 0, excluded = 0;
    for (int period = 0; period < months_told; ++period) {
        SCOPED_TRACE(month_text(period));
        if (period > 0) {
            // What becomes known: incomes from some past month on or for one month, deaths of who lived alone.
            std::string incomes{incomes_head}, persons{persons_head};
            for (Household& home : homes) {
                if (upto(3) == 0) {
                    const int from = upto(period + 1), income = 50 * upto(24);
                    const int to = upto(2) == 0 ? from : months_told - 1;
                    for (int month = from; month <= to; ++month)
                        home.income[static_cast<std::size_t>(month)] = income;
                    incomes += fmt::format("370212,{},{},401,{}.00,{},{}\n", home.no, 10 * home.no, income,
                                           month_text(from), to == from ? month_text(to) : "");
                }
                if (home.heads == 1 && home.died == months_told && upto(12) == 0) {
                    home.died = upto(period + 1);
                    persons += person_row(home, 0, true);
                }
            }
            const fs::path later = here().folder() / month_text(period);
            write_text(later / "incomes.csv", incomes);
            write_text(later / "persons.csv", persons);
            here().done({"import", later.string()});
        }
        const std::string exclude =
            std::array<std::string, 4>{"", "deceased", "not-on-roster",
                                       "dibao-rural"}[static_cast<std::size_t>(period == 0 ? 0 : upto(4))];
        const int from = period == 0 ? 0 : upto(period);
        Words words{"run", "create", "--period", month_text(period), "--region", "370212"};
        if (period > 0)
            words.insert(words.end(),
                         {"--arrears-from", month_text(from), "--offset", std::to_string(offset_percent)});
        if (!exclude.empty()) words.insert(words.end(), {"--exclude", exclude});
        const std::string run = std::to_string(number(here().ask(words), "run"));
        here().done({"run", "compute", run});
        here().sign_and_release(run);
        here().done(here().bank_words(1, {"--fail-permille", "0", "--wait-posted"}));

        std::map<std::int64_t, std::int64_t> paid, demanded, kept;
        for (Household& home : homes) {
            std::vector<std::int64_t> amounts;
            std::int64_t found = 0;
            if (const std::int64_t due = home.due(period); due > 0) {
                home.months[static_cast<std::size_t>(period)] = {due, due, 0};
                amounts.push_back(due);
            }
            for (int month = from; month < period; ++month) {
                Obligation& past = home.months[static_cast<std::size_t>(month)];
                const std::int64_t due = home.due(month);
                if (due > past.net) {
                    if (exclude == "dibao-rural" || (exclude == "not-on-roster" && home.due(period) == 0) ||
                        (exclude == "deceased" && home.died < months_told)) {
                        ++excluded;
                        continue;
                    }
                    amounts.push_back(due - past.net);
                    past.gross += due - past.net;
                    ++arrears;
                } else if (due < past.net) {
                    const std::int64_t more = std::max<std::int64_t>(0, past.gross - due - past.demanded);
                    past.demanded += more;
                    found += more;
                    receivables += more > 0 ? 1 : 0;
                }
                past.net = due;
            }
            std::int64_t sum = 0, may_keep = 0;
            for (const std::int64_t amount : amounts) {
                sum += amount;
                may_keep += period > 0 ? amount * offset_percent / 100 : 0;
            }
            const std::int64_t keeps = std::min(may_keep, home.open);
            if (sum > keeps) paid[home.no] = sum - keeps;
            if (keeps > 0) kept[home.no] = keeps;
            offsets += keeps > 0 ? 1 : 0;
            home.open += found - keeps;
            if (found > 0) demanded[home.no] = found;
        }
        EXPECT_EQ(sums("select p.beneficiary, sum(p.amount) from payment p join unit u using (part, county) "
                       "where u.run_no = " +
                       run + " group by 1"),
                  paid);
        EXPECT_EQ(sums("select beneficiary, sum(amount) from receivable where reason like 'run " + run +
                       ": %' group by 1"),
                  demanded);
        EXPECT_EQ(
            sums(
                "select r.beneficiary, sum(c.amount) from recovery c join receivable r using (county, receivable_no) "
                "where c.run_no = " +
                run + " group by 1"),
            kept);
        if (HasFailure()) return;
    }
    std::int64_t open = 0, booked = 0;
    for (const Household& home : homes) open += home.open;
    for (const auto& row : here().trial_balance())
        if (number(row.as_object(), "account") == 1211) booked = number(row.as_object(), "balance_fen");
    EXPECT_EQ(booked, open);
    const Ran verified = here().card({"audit", "verify"});
    EXPECT_EQ(verified.code, 0) << verified.all();
    // The dice fell on everything that there is to be tested.
    EXPECT_GT(arrears, 20);
    EXPECT_GT(receivables, 20);
    EXPECT_GT(offsets, 10);
    EXPECT_GT(excluded, 3);
}

}  // namespace
}  // namespace onecard::test
