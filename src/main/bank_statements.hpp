#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bank_answering.hpp"
#include "onecard/bankfile/statement.hpp"
#include "onecard/core/ids.hpp"

namespace onecard::cli {

/// What the bank of our own says of the transit accounts there, one a county: each accepted file is funded once, what
/// its posted return files say was paid goes out, what late returns and corrections take back comes in. It contradicts
/// itself in words only: no money moves for a contradiction. statements/ holds each with its .p7s, its .covers (what is on
/// it, so that nothing stands on two) and its .sent.
class BankStating {
public:
    BankStating(BankSide& side, BankAnswering& answering) : side_{side}, answering_{answering} {}

    /// A file that is held here; nothing is said of one whose receipt the service does not have.
    Result<void> note(const Listed& file);
    /// Makes what there is to say, signs it, delivers it and, when so wished, waits for what becomes of it.
    Result<void> hand_in();

private:
    struct Movement {
        bool is_credit = false;
        Money amount;
        std::string reference, bank_reference, text;
        std::string_view code;
    };
    using Sink = std::function<void(const Movement&)>;
    struct File {
        Listed listed;
        std::vector<BankAnswering::Round> rounds;
    };
    /// One county's.
    struct Account {
        std::vector<File> files;
        std::set<std::string> covered;   ///< on end-of-day statements
        std::set<std::string> notified;  ///< in notifications
        std::string last_statement;
        std::optional<Money> closing;
        int notifications = 0;  ///< of the value day
    };

    Result<void> read_covers();
    /// Everything that moved and that no statement of this kind has, always in the same order; its marks for .covers.
    Result<std::vector<std::string>> moved(const Account& account, const Sink& sink);
    Result<void> moved_by(const Account& account, const File& file, std::vector<std::string>& marks,
                          const Sink& sink);
    void extras(const std::string& id, const Sink& sink) const;
    Result<void> make(County county, Account& account);
    Result<void> deliver(const std::string& name);
    Result<void> wait_until_matched();

    std::string ending() const;
    bool is_notifying() const { return side_.wish.does == BankDoes::notifications; }
    std::filesystem::path path_of(const std::string& name) const {
        return side_.wish.folder / "statements" / name;
    }

    BankSide& side_;
    BankAnswering& answering_;
    std::map<County, Account> accounts_;
    std::vector<std::string> waiting_;
};

}  // namespace onecard::cli
