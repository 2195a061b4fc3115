#include "sent_lines.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "returns.hpp"

namespace onecard::app {

namespace {

/// Few enough to stay in the cache, many enough that what is known of them is asked for seldom.
constexpr std::int64_t piece_bytes_max = 1 << 18;

}  // namespace

SentLines::SentLines(Tools& tools, Work& work, const Batch& batch, const bankfile::Profile& profile,
                     bool was_answered)
    : work_{work},
      batch_{batch},
      was_answered_{was_answered},
      piece_(static_cast<std::size_t>(std::clamp<std::int64_t>(batch.file_bytes, 1, piece_bytes_max))),
      sha256_{tools.sha256.stream()},
      reader_{bankfile::read_batch(profile, batch.file_id, nullptr, [this](const bankfile::BatchLine& line) {
          const auto reference = PaymentReference::parse(line.payment);
          well_formed_ = well_formed_ && reference.has_value();
          window_.push_back({reference.value_or(PaymentReference{}),
                             line.amount,
                             recon::account_hash(line.account),
                             {},
                             false});
      })} {
    in_.open(path_in(tools.vault, batch.file_digest, batch.file_id), std::ios::binary);
    if (!in_) throw std::runtime_error{fmt::format("{} cannot be read", batch.file_id)};
    if (batch.first_serial) return;
    parts_.resize(static_cast<std::size_t>(batch.lines));
    for (const Reissue& again : work.payments().reissue_lines(batch))
        parts_[static_cast<std::size_t>(again.line) - 1] = again.part;
}

bool SentLines::read_piece() {
    if (ended_) return false;
    in_.read(piece_.data(), static_cast<std::streamsize>(piece_.size()));
    const std::string_view bytes{piece_.data(), static_cast<std::size_t>(in_.gcount())};
    if (bytes.empty()) {
        ended_ = true;
        reader_->finish();
        return false;
    }
    first_ += static_cast<std::int32_t>(window_.size());
    window_.clear();
    sha256_->update(bytes_of(bytes));
    reader_->feed(bytes);
    return true;
}

void SentLines::learn_what_is_known() {
    if (!was_answered_ || window_.empty()) return;
    const auto last = first_ + static_cast<std::int32_t>(window_.size()) - 1;
    for (const auto& [line, known] : work_.payments().answered(batch_, first_, last))
        window_[static_cast<std::size_t>(line - first_)].known = known;
}

recon::SentLine* SentLines::at(std::int32_t seq) {
    if (seq < first_) return nullptr;
    while (static_cast<std::size_t>(seq - first_) >= window_.size()) {
        if (!read_piece()) return nullptr;
        if (static_cast<std::size_t>(seq - first_) < window_.size()) learn_what_is_known();
    }
    return &window_[static_cast<std::size_t>(seq - first_)];
}

void SentLines::finish() {
    while (read_piece()) {
    }
    const auto lines = first_ + static_cast<std::int32_t>(window_.size()) - 1;
    ensure(well_formed_ && reader_->faults().empty() && sha256_->finish() == batch_.file_digest &&
               lines == batch_.lines,
           "a batch file in the vault is not what was sent");
    // Many files may be posted together: only the parts are still asked for.
    window_ = {};
    piece_ = {};
}

}  // namespace onecard::app
