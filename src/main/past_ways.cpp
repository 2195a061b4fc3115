#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "onecard/app/explanation.hpp"
#include "onecard/app/recovery.hpp"
#include "onecard/app/screening.hpp"
#include "onecard/net/json.hpp"
#include "pages.hpp"
#include "ways.hpp"

/// Screening, past months, and the recovery of what was paid too much.
namespace onecard::cli {

using app::Role;
using net::Request;
using net::Response;

namespace {

app::ListKind list_kind(const std::string& code) {
    const auto kind = app::list_kind_of(code);
    if (!kind) throw Refused{{Fault::unknown, code, "there is no such list"}};
    return *kind;
}

Response put_list(Desk& desk, const app::Identity& by, const Request& request) {
    app::Screening::ListWish wish;
    wish.kind = list_kind(request.parameters.at("list"));
    wish.region = region_of(request, by);
    wish.snapshot = must(Day::parse(query(request, "snapshot", "")));
    wish.source = query(request, "source", "");
    wish.file = request.body_file;
    const auto imported = app::Screening{desk.tools()}.import_list(by, wish, now());
    if (!imported.faults.empty()) {
        // All of them, a line each: a list is corrected once.
        constexpr std::size_t told_max = 200;
        Failure first = imported.faults.front();
        for (std::size_t i = 1; i < std::min(imported.faults.size(), told_max); ++i)
            first.text += "\n" + imported.faults[i].message();
        if (imported.faults.size() > told_max)
            first.text += fmt::format("\n… {} more", imported.faults.size() - told_max);
        throw Refused{std::move(first)};
    }
    return json(fmt::format(R"({{"list":{},"rows":{}}})", imported.list_no, imported.rows), 201);
}

Response accept_stale(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"list", "region", "reason"});
    must(app::Screening{desk.tools()}.accept_stale(by, run_of(request), list_kind(member(body, "list")),
                                                   must(Region::parse(member(body, "region"))),
                                                   member(body, "reason"), now()));
    return json("{}", 201);
}

Response release_finding(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"county", "finding", "reason"});
    const bool is_released =
        must(app::Screening{desk.tools()}.release(by, must(County::parse(member(body, "county"))),
                                                  member(body, "finding"), member(body, "reason"), now()));
    return json(fmt::format(R"({{"released":{}}})", is_released), 201);
}

Month month_of(const Request& request) {
    const std::string text = query(request, "month", "");
    return text.empty() ? now().day_in_china().month() : must(Month::parse(text));
}

struct Named {
    County county;
    std::int64_t no;
};
Named named_in(const Request& request, const char* what) {
    return {must(County::parse(request.parameters.at("county"))),
            number_of(request.parameters.at(what), what)};
}

Response record_overpayment(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"payment", "origin", "amount", "document", "reason"});
    app::RecoveryBook::Overpayment wish;
    wish.payment = must(PaymentReference::parse(member(body, "payment")));
    const std::string& origin = member(body, "origin");
    const auto known = std::array{app::Origin::double_payment, app::Origin::death, app::Origin::other};
    const auto* const found =
        std::ranges::find(known, origin, [](app::Origin one) { return app::code_of(one); });
    if (found == known.end())
        throw Refused{{Fault::malformed, "origin", "must be double-payment, death or other"}};
    wish.origin = *found;
    wish.amount = must(Money::parse_yuan(member(body, "amount")));
    wish.document = member(body, "document");
    wish.reason = member(body, "reason");
    return json(
        fmt::format(R"({{"receivable":{}}})", must(app::RecoveryBook{desk.tools()}.record(by, wish, now()))),
        201);
}

Response take_cash(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"amount", "day", "document"});
    const Named named = named_in(request, "receivable");
    must(app::RecoveryBook{desk.tools()}.take_cash(
        by, named.county, named.no, must(Money::parse_yuan(member(body, "amount"))),
        must(Day::parse(member(body, "day"))), member(body, "document"), now()));
    return json("{}", 201);
}

Response agree_instalment(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"monthly", "from", "document"});
    const Named named = named_in(request, "receivable");
    must(app::RecoveryBook{desk.tools()}.agree_instalment(
        by, named.county, named.no, must(Money::parse_yuan(member(body, "monthly"))),
        must(Month::parse(member(body, "from"))), member(body, "document"), now()));
    return json("{}", 201);
}

