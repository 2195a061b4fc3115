#include "bank_statements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <thread>

#include "onecard/bankfile/formats.hpp"
#include "onecard/net/json.hpp"

namespace onecard::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t county_digits = 6;
constexpr std::size_t file_county_at = 3;  ///< "YKT" comes before it
constexpr std::size_t name_county_at = 2;  ///< "ST"
constexpr std::size_t day_digits = 8;
constexpr std::int32_t lines_between_writes = 2000;
constexpr int notifications_max = 99;

County county_in(std::string_view digits) {
    const auto county = County::parse(digits);
    ensure(county.has_value(), "a file of no county");
    return *county;
}

/// The bank takes back what it paid, and the money moves; a mere contradiction moves nothing.
bool moves_money_back(const bankfile::ReturnHeader& header, const bankfile::ReturnLine& line) {
    if (line.status != bankfile::ReturnStatus::failed) return false;
    const auto reason = bankfile::reason_of(line.code);
    return header.corrects != 0 || reason == bankfile::Reason::returned_later ||
           reason == bankfile::Reason::reversed;
}

struct Sums {
    std::int32_t count = 0;
    Money credits, debits;
};

}  // namespace

std::string BankStating::ending() const {
    if (bankfile::states_canonically(side_.wish.profile)) return ".txt";
    return side_.wish.profile.statement.form == bankfile::Form::camt ? ".xml" : ".stm";
}

Result<void> BankStating::note(const Listed& file) {
    auto rounds = answering_.rounds_of(file);
    if (!rounds) return std::unexpected{rounds.error()};
    std::erase_if(*rounds, [&](const BankAnswering::Round& round) { return round.state != "posted"; });
    std::error_code error;
    for (const BankAnswering::Round& round : *rounds)
        if (!fs::exists(side_.return_path(round.name), error)) {
            side_.note(round.name, "was posted, but is no longer in this folder: what it moved is not known");
            return {};
        }
    accounts_[county_in(file.file_id.substr(file_county_at, county_digits))].files.push_back(
        {file, std::move(*rounds)});
    return {};
}

/// What earlier calls made.
Result<void> BankStating::read_covers() {
    std::error_code error;
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator{side_.wish.folder / "statements", error})
        if (entry.path().extension() == ".covers") names.push_back(entry.path().stem().string());
    std::ranges::sort(names);
    for (const std::string& name : names) {
        // Without its statement it was being made when we were stopped.
        if (!fs::exists(path_of(name), error)) continue;
        std::ifstream in{path_of(name + ".covers")};
        Account& account = accounts_[county_in(name.substr(name_county_at, county_digits))];
        const std::string day = name.substr(name_county_at + county_digits, day_digits);
        bool is_final = false;
        for (std::string line; std::getline(in, line);) {
            constexpr std::string_view closing = "closing ";
            if (line.starts_with(closing)) {
                is_final = true;
                account.closing = Money::of_fen(std::stoll(line.substr(closing.size())));
                account.last_statement = day;
            } else {
                (is_final ? account.covered : account.notified).insert(line);
            }
        }
        if (!is_final && day == side_.wish.value_day.digits()) ++account.notifications;
        if (!fs::exists(path_of(name + ".sent"), error))
            if (auto sent = deliver(name); !sent) return sent;
    }
    return {};
}

