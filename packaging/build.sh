#!/usr/bin/env bash
# Makes the Debian package from a built program:  build.sh PROGRAM VERSION FOLDER
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$(realpath "$1") version=$2 folder=$3
architecture=$(dpkg --print-architecture)
tree=$folder/onecard_${version}_$architecture
rm -rf "$tree"
install -d "$tree/DEBIAN" "$tree/etc/onecard/certs"
install -D -m 0755 "$program" "$tree/usr/bin/onecard"
strip --strip-unneeded "$tree/usr/bin/onecard"
install -D -m 0644 "$root/packaging/onecard.service" "$tree/lib/systemd/system/onecard.service"
install -d "$tree/usr/share/onecard" "$tree/usr/share/doc/onecard"
cp -r "$root/config/policy" "$tree/usr/share/onecard/policy"
[[ ! -d $root/config/banks ]] || cp -r "$root/config/banks" "$tree/usr/share/onecard/banks"
cp "$root"/README.md "$root"/README.zh-CN.md "$root"/CHANGELOG.md "$tree/usr/share/doc/onecard/"
(cd "$root/schemas" && find . \( -name '*.md' -o -name openapi.yaml \) \
    -exec install -D -m 0644 {} "$tree/usr/share/doc/onecard/schemas/{}" \;)
# The same configuration, with the places of a system.
sed -e 's|^folder = .*|folder = "/var/lib/onecard"                # everything that the service writes|' \
    -e 's|^certificates = .*|certificates = "certs"                  # ca.pem, service.pem, service.key, NAME.pem …|' \
    -e 's|^policy = .*|policy = "/usr/share/onecard/policy"|' \
    -e 's|^# monitor_port|monitor_port|' \
    "$root/config/onecard.toml" >"$tree/etc/onecard/onecard.toml"
chmod 0644 "$tree/etc/onecard/onecard.toml"
if grep -q '"banks/' "$tree/etc/onecard/onecard.toml"; then
    sed -i 's|"banks/|"/usr/share/onecard/banks/|' "$tree/etc/onecard/onecard.toml"
fi
echo /etc/onecard/onecard.toml >"$tree/DEBIAN/conffiles"
install -m 0755 "$root/packaging/postinst" "$root/packaging/prerm" "$tree/DEBIAN/"

# What it is linked with, by the packages' own word.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/debian"
touch "$work/debian/control"
libraries=$(cd "$work" && dpkg-shlibdeps -O "$tree/usr/bin/onecard" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[[ -n $libraries ]] || { echo "packaging: dpkg-shlibdeps does not know what the program is linked with" >&2; exit 1; }
cat >"$tree/DEBIAN/control" <<END
Package: onecard
Version: $version
Architecture: $architecture
Maintainer: onecard <onecard@localhost>
Section: misc
Priority: optional
Depends: $libraries, postgresql-15, adduser
Suggests: libengine-pkcs11-openssl
Recommends: systemd, openssl, curl
Description: pays social assistance, exactly once, and can prove it
 The service between the offices that owe people money, the banks that pay it out, and the auditors who check both.
END
dpkg-deb --root-owner-group --build "$tree" "$folder" >/dev/null
rm -rf "$tree"
echo "$folder/onecard_${version}_$architecture.deb"
