#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <memory>

#include "bank.hpp"
#include "bank_profiles.hpp"
#include "commands.hpp"
#include "desk.hpp"

namespace onecard::cli {

namespace {

struct Options {
    BankWish wish;
    std::string does = "everything";
    std::string folder, answers, value_day;
};

Result<int> act(const Context& context, const Options& options) {
    const auto settings = context.settings();
    if (!settings) return std::unexpected{settings.error()};
    if (context.manner.as.empty()) return refuse(Fault::missing, "which bank? --as bank-1", "bank");
    const auto url = url_of(*settings, context.manner);
    if (!url) return std::unexpected{url.error()};
    BankWish wish = options.wish;
    wish.url = *url;
    wish.certificate = settings->certificates / (context.manner.as + ".pem");
    wish.key = settings->certificates / (context.manner.as + ".key");
    wish.authorities = settings->certificates / "ca.pem";
    wish.national_certificate = settings->certificates / (context.manner.as + "-sm2.pem");
    wish.national_key = settings->certificates / (context.manner.as + "-sm2.key");
    wish.national_authorities = settings->certificates / "ca-sm2.pem";
    wish.folder = options.folder;
    wish.answers = options.answers;
    const auto profiles = configured_profiles(*settings);
    if (!profiles) return std::unexpected{profiles.error()};
    for (const app::Bank& one : settings->banks) {
        if (one.identity != context.manner.as) continue;
        wish.profile = profiles->at(one.no).profile;
        wish.bank_code = one.code;
    }
    wish.now = now();
    wish.value_day = wish.now.day_in_china();
    if (!options.value_day.empty()) {
        const auto day = Day::parse(options.value_day);
        if (!day) return std::unexpected{day.error()};
        wish.value_day = *day;
    }
    static const std::map<std::string, BankDoes> ways{
        {"everything", BankDoes::everything},  {"receipts", BankDoes::receipts_only},
        {"returns", BankDoes::returns_only},   {"open-lines", BankDoes::open_lines},
        {"statements", BankDoes::statements},  {"notifications", BankDoes::notifications},
        {"name-checks", BankDoes::name_checks}};
    wish.does = ways.at(options.does);
    const auto done = act_as_bank(wish, [](const BankProgress& progress) {
        if (isatty(STDERR_FILENO))
            fmt::print(stderr, "\r{}/{} {:<8} {} ", progress.files_done, progress.files_total, progress.step,
                       progress.file_id);
    });
    if (isatty(STDERR_FILENO)) fmt::print(stderr, "\n");
    if (!done) return std::unexpected{done.error()};

    app::Report report{{"代理银行", "A bank"}, {}, {}};
    report.fields = {{"bank", {"银行", "bank"}, context.manner.as},
                     {"files", {"取得文件", "files fetched"}, done->files},
                     {"receipts", {"签发回执", "receipts signed"}, done->receipts},
                     {"refusals", {"拒收", "refusals signed"}, done->refusals},
                     {"returns", {"回盘文件", "return files"}, done->returns},
                     {"returns_posted", {"已入账", "posted"}, done->returns_posted},
                     {"returns_refused", {"被拒", "refused"}, done->returns_refused},
                     {"lines", {"笔数", "lines"}, done->lines},
                     {"paid", {"成功", "paid"}, done->paid},
                     {"failed", {"失败", "failed"}, done->failed},
                     {"in_progress", {"处理中", "in progress"}, done->in_progress},
                     {"names", {"户名核验", "names checked"}, done->names},
                     {"statements", {"对账单", "statements"}, done->statements},
                     {"statement_lines", {"对账单笔数", "lines of statements"}, done->statement_lines},
                     {"statement_fits", {"对账相符", "that fit"}, done->statement_fits},
                     {"statement_breaks", {"对账差异", "that broke"}, done->statement_breaks}};
    for (const std::string& problem : done->problems)
        report.fields.push_back({"problem", {"问题", "problem"}, problem});
    const std::string text =
        context.manner.json
            ? app::to_json(report) + "\n"
            : app::to_text(report, context.manner.chinese ? app::Language::chinese : app::Language::english);
    std::fputs(text.c_str(), stdout);
    return done->problems.empty() ? 0 : 1;
}

}  // namespace

void add_bank_command(CLI::App& app, Context& context, std::function<void(Body)> chosen) {
    const auto options = std::make_shared<Options>();
    auto* bank = app.add_subcommand("bank", "Act as a bank: fetch, verify, receipt, return (--as bank-1)");
    bank->add_option("--folder", options->folder, "the bank's archive")->required();
    bank->add_option(
            "--does", options->does,
            "everything, receipts, returns, open-lines (a further return file), statements, notifications "
            "or name-checks")
        ->check(CLI::IsMember({"everything", "receipts", "returns", "open-lines", "statements",
                               "notifications", "name-checks"}));
    bank->add_option("--fail-permille", options->wish.fail_permille, "of payments");
    bank->add_option("--in-progress-permille", options->wish.in_progress_permille, "of payments");
    bank->add_option("--silent-permille", options->wish.silent_permille,
                     "of payments, not mentioned by the first return file");
    bank->add_flag("--every-reason", options->wish.every_reason, "failures have each reason alike");
    bank->add_option("--late-permille", options->wish.late_permille,
                     "with --does open-lines: of what was paid, returned late");
    bank->add_option("--contradict-permille", options->wish.contradict_permille,
                     "with --does open-lines: of what was said, the other answer than before");
    bank->add_option("--unstated-permille", options->wish.unstated_permille,
                     "of what was paid, left out of statements");
    bank->add_flag("--sums", options->wish.states_sums, "statements have a debit a return file");
    bank->add_option("--interest-fen", options->wish.interest_fen, "on each statement");
    bank->add_option("--strange-credits", options->wish.strange_credits, "on each statement");
    bank->add_option("--seed", options->wish.seed);
    bank->add_option("--answers", options->answers,
                     "script: payment,outcome,reason,day; a payment's rows are its story");
    bank->add_option("--value-day", options->value_day, "2022-01-06; today when not given");
    bank->add_flag("--refuse-files", options->wish.refuse_files);
    bank->add_flag("--wait-posted", options->wish.wait_posted, "until each return file is posted or refused");
    bank->callback([=, &context] { chosen([=, &context] { return act(context, *options); }); });
}

}  // namespace onecard::cli