Result<void> BankStating::moved_by(const Account& account, const File& file, std::vector<std::string>& marks,
                                   const Sink& sink) {
    const std::set<std::string>& told = is_notifying() ? account.notified : account.covered;
    const std::string funded = "fund " + file.listed.file_id;
    if (!is_notifying() && !told.contains(funded)) {
        sink({true, file.listed.total, file.listed.file_id, "F" + file.listed.file_id, "拨款", {}});
        marks.push_back(funded);
    }
    std::vector<Said> said;
    std::vector<bool> is_out;  // by sequence number: the money left the account
    for (const BankAnswering::Round& round : file.rounds) {
        const std::string mark = "return " + round.name;
        const bool is_told = told.contains(mark);
        Money sum;
        const auto on_line = [&](const bankfile::ReturnHeader& header, const bankfile::ReturnLine& line) {
            const auto seq = static_cast<std::size_t>(line.seq);
            if (is_out.size() <= seq) is_out.resize(seq + 1);
            if (line.status == bankfile::ReturnStatus::paid &&
                said_of(said, line.seq).what == Said::What::nothing) {
                is_out[seq] = true;
                if (is_told || is_notifying() || side_.answers.is_unstated(line.payment)) return;
                if (side_.wish.states_sums)
                    sum += line.amount;
                else
                    sink({false,
                          line.amount,
                          std::string{line.payment},
                          fmt::format("D{}", line.payment),
                          "代发",
                          {}});
            } else if (is_out[seq] && moves_money_back(header, line)) {
                is_out[seq] = false;
                if (!is_told)
                    sink({true, line.amount, std::string{line.payment}, fmt::format("R{}", line.payment),
                          "退汇", line.code});
            }
        };
        // A refused file lies between: what it said was never said.
        if (auto read =
                mark_said(side_.return_path(round.name), 1, said, side_.hashes, side_.wish.profile, on_line);
            !read)
            return read;
        if (is_told) continue;
        if (sum > Money{}) sink({false, sum, file.listed.file_id, "S" + round.name, "代发", {}});
        marks.push_back(mark);
    }
    return {};
}

Result<std::vector<std::string>> BankStating::moved(const Account& account, const Sink& sink) {
    std::vector<std::string> marks;
    for (const File& file : account.files)
        if (auto read = moved_by(account, file, marks, sink); !read) return std::unexpected{read.error()};
    return marks;
}

/// What has nothing to do with our files.
void BankStating::extras(const std::string& id, const Sink& sink) const {
    if (is_notifying()) return;
    if (side_.wish.interest_fen > 0)
        sink({true, Money::of_fen(side_.wish.interest_fen), "", "I" + id, "结息 interest", {}});
    for (std::int64_t i = 1; i <= side_.wish.strange_credits; ++i)
        sink({true, Money::of_fen(1000 + i), "", fmt::format("X{}-{}", id, i), "来款", {}});
}

Result<void> BankStating::make(County county, Account& account) {
    const Day day = side_.wish.value_day;
    std::string id = fmt::format("{:06}{}", county.number(), day.digits());
    if (is_notifying()) {
        if (account.notifications >= notifications_max)
            return refuse(Fault::out_of_range, "no more notifications fit this day", id);
        id += fmt::format("{:02}", account.notifications + 1);
    }
    const std::string name = "ST" + id + ending();

    Sums sums;
    const auto count = [&](const Movement& one) {
        ++sums.count;
        (one.is_credit ? sums.credits : sums.debits) += one.amount;
    };
    const auto marks = moved(account, count);
    if (!marks) return std::unexpected{marks.error()};
    if (sums.count == 0) return {};
    extras(id, count);
    if (!is_notifying() && account.last_statement >= day.digits()) {
        side_.note(name, "the account has a statement of this day or a later one: give a later --value-day");
        return {};
    }

    bankfile::StatementHeader header;
    header.kind =
        is_notifying() ? bankfile::StatementKind::notification : bankfile::StatementKind::end_of_day;
    header.statement_id = id;
    // Where nobody has named it, it is the bank's code and the county's.
    const std::string& named = side_.wish.profile.transit_account;
    header.account = named.empty() ? fmt::format("{}{:06}", side_.wish.bank_code, county.number()) : named;
    header.bank_code = side_.wish.bank_code;
    header.first_day = header.last_day = day;
    header.count = sums.count;
    header.credits = sums.credits;
    header.debits = sums.debits;
    if (!is_notifying()) {
        header.opening = account.closing.value_or(Money{});
        header.closing = *header.opening + sums.credits - sums.debits;
    }
    header.made_at = side_.wish.now;

    const fs::path path = path_of(name);
    PartFile part{path};
    const auto sm3 = side_.hashes.sm3.stream();
    const auto writer = bankfile::write_statement(side_.wish.profile, header, *sm3);
    std::optional<Failure> failure;
    std::int32_t seq = 0;
    const auto write = [&](const Movement& one) {
        if (failure) return;
        bankfile::StatementLine line;
        line.seq = ++seq;
        line.booking_day = line.value_day = day;
        line.direction = one.is_credit ? bankfile::Direction::credit : bankfile::Direction::debit;
        line.amount = one.amount;
        line.reference = one.reference;
        line.bank_reference = one.bank_reference;
        line.code = one.code;
        line.text = one.text;
        if (const auto added = writer->add(line); !added) failure = added.error();
        if (seq % lines_between_writes == 0) part.write(writer->take());
    };
    const auto again = moved(account, write);
    if (!again) return std::unexpected{again.error()};
    extras(id, write);
    if (failure) return std::unexpected{*failure};
    if (auto finished = writer->finish(); !finished) return finished;
    part.write(writer->take());

    std::string covers = header.closing ? fmt::format("closing {}\n", header.closing->fen()) : std::string{};
    for (const std::string& mark : *marks) covers += mark + "\n";
    if (auto kept = keep(path_of(name + ".covers"), covers); !kept) return kept;
    if (auto kept = part.keep(); !kept) return kept;
    return deliver(name);
}

