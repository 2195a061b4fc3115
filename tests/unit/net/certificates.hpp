#pragma once

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

/// Throw-away certificates, made with the openssl command as a bank's engineer would.
namespace onecard::net {

struct Output {
    int status = 0;
    std::string text;
};

inline Output run(const std::string& command) {
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("popen");
    Output output;
    std::array<char, 4096> buffer{};
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe))
        output.text.append(buffer.data(), got);
    const int status = ::pclose(pipe);
    output.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return output;
}

inline std::string bytes_in(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

class Certificates {
public:
    static const Certificates& of_this_process() {
        static const Certificates certificates;
        return certificates;
    }

    std::filesystem::path folder;
    std::filesystem::path pem(const std::string& name) const { return folder / (name + ".pem"); }
    std::filesystem::path key(const std::string& name) const { return folder / (name + ".key"); }

private:
    Certificates() {
        std::string name = (std::filesystem::temp_directory_path() / "onecard-net-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
        folder = name;
        authority("ca");
        authority("other-ca");
        issue("server", "ca", "onecard", "serverAuth", "subjectAltName=DNS:localhost,IP:127.0.0.1");
        issue("elsewhere", "ca", "onecard", "serverAuth",
              "subjectAltName=DNS:elsewhere.invalid,IP:127.0.0.9");
        issue("bank", "ca", "bank-abc", "clientAuth");
        issue("stranger", "other-ca", "bank-abc", "clientAuth");
        issue("expired", "ca", "bank-abc", "clientAuth", {}, "-days -1");
        issue("for-servers", "ca", "bank-abc", "serverAuth");
    }
    ~Certificates() {
        std::error_code error;
        std::filesystem::remove_all(folder, error);
    }

    void must(const std::string& command) const {
        const Output output = run("cd '" + folder.string() + "' && " + command);
        if (output.status != 0) throw std::runtime_error(command + ": " + output.text);
    }
    void authority(const std::string& name) const {
        must(fmt::format(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {0}.key -out "
            "{0}.pem -subj /CN={0} -days 30 -addext basicConstraints=critical,CA:TRUE "
            "-addext keyUsage=critical,keyCertSign,cRLSign",
            name));
    }
    void issue(const std::string& name, const std::string& authority, const std::string& common_name,
               const std::string& usage, const std::string& more = {},
               const std::string& days = "-days 30") const {
        std::ofstream{folder / (name + ".ext")} << "basicConstraints=CA:FALSE\nextendedKeyUsage=" << usage
                                                << "\n"
                                                << more << "\n";
        must(fmt::format(
            "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {0}.key -out {0}.csr "
            "-subj /CN={1} && openssl x509 -req -in {0}.csr -CA {2}.pem -CAkey {2}.key "
            "-CAcreateserial -out {0}.pem -extfile {0}.ext {3}",
            name, common_name, authority, days));
    }
};

}  // namespace onecard::net
