#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "onecard/store/cluster.hpp"
#include "support/database.hpp"

/// A whole installation in a temporary folder: configuration, certificates, a register, the service as a process of
/// its own with its private PostgreSQL. Everything is done from outside, as people and banks do it.
namespace onecard::test {

namespace fs = std::filesystem;
namespace json = boost::json;
using Words = std::vector<std::string>;
using namespace std::chrono_literals;

inline std::string text_in(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}
inline void write_text(const fs::path& file, std::string_view text) {
    fs::create_directories(file.parent_path());
    std::ofstream out{file, std::ios::binary | std::ios::trunc};
    out << text;
    if (!out.flush()) throw std::runtime_error{"cannot write " + file.string()};
}
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
        text.replace(at, from.size(), to);
    return text;
}
inline std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
    return lines;
}
inline std::vector<std::string> fields_of(std::string_view line, char between) {
    std::vector<std::string> fields{""};
    for (const char c : line)
        if (c == between)
            fields.emplace_back();
        else
            fields.back() += c;
    return fields;
}

/// What a program said and how it ended; `code` is 128 + the signal when one ended it.
struct Ran {
    int code = 0;
    std::string out, err;
    std::string all() const { return fmt::format("exit {}\n{}{}", code, out, err); }
};

/// A child of this program; it dies with it.
class Process {
public:
    Process() = default;
    Process(const Words& command, const fs::path& out, const fs::path& err, const fs::path& in_folder = "/") {
        std::vector<char*> arguments;
        for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        constexpr int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
        const int out_line = ::open(out.c_str(), flags, 0600), err_line = ::open(err.c_str(), flags, 0600);
        const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::dup2(nothing, 0);
            ::dup2(out_line, 1);
            ::dup2(err_line, 2);
            if (::chdir(in_folder.c_str()) != 0) ::_exit(126);
            ::execvp(arguments.front(), arguments.data());
            ::_exit(127);
        }
        for (const int line : {out_line, err_line, nothing}) ::close(line);
        if (pid_ < 0) throw std::runtime_error{"fork"};
    }
    Process(Process&& other) noexcept { *this = std::move(other); }
    Process& operator=(Process&& other) noexcept {
        std::swap(pid_, other.pid_);
        std::swap(code_, other.code_);
        return *this;
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process() { end(SIGKILL, 0s); }

    pid_t pid() const { return pid_; }
    bool has_ended() {
        int status = 0;
        if (pid_ <= 0) return true;
        if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
        code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        pid_ = -1;
        return true;
    }
    /// False when it still runs after `limit`.
    bool wait(std::chrono::milliseconds limit) {
        const auto until = std::chrono::steady_clock::now() + limit;
        for (auto pause = 1ms; !has_ended(); pause = std::min(pause * 2, 20ms)) {
            if (std::chrono::steady_clock::now() > until) return false;
            std::this_thread::sleep_for(pause);
        }
        return true;
    }
    /// Sends `signal`, and SIGKILL to what has not ended after `limit`.
    void end(int signal, std::chrono::milliseconds limit) {
        if (has_ended()) return;
        ::kill(pid_, signal);
        if (wait(limit)) return;
        ::kill(pid_, SIGKILL);
        wait(60s);
    }
    int code() const { return code_; }

private:
    pid_t pid_ = -1;
    int code_ = 0;
};

/// A reply as `curl` saw it; `curl` is its exit code, 0 when there was a reply.
struct Reply {
    int curl = 0, status = 0;
    std::string type, body;
    std::string all() const { return fmt::format("curl {} status {} {}\n{}", curl, status, type, body); }
};

/// An object of JSON, read by a parser that the service does not share code with where it writes.
inline json::object object_of(std::string_view text) {
    boost::system::error_code error;
    json::value value = json::parse({text.data(), text.size()}, error);
    if (error || !value.is_object()) throw std::runtime_error{"not a JSON object: " + std::string{text}};
    return std::move(value.get_object());
}
inline std::string word(const json::object& object, std::string_view key) {
    return json::value_to<std::string>(object.at({key.data(), key.size()}));
}
inline std::int64_t number(const json::object& object, std::string_view key) {
    return object.at({key.data(), key.size()}).to_number<std::int64_t>();
}
inline const json::array& rows(const json::object& object, std::string_view key) {
    return object.at({key.data(), key.size()}).as_array();
}

class Installation {
public:
    static constexpr std::string_view county = "370212";

