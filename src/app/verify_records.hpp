#pragma once

#include <functional>
#include <string>
#include <vector>

#include "onecard/app/sealing.hpp"
#include "onecard/app/store.hpp"
#include "onecard/app/vault.hpp"

/// The part of the check that holds records against what acts, digests and signatures say about them.
namespace onecard::app {

struct RecordCheck {
    Work& work;
    FileVault& vault;
    SignatureVerifier& verifier;
    const HashFunction& sha256;  ///< of files, units and registers
    const HashFunction& hash;    ///< of Merkle trees
    const std::vector<Batch>& batches;
    const std::vector<LoggedAct>& acts;
    const std::vector<payment::Payment>& arrears;  ///< all payments for months before their run's
    std::function<void(std::string)> finds;

    /// Every row that an act tells of is as the act says, and every act has its row.
    void acts_and_rows() const;
    /// The rows that each import brought are those that were read from its files.
    void registers() const;
    /// Each unit's numbers and batches give its digest; each approval is signed by its officer over just that; arrears are
    /// what the unit's corrections give, less what it keeps of them.
    void units() const;
    /// Receivables and what became of them give the roots of their entries, and what is open is the balance of 1211.
    void recoveries() const;
    /// Records that repeat each other say the same.
    void misfits() const;
    /// Receipts and return files are signed by those who brought them, over what is on record.
    void signatures() const;
};

}  // namespace onecard::app
