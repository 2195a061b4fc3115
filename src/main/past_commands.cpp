#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "commands.hpp"

/// Screening, past months, and the recovery of what was paid too much, for officers.
namespace onecard::cli {

namespace {

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

std::string in_query(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '.' || c == '_';
        if (plain)
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    return out;
}

struct Options {
    std::string file, list, snapshot, source, region, reason, county, finding, month;
    std::string payment, origin = "double-payment", amount, day, document, kind, to, from;
    std::int64_t number = 0;
    std::int32_t run = 0;
    std::string with_region(std::string path) const {
        if (region.empty()) return path;
        return path + (path.find('?') == std::string::npos ? "?region=" : "&region=") + region;
    }
};

Result<int> import_list(const Context& context, const Options& options) {
    const auto settings = context.settings();
    if (!settings) return std::unexpected{settings.error()};
    auto remote = Remote::connect(*settings, context.manner, "maker");
    if (!remote) return std::unexpected{remote.error()};
    const auto sent =
        remote->send_file(options.with_region(fmt::format("/v1/screening/lists/{}?snapshot={}&source={}",
                                                          in_query(options.list), in_query(options.snapshot),
                                                          in_query(options.source))),
                          options.file);
    if (!sent) return std::unexpected{sent.error()};
    const auto lists = remote->show("GET", "/v1/screening/lists");
    if (!lists) return std::unexpected{lists.error()};
    fmt::print("{}{}", *lists, lists->ends_with('\n') ? "" : "\n");
    return 0;
}

using Chosen = std::function<void(Body)>;
using Wish = std::shared_ptr<Options>;

void add_screening(CLI::App& app, Context& context, const Chosen& chosen, const Wish& wish) {
    auto* screening = app.add_subcommand("screening", "Lists of other authorities, and what they find")
                          ->require_subcommand(1);
    auto* import =
        screening->add_subcommand("import", "Import a list: CSV resident_id,from,until,note (as maker)");
    import->add_option("file", wish->file)->required();
    import->add_option("--list", wish->list, "deaths, custody, …")->required();
    import->add_option("--snapshot", wish->snapshot, "the day for which it speaks, 2022-03-31")->required();
    import->add_option("--source", wish->source, "who handed it in, by which document")->required();
    import->add_option("--region", wish->region, "what it covers");
    import->callback([=, &context] { chosen([=, &context] { return import_list(context, *wish); }); });
    auto* lists = screening->add_subcommand("lists", "The lists on record, and until when they are good");
    lists->add_option("--region", wish->region);
    lists->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "auditor", "GET", wish->with_region("/v1/screening/lists"));
        });
    });
    auto* accounts = screening->add_subcommand("accounts", "One account for three payees or more");
    accounts->add_option("--region", wish->region);
    accounts->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "auditor", "GET", wish->with_region("/v1/screening/accounts"));
        });
    });
    auto* findings = screening->add_subcommand("findings", "What a run found, and what it holds");
    findings->add_option("run", wish->run)->required();
    findings->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "auditor", "GET", fmt::format("/v1/runs/{}/findings", wish->run));
        });
    });
    auto* accept =
        screening->add_subcommand("accept", "Accept an old or missing list for a run (as checker)");
    accept->add_option("run", wish->run)->required();
    accept->add_option("--list", wish->list)->required();
    accept->add_option("--region", wish->region)->required();
    accept->add_option("--reason", wish->reason)->required();
    accept->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "checker", "POST", fmt::format("/v1/runs/{}/stale-lists", wish->run),
                        fmt::format(R"({{"list":{},"region":{},"reason":{}}})", json_text(wish->list),
                                    json_text(wish->region), json_text(wish->reason)));
        });
    });
    auto* release = screening->add_subcommand(
        "release", "Release a finding: proposed by the maker, confirmed by the checker (--as)");
    release->add_option("county", wish->county)->required();
    release->add_option("finding", wish->finding, "as the findings name it")->required();
    release->add_option("--reason", wish->reason)->required();
    release->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "maker", "POST", "/v1/screening/releases",
                        fmt::format(R"({{"county":{},"finding":{},"reason":{}}})", json_text(wish->county),
                                    json_text(wish->finding), json_text(wish->reason)));
        });
    });
}