Response propose(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"kind", "to", "reason"});
    const std::string& kind = member(body, "kind");
    if (kind != "write-off" && kind != "transfer")
        throw Refused{{Fault::malformed, "kind", "must be write-off or transfer"}};
    const Named named = named_in(request, "receivable");
    const County to = body.contains("to") ? must(County::parse(member(body, "to"))) : County{};
    const std::int64_t no = must(app::RecoveryBook{desk.tools()}.propose(
        by, named.county, named.no,
        kind == "write-off" ? app::RecoveryKind::write_off : app::RecoveryKind::transfer, to,
        member(body, "reason"), now()));
    return json(fmt::format(R"({{"proposal":{}}})", no), 201);
}

Response approve_proposal(Desk& desk, const app::Identity& by, const Request& request) {
    const Named named = named_in(request, "proposal");
    must(app::RecoveryBook{desk.tools()}.approve(by, named.county, named.no, now()));
    return json("{}", 201);
}

Response remit(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"county", "amount", "document"});
    must(app::RecoveryBook{desk.tools()}.remit(by, must(County::parse(member(body, "county"))),
                                               must(Money::parse_yuan(member(body, "amount"))),
                                               member(body, "document"), now()));
    return json("{}", 201);
}

Response differences_of_run(Desk& desk, const app::Identity& by, const Request& request) {
    const auto list = std::make_shared<app::RunDifferences>(must(app::RunDifferences::open(
        desk.tools(), by, run_of(request), query(request, "after", ""), language_of(request))));
    return answer_long_list({{{"追补与追缴", "What past months differ by"}, list->about(), {}},
                             [list](std::int64_t rows) { return must(list->next(rows)); },
                             [list] { return list->cursor(); }},
                            request);
}

constexpr std::array ways{
    Way{For::officers, "PUT", "/v1/screening/lists/{list}", put_list, gib, true}.by(Role::maker),
    Way{For::officers, "GET", "/v1/screening/lists",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer_list(
                must(app::Screening{desk.tools()}.lists(by, region_of(request, by), desk.settings.screening)),
                request, {"list"});
        }},
    Way{For::officers, "GET", "/v1/screening/accounts",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer_list(must(app::Screening{desk.tools()}.account_reuse(by, region_of(request, by))),
                               request, {"account_group", "county", "payee"});
        }},
    Way{For::officers, "POST", "/v1/screening/releases", release_finding}.by(Role::maker, Role::checker),
    Way{For::officers, "GET", "/v1/runs/{run}/findings",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer_sliced_list(request, {"county", "subject"}, "nt",
                                      [&desk, by, run = run_of(request)](const app::Slice& slice) {
                                          return must(app::Screening{desk.tools()}.findings(by, run, slice));
                                      });
        }},
    Way{For::officers, "POST", "/v1/runs/{run}/stale-lists", accept_stale}.by(Role::checker),
    Way{For::officers, "GET", "/v1/runs/{run}/differences", differences_of_run},
    Way{For::officers, "GET", "/v1/receivables",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer_sliced_list(request, {"county", "receivable"}, "nn",
                                      [&desk, by, region = region_of(request, by),
                                       month = month_of(request)](const app::Slice& slice) {
                                          return must(app::RecoveryBook{desk.tools()}.open(
                                              by, region, month, now().day_in_china(), slice));
                                      });
        }},
    Way{For::officers, "POST", "/v1/receivables", record_overpayment}.by(Role::maker),
    Way{For::officers, "GET", "/v1/receivables/{county}/{receivable}",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            const Named named = named_in(request, "receivable");
            return answer(
                must(app::RecoveryBook{desk.tools()}.story(by, named.county, named.no, month_of(request))),
                request);
        }},
    Way{For::officers, "POST", "/v1/receivables/{county}/{receivable}/cash", take_cash}.by(Role::maker),
    Way{For::officers, "POST", "/v1/receivables/{county}/{receivable}/instalments", agree_instalment}.by(
        Role::maker),
    Way{For::officers, "POST", "/v1/receivables/{county}/{receivable}/proposals", propose}.by(Role::maker),
    Way{For::officers, "POST", "/v1/recovery-proposals/{county}/{proposal}/approval", approve_proposal}.by(
        Role::checker),
    Way{For::officers, "POST", "/v1/remittances", remit}.by(Role::maker),
};

}  // namespace

std::span<const Way> past_ways() { return ways; }

}  // namespace onecard::cli
