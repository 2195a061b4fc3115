#pragma once

#include "banks_by_hand.hpp"

namespace onecard::test {

/// A month is released. Banks 1 and 2 have said that they have their files; bank 3 has said nothing yet. Every test
/// answers batches of its own. The tests stand in bank_files_, bank_returns_ and bank_statements_test.cpp and are run in
/// this order, that of the files' names: what is closed and altered in the end was brought about before.
class TheBanks : public BanksByHand<TheBanks> {
public:
    static void prepare(Installation& here) {
        here.start();
        here.done({"import", here.register_folder().string()});
        const std::string run = here.create_run("regular", "2021-12");
        here.done({"run", "compute", run});
        here.sign_and_release(run);
        for (const int bank : {1, 2}) here.done(here.bank_words(bank, {"--does", "receipts"}));
        for (const int bank : {1, 2, 3})
            for (const auto& file :
                 rows(object_of(here.curl(name(bank), "GET", "/v1/bank/files?after=0").body), "files"))
                listed_[bank].push_back(file.as_object());
    }

protected:
    /// A batch that no other test has, of at least so many lines; the answer to it says that everything was paid.
    static Answer take_batch(int bank, std::int64_t lines_min) {
        auto& files = listed_[bank];
        const auto found = std::ranges::find_if(
            files, [&](const json::object& file) { return number(file, "lines") >= lines_min; });
        if (found == files.end()) throw std::runtime_error{"no batch is left of so many lines"};
        Answer answer;
        answer.file_id = word(*found, "file_id");
        files.erase(found);
        read(bank, answer);
        return answer;
    }
    /// Hands in an answer that arrives and is then found unusable as a whole. Gives the reasons.
    static std::string refused(int bank, const std::string& file, const std::string& bytes) {
        const json::array balance = here().trial_balance();
        EXPECT_EQ(put_signed(bank, file, bytes).status, 201);
        const json::object said = result(bank, file);
        EXPECT_EQ(word(said, "state"), "refused") << json::serialize(said);
        EXPECT_EQ(number(said, "paid") + number(said, "failed") + number(said, "breaks"), 0);
        EXPECT_EQ(here().trial_balance(), balance);
        return said.contains("reason") ? word(said, "reason") : "";
    }
    static std::int64_t outcomes(const std::string& condition) {
        Sql sql{here().owner_url()};
        return std::stoll(sql.cell("select count(*) from outcome where " + condition));
    }

    static std::int64_t balance_of(std::int64_t account) {
        for (const auto& row : here().trial_balance())
            if (number(row.as_object(), "account") == account) return number(row.as_object(), "balance_fen");
        return 0;
    }
    /// Number of the only break of a kind that comes from statements, with the money in question.
    static std::pair<std::int64_t, std::int64_t> only_break(const std::string& kind) {
        std::pair<std::int64_t, std::int64_t> found;
        int count = 0;
        for (const auto& row : rows(here().ask({"breaks"}), "breaks")) {
            const json::object& one = row.as_object();
            if (word(one, "kind") != kind || !word(one, "return_file").starts_with("ST")) continue;
            found = {number(one, "break"), number(one, "amount_fen")};
            ++count;
        }
        EXPECT_EQ(count, 1) << kind;
        return found;
    }
    static void resolve(const std::string& kind, const std::string& resolution) {
        here().done({"decide", "break", "370212", std::to_string(only_break(kind).first), resolution,
                     "--evidence", "letter 9 of the bank"});
    }

    static inline std::map<int, std::vector<json::object>> listed_;
};

}  // namespace onecard::test
