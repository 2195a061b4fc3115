#!/usr/bin/env bash
# Two months of one county from the register to the audited ledger: real database, TLS, signatures and files.
# Usage: demo.sh PATH-OF-ONECARD. Everything lies under var/demo and can be thrown away.
set -euo pipefail
onecard=$(readlink -f "$1")
shift
language=en
[[ "${1:-}" == --lang ]] && language=$2
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
demo=$root/var/demo
county=370212
lines=30000
started=$SECONDS

say() { printf '\n=== %s\n' "$*"; }
card() { "$onecard" --config "$demo/onecard.toml" --lang "$language" "$@"; }

# A demo that was killed, wherever, may have left its service; the service's database dies with it. Known by what runs,
# not by a pid file: a kill can come before one is written.
services() {
    local process
    for process in /proc/[0-9]*; do
        [[ "$(readlink "$process/exe" 2>/dev/null)" == "$onecard"* ]] || continue
        grep -qz -- "^$demo/onecard.toml$" "$process/cmdline" 2>/dev/null || continue
        grep -qz '^serve$' "$process/cmdline" 2>/dev/null || continue
        echo "${process#/proc/}"
    done
    return 0
}
stop_service() {
    local pid waited=0
    for pid in $(services); do kill -TERM "$pid" 2>/dev/null || true; done
    while [[ -n "$(services)" ]]; do
        sleep 0.1
        waited=$((waited + 1))
        if ((waited == 300)); then for pid in $(services); do kill -KILL "$pid" 2>/dev/null || true; done; fi
    done
}
stop_service
rm -rf "$demo"
mkdir -p "$demo"
trap stop_service EXIT

say "Configuration, certificates, policy book"
sed -e 's|^port = .*|port = 0|' -e 's|^folder = .*|folder = "service"|' -e 's|^certificates = .*|certificates = "certs"|' \
    -e "s|^policy = .*|policy = \"$root/config/policy\"|" -e 's|^log_level = .*|log_level = "info"|' \
    "$root/config/onecard.toml" > "$demo/onecard.toml"
card config check
card certs "$demo/certs"
card policy check

say "A synthetic register of county $county (Laoshan), about $lines payment lines a month"
card gen "$demo/register" --county "$county" --lines "$lines" --month 2021-12 --changes 2022-01

say "The service starts, with a PostgreSQL of its own"
"$onecard" --config "$demo/onecard.toml" --lang "$language" serve > "$demo/serve.out" 2> "$demo/serve.log" &
service=$!
for _ in $(seq 300); do
    [[ -s "$demo/service/url" ]] && break
    kill -0 "$service" 2>/dev/null || { cat "$demo/serve.out" "$demo/serve.log"; exit 1; }
    sleep 0.1
done
cat "$demo/serve.out"

say "The maker imports the register and records the money received"
card import "$demo/register"
for document in 2021-1 2022-1; do
    card funds receive --county "$county" --document "QMZ-$document" --central 15000000 --province 5000000 --prefecture 1250000 --own 3750000 > /dev/null
done

field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"; }

# What every run goes through: the maker computes and proposes, the checker reads the changes and checks, the releaser
# releases, three banks fetch, verify, sign receipts and answer, all at once.
run_and_settle() {
    local kind=$1 month=$2 run
    run=$(card --json run create --kind "$kind" --period "$month" --region "$county" | field run)
    say "Run $run ($kind, $month): computed"
    card run compute "$run"
    if [[ "$kind" == regular ]]; then
        say "Run $run: what changed since the month before, and why"
        card run changes "$run" --as checker
    fi
    say "Run $run: proposed by the maker, checked by the checker, released by the releaser; each signs with an own key"
    card run approve "$run" --as maker
    card run approve "$run" --as checker > /dev/null
    card run release "$run" --as releaser > /dev/null
    say "Run $run: three banks fetch, verify, sign receipts and send return files over mutual TLS"
    local bank jobs=()
    for bank in 1 2 3; do
        card bank --as "bank-$bank" --folder "$demo/files/bank-$bank" --seed 7 --fail-permille 20 \
            --in-progress-permille "$([[ $bank == 3 ]] && echo 2 || echo 0)" --wait-posted > "$demo/bank-$bank.out" 2>&1 &
        jobs+=($!)
    done
    for bank in 1 2 3; do
        wait "${jobs[$((bank - 1))]}" || { cat "$demo/bank-$bank.out"; exit 1; }
        cat "$demo/bank-$bank.out"
    done
}

