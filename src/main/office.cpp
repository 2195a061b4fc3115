#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "commands.hpp"
#include "onecard/audit/checkpoint.hpp"
#include "onecard/net/json.hpp"
#include "onecard/registry/csv.hpp"
#include "onecard/seal/sealing.hpp"
#include "ways.hpp"

namespace onecard::cli {

namespace {

void print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    if (!text.empty() && text.back() != '\n') std::fputc('\n', stdout);
    std::fflush(stdout);
}

Result<Remote> connect(const Context& context, std::string_view role) {
    const auto settings = context.settings();
    if (!settings) return std::unexpected{settings.error()};
    return Remote::connect(*settings, context.manner, role);
}

Result<int> import_folder(const Context& context, const std::filesystem::path& folder) {
    auto remote = connect(context, "maker");
    if (!remote) return std::unexpected{remote.error()};
    const auto discarded = remote->ask("DELETE", "/v1/import");
    if (!discarded) return std::unexpected{discarded.error()};
    bool any = false;
    using registry::FileKind;
    for (const FileKind kind : {FileKind::households, FileKind::persons, FileKind::incomes,
                                FileKind::enrolments, FileKind::accounts, FileKind::institutions}) {
        const std::filesystem::path file = folder / file_name_of(kind);
        if (!std::filesystem::exists(file)) continue;
        any = true;
        if (isatty(STDERR_FILENO))
            fmt::print(stderr, "{} {}\n", context.in("上传", "sending"), file.filename().string());
        const auto sent = remote->send_file("/v1/import/" + std::string{file_name_of(kind)}, file);
        if (!sent) return std::unexpected{sent.error()};
    }
    if (!any)
        return refuse(
            Fault::missing,
            "has none of households.csv, persons.csv, incomes.csv, enrolments.csv, accounts.csv, institutions.csv",
            folder.string());
    const auto answer = remote->show("POST", "/v1/import");
    if (!answer) return std::unexpected{answer.error()};
    print(*answer);
    const bool failed = answer->find("nothing was imported") != std::string::npos ||
                        answer->find("未导入任何数据") != std::string::npos ||
                        answer->find("\"faults\"") != std::string::npos;
    return failed ? 1 : 0;
}

void draw_bar(std::int64_t done, std::int64_t all, std::int64_t payments) {
    if (!isatty(STDERR_FILENO) || all == 0) return;
    constexpr std::int64_t width = 40;
    const std::int64_t full = done * width / all;
    fmt::print(stderr, "\r[{:#<{}}{:.<{}}] {}/{}  {} payments ", "", full, "", width - full, done, all,
               payments);
    if (done == all) fmt::print(stderr, "\n");
}

Result<int> compute(const Context& context, std::int32_t run) {
    auto remote = connect(context, "maker");
    if (!remote) return std::unexpected{remote.error()};
    const std::string path = fmt::format("/v1/runs/{}", run);
    const auto started = remote->ask("POST", path + "/compute", "{}");
    if (!started) return std::unexpected{started.error()};
    for (;;) {
        const auto answer = remote->ask("GET", path + "/progress");
        if (!answer) return std::unexpected{answer.error()};
        auto progress = net::parse_flat_json(*answer);
        if (!progress) return std::unexpected{progress.error()};
        const std::string state = (*progress)["state"];
        if (state == "failed")
            return refuse(Fault::conflict, (*progress)["problem"], fmt::format("run {}", run));
        if ((*progress).contains("units_all"))
            draw_bar(std::atoll((*progress)["units_done"].c_str()),
                     std::atoll((*progress)["units_all"].c_str()),
                     std::atoll((*progress)["payments"].c_str()));
        if (state == "done") break;
        if (state != "computing")
            return refuse(Fault::conflict,
                          "the service was started anew meanwhile: compute again, what was done stays done",
                          fmt::format("run {}", run));
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    const auto status = remote->show("GET", path);
    if (!status) return std::unexpected{status.error()};
    print(*status);
    return 0;
}

/// Fetches what waits for this officer, signs each text with the officer's own key, hands the signatures in.
Result<int> approve(const Context& context, std::string_view role, std::int32_t run) {
    auto remote = connect(context, role);
    if (!remote) return std::unexpected{remote.error()};
    const std::string path = fmt::format("/v1/runs/{}/approvals", run);
    const auto answer = remote->ask("GET", path);
    if (!answer) return std::unexpected{answer.error()};
    auto texts = net::parse_json_table(*answer, "approvals");
    if (!texts) return std::unexpected{texts.error()};
    const auto signer = seal::create_file_signer(remote->certificate(), remote->key());
    if (!signer) return std::unexpected{signer.error()};
    std::string body = "{";
    for (auto& row : *texts) {
        if (!context.manner.json) print(row["text"]);
        body += fmt::format("{}{}:\"{}\"", body.size() > 1 ? "," : "", json_text(row["county"]),
                            audit::base64((*signer)->sign_attached(row["text"])));
    }
    const auto taken = remote->show("POST", path, body + "}");
    if (!taken) return std::unexpected{taken.error()};
    print(context.manner.json
              ? *taken
              : fmt::format("{} {}", context.in("已签署单元数", "units signed:"), texts->size()));
    return 0;
}

}  // namespace

Result<int> show(const Context& context, std::string_view role, std::string_view method,
                 const std::string& path, std::string_view body) {
    auto remote = connect(context, role);
    if (!remote) return std::unexpected{remote.error()};
    const auto answer = remote->show(method, path, body);
    if (!answer) return std::unexpected{answer.error()};
    print(*answer);
    return 0;
}

void add_office_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen) {
    struct Options {
        std::string folder, period, region = "", kind = "regular", reference, county, known_at, as_of, by;
        std::string arrears_from, offset_percent, exclude;
        std::int64_t person = 0;
        std::int32_t run = 0;
    };
    const auto options = std::make_shared<Options>();

    auto* import = app.add_subcommand("import", "Import the register from a folder of CSV files (as maker)");
    import->add_option("folder", options->folder)->required();
    import->callback(
        [=, &context] { chosen([=, &context] { return import_folder(context, options->folder); }); });

    auto* run = app.add_subcommand("run", "The monthly run")->require_subcommand(1);
    auto* create = run->add_subcommand("create", "Plan a run (as maker)");
    create->add_option("--period", options->period, "month, 2022-01")->required();
    create->add_option("--region", options->region, "division prefix, 3702 or 370212")->required();
    create->add_option("--kind", options->kind, "regular, supplementary, one-off, price-linked or re-issue");
    create->add_option("--arrears-from", options->arrears_from, "compute past months again from this one on");
    create->add_option("--offset", options->offset_percent, "% of a payment, at most, kept for receivables");
    create->add_option("--exclude", options->exclude,
                       "to whom no arrears are paid: deceased,in-grace,not-on-roster,PROGRAMME");
    create->callback([=, &context] {
        chosen([=, &context] {
            std::string past;
            const auto add = [&](std::string_view key, const std::string& value) {
                if (!value.empty()) past += fmt::format(R"(,"{}":{})", key, json_text(value));
            };
            add("arrears_from", options->arrears_from);
            add("offset_percent", options->offset_percent);
            add("exclude", options->exclude);
            return show(context, "maker", "POST", "/v1/runs",
                        fmt::format(R"({{"kind":{},"period":{},"region":{}{}}})", json_text(options->kind),
                                    json_text(options->period), json_text(options->region), past));
        });
    });
    const auto with_run = [&](const char* name, const char* help, auto body) {
        auto* command = run->add_subcommand(name, help);
        command->add_option("run", options->run, "number of the run")->required();
        command->callback([=] { chosen([=] { return body(options->run); }); });
    };
    with_run("compute", "Compute every unit (as maker)",
             [&context](std::int32_t no) { return compute(context, no); });
    with_run("status", "Where it stands", [&context](std::int32_t no) {
        return show(context, "maker", "GET", fmt::format("/v1/runs/{}", no));
    });
    with_run("changes", "What changed since last month, and why", [&context](std::int32_t no) {
        return show(context, "checker", "GET", fmt::format("/v1/runs/{}/changes", no));
    });
    with_run("payees", "The same payee by payee: new, stopped, changed, arrears, offset, each with its cause",
             [&context](std::int32_t no) {
                 return show(context, "checker", "GET",
                             fmt::format("/v1/runs/{}/changes/payees?limit=10000", no));
             });
    with_run("differences", "What past months differ by: awarded, due, and why", [&context](std::int32_t no) {
        return show(context, "auditor", "GET", fmt::format("/v1/runs/{}/differences", no));
    });
    with_run("approve", "Sign what waits for you (maker, then checker: --as)",
             [&context](std::int32_t no) { return approve(context, "checker", no); });
    with_run("release", "Sign and release to the banks (as releaser)",
             [&context](std::int32_t no) { return approve(context, "releaser", no); });
    const auto with_county = [&](const char* name, const char* help, const char* role) {
        auto* command = run->add_subcommand(name, help);
        command->add_option("run", options->run, "number of the run")->required();
        command->add_option("--county", options->county, "this county of it alone");
        command->callback([=, &context] {
            chosen([=, &context] {
                const std::string only = options->county.empty() ? "" : "?county=" + options->county;
                return show(context, role, "POST", fmt::format("/v1/runs/{}/{}{}", options->run, name, only),
                            "{}");
            });
        });
    };
    with_county("cancel", "Cancel what is not checked yet (as maker)", "maker");
    with_county("withdraw", "Take back what is checked and not released (as checker)", "checker");
    run->add_subcommand("list", "All runs")->callback([=, &context] {
        chosen([&context] { return show(context, "maker", "GET", "/v1/runs"); });
    });

    const auto region_query = [options] {
        return options->region.empty() ? std::string{} : "?region=" + options->region;
    };
    auto* period = app.add_subcommand("period", "Owed, paid, failed, in transit by programme and bank");
    period->add_option("period", options->period, "month, 2022-01")->required();
    period->add_option("--region", options->region);
    period->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "auditor", "GET", "/v1/periods/" + options->period + region_query());
        });
    });
    auto* failures = app.add_subcommand("failures", "Failed payments that nothing has followed yet");
    failures->add_option("--region", options->region);
    failures->callback([=, &context] {
        chosen([=, &context] { return show(context, "maker", "GET", "/v1/failures" + region_query()); });
    });
    auto* breaks = app.add_subcommand("breaks", "What reconciliation could not explain");
    breaks->add_option("--region", options->region);
    breaks->callback([=, &context] {
        chosen([=, &context] { return show(context, "auditor", "GET", "/v1/breaks" + region_query()); });
    });

    auto* ledger = app.add_subcommand("ledger", "The double-entry ledger")->require_subcommand(1);
    auto* trial = ledger->add_subcommand("trial-balance", "As of now, or as known at a past moment");
    trial->add_option("--region", options->region);
    trial->add_option("--known-at", options->known_at, "2026-11-21T09:00:00+08:00");
    trial->add_option("--as-of", options->as_of, "the last value day that counts, 2026-11-21");
    trial->add_option("--by", options->by, "county,programme,bank,source,year: those that are wanted");
    trial->callback([=, &context] {
        chosen([=, &context] {
            std::string path = "/v1/ledger/trial-balance" + region_query();
            if (!options->known_at.empty()) {
                std::string escaped;
                for (const char c : options->known_at)
                    escaped += c == '+' ? std::string{"%2B"} : std::string{c};
                path += (path.find('?') == std::string::npos ? "?known_at=" : "&known_at=") + escaped;
            }
            for (const auto& [name, value] :
                 {std::pair{"as_of", options->as_of}, std::pair{"by", options->by}})
                if (!value.empty())
                    path +=
                        fmt::format("{}{}={}", path.find('?') == std::string::npos ? "?" : "&", name, value);
            return show(context, "auditor", "GET", path);
        });
    });
    auto* person = ledger->add_subcommand("person", "Everything ever owed to a person");
    person->add_option("county", options->county)->required();
    person->add_option("person", options->person)->required();
    person->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "auditor", "GET",
                        fmt::format("/v1/ledger/persons/{}/{}", options->county, options->person));
        });
    });
    auto* payment = ledger->add_subcommand("payment", "One payment's story");
    payment->add_option("reference", options->reference)->required();
    payment->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "auditor", "GET", "/v1/ledger/payments/" + options->reference);
        });
    });
    auto* explain =
        app.add_subcommand("explain", "Why a payment has this amount, recomputed from the records");
    explain->add_option("reference", options->reference)->required();
    explain->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "auditor", "GET",
                        fmt::format("/v1/ledger/payments/{}/explanation", options->reference));
        });
    });
    ledger->add_subcommand("checkpoint", "Commit to everything so far; prints the signed note")
        ->callback([=, &context] {
            chosen([&context] { return show(context, "auditor", "POST", "/v1/ledger/checkpoint", "{}"); });
        });
}

}  // namespace onecard::cli
