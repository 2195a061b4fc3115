#!/usr/bin/env bash
# The Debian package, made from the program under test: what is in it, what it asks for, and how its service is shut in.
# Usage: package.sh SOURCE-FOLDER PROGRAM
set -euo pipefail
root=$1 program=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { printf 'package: %s\n' "$*" >&2; exit 1; }

package=$(DPKG_DEB_COMPRESSOR_TYPE=none bash "$root/packaging/build.sh" "$program" 0.0.1 "$work")
[[ -f $package ]] || fail "no package was made"
dpkg-deb --info "$package" >"$work/info"
for wanted in 'Package: onecard' 'Version: 0.0.1' 'postgresql-15' 'libssl3' 'adduser'; do
    grep -q -- "$wanted" "$work/info" || fail "its control file does not say «$wanted»"
done
dpkg-deb --contents "$package" >"$work/contents"
# Nothing belongs to whoever built it, and no key travels along.
awk '$2 != "root/root" { exit 1 }' "$work/contents" || fail "a file of it is not root's"
! grep -E '\.(key|p12|pem)$' "$work/contents" || fail "it brings a key or a certificate"
dpkg-deb --raw-extract "$package" "$work/tree"
cd "$work/tree"
for wanted in usr/bin/onecard lib/systemd/system/onecard.service etc/onecard/onecard.toml usr/share/onecard/policy/370212-laoshan.toml \
    usr/share/onecard/banks usr/share/doc/onecard/schemas/api/openapi.yaml usr/share/doc/onecard/schemas/bank/connect.md DEBIAN/postinst DEBIAN/prerm; do
    [[ -e $wanted ]] || fail "$wanted is missing"
done
grep -qx /etc/onecard/onecard.toml DEBIAN/conffiles || fail "the configuration is no conffile"
usr/bin/onecard --help >/dev/null || fail "the program in it does not run"
# Its configuration has no fault but the certificates that every installation brings itself.
usr/bin/onecard --config etc/onecard/onecard.toml config check >"$work/check" 2>&1 || true
! grep -iE 'unknown|malformed|policy' "$work/check" || { cat "$work/check" >&2; fail "its configuration has a fault"; }

unit=lib/systemd/system/onecard.service
for wanted in User=onecard NoNewPrivileges=yes ProtectSystem=strict ProtectHome=yes PrivateDevices=yes ProtectKernelModules=yes \
    ProtectKernelTunables=yes ProtectControlGroups=yes RestrictNamespaces=yes RestrictSUIDSGID=yes MemoryDenyWriteExecute=yes \
    LockPersonality=yes CapabilityBoundingSet= AmbientCapabilities= SystemCallFilter=@system-service UMask=0077 \
    StateDirectoryMode=0700 'ExecReload=/bin/kill -HUP $MAINPID'; do
    grep -qxF -- "$wanted" "$unit" || fail "the service is not shut in: $wanted is missing"
done
grep -q 'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6$' "$unit" || fail "the service may speak to other networks"
# The service has longer to end than its workers need for the unit that they are at.
(($(sed -n 's/^TimeoutStopSec=//p' "$unit") >= 120)) || fail "systemd does not wait for the units at work"
if command -v systemd-analyze >/dev/null; then
    sed "s|/usr/bin/onecard|$work/tree/usr/bin/onecard|" "$unit" >"$work/onecard.service"
    systemd-analyze verify "$work/onecard.service" 2>&1 | grep -v 'onecard.conf' | grep -i 'onecard.service:' && fail "systemd does not like it"
fi
echo "package: sound"