run_and_settle regular 2021-12
run_and_settle regular 2022-01

say "One failure is corrected: the payee brings a new card, the maker imports it, the payment is issued again"
card --json failures --region "$county" | tr '{' '\n' > "$demo/failures.txt"
failed=$(grep -m 1 '"reason":"account name differs".*"payee_kind":1' "$demo/failures.txt")
payee=$(field payee <<< "$failed")
reference=$(field reference <<< "$failed")
mkdir -p "$demo/correction"
{
    echo "county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,valid_to"
    echo "$county,person,$payee,313999000002,card,6229990000000000027,王小明,2022-01,"
} > "$demo/correction/accounts.csv"
card import "$demo/correction"
run_and_settle re-issue 2022-01

say "The story of that payment"
card ledger payment "$reference"

say "What was owed and what became of it"
card period 2021-12 --region "$county"
card period 2022-01 --region "$county"
say "What changed between the two months, and why"
card run changes 2 --as checker
say "Reconciliation: what the banks said that nothing explains"
card breaks --region "$county"
say "Trial balance"
card ledger trial-balance --region "$county"

say "Checkpoint"
card ledger checkpoint

say "An auditor recomputes the books from the rows, in a process of its own"
card audit verify
verdict=$(card --json audit verify)
balance=$(card --json ledger trial-balance --region "$county")
accounted=yes
for month in 2021-12 2022-01; do
    [[ $(card --json period "$month" --region "$county" | field accounted) == true ]] || accounted=no
done

say "hledger reads the journal, and adds it up by itself"
card audit journal > "$demo/ledger.journal"
agrees=no
if command -v hledger > /dev/null; then
    hledger -f "$demo/ledger.journal" check --strict ordereddates
    hledger -f "$demo/ledger.journal" balance --depth 1 --no-total --empty
    theirs=$(hledger -f "$demo/ledger.journal" balance --depth 1 --no-total --empty -O csv |
        sed -n 's/^"\([0-9]\{4\}\)[^"]*","\(CNY \)\{0,1\}\(.*\)"$/\1 \3/p' | awk '{ printf "%s %.2f\n", $1, $2 }' | sort)
    ours=$(tr '{' '\n' <<< "$balance" |
        sed -n 's/.*"account":\([0-9]*\),.*"debit_fen":\([0-9]*\),.*"credit_fen":\([0-9]*\),.*/\1 \2 \3/p' |
        awk '{ printf "%s %.2f\n", $1, ($2 - $3) / 100 }' | sort)
    [[ -n "$ours" && "$ours" == "$theirs" ]] && agrees=yes
fi

say "Result, each line from the database"
failed_claim=0
claim() {
    if [[ "$2" == true || "$2" == yes ]]; then
        echo "  $1"
    else
        echo "  NOT: $1"
        failed_claim=1
    fi
}
claim "books balance" "$(field balances <<< "$balance")"
claim "every payment accounted for" "$accounted"
command -v hledger > /dev/null && claim "hledger agrees with the trial balance, account by account" "$agrees"
claim "checkpoint verified" "$(field checkpoint <<< "$verdict")"

cat <<END

The demo took $((SECONDS - started)) s. It left behind, until the next one:
  var/demo/files/    what each bank exchanged, each file beside its signature (.p7s)
  var/demo/certs/    the certificates
  var/demo/serve.log the service's log
Try next:
  openssl cms -verify -inform DER -binary -purpose any -CAfile var/demo/certs/ca.pem \\
      -content $(cd "$root" && ls var/demo/files/bank-1/files/*.txt | head -n 1) \\
      -in $(cd "$root" && ls var/demo/files/bank-1/files/*.txt.p7s | head -n 1) -out /dev/null
  build/dev/onecard --config var/demo/onecard.toml serve
                     the service goes on with this ledger; then, in another terminal:
  build/dev/onecard --config var/demo/onecard.toml --lang zh period 2022-01
END
exit "$failed_claim"
