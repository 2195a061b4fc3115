#include <array>
#include <optional>
#include <utility>

#include "codec.hpp"
#include "fields.hpp"
#include "onecard/core/identity.hpp"
#include "records.hpp"

/// Files of lines: fields of fixed widths, or apart by a delimiter.
namespace onecard::bankfile::syntax {

namespace {

constexpr std::size_t line_limit = 4096;
constexpr std::size_t values_limit = 64;

/// What the profile's own text of a record's first field is: by it a trailer is told from a detail.
std::optional<std::string_view> tag_of(const Record& record) {
    if (record.fields.empty() || record.fields.front().slot != Slot::constant) return std::nullopt;
    return record.fields.front().constant;
}

class LinesWriter final : public RecordWriter {
public:
    LinesWriter(const Profile& profile, const Layout& layout) : profile_{profile}, layout_{layout} {}

    Result<void> put(Kind kind, const Values& values) override {
        const Record& record = record_of(layout_, kind);
        ensure(values.size() == record.fields.size(), "a record with other fields than its profile's");
        line_.clear();
        for (std::size_t i = 0; i < values.size(); ++i) {
            const Field& field = record.fields[i];
            const std::string& value = values[i];
            auto put = layout_.form == Form::fixed ? put_fixed(field, value) : put_delimited(field, value);
            if (!put) {
                put.error().place = field.called();
                return put;
            }
            if (layout_.form == Form::delimited && i + 1 < values.size()) line_ += profile_.delimiter;
        }
        line_ += profile_.newline;
        if (line_.size() > line_limit)
            return refuse(Fault::out_of_range, "the line has more than 4096 bytes", "line");
        bytes += line_;
        return {};
    }
    void close() override {}

private:
    Result<void> put_delimited(const Field& field, const std::string& value) {
        return append_encoded(profile_, value, profile_.delimiter, field.bytes_max, line_);
    }

    Result<void> put_fixed(const Field& field, const std::string& value) {
        // A text that begins or ends like its padding could not be read back as it was.
        if (!value.empty() && field.slot != Slot::constant) {
            if (field.align == Align::left && value.back() == field.pad)
                return refuse(Fault::malformed, "ends with the character that fields are filled up with");
            if (field.align == Align::right && value.front() == field.pad && value.size() > 1)
                return refuse(Fault::malformed, "begins with the character that fields are filled up with");
        }
        const std::size_t start = line_.size();
        auto put = append_encoded(profile_, value, '\0', field.width, line_);
        if (!put) return put;
        const std::size_t missing = field.width - (line_.size() - start);
        if (field.align == Align::left)
            line_.append(missing, field.pad);
        else
            line_.insert(start, missing, field.pad);
        return {};
    }

    const Profile& profile_;
    const Layout& layout_;
    std::string line_;
};

class LinesReader final : public RecordReader {
public:
    LinesReader(const Profile& profile, const Layout& layout, FaultList& faults, StreamHash* sm3,
                OnRecord on_record)
        : profile_{profile},
          layout_{layout},
          faults_{faults},
          sm3_{sm3},
          on_record_{std::move(on_record)},
          next_{layout.header.exists() ? Kind::header : Kind::detail} {}

    // LF is no part of any character of these encodings: lines can be cut before anything is decoded.
    void feed(std::string_view piece) override {
        while (!piece.empty()) {
            const std::size_t end = piece.find('\n');
            const bool ends = end != std::string_view::npos;
            const std::string_view part = piece.substr(0, ends ? end + 1 : piece.size());
            piece.remove_prefix(part.size());
            if (carried_.empty() && ends && !skipping_ && part.size() <= line_limit) {
                take(part);
                continue;
            }
            if (skipping_) {
                hash(part);
            } else if (carried_.size() + part.size() > line_limit) {
                ++line_;
                faults_.add(Fault::malformed, line_, "line",
                            fmt::format("the line has more than {} bytes", line_limit));
                hash(carried_);
                hash(part);
                carried_.clear();
                skipping_ = true;
            } else {
                carried_ += part;
            }
            if (!ends) continue;
            if (!std::exchange(skipping_, false)) take(carried_);
            carried_.clear();
        }
    }

    void finish() override {
        if (!carried_.empty()) {
            ++line_;
            faults_.add(Fault::malformed, line_, "line", "the file ends inside this line");
        }
        if (next_ == Kind::header) faults_.add(Fault::missing, line_ + 1, "header", "the file has no header");
        if (layout_.trailer.exists() && !ended_)
            faults_.add(Fault::missing, line_ + 1, "trailer", "the file has no trailer");
        if (sm3_ != nullptr && !ended_) sm3_->finish();
    }

    const Digest& digest() const override { return digest_; }
    std::int64_t line() const override { return line_; }

private:
    void hash(std::string_view bytes) {
        if (sm3_ != nullptr && !ended_ && !bytes.empty()) sm3_->update(bytes_of(bytes));
    }

    bool is_trailer(std::string_view line) const {
        if (!layout_.trailer.exists() || next_ == Kind::header) return false;
        const auto tag = tag_of(layout_.trailer);
        if (!tag || !line.starts_with(*tag)) return false;
        if (layout_.form == Form::fixed) return true;
        return line.size() == tag->size() || line[tag->size()] == profile_.delimiter;
    }

