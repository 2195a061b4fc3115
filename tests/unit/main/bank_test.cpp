#include "bank.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <ctime>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>

#include "bank_returns.hpp"
#include "onecard/app/exchange.hpp"
#include "onecard/audit/checkpoint.hpp"
#include "onecard/bankfile/tar.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/net/http.hpp"
#include "onecard/seal/hashes.hpp"
#include "onecard/seal/sealing.hpp"

namespace onecard::cli {
namespace {

namespace fs = std::filesystem;

Moment clock_now() { return Moment::of_unix_seconds(std::time(nullptr)); }

std::string text_in(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}
void write_text(const fs::path& file, std::string_view text) {
    std::ofstream{file, std::ios::binary} << text;
}
std::string hex_of(std::string_view bytes) { return seal::sha256().hash(bytes_of(bytes)).hex(); }

/// A folder with certificates for all tests of this program; no key outlives it.
const fs::path& certificates() {
    struct Folder {
        Folder() {
            std::string name = (fs::temp_directory_path() / "onecard-bank-certs-XXXXXX").string();
            if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
            path = name;
            const auto made =
                seal::make_certificates(path, {{"service", true}, {"bank-1"}, {"bank-2"}}, clock_now(), 30);
            if (!made) throw std::runtime_error{made.error().message()};
        }
        ~Folder() { fs::remove_all(path); }
        Folder(const Folder&) = delete;
        Folder& operator=(const Folder&) = delete;
        fs::path path;
    };
    static const Folder folder;
    return folder.path;
}

/// What the service says at a bank's door, over real TLS and with real signatures, without its database.
class SmallService {
public:
    struct Sent {
        std::int64_t seq = 0;
        std::string bytes, signature;
        std::string receipt = "none", receipt_text;
        std::int64_t lines = 0, total_fen = 0;
    };
    struct Came {
        std::string bytes, state = "posted";
    };

    explicit SmallService(const fs::path& folder) : folder_{folder} {
        fs::create_directories(folder_ / "uploads");
        verifier_ = std::move(*seal::create_verifier(certificates() / "ca.pem", clock_now()));
        signer_ = sign_as("service");
        net::ServerSettings settings;
        settings.certificate = certificates() / "service.pem";
        settings.key = certificates() / "service.key";
        settings.authorities = certificates() / "ca.pem";
        settings.upload_folder = folder_ / "uploads";
        settings.workers = 2;
        const auto route = [this](std::string method, std::string pattern, auto handle,
                                  bool to_file = false) {
            return net::Route{std::move(method), std::move(pattern), to_file ? 1ULL << 30U : 65536, to_file,
                              [this, handle](const net::Request& request) {
                                  const std::lock_guard lock{guard};
                                  return (this->*handle)(request);
                              }};
        };
        auto server = net::create_server(
            settings,
            {route("GET", "/v1/bank/files", &SmallService::list),
             route("GET", "/v1/bank/files.tar", &SmallService::archive),
             route("GET", "/v1/bank/files/{name}", &SmallService::file),
             route("POST", "/v1/bank/returns", &SmallService::take_archive, true),
             route("POST", "/v1/bank/receipts", &SmallService::take_receipts),
             route("POST", "/v1/bank/receipts/{id}", &SmallService::take_receipt),
             route("GET", "/v1/bank/return-receipts", &SmallService::return_receipts),
             route("PUT", "/v1/bank/returns/{name}", &SmallService::take_return, true),
             route("GET", "/v1/bank/returns", &SmallService::results),
             route("GET", "/v1/bank/returns/{name}", &SmallService::result)},
            [](int status, std::string text, const net::Request&) { return problem(status, "http", text); },
            [](const net::Access&) {});
        if (!server) throw std::runtime_error{server.error().message()};
        server_ = std::move(*server);
    }
    std::string url() const { return fmt::format("https://127.0.0.1:{}", server_->port()); }

    static std::unique_ptr<app::FileSigner> sign_as(const std::string& name) {
        return std::move(
            *seal::create_file_signer(certificates() / (name + ".pem"), certificates() / (name + ".key")));
    }