void add_recovery(CLI::App& app, Context& context, const Chosen& chosen, const Wish& wish) {
    auto* receivable =
        app.add_subcommand("receivable", "The recovery book: what was paid too much")->require_subcommand(1);
    auto* list = receivable->add_subcommand("list", "What is open");
    list->add_option("--region", wish->region);
    list->callback([=, &context] {
        chosen(
            [=, &context] { return show(context, "auditor", "GET", wish->with_region("/v1/receivables")); });
    });
    const auto with_number = [&](const char* name, const char* help) {
        auto* command = receivable->add_subcommand(name, help);
        command->add_option("county", wish->county)->required();
        command->add_option("number", wish->number)->required();
        return command;
    };
    const auto path = [wish](std::string_view rest) {
        return fmt::format("/v1/receivables/{}/{}{}", wish->county, wish->number, rest);
    };
    with_number("show", "One receivable and what became of it")->callback([=, &context] {
        chosen([=, &context] { return show(context, "auditor", "GET", path("")); });
    });
    auto* record =
        receivable->add_subcommand("record", "Record an overpayment that the office found (as maker)");
    record->add_option("--payment", wish->payment, "its reference")->required();
    record->add_option("--origin", wish->origin, "double-payment, death or other");
    record->add_option("--amount", wish->amount, "yuan")->required();
    record->add_option("--document", wish->document)->required();
    record->add_option("--reason", wish->reason)->required();
    record->callback([=, &context] {
        chosen([=, &context] {
            return show(
                context, "maker", "POST", "/v1/receivables",
                fmt::format(R"({{"payment":{},"origin":{},"amount":{},"document":{},"reason":{}}})",
                            json_text(wish->payment), json_text(wish->origin), json_text(wish->amount),
                            json_text(wish->document), json_text(wish->reason)));
        });
    });
    auto* cash = with_number("cash", "Record cash that came in (as maker)");
    cash->add_option("--amount", wish->amount, "yuan")->required();
    cash->add_option("--day", wish->day, "of the voucher, 2022-03-31")->required();
    cash->add_option("--document", wish->document)->required();
    cash->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "maker", "POST", path("/cash"),
                        fmt::format(R"({{"amount":{},"day":{},"document":{}}})", json_text(wish->amount),
                                    json_text(wish->day), json_text(wish->document)));
        });
    });
    auto* agree = with_number("instalment", "Agree so much a month; 0 stops offsets (as maker)");
    agree->add_option("--monthly", wish->amount, "yuan")->required();
    agree->add_option("--from", wish->from, "first month")->required();
    agree->add_option("--document", wish->document)->required();
    agree->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "maker", "POST", path("/instalments"),
                        fmt::format(R"({{"monthly":{},"from":{},"document":{}}})", json_text(wish->amount),
                                    json_text(wish->from), json_text(wish->document)));
        });
    });
    auto* propose = with_number("propose", "Propose a write-off or a transfer of what is open (as maker)");
    propose->add_option("--kind", wish->kind, "write-off or transfer")->required();
    propose->add_option("--to", wish->to, "the county that takes a transfer over");
    propose->add_option("--reason", wish->reason)->required();
    propose->callback([=, &context] {
        chosen([=, &context] {
            const std::string to = wish->to.empty() ? "" : ",\"to\":" + json_text(wish->to);
            return show(context, "maker", "POST", path("/proposals"),
                        fmt::format(R"({{"kind":{},"reason":{}{}}})", json_text(wish->kind),
                                    json_text(wish->reason), to));
        });
    });
    auto* approve = receivable->add_subcommand("approve", "Approve a proposal (as checker)");
    approve->add_option("county", wish->county)->required();
    approve->add_option("proposal", wish->number)->required();
    approve->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "checker", "POST",
                        fmt::format("/v1/recovery-proposals/{}/{}/approval", wish->county, wish->number),
                        "{}");
        });
    });
    auto* remit = receivable->add_subcommand("remit", "Prior-year money goes to the treasury (as maker)");
    remit->add_option("county", wish->county)->required();
    remit->add_option("--amount", wish->amount, "yuan")->required();
    remit->add_option("--document", wish->document)->required();
    remit->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "maker", "POST", "/v1/remittances",
                        fmt::format(R"({{"county":{},"amount":{},"document":{}}})", json_text(wish->county),
                                    json_text(wish->amount), json_text(wish->document)));
        });
    });
}

}  // namespace

void add_past_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen) {
    const Wish wish = std::make_shared<Options>();
    add_screening(app, context, chosen, wish);
    add_recovery(app, context, chosen, wish);
}

}  // namespace onecard::cli
