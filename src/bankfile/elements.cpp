#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "records.hpp"
#include "xml_events.hpp"

/// Files of elements: every field has its path from the root.
namespace onecard::bankfile::syntax {

namespace {

using Path = std::vector<std::string_view>;

Path split_path(std::string_view text) {
    Path path;
    while (!text.empty()) {
        const std::size_t end = text.find('/');
        path.push_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return path;
}

struct Place {
    Path parents;  ///< from the root, without the element itself
    std::string_view element;
    std::string_view attribute;  ///< empty: the element's text
};

Place place_of(const Record& record, const Field& field) {
    Place place{.parents = split_path(record.element), .element = {}, .attribute = {}};
    std::string_view path = field.element;
    if (const std::size_t at = path.find('@'); at != std::string_view::npos) {
        place.attribute = path.substr(at + 1);
        path = path.substr(0, at);
    }
    for (const std::string_view part : split_path(path)) place.parents.push_back(part);
    ensure(!place.parents.empty(), "a field of a record in XML without an element");
    place.element = place.parents.back();
    place.parents.pop_back();
    return place;
}

class ElementsWriter final : public RecordWriter {
public:
    ElementsWriter(const Profile& profile, const Layout& layout) : profile_{profile}, layout_{layout} {
        for (const Kind kind : {Kind::header, Kind::detail, Kind::trailer})
            for (const Field& field : record_of(layout, kind).fields)
                places_[static_cast<std::size_t>(kind)].push_back(place_of(record_of(layout, kind), field));
        detail_ = split_path(layout.detail.element);
    }

    Result<void> put(Kind kind, const Values& values) override {
        const Record& record = record_of(layout_, kind);
        ensure(values.size() == record.fields.size(), "a record with other fields than its profile's");
        // Every text first: a refused record leaves no trace.
        texts_.resize(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            texts_[i].clear();
            auto escaped = append_escaped(values[i], record.fields[i].bytes_max, texts_[i]);
            if (escaped) continue;
            escaped.error().place = record.fields[i].called();
            return escaped;
        }
        if (!std::exchange(begun_, true)) {
            bytes +=
                fmt::format("<?xml version=\"1.0\" encoding=\"{}\"?>\n<{}", encoding_name(), layout_.root);
            if (!layout_.name_space.empty()) bytes += fmt::format(" xmlns=\"{}\"", layout_.name_space);
            bytes += ">\n";
        }
        const std::span<const std::string_view> around{detail_.data(), detail_.size() - 1};
        if (kind == Kind::detail) {
            // A detail always begins an element of its own.
            go(around);
            go(detail_);
        }
        const std::vector<Place>& places = places_[static_cast<std::size_t>(kind)];
        std::string attributes;
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (record.fields[i].optional && values[i].empty()) continue;
            if (!places[i].attribute.empty()) {
                attributes += fmt::format(" {}=\"{}\"", places[i].attribute, texts_[i]);
                continue;
            }
            go(places[i].parents);
            bytes +=
                fmt::format("<{}{}>{}</{}>", places[i].element, attributes, texts_[i], places[i].element);
            attributes.clear();
        }
        if (kind == Kind::detail) {
            go(around);
            bytes += '\n';
        }
        return {};
    }

    void close() override {
        go({});
        bytes += fmt::format("</{}>\n", layout_.root);
    }

private:
    std::string_view encoding_name() const {
        switch (profile_.encoding) {
            case Encoding::utf8: return "UTF-8";
            case Encoding::gbk: return "GBK";
            case Encoding::gb18030: return "GB18030";
        }
        broken("an encoding that does not exist");
    }

    Result<void> append_escaped(std::string_view utf8, std::size_t bytes_max, std::string& out) const {
        std::string encoded;
        auto done = append_encoded(profile_, utf8, '\0', bytes_max, encoded);
        if (!done) return done;
        if (utf8.find_first_of("&<>\"") == std::string_view::npos) {
            out += encoded;
            return {};
        }
        std::string escaped;
        for (const char c : utf8) switch (c) {
                case '&': escaped += "&amp;"; break;
                case '<': escaped += "&lt;"; break;
                case '>': escaped += "&gt;"; break;
                case '"': escaped += "&quot;"; break;
                default: escaped += c;
            }
        return encode(escaped, profile_.encoding, out);
    }

    void go(std::span<const std::string_view> path) {
        std::size_t common = 0;
        while (common < open_.size() && common < path.size() && open_[common] == path[common]) ++common;
        for (; open_.size() > common; open_.pop_back()) bytes += fmt::format("</{}>", open_.back());
        for (; common < path.size(); ++common) {
            bytes += fmt::format("<{}>", path[common]);
            open_.emplace_back(path[common]);
        }
    }

    const Profile& profile_;
    const Layout& layout_;
    std::array<std::vector<Place>, 3> places_;
    Path detail_;
    std::vector<std::string> open_;
    Values texts_;
    bool begun_ = false;
};

class ElementsReader final : public RecordReader, private XmlEvents {
public:
    ElementsReader(const Profile& profile, const Layout& layout, FaultList& faults, OnRecord on_record)
        : XmlEvents{profile.encoding, faults},
          layout_{layout},
          on_record_{std::move(on_record)},
          detail_path_{"/" + layout.detail.element} {
        for (const Kind kind : {Kind::header, Kind::detail, Kind::trailer}) {
            const Record& record = record_of(layout, kind);
            for (std::size_t i = 0; i < record.fields.size(); ++i) {
                const Place place = place_of(record, record.fields[i]);
                std::string path;
                for (const std::string_view parent : place.parents) {
                    path += fmt::format("/{}", parent);
                    containers_.insert(path);
                }
                path += fmt::format("/{}", place.element);
                if (!place.attribute.empty()) path += fmt::format("@{}", place.attribute);
                ensure(fields_.emplace(path, Found{kind, i}).second, "two fields at one place");
            }
        }
        containers_.insert(detail_path_);
        begin(Kind::header);
    }

