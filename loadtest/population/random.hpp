#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace onecard::loadtest {

/// xoshiro256** seeded by splitmix64 (Blackman and Vigna, public domain). Not std::: its distributions differ between
/// libraries, and the same seed must give the same register everywhere.
class Random {
public:
    explicit constexpr Random(std::uint64_t seed) {
        for (std::uint64_t& word : state_) {
            seed += 0x9E3779B97F4A7C15U;
            std::uint64_t mixed = seed;
            mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
            mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
            word = mixed ^ (mixed >> 31U);
        }
    }

    constexpr std::uint64_t next() {
        const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17U;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    /// 0 … limit - 1; the bias of one multiplication (limit / 2^64) does not matter here.
    constexpr std::int64_t below(std::int64_t limit) {
        const auto product = static_cast<unsigned __int128>(next()) * static_cast<std::uint64_t>(limit);
        return static_cast<std::int64_t>(product >> 64U);
    }
    /// lowest … highest, both included
    constexpr std::int64_t between(std::int64_t lowest, std::int64_t highest) {
        return lowest + below(highest - lowest + 1);
    }
    constexpr bool chance(int in_ten_thousand) { return below(10'000) < in_ten_thousand; }

    /// The place of one of `weights`, each as probable as it is heavy.
    constexpr std::size_t weighted(std::span<const int> weights) {
        std::int64_t total = 0;
        for (const int weight : weights) total += weight;
        std::int64_t left = below(total);
        for (std::size_t i = 0; i < weights.size(); ++i) {
            left -= weights[i];
            if (left < 0) return i;
        }
        return weights.size() - 1;
    }

    template <class List>
    constexpr const auto& one_of(const List& list) {
        return list[static_cast<std::size_t>(below(static_cast<std::int64_t>(std::size(list))))];
    }

private:
    std::array<std::uint64_t, 4> state_{};
};

}  // namespace onecard::loadtest
