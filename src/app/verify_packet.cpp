#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "onecard/app/packet.hpp"
#include "onecard/app/records.hpp"
#include "onecard/audit/checkpoint.hpp"
#include "onecard/audit/merkle.hpp"
#include "onecard/audit/packet.hpp"
#include "onecard/payment/payment.hpp"
#include "onecard/recon/match.hpp"

/// Reads nothing but the packet: what holds here holds for anybody.
namespace onecard::app {

namespace {

using audit::Fields;

struct DoesNotFit {
    std::string what;
};
[[noreturn]] void stop(std::string_view place, std::string_view what) {
    throw DoesNotFit{fmt::format("{}: {}", place, what)};
}
template <class T>
T must(Result<T> result, std::string_view place) {
    if (!result) stop(place, result.error().message());
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

std::vector<std::string> split_at(std::string_view text, char between) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t end = text.find(between);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

/// The fields of a line of a bank file, as bytes. The second byte of a GB18030 character may be '|' (0x7c).
std::vector<std::string> fields_of_line(std::string_view line) {
    std::vector<std::string> fields(1);
    for (std::size_t i = 0; i < line.size(); ++i) {
        const auto byte = static_cast<unsigned char>(line[i]);
        if (byte == '|') {
            fields.emplace_back();
            continue;
        }
        std::size_t length = 1;
        if (byte >= 0x81 && i + 1 < line.size()) length = line[i + 1] >= '0' && line[i + 1] <= '9' ? 4 : 2;
        fields.back() += line.substr(i, length);
        i += length - 1;
    }
    return fields;
}

class Reading {
public:
    Reading(const audit::Packet& packet, const HashFunction& sha256, const HashFunction& hash,
            SignatureVerifier& verifier, PacketVerdict& verdict)
        : packet_{packet}, sha256_{sha256}, hash_{hash}, verifier_{verifier}, verdict_{verdict} {}

    const std::string* find(std::string_view name) const {
        const auto found = std::ranges::find(packet_.blocks, name, &audit::Block::name);
        return found == packet_.blocks.end() ? nullptr : &found->bytes;
    }
    const std::string& block(std::string_view name) const {
        const std::string* found = find(name);
        if (found == nullptr) stop(name, "the block is missing");
        return *found;
    }
    Fields fields(std::string_view name) const { return must(Fields::parse(block(name)), name); }

    void seal_and_checkpoint(const audit::VerifierKey& key, Ed25519Verify verify_note) {
        const auto check = [&](std::string_view name, std::string_view expected_text) {
            const auto note = must(audit::SignedNote::parse(block(name)), name);
            if (!expected_text.empty() && note.text != expected_text)
                stop(name, "the packet was altered after it was sealed");
            if (std::ranges::none_of(note.signatures, [&](const audit::NoteSignature& signature) {
                    return signature.name == key.name && signature.key_id == key.key_id &&
                           verify_note(key.public_key, note.text, signature.signature);
                }))
                stop(name, "it is not signed by the ledger's key");
            return note.text;
        };
        check("seal", audit::seal_text(sha256_.hash(bytes_of(packet_.sealed))));
        checkpoint_ = must(audit::Checkpoint::parse(check("checkpoint", {})), "checkpoint");
        if (checkpoint_.origin != key.name) stop("checkpoint", "it is another ledger's");
        if (checkpoint_.hash != hash_.name) stop("checkpoint", "its log is hashed with " + checkpoint_.hash);
        shows("the checkpoint of size {} is signed by {}", checkpoint_.size, key.name);
    }

    void log() {
        for (const audit::Block& one : packet_.blocks) {
            if (one.name != "entry" && one.name != "act") continue;
            const Fields said = must(Fields::parse(one.bytes), one.name);
            const std::string text = must(said.text_of("text"), one.name);
            const std::string place = fmt::format("{} «{}»", one.name, text.substr(0, 60));
            proven(said, audit::leaf_hash(hash_, bytes_of(text)), checkpoint_.root, place);
            if (must(said.number_of("size"), place) != static_cast<std::int64_t>(checkpoint_.size))
                stop(place, "it is proven in another tree than the checkpoint's");
            (one.name == "entry" ? entries_ : acts_).push_back(text);
        }
        shows("{} entries and {} acts are in that log", entries_.size(), acts_.size());
    }

    void payment() {
        const Fields said = fields("payment");
        const auto number = [&](std::string_view key) { return must(said.number_of(key), "payment"); };
        reference_ = must(PaymentReference::parse(must(said.text_of("reference"), "payment")), "payment");
        owed_.part = PartNo{static_cast<std::int32_t>(number("part"))};
        owed_.county = County::of_number(static_cast<std::int32_t>(number("county")));
        owed_.serial = Serial{static_cast<std::int32_t>(number("serial"))};
        owed_.programme = static_cast<Programme>(number("programme"));
        owed_.component = static_cast<Component>(number("component"));
        owed_.kind = static_cast<payment::Kind>(number("kind"));
        owed_.benefit_month =
            must(Month::of_number(static_cast<std::int32_t>(number("benefit-month"))), "payment");
        owed_.beneficiary = number("beneficiary");
        owed_.payee_kind = static_cast<registry::PayeeKind>(number("payee-kind"));
        owed_.payee = number("payee");
        owed_.amount = Money::of_fen(number("amount-fen"));
        if (reference_.county != owed_.county || reference_.serial != owed_.serial ||
            reference_.period != owed_.part.number() / 1000 + 190000)
            stop("payment", "its reference is another payment's");
        // For people there are commas between the thousands.
        std::string explained = block("explanation");
        std::erase(explained, ',');
        if (explained.find(owed_.amount.yuan()) == std::string::npos)
            stop("explanation", "it explains another amount");
    }

    void attempts() {
        int n = 1;
        for (; find(fmt::format("attempt.{}", n)) != nullptr; ++n) attempt(n);
        if (n == 1) stop("attempt.1", "the block is missing");
    }

private:
    template <class... Values>
    void shows(fmt::format_string<Values...> text, Values&&... values) {
        verdict_.shown.push_back(fmt::format(text, std::forward<Values>(values)...));
    }

    void proven(const Fields& said, const Digest& leaf, const Digest& root, std::string_view place) const {
        const auto index = static_cast<std::uint64_t>(must(said.number_of("index"), place));
        const auto size = static_cast<std::uint64_t>(must(said.number_of("size"), place));
        const auto proof = must(said.digests_of("proof"), place);
        must(audit::verify_inclusion(hash_, leaf, index, size, proof, root), place);
    }

    bool has_act(std::string_view words) const {
        return std::ranges::any_of(acts_, [&](const std::string& act) { return act.ends_with(words); });
    }
    /// The root over the lines of an entry in the log.
    std::optional<Digest> root_of_entry(std::string_view kind, std::string_view cause,
                                        std::int64_t lines) const {
        for (const std::string& entry : entries_) {
            const auto parts = split_at(entry, '|');
            if (parts.size() > 13 && parts[1] == owed_.county.text() && parts[2] == kind &&
                parts[3] == cause && parts[9] == std::to_string(lines)) {
                const auto root = Digest::parse_hex(parts[11]);
                if (root) return *root;
            }
        }
        return std::nullopt;
    }

    void attempt(int n) {
        const std::string place = fmt::format("attempt.{}", n);
        const Fields said = fields(place);
        const std::string file = must(said.text_of("file"), place);
        const Digest file_digest = must(said.digest_of("sha256"), place);
        const std::int64_t run = must(said.number_of("run"), place);
        const std::int64_t line = must(said.number_of("line"), place);

        // The unit names its files, and three persons signed the unit's digest.
        const std::string unit_name = fmt::format("unit.{}", n);
        const std::string& unit = block(unit_name);
        const auto parts = split_at(unit, '|');
        if (parts.size() < 12 || parts[0] != "unit" || parts[1] != std::to_string(run) ||
            parts[2] != owed_.county.text())
            stop(unit_name, "it is another unit's");
        const Digest unit_digest = sha256_.hash(bytes_of(unit));
        std::vector<std::string> of_file;
        for (const std::string& part : parts)
            if (part.starts_with(file + ":")) of_file = split_at(part, ':');
        if (of_file.size() != 6) stop(place, "the unit names no such file");
        if (of_file[5] != file_digest.hex()) stop(place, "the unit names the file with another digest");
        if (n == 1 && parts[6] != sha256_.hash(bytes_of(block("policy"))).hex())
            stop("policy", "it is not the policy of the run");
        approvals(n, run, unit_digest);

        // The line is one of the batch's lines, and the books say how many those are.
        const Digest lines_root = must(Digest::parse_hex(of_file[4]), unit_name);
        if (must(said.number_of("size"), place) != std::stoll(of_file[2]))
            stop(place, "it is proven among another number of lines than the unit says");
        if (n == 1) {
            std::array<std::byte, payment::leaf_bytes> leaf;
            payment::write_leaf(owed_, leaf.data());
            proven(said, audit::leaf_hash(hash_, leaf), lines_root, place);
            const auto booked = root_of_entry("accrual",
                                              fmt::format("batch {}/{}/{}", owed_.county.text(),
                                                          file.substr(9, 6), std::stoll(file.substr(15))),
                                              std::stoll(of_file[2]));
            if (booked && *booked != lines_root) stop(place, "the books owe other lines than the unit's");
            if (!booked) verdict_.notes.emplace_back("the payment is not on the books yet");
        } else {
            Reissue again;
            again.part = owed_.part;
            again.county = owed_.county;
            again.serial = owed_.serial;
            again.attempt = static_cast<std::int16_t>(n);
            again.run = RunNo{static_cast<std::int32_t>(run)};
            again.line = static_cast<std::int32_t>(line);
            again.amount = owed_.amount;
            std::array<std::byte, reissue_leaf_bytes> leaf;
            write_leaf(again, leaf.data());
            proven(said, audit::leaf_hash(hash_, leaf), lines_root, place);
        }
        shows("attempt {}: the payment is line {} of {} in {}, over {} yuan", n, line, of_file[2], file,
              owed_.amount.yuan());
        if (n == 1) past(run, parts);

        const auto signer =
            signature_of(place, fmt::format("file-signature.{}", n), fmt::format("file.{}", n), file_digest);
        if (signer) shows("attempt {}: {} is signed by {}", n, file, signer->name);
        const std::string bytes = must(audit::parse_base64(must(said.text_of("line-bytes"), place)), place);
        PaymentReference attempted = reference_;
        attempted.attempt = static_cast<std::int16_t>(n);
        const std::vector<std::string> sent = fields_of_line(bytes);
        if (sent.size() != 10 || sent[2] != attempted.text() || sent[7] != std::to_string(owed_.amount.fen()))
            stop(place, "the line of the file is about another payment or amount");
        whole_file(fmt::format("file.{}", n), file_digest, line + 1, bytes, said, place);
        words(n, attempted);
    }

    /// What became of an attempt: the bank's first word, a later one that takes it back, an end that people decided.
    void words(int n, const PaymentReference& attempted) {
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

    /// No return file has told of it: people found the money on a statement.
    void came_back(const std::string& place, int n, const PaymentReference& attempted) {
        const Fields said = fields(place);
        DecidedFailure decided;
        decided.part = owed_.part;
        decided.county = owed_.county;
        decided.serial = owed_.serial;
        decided.attempt = static_cast<std::int16_t>(n);
        decided.returned = true;
        decided.proposal_no = must(said.number_of("proposal"), place);
        decided.amount = Money::of_fen(must(said.number_of("amount-fen"), place));
        std::array<std::byte, decided_leaf_bytes> leaf;
        write_leaf(decided, leaf.data());
        const auto root = root_of_entry("unidentified-is-return", "returned " + attempted.text(), 1);
        if (!root) stop(place, "no entry of it is in the log");
        if (*root != audit::leaf_hash(hash_, leaf)) stop(place, "the books take it back by another decision");
        proposed(decided.proposal_no, place);
        shows("attempt {}: its money came back on a statement, by proposal {}, and the books say so", n,
              decided.proposal_no);
    }

    void proposed(std::int64_t proposal_no, const std::string& place) const {
        const std::string words = fmt::format("|proposed|{}|", proposal_no);
        if (std::ranges::none_of(
                acts_, [&](const std::string& act) { return act.find(words) != std::string::npos; }))
            stop(place, "the log knows no such proposal");
    }

    void end(const std::string& place, int n, const PaymentReference& attempted) {
        const Fields said = fields(place);
        const std::string fate = must(said.text_of("fate"), place);
        if (!is_open_ || (fate != "paid" && fate != "cancelled"))
            stop(place, "a failure ends as paid or cancelled");
        is_open_ = false;
        DecidedFailure decided;
        decided.part = owed_.part;
        decided.county = owed_.county;
        decided.serial = owed_.serial;
        decided.attempt = static_cast<std::int16_t>(n);
        decided.paid = fate == "paid";
        decided.proposal_no = must(said.number_of("proposal"), place);
        decided.amount = Money::of_fen(must(said.number_of("amount-fen"), place));
        std::array<std::byte, decided_leaf_bytes> leaf;
        write_leaf(decided, leaf.data());
        const std::string cause = "failure " + attempted.text();
        const auto root = decided.paid ? root_of_entry("failure-corrected", cause, 1)
                                       : root_of_entry("return-cancelled", cause, 1);
        const auto earlier =
            decided.paid ? std::nullopt : root_of_entry("return-cancelled-prior-year", cause, 1);
        if (!root && !earlier) stop(place, "no entry of it is in the log");
        if ((root ? *root : *earlier) != audit::leaf_hash(hash_, leaf))
            stop(place, "the books end this failure by another decision");
        proposed(decided.proposal_no, place);
        shows("attempt {}: its failure ended as {} by proposal {}, and the books say so", n, fate,
              decided.proposal_no);
    }

    /// Arrears come to what their correction says, less what the unit keeps of them; what is kept is recovered.
    void past(std::int64_t run, const std::vector<std::string>& unit) {
        std::vector<std::string> of_tree;
        for (const std::string& part : unit)
            if (part.starts_with("beside:")) of_tree = split_at(part, ':');
        std::optional<Money> difference;
        Money kept;
        std::map<std::int64_t, Money> kept_for;
        for (const audit::Block& one : packet_.blocks) {
            if (one.name != "beside") continue;
            if (of_tree.size() != 3) stop("beside", "the unit names nothing beside its payments");
            const Fields said = must(Fields::parse(one.bytes), "beside");
            const std::string text = must(said.text_of("text"), "beside");
            proven(said, audit::leaf_hash(hash_, bytes_of(text)),
                   must(Digest::parse_hex(of_tree[2]), "unit.1"), "beside");
            if (std::to_string(must(said.number_of("size"), "beside")) != of_tree[1])
                stop("beside", "it is proven in another tree than the unit's");
            const auto words = split_at(text, '|');
            const auto number = [&](std::size_t field) {
                if (field >= words.size()) stop("beside", "a field is missing");
                return std::stoll("0" + words[field]);
            };
            if (words[0] == "correction" && number(14) == owed_.serial.number()) {
                // Its own month is corrected only by a run that pays what the month's regular run did not.
                const auto kind = run_kind_of(unit[4]);
                const bool is_own_month = words[4] == unit[3];
                if (!kind || (is_own_month && !is_correcting(*kind)) || !pays(*kind, owed_.programme))
                    stop("beside", fmt::format("a {} run does not correct this", unit[4]));
                if (words[2] != text_of(owed_.programme).code ||
                    number(3) != static_cast<int>(owed_.component) ||
                    words[4] != owed_.benefit_month.text() || words[5] != std::to_string(owed_.beneficiary) ||
                    words[10] != std::to_string(owed_.payee))
                    stop("beside", "the correction is about another obligation");
                difference = Money::of_fen(number(12) - number(11));
                shows("the unit corrects {} from {} to {} yuan", words[4], Money::of_fen(number(11)).yuan(),
                      Money::of_fen(number(12)).yuan());
            } else if (words[0] == "offset" && number(1) == owed_.serial.number()) {
                kept += Money::of_fen(number(3));
                kept_for[number(2)] += Money::of_fen(number(3));
            }
        }
        if ((owed_.kind == payment::Kind::arrears) != difference.has_value())
            stop("beside", "arrears are paid by the correction of their month, and nothing else is");
        if (difference && *difference != owed_.amount + kept)
            stop("beside", fmt::format("the correction gives {} yuan, paid and kept are {} and {}",
                                       difference->yuan(), owed_.amount.yuan(), kept.yuan()));
        if (kept_for.empty()) return;
        std::map<std::int64_t, Money> recovered;
        for (const audit::Block& one : packet_.blocks) {
            if (one.name != "recovery") continue;
            const Fields said = must(Fields::parse(one.bytes), "recovery");
            const std::string text = must(said.text_of("text"), "recovery");
            const auto words = split_at(text, '|');
            if (words.size() != 12 || words[0] != "recovery" || words[1] != owed_.county.text() ||
                words[4] != "offset" || words[10] != std::to_string(run) ||
                words[11] != std::to_string(owed_.serial.number()))
                stop("recovery", "it is another payment's");
            const auto root = root_of_entry("recovered-by-offset", must(said.text_of("cause"), "recovery"),
                                            must(said.number_of("size"), "recovery"));
            if (!root) stop("recovery", "no entry of it is in the log");
            proven(said, audit::leaf_hash(hash_, bytes_of(text)), *root, "recovery");
            recovered[std::stoll(words[2])] += Money::of_fen(std::stoll(words[5]));
        }
        if (recovered.empty()) {
            verdict_.notes.emplace_back("what is kept of the payment is not on the books yet");
        } else if (recovered != kept_for) {
            stop("recovery", "the books recover another amount than the unit keeps");
        }
        for (const auto& [receivable, amount] : kept_for)
            shows("{} yuan of it are kept for receivable {}", amount.yuan(), receivable);
    }

    void approvals(int n, std::int64_t run, const Digest& unit_digest) {
        static constexpr std::array steps{"proposed", "checked", "released"};
        std::vector<Digest> hands;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const std::string place = fmt::format("approval.{}.{}", n, i + 1);
            const std::string* found = find(place);
            if (found == nullptr) {
                verdict_.notes.push_back(fmt::format("attempt {}: nobody has {} the unit", n, steps[i]));
                continue;
            }
            const std::string cms = must(audit::parse_base64(found->substr(0, found->size() - 1)), place);
            const auto attached = must(verifier_.verify_attached(cms), place);
            for (const std::string& wanted :
                 {fmt::format("\nrun {}\n", run), fmt::format("\ncounty {}\n", owed_.county.text()),
                  fmt::format("\nstep {}\n", steps[i]), fmt::format("\ndigest {}\n", unit_digest.hex())})
                if (attached.text.find(wanted) == std::string::npos)
                    stop(place, "what was signed is about another unit, step or digest");
            if (!has_act(fmt::format("|approval|{}|{}|{}|{}|{}|{}|{}", run, owed_.county.text(), steps[i],
                                     unit_digest.hex(), attached.signer.name,
                                     attached.signer.fingerprint.hex(), sha256_.hash(bytes_of(cms)).hex())))
                stop(place, "the log has no such approval");
            if (std::ranges::find(hands, attached.signer.fingerprint) != hands.end())
                stop(place, "the same certificate took two steps");
            hands.push_back(attached.signer.fingerprint);
            shows("attempt {}: {} by {}", n, steps[i], attached.signer.name);
        }
    }

    /// Nobody where the signature is of a kind (SM2) that can only be checked over the whole file, and that is not here.
    std::optional<Signer> signature_of(std::string_view place, const std::string& name,
                                       const std::string& file, const Digest& digest) {
        const std::string& text = block(name);
        const std::string cms = must(audit::parse_base64(text.substr(0, text.size() - 1)), name);
        const std::string* const bytes = find(file);
        if (bytes != nullptr && sha256_.hash(bytes_of(*bytes)) != digest)
            stop(file, "its bytes were altered");
        auto signer = bytes != nullptr ? verifier_.verify(*bytes, cms) : verifier_.verify_digest(digest, cms);
        if (signer) return *signer;
        if (signer.error().fault != Fault::missing)
            stop(name, fmt::format("{} ({})", signer.error().text, place));
        verdict_.notes.push_back(fmt::format("{}: {}; --files puts it in", name, signer.error().text));
        return std::nullopt;
    }

    void whole_file(const std::string& name, const Digest& digest, std::int64_t line,
                    std::string_view expected, const Fields& said, std::string_view place) {
        const std::string* const bytes = find(name);
        if (bytes == nullptr) {
            verdict_.notes.push_back(fmt::format(
                "{}: the line is shown as the ledger's key vouches for it; the whole file (sha256 {}) is not here",
                place, digest.hex()));
            return;
        }
        if (sha256_.hash(bytes_of(*bytes)) != digest) stop(name, "its bytes were altered");
        if (const auto layout = said.text_of("layout")) {
            verdict_.notes.push_back(fmt::format(
                "{}: the whole file is here, in the bank's layout {}; the line is what its profile reads",
                place, *layout));
            return;
        }
        std::string_view rest = *bytes;
        for (std::int64_t i = 1; i < line && !rest.empty(); ++i) {
            const std::size_t end = rest.find('\n');
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        }
        if (!rest.starts_with(expected) || expected.empty())
            stop(place, fmt::format("line {} of the file is another", line));
        shows("{}: the line stands so in the whole file", place);
    }

    /// One word of the bank, as the block `place` says it.
    recon::Standing answer(const std::string& place, int n, const PaymentReference& attempted) {
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
                   : std::ranges::none_of(acts_, [&](const std::string& act) {
                         return act.find(received) != std::string::npos;
                     }))
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

    struct WordOfBank {
        std::string_view code;
        recon::Standing to;
        std::string_view entry_kind;
    };
    static constexpr std::array words_of_banks{
        WordOfBank{"paid", recon::Standing::paid, "paid"},
        WordOfBank{"failed", recon::Standing::failed, "failed"},
        WordOfBank{"returned", recon::Standing::returned, "late-return"},
        WordOfBank{"corrected", recon::Standing::corrected, "success-corrected"}};
    bool is_open_ = false;  ///< the last attempt that was read failed, and nothing has ended that

    const audit::Packet& packet_;
    const HashFunction& sha256_;
    const HashFunction& hash_;
    SignatureVerifier& verifier_;
    PacketVerdict& verdict_;
    audit::Checkpoint checkpoint_;
    std::vector<std::string> entries_, acts_;
    PaymentReference reference_;
    payment::Payment owed_;
};

}  // namespace

PacketVerdict verify_packet(std::string_view bytes, const HashFunction& sha256, const HashFunction& sm3,
                            SignatureVerifier& verifier, Ed25519Verify verify_note,
                            const PacketTrust& trust) {
    PacketVerdict verdict;
    try {
        const audit::Packet packet = must(audit::parse_packet(bytes), "packet");
        PacketVerdict names;
        const Reading first{packet, sha256, sha256, verifier, names};
        std::string key_text = trust.key;
        if (key_text.empty()) {
            key_text = first.block("key");
            verdict.notes.emplace_back(
                "the ledger's key is taken from the packet itself: compare it with one from elsewhere");
        }
        if (key_text.ends_with('\n')) key_text.pop_back();
        const audit::VerifierKey key = must(audit::parse_verifier_key(sha256, key_text), "key");
        const std::string hash = must(first.fields("payment").text_of("hash"), "payment");
        if (hash != sha256.name && hash != sm3.name) stop("payment", "an unknown hash: " + hash);
        Reading reading{packet, sha256, hash == sm3.name ? sm3 : sha256, verifier, verdict};
        reading.seal_and_checkpoint(key, verify_note);
        reading.payment();
        reading.log();
        reading.attempts();
    } catch (const DoesNotFit& misfit) {
        verdict.findings.push_back(misfit.what);
    } catch (const BrokenInvariant& broken) {
        verdict.findings.emplace_back(broken.what());
    }
    return verdict;
}

Result<PacketNames> names_in_packet(std::string_view bytes) {
    const auto packet = audit::parse_packet(bytes);
    if (!packet) return std::unexpected{packet.error()};
    PacketNames names;
    for (const audit::Block& block : packet->blocks) {
        if (block.name == "authorities") names.authorities = block.bytes;
        if (block.name != "payment") continue;
        const auto said = Fields::parse(block.bytes);
        if (!said) return std::unexpected{said.error()};
        const auto made = said->text_of("made");
        if (!made) return std::unexpected{made.error()};
        const auto moment = Moment::parse(*made);
        if (!moment) return std::unexpected{moment.error()};
        names.made_at = *moment;
    }
    if (names.authorities.empty())
        return refuse(Fault::missing, "the packet names no authorities", "authorities");
    return names;
}

}  // namespace onecard::app