    /// With configuration, certificates and a register of about `lines` payments a month; the service does not run yet.
    explicit Installation(int lines = 600) {
        configure([](std::string text) { return text; });
        done({"certs", certs().string()});
        done({"gen", register_folder().string(), "--county", std::string{county}, "--lines",
              std::to_string(lines), "--month", "2021-12", "--changes", "2022-01"});
    }
    ~Installation() {
        try {
            stop();
        } catch (const std::exception& error) {
            ADD_FAILURE() << error.what();
        }
    }
    Installation(const Installation&) = delete;
    Installation& operator=(const Installation&) = delete;

    fs::path folder() const { return folder_.path(); }
    fs::path config() const { return folder() / "onecard.toml"; }
    fs::path certs() const { return folder() / "certs"; }
    fs::path register_folder() const { return folder() / "register"; }
    fs::path service_folder() const { return folder() / "service"; }
    fs::path bank_folder(int bank) const { return folder() / "files" / fmt::format("bank-{}", bank); }

    /// The configuration of the source tree with its places moved here, and `change` on top.
    void configure(const std::function<std::string(std::string)>& change) const {
        const fs::path root{ONECARD_SOURCE_DIR};
        std::string text = text_in(root / "config/onecard.toml");
        for (const auto& [key, value] :
             {std::pair{"port", std::string{"0"}},
              {"folder", "\"service\""},
              {"certificates", "\"certs\""},
              {"policy", fmt::format("\"{}\"", (root / "config/policy").string())}}) {
            const std::size_t at = text.find(fmt::format("\n{} = ", key)) + 1;
            text.replace(at, text.find('\n', at) - at, fmt::format("{} = {}", key, value));
        }
        write_text(config(), change(std::move(text)));
    }

    // --- the service ---------------------------------------------------------------------------------------------

    void start() {
        fs::remove(service_folder() / "url");
        service_ = Process{{ONECARD_BINARY, "--config", config().string(), "serve"},
                           folder() / "serve.out",
                           folder() / "serve.log"};
        const auto until = std::chrono::steady_clock::now() + 120s;
        while (url().empty()) {
            if (service_.has_ended() || std::chrono::steady_clock::now() > until)
                throw std::runtime_error{"the service does not serve: " + logs()};
            std::this_thread::sleep_for(10ms);
        }
    }
    /// As an administrator stops it.
    void stop() { service_.end(SIGTERM, 60s); }
    /// As a power failure stops it; its database has to see for itself.
    void kill_service() { service_.end(SIGKILL, 60s); }
    /// Usable while another thread waits for a command.
    pid_t service_pid() const { return service_.pid(); }
    bool runs() { return !service_.has_ended(); }
    pid_t postmaster() const {
        return std::stoi(lines_of(text_in(service_folder() / "postgres/data/postmaster.pid")).at(0));
    }

    std::string url() const {
        const std::string text = text_in(service_folder() / "url");
        return text.ends_with('\n') ? text.substr(0, text.size() - 1) : std::string{};
    }
    std::string logs() const {
        return text_in(folder() / "serve.out") + text_in(folder() / "serve.log") +
               text_in(service_folder() / "postgres/log");
    }

    // --- people and banks ----------------------------------------------------------------------------------------

    Words command(const Words& words) const {
        Words all{ONECARD_BINARY, "--config", config().string()};
        all.insert(all.end(), words.begin(), words.end());
        return all;
    }
    Ran run(const Words& command, const fs::path& in_folder = "/",
            const std::function<void(Process&)>& meanwhile = {}) const {
        const fs::path out = folder() / fmt::format("said-{}.out", ++said_), err = fs::path{out} += ".err";
        Process process{command, out, err, in_folder};
        if (meanwhile) meanwhile(process);
        if (!process.wait(180s)) throw std::runtime_error{"does not end: " + command.front()};
        Ran ran{process.code(), text_in(out), text_in(err)};
        fs::remove(out);
        fs::remove(err);
        return ran;
    }
    /// A command of `onecard`, whatever it says.
    Ran card(const Words& words) const { return run(command(words)); }
    /// … that has to succeed.
    std::string done(const Words& words) const {
        const Ran ran = card(words);
        EXPECT_EQ(ran.code, 0) << fmt::format("{}", fmt::join(words, " ")) << "\n" << ran.all();
        return ran.out;
    }
    /// … and answers in JSON.
    json::object ask(Words words) const {
        words.insert(words.begin(), "--json");
        return object_of(done(words));
    }