/// The same bytes again are the same number: it may be delivered twice.
Result<void> BankStating::deliver(const std::string& name) {
    side_.tell("statement", name);
    const fs::path path = path_of(name), signature = BankSide::signature_path(path);
    const auto signing = side_.return_signer().begin();
    auto read = read_pieces(path, [&](std::string_view bytes) { signing->update(bytes_of(bytes)); });
    if (!read) return read;
    const std::string cms = signing->finish();
    if (auto kept = keep(signature, cms); !kept) return kept;
    const std::string remote = "/v1/bank/statements/" + name;
    auto reply = side_.call("PUT", remote + ".p7s", cms);
    if (reply && reply->status / 100 == 2)
        reply = side_.patiently([&] {
            return side_.client->send_file(
                "PUT", remote, path,
                {{"accept", "application/json"}, {"content-type", "application/octet-stream"}});
        });
    if (!reply) return std::unexpected{reply.error()};
    if (reply->status / 100 != 2) {
        side_.note(name, text_of(*reply));
        return {};
    }
    if (auto kept = keep(path_of(name + ".sent"), reply->body); !kept) return kept;
    ++side_.report.statements;
    waiting_.push_back(name);
    return {};
}

Result<void> BankStating::wait_until_matched() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{side_.wish.wait_seconds_max};
    std::chrono::milliseconds pause{50};
    while (!waiting_.empty()) {
        const std::string& name = waiting_.back();
        side_.tell("wait", name);
        const auto reply = side_.call("GET", "/v1/bank/statements/" + name);
        if (!reply) return std::unexpected{reply.error()};
        const auto answer = net::parse_flat_json(reply->body);
        if (reply->status != 200 || !answer) return refuse(Fault::malformed, text_of(*reply), name);
        const Row row{*answer};
        if (row.text("state") == "waiting") {
            if (std::chrono::steady_clock::now() > until) {
                side_.note(name, "still waits to be matched");
                return {};
            }
            std::this_thread::sleep_for(pause);
            pause = std::min(pause * 2, std::chrono::milliseconds{1000});
            continue;
        }
        if (row.text("state") == "refused")
            side_.note(name, "refused by the service: " + as_reason(row.text("reason")));
        side_.report.statement_lines += row.number("lines").value_or(0);
        side_.report.statement_fits += row.number("fitting").value_or(0);
        side_.report.statement_breaks += row.number("breaks").value_or(0);
        waiting_.pop_back();
    }
    return {};
}

Result<void> BankStating::hand_in() {
    if (auto read = read_covers(); !read) return read;
    for (auto& [county, account] : accounts_)
        if (auto made = make(county, account); !made) return made;
    return side_.wish.wait_posted ? wait_until_matched() : Result<void>{};
}

}  // namespace onecard::cli
