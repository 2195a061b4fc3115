#include "onecard/audit/merkle.hpp"
#include "verify_packet.hpp"

namespace onecard::app {

void PacketReading::past(std::int64_t run, const std::vector<std::string>& unit) {
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
        proven(said, audit::leaf_hash(hash_, bytes_of(text)), must(Digest::parse_hex(of_tree[2]), "unit.1"),
               "beside");
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
            if (words[2] != text_of(owed_.programme).code || number(3) != static_cast<int>(owed_.component) ||
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
    if (!kept_for.empty()) recovered(run, kept_for);
}

void PacketReading::recovered(std::int64_t run, const std::map<std::int64_t, Money>& kept_for) {
    std::map<std::int64_t, Money> done;
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
        done[std::stoll(words[2])] += Money::of_fen(std::stoll(words[5]));
    }
    if (done.empty()) {
        verdict_.notes.emplace_back("what is kept of the payment is not on the books yet");
    } else if (done != kept_for) {
        stop("recovery", "the books recover another amount than the unit keeps");
    }
    for (const auto& [receivable, amount] : kept_for)
        shows("{} yuan of it are kept for receivable {}", amount.yuan(), receivable);
}

}  // namespace onecard::app
