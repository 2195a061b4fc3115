#!/usr/bin/env bash
# A return file of a gigabyte through the door of a running service: over mutual TLS kept, receipted, verified, read and
# booked, and what memory that took (./dev bench --giant). It is a pain.002 that the official schema takes: a hundred
# thousand payments, each with as much remittance information as makes the size.
# Usage: giant.sh PATH-OF-ONECARD [MEGABYTES] [PAYMENTS]
set -euo pipefail
onecard=$(readlink -f "$1")
megabytes=${2:-1024}
payments=${3:-100000}
say() { printf 'giant: %s\n' "$*" >&2; }
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "$root/var"
folder=$(mktemp -d "$root/var/giant.XXXXXX")
county=370212
service=
stop() {
    [[ -z $service ]] || { kill -TERM "$service" && wait "$service"; } 2> /dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 1' INT TERM
card() { "$onecard" --config "$folder/onecard.toml" "$@"; }
as_bank() {
    curl --silent --show-error --fail-with-body --cacert "$folder/certs/ca.pem" --cert "$folder/certs/bank-1.pem" \
        --key "$folder/certs/bank-1.key" "$@"
}
memory() { awk -v name="$1:" '$1 == name { printf "%.1f", $2 / 1024 }' "/proc/$service/status"; }

sed -e 's|^port = .*|port = 0|' -e 's|^folder = .*|folder = "service"|' -e 's|^certificates = .*|certificates = "certs"|' \
    -e "s|^policy = .*|policy = \"$root/config/policy\"|" \
    -e '0,/^certificate = "bank-1"/s||certificate = "bank-1"\nprofile = "iso20022"\ntransit_account = "0099010199990001"|' \
    "$root/config/onecard.toml" > "$folder/onecard.toml"
mkdir "$folder/banks"
sed 's|^lines_per_file = .*|lines_per_file = 200000|' "$root/config/banks/iso20022.toml" > "$folder/banks/iso20022.toml"
card certs "$folder/certs" > /dev/null
say "a register of $payments payment lines of one bank, and a month of it"
card gen "$folder/register" --county "$county" --lines "$payments" --month 2021-12 --banks-per-county 1 > /dev/null
"$onecard" --config "$folder/onecard.toml" serve > "$folder/serve.out" 2> "$folder/serve.log" &
service=$!
for _ in {1..600}; do
    [[ -s $folder/service/url ]] && break
    kill -0 "$service" 2> /dev/null || { cat "$folder/serve.out" "$folder/serve.log" >&2; exit 1; }
    sleep 0.1
done
url=$(< "$folder/service/url")
card import "$folder/register" > /dev/null
run=$(card --json run create --kind regular --period 2021-12 --region "$county" | sed -n 's/.*"run":\([0-9]*\).*/\1/p')
card run compute "$run" > /dev/null
card run approve "$run" --as maker > /dev/null
card run approve "$run" --as checker > /dev/null
card run release "$run" --as releaser > /dev/null
card bank --as bank-1 --folder "$folder/bank" --does receipts > /dev/null

batch=$(find "$folder/bank/files" -name '*.txt' -printf '%s %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2)
lines=$(grep -c '<CdtTrfTxInf>' "$batch")
name=$(basename "$batch" .txt).ret
say "the bank answers its largest file, of $lines payments, in $megabytes MiB"
awk -v bytes="$((megabytes * 1048576 / lines))" '
    function between(before, end,   at, rest) {
        at = index($0, before); rest = substr($0, at + length(before)); return substr(rest, 1, index(rest, end) - 1)
    }
    BEGIN {
        while (length(text) < 130) text = text "remittance "
        one = "<Ustrd>" substr(text, 1, 130) "</Ustrd>"
        for (n = int((bytes - 420) / length(one)); n > 0; --n) padding = padding one
    }
    /<GrpHdr>/ {
        printf "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\">"
        printf "<CstmrPmtStsRpt><GrpHdr><MsgId>GIANT</MsgId><CreDtTm>2022-01-06T17:00:00+08:00</CreDtTm><DbtrAgt>"
        printf "<FinInstnId><ClrSysMmbId><MmbId>%s</MmbId></ClrSysMmbId></FinInstnId></DbtrAgt></GrpHdr>", between("<DbtrAgt><FinInstnId><ClrSysMmbId><MmbId>", "<")
        printf "<OrgnlGrpInfAndSts><OrgnlMsgId>%s</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>", between("<MsgId>", "<")
        printf "<OrgnlPmtInfAndSts><OrgnlPmtInfId>1</OrgnlPmtInfId>"
    }
    /<CdtTrfTxInf>/ {
        account = substr($0, index($0, "<CdtrAcct>"))
        sub(/.*<CdtrAcct><Id><Othr><Id>/, "", account); sub(/<.*/, "", account)
        amount = between("<InstdAmt Ccy=\"CNY\">", "<")
        printf "<TxInfAndSts><OrgnlInstrId>%s</OrgnlInstrId><OrgnlEndToEndId>%s</OrgnlEndToEndId><TxSts>ACSC</TxSts>", between("<InstrId>", "<"), between("<EndToEndId>", "<")
        printf "<OrgnlTxRef><Amt><InstdAmt Ccy=\"CNY\">%s</InstdAmt></Amt><IntrBkSttlmDt>2022-01-06</IntrBkSttlmDt>", amount
        printf "%s<CdtrAcct><Id><Othr><Id>%s</Id></Othr></Id></CdtrAcct></OrgnlTxRef></TxInfAndSts>\n", (padding == "" ? "" : "<RmtInf>" padding "</RmtInf>"), account
    }
    END { printf "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>\n" }' "$batch" > "$folder/$name"
[[ -z ${GIANT_SCHEMA:-} ]] || xmllint --huge --stream --noout --schema "$GIANT_SCHEMA" "$folder/$name"
openssl cms -sign -binary -md sha256 -in "$folder/$name" -signer "$folder/certs/bank-1.pem" \
    -inkey "$folder/certs/bank-1.key" -outform DER -out "$folder/$name.p7s"
size=$(stat -c %s "$folder/$name")

before=$(memory VmRSS)
echo 5 > "/proc/$service/clear_refs"  # the peak is counted from here on
as_bank --upload-file "$folder/$name.p7s" "$url/v1/bank/returns/$name.p7s" > /dev/null
began=$(date +%s.%N)
as_bank --upload-file "$folder/$name" --output "$folder/receipt" "$url/v1/bank/returns/$name"
taken=$(date +%s.%N)
kept=$(memory VmHWM)
for _ in {1..6000}; do
    result=$(as_bank "$url/v1/bank/returns/$name")
    [[ $result == *'"state":"waiting"'* ]] || break
    sleep 0.1
done
posted=$(date +%s.%N)
[[ $result == *'"state":"posted"'* && $result == *"\"paid\":$lines,"* && $result == *'"breaks":0'* ]] ||
    { say "it was not booked: $result"; exit 1; }
card audit verify > "$folder/verdict" || { cat "$folder/verdict" >&2; exit 1; }
awk -v size="$size" -v lines="$lines" -v began="$began" -v taken="$taken" -v posted="$posted" -v before="$before" \
    -v kept="$kept" -v after="$(memory VmHWM)" 'BEGIN {
    printf "a return file of %.1f MiB, %d payments: taken, verified and receipted in %.1f s (%.0f MiB/s), booked %.1f s later (%.0f MiB/s)\n",
           size / 1048576, lines, taken - began, size / 1048576 / (taken - began), posted - taken, size / 1048576 / (posted - taken)
    printf "memory of the service: %.1f MiB before, at most %.1f MiB until it was receipted, %.1f MiB until it was booked\n", before, kept, after
    if (after > before + 128) { print "that is not constant memory"; exit 1 }
}'
say "the books fit"