    void feed(std::string_view bytes) override { XmlEvents::feed(bytes); }
    void finish() override {
        XmlEvents::finish();
        // One fault is enough when the XML broke off.
        if (!faults().empty()) return;
        if (at_ == Kind::header) end_record(Kind::header);
        if (!layout_.trailer.exists()) return;
        if (at_ != Kind::trailer) begin(Kind::trailer);
        end_record(Kind::trailer);
    }
    const Digest& digest() const override { return digest_; }
    std::int64_t line() const override { return XmlEvents::line(); }
    XmlPlace xml_place() const override { return place_; }

private:
    struct Found {
        Kind kind;
        std::size_t index;
    };

    void begin(Kind kind) {
        at_ = kind;
        texts_.assign(record_of(layout_, kind).fields.size(), std::nullopt);
    }

    void end_record(Kind kind) {
        const Record& record = record_of(layout_, kind);
        bool good = true;
        values_.clear();
        for (std::size_t i = 0; i < record.fields.size(); ++i) {
            const Field& field = record.fields[i];
            if (!texts_[i] && !field.optional && field.slot != Slot::ignored) {
                faults().add(Fault::missing, line(), field.called(),
                             fmt::format("there is no {}", field.element));
                good = false;
            }
            values_.emplace_back(texts_[i] ? std::string_view{*texts_[i]} : std::string_view{});
        }
        if (good) on_record_(kind, values_, line());
    }

    void on_start(std::string_view name, std::string_view name_space) override {
        if (skipped_ > 0) {
            ++skipped_;
            return;
        }
        if (path_.empty() && !rooted_) {
            rooted_ = true;
            if (name != layout_.root)
                faults().add(Fault::malformed, line(), "root", fmt::format("expected <{}>", layout_.root));
            else if (name_space != layout_.name_space)
                faults().add(Fault::malformed, line(), "root",
                             layout_.name_space.empty()
                                 ? std::string{"expected no namespace"}
                                 : fmt::format("expected the namespace {}", layout_.name_space));
            return;
        }
        const std::size_t length = path_.size();
        path_ += '/';
        path_ += name;
        lengths_.push_back(length);
        if (path_ == detail_path_) {
            if (at_ == Kind::header) end_record(Kind::header);
            if (at_ == Kind::trailer)
                faults().add(Fault::malformed, line(), "detail", "a detail behind the trailer's elements");
            place_.from = tag_begin();
            begin(Kind::detail);
            return;
        }
        if (fields_.contains(path_) || containers_.contains(path_)) return;
        if (!layout_.ignores_others)
            faults().add(Fault::malformed, line(), name.substr(0, 64),
                         fmt::format("no such element at {}", std::string_view{path_}.substr(0, 200)));
        path_.resize(length);
        lengths_.pop_back();
        skipped_ = 1;
    }

    void on_attribute(std::string_view name, std::string_view value) override {
        if (skipped_ > 0) return;
        const std::string key = fmt::format("{}@{}", path_, name);
        if (const auto found = fields_.find(key); found != fields_.end()) return keep(found->second, value);
        if (!layout_.ignores_others && !path_.empty())
            faults().add(Fault::malformed, line(), name.substr(0, 64), "no such attribute here");
    }

    void on_end(std::string_view text) override {
        if (skipped_ > 0) {
            --skipped_;
            return;
        }
        if (lengths_.empty()) return;  // The root.
        if (path_ == detail_path_) {
            place_.to = tag_end();
            end_record(Kind::detail);
        } else if (const auto found = fields_.find(path_); found != fields_.end()) {
            keep(found->second, text);
        }
        path_.resize(lengths_.back());
        lengths_.pop_back();
    }

    void keep(const Found& found, std::string_view text) {
        const Field& field = record_of(layout_, found.kind).fields[found.index];
        if (found.kind == Kind::trailer && at_ == Kind::detail) begin(Kind::trailer);
        if (found.kind != at_)
            return faults().add(Fault::malformed, line(), field.called(), "stands outside its record");
        if (texts_[found.index])
            return faults().add(Fault::malformed, line(), field.called(), "stands here twice");
        texts_[found.index] = std::string{text};
    }

    const Layout& layout_;
    OnRecord on_record_;
    std::string detail_path_;
    std::map<std::string, Found, std::less<>> fields_;
    std::set<std::string, std::less<>> containers_;
    std::string path_;
    std::vector<std::size_t> lengths_;  ///< of the path before each open element
    std::size_t skipped_ = 0;           ///< open elements inside one that is passed over, with it
    bool rooted_ = false;
    Kind at_ = Kind::header;
    XmlPlace place_;
    std::vector<std::optional<std::string>> texts_;
    std::vector<std::string_view> values_;
    Digest digest_;
};

}  // namespace

std::unique_ptr<RecordWriter> write_elements(const Profile& profile, const Layout& layout) {
    return std::make_unique<ElementsWriter>(profile, layout);
}

std::unique_ptr<RecordReader> read_elements(const Profile& profile, const Layout& layout, FaultList& faults,
                                            RecordReader::OnRecord on_record) {
    return std::make_unique<ElementsReader>(profile, layout, faults, std::move(on_record));
}

}  // namespace onecard::bankfile::syntax