    /// As anybody with curl. An empty `as` brings no certificate; a path brings another folder's.
    Reply curl(const std::string& as, const std::string& method, const std::string& path,
               const Words& more = {}) const {
        const fs::path body = folder() / fmt::format("reply-{}", ++said_);
        const fs::path key = as.starts_with('/') ? fs::path{as} : certs() / as;
        Words all{
            "curl", "--silent", "--show-error", "--cacert",    (certs() / "ca.pem").string(), "--request",
            method, "--output", body.string(),  "--write-out", "%{http_code} %{content_type}"};
        if (!as.empty())
            all.insert(all.end(), {"--cert", key.string() + ".pem", "--key", key.string() + ".key"});
        all.insert(all.end(), more.begin(), more.end());
        all.push_back(url() + path);
        const Ran ran = run(all);
        const auto said = fields_of(ran.out, ' ');
        Reply reply{ran.code, std::stoi(said.at(0)), said.size() > 1 ? said[1] : "", text_in(body)};
        if (reply.curl != 0) reply.body += ran.err;
        fs::remove(body);
        return reply;
    }
    Reply post_json(const std::string& as, const std::string& path, const std::string& body) const {
        return curl(as, "POST", path, {"--header", "Content-Type: application/json", "--data-binary", body});
    }

    /// The CMS of a file as `openssl` makes it.
    std::string sign(const std::string& as, const fs::path& file, bool detached) const {
        const fs::path cms = fs::path{file} += ".cms";
        Words all{"openssl",  "cms",
                  "-sign",    "-binary",
                  "-md",      "sha256",
                  "-outform", "DER",
                  "-in",      file.string(),
                  "-signer",  (certs() / (as + ".pem")).string(),
                  "-inkey",   (certs() / (as + ".key")).string(),
                  "-out",     cms.string()};
        if (!detached) all.insert(all.begin() + 3, "-nodetach");
        const Ran ran = run(all);
        EXPECT_EQ(ran.code, 0) << ran.all();
        return text_in(cms);
    }
    /// Whether `openssl` finds the service's signature right.
    Ran verify(const fs::path& file, const fs::path& signature) const {
        return run({"openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", signature.string(),
                    "-content", file.string(), "-out", "/dev/null", "-CAfile", (certs() / "ca.pem").string(),
                    "-no-CApath", "-purpose", "any"});
    }

    // --- steps of a month ----------------------------------------------------------------------------------------

    std::string create_run(const std::string& kind, const std::string& period) const {
        return std::to_string(number(
            ask({"run", "create", "--kind", kind, "--period", period, "--region", std::string{county}}),
            "run"));
    }
    void sign_and_release(const std::string& run) const {
        done({"run", "approve", run, "--as", "maker"});
        done({"run", "approve", run, "--as", "checker"});
        done({"run", "release", run, "--as", "releaser"});
    }
    /// Accepts what a checker has to look at by itself; returns how much that was.
    std::size_t accept_outliers(const std::string& run) const {
        const json::array all = rows(ask({"outliers", "show", run}), "outliers");
        for (const auto& row : all)
            if (word(row.as_object(), "accepted_by").empty())
                done({"outliers", "accept", run, "--county", word(row.as_object(), "county"), "--reason",
                      "查证属实", std::to_string(number(row.as_object(), "outlier"))});
        return all.size();
    }
    Words bank_words(int bank, const Words& more = {}) const {
        Words words{"bank",   "--as", fmt::format("bank-{}", bank), "--folder", bank_folder(bank).string(),
                    "--seed", "7"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    static const Words& realistic() {
        static const Words habits{"--fail-permille", "30", "--in-progress-permille", "5", "--wait-posted"};
        return habits;
    }

    // --- looking behind its back ---------------------------------------------------------------------------------

    /// The database of the running service.
    std::string owner_url() const {
        auto found = store::start_cluster(
            {.folder = service_folder() / "postgres", .run_as = "postgres", .programs = {}});
        if (!found) throw std::runtime_error{found.error().message()};
        return (*found)->owner_url();
    }
    /// Rows of everything that an act could have left.
    std::string counts() const {
        Sql sql{owner_url()};
        std::string all;
        for (const char* table : {"import", "person", "account", "run", "unit", "unit_step", "unit_fate",
                                  "payment", "batch", "dispatch", "receipt", "return_file", "return_result",
                                  "outcome", "failure", "reissue", "break", "entry", "allotment"})
            all += fmt::format("{} {}\n", table, sql.cell(fmt::format("select count(*) from {}", table)));
        return all;
    }
    json::array trial_balance() const { return rows(ask({"ledger", "trial-balance"}), "accounts"); }

private:
    TemporaryFolder folder_;
    Process service_;
    mutable std::atomic<int> said_ = 0;  ///< officers of one story speak at once
};

/// An installation for all tests of a suite: starting one costs a second.
template <class Suite>
class WithInstallation : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        // A suite that cannot be set up must fail, and the others still run.
        try {
            here_ = std::make_unique<Installation>();
            Suite::prepare(*here_);
        } catch (const std::exception& error) {
            ADD_FAILURE() << error.what();
        }
    }
    static void TearDownTestSuite() { here_.reset(); }
    void SetUp() override { ASSERT_TRUE(here_ && here_->runs()) << "the service does not run"; }
    static Installation& here() { return *here_; }

private:
    static inline std::unique_ptr<Installation> here_;
};

