#include <algorithm>
#include <array>

#include "onecard/audit/merkle.hpp"
#include "verify_packet.hpp"

namespace onecard::app {

namespace {

struct WordOfBank {
    std::string_view code;
    recon::Standing to;
    std::string_view entry_kind;
};
constexpr std::array words_of_banks{WordOfBank{"paid", recon::Standing::paid, "paid"},
                                    WordOfBank{"failed", recon::Standing::failed, "failed"},
                                    WordOfBank{"returned", recon::Standing::returned, "late-return"},
                                    WordOfBank{"corrected", recon::Standing::corrected, "success-corrected"}};

}  // namespace

void PacketReading::words(int n, const PaymentReference& attempted) {
    if (n > 1 && !is_open_) stop(fmt::format("attempt.{}", n), "the attempt before it did not fail");
    is_open_ = false;
    const std::string later = fmt::format("later.{}", n), ended = fmt::format("end.{}", n),
                      returned = fmt::format("returned.{}", n);
    if (find(fmt::format("return.{}", n)) == nullptr) {
        if (find(later) != nullptr || find(ended) != nullptr || find(returned) != nullptr)
            stop(later, "there is no first word");
        verdict_.notes.push_back(fmt::format("attempt {}: no answer of the bank is on record", n));
        return;
    }
    const recon::Standing first = answer(fmt::format("return.{}", n), n, attempted);
    if (first != recon::Standing::paid && first != recon::Standing::failed)
        stop(fmt::format("return.{}", n), "a first word is paid or failed");
    is_open_ = first == recon::Standing::failed;
    if (find(later) != nullptr) {
        const recon::Standing last = answer(later, n, attempted);
        if (first != recon::Standing::paid ||
            (last != recon::Standing::returned && last != recon::Standing::corrected))
            stop(later, "only what was paid is returned or corrected");
        is_open_ = true;
    }
    if (find(returned) != nullptr) {
        if (first != recon::Standing::paid || find(later) != nullptr)
            stop(returned, "only what was paid comes back, and once");
        came_back(returned, n, attempted);
        is_open_ = true;
    }
    if (find(ended) != nullptr) end(ended, n, attempted);
}

recon::Standing PacketReading::answer(const std::string& place, int n, const PaymentReference& attempted) {
    const std::size_t dot = place.find('.');
    const std::string signature = place.substr(0, dot) + "-signature" + place.substr(dot);
    const std::string whole = place.substr(0, dot) + "-file" + place.substr(dot);
    const Fields said = fields(place);
    const std::string name = must(said.text_of("name"), place);
    const std::int64_t number = must(said.number_of("number"), place);
    const Digest digest = must(said.digest_of("sha256"), place);
    const std::string kind = must(said.text_of("outcome"), place);
    const auto* const word = std::ranges::find(words_of_banks, kind, &WordOfBank::code);
    if (word == words_of_banks.end()) stop(place, "a word that banks do not say");

    const auto signer = signature_of(place, signature, whole, digest);
    const std::string received = fmt::format("|return-received|{}|{}|{}|", number, name, digest.hex());
    if (signer ? !has_act(received + signer->fingerprint.hex())
               : std::ranges::none_of(
                     acts_, [&](const std::string& act) { return act.find(received) != std::string::npos; }))
        stop(place, "the log knows no such return file of this signer");
    recon::Outcome outcome;
    outcome.serial = owed_.serial;
    outcome.attempt = static_cast<std::int16_t>(n);
    outcome.paid = kind == "paid";
    outcome.reason = static_cast<bankfile::Reason>(must(said.number_of("reason"), place));
    outcome.amount = Money::of_fen(must(said.number_of("amount-fen"), place));
    outcome.value_day =
        Day::of_epoch_days(static_cast<std::int32_t>(must(said.number_of("value-day"), place)));
    outcome.line = static_cast<std::int32_t>(must(said.number_of("line"), place));
    std::array<std::byte, recon::outcome_leaf_bytes> leaf;
    recon::write_leaf(owed_.part, owed_.county, word->to, outcome, static_cast<std::int32_t>(number),
                      leaf.data());
    // Words about a re-issue are booked a month each.
    const auto root = root_of_entry(
        word->entry_kind,
        fmt::format("return {}{}", number, n > 1 ? month_ending(period_of(owed_.part)) : std::string{}),
        must(said.number_of("size"), place));
    if (!root) stop(place, "no entry of this return file is in the log");
    proven(said, audit::leaf_hash(hash_, leaf), *root, place);

    const std::string bytes = must(audit::parse_base64(must(said.text_of("line-bytes"), place)), place);
    const std::vector<std::string> answered = fields_of_line(bytes);
    if (answered.size() != 10 || answered[2] != attempted.text() ||
        answered[4] != std::to_string(outcome.amount.fen()) || answered[5] != (outcome.paid ? "S" : "F"))
        stop(place, "the line of the return file says something else");
    whole_file(whole, digest, outcome.line, bytes, said, place);
    shows("attempt {}: {} says {} on {}{}, and the books say so", n, name, kind, outcome.value_day.text(),
          signer ? ", signed by " + signer->name : "");
    return word->to;
}

void PacketReading::came_back(const std::string& place, int n, const PaymentReference& attempted) {
    const Fields said = fields(place);
    DecidedFailure decided = decision_in(said, n, place);
    decided.returned = true;
    const auto root = root_of_entry("unidentified-is-return", "returned " + attempted.text(), 1);
    if (!root) stop(place, "no entry of it is in the log");
    if (*root != leaf_of(decided)) stop(place, "the books take it back by another decision");
    proposed(decided.proposal_no, place);
    shows("attempt {}: its money came back on a statement, by proposal {}, and the books say so", n,
          decided.proposal_no);
}

void PacketReading::end(const std::string& place, int n, const PaymentReference& attempted) {
    const Fields said = fields(place);
    const std::string fate = must(said.text_of("fate"), place);
    if (!is_open_ || (fate != "paid" && fate != "cancelled"))
        stop(place, "a failure ends as paid or cancelled");
    is_open_ = false;
    DecidedFailure decided = decision_in(said, n, place);
    decided.paid = fate == "paid";
    const std::string cause = "failure " + attempted.text();
    const auto root = decided.paid ? root_of_entry("failure-corrected", cause, 1)
                                   : root_of_entry("return-cancelled", cause, 1);
    const auto earlier = decided.paid ? std::nullopt : root_of_entry("return-cancelled-prior-year", cause, 1);
    if (!root && !earlier) stop(place, "no entry of it is in the log");
    if ((root ? *root : *earlier) != leaf_of(decided))
        stop(place, "the books end this failure by another decision");
    proposed(decided.proposal_no, place);
    shows("attempt {}: its failure ended as {} by proposal {}, and the books say so", n, fate,
          decided.proposal_no);
}

void PacketReading::proposed(std::int64_t proposal_no, const std::string& place) const {
    const std::string words = fmt::format("|proposed|{}|", proposal_no);
    if (std::ranges::none_of(acts_,
                             [&](const std::string& act) { return act.find(words) != std::string::npos; }))
        stop(place, "the log knows no such proposal");
}

DecidedFailure PacketReading::decision_in(const Fields& said, int n, std::string_view place) const {
    DecidedFailure decided;
    decided.part = owed_.part;
    decided.county = owed_.county;
    decided.serial = owed_.serial;
    decided.attempt = static_cast<std::int16_t>(n);
    decided.proposal_no = must(said.number_of("proposal"), place);
    decided.amount = Money::of_fen(must(said.number_of("amount-fen"), place));
    return decided;
}

Digest PacketReading::leaf_of(const DecidedFailure& decided) const {
    std::array<std::byte, decided_leaf_bytes> leaf;
    write_leaf(decided, leaf.data());
    return audit::leaf_hash(hash_, leaf);
}

}  // namespace onecard::app
