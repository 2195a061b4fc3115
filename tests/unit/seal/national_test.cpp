#include "national.hpp"

#include <gtest/gtest.h>
#include <openssl/bn.h>

#include "der.hpp"
#include "onecard/seal/hashes.hpp"
#include "onecard/seal/sealing.hpp"
#include "openssl_command.hpp"

namespace onecard::seal {
namespace {

using testing::ScratchFolder;
using testing::shell;
using testing::slurp;
using testing::spill;

Moment today() { return Moment::parse("2026-11-22T12:00:00+08:00").value(); }

// --- an SM2 verifier of its own: GB/T 32918.2 with school arithmetic over big numbers, nothing of OpenSSL's SM2 --------

using Number = Owned<BIGNUM, BN_free>;
using Context = Owned<BN_CTX, BN_CTX_free>;

Number hex(const char* digits) {
    BIGNUM* number = nullptr;
    BN_hex2bn(&number, digits);
    return Number{number};
}
Number of_bytes(std::string_view bytes) {
    return Number{BN_bin2bn(uchars(bytes), static_cast<int>(bytes.size()), nullptr)};
}
std::string to_32(const BIGNUM* number) {
    std::string bytes(32, '\0');
    BN_bn2binpad(number, uchars(bytes), 32);
    return bytes;
}

struct Curve {
    Number p = hex("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF");
    Number a = hex("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC");
    Number b = hex("28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93");
    Number n = hex("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123");
    Number gx = hex("32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7");
    Number gy = hex("BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0");
};

struct Point {
    Number x, y;  ///< null: the point at infinity
    bool is_zero() const { return x == nullptr; }
};

class Arithmetic {
public:
    Point add(const Point& a, const Point& b) {
        if (a.is_zero()) return copy(b);
        if (b.is_zero()) return copy(a);
        Number slope{BN_new()}, other{BN_new()};
        const BIGNUM* p = curve.p.get();
        if (BN_cmp(a.x.get(), b.x.get()) == 0) {
            if (BN_cmp(a.y.get(), b.y.get()) != 0) return {};
            BN_mod_sqr(slope.get(), a.x.get(), p, context.get());
            BN_mul_word(slope.get(), 3);
            BN_mod_add(slope.get(), slope.get(), curve.a.get(), p, context.get());
            BN_mod_lshift1(other.get(), a.y.get(), p, context.get());
        } else {
            BN_mod_sub(slope.get(), b.y.get(), a.y.get(), p, context.get());
            BN_mod_sub(other.get(), b.x.get(), a.x.get(), p, context.get());
        }
        BN_mod_inverse(other.get(), other.get(), p, context.get());
        BN_mod_mul(slope.get(), slope.get(), other.get(), p, context.get());
        Point sum{Number{BN_new()}, Number{BN_new()}};
        BN_mod_sqr(sum.x.get(), slope.get(), p, context.get());
        BN_mod_sub(sum.x.get(), sum.x.get(), a.x.get(), p, context.get());
        BN_mod_sub(sum.x.get(), sum.x.get(), b.x.get(), p, context.get());
        BN_mod_sub(sum.y.get(), a.x.get(), sum.x.get(), p, context.get());
        BN_mod_mul(sum.y.get(), sum.y.get(), slope.get(), p, context.get());
        BN_mod_sub(sum.y.get(), sum.y.get(), a.y.get(), p, context.get());
        return sum;
    }
    Point times(const BIGNUM* factor, const Point& point) {
        Point sum;
        for (int bit = BN_num_bits(factor) - 1; bit >= 0; --bit) {
            sum = add(sum, sum);
            if (BN_is_bit_set(factor, bit) != 0) sum = add(sum, point);
        }
        return sum;
    }
    static Point copy(const Point& point) {
        if (point.is_zero()) return {};
        return {Number{BN_dup(point.x.get())}, Number{BN_dup(point.y.get())}};
    }
    Curve curve;
    Context context{BN_CTX_new()};
};

std::string sm3_of(std::string_view bytes) {
    const Digest digest = sm3().hash(bytes_of(bytes));
    return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

bool verifies(std::string_view id, std::string_view key_x, std::string_view key_y, std::string_view message,
              std::string_view r_bytes, std::string_view s_bytes) {
    Arithmetic math;
    const Curve& curve = math.curve;
    std::string before{static_cast<char>(id.size() * 8 >> 8U), static_cast<char>(id.size() * 8 & 0xFFU)};
    before += id;
    for (const BIGNUM* number : {curve.a.get(), curve.b.get(), curve.gx.get(), curve.gy.get()})
        before += to_32(number);
    before += std::string{key_x} + std::string{key_y};
    const Number e = of_bytes(sm3_of(sm3_of(before) + std::string{message}));
    const Number r = of_bytes(r_bytes), s = of_bytes(s_bytes);
    for (const BIGNUM* one : {r.get(), s.get()})
        if (BN_is_zero(one) || BN_cmp(one, curve.n.get()) >= 0) return false;
    const Number t{BN_new()};
    BN_mod_add(t.get(), r.get(), s.get(), curve.n.get(), math.context.get());
    if (BN_is_zero(t.get())) return false;
    const Point generator{Number{BN_dup(curve.gx.get())}, Number{BN_dup(curve.gy.get())}};
    const Point key{of_bytes(key_x), of_bytes(key_y)};
    const Point sum = math.add(math.times(s.get(), generator), math.times(t.get(), key));
    const Number again{BN_new()};
    BN_mod_add(again.get(), e.get(), sum.x.get(), curve.n.get(), math.context.get());
    return BN_cmp(again.get(), r.get()) == 0;
}

std::string unhex(std::string_view digits) {
    const auto digest = Digest::parse_hex(digits).value();
    return {reinterpret_cast<const char*>(digest.bytes.data()), 32};
}

TEST(Sm2, TheTestsOwnVerifierTakesTheExampleOfTheStandard) {
    const std::string x = unhex("09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020");
    const std::string y = unhex("CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13");
    const std::string r = unhex("F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3");
    const std::string s = unhex("B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA");
    EXPECT_TRUE(verifies(national::signer_id, x, y, "message digest", r, s));
    EXPECT_FALSE(verifies(national::signer_id, x, y, "message digesT", r, s));
    EXPECT_FALSE(verifies("", x, y, "message digest", r, s));
}

class Sm2Files : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(
            make_certificates(folder_.path(), {{"bank-1", false, true}, {"bank-1", false}}, today(), 30));
        auto signer = create_national_signer(folder_ / "bank-1-sm2.pem", folder_ / "bank-1-sm2.key");
        ASSERT_TRUE(signer) << signer.error().message();
        signer_ = std::move(*signer);
        auto sm2 = create_national_verifier(folder_ / "ca-sm2.pem", today());
        ASSERT_TRUE(sm2) << sm2.error().message();
        auto cms = create_verifier(folder_ / "ca.pem", today());
        ASSERT_TRUE(cms) << cms.error().message();
        verifier_ = either_verifier(std::move(*cms), std::move(*sm2));
    }
    ScratchFolder folder_;
    std::unique_ptr<app::FileSigner> signer_;
    std::unique_ptr<app::SignatureVerifier> verifier_;
};

/// The last octet string of the SignedData: SEQUENCE { r, s }.
std::string signature_in(std::string_view signed_data) {
    for (std::size_t at = signed_data.size() - 80; at < signed_data.size(); ++at) {
        der::Reader reader{signed_data.substr(at)};
        const auto found = reader.take(der::Tag::octet_string);
        if (found && reader.at_end() && der::only(der::Tag::sequence, found->content))
            return std::string{found->content};
    }
    ADD_FAILURE() << "no signature in it";
    return {};
}

TEST_F(Sm2Files, VerifyWithAnIndependentVerifierAndWithTheOpensslProgram) {
    const std::string text(100'000, 'x');
    const std::string signed_data = signer_->sign(text);
    const std::string signature = signature_in(signed_data);
    spill(folder_ / "file", text);
    spill(folder_ / "sig", signature);
    const auto said = shell(
        folder_.path(),
        "openssl x509 -in bank-1-sm2.pem -pubkey -noout > key.pem && openssl dgst -sm3 -verify "
        "key.pem -sigopt distid:1234567812345678 -signature sig file && openssl pkey -pubin -in key.pem "
        "-outform DER -out key.der");
    EXPECT_NE(said.text.find("Verified OK"), std::string::npos) << said.text;
    EXPECT_EQ(said.status, 0) << said.text;

    const std::string point = slurp(folder_ / "key.der");
    const std::string x = point.substr(point.size() - 64, 32), y = point.substr(point.size() - 32);
    const auto numbers = der::only(der::Tag::sequence, signature);
    ASSERT_TRUE(numbers);
    der::Reader reader{*numbers};
    const auto r = reader.take(der::Tag::integer), s = reader.take(der::Tag::integer);
    ASSERT_TRUE(r && s);
    EXPECT_TRUE(verifies(national::signer_id, x, y, text, r->content, s->content));
    EXPECT_FALSE(verifies("", x, y, text, r->content, s->content));
    const auto parsed = shell(folder_.path(), "true");
    EXPECT_EQ(parsed.status, 0);
}

TEST_F(Sm2Files, AreVerifiedAndNameTheirSigner) {
    const auto signer = verifier_->verify("张桂英|63800\r\n", signer_->sign("张桂英|63800\r\n"));
    ASSERT_TRUE(signer) << signer.error().message();
    EXPECT_EQ(signer->name, "bank-1");
    EXPECT_TRUE(signer->is_national);
    EXPECT_EQ(*signer, signer_->signer());
    spill(folder_ / "file", "abc");
    EXPECT_TRUE(verifier_->verify_file(folder_ / "file", signer_->sign("abc")));
    const auto attached = verifier_->verify_attached(signer_->sign_attached("receipt"));
    ASSERT_TRUE(attached) << attached.error().message();
    EXPECT_EQ(attached->text, "receipt");
}

TEST_F(Sm2Files, CannotBeSignedByADigestThatSm2DoesNotSign) {
    const auto refused = signer_->sign_digest(sha256().hash(bytes_of("abc")));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::missing);
}

TEST_F(Sm2Files, AreRefusedWhateverBitIsFlipped) {
    const std::string good = signer_->sign("abc");
    EXPECT_EQ(verifier_->verify("abd", good).error().fault, Fault::tampered);
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const unsigned bit : {1U, 0x40U}) {
            std::string wrong = good;
            wrong[at] = static_cast<char>(static_cast<unsigned char>(wrong[at]) ^ bit);
            EXPECT_FALSE(verifier_->verify("abc", wrong)) << at;
        }
    for (std::size_t size = 0; size < good.size(); size += 7)
        EXPECT_FALSE(verifier_->verify("abc", good.substr(0, size)));
    EXPECT_FALSE(verifier_->verify("abc", good + "x"));
    EXPECT_FALSE(verifier_->verify("abc", signer_->sign_attached("abc"))) << "content of its own";
}

TEST_F(Sm2Files, AreRefusedFromAnotherAuthorityOrAfterTheirTime) {
    ScratchFolder other;
    ASSERT_TRUE(make_certificates(other.path(), {{"bank-1", false, true}}, today(), 30));
    const auto stranger = create_national_signer(other / "bank-1-sm2.pem", other / "bank-1-sm2.key");
    ASSERT_TRUE(stranger);
    EXPECT_EQ(verifier_->verify("abc", (*stranger)->sign("abc")).error().fault, Fault::forbidden);
    const auto later = create_national_verifier(
        folder_ / "ca-sm2.pem", Moment::of_unix_seconds(today().unix_seconds() + 40L * 86'400));
    ASSERT_TRUE(later);
    EXPECT_EQ((*later)->verify("abc", signer_->sign("abc")).error().fault, Fault::forbidden);
    EXPECT_FALSE(create_national_signer(folder_ / "bank-1.pem", folder_ / "bank-1.key")) << "no SM2 key";
}

}  // namespace
}  // namespace onecard::seal
