#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "onecard/bankfile/profile.hpp"
#include "onecard/bankfile/statement.hpp"
#include "onecard/bankfile/ykt_text.hpp"

/// One door for every format: a profile and the records in, bytes out, and back. What a writer wrote, the reader of the
/// same profile reads as the same records; what a profile has no place for, its writer refuses rather than loses. The
/// promises of ykt_text.hpp hold for all of them: constant memory, the same calls give the same bytes, nothing is
/// written on error, every fault with its line and field, no names and account numbers in messages.
namespace onecard::bankfile {

class BatchWriting {
public:
    virtual ~BatchWriting() = default;
    virtual Result<void> add(const BatchLine& line) = 0;
    virtual std::string take() = 0;
    virtual Result<void> finish() = 0;
};

class ReturnWriting {
public:
    virtual ~ReturnWriting() = default;
    /// `code` is canonical; the file holds the bank's. Errors besides: unknown (the bank has no code for it).
    virtual Result<void> add(const ReturnLine& line) = 0;
    virtual std::string take() = 0;
    virtual Result<void> finish() = 0;
};

template <class Header>
class FileReading {
public:
    virtual ~FileReading() = default;
    virtual void feed(std::string_view bytes) = 0;
    virtual void finish() = 0;
    /// Complete only after `finish` and without faults. A figure that the format does not carry is the lines'; the
    /// county and the period are in the file id.
    virtual const Header& header() const = 0;
    virtual const Faults& faults() const = 0;
};
using BatchReading = FileReading<BatchHeader>;
/// Lines have the canonical code; one that no table knows has "?" before it. What the header says before the lines is
/// good from the first of them on.
class ReturnReading : public FileReading<ReturnHeader> {
public:
    /// Of the line that is being read; 1 is the first of the file. An XML file has no lines: there its header is line 1, and
    /// each of its details one more.
    virtual std::int32_t line_no() const = 0;
    /// Of the line that is being read; empty in files of lines.
    virtual XmlPlace xml_place() const { return {}; }
};

/// The profile and the hash are kept: they must outlive what is made of them. The hash must be fresh.
std::unique_ptr<BatchWriting> write_batch(const Profile& profile, const BatchHeader& header, StreamHash& sm3);
std::unique_ptr<ReturnWriting> write_return(const Profile& profile, const ReturnHeader& header,
                                            StreamHash& sm3);
/// Without `sm3` a trailer's hash is not computed again: for bytes that the caller holds against a digest of its own.
std::unique_ptr<BatchReading> read_batch(const Profile& profile, std::string file_name, StreamHash* sm3,
                                         BatchReader::OnLine on_line, std::size_t faults_max = 1000);
std::unique_ptr<ReturnReading> read_return(const Profile& profile, std::string file_name, StreamHash& sm3,
                                           ReturnReader::OnLine on_line, std::size_t faults_max = 1000);
/// With `on_bad_line`: as ReturnReader says, in every layout. A record that cannot be taken apart spoils its file: what it
/// says of the totals is not known.
std::unique_ptr<ReturnReading> read_return(const Profile& profile, std::string file_name, StreamHash& sm3,
                                           ReturnReader::OnLine on_line, ReturnReader::OnBadLine on_bad_line,
                                           std::size_t faults_max = 1000);

/// Whether statements of the bank look as those of banks without a profile.
bool states_canonically(const Profile& profile);
std::unique_ptr<StatementWriting> write_statement(const Profile& profile, const StatementHeader& header,
                                                  StreamHash& sm3);
std::unique_ptr<StatementReading> read_statement(const Profile& profile, std::string file_name,
                                                 StreamHash& sm3, StatementReading::OnLine on_line,
                                                 std::size_t faults_max = 1000);

}  // namespace onecard::bankfile
