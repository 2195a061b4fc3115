#include "onecard/app/channel.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report_of_query.hpp"
#include "returns.hpp"

namespace onecard::app {

namespace {

constexpr std::size_t answer_text_max = 500;

/// What a stranger's server says may be any bytes.
std::string printable(std::string_view text) {
    std::string out{text.substr(0, answer_text_max)};
    std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
    return out;
}

void put_act(Tools& tools, Work& work, const std::string& kind, std::string_view what, Moment now) {
    const Act act{kind, County{}, fmt::format("{}|{}", kind, what)};
    work.ledger().put_acts({&act, 1}, tools.log(), now);
}

/// Beside the moment of release the bank's working day that it counts for: after the cut-off the next one.
void add_counts_for(const Tools& tools, Table& files) {
    const auto place_of = [&](std::string_view key) {
        const auto found = std::ranges::find(files.columns, key, &Column::key);
        ensure(found != files.columns.end(), "a report without a column that it must have");
        return found - files.columns.begin();
    };
    const auto bank = place_of("bank"), released = place_of("released_at");
    files.columns.insert(files.columns.begin() + released + 1, {"counts_for", {"计入工作日", "counts for"}});
    for (auto& row : files.rows) {
        const BankNo no{
            static_cast<std::int16_t>(std::get<std::int64_t>(row[static_cast<std::size_t>(bank)]))};
        const auto at = Moment::parse(std::get<std::string>(row[static_cast<std::size_t>(released)]));
        ensure(at.has_value(), "a moment on record that is none");
        row.insert(row.begin() + released + 1, profile_of_bank(tools, no).counts_for(*at).text());
    }
}

}  // namespace

void CircuitBreaker::note(bool succeeded, Moment now) {
    if (succeeded) {
        *this = {};
        return;
    }
    if (++failures_ < failures_max) return;
    pause_ = pause_ == 0 ? first_pause_seconds : std::min(pause_ * 2, pause_seconds_max);
    closed_until_ = now.unix_seconds() + pause_;
}

Result<void> Channel::take_sequence(const Identity& bank, std::string_view name,
                                    std::optional<std::int32_t> seq, Moment now) {
    if (bank.role != Role::bank)
        return refuse(Fault::forbidden, "only banks hand in files", std::string{name});
    const std::string place{name.substr(0, 64)};
    // What is no return file at all takes no number; whoever takes the file in says so.
    if (!file_id_of_return(name)) return {};
    if (!seq && !profile_of_bank(tools_, bank.bank).numbers_returns) return {};
    auto work = tools_.database.begin();
    const std::int32_t next = work->channel().next_sequence(bank.bank);
    const auto before = work->channel().sequence_of(bank.bank, name);
    if (!seq) {
        if (before) return {};
        return refuse(
            Fault::missing,
            fmt::format("this bank has agreed to number its files: the header Onecard-Sequence is missing; "
                        "the next number is {}",
                        next),
            place);
    }
    if (before == seq) return {};
    std::optional<Failure> failure;
    if (before)
        failure = Failure{Fault::duplicate, place,
                          fmt::format("this file came with number {} before, now with {}", *before, *seq)};
    else if (*seq < next)
        failure =
            Failure{Fault::duplicate, place,
                    fmt::format("number {} was used for another file; the next number is {}", *seq, next)};
    else if (*seq > next)
        failure = Failure{Fault::conflict, place,
                          fmt::format("number {} leaves a gap: number {} must come first", *seq, next)};
    const std::int32_t expected = before.value_or(next);
    if (failure)
        work->channel().put_sequence_refusal(bank.bank, *seq, expected, name, now);
    else
        work->channel().put_sequence(bank.bank, *seq, name, now);
    put_act(tools_, *work, failure ? "sequence-refused" : "sequence",
            failure ? fmt::format("{}|{}|{}|{}", bank.bank.number(), *seq, expected, name)
                    : fmt::format("{}|{}|{}", bank.bank.number(), *seq, name),
            now);
    work->commit();
    if (failure) return std::unexpected{*failure};
    return {};
}

Result<std::int32_t> Channel::next_sequence(const Identity& bank) {
    if (bank.role != Role::bank) return refuse(Fault::forbidden, "only banks number their files", "sequence");
    return tools_.database.begin()->channel().next_sequence(bank.bank);
}

Result<Report> Channel::ladder(const Identity& by, const Region& region, const Slice& slice) {
    if (by.role == Role::bank || !by.region.covers(region))
        return refuse(Fault::forbidden, fmt::format("outside this {}'s region", name_of(by.role)), "channel");
    auto work = tools_.database.begin();
    Report report{{"银行通道", "The bank channel"}, {}, {}};
    auto parameters = slice.parameters({"bank", "seq"});
    parameters.emplace_back("region_low", std::to_string(region.lowest()));
    parameters.emplace_back("region_high", std::to_string(region.highest()));
    Table files =
        table_of_query(work->ledger(), "files", {"发放文件", "Files"}, "report_file_ladder", parameters);
    add_counts_for(tools_, files);
    report.tables.push_back(std::move(files));
    return report;
}

Result<Report> Channel::sequence_refusals(const Identity& by, const Slice& slice) {
    if (by.role == Role::bank) return refuse(Fault::forbidden, "banks see their own numbers only", "channel");
    auto work = tools_.database.begin();
    Report report{{"被拒序号", "Sequence numbers refused"}, {}, {}};
    report.tables.push_back(table_of_query(work->ledger(), "sequence_refusals",
                                           {"被拒序号", "Sequence numbers refused"},
                                           "report_sequence_refusals", slice.parameters({"bank", "no"})));
    return report;
}

std::int64_t Channel::raise_unheard(Moment now, const std::function<void(std::string_view)>& on_unheard) {
    auto work = tools_.database.begin();
    std::int64_t raised = 0;
    for (const OpenDispatch& file : work->channel().open_dispatches()) {
        const bankfile::Profile& profile = profile_of_bank(tools_, file.bank);
        const auto late = [&](std::string_view step, std::int32_t minutes, Moment since) {
            if (minutes == 0 || file.missed.find(step) != std::string::npos) return;
            // Released after the cut-off, it counts from the next working day.
            const Moment due = profile.after_working_minutes(since, minutes);
            if (now <= due) return;
            work->channel().put_unheard(file.bank, file.seq, step, due, now);
            put_act(tools_, *work, "unheard",
                    fmt::format("{}|{}|{}|{}", file.bank.number(), file.seq, step, due.text()), now);
            ++raised;
            on_unheard(fmt::format("bank {}, file {} ({}): never heard back: no {} until {}",
                                   file.bank.number(), file.seq, file.file_id, step, due.text()));
        };
        if (file.receipted)
            late("answer", profile.patience.answer, *file.receipted);
        else if (file.fetched)
            late("receipt", profile.patience.receipt, *file.fetched);
        else
            late("fetch", profile.patience.fetch, file.released);
    }
    if (raised > 0) work->commit();
    return raised;
}

std::int64_t Channel::push(BankNo bank, BankAddress& address, CircuitBreaker& breaker, Moment now) {
    if (!breaker.lets_through(now)) return 0;
    const bankfile::Profile& profile = profile_of_bank(tools_, bank);
    const std::string code = tools_.profiles == nullptr ? std::string{} : tools_.profiles->code_of_bank(bank);
    std::int64_t delivered = 0;
    for (const Unpushed& file : tools_.database.begin_question()->channel().unpushed(bank, files_max)) {
        if (file.attempts > 0) {
            const std::int64_t pause =
                std::min(first_retry_seconds << std::min(file.attempts - 1, 10), retry_seconds_max);
            // Files come in order: what follows waits too.
            if (now.unix_seconds() < file.last_attempt.unix_seconds() + pause) break;
        }
        const PushAnswer answer =
            address.bring(profile.name_of_batch(file.file_id, code), file.seq,
                          path_in(tools_.vault, file.file_digest, file.file_id), file.signature);
        const bool is_delivered = answer.status / 100 == 2;
        breaker.note(is_delivered, now);
        auto work = tools_.database.begin();
        const std::int32_t attempt = file.attempts + 1;
        const std::string text = printable(answer.text);
        work->channel().put_push_attempt(bank, file.seq, attempt, is_delivered, answer.status, text, now);
        put_act(tools_, *work, "push",
                fmt::format("{}|{}|{}|{}|{}|{}", bank.number(), file.seq, attempt, is_delivered,
                            answer.status, digest_of(tools_.sha256, text).hex()),
                now);
        work->commit();
        if (!is_delivered) break;
        ++delivered;
    }
    return delivered;
}

}  // namespace onecard::app
