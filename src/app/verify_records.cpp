#include "verify_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "onecard/app/tools.hpp"
#include "receipts.hpp"
#include "words.hpp"

namespace onecard::app {

namespace {

/// The kinds of acts that tell of a row, and which fields of their text the row does not have. An act of another kind
/// stands for itself.
struct Told {
    std::string_view kind;
    std::array<int, 2> unknown_fields;
};
constexpr std::array tolds{
    Told{"bank", {-1, -1}},
    Told{"import", {3, -1}},
    Told{"run-created", {8, -1}},
    Told{"unit-computed", {-1, -1}},
    Told{"approval", {-1, -1}},
    Told{"cancelled", {3, 4}},
    Told{"download", {-1, -1}},
    Told{"receipt", {-1, -1}},
    Told{"return-received", {-1, -1}},
    Told{"return-refused", {-1, -1}},
    Told{"return-posted", {-1, -1}},
    Told{"funds", {3, 4}},
    Told{"run-profile", {-1, -1}},
    Told{"sequence", {-1, -1}},
    Told{"sequence-refused", {-1, -1}},
    Told{"push", {-1, -1}},
    Told{"unheard", {-1, -1}},
    Told{"allotment", {-1, -1}},
    Told{"services", {3, 4}},
    Told{"outlier-accepted", {-1, -1}},
    Told{"run-past", {-1, -1}},
    Told{"run-screened", {-1, -1}},
    Told{"screening-list", {-1, -1}},
    Told{"stale-accepted", {-1, -1}},
    Told{"finding-release", {-1, -1}},
    Told{"overpayment", {3, 7}},
    Told{"recovered", {-1, -1}},
    Told{"instalment", {-1, -1}},
    Told{"recovery-proposed", {-1, -1}},
    Told{"recovery-approved", {-1, -1}},
    Told{"remitted", {4, 5}},
    Told{"account-confirmed", {-1, -1}},
    Told{"name-check", {-1, -1}},
    Told{"name-answer", {-1, -1}},
    Told{"proposed", {-1, -1}},
    Told{"answered", {-1, -1}},
    Told{"failure-note", {7, -1}},
    Told{"break-given", {5, -1}},
    Told{"break-found", {-1, -1}},
    Told{"statement-fits", {-1, -1}},
    Told{"statement-received", {-1, -1}},
    Told{"statement-refused", {-1, -1}},
    Told{"statement-posted", {-1, -1}},
    Told{"closed", {-1, -1}},
    Told{"unmasked", {-1, -1}},
    Told{"evidence-read", {-1, -1}},
};

/// The text with its unknown fields as "*".
std::string known_part(std::string_view text, const Told& told) {
    std::string out;
    for (int field = 0;; ++field) {
        const std::size_t end = text.find('|');
        const bool is_unknown = std::ranges::find(told.unknown_fields, field) != told.unknown_fields.end();
        out += is_unknown ? std::string_view{"*"} : text.substr(0, end);
        if (end == std::string_view::npos) return out;
        out += '|';
        text.remove_prefix(end + 1);
    }
}

}  // namespace

void RecordCheck::acts_and_rows() const {
    struct Sides {
        int acts = 0, rows = 0;
        std::int64_t act_no = 0;
    };
    std::map<std::pair<std::string, Moment>, Sides> all;
    for (const LoggedAct& logged : acts) {
        const auto* const told = std::ranges::find(tolds, logged.act.kind, &Told::kind);
        if (told == tolds.end()) continue;
        Sides& sides = all[{known_part(logged.act.text, *told), logged.at}];
        ++sides.acts;
        sides.act_no = logged.no;
    }
    // Rows first: they name what was touched.
    work.audit().each_expected_act([&](const ExpectedAct& expected) {
        Sides& sides = all[{expected.text, expected.at}];
        if (++sides.rows > sides.acts)
            finds(fmt::format("{}: no act in the log tells of it as it stands now", expected.place));
    });
    for (const auto& [key, sides] : all) {
        // Two services that start together may both tell of a bank.
        const bool is_told_again = sides.rows > 0 && key.first.starts_with("bank|");
        if (sides.acts > sides.rows && !is_told_again)
            finds(fmt::format("act {} ({}): the record that it tells of is gone or was altered", sides.act_no,
                              key.first.substr(0, key.first.find('|'))));
    }
}

void RecordCheck::registers() const {
    std::map<std::string, std::string> told;
    for (const LoggedAct& logged : acts)
        if (logged.act.kind == "register-rows") {
            const std::string_view text = logged.act.text;
            const std::size_t first = text.find('|'), second = text.find('|', first + 1);
            told.emplace(text.substr(first + 1, second - first - 1), text.substr(second + 1));
        }
    for (const ImportNo import : work.audit().imports()) {
        const auto said = told.find(std::to_string(import.number()));
        if (said == told.end()) {
            finds(fmt::format("import {}: no act in the log tells of its rows", import.number()));
            continue;
        }
        const std::string now = work.audit().register_digests(import, sha256);
        if (now == said->second) continue;
        // "table rows digest;" each: the first that differs is named.
        std::string_view a = now, b = said->second;
        while (!a.empty() && a.substr(0, a.find(';')) == b.substr(0, b.find(';'))) {
            a.remove_prefix(a.find(';') + 1);
            b.remove_prefix(b.find(';') + 1);
        }
        finds(fmt::format("import {}: its rows of table {} are not those that were imported", import.number(),
                          a.substr(0, a.find(' '))));
    }
}

void RecordCheck::units() const {
    std::map<std::pair<RunNo, County>, std::vector<Batch>> of_unit;
    for (const Batch& batch : batches) of_unit[{batch.run, batch.county}].push_back(batch);
    std::map<std::tuple<RunNo, County, std::int16_t>, std::string> approvals;
    std::map<std::tuple<PartNo, County, Serial>, Money> arrears_due;
    for (const Run& run : work.runs().runs())
        for (const UnitState& state : work.runs().units(run.no)) {
            if (!state.result) continue;
            const std::string place = fmt::format("run {}/{}", run.no.number(), state.unit.county.text());
            const auto& batches_of_it = of_unit[{run.no, state.unit.county}];
            const County county = state.unit.county;
            const Beside beside = beside_of(work, run.no, county);
            if (digest_of(sha256, unit_text(run, state.unit, *state.result, batches_of_it, beside, hash)) !=
                state.result->digest)
                finds(
                    place +
                    ": its numbers and batches, findings, holds, corrections, offsets and outliers do not give its digest");
            for (const Correction& one : beside.corrections)
                if (one.serial) arrears_due[{state.unit.part, county, one.serial}] += one.due - one.awarded;
            for (const Offset& kept : beside.offsets)
                if (const auto due = arrears_due.find({state.unit.part, county, kept.serial});
                    due != arrears_due.end())
                    due->second -= kept.amount;
            for (const Step step : {Step::proposed, Step::checked, Step::released})
                approvals[{run.no, state.unit.county, static_cast<std::int16_t>(step)}] =
                    approval_text(run, state, step);
        }
    for (const payment::Payment& owed : arrears) {
        const std::string place = fmt::format("payment {}/{} in part {}", owed.county.text(),
                                              owed.serial.number(), owed.part.number());
        const auto due = arrears_due.find({owed.part, owed.county, owed.serial});
        if (due == arrears_due.end()) {
            finds(place + ": arrears that no correction explains");
            continue;
        }
        if (due->second != owed.amount)
            finds(fmt::format("{}: arrears of {} yuan, the corrections give {}", place, owed.amount.yuan(),
                              due->second.yuan()));
        arrears_due.erase(due);
    }
    for (const auto& [key, due] : arrears_due)
        finds(fmt::format("payment {}/{} in part {}: {} yuan of arrears are planned, and there is no payment",
                          std::get<1>(key).text(), std::get<2>(key).number(), std::get<0>(key).number(),
                          due.yuan()));
    work.audit().each_signed_words([&](const SignedWords& words) {
        if (words.of != SignedWords::Of::approval) return;
        const auto expected = approvals.find({words.run, words.county, words.step});
        const auto found = verifier.verify_attached(words.cms);
        if (!found)
            finds(fmt::format("{}: its signature: {}", words.place, found.error().text));
        else if (found->signer.fingerprint != words.fingerprint)
            finds(words.place + ": it is signed with another certificate than is on record");
        else if (expected == approvals.end() || without_funds(found->text) != expected->second)
            finds(words.place + ": what was signed is not what stands now");
    });
}

void RecordCheck::misfits() const {
    for (const Misfit& misfit : work.audit().misfits())
        finds(fmt::format("{}: {}", misfit.place, misfit.what));
}

namespace {

constexpr std::size_t file_at = std::string_view{"onecard receipt 1\nfile "}.size();

/// The words of each receipt that a note is for: four lines a file.
std::vector<std::string> receipts_alone(std::string_view words) {
    std::vector<std::string> all;
    for (int lines = 0; !words.empty(); ++lines) {
        const std::string_view line = words.substr(0, words.find('\n') + 1);
        words.remove_prefix(line.size());
        if (lines % 4 == 0) all.emplace_back();
        all.back() += line;
    }
    return all;
}

}  // namespace

void RecordCheck::signatures() const {
    work.audit().each_signed_words([&](const SignedWords& words) {
        switch (words.of) {
            case SignedWords::Of::approval: return;
            case SignedWords::Of::receipt: {
                auto found = verifier.verify_attached(words.cms);
                if (!found) return finds(fmt::format("{}: {}", words.place, found.error().text));
                std::erase(found->text, '\r');
                if (found->signer.fingerprint != words.fingerprint)
                    return finds(words.place + ": it is signed with another certificate than is on record");
                for (const std::string& alone : receipts_alone(words.text))
                    if (!says_receipt(found->text, alone))
                        finds(fmt::format("receipt of {}: what the bank signed is not what stands now",
                                          alone.substr(file_at, alone.find('\n', file_at) - file_at)));
                return;
            }
            case SignedWords::Of::return_file: {
                const auto path = vault.find(words.file_digest);
                if (!path) return finds(words.place + ": it is gone from the vault");
                const auto found = verifier.verify_file(*path, words.cms);
                if (!found) return finds(fmt::format("{}: {}", words.place, found.error().text));
                if (found->fingerprint != words.fingerprint)
                    finds(words.place + ": it is signed with another certificate than is on record");
                return;
            }
        }
    });
}

}  // namespace onecard::app
