#pragma once

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "onecard/app/packet.hpp"
#include "onecard/app/records.hpp"
#include "onecard/audit/checkpoint.hpp"
#include "onecard/audit/packet.hpp"
#include "onecard/payment/payment.hpp"
#include "onecard/recon/match.hpp"

namespace onecard::app {

/// Reads nothing but the packet: what holds here holds for anybody. Its public steps are taken in the order in which they
/// stand; the first thing that does not fit ends them.
class PacketReading {
public:
    struct DoesNotFit {
        std::string what;
    };
    [[noreturn]] static void stop(std::string_view place, std::string_view what) {
        throw DoesNotFit{fmt::format("{}: {}", place, what)};
    }
    template <class T>
    static T must(Result<T> result, std::string_view place) {
        if (!result) stop(place, result.error().message());
        if constexpr (!std::is_void_v<T>) return *std::move(result);
    }

    PacketReading(const audit::Packet& packet, const HashFunction& sha256, const HashFunction& hash,
                  SignatureVerifier& verifier, PacketVerdict& verdict)
        : packet_{packet}, sha256_{sha256}, hash_{hash}, verifier_{verifier}, verdict_{verdict} {}

    const std::string* find(std::string_view name) const;
    const std::string& block(std::string_view name) const;
    audit::Fields fields(std::string_view name) const {
        return must(audit::Fields::parse(block(name)), name);
    }

    void seal_and_checkpoint(const audit::VerifierKey& key, Ed25519Verify verify_note);
    void payment();
    void log();
    void attempts();

private:
    using Fields = audit::Fields;
    template <class... Values>
    void shows(fmt::format_string<Values...> text, Values&&... values) {
        verdict_.shown.push_back(fmt::format(text, std::forward<Values>(values)...));
    }
    static std::vector<std::string> split_at(std::string_view text, char between);

    // Of the ledger (verify_packet.cpp).
    void proven(const Fields& said, const Digest& leaf, const Digest& root, std::string_view place) const;
    bool has_act(std::string_view words) const;
    /// The root over the lines of an entry in the log.
    std::optional<Digest> root_of_entry(std::string_view kind, std::string_view cause,
                                        std::int64_t lines) const;

    // What was sent: the unit, its approvals, the line of its file (verify_packet_attempts.cpp).
    void attempt(int n);
    void approvals(int n, std::int64_t run, const Digest& unit_digest);

    // Files of ours and of banks (verify_packet_files.cpp).
    /// Nobody where the signature is of a kind (SM2) that can only be checked over the whole file, and that is not here.
    std::optional<Signer> signature_of(std::string_view place, const std::string& name,
                                       const std::string& file, const Digest& digest);
    void whole_file(const std::string& name, const Digest& digest, std::int64_t line,
                    std::string_view expected, const Fields& said, std::string_view place);
    /// The fields of a line of a bank file, as bytes. The second byte of a GB18030 character may be '|' (0x7c).
    static std::vector<std::string> fields_of_line(std::string_view line);

    // What became of an attempt (verify_packet_words.cpp).
    /// The bank's first word, a later one that takes it back, an end that people decided.
    void words(int n, const PaymentReference& attempted);
    /// One word of the bank, as the block `place` says it.
    recon::Standing answer(const std::string& place, int n, const PaymentReference& attempted);
    /// No return file has told of it: people found the money on a statement.
    void came_back(const std::string& place, int n, const PaymentReference& attempted);
    void end(const std::string& place, int n, const PaymentReference& attempted);
    /// What people decided of an attempt, as the block says it.
    DecidedFailure decision_in(const Fields& said, int n, std::string_view place) const;
    Digest leaf_of(const DecidedFailure& decided) const;
    void proposed(std::int64_t proposal_no, const std::string& place) const;

    // Corrections and recoveries (verify_packet_past.cpp).
    /// Arrears come to what their correction says, less what the unit keeps of them; what is kept is recovered.
    void past(std::int64_t run, const std::vector<std::string>& unit);
    /// `kept_for`: what the unit keeps of the payment, by receivable.
    void recovered(std::int64_t run, const std::map<std::int64_t, Money>& kept_for);

    const audit::Packet& packet_;
    const HashFunction& sha256_;
    const HashFunction& hash_;
    SignatureVerifier& verifier_;
    PacketVerdict& verdict_;
    audit::Checkpoint checkpoint_;
    std::vector<std::string> entries_, acts_;
    PaymentReference reference_;
    payment::Payment owed_;
    bool is_open_ = false;  ///< the last attempt that was read failed, and nothing has ended that
};

}  // namespace onecard::app