/// A refusal as the API promises it: problem document with status and code.
inline void expect_problem(const Reply& reply, int status, std::string_view code) {
    EXPECT_EQ(reply.curl, 0) << reply.all();
    EXPECT_EQ(reply.status, status) << reply.all();
    EXPECT_EQ(reply.type, "application/problem+json") << reply.all();
    const json::object problem = object_of(reply.body);
    EXPECT_EQ(number(problem, "status"), status) << reply.body;
    EXPECT_EQ(word(problem, "code"), code) << reply.body;
    EXPECT_EQ(word(problem, "type"), fmt::format("urn:onecard:problem:{}", code)) << reply.body;
    EXPECT_FALSE(word(problem, "detail").empty());
    EXPECT_FALSE(word(problem, "request").empty());
}

/// Values of a column of a register file.
inline std::set<std::string> column_of(const fs::path& csv, std::string_view column) {
    const auto lines = lines_of(text_in(csv));
    const auto names = fields_of(lines.at(0), ',');
    const auto at = static_cast<std::size_t>(std::ranges::find(names, column) - names.begin());
    std::set<std::string> values;
    for (std::size_t i = 1; i < lines.size(); ++i)
        if (const auto fields = fields_of(lines[i], ','); fields.size() == names.size())
            values.insert(fields.at(at));
    values.erase("");
    return values;
}

/// Neither people nor keys may stand in what the service and its database write down for operators.
inline void expect_nothing_secret_in_logs(const Installation& here) {
    const std::string logs = here.logs();
    ASSERT_GT(logs.size(), 100U);
    for (const auto& [file, column] : {std::pair{"persons.csv", "resident_id"},
                                       {"persons.csv", "name"},
                                       {"accounts.csv", "account"},
                                       {"accounts.csv", "holder"}}) {
        const auto values = column_of(here.register_folder() / file, column);
        ASSERT_GT(values.size(), 50U) << column;
        for (const std::string& value : values)
            EXPECT_EQ(logs.find(value), logs.npos) << "a " << column << " is in the log: " << value;
    }
    EXPECT_EQ(logs.find("PRIVATE"), logs.npos);
    std::vector<fs::path> keys;
    for (const fs::path& folder : {here.certs(), here.service_folder() / "keys"})
        for (const auto& entry : fs::directory_iterator{folder})
            if (folder != here.certs() || entry.path().extension() == ".key") keys.push_back(entry.path());
    ASSERT_GT(keys.size(), 5U);
    for (const fs::path& key : keys) {
        EXPECT_EQ(fs::status(key).permissions() & fs::perms{077}, fs::perms::none)
            << key << " can be read by others";
        for (const std::string& line : lines_of(text_in(key)))
            if (line.size() >= 16 && !line.starts_with("-----"))
                EXPECT_EQ(logs.find(line), logs.npos) << key << " is in the log";
    }
}

inline void expect_books_fit(const Installation& here) {
    const json::object verdict = here.ask({"audit", "verify"});
    EXPECT_TRUE(verdict.at("fits").as_bool()) << json::serialize(verdict);
    const json::object balance = here.ask({"ledger", "trial-balance"});
    EXPECT_TRUE(balance.at("balances").as_bool());
    std::int64_t sum = 0;
    for (const auto& row : balance.at("accounts").as_array())
        sum += number(row.as_object(), "debit_fen") - number(row.as_object(), "credit_fen");
    EXPECT_EQ(sum, 0);
}

}  // namespace onecard::test
