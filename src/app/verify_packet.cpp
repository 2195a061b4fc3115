#include "verify_packet.hpp"

#include <algorithm>
#include <optional>

#include "onecard/audit/merkle.hpp"

namespace onecard::app {

std::vector<std::string> PacketReading::split_at(std::string_view text, char between) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t end = text.find(between);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

const std::string* PacketReading::find(std::string_view name) const {
    const auto found = std::ranges::find(packet_.blocks, name, &audit::Block::name);
    return found == packet_.blocks.end() ? nullptr : &found->bytes;
}

const std::string& PacketReading::block(std::string_view name) const {
    const std::string* found = find(name);
    if (found == nullptr) stop(name, "the block is missing");
    return *found;
}

void PacketReading::seal_and_checkpoint(const audit::VerifierKey& key, Ed25519Verify verify_note) {
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

void PacketReading::payment() {
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

void PacketReading::log() {
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

void PacketReading::proven(const Fields& said, const Digest& leaf, const Digest& root,
                           std::string_view place) const {
    const auto index = static_cast<std::uint64_t>(must(said.number_of("index"), place));
    const auto size = static_cast<std::uint64_t>(must(said.number_of("size"), place));
    const auto proof = must(said.digests_of("proof"), place);
    must(audit::verify_inclusion(hash_, leaf, index, size, proof, root), place);
}

bool PacketReading::has_act(std::string_view words) const {
    return std::ranges::any_of(acts_, [&](const std::string& act) { return act.ends_with(words); });
}

std::optional<Digest> PacketReading::root_of_entry(std::string_view kind, std::string_view cause,
                                                   std::int64_t lines) const {
    for (const std::string& entry : entries_) {
        const auto parts = split_at(entry, '|');
        if (parts.size() > 13 && parts[1] == owed_.county.text() && parts[2] == kind && parts[3] == cause &&
            parts[9] == std::to_string(lines)) {
            const auto root = Digest::parse_hex(parts[11]);
            if (root) return *root;
        }
    }
    return std::nullopt;
}

PacketVerdict verify_packet(std::string_view bytes, const HashFunction& sha256, const HashFunction& sm3,
                            SignatureVerifier& verifier, Ed25519Verify verify_note,
                            const PacketTrust& trust) {
    PacketVerdict verdict;
    try {
        const audit::Packet packet = PacketReading::must(audit::parse_packet(bytes), "packet");
        PacketVerdict names;
        const PacketReading first{packet, sha256, sha256, verifier, names};
        std::string key_text = trust.key;
        if (key_text.empty()) {
            key_text = first.block("key");
            verdict.notes.emplace_back(
                "the ledger's key is taken from the packet itself: compare it with one from elsewhere");
        }
        if (key_text.ends_with('\n')) key_text.pop_back();
        const audit::VerifierKey key =
            PacketReading::must(audit::parse_verifier_key(sha256, key_text), "key");
        const std::string hash = PacketReading::must(first.fields("payment").text_of("hash"), "payment");
        if (hash != sha256.name && hash != sm3.name)
            PacketReading::stop("payment", "an unknown hash: " + hash);
        PacketReading reading{packet, sha256, hash == sm3.name ? sm3 : sha256, verifier, verdict};
        reading.seal_and_checkpoint(key, verify_note);
        reading.payment();
        reading.log();
        reading.attempts();
    } catch (const PacketReading::DoesNotFit& misfit) {
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
        const auto said = audit::Fields::parse(block.bytes);
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
