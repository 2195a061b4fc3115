#include <algorithm>
#include <array>

#include "onecard/audit/merkle.hpp"
#include "verify_packet.hpp"

namespace onecard::app {

void PacketReading::attempts() {
    int n = 1;
    for (; find(fmt::format("attempt.{}", n)) != nullptr; ++n) attempt(n);
    if (n == 1) stop("attempt.1", "the block is missing");
}

void PacketReading::attempt(int n) {
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

void PacketReading::approvals(int n, std::int64_t run, const Digest& unit_digest) {
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
                                 unit_digest.hex(), attached.signer.name, attached.signer.fingerprint.hex(),
                                 sha256_.hash(bytes_of(cms)).hex())))
            stop(place, "the log has no such approval");
        if (std::ranges::find(hands, attached.signer.fingerprint) != hands.end())
            stop(place, "the same certificate took two steps");
        hands.push_back(attached.signer.fingerprint);
        shows("attempt {}: {} by {}", n, steps[i], attached.signer.name);
    }
}

}  // namespace onecard::app
