#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

#include "commands.hpp"
#include "onecard/app/packet.hpp"
#include "onecard/app/report.hpp"
#include "onecard/seal/hashes.hpp"
#include "onecard/seal/sealing.hpp"

/// What auditors take away, and check where there is neither database nor network.
namespace onecard::cli {

namespace {

Result<std::string> text_of_file(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    if (!in) return refuse(Fault::missing, "cannot be read", path.string());
    std::ostringstream out;
    out << in.rdbuf();
    return std::move(out).str();
}

Result<int> fetch(const Context& context, const std::string& path, const std::string& file) {
    const auto settings = context.settings();
    if (!settings) return std::unexpected{settings.error()};
    auto remote = Remote::connect(*settings, context.manner, "auditor");
    if (!remote) return std::unexpected{remote.error()};
    if (file.empty()) {
        const auto answer = remote->ask("GET", path);
        if (!answer) return std::unexpected{answer.error()};
        std::fwrite(answer->data(), 1, answer->size(), stdout);
        return 0;
    }
    if (const auto fetched = remote->fetch(path, file); !fetched) return std::unexpected{fetched.error()};
    fmt::print("{}\n", file);
    return 0;
}

}  // namespace

Result<int> verify_packet_file(const Context& context, const std::string& file, const std::string& key_file,
                               const std::string& authorities_file) {
    const auto bytes = text_of_file(file);
    if (!bytes) return std::unexpected{bytes.error()};
    app::PacketTrust trust;
    if (!key_file.empty()) {
        const auto key = text_of_file(key_file);
        if (!key) return std::unexpected{key.error()};
        trust.key = key->substr(0, key->find('\n'));
    }
    const auto names = app::names_in_packet(*bytes);
    app::PacketVerdict verdict;
    if (!names) {
        verdict.findings.push_back(names.error().message());
    } else {
        // Certificates are judged as of the moment at which the packet was sealed: they expire, evidence does not.
        const auto authorities = authorities_file.empty() ? Result<std::string>{names->authorities}
                                                          : text_of_file(authorities_file);
        if (!authorities) return std::unexpected{authorities.error()};
        const std::string& place = authorities_file.empty() ? file : authorities_file;
        auto cms = seal::create_verifier_from(*authorities, place, names->made_at);
        auto sm2 = seal::create_national_verifier_from(*authorities, place, names->made_at);
        if (!cms || !sm2) {
            verdict.findings.push_back((cms ? sm2 : cms).error().message());
        } else {
            const auto either = seal::either_verifier(std::move(*cms), std::move(*sm2));
            verdict =
                app::verify_packet(*bytes, seal::sha256(), seal::sm3(), *either, seal::verify_ed25519, trust);
        }
        if (authorities_file.empty())
            verdict.notes.emplace_back(
                "the authorities are taken from the packet itself: compare them with those from elsewhere");
    }
    app::Report report{{"证据包核验", "The packet, checked by itself"}, {}, {}};
    report.fields = {{"fits", {"全部相符", "everything fits"}, verdict.fits()}};
    const auto table = [&](std::string key, app::Words title, const std::vector<std::string>& lines) {
        if (lines.empty()) return;
        app::Table one{std::move(key), std::move(title), {{"text", {"说明", "text"}}}, {}};
        for (const std::string& line : lines) one.rows.push_back({line});
        report.tables.push_back(std::move(one));
    };
    table("findings", {"不符之处", "What does not fit"}, verdict.findings);
    table("shown", {"已证明", "What it proves"}, verdict.shown);
    table("notes", {"提示", "What it cannot prove by itself"}, verdict.notes);
    const std::string text =
        context.manner.json
            ? app::to_json(report) + "\n"
            : app::to_text(report, context.manner.chinese ? app::Language::chinese : app::Language::english);
    std::fputs(text.c_str(), stdout);
    return verdict.fits() ? 0 : 1;
}

void add_audit_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen) {
    struct Options {
        std::string reference, out, region, question, form = "hledger", rows, reason, county;
        std::vector<std::string> parameters;
        bool files = false;
        std::int64_t position = 0, from = 0, to = 0, person = 0;
    };
    const auto options = std::make_shared<Options>();
    CLI::App* const audit = app.get_subcommand("audit");
    auto* packet =
        audit->add_subcommand("packet", "One payment's whole evidence as one file that verifies offline");
    packet->add_option("reference", options->reference)->required();
    packet->add_option("--out", options->out, "file to write; the standard output otherwise");
    packet->add_flag("--files", options->files,
                     "with the complete files of the bank, other people's lines included");
    packet->callback([=, &context] {
        chosen([=, &context] {
            return fetch(context,
                         fmt::format("/v1/ledger/payments/{}/packet{}", options->reference,
                                     options->files ? "?files=true" : ""),
                         options->out);
        });
    });
    auto* journal = audit->add_subcommand("journal", "The ledger's journal, for hledger or a spreadsheet");
    journal->add_option("--form", options->form, "hledger, beancount or csv")->capture_default_str();
    journal->add_option("--region", options->region);
    journal->add_option("--out", options->out, "file to write; the standard output otherwise");
    journal->callback([=, &context] {
        chosen([=, &context] {
            return fetch(context,
                         fmt::format("/v1/ledger/journal?form={}{}", options->form,
                                     options->region.empty() ? "" : "&region=" + options->region),
                         options->out);
        });
    });
    auto* ask = audit->add_subcommand(
        "ask", "A question of the audit, by name; without a name, those that there are");
    ask->add_option("question", options->question);
    ask->add_option("parameters", options->parameters, "name=value …");
    ask->add_option("--region", options->region);
    ask->add_option("--form", options->rows,
                    "csv, ndjson or xlsx: all rows, with digest and checkpoint at the end");
    ask->add_option("--out", options->out, "file to write with --form; the standard output otherwise");
    ask->callback([=, &context] {
        chosen([=, &context]() -> Result<int> {
            std::string path = "/v1/ledger/questions";
            if (!options->question.empty()) path += "/" + options->question;
            if (!options->region.empty()) path += "?region=" + options->region;
            for (const std::string& parameter : options->parameters) {
                std::string escaped;
                for (const char c : parameter) escaped += c == '+' ? std::string{"%2B"} : std::string{c};
                path += (path.find('?') == std::string::npos ? "?" : "&") + escaped;
            }
            if (!options->rows.empty())
                return fetch(
                    context,
                    path + (path.find('?') == std::string::npos ? "?" : "&") + "form=" + options->rows,
                    options->out);
            const auto settings = context.settings();
            if (!settings) return std::unexpected{settings.error()};
            auto remote = Remote::connect(*settings, context.manner, "auditor");
            if (!remote) return std::unexpected{remote.error()};
            const auto answer = remote->show("GET", path);
            if (!answer) return std::unexpected{answer.error()};
            fmt::print("{}\n", *answer);
            return 0;
        });
    });
    auto* unmask = audit->add_subcommand(
        "unmask", "A person's resident ID and accounts; who asks, and why, is on record");
    unmask->add_option("county", options->county)->required();
    unmask->add_option("person", options->person)->required();
    unmask->add_option("--reason", options->reason, "why they are needed")->required();
    unmask->callback([=, &context] {
        chosen([=, &context]() -> Result<int> {
            const auto settings = context.settings();
            if (!settings) return std::unexpected{settings.error()};
            auto remote = Remote::connect(*settings, context.manner, "auditor");
            if (!remote) return std::unexpected{remote.error()};
            std::string escaped;
            for (const char c : options->reason)
                escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
            const auto answer = remote->show("GET", fmt::format("/v1/ledger/persons/{}/{}/unmasked?reason={}",
                                                                options->county, options->person, escaped));
            if (!answer) return std::unexpected{answer.error()};
            fmt::print("{}\n", *answer);
            return 0;
        });
    });
    auto* inclusion = audit->add_subcommand("inclusion", "Prove that an entry or act is in the log");
    inclusion->add_option("position", options->position, "place in the log, from 0")->required();
    inclusion->add_option("--size", options->to, "of a checkpoint; the newest otherwise");
    inclusion->callback([=, &context] {
        chosen([=, &context] {
            return fetch(context,
                         fmt::format("/v1/ledger/proofs/inclusion?position={}{}", options->position,
                                     options->to == 0 ? "" : fmt::format("&size={}", options->to)),
                         {});
        });
    });
    auto* consistency =
        audit->add_subcommand("consistency", "Prove that a newer checkpoint continues an older one");
    consistency->add_option("from", options->from, "size of the older checkpoint")->required();
    consistency->add_option("to", options->to, "size of the newer checkpoint; the newest otherwise");
    consistency->callback([=, &context] {
        chosen([=, &context] {
            return fetch(context,
                         fmt::format("/v1/ledger/proofs/consistency?from={}{}", options->from,
                                     options->to == 0 ? "" : fmt::format("&to={}", options->to)),
                         {});
        });
    });
}

}  // namespace onecard::cli
