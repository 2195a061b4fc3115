#include "onecard/app/proofs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "onecard/audit/merkle.hpp"

namespace onecard::app {

namespace {

struct Log {
    std::vector<Digest> digests;
    std::vector<CheckpointRecord> checkpoints;
};

Result<Log> log_of(Tools& tools, const Identity& by) {
    if (by.role == Role::bank)
        return refuse(Fault::forbidden, "banks see their files, not the ledger", "proof");
    auto work = tools.database.begin();
    Log log;
    for (const LogLeaf& leaf : work->ledger().log()) log.digests.push_back(leaf.digest);
    log.checkpoints = work->ledger().checkpoints();
    if (log.checkpoints.empty())
        return refuse(Fault::missing, "no checkpoint was made yet: onecard ledger checkpoint", "proof");
    return log;
}

Result<CheckpointRecord> checkpoint_of(const Log& log, std::int64_t size) {
    const auto found = size == 0 ? log.checkpoints.end() - 1
                                 : std::ranges::find(log.checkpoints, size, &CheckpointRecord::size);
    if (found == log.checkpoints.end() || found->size > static_cast<std::int64_t>(log.digests.size()))
        return refuse(Fault::unknown, "there is no checkpoint of that size",
                      fmt::format("checkpoint {}", size));
    return *found;
}

Table table_of(const std::vector<Digest>& proof) {
    Table table{"proof", {"证明", "Proof"}, {{"node", {"节点", "node"}}}, {}};
    for (const Digest& node : proof) table.rows.push_back({node.hex()});
    return table;
}

}  // namespace

Result<Report> prove_inclusion(Tools& tools, const Identity& by, std::int64_t position, std::int64_t size) {
    const auto log = log_of(tools, by);
    if (!log) return std::unexpected{log.error()};
    const auto checkpoint = checkpoint_of(*log, size);
    if (!checkpoint) return std::unexpected{checkpoint.error()};
    if (position < 0 || position >= checkpoint->size)
        return refuse(Fault::unknown, "the checkpoint's log has no such place",
                      fmt::format("position {}", position));
    const auto proof = audit::inclusion_proof(
        tools.log(), std::span{log->digests}.first(static_cast<std::size_t>(checkpoint->size)),
        static_cast<std::uint64_t>(position));
    if (!proof) return std::unexpected{proof.error()};
    Report report{{"包含证明", "Inclusion proof"}, {}, {}};
    report.fields = {{"hash", {"算法", "hash"}, std::string{tools.log().name}},
                     {"position", {"位置", "position"}, position},
                     {"size", {"日志条数", "log size"}, checkpoint->size},
                     {"leaf", {"叶", "leaf"}, log->digests[static_cast<std::size_t>(position)].hex()},
                     {"root", {"根", "root"}, checkpoint->root.hex()},
                     {"checkpoint", {"检查点", "checkpoint"}, checkpoint->note}};
    report.tables.push_back(table_of(*proof));
    return report;
}

Result<Report> prove_consistency(Tools& tools, const Identity& by, std::int64_t from, std::int64_t to) {
    const auto log = log_of(tools, by);
    if (!log) return std::unexpected{log.error()};
    const auto newer = checkpoint_of(*log, to);
    if (!newer) return std::unexpected{newer.error()};
    const auto older = checkpoint_of(*log, from == 0 ? log->checkpoints.front().size : from);
    if (!older || older->size > newer->size)
        return refuse(Fault::unknown, "there is no older checkpoint of that size",
                      fmt::format("checkpoint {}", from));
    const auto proof = audit::consistency_proof(
        tools.log(), std::span{log->digests}.first(static_cast<std::size_t>(newer->size)),
        static_cast<std::uint64_t>(older->size));
    if (!proof) return std::unexpected{proof.error()};
    Report report{{"一致性证明", "Consistency proof"}, {}, {}};
    report.fields = {{"hash", {"算法", "hash"}, std::string{tools.log().name}},
                     {"from", {"旧日志条数", "older size"}, older->size},
                     {"from_root", {"旧根", "older root"}, older->root.hex()},
                     {"to", {"新日志条数", "newer size"}, newer->size},
                     {"to_root", {"新根", "newer root"}, newer->root.hex()},
                     {"checkpoint", {"检查点", "checkpoint"}, newer->note}};
    report.tables.push_back(table_of(*proof));
    return report;
}

}  // namespace onecard::app
