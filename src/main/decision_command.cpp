#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "commands.hpp"

namespace onecard::cli {

namespace {

struct Options {
    std::string county, no, resolution, about, evidence, owner, reference, decision, file_id, answer, region,
        run;
};

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

}  // namespace

void add_decision_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen) {
    const auto options = std::make_shared<Options>();
    auto* decide = app.add_subcommand("decide", "Breaks, failures and refused files")->require_subcommand(1);

    auto* resolve = decide->add_subcommand("break", "How a break ends (as maker)");
    resolve->add_option("county", options->county)->required();
    resolve->add_option("break", options->no)->required();
    resolve
        ->add_option(
            "resolution", options->resolution,
            "dismiss, accept-paid, claim-from-bank, remit, reported-since, book-interest, is-return, "
            "repays-claim or debited-since")
        ->required();
    resolve->add_option("--about", options->about,
                        "is-return: the payment that came back; repays-claim: the break that was claimed");
    resolve->add_option("--evidence", options->evidence, "what proves it")->required();
    resolve->callback([=, &context] {
        chosen([=, &context] {
            return show(
                context, "maker", "POST",
                fmt::format("/v1/breaks/{}/{}/resolution", options->county, options->no),
                fmt::format(R"({{"resolution":{},{}"evidence":{}}})", json_text(options->resolution),
                            options->about.empty() ? std::string{}
                                                   : fmt::format(R"("about":{},)", json_text(options->about)),
                            json_text(options->evidence)));
        });
    });

    auto* evidence = app.add_subcommand(
        "evidence", "The very bytes that a break is about; that they were seen is on record");
    evidence->add_option("county", options->county)->required();
    evidence->add_option("break", options->no)->required();
    evidence->add_option("--unmask", options->evidence,
                         "with names, accounts and texts, and why they are needed (as auditor)");
    evidence->callback([=, &context] {
        chosen([=, &context] {
            std::string path = fmt::format("/v1/breaks/{}/{}/evidence", options->county, options->no);
            if (options->evidence.empty()) return show(context, "maker", "GET", path);
            path += "/unmasked?reason=";
            for (const char c : options->evidence)
                path += fmt::format("%{:02X}", static_cast<unsigned char>(c));
            return show(context, "auditor", "GET", path);
        });
    });

    auto* give = decide->add_subcommand("owner", "Who looks after a break (as maker)");
    give->add_option("county", options->county)->required();
    give->add_option("break", options->no)->required();
    give->add_option("owner", options->owner, "a person, or the bank that was asked")->required();
    give->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "maker", "POST",
                        fmt::format("/v1/breaks/{}/{}/owner", options->county, options->no),
                        fmt::format(R"({{"owner":{}}})", json_text(options->owner)));
        });
    });

    auto* cancel = decide->add_subcommand("cancel", "A failed payment that is no longer owed (as maker)");
    cancel->add_option("reference", options->reference)->required();
    cancel->add_option("--evidence", options->evidence, "what proves it")->required();
    cancel->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "maker", "POST",
                        fmt::format("/v1/failures/{}/cancellation", options->reference),
                        fmt::format(R"({{"evidence":{}}})", json_text(options->evidence)));
        });
    });

    auto* note = decide->add_subcommand("failure", "Hold a failed payment back, or let it be tried again");
    note->add_option("reference", options->reference)->required();
    note->add_option("decision", options->decision, "hold or retry")->required();
    note->add_option("--evidence", options->evidence, "why")->required();
    note->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "maker", "POST", fmt::format("/v1/failures/{}/note", options->reference),
                        fmt::format(R"({{"decision":{},"reason":{}}})", json_text(options->decision),
                                    json_text(options->evidence)));
        });
    });

    auto* again = decide->add_subcommand("send-again", "A file that its bank refused whole (as maker)");
    again->add_option("file", options->file_id)->required();
    again->add_option("--evidence", options->evidence, "what changed since")->required();
    again->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "maker", "POST", fmt::format("/v1/batches/{}/again", options->file_id),
                        fmt::format(R"({{"evidence":{}}})", json_text(options->evidence)));
        });
    });

    auto* answer = decide->add_subcommand("answer", "Agree to a proposal or refuse it (as checker)");
    answer->add_option("proposal", options->no)->required();
    answer->add_option("answer", options->answer, "agree or refuse")->required();
    answer->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "checker", "POST", fmt::format("/v1/proposals/{}/answer", options->no),
                        fmt::format(R"({{"answer":{}}})", json_text(options->answer)));
        });
    });

    const auto region_query = [options] {
        return options->region.empty() ? std::string{} : "?region=" + options->region;
    };
    auto* proposals = app.add_subcommand("proposals", "What was proposed about breaks and failures");
    proposals->add_option("--region", options->region);
    proposals->callback([=, &context] {
        chosen([=, &context] { return show(context, "checker", "GET", "/v1/proposals" + region_query()); });
    });
    auto* ageing = app.add_subcommand("ageing", "Money that waits, by bank, reason and days");
    ageing->add_option("--region", options->region);
    ageing->callback([=, &context] {
        chosen([=, &context] { return show(context, "maker", "GET", "/v1/ageing" + region_query()); });
    });
    auto* indicators = app.add_subcommand("indicators", "How well a run was paid, by bank");
    indicators->add_option("run", options->run)->required();
    indicators->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "maker", "GET", fmt::format("/v1/runs/{}/indicators", options->run));
        });
    });
}

}  // namespace onecard::cli
