#!/usr/bin/env bash
# The measured month (loadtest/README.md). Usage: bench.sh PATH-OF-ONECARD [--size N]… [--all] [--second-month] [--json] …
# What is not said here goes to month_bench as it stands.
set -euo pipefail
bench=$(dirname "$(readlink -f "$1")")/month_bench
shift
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
arguments=()
sized=no
for argument in "$@"; do
    case $argument in
        --all) arguments+=(--size 100000 --size 1000000 --size 10000000); sized=yes ;;
        --size | --size=*) arguments+=("$argument"); sized=yes ;;
        *) arguments+=("$argument") ;;
    esac
done
[[ $sized == yes ]] || arguments+=(--size 100000 --size 1000000)
mkdir -p "$root/var/bench"
exec "$bench" --folder "$root/var/bench" "${arguments[@]}"
