#!/usr/bin/env bash
# A file of 1 GiB over TLS 1.3 with a client certificate: from our door and from nginx (Debian), to the same client, turn by
# turn; then a 1 GiB upload, and what an idle connection costs (./dev bench --tls).
# Usage: nginx.sh PATH-OF-TLS_BENCH [ROUNDS]
set -euo pipefail
bench=$(readlink -f "$1")
rounds=${2:-5}
say() { printf 'tls: %s\n' "$*" >&2; }
command -v nginx > /dev/null || { say "nginx is not here (apt-get install nginx-light)"; exit 2; }
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "$root/var"
folder=$(mktemp -d "$root/var/tls.XXXXXX")
jobs=()
trap 'kill "${jobs[@]}" 2> /dev/null || true; rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM

head -c 1073741824 /dev/urandom > "$folder/file"
mkfifo "$folder/in" "$folder/out" "$folder/idle-in" "$folder/idle-out"
"$bench" serve "$folder" "$folder/file" < "$folder/in" > "$folder/out" &
ours=$!
jobs+=("$ours")
exec 3> "$folder/in" 4< "$folder/out"
read -r port <&4

cat > "$folder/nginx.conf" << END
daemon off; worker_processes 1; pid $folder/nginx.pid; error_log $folder/nginx.log;
events { worker_connections 64; }
http {
    access_log off; sendfile on; client_body_temp_path $folder/b; proxy_temp_path $folder/p; fastcgi_temp_path $folder/f;
    uwsgi_temp_path $folder/u; scgi_temp_path $folder/s;
    server {
        listen 127.0.0.1:$((port + 1 > 65535 ? port - 1 : port + 1)) ssl; root $folder;
        ssl_certificate $folder/service.pem; ssl_certificate_key $folder/service.key; ssl_protocols TLSv1.2 TLSv1.3;
        ssl_client_certificate $folder/ca.pem; ssl_verify_client on;
    }
}
END
chmod 755 "$folder"
nginx -c "$folder/nginx.conf" -e "$folder/nginx.log" &
jobs+=($!)
there=$((port + 1 > 65535 ? port - 1 : port + 1))

ask() { # bytes a second
    curl --silent --show-error --fail --cacert "$folder/ca.pem" --cert "$folder/bank-1.pem" --key "$folder/bank-1.key" \
        --output /dev/null --write-out "$1" "${@:2}"
}
for _ in {1..50}; do ask '' --range 0-0 "https://127.0.0.1:$there/file" 2> /dev/null && break; sleep 0.1; done
cat "$folder/file" > /dev/null

peak() { awk '$1 == "VmHWM:" { print $2 }' "/proc/$ours/status"; }
resident() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$ours/status"; }
before=$(resident)
for ((round = 1; round <= rounds; ++round)); do
    a=$(ask '%{speed_download}' "https://127.0.0.1:$port/file")
    b=$(ask '%{speed_download}' "https://127.0.0.1:$there/file")
    printf '%s %s\n' "$a" "$b" >> "$folder/speeds"
    awk -v a="$a" -v b="$b" -v n="$round" \
        'BEGIN { printf "round %d: ours %.0f MiB/s, nginx %.0f MiB/s, %.0f %%\n", n, a / 1048576, b / 1048576, 100 * a / b }'
done
# The median of each side: a round in which the machine had something else to do does not count.
median() { cut -d ' ' -f "$1" "$folder/speeds" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
awk -v a="$(median 1)" -v b="$(median 2)" \
    'BEGIN { printf "download: %.0f MiB/s, nginx %.0f MiB/s: %.0f %% (demanded: 80 %%)\n", a / 1048576, b / 1048576, 100 * a / b }'
up=$(ask '%{speed_upload}' --output "$folder/said" --upload-file "$folder/file" "https://127.0.0.1:$port/file")
awk -v up="$up" -v grown="$(($(peak) - before))" \
    'BEGIN { printf "upload: %.0f MiB/s; 1 GiB down and up, memory above idle: %.1f MiB\n", up / 1048576, grown / 1024 }'

count=500
before=$(resident)
"$bench" idle "$port" "$folder" "$count" < "$folder/idle-in" > "$folder/idle-out" &
jobs+=($!)
exec 5> "$folder/idle-in" 6< "$folder/idle-out"
read -r _ <&6
awk -v grown="$(($(resident) - before))" -v n="$count" \
    'BEGIN { printf "idle connection: %.1f KiB (demanded: at most 64)\n", grown / n }'
