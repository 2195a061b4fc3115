#!/usr/bin/env bash
# The benchmark of the house: loadtest/README.md says how to read it.
# Usage: bench.sh PATH-OF-ONECARD [--size N]... [--all] [--json] [--second-month] [--reads] [--no-peers] [--micro | --no-micro]
#                 [--flame] [--keep] | --returns [LINES] | --tls [ROUNDS] | --giant [MEGABYTES]
# Everything lies under var/bench, on the disk that an installation here would use, and goes when it is over (--keep:
# it stays).
set -euo pipefail
programs=$(dirname "$(readlink -f "$1")")
shift
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$root/var/bench
sizes=()
passed=()
json=no
micro=by-default
flame=no
returns=no
say() { printf 'bench: %s\n' "$*" >&2; }
die() { say "$@"; exit 2; }

while (($# > 0)); do
    case $1 in
        --size) [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || die "--size needs a number of payments"; sizes+=("$2"); shift ;;
        --all) sizes+=(100000 1000000 10000000) ;;
        --json) json=yes; passed+=("$1") ;;
        --second-month | --reads | --no-peers | --keep) passed+=("$1") ;;
        --micro) micro=yes ;;
        --no-micro) micro=no ;;
        --flame) flame=yes ;;
        --tls) exec bash "$root/loadtest/nginx.sh" "$programs/tls_bench" "${2:-5}" ;;
        --giant) exec bash "$root/loadtest/giant.sh" "$programs/onecard" "${2:-1024}" ;;
        --returns) returns=1000000; [[ ${2:-} =~ ^[1-9][0-9]*$ ]] && { returns=$2; shift; } ;;
        *) die "no option $1 (see the head of loadtest/bench.sh)" ;;
    esac
    shift
done
# The whole table, with the small timings, unless a size is asked for.
if ((${#sizes[@]} == 0)); then
    sizes=(100000 1000000)
    [[ $micro == by-default ]] && micro=yes
fi

if [[ $returns != no ]]; then
    mkdir -p "$folder"
    exec "$programs/returns_bench" "$folder/returns" "$returns"
fi

mkdir -p "$folder"
# ext4 passes over every inode that was deleted in the last minutes before it makes a file: each measurement gets a fresh
# place on the disk, or it would pay for the one before it.
chattr +T "$folder" 2> /dev/null || true
if [[ $micro == yes && $json == yes ]]; then
    say "small timings"
    "$programs/micro_bench" --benchmark_format=json > "$folder/micro.json" 2> "$folder/micro.log"
    passed+=(--micro "$folder/micro.json")
fi
if [[ $flame == yes ]]; then
    command -v perf > /dev/null || die "--flame needs perf (apt-get install linux-perf)"
    ((${#sizes[@]} == 1)) || die "--flame takes one --size"
    passed+=(--profile "$folder/perf.data")
fi
for size in "${sizes[@]}"; do passed+=(--size "$size"); done
# As under systemd with the unit of packaging/ (CPUWeight): service, database and banks in one group of the scheduler's.
# Linux else groups processes by session, of which each of the database's has one, and niceness counts within a group only.
group=
for place in /sys/fs/cgroup/cpu /sys/fs/cgroup; do
    [[ -w $place/cgroup.procs ]] || continue
    [[ $place != /sys/fs/cgroup ]] || echo +cpu 2> /dev/null > "$place/cgroup.subtree_control" || continue
    mkdir -p "$place/onecard-bench" 2> /dev/null && group=$place/onecard-bench && break
done
if [[ -n $group ]] && (echo "$BASHPID" > "$group/cgroup.procs") 2> /dev/null; then
    trap 'rmdir "$group" 2> /dev/null || true' EXIT
else
    say "no scheduling group of its own (needs root): reads while a run is computed will look slower than they are"
    group=
fi
(
    [[ -z $group ]] || echo "$BASHPID" > "$group/cgroup.procs"
    exec "$programs/month_bench" --folder "$folder" "${passed[@]}"
)
if [[ $flame == yes ]]; then
    say "drawing var/bench/month.svg"
    # What else this machine did meanwhile is left out.
    perf script -i "$folder/perf.data" --no-inline -F comm,pid,ip,sym,dso 2> /dev/null |
        awk -f "$root/loadtest/fold.awk" | grep -E '^(service|banks|postgres|month_bench);' | LC_ALL=C sort | awk -f "$root/loadtest/flame.awk" > "$folder/month.svg"
fi
if [[ $micro == yes && $json == no ]]; then
    say "small timings"
    "$programs/micro_bench" 2> "$folder/micro.log"
fi
