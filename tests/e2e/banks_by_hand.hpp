#pragma once

#include <gtest/gtest.h>

#include "onecard/bankfile/ykt_text.hpp"
#include "onecard/seal/hashes.hpp"
#include "support/installation.hpp"

/// Banks whose every byte the test decides, with `curl` and `openssl` alone.
namespace onecard::test {

inline std::string upper_hex(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

struct Detail {
    std::int64_t seq = 0;
    std::string payment, account;
    std::int64_t amount = 0;
    char status = 'S';
    std::string code = "OK00";
    std::string text() const {
        return fmt::format("D|{:07}|{}|{}|{}|{}|{}|ok|20220106|\r\n", seq, payment, account, amount, status,
                           code);
    }
};

/// A return file as a bank's own program would write it from schemas/bank/ykt-txt.md; not with the house's writer.
struct Answer {
    std::string file_id, county = "370212", bank;
    std::vector<Detail> details;
    /// Put on the header's total and the trailer's hash, to make them wrong.
    std::int64_t header_total_off = 0;
    bool wrong_hash = false;
    std::int64_t corrects = 0;

    std::string bytes() const {
        std::int64_t total = 0, paid = 0, paid_total = 0, failed = 0, failed_total = 0;
        for (const Detail& line : details) {
            total += line.amount;
            (line.status == 'S' ? paid : failed) += line.status == 'P' ? 0 : 1;
            (line.status == 'S' ? paid_total : failed_total) += line.status == 'P' ? 0 : line.amount;
        }
        std::string text = fmt::format("H|{}|{}|{}|{}|20220106|{}|{}|{}|{}|{}|{}|20220106170000{}\r\n",
                                       corrects == 0 ? "1.0" : "1.1", file_id, county, bank, details.size(),
                                       total + header_total_off, paid, paid_total, failed, failed_total,
                                       corrects == 0 ? std::string{} : fmt::format("|{}", corrects));
        for (const Detail& line : details) text += line.text();
        std::string hash = upper_hex(seal::sm3().hash(bytes_of(text)).hex());
        if (wrong_hash) hash.front() = hash.front() == '0' ? '1' : '0';
        return text + fmt::format("T|{}|{}|{}\r\n", details.size(), total, hash);
    }
};

/// A statement as a bank's own program would write it.
struct AccountStatement {
    struct Line {
        char direction;
        std::int64_t amount;
        std::string reference, text;
    };
    std::string id, day, bank;
    std::int64_t opening = 1'000'000;
    std::vector<Line> lines;

    std::int64_t sum(char direction) const {
        std::int64_t fen = 0;
        for (const Line& line : lines) fen += line.direction == direction ? line.amount : 0;
        return fen;
    }
    std::int64_t closing() const { return opening + sum('C') - sum('D'); }
    std::string bytes() const {
        std::string text =
            fmt::format("H|1.0|{}|622588000000000001|{}|{}|{}|{}|{}|{}|{}|{}|{}180000\r\n", id, bank, day,
                        day, opening, closing(), lines.size(), sum('C'), sum('D'), day);
        for (std::size_t i = 0; i < lines.size(); ++i)
            text += fmt::format("D|{:07}|{}|{}|{}|{}|{}|{}-{}||{}|\r\n", i + 1, day, day, lines[i].direction,
                                lines[i].amount, lines[i].reference, id, i + 1, lines[i].text);
        return text +
               fmt::format("T|{}|{}\r\n", lines.size(), upper_hex(seal::sm3().hash(bytes_of(text)).hex()));
    }
};

/// One alteration by the owner of the database: of one table, and what the first finding must say.
struct Touch {
    const char *what, *table, *done, *named;
};

/// Alters and takes back, one after the other; each must be found, and what was touched be named first.
inline void expect_found(const Installation& here, const std::vector<Touch>& touches) {
    Sql owner{here.owner_url()};
    owner("set session_replication_role = replica");
    owner("create schema kept");
    for (const Touch& touch : touches)
        owner(fmt::format("create table if not exists kept.{0} as table public.{0}", touch.table));
    const auto take_back = [&](const std::string& table) {
        const std::string columns = owner.cell(
            fmt::format("select string_agg(attname, ', ' order by attnum) from pg_attribute where attrelid = "
                        "'public.{}'::regclass and attnum > 0 and attgenerated = ''",
                        table));
        owner("delete from public." + table);
        owner(fmt::format("insert into public.{0} ({1}) overriding system value select {1} from kept.{0}",
                          table, columns));
    };
    for (const Touch& touch : touches) {
        SCOPED_TRACE(touch.what);
        try {
            EXPECT_FALSE(owner(fmt::format("{} returning 1", touch.done)).empty())
                << "nothing was there to alter";
            const Ran altered = here.card({"--json", "audit", "verify"});
            EXPECT_NE(altered.code, 0);
            const json::array findings = rows(object_of(altered.out), "findings");
            ASSERT_FALSE(findings.empty());
            const std::string finding = word(findings.front().as_object(), "finding");
            EXPECT_NE(finding.find(touch.named), finding.npos) << finding;
            take_back(touch.table);
        } catch (const std::exception& error) {
            ADD_FAILURE() << error.what();
        }
    }
    owner("drop schema kept cascade");
}

/// An installation whose banks are played by hand.
template <class Suite>
class BanksByHand : public WithInstallation<Suite> {
protected:
    using WithInstallation<Suite>::here;
    static std::string name(int bank) { return fmt::format("bank-{}", bank); }

    /// The lines of a batch file as details of an answer that says that everything was paid.
    static void read(int bank, Answer& answer) {
        const auto sm3 = seal::sm3().stream();
        bankfile::BatchReader reader{
            answer.file_id, *sm3, [&](const bankfile::BatchLine& line) {
                answer.bank = line.bank_code;
                answer.details.push_back(
                    {line.seq, std::string{line.payment}, std::string{line.account}, line.amount.fen()});
            }};
        reader.feed(fetch(bank, answer.file_id + ".txt"));
        reader.finish();
        for (const Failure& fault : reader.faults()) throw std::runtime_error{fault.message()};
    }
    static std::string fetch(int bank, const std::string& file) {
        const Reply reply = here().curl(name(bank), "GET", "/v1/bank/files/" + file);
        EXPECT_EQ(reply.status, 200) << reply.all();
        return reply.body;
    }
    static std::string receipt_of(int bank, const std::string& file_id) {
        const Reply list = here().curl(name(bank), "GET", "/v1/bank/files?after=0");
        // Held by name: in a template this compiler ends a temporary of a range too early.
        const json::object listed = object_of(list.body);
        for (const auto& file : rows(listed, "files"))
            if (word(file.as_object(), "file_id") == file_id) return word(file.as_object(), "receipt");
        return "not listed";
    }
    static Reply put(int bank, const std::string& file, const std::string& bytes) {
        const fs::path path = here().folder() / "put" / file;
        write_text(path, bytes);
        return here().curl(
            name(bank), "PUT", "/v1/bank/returns/" + file,
            {"--header", "Content-Type: application/octet-stream", "--data-binary", "@" + path.string()});
    }
    static Reply put_signed(int bank, const std::string& file, const std::string& bytes,
                            const std::string& signer) {
        const fs::path path = here().folder() / "sign" / file;
        write_text(path, bytes);
        EXPECT_EQ(put(bank, file + ".p7s", here().sign(signer, path, true)).status, 201);
        return put(bank, file, bytes);
    }
    static Reply put_signed(int bank, const std::string& file, const std::string& bytes) {
        return put_signed(bank, file, bytes, name(bank));
    }
    /// What became of a return file, once it is known.
    static json::object result(int bank, const std::string& file) {
        for (int tries = 0; tries < 400; ++tries) {
            const Reply reply = here().curl(name(bank), "GET", "/v1/bank/returns/" + file);
            if (reply.status != 200) throw std::runtime_error{reply.all()};
            json::object said = object_of(reply.body);
            if (word(said, "state") != "waiting") return said;
            std::this_thread::sleep_for(50ms);
        }
        throw std::runtime_error{file + " waits too long"};
    }
    /// A statement of county 370212, brought and signed by a bank.
    static Reply put_statement(const std::string& file, const std::string& bytes, int bank = 2) {
        const fs::path path = here().folder() / "statements" / file;
        write_text(path, bytes);
        const auto bring = [&](const std::string& as, const fs::path& from) {
            return here().curl(
                name(bank), "PUT", "/v1/bank/statements/" + as,
                {"--header", "Content-Type: application/octet-stream", "--data-binary", "@" + from.string()});
        };
        const fs::path signature = here().folder() / "statements" / (file + ".p7s");
        write_text(signature, here().sign(name(bank), path, true));
        EXPECT_EQ(bring(file + ".p7s", signature).status, 201);
        return bring(file, path);
    }
    static json::object statement(const std::string& file) {
        for (int tries = 0; tries < 400; ++tries) {
            const json::object listed = here().ask({"statement", "list"});
            for (const auto& row : rows(listed, "statements"))
                if (word(row.as_object(), "name") == file && word(row.as_object(), "state") != "waiting")
                    return row.as_object();
            std::this_thread::sleep_for(50ms);
        }
        throw std::runtime_error{file + " waits too long"};
    }
};

}  // namespace onecard::test