    void take(std::string_view line) {
        ++line_;
        if (ended_) {
            if (!std::exchange(trailed_, true))
                faults_.add(Fault::malformed, line_, "line", "nothing may follow the trailer");
            return;
        }
        const std::string_view whole = line;
        if (!line.ends_with(profile_.newline)) {
            faults_.add(Fault::malformed, line_, "line",
                        profile_.newline == "\r\n" ? "expected CRLF at the end of the line, found LF alone"
                                                   : "expected LF at the end of the line");
            line.remove_suffix(1);
        } else {
            line.remove_suffix(profile_.newline.size());
        }
        Kind kind = next_;
        if (is_trailer(line)) {
            kind = Kind::trailer;
            ended_ = true;
            if (sm3_ != nullptr) digest_ = sm3_->finish();
        } else {
            hash(whole);
        }
        next_ = Kind::detail;
        const Record& record = record_of(layout_, kind);
        const bool good = layout_.form == Form::fixed ? split_fixed(record, line) : split(record, line);
        if (good) on_record_(kind, {values_.data(), record.fields.size()}, line_);
    }

    bool split(const Record& record, std::string_view line) {
        std::size_t from = 0;
        std::size_t count = 0;
        while (true) {
            const std::size_t end = find_delimiter(line, profile_.encoding, profile_.delimiter, from);
            if (count < record.fields.size()) raw_[count] = line.substr(from, end - from);
            ++count;
            if (end == std::string_view::npos) break;
            from = end + 1;
        }
        if (count != record.fields.size()) {
            faults_.add(Fault::malformed, line_, "line",
                        fmt::format("expected {} fields, found {}", record.fields.size(), count));
            return false;
        }
        return decode_all(record);
    }

    bool split_fixed(const Record& record, std::string_view line) {
        std::size_t wanted = 0;
        for (const Field& field : record.fields) wanted += field.width;
        if (line.size() != wanted) {
            faults_.add(Fault::malformed, line_, "line",
                        fmt::format("expected {} bytes, found {}", wanted, line.size()));
            return false;
        }
        for (std::size_t i = 0; i < record.fields.size(); ++i) {
            const Field& field = record.fields[i];
            std::string_view value = line.substr(0, field.width);
            line.remove_prefix(field.width);
            if (field.slot != Slot::constant || value != field.constant) value = unpadded(field, value);
            raw_[i] = value;
        }
        return decode_all(record);
    }

    // The padding is a byte below 0x40, which is no part of any character of these encodings.
    static std::string_view unpadded(const Field& field, std::string_view value) {
        if (field.align == Align::left)
            while (!value.empty() && value.back() == field.pad) value.remove_suffix(1);
        else
            while (!value.empty() && value.front() == field.pad && (field.pad != '0' || value.size() > 1))
                value.remove_prefix(1);
        return value;
    }

    bool decode_all(const Record& record) {
        decoded_.clear();
        std::array<std::pair<std::size_t, std::size_t>, values_limit> places;
        bool good = true;
        for (std::size_t i = 0; i < record.fields.size(); ++i) {
            const std::size_t start = decoded_.size();
            const auto decoded = decode(raw_[i], profile_.encoding, decoded_);
            if (!decoded) {
                faults_.add(decoded.error().fault, line_, record.fields[i].called(), decoded.error().text);
                good = false;
            }
            places[i] = {start, decoded_.size() - start};
        }
        for (std::size_t i = 0; i < record.fields.size(); ++i)
            values_[i] = std::string_view{decoded_}.substr(places[i].first, places[i].second);
        return good;
    }

    const Profile& profile_;
    const Layout& layout_;
    FaultList& faults_;
    StreamHash* sm3_;
    OnRecord on_record_;
    Kind next_;
    bool ended_ = false, trailed_ = false, skipping_ = false;
    Digest digest_;
    std::int64_t line_ = 0;
    std::string carried_, decoded_;
    std::array<std::string_view, values_limit> raw_, values_;
};

}  // namespace

Result<void> append_encoded(const Profile& profile, std::string_view utf8, char forbidden,
                            std::size_t bytes_max, std::string& out) {
    for (std::size_t at = 0; at < utf8.size();) {
        const std::size_t before = at;
        const char32_t c = next_code_point(utf8, at);
        if (c == codec::no_character)
            return refuse(Fault::malformed, fmt::format("not UTF-8 at byte offset {}", before));
        if (c < 0x20 || (c >= 0x7F && c <= 0x9F))
            return refuse(Fault::malformed,
                          fmt::format("U+{:04X} is a control character", static_cast<unsigned>(c)));
        if (forbidden != '\0' && c == static_cast<char32_t>(forbidden))
            return refuse(Fault::malformed, fmt::format("holds the delimiter '{}'", forbidden));
    }
    const std::size_t start = out.size();
    auto encoded = encode(utf8, profile.encoding, out);
    if (!encoded) return encoded;
    if (bytes_max != 0 && out.size() - start > bytes_max) {
        const std::size_t bytes = out.size() - start;
        out.resize(start);
        return refuse(Fault::out_of_range, fmt::format("has {} bytes, the field has {}", bytes, bytes_max));
    }
    return {};
}

std::unique_ptr<RecordWriter> write_lines(const Profile& profile, const Layout& layout) {
    return std::make_unique<LinesWriter>(profile, layout);
}

std::unique_ptr<RecordReader> read_lines(const Profile& profile, const Layout& layout, FaultList& faults,
                                         StreamHash* sm3, RecordReader::OnRecord on_record) {
    return std::make_unique<LinesReader>(profile, layout, faults, sm3, std::move(on_record));
}

}  // namespace onecard::bankfile::syntax