    /// A batch of `lines` payments, sent as file number `seq`.
    std::string send_batch(std::int64_t seq, std::int32_t lines) {
        const std::string id = fmt::format("YKT370212202201{:04}", seq);
        bankfile::BatchHeader header;
        header.file_id = id;
        header.county = County::of_number(370212);
        header.bank_code = "313999000001";
        header.period = *Month::of(2022, 1);
        header.function_code = "2081902";
        header.count = lines;
        header.total = Money::of_fen(63'800LL * lines);
        header.made_at = *Moment::parse("20220105093000");
        const auto sm3 = seal::sm3().stream();
        bankfile::BatchWriter writer{header, *sm3};
        for (std::int32_t n = 1; n <= lines; ++n) {
            const std::string payment =
                PaymentReference{header.county, 202201, Serial{static_cast<std::int32_t>(seq) * 1000 + n}, 1}
                    .text();
            // 亅's second byte is '|'.
            EXPECT_TRUE(writer.add({.seq = n,
                                    .payment = payment,
                                    .name = "徐㼆亅",
                                    .account = "6229990000000000019",
                                    .bank_code = header.bank_code,
                                    .amount = Money::of_fen(63'800),
                                    .summary = "农村低保"}));
        }
        EXPECT_TRUE(writer.finish());
        const std::lock_guard lock{guard};
        Sent& sent = files[id];
        sent = {.seq = seq, .bytes = writer.take(), .lines = lines, .total_fen = header.total.fen()};
        sent.signature = signer_->sign(sent.bytes);
        return id;
    }

    std::mutex guard;
    std::map<std::string, Sent> files;
    std::map<std::string, Came> returns;
    std::string state_of_new_returns = "posted";
    std::int64_t refusals_of_puts = 0;  ///< so many uploads are answered 503
    std::int64_t puts = 0;
    std::int64_t breaks_of_fetches = 0;         ///< so many batch files end in their middle
    std::map<std::string, std::string> spoilt;  ///< by file id: sent in the place of the listed bytes
    std::int64_t notes = 0;                     ///< receipts for many files
    bool takes_notes = true;                    ///< else each file must be receipted by itself
    std::string left_out;                       ///< the receipts for many return files say nothing of it
    bool takes_archives = true;                 ///< and hands them out
    std::int64_t archives_fetched = 0, archives_brought = 0, files_fetched = 0;
    std::int64_t breaks_of_archives = 0;  ///< so many of them end in the middle of their second file
    std::string unwanted;                 ///< a return file that is refused in an archive
    bool signs_along = true;  ///< the signature of a file comes in a header, and need not be asked for

private:
    static net::Response json(std::string body, int status = 200) {
        net::Response response;
        response.status = status;
        response.body = std::move(body);
        return response;
    }
    static net::Response problem(int status, std::string_view code, std::string_view detail) {
        auto response = json(
            fmt::format(
                R"({{"type":"urn:onecard:problem:{0}","title":"{0}","status":{1},"code":"{0}","detail":"{2}"}})",
                code, status, detail),
            status);
        response.content_type = "application/problem+json";
        return response;
    }

    net::Response list(const net::Request& request) {
        const auto asked = request.query.find("after");
        const std::int64_t after = asked == request.query.end() ? 0 : std::stoll(asked->second);
        std::map<std::int64_t, std::string> rows;
        for (const auto& [id, sent] : files)
            if (sent.seq > after)
                rows[sent.seq] = fmt::format(
                    R"({{"seq":{},"file_id":"{}","lines":{},"total_fen":{},"sha256":"{}","bytes":{},"receipt":"{}"}})",
                    sent.seq, id, sent.lines, sent.total_fen, hex_of(sent.bytes), sent.bytes.size(),
                    sent.receipt);
        std::string body;
        for (const auto& [seq, row] : rows) body += (body.empty() ? "" : ",") + row;
        return json(fmt::format(R"({{"files":[{}]}})", body));
    }
    net::Response file(const net::Request& request) {
        const std::string& name = request.parameters.at("name");
        const auto found = files.find(name.substr(0, name.find('.')));
        if (found == files.end()) return problem(404, "unknown", "no such file for this bank");
        net::Response response;
        response.content_type = "application/octet-stream";
        const auto other = spoilt.find(found->first);
        const std::string& bytes = other == spoilt.end() ? found->second.bytes : other->second;
        ++files_fetched;
        if (!name.ends_with(".p7s") && breaks_of_fetches > 0) {
            --breaks_of_fetches;
            response.stream = [half = bytes.substr(0, bytes.size() / 2),
                               sent = false](std::string& piece) mutable {
                if (std::exchange(sent, true)) throw std::runtime_error{"the disk broke"};
                piece = half;
                return true;
            };
            return response;
        }
        response.file = folder_ / name;
        write_text(response.file, name.ends_with(".p7s") ? found->second.signature : bytes);
        if (signs_along && !name.ends_with(".p7s"))
            response.headers["Onecard-Signature"] = audit::base64(found->second.signature);
        return response;
    }
    net::Response archive(const net::Request& request) {
        if (!takes_archives) return problem(404, "unknown", "there is nothing here");
        ++archives_fetched;
        const std::int64_t after = std::stoll(request.query.at("after"));
        const auto to = request.query.find("to");
        std::map<std::int64_t, std::string> wanted;
        for (const auto& [id, sent] : files)
            if (sent.seq > after && (to == request.query.end() || sent.seq <= std::stoll(to->second)))
                wanted[sent.seq] = id;
        net::Response response;
        response.content_type = "application/x-tar";
        std::string all;
        for (const auto& [seq, id] : wanted) {
            const Sent& sent = files.at(id);
            const auto other = spoilt.find(id);
            const std::string& bytes = other == spoilt.end() ? sent.bytes : other->second;
            for (const auto& [name, text] :
                 {std::pair{id + ".txt.p7s", sent.signature}, {id + ".txt", bytes}})
                all.append(bankfile::tar_header(name, text.size(), {}))
                    .append(text)
                    .append(bankfile::tar_padding(text.size()), '\0');
            if (seq == after + 2 && breaks_of_archives > 0) {
                --breaks_of_archives;
                response.stream = [part = all.substr(0, all.size() - bytes.size() / 2),
                                   sent_it = false](std::string& piece) mutable {
                    if (std::exchange(sent_it, true)) throw std::runtime_error{"the disk broke"};
                    piece = part;
                    return true;
                };
                return response;
            }
        }
        response.parts.push_back({all.append(bankfile::tar_end_bytes, '\0'), {}, 0});
        return response;
    }
    /// Each file as if it came by itself.
    net::Response take_archive(const net::Request& request) {
        if (!takes_archives) return problem(405, "http-405", "there is nothing here");
        ++archives_brought;
        struct Members final : bankfile::TarSink {
            std::vector<std::pair<std::string, std::string>> all;
            Result<void> begin(std::string_view name, std::uint64_t) override {
                all.emplace_back(name, std::string{});
                return {};
            }
            void take(std::string_view piece) override { all.back().second += piece; }
            Result<void> end() override { return {}; }
        } members;
        bankfile::TarReading reading{"returns", members};
        EXPECT_TRUE(reading.feed(text_in(request.body_file)));
        EXPECT_TRUE(reading.finish());
        std::string rows;
        bool all_taken = true;
        for (std::size_t i = 0; i + 1 < members.all.size(); i += 2) {
            const auto& [name, bytes] = members.all[i + 1];
            EXPECT_EQ(members.all[i].first, name + ".p7s");
            const auto signer = verifier_->verify(bytes, members.all[i].second);
            const bool is_good = signer && signer->fingerprint == request.peer.fingerprint &&
                                 name != unwanted &&
                                 (!returns.contains(name) || returns.at(name).bytes == bytes);
            all_taken &= is_good;
            if (is_good && returns.try_emplace(name, bytes, state_of_new_returns).second)
                numbered_.push_back(name);
            rows += fmt::format(R"({}{{"name":"{}","number":{},"code":"{}","detail":"","place":""}})",
                                rows.empty() ? "" : ",", name,
                                is_good ? std::ranges::find(numbered_, name) - numbered_.begin() + 1 : 0,
                                is_good ? "" : "conflict");
        }
        return json(fmt::format(R"({{"taken":0,"refused":0,"returns":[{}]}})", rows), all_taken ? 201 : 200);
    }
    net::Response take_receipt(const net::Request& request) {
        const std::string& id = request.parameters.at("id");
        const auto found = files.find(id);
        if (found == files.end()) return problem(404, "unknown", "no such file for this bank");
        const auto said = verifier_->verify_attached(request.body);
        if (!said || said->signer.fingerprint != request.peer.fingerprint)
            return problem(422, "tampered", "the signature");
        const std::string accepted = fmt::format("onecard receipt 1\nfile {}\nsha256 {}\nanswer accepted\n",
                                                 id, hex_of(found->second.bytes));
        found->second.receipt = said->text == accepted ? "accepted" : "refused";
        found->second.receipt_text = said->text;
        return json({}, 204);
    }
    net::Response take_receipts(const net::Request& request) {
        const auto said = verifier_->verify_attached(request.body);
        if (!said || said->signer.fingerprint != request.peer.fingerprint)
            return problem(422, "tampered", "the signature");
        ++notes;
        if (!takes_notes) return problem(409, "duplicate", "one of them has its receipt");
        std::istringstream lines{said->text};
        std::string line;
        std::getline(lines, line);
        EXPECT_EQ(line, "onecard receipts 1");
        while (std::getline(lines, line) && line.starts_with("file ")) {
            Sent& sent = files.at(line.substr(5, line.find(" sha256") - 5));
            EXPECT_TRUE(line.ends_with(" sha256 " + hex_of(sent.bytes))) << line;
            sent.receipt = "accepted";
        }
        EXPECT_EQ(line, "answer accepted");
        return json({}, 204);
    }
    net::Response return_receipts(const net::Request& request) {
        std::string text = "onecard return receipts 1\n";
        for (auto n = std::stoul(request.query.at("after")); n < numbered_.size(); ++n)
            if (numbered_[n] != left_out)
                text += fmt::format("file {} sha256 {} number {}\n", numbered_[n],
                                    hex_of(returns.at(numbered_[n]).bytes), n + 1);
        net::Response response;
        response.body = signer_->sign_attached(text);
        return response;
    }
    net::Response take_return(const net::Request& request) {
        ++puts;
        if (refusals_of_puts > 0) return --refusals_of_puts, problem(503, "busy", "later");
        const std::string& name = request.parameters.at("name");
        const std::string bytes = text_in(request.body_file);
        if (name.ends_with(".p7s")) {
            signatures_[name.substr(0, name.size() - 4)] = bytes;
            return json("{}", 201);
        }
        if (const auto along = request.headers.find("onecard-signature"); along != request.headers.end())
            signatures_[name] = audit::parse_base64(along->second).value();
        if (!signatures_.contains(name)) return problem(409, "missing", "put its signature first");
        const auto signer = verifier_->verify(bytes, signatures_.at(name));
        if (!signer || signer->fingerprint != request.peer.fingerprint)
            return problem(422, "tampered", "the signature");
        if (returns.contains(name) && returns.at(name).bytes != bytes)
            return problem(409, "duplicate", "another file has this name");
        if (returns.try_emplace(name, bytes, state_of_new_returns).second) numbered_.push_back(name);
        signatures_.erase(name);
        if (const auto when = request.headers.find("onecard-receipt"); when != request.headers.end())
            return json(fmt::format(R"({{"number":{}}})", numbered_.size()), 201);
        net::Response response;
        response.status = 201;
        response.body =
            signer_->sign_attached(fmt::format("onecard return receipt 1\nfile {}\nsha256 {}\nnumber {}\n",
                                               name, hex_of(bytes), returns.size()));
        return response;
    }
    net::Response result(const net::Request& request) {
        const auto found = returns.find(request.parameters.at("name"));
        if (found == returns.end()) return problem(404, "unknown", "no such return file");
        return json(fmt::format(R"({{"name":"{}","state":"{}","reason":"because","paid":1}})", found->first,
                                found->second.state));
    }

    net::Response results(const net::Request&) {
        std::string rows;
        for (const auto& [name, held] : returns)
            rows += fmt::format(R"({}{{"number":{},"name":"{}","state":"{}","reason":"because","paid":1}})",
                                rows.empty() ? "" : ",",
                                std::distance(returns.begin(), returns.find(name)) + 1, name, held.state);
        return json(fmt::format(R"({{"returns":[{}]}})", rows));
    }

    fs::path folder_;
    std::map<std::string, std::string> signatures_;
    std::vector<std::string> numbered_;  ///< return files in the order in which they came
    std::unique_ptr<app::SignatureVerifier> verifier_;
    std::unique_ptr<app::FileSigner> signer_;
    std::unique_ptr<net::Server> server_;
};

class ABank : public testing::Test {
protected:
    ABank() {
        std::string name = (fs::temp_directory_path() / "onecard-bank-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
        folder_ = name;
        service_.emplace(folder_ / "service");
        wish_.url = service_->url();
        wish_.certificate = certificates() / "bank-1.pem";
        wish_.key = certificates() / "bank-1.key";
        wish_.authorities = certificates() / "ca.pem";
        wish_.folder = folder_ / "bank";
        wish_.fail_permille = 100;
        wish_.seed = 5;
        wish_.value_day = *Day::of(2022, 1, 6);
        wish_.now = clock_now();
        wish_.wait_posted = true;
        wish_.wait_seconds_max = 1;
    }
    ~ABank() override {
        service_.reset();
        fs::remove_all(folder_);
    }
    BankReport act() {
        const auto report = act_as_bank(wish_);
        EXPECT_TRUE(report) << (report ? "" : report.error().message());
        return report.value_or(BankReport{});
    }
    static std::string problems_of(const BankReport& report) {
        std::string all;
        for (const std::string& problem : report.problems) all += problem + "\n";
        return all;
    }

    fs::path folder_;
    std::optional<SmallService> service_;
    BankWish wish_;
};

TEST_F(ABank, FetchesReceiptsAndAnswersEveryFile) {
    const std::string first = service_->send_batch(1, 300), second = service_->send_batch(2, 5);
    const BankReport report = act();
    EXPECT_EQ(problems_of(report), "");
    EXPECT_EQ(report.files, 2);
    EXPECT_EQ(report.receipts, 2);
    EXPECT_EQ(report.lines, 305);
    EXPECT_EQ(report.paid + report.failed, 305);
    EXPECT_GT(report.failed, 10);
    EXPECT_EQ(report.returns_posted, 2);
    EXPECT_EQ(service_->files.at(first).receipt, "accepted");
    for (const std::string& file :
         {"files/" + first + ".txt", "files/" + first + ".txt.p7s", "receipts/" + first + ".receipt.p7s",
          "returns/" + second + ".ret", "returns/" + second + ".ret.p7s",
          "returns/" + second + ".ret.receipt.p7s"})
        EXPECT_TRUE(fs::exists(wish_.folder / file)) << file;
}

TEST_F(ABank, SignsOnceForManyFilesAndAsksForOneReceipt) {
    for (int seq = 1; seq <= 9; ++seq) service_->send_batch(seq, 10 * seq);
    const BankReport report = act();
    EXPECT_EQ(problems_of(report), "");
    EXPECT_EQ(service_->notes, 1);
    EXPECT_EQ(report.receipts, 9);
    EXPECT_EQ(report.returns, 9);
    EXPECT_EQ(report.lines, 450);
    EXPECT_EQ(report.returns_posted, 9);
    for (const auto& [id, sent] : service_->files) EXPECT_EQ(sent.receipt, "accepted") << id;
    for (const char* file : {"receipts/YKT3702122022010001-and-8.receipts.p7s", "returns/to-9.receipts.p7s"})
        EXPECT_TRUE(fs::exists(wish_.folder / file)) << file;
    EXPECT_EQ(act().files, 0) << "there is nothing left to do";
    EXPECT_EQ(service_->notes, 1);
}

TEST_F(ABank, FetchesManyFilesInOneArchiveAndBringsTheirReturnFilesInOne) {
    for (int seq = 1; seq <= 9; ++seq) service_->send_batch(seq, 10 * seq);
    const BankReport report = act();
    EXPECT_EQ(problems_of(report), "");
    EXPECT_EQ(report.files, 9);
    EXPECT_EQ(report.paid + report.failed, 450);
    EXPECT_EQ(report.returns_posted, 9);
    EXPECT_EQ(service_->archives_fetched, 1);
    EXPECT_EQ(service_->archives_brought, 1);
    EXPECT_EQ(service_->files_fetched, 0);
    EXPECT_EQ(service_->puts, 0);
    for (const auto& [id, sent] : service_->files) {
        EXPECT_EQ(text_in(wish_.folder / "files" / (id + ".txt")), sent.bytes) << id;
        EXPECT_EQ(text_in(wish_.folder / "files" / (id + ".txt.p7s")), sent.signature) << id;
        EXPECT_EQ(text_in(wish_.folder / "returns" / (id + ".ret")), service_->returns.at(id + ".ret").bytes);
    }
    EXPECT_EQ(act().files, 0) << "there is nothing left to do";
    EXPECT_EQ(service_->archives_fetched, 1);
    // A few are better understood one by one.
    for (int seq = 10; seq <= 12; ++seq) service_->send_batch(seq, 2);
    EXPECT_EQ(act().returns_posted, 3);
    EXPECT_EQ(service_->archives_fetched, 1);
    EXPECT_EQ(service_->files_fetched, 3);
    EXPECT_EQ(service_->puts, 3);
}

TEST_F(ABank, DoesWithoutArchivesWhereTheServiceHasNone) {
    for (int seq = 1; seq <= 9; ++seq) service_->send_batch(seq, 3);
    service_->takes_archives = false;
    const BankReport report = act();
    EXPECT_EQ(problems_of(report), "");
    EXPECT_EQ(report.returns_posted, 9);
    EXPECT_EQ(service_->files_fetched, 9);
    EXPECT_EQ(service_->puts, 9);
}

TEST_F(ABank, GoesOnBehindTheLastWholeFileWhereAnArchiveBroke) {
    for (int seq = 1; seq <= 9; ++seq) service_->send_batch(seq, 50);
    service_->breaks_of_archives = 2;
    const BankReport report = act();
    EXPECT_EQ(problems_of(report), "");
    EXPECT_EQ(report.lines, 450) << "no line twice";
    EXPECT_EQ(report.returns_posted, 9);
    EXPECT_EQ(service_->archives_fetched, 3);
    EXPECT_EQ(service_->files_fetched, 0);
}

TEST_F(ABank, FetchesWhatAnArchiveSpoiltByItselfAndReportsIt) {
    for (int seq = 1; seq <= 9; ++seq) service_->send_batch(seq, 3);
    const std::string id = "YKT3702122022010004";
    std::string& spoilt = service_->spoilt[id] = service_->files.at(id).bytes;
    spoilt[40] = static_cast<char>(spoilt[40] ^ 1);
    const BankReport report = act();
    EXPECT_THAT(problems_of(report),
                testing::AllOf(testing::HasSubstr(id), testing::HasSubstr("the digest is")));
    EXPECT_EQ(report.problems.size(), 1U);
    EXPECT_EQ(report.returns_posted, 8);
    EXPECT_EQ(service_->archives_fetched, 1);
    EXPECT_EQ(service_->files.at(id).receipt, "none");
    EXPECT_FALSE(fs::exists(wish_.folder / "files" / (id + ".txt")));
    // A file of another length ends the archive: what is behind it comes by itself.
    service_->spoilt[id] += "more";
    for (int seq = 10; seq <= 18; ++seq) service_->send_batch(seq, 3);
    service_->spoilt["YKT3702122022010011"] = "short";
    const BankReport later = act();
    EXPECT_EQ(later.problems.size(), 2U) << problems_of(later);
    EXPECT_EQ(later.returns_posted, 8);
    EXPECT_EQ(service_->archives_fetched, 2);
}

TEST_F(ABank, BringsAReturnFileByItselfThatAnArchiveDidNotGetThrough) {
    for (int seq = 1; seq <= 9; ++seq) service_->send_batch(seq, 3);
    service_->unwanted = "YKT3702122022010004.ret";
    const BankReport report = act();
    EXPECT_EQ(problems_of(report), "");
    EXPECT_EQ(report.returns, 9);
    EXPECT_EQ(report.returns_posted, 9);
    EXPECT_EQ(service_->archives_brought, 1);
    EXPECT_EQ(service_->puts, 1);
}

TEST_F(ABank, ReceiptsEachFileByItselfWhereANoteIsRefused) {
    for (int seq = 1; seq <= 9; ++seq) service_->send_batch(seq, 3);
    service_->takes_notes = false;
    const BankReport report = act();
    EXPECT_EQ(problems_of(report), "");
    EXPECT_EQ(report.receipts, 9);
    for (const auto& [id, sent] : service_->files) EXPECT_EQ(sent.receipt, "accepted") << id;
}

TEST_F(ABank, ReportsAReturnFileThatTheReceiptForManyLeavesOut) {
    for (int seq = 1; seq <= 9; ++seq) service_->send_batch(seq, 3);
    service_->left_out = "YKT3702122022010004.ret";
    EXPECT_THAT(problems_of(act()),
                testing::HasSubstr("YKT3702122022010004.ret: the service's receipt does not say"));
}

TEST_F(ABank, AsksForASignatureThatDidNotComeAlong) {
    service_->signs_along = false;
    service_->send_batch(1, 20);
    const BankReport report = act();
    EXPECT_EQ(problems_of(report), "");
    EXPECT_EQ(report.returns_posted, 1);
}

TEST_F(ABank, DoesNothingTwice) {
    service_->send_batch(1, 20);
    act();
    const auto puts = service_->puts;
    const BankReport again = act();
    EXPECT_EQ(again.files, 0);
    EXPECT_EQ(again.done_before, 1);
    EXPECT_EQ(service_->puts, puts);
}

TEST_F(ABank, AnswersLaterWhenAskedTo) {
    const std::string id = service_->send_batch(1, 20);
    wish_.does = BankDoes::returns_only;
    EXPECT_EQ(act().files, 0);
    wish_.does = BankDoes::receipts_only;
    EXPECT_EQ(act().receipts, 1);
    EXPECT_TRUE(service_->returns.empty());
    wish_.does = BankDoes::returns_only;
    EXPECT_EQ(act().returns_posted, 1);
    EXPECT_TRUE(service_->returns.contains(id + ".ret"));
}

TEST_F(ABank, SendsTheSameBytesAgainAfterItWasKilledBetweenMakingAndSending) {
    const std::string id = service_->send_batch(1, 20);
    act();
    const std::string bytes = service_->returns.at(id + ".ret").bytes;
    const std::string receipt = text_in(wish_.folder / "receipts" / (id + ".receipt.p7s"));
    // As if nothing had been sent: the service has the batch only.
    service_->returns.clear();
    service_->files.at(id).receipt = "none";
    fs::remove(wish_.folder / "returns" / (id + ".ret.result"));
    fs::remove(wish_.folder / "returns" / (id + ".ret.p7s"));
    wish_.now = Moment::of_unix_seconds(wish_.now.unix_seconds() + 3600);
    EXPECT_EQ(problems_of(act()), "");
    EXPECT_EQ(service_->returns.at(id + ".ret").bytes, bytes);
    EXPECT_EQ(text_in(wish_.folder / "receipts" / (id + ".receipt.p7s")), receipt);
}

TEST_F(ABank, SignsAnewWhatAnotherCertificateHasSigned) {
    const std::string id = service_->send_batch(1, 20);
    act();
    service_->returns.clear();
    fs::remove(wish_.folder / "returns" / (id + ".ret.result"));
    wish_.certificate = certificates() / "bank-2.pem";
    wish_.key = certificates() / "bank-2.key";
    EXPECT_EQ(problems_of(act()), "");
    EXPECT_EQ(service_->returns.size(), 1U);
}

TEST_F(ABank, TakesTheServicesWordWhenItsOwnFolderIsLost) {
    service_->send_batch(1, 20);
    act();
    const auto puts = service_->puts;
    fs::remove_all(wish_.folder);
    const BankReport report = act();
    EXPECT_EQ(problems_of(report), "");
    EXPECT_EQ(report.returns_posted, 1);
    EXPECT_EQ(service_->puts, puts);
}

TEST_F(ABank, TriesAgainWhileTheServiceIsBusy) {
    service_->send_batch(1, 3);
    service_->refusals_of_puts = 2;
    EXPECT_EQ(act().returns_posted, 1);
}

TEST_F(ABank, FetchesAnewWhatBrokeInTheMiddleAndCountsNoLineTwice) {
    const std::string id = service_->send_batch(1, 300);
    service_->breaks_of_fetches = 2;
    const BankReport report = act();
    EXPECT_EQ(problems_of(report), "");
    EXPECT_EQ(service_->breaks_of_fetches, 0);
    EXPECT_EQ(report.lines, 300);
    EXPECT_EQ(report.returns_posted, 1);
    EXPECT_EQ(text_in(wish_.folder / "files" / (id + ".txt")), service_->files.at(id).bytes);
}

TEST_F(ABank, LeavesAloneWhatIsNotTheListedFile) {
    const std::string id = service_->send_batch(1, 3), good = service_->send_batch(2, 3);
    // Rightly made, rightly signed, and not the file of the list.
    const std::string other = service_->files.at(good).bytes;
    service_->spoilt[id] = other;
    const BankReport report = act();
    EXPECT_EQ(report.problems,
              std::vector{fmt::format("/v1/bank/files/{0}.txt: the digest is {1}, the list says {2}", id,
                                      hex_of(other), hex_of(service_->files.at(id).bytes))});
    EXPECT_EQ(service_->files.at(id).receipt, "none");
    EXPECT_FALSE(service_->returns.contains(id + ".ret"));
    EXPECT_FALSE(fs::exists(wish_.folder / "files" / (id + ".txt")));
    EXPECT_EQ(service_->files.at(good).receipt, "accepted");
    service_->spoilt.clear();
    EXPECT_EQ(problems_of(act()), "");
    EXPECT_TRUE(service_->returns.contains(id + ".ret"));
}

TEST_F(ABank, HashesWhatLiesThereFromBeforeAndAnswersIt) {
    const std::string id = service_->send_batch(1, 30);
    wish_.does = BankDoes::receipts_only;
    act();
    service_->breaks_of_fetches = 1;  // Nobody fetches: it would break.
    wish_.does = BankDoes::returns_only;
    const BankReport report = act();
    EXPECT_EQ(problems_of(report), "");
    EXPECT_EQ(report.lines, 30);
    EXPECT_EQ(service_->breaks_of_fetches, 1);
}

TEST_F(ABank, StopsWhenItCannotSeeWhatItHasSent) {
    service_->send_batch(1, 3);
    act();
    fs::remove_all(wish_.folder / "returns");
    write_text(wish_.folder / "returns", "no folder");
    const auto report = act_as_bank(wish_);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().fault, Fault::missing);
}

TEST_F(ABank, RefusesAFileWithAFaultNamingIt) {
    const std::string id = service_->send_batch(1, 3);
    {
        const std::lock_guard lock{service_->guard};
        auto& sent = service_->files.at(id);
        sent.bytes[sent.bytes.find("63800|")] = '7';
        sent.signature = SmallService::sign_as("service")->sign(sent.bytes);
    }
    const BankReport report = act();
    EXPECT_EQ(report.refusals, 1);
    EXPECT_EQ(report.problems.size(), 1U);
    EXPECT_EQ(service_->files.at(id).receipt, "refused");
    EXPECT_TRUE(service_->files.at(id).receipt_text.contains("answer refused " + id + ".txt:"))
        << service_->files.at(id).receipt_text;
    EXPECT_TRUE(service_->returns.empty());
}

TEST_F(ABank, SaysNothingToAFileThatTheServiceDidNotSign) {
    const std::string id = service_->send_batch(1, 3), good = service_->send_batch(2, 3);
    service_->files.at(id).signature = SmallService::sign_as("bank-2")->sign(service_->files.at(id).bytes);
    const BankReport report = act();
    ASSERT_EQ(report.problems.size(), 1U);
    EXPECT_TRUE(report.problems.front().contains("signed by «bank-2», not by «service»"))
        << report.problems.front();
    EXPECT_EQ(service_->files.at(id).receipt, "none");
    EXPECT_EQ(service_->files.at(good).receipt, "accepted");
}

TEST_F(ABank, StopsAtAGapInTheSequence) {
    const std::string before = service_->send_batch(1, 3), behind = service_->send_batch(3, 3);
    const BankReport report = act();
    ASSERT_EQ(report.problems.size(), 1U);
    EXPECT_TRUE(report.problems.front().contains("a gap")) << report.problems.front();
    EXPECT_EQ(service_->files.at(before).receipt, "accepted");
    EXPECT_EQ(service_->files.at(behind).receipt, "none");
}

TEST_F(ABank, RefusesWhenAskedTo) {
    const std::string id = service_->send_batch(1, 3);
    wish_.refuse_files = true;
    EXPECT_EQ(problems_of(act()), "");
    EXPECT_EQ(service_->files.at(id).receipt, "refused");
}

TEST_F(ABank, SetsAsideWhatBelongsToAnotherFileOfTheSameName) {
    const std::string id = service_->send_batch(1, 3);
    act();
    const std::string old = text_in(wish_.folder / "returns" / (id + ".ret"));
    service_->returns.clear();
    service_->send_batch(1, 4);
    const BankReport report = act();
    EXPECT_EQ(report.problems.size(), 1U);
    EXPECT_EQ(report.lines, 4);
    bool is_kept = false;
    for (const auto& entry : fs::recursive_directory_iterator{wish_.folder / "set-aside"})
        is_kept = is_kept || (entry.is_regular_file() && text_in(entry.path()) == old);
    EXPECT_TRUE(is_kept);
}

TEST_F(ABank, AnswersInAFurtherFileWhatItLeftOpen) {
    const std::string id = service_->send_batch(1, 10);
    wish_.fail_permille = 0;
    wish_.in_progress_permille = 1000;
    EXPECT_EQ(act().in_progress, 10);
    wish_.does = BankDoes::open_lines;
    const BankReport report = act();
    EXPECT_EQ(problems_of(report), "");
    EXPECT_EQ(report.paid, 10);
    EXPECT_TRUE(service_->returns.contains(id + ".2.ret"));
    EXPECT_EQ(act().lines, 0);
    EXPECT_EQ(service_->returns.size(), 2U);
}

TEST_F(ABank, ReportsReturnFilesThatAreRefusedOrWaitTooLong) {
    service_->send_batch(1, 3);
    service_->state_of_new_returns = "refused";
    const BankReport refused = act();
    EXPECT_EQ(refused.returns_refused, 1);
    EXPECT_EQ(refused.problems.size(), 1U);
    service_->send_batch(2, 3);
    service_->state_of_new_returns = "waiting";
    const BankReport waiting = act();
    EXPECT_EQ(waiting.returns_waiting, 1);
    EXPECT_EQ(waiting.problems.size(), 1U);
}

TEST_F(ABank, FollowsTheScriptAndNamesEveryFaultOfIt) {
    const std::string id = service_->send_batch(1, 3);
    wish_.answers = folder_ / "answers.csv";
    write_text(wish_.answers, "payment,outcome,reason,day\nX,never\n");
    const auto refused = act_as_bank(wish_);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().text.contains("answers.csv:2:outcome")) << refused.error().text;
    const std::string payment = PaymentReference{County::of_number(370212), 202201, Serial{1002}, 1}.text();
    wish_.fail_permille = 0;
    write_text(wish_.answers, "payment,outcome,reason,day\n" + payment + ",failed,DEAD,20220109\n");
    EXPECT_EQ(act().failed, 1);
    EXPECT_TRUE(
        service_->returns.at(id + ".ret").bytes.contains(payment + "|6229990000000000019|63800|F|DEAD|"));
}

TEST_F(ABank, SaysWhoRefusesIt) {
    wish_.url = "https://127.0.0.1:1";
    const auto nobody = act_as_bank(wish_);
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().fault, Fault::missing);
}

/// The commands of schemas/bank/connect.md, just as they stand there.
TEST_F(ABank, CanBePlayedWithCurlAndOpensslAlone) {
    const std::string page = text_in(fs::path{ONECARD_SOURCE_DIR} / "schemas/bank/connect.md");
    std::string script = "set -euo pipefail\n";
    constexpr std::string_view opening = "\n```sh\n", closing = "\n```\n";
    for (std::size_t at = page.find(opening); at != page.npos; at = page.find(opening, at)) {
        at += opening.size();
        const std::size_t end = page.find(closing, at);
        ASSERT_NE(end, page.npos);
        script += page.substr(at, end - at) + "\n";
    }
    const std::string id = service_->send_batch(1, 7);
    fs::create_directories(wish_.folder);
    write_text(wish_.folder / "commands.sh", script);
    // A download that broke off is continued.
    write_text(wish_.folder / (id + ".txt.part"), service_->files.at(id).bytes.substr(0, 100));
    const std::string command = fmt::format(
        "cd {} && ONECARD={} BANK={} CA={} FILE={} bash commands.sh >said 2>&1", wish_.folder.string(),
        wish_.url, (certificates() / "bank-1").string(), (certificates() / "ca.pem").string(), id);
    const int status = std::system(command.c_str());
    EXPECT_EQ(WEXITSTATUS(status), 0) << text_in(wish_.folder / "said");
    EXPECT_EQ(service_->files.at(id).receipt, "accepted");
    ASSERT_TRUE(service_->returns.contains(id + ".ret")) << text_in(wish_.folder / "said");
    int paid = 0;
    const auto sm3 = seal::sm3().stream();
    bankfile::ReturnReader reader{id + ".ret", *sm3, [&](const bankfile::ReturnLine& line) {
                                      paid += line.status == bankfile::ReturnStatus::paid;
                                  }};
    reader.feed(service_->returns.at(id + ".ret").bytes);
    reader.finish();
    for (const Failure& fault : reader.faults()) ADD_FAILURE() << fault.message();
    EXPECT_EQ(paid, 7);
}

}  // namespace
}  // namespace onecard::cli
