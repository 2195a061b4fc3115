#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bank_side.hpp"

namespace onecard::cli {

/// The return files of a bank: made, signed, delivered, and what the service says became of them.
class BankAnswering {
public:
    explicit BankAnswering(BankSide& side) : side_{side} {}

    ReturnPlan plan_for(int round) const;
    /// Brings the return file of one round to the service, made anew or as an earlier call left it.
    GoOn answer(const Listed& file, const BatchSurvey& survey, const ReturnPlan& plan, bool may_be_known);
    /// Between these two, return files are delivered without a receipt for each: in the end there is one for all of them.
    /// Where the service takes archives, they go together in the end.
    void begin_many(bool together) { is_together_ = together; }
    Result<void> end_many();
    /// A further return file for the lines without a final word, when there is one for any of them now, and for those of
    /// which the script or the seed has something else to say.
    GoOn answer_open_lines(const Listed& file);
    /// A return file of a batch that the service has.
    struct Round {
        std::string name;
        std::int64_t number = 0;  ///< the service's
        std::string state;        ///< waiting, posted, refused
    };
    /// The first is of round 1.
    Result<std::vector<Round>> rounds_of(const Listed& file);
    /// From our own note, for this very batch file.
    bool has_result(const Listed& file, int round) const;
    Result<void> wait_until_posted();
    std::int64_t waiting() const { return static_cast<std::int64_t>(waiting_.size()); }

private:
    /// A return file that was delivered, until the service says what became of it.
    struct Waiting {
        std::string name;
        Digest batch;
        std::int64_t number = 0;  ///< the service's
    };
    /// What the service says of a return file; `known` is false when it never had it.
    struct ReturnState {
        bool known = false;
        std::int64_t number = 0;
        std::string state, reason;
    };
    struct SignedReturn {
        Digest sha256;
        std::string cms;
        ReturnTotals totals;
    };

    static std::string return_name(const Listed& file, int round);
    Result<std::string> number_of(const std::string& name);
    Result<SignedReturn> make_return(const Listed& file, const BatchSurvey& survey, const ReturnPlan& plan,
                                     const std::filesystem::path& path);
    Result<SignedReturn> sign_return(const std::filesystem::path& path);
    Result<net::Reply> put_both(const std::string& name, const std::string& cms);
    /// Our number of a return file that was kept, by the service's word. `false`: it is in the report why not.
    Result<std::optional<std::int64_t>> number_given(const std::string& name, const Digest& sha256,
                                                     const net::Reply& reply);
    GoOn deliver(const Listed& file, const std::string& name, const SignedReturn& answer);
    /// Made and signed, for an archive.
    struct Undelivered {
        const Listed& file;
        std::string name;
        SignedReturn answer;
        std::uint64_t bytes = 0;
    };
    Result<void> deliver_many();
    Result<void> deliver_archive(std::span<const Undelivered> files);
    void count_delivered(const Listed& file, const std::string& name, const SignedReturn& answer,
                         std::int64_t number);
    void await_receipt(const std::string& name, const Digest& sha256, std::int64_t number);
    static Result<ReturnState> read_state(const Row& row, const std::string& place);
    Result<ReturnState> state_of(const std::string& name);
    Result<std::map<std::string, ReturnState>> states_of_all();
    GoOn take_state(const Waiting& file, const ReturnState& state);

    BankSide& side_;
    std::vector<Waiting> waiting_;
    /// Delivered, and to be found in a receipt for many: what its line must say.
    struct Unreceipted {
        std::string name, line;
        std::int64_t number = 0;
    };
    bool is_together_ = false;
    bool has_archives_ = true;  ///< until the service shows that it takes none
    std::vector<Undelivered> undelivered_;
    std::vector<Unreceipted> unreceipted_;
};

}  // namespace onecard::cli
