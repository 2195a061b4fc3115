#!/bin/sh
# Throw-away certificates, step by step with the openssl command line: the same that `onecard` makes by itself
# (src/seal/certificates.cpp). For trying things out; an office gets its certificates from its own authority.
#
#   certs/make-certificates.sh [-d FOLDER] [-n DAYS] [NAME[:server]...]
#
# FOLDER (default: certs/throw-away, ignored by git) is made 0700. It gets ca.pem and ca.key, and for each
# NAME a certificate NAME.pem and its key NAME.key (0600). `service` and every NAME:server is a TLS server for
# localhost; the others are clients. What is there is kept: to make one anew, remove it first.
set -eu
umask 077

folder=$(dirname "$0")/throw-away
days=365
while getopts d:n: option; do
    case $option in
    d) folder=$OPTARG ;;
    n) days=$OPTARG ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- service:server maker checker releaser auditor operator bank-1 bank-2 bank-3

for wish in "$@"; do
    case ${wish%:server} in
    '' | ca | .* | -* | *[!A-Za-z0-9._-]*)
        echo "make-certificates: '$wish' is no name (letters, digits, '-', '_', '.', and not ca)" >&2
        exit 2
        ;;
    esac
done

mkdir -p "$folder"
# Everything is made in here and then moved into place: a kill at any moment leaves no half key behind.
draft=$(mktemp -d "$folder/.draft.XXXXXX")
trap 'rm -rf "$draft"' EXIT
trap 'exit 1' HUP INT TERM

# Random, of 128 bits, and positive.
serial() { echo "0x$(openssl rand -hex 16)"; }

# make_key FILE: ECDSA on P-256.
make_key() {
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$draft/key"
    mv -n "$draft/key" "$1"
}

# 1. The authority: a key, and a certificate that it signs itself and that may do nothing but sign
# certificates.
if [ -e "$folder/ca.pem" ] && [ ! -e "$folder/ca.key" ]; then
    echo "make-certificates: $folder/ca.pem is there but $folder/ca.key is not" >&2
    exit 1
fi
[ -e "$folder/ca.key" ] || make_key "$folder/ca.key"
if [ ! -e "$folder/ca.pem" ]; then
    cat >"$draft/ca.conf" <<'CONF'
[req]
prompt = no
utf8 = yes
distinguished_name = name
x509_extensions = authority
[name]
O = onecard throw-away
CN = onecard throw-away authority
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
CONF
    openssl req -new -x509 -config "$draft/ca.conf" -key "$folder/ca.key" -sha256 -days "$days" \
        -set_serial "$(serial)" -out "$draft/ca.pem"
    chmod 644 "$draft/ca.pem"
    mv -n "$draft/ca.pem" "$folder/ca.pem"
fi

# 2. For each name: a key, a request that says who asks, and the certificate with which the authority answers.
for wish in "$@"; do
    name=${wish%:server}
    [ -e "$folder/$name.key" ] || make_key "$folder/$name.key"
    if [ -e "$folder/$name.pem" ]; then
        if openssl verify -CAfile "$folder/ca.pem" "$folder/$name.pem" >/dev/null 2>&1; then
            echo "$name: kept"
            continue
        fi
        echo "make-certificates: $folder/$name.pem is not (or no longer) good; remove it to make it anew" >&2
        exit 1
    fi
    if [ "$wish" != "$name" ] || [ "$name" = service ]; then
        # It brings files to banks' own addresses too.
        use='extendedKeyUsage = serverAuth, clientAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1'
    else
        use='extendedKeyUsage = clientAuth'
    fi
    cat >"$draft/extensions" <<CONF
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
$use
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
CONF
    openssl req -new -config /dev/null -key "$folder/$name.key" -sha256 \
        -subj "/O=onecard throw-away/CN=$name" -out "$draft/request"
    openssl x509 -req -in "$draft/request" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -sha256 -days "$days" \
        -set_serial "$(serial)" -extfile "$draft/extensions" -out "$draft/certificate" 2>"$draft/said" ||
        { cat "$draft/said" >&2; exit 1; }
    chmod 644 "$draft/certificate"
    mv -n "$draft/certificate" "$folder/$name.pem"
    echo "$name: made"
done
