#include "bank_answering.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

#include "onecard/app/exchange.hpp"
#include "onecard/audit/checkpoint.hpp"
#include "onecard/bankfile/tar.hpp"
#include "onecard/net/json.hpp"

namespace onecard::cli {

namespace {

namespace fs = std::filesystem;

constexpr int round_max = 999;
constexpr std::string_view cms_type = "application/cms";
constexpr std::size_t signature_in_header_max = 5000;

/// Of a receipt's last line; 0 when it is none.
std::int64_t number_in(std::string_view digits) {
    std::int64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

}  // namespace

ReturnPlan BankAnswering::plan_for(int round) const {
    return {.answers = side_.answers,
            .round = round,
            .said = {},
            .value_day = side_.wish.value_day,
            .made_at = side_.wish.now,
            .profile = &side_.wish.profile};
}

std::string BankAnswering::return_name(const Listed& file, int round) {
    return round == 1 ? file.file_id + ".ret" : fmt::format("{}.{}.ret", file.file_id, round);
}

/// The number of a return file, for banks that have agreed to number theirs. Once given it stays.
Result<std::string> BankAnswering::number_of(const std::string& name) {
    const fs::path path = side_.wish.folder / "returns" / (name + ".seq");
    std::error_code error;
    if (fs::exists(path, error)) return bytes_in(path);
    const auto reply = side_.call("GET", "/v1/bank/sequence");
    if (!reply) return std::unexpected{reply.error()};
    const auto next = net::parse_flat_json(reply->body);
    if (!next || !next->contains("next"))
        return refuse(Fault::malformed, text_of(*reply), "/v1/bank/sequence");
    if (auto kept = keep(path, next->at("next")); !kept) return std::unexpected{kept.error()};
    return next->at("next");
}

/// Brings the return file of one round to the service, made anew or as an earlier call left it.
GoOn BankAnswering::answer(const Listed& file, const BatchSurvey& survey, const ReturnPlan& plan,
                           bool may_be_known) {
    const std::string name = return_name(file, plan.round);
    // The service's word comes first: our folder may have been lost since. Before its receipt no batch is answered.
    if (may_be_known) {
        const auto state = state_of(name);
        if (!state) return std::unexpected{state.error()};
        if (state->known) return take_state({name, file.sha256, state->number}, *state);
    }
    side_.tell("return", file.file_id);
    if (!survey.faults.empty())
        return side_.problem(file.file_id, "has faults, though it was accepted: no return file is made");

    const fs::path path = side_.return_path(name);
    std::error_code error;
    const bool has_left = side_.has_left(file.file_id);
    const bool is_new = !has_left || !fs::exists(path, error);
    if (is_new) {
        if (survey.totals.lines() == 0) {
            side_.report.silent += survey.totals.silent;
            return true;
        }
        // A signature whose file is gone would be over other bytes.
        if (has_left) fs::remove(BankSide::signature_path(path), error);
    }
    const auto signature = is_new ? make_return(file, survey, plan, path) : sign_return(path);
    if (!signature) return std::unexpected{signature.error()};
    const bool fits = is_together_ && has_archives_ && !side_.wish.profile.numbers_returns &&
                      bankfile::is_tar_name(side_.return_name_there(name) + ".p7s");
    if (!fits) return deliver(file, name, *signature);
    const std::uint64_t bytes = fs::file_size(path, error);
    if (error || bytes > bankfile::tar_file_bytes_max) return deliver(file, name, *signature);
    undelivered_.push_back({file, name, *signature, bytes});
    return true;
}

/// Writes a return file and signs it, from one pass over its bytes.
Result<BankAnswering::SignedReturn> BankAnswering::make_return(const Listed& file, const BatchSurvey& survey,
                                                               const ReturnPlan& plan, const fs::path& path) {
    // SM2 cannot sign SHA-256: it is fed with the bytes while they are written.
    const auto signing = side_.national_signer ? side_.national_signer->begin() : nullptr;
    ByteSink also_to;
    if (signing) also_to = [&](std::string_view bytes) { signing->update(bytes_of(bytes)); };
    const auto sha256 = write_return(side_.batch_path(file), survey, path, plan, side_.hashes, also_to);
    if (!sha256) return std::unexpected{sha256.error()};
    auto cms = signing ? Result<std::string>{signing->finish()} : side_.signer->sign_digest(*sha256);
    if (!cms) return std::unexpected{cms.error()};
    if (auto kept = keep(BankSide::signature_path(path), *cms); !kept) return std::unexpected{kept.error()};
    return SignedReturn{.sha256 = *sha256, .cms = std::move(*cms), .totals = survey.totals};
}

/// Digest, signature and figures of a return file that is here; an earlier signature is kept.
Result<BankAnswering::SignedReturn> BankAnswering::sign_return(const fs::path& path) {
    SignedReturn signed_return;
    std::error_code error;
    bool has_signature = fs::exists(BankSide::signature_path(path), error);
    if (has_signature) {
        auto cms = bytes_in(BankSide::signature_path(path));
        if (!cms) return std::unexpected{cms.error()};
        // By a certificate that was since replaced, or over other bytes, it would be refused for ever.
        const auto signer = side_.verifier->verify_file(path, *cms);
        has_signature = signer && *signer == side_.return_signer().signer();
        signed_return.cms = std::move(*cms);
    }
    const auto sha256 = side_.hashes.sha256.stream();
    const auto sm3 = side_.hashes.sm3.stream();
    const auto signing = side_.return_signer().begin();
    const auto reader = bankfile::read_return(side_.wish.profile, path.filename().string(), *sm3, {});
    auto read = read_pieces(path, [&](std::string_view bytes) {
        sha256->update(bytes_of(bytes));
        if (!has_signature) signing->update(bytes_of(bytes));
        reader->feed(bytes);
    });
    if (!read) return std::unexpected{read.error()};
    reader->finish();
    if (!reader->faults().empty()) {
        const Failure& fault = reader->faults().front();
        return refuse(
            fault.fault,
            "this return file is damaged, remove it with its .p7s to make it anew: " + fault.message(),
            path.string());
    }
    signed_return.sha256 = sha256->finish();
    const bankfile::ReturnHeader& header = reader->header();
    signed_return.totals.paid = header.paid_count;
    signed_return.totals.failed = header.failed_count;
    signed_return.totals.in_progress = header.count - header.paid_count - header.failed_count;
    if (!has_signature) {
        signed_return.cms = signing->finish();
        if (auto kept = keep(BankSide::signature_path(path), signed_return.cms); !kept)
            return std::unexpected{kept.error()};
    }
    return signed_return;
}

/// The signature goes along, or first where it is too long for a header, so that the service never holds a return file
/// that it cannot verify.
Result<net::Reply> BankAnswering::put_both(const std::string& name, const std::string& cms) {
    const std::string path = side_.remote_return(name);
    std::map<std::string, std::string> headers{{"accept", std::string{cms_type}},
                                               {"content-type", "application/octet-stream"}};
    if (cms.size() <= signature_in_header_max) {
        headers["onecard-signature"] = audit::base64(cms);
    } else {
        auto signature = side_.call("PUT", path + ".p7s", cms);
        if (!signature || signature->status / 100 != 2) return signature;
    }
    if (is_together_) headers["onecard-receipt"] = "later";
    if (side_.wish.profile.numbers_returns) {
        const auto number = number_of(name);
        if (!number) return std::unexpected{number.error()};
        headers["onecard-sequence"] = *number;
    }
    return side_.patiently(
        [&] { return side_.client->send_file("PUT", path, side_.return_path(name), headers); });
}

Result<std::optional<std::int64_t>> BankAnswering::number_given(const std::string& name, const Digest& sha256,
                                                                const net::Reply& reply) {
    const std::string place = "/v1/bank/returns/" + name;
    const auto problem = [&](std::string_view text) -> Result<std::optional<std::int64_t>> {
        const auto noted = side_.problem(place, text);
        if (!noted) return std::unexpected{noted.error()};
        return std::nullopt;
    };
    if (is_together_) {
        const auto said = net::parse_flat_json(reply.body);
        const std::int64_t number = said ? Row{*said}.number("number").value_or(0) : 0;
        if (number <= 0) return problem("the service gives it no number");
        await_receipt(name, sha256, number);
        return number;
    }
    const auto receipt = side_.verifier->verify_attached(reply.body);
    if (!receipt) return problem("the service's receipt does not verify: " + receipt.error().text);
    const std::string expected =
        fmt::format("onecard return receipt 1\nfile {}\nsha256 {}\nnumber ", name, sha256.hex());
    if (receipt->signer.name != side_.wish.service_name || !receipt->text.starts_with(expected))
        return problem(fmt::format("the receipt is signed by «{}» and does not say what was sent",
                                   receipt->signer.name));
    if (auto kept = keep(side_.service_receipt_path(name), reply.body); !kept)
        return std::unexpected{kept.error()};
    return number_in(receipt->text.substr(expected.size()));
}

GoOn BankAnswering::deliver(const Listed& file, const std::string& name, const SignedReturn& answer) {
    const std::string place = "/v1/bank/returns/" + name;
    auto reply = put_both(name, answer.cms);
    // When an answer was lost on the way, the service has used up the signature and asks for it again.
    if (reply && reply->status == 409) reply = put_both(name, answer.cms);
    if (!reply) return std::unexpected{reply.error()};
    if (reply->status / 100 != 2) return side_.problem(place, text_of(*reply));

    const auto number = number_given(name, answer.sha256, *reply);
    if (!number) return std::unexpected{number.error()};
    if (!*number) return false;

    count_delivered(file, name, answer, **number);
    return true;
}

void BankAnswering::count_delivered(const Listed& file, const std::string& name, const SignedReturn& answer,
                                    std::int64_t number) {
    ++side_.report.returns;
    side_.report.lines += answer.totals.lines();
    side_.report.paid += answer.totals.paid;
    side_.report.failed += answer.totals.failed;
    side_.report.in_progress += answer.totals.in_progress;
    side_.report.silent += std::max<std::int64_t>(0, file.lines - answer.totals.lines());
    // The service posts it later, on its own; nobody is asked about it before there is a need to know.
    waiting_.push_back({name, file.sha256, number});
}

void BankAnswering::await_receipt(const std::string& name, const Digest& sha256, std::int64_t number) {
    unreceipted_.push_back(
        {name, fmt::format("\nfile {} sha256 {} number {}\n", name, sha256.hex(), number), number});
}

/// Everything that waits, in archives of a size that can be sent anew.
Result<void> BankAnswering::deliver_many() {
    const std::vector<Undelivered> all = std::exchange(undelivered_, {});
    std::span<const Undelivered> left{all};
    while (!left.empty()) {
        std::size_t count = 0;
        auto bytes = static_cast<std::uint64_t>(app::Exchange::bytes_together_max);
        while (count < left.size() && count < app::Exchange::files_together_max && left[count].bytes <= bytes)
            bytes -= left[count++].bytes;
        if (has_archives_ && count > 1) {
            if (auto delivered = deliver_archive(left.first(count)); !delivered) return delivered;
        } else {
            count = std::max<std::size_t>(count, 1);
            for (const Undelivered& one : left.first(count))
                if (auto delivered = deliver(one.file, one.name, one.answer); !delivered)
                    return std::unexpected{delivered.error()};
        }
        left = left.subspan(count);
    }
    return {};
}

/// What is not taken goes by itself, and is reported then.
Result<void> BankAnswering::deliver_archive(std::span<const Undelivered> files) {
    const std::string path = "/v1/bank/returns";
    std::vector<net::BodyPart> parts;
    std::string between;
    for (const Undelivered& one : files) {
        const std::string name = side_.return_name_there(one.name);
        const std::string& cms = one.answer.cms;
        between.append(bankfile::tar_header(name + ".p7s", cms.size(), side_.wish.now))
            .append(cms)
            .append(bankfile::tar_padding(cms.size()), '\0')
            .append(bankfile::tar_header(name, one.bytes, side_.wish.now));
        parts.push_back({std::move(between), side_.return_path(one.name), one.bytes});
        between.assign(bankfile::tar_padding(one.bytes), '\0');
    }
    parts.push_back({between.append(bankfile::tar_end_bytes, '\0'), {}, 0});
    const auto reply = side_.patiently([&] {
        return side_.client->send_parts(
            "POST", path, parts, {{"accept", "application/json"}, {"content-type", "application/x-tar"}});
    });
    if (!reply) return std::unexpected{reply.error()};
    std::map<std::string, std::int64_t> numbers;
    if (reply->status / 100 == 2) {
        const auto rows = net::parse_json_table(reply->body, "returns");
        if (!rows) return std::unexpected{rows.error()};
        for (const auto& cells : *rows) {
            const Row row{cells};
            numbers.emplace(row.text("name"), row.number("number").value_or(0));
        }
    } else {
        has_archives_ = false;
    }
    for (const Undelivered& one : files) {
        const auto number = numbers.find(side_.return_name_there(one.name));
        if (number != numbers.end() && number->second > 0) {
            await_receipt(one.name, one.answer.sha256, number->second);
            count_delivered(one.file, one.name, one.answer, number->second);
            continue;
        }
        if (auto delivered = deliver(one.file, one.name, one.answer); !delivered)
            return std::unexpected{delivered.error()};
    }
    return {};
}

Result<void> BankAnswering::end_many() {
    if (auto delivered = deliver_many(); !delivered) return delivered;
    std::vector<Unreceipted> all = std::exchange(unreceipted_, {});
    if (all.empty()) return {};
    std::ranges::sort(all, {}, &Unreceipted::number);
    std::size_t found = 0;
    // A page begins with the next one that was not found yet, and may have others among them.
    while (found < all.size()) {
        const std::int64_t after = all[found].number - 1;
        const std::string path = fmt::format("/v1/bank/return-receipts?after={}", after);
        const auto reply = side_.call("GET", path);
        if (!reply) return std::unexpected{reply.error()};
        const auto receipt = reply->status == 200 ? side_.verifier->verify_attached(reply->body)
                                                  : refuse(Fault::malformed, text_of(*reply), path);
        if (!receipt || receipt->signer.name != side_.wish.service_name) {
            side_.note(path, receipt ? fmt::format("is signed by «{}»", receipt->signer.name)
                                     : receipt.error().text);
            return {};
        }
        const std::size_t before = found;
        while (found < all.size() && receipt->text.contains(all[found].line)) ++found;
        if (found == before) {
            side_.note(all[found].name, "the service's receipt does not say what was sent");
            return {};
        }
        if (auto kept = keep(side_.return_path(fmt::format("to-{}.receipts.p7s", all[found - 1].number)),
                             reply->body);
            !kept)
            return kept;
    }
    return {};
}

Result<BankAnswering::ReturnState> BankAnswering::read_state(const Row& row, const std::string& place) {
    ReturnState state{true, row.number("number").value_or(0), row.text("state"), row.text("reason")};
    if (state.state != "waiting" && state.state != "posted" && state.state != "refused")
        return refuse(Fault::malformed, fmt::format("«{}» is no state of a return file", state.state), place);
    return state;
}

Result<BankAnswering::ReturnState> BankAnswering::state_of(const std::string& name) {
    const std::string path = side_.remote_return(name);
    const auto reply = side_.call("GET", path);
    if (!reply) return std::unexpected{reply.error()};
    if (reply->status == 404) return ReturnState{};
    if (reply->status != 200) return refuse(Fault::malformed, text_of(*reply), path);
    const auto answer = net::parse_flat_json(reply->body);
    if (!answer) return std::unexpected{answer.error()};
    return read_state(Row{*answer}, path);
}

/// Of every return file that waits, asked page by page from the first of them.
Result<std::map<std::string, BankAnswering::ReturnState>> BankAnswering::states_of_all() {
    std::map<std::string, ReturnState> states;
    std::int64_t after = std::ranges::min(waiting_, {}, &Waiting::number).number - 1;
    while (true) {
        const std::string path = fmt::format("/v1/bank/returns?after={}", std::max<std::int64_t>(0, after));
        const auto reply = side_.call("GET", path);
        if (!reply) return std::unexpected{reply.error()};
        if (reply->status != 200) return refuse(Fault::malformed, text_of(*reply), path);
        const auto rows = net::parse_json_table(reply->body, "returns");
        if (!rows) return std::unexpected{rows.error()};
        for (const auto& cells : *rows) {
            const Row row{cells};
            const auto state = read_state(row, path);
            if (!state) return std::unexpected{state.error()};
            states.insert_or_assign(row.text("name"), *state);
            after = state->number;
        }
        if (rows->size() < list_page) return states;
    }
}

/// True when it is posted or waits.
GoOn BankAnswering::take_state(const Waiting& file, const ReturnState& state) {
    if (state.state == "waiting") {
        waiting_.push_back(file);
        return true;
    }
    if (auto kept = keep(side_.result_path(file.name),
                         fmt::format("onecard return result 1\nbatch sha256 {}\nstate {}\n", file.batch.hex(),
                                     state.state));
        !kept)
        return std::unexpected{kept.error()};
    if (state.state == "posted") return side_.counted(side_.report.returns_posted);
    ++side_.report.returns_refused;
    return side_.problem(file.name, "refused by the service: " + as_reason(state.reason));
}

/// From our own note, for this very batch file.
bool BankAnswering::has_result(const Listed& file, int round) const {
    const fs::path path = side_.result_path(return_name(file, round));
    std::error_code error;
    if (!fs::exists(path, error)) return false;
    const auto note = bytes_in(path);
    return note && note->contains(fmt::format("\nbatch sha256 {}\n", file.sha256.hex()));
}

/// A further return file for the lines without a final word, when there is one for any of them now.
Result<std::vector<BankAnswering::Round>> BankAnswering::rounds_of(const Listed& file) {
    std::vector<Round> rounds;
    for (int number = 1; number <= round_max; ++number) {
        const std::string name = return_name(file, number);
        const auto state = state_of(name);
        if (!state) return std::unexpected{state.error()};
        if (!state->known) break;
        rounds.push_back({name, state->number, state->state});
    }
    return rounds;
}

GoOn BankAnswering::answer_open_lines(const Listed& file) {
    const auto rounds = rounds_of(file);
    if (!rounds) return std::unexpected{rounds.error()};
    ReturnPlan plan = plan_for(static_cast<int>(rounds->size()) + 1);
    // The first return file is the business of the other ways to call.
    if (plan.round == 1 || plan.round > round_max) return true;
    std::error_code error;
    for (std::size_t i = 0; i < rounds->size(); ++i) {
        const Round& round = (*rounds)[i];
        if (round.state == "waiting") {
            waiting_.push_back({round.name, file.sha256, round.number});
            return side_.problem(round.name, "waits to be posted: what it leaves open is not known yet");
        }
        if (round.state == "refused") continue;
        if (!fs::exists(side_.return_path(round.name), error))
            return side_.problem(round.name,
                                 "was posted, but is no longer in this folder: its open lines are not known");
        if (auto marked = mark_said(side_.return_path(round.name), static_cast<int>(i) + 1, plan.said,
                                    side_.hashes, side_.wish.profile);
            !marked)
            return side_.problem(round.name, marked.error().message());
    }
    const auto survey = survey_batch(side_.batch_path(file), plan, side_.hashes);
    if (!survey) return std::unexpected{survey.error()};
    if (survey->corrects_round > 0)
        plan.corrects = (*rounds)[static_cast<std::size_t>(survey->corrects_round) - 1].number;
    if (!fs::exists(side_.return_path(return_name(file, plan.round)), error) &&
        survey->totals.paid + survey->totals.failed == 0)
        return true;
    return answer(file, *survey, plan, true);
}

Result<void> BankAnswering::wait_until_posted() {
    using Clock = std::chrono::steady_clock;
    const std::chrono::seconds patience{side_.wish.wait_seconds_max};
    auto until = Clock::now() + patience;
    std::chrono::milliseconds pause{50};
    while (!waiting_.empty()) {
        side_.tell("wait", waiting_.front().name);
        const auto states = states_of_all();
        if (!states) return std::unexpected{states.error()};
        std::vector<Waiting> still;
        for (Waiting& file : std::exchange(waiting_, {})) {
            const auto state = states->find(file.name);
            if (state == states->end()) {
                side_.note(file.name, "the service no longer knows it");
                continue;
            }
            if (state->second.state == "waiting") {
                still.push_back(std::move(file));
                continue;
            }
            if (const auto taken = take_state(file, state->second); !taken)
                return std::unexpected{taken.error()};
            until = Clock::now() + patience;
        }
        waiting_ = std::move(still);
        if (waiting_.empty()) break;
        if (Clock::now() > until) {
            side_.note(waiting_.front().name, fmt::format("{} return files still wait after {} s",
                                                          waiting_.size(), patience.count()));
            break;
        }
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, std::chrono::milliseconds{1000});
    }
    return {};
}

}  // namespace onecard::cli
