#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>

#include "commands.hpp"
#include "desk.hpp"
#include "onecard/seal/hashes.hpp"
#include "onecard/store/backup.hpp"
#include "onecard/store/database.hpp"

/// A backup is a folder: the records (pg_dump), every file that the vault keeps, the keys, the ledger's public key, the
/// newest checkpoint, and a list of what was written with its SHA-256. A file of the vault is named by its own digest.
namespace onecard::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view list_name = "manifest";

std::string text_in(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

Digest digest_in(const fs::path& file) {
    const auto hash = seal::sha256().stream();
    std::ifstream in{file, std::ios::binary};
    std::string piece(256 * 1024, '\0');
    while (in) {
        in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        hash->update(bytes_of(std::string_view{piece}.substr(0, static_cast<std::size_t>(in.gcount()))));
    }
    return hash->finish();
}

/// On the disk, readable by nobody else. A copy that broke off is not there.
void put_copy(const fs::path& from, const fs::path& to) {
    fs::create_directories(to.parent_path());
    const fs::path unfinished = fs::path{to} += ".unfinished";
    fs::copy_file(from, unfinished, fs::copy_options::overwrite_existing);
    fs::permissions(unfinished, fs::perms::owner_read | fs::perms::owner_write);
    const int line = ::open(unfinished.c_str(), O_RDONLY | O_CLOEXEC);
    if (line < 0 || ::fsync(line) != 0) throw std::runtime_error{"cannot sync " + unfinished.string()};
    ::close(line);
    fs::rename(unfinished, to);
}

bool is_digest(const std::string& name) {
    return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// Files of a vault, by their digests.
std::vector<fs::path> files_of(const fs::path& vault) {
    std::vector<fs::path> files;
    if (!fs::exists(vault)) return files;
    for (const auto& entry : fs::recursive_directory_iterator{vault})
        if (entry.is_regular_file() && is_digest(entry.path().filename().string()))
            files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

struct Records {
    std::unique_ptr<store::Cluster> cluster;
    std::string owner_url, auditor_url;
};
Result<Records> records_of(const ops::Settings& settings) {
    Records records;
    records.owner_url = settings.database_owner_url;
    records.auditor_url = settings.database_url;
    if (!settings.database_url.empty()) return records;
    store::ClusterSettings wanted;
    wanted.folder = Places{settings}.cluster;
    auto cluster = store::start_cluster(wanted);
    if (!cluster) return std::unexpected{cluster.error()};
    records.cluster = std::move(*cluster);
    records.owner_url = records.cluster->owner_url();
    records.auditor_url = records.cluster->auditor_url();
    return records;
}

Result<int> back_up(const Context& context, const fs::path& folder) {
    const auto settings = context.settings();
    if (!settings) return std::unexpected{settings.error()};
    const Places places{*settings};
    const auto records = records_of(*settings);
    if (!records) return std::unexpected{records.error()};

    fs::create_directories(folder);
    fs::permissions(folder, fs::perms::owner_all);
    // The old list goes first: a backup that breaks off is none.
    fs::remove(folder / list_name);
    std::string checkpoint;
    {
        const auto database = store::create_database(records->auditor_url, 1);
        const auto all = database->begin()->ledger().checkpoints();
        if (!all.empty()) checkpoint = all.back().note;
    }
    const auto dumped = store::dump_records(records->owner_url, folder / "records.dump");
    if (!dumped) return std::unexpected{dumped.error()};
    // After the records: a file is kept before a row names it, so everything that they name is there.
    std::int64_t copied = 0, kept = 0;
    for (const fs::path& file : files_of(places.vault)) {
        const fs::path place = folder / "vault" / file.filename().string().substr(0, 2) / file.filename();
        ++kept;
        if (fs::exists(place)) continue;
        put_copy(file, place);
        ++copied;
    }
    put_copy(places.field_key, folder / "keys" / "fields.key");
    put_copy(places.ledger_key, folder / "keys" / "ledger.pem");
    put_copy(places.ledger_public_key, folder / "ledger.pub");
    std::ofstream{folder / "checkpoint", std::ios::binary | std::ios::trunc} << checkpoint;

    std::string list;
    for (const char* name :
         {"records.dump", "keys/fields.key", "keys/ledger.pem", "ledger.pub", "checkpoint"})
        list += fmt::format("{}  {}\n", digest_in(folder / name).hex(), name);
    for (const fs::path& file : files_of(folder / "vault"))
        list += fmt::format("{}  {}\n", file.filename().string(), fs::relative(file, folder).string());
    const fs::path fresh = folder / "manifest.new";
    std::ofstream{fresh, std::ios::binary | std::ios::trunc} << list;
    put_copy(fresh, folder / list_name);
    fs::remove(fresh);
    ::sync();
    fmt::print(
        "{}\n",
        context.in(
            fmt::format("备份完成：{}，文件 {} 个（新增 {} 个）", folder.string(), kept, copied).c_str(),
            fmt::format("backed up to {}: {} files, {} of them new{}", folder.string(), kept, copied,
                        checkpoint.empty() ? "; no checkpoint yet to prove it against" : "")
                .c_str()));
    return 0;
}

/// Every file of the list is there with its digest. Errors: missing, tampered.
Result<void> check_list(const fs::path& folder) {
    std::ifstream list{folder / list_name};
    if (!list) return refuse(Fault::missing, "is no whole backup: it has no list", folder.string());
    for (std::string line; std::getline(list, line);) {
        if (line.size() < 67)
            return refuse(Fault::malformed, "a line that is none", (folder / list_name).string());
        const fs::path file = folder / line.substr(66);
        if (!fs::exists(file)) return refuse(Fault::missing, "is not in the backup", file.string());
        if (digest_in(file).hex() != line.substr(0, 64))
            return refuse(Fault::tampered, "is not the file that was backed up", file.string());
    }
    return {};
}

Result<int> restore(const Context& context, const fs::path& folder, std::string key_file) {
    const auto settings = context.settings();
    if (!settings) return std::unexpected{settings.error()};
    const Places places{*settings};
    if (fs::exists(places.cluster / "data") || !files_of(places.vault).empty() ||
        fs::exists(places.ledger_key))
        return refuse(Fault::conflict,
                      "an installation is there already; a backup goes into an empty folder only",
                      settings->folder.string());
    if (const auto whole = check_list(folder); !whole) return std::unexpected{whole.error()};

    fs::create_directories(settings->folder);
    for (const fs::path& file : files_of(folder / "vault"))
        put_copy(file, places.vault / file.filename().string().substr(0, 2) / file.filename());
    put_copy(folder / "keys" / "fields.key", places.field_key);
    put_copy(folder / "keys" / "ledger.pem", places.ledger_key);
    put_copy(folder / "ledger.pub", places.ledger_public_key);
    for (const fs::path& each : {places.vault, places.field_key.parent_path()})
        fs::permissions(each, fs::perms::owner_all);
    {
        const auto records = records_of(*settings);
        if (!records) return std::unexpected{records.error()};
        const auto restored = store::restore_records(records->owner_url, folder / "records.dump");
        if (!restored) return std::unexpected{restored.error()};
        // The records must hold the checkpoint that the backup names, or a later one that follows from it: the check
        // of the books below recomputes every one of them from the rows.
        const std::string checkpoint = text_in(folder / "checkpoint");
        const auto database = store::create_database(records->auditor_url, 1);
        const auto all = database->begin()->ledger().checkpoints();
        if (!checkpoint.empty() &&
            std::ranges::find(all, checkpoint, &app::CheckpointRecord::note) == all.end())
            return refuse(Fault::tampered, "the restored records do not hold the checkpoint of the backup",
                          folder.string());
    }
    if (key_file.empty()) key_file = (folder / "ledger.pub").string();
    return verify_books(context, key_file);
}

}  // namespace

void add_backup_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen) {
    const auto folder = std::make_shared<std::string>(), key = std::make_shared<std::string>();
    auto* backup =
        app.add_subcommand("backup", "Copy records, files and keys into a folder, while the service works");
    backup->add_option("folder", *folder, "a new one, or an earlier backup's")->required();
    backup->callback([=, &context] { chosen([=, &context] { return back_up(context, *folder); }); });
    auto* back = app.add_subcommand(
        "restore",
        "Bring a backup into an empty installation and recompute the books against its last checkpoint");
    back->add_option("folder", *folder)->required();
    back->add_option("--key", *key, "file with the ledger's public key, as an auditor keeps it");
    back->callback([=, &context] { chosen([=, &context] { return restore(context, *folder, *key); }); });
}

}  // namespace onecard::cli
