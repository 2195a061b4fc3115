#include "bank_names.hpp"

#include "onecard/bankfile/name_check.hpp"
#include "onecard/net/json.hpp"

namespace onecard::cli {

namespace {

Result<void> answer_check(BankSide& side, const std::string& file_id, const std::string& sha256) {
    const std::string path = "/v1/bank/name-checks/" + file_id;
    const auto file = side.call("GET", path + ".txt");
    if (!file) return std::unexpected{file.error()};
    const auto signature = side.call("GET", path + ".txt.p7s");
    if (!signature) return std::unexpected{signature.error()};
    if (file->status != 200 || signature->status != 200)
        return refuse(Fault::malformed, text_of(file->status != 200 ? *file : *signature), path);
    const auto signer = side.verifier->verify(file->body, signature->body);
    if (!signer || signer->name != side.wish.service_name ||
        side.hashes.sha256.hash(bytes_of(file->body)).hex() != sha256) {
        side.note(file_id, "is not signed by the service, or is not what it listed");
        return {};
    }
    const auto check = bankfile::read_name_check(file->body, file_id, side.hashes.sm3);
    if (!check) {
        side.note(file_id, check.error().message());
        return {};
    }
    bankfile::NameAnswers answers{check->file_id, check->bank_code, side.wish.now, {}};
    for (const bankfile::NameQuestion& question : check->lines) {
        const Answer answer = side.answers.answer_to(question.payee);
        answers.lines.push_back(
            {question.payee, question.account,
             answer.kind == AnswerKind::silent ? bankfile::Reason::in_progress : answer.reason});
    }
    const auto text = bankfile::write_name_answers(answers, side.hashes.sm3);
    if (!text) return std::unexpected{text.error()};
    const auto taken =
        side.call("POST", "/v1/bank/name-answers/" + file_id, side.signer->sign_attached(*text));
    if (!taken) return std::unexpected{taken.error()};
    if (taken->status != 200)
        side.note(file_id, text_of(*taken));
    else
        side.report.names += static_cast<std::int64_t>(check->lines.size());
    return {};
}

}  // namespace

Result<void> answer_name_checks(BankSide& side) {
    const auto reply = side.call("GET", "/v1/bank/name-checks");
    if (!reply) return std::unexpected{reply.error()};
    if (reply->status != 200) return refuse(Fault::malformed, text_of(*reply), "/v1/bank/name-checks");
    const auto rows = net::parse_json_table(reply->body, "checks");
    if (!rows) return std::unexpected{rows.error()};
    for (const auto& cells : *rows) {
        const Row row{cells};
        if (row.text("state") != "waiting") continue;
        if (auto answered = answer_check(side, row.text("file_id"), row.text("sha256")); !answered)
            return std::unexpected{answered.error()};
    }
    return {};
}

}  // namespace onecard::cli
