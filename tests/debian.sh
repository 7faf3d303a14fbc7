#!/usr/bin/env bash
# The Debian packages build in a copy of the tree, lintian has no errors, and the tools run from what the packages
# hold. Where a chroot can be made (see debian13.sh) they are installed in a clean one of this release, used and
# purged. Usage: debian.sh SOURCE_ROOT
set -euo pipefail
root=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
mkdir "$work/nnfs"
cd "$root"
git ls-files -z | tar --null --files-from=- --create --file=- | tar --extract --directory="$work/nnfs"
cd "$work/nnfs"
DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -us -uc -b
cd "$work"
lintian --fail-on error nnfs_*.changes
for package in libnnfs0_*.deb libnnfs-dev_*.deb nnfs_*.deb; do
    dpkg-deb --extract "$package" installed
done
libraries=$(dirname "$(find "$PWD/installed" -name 'libnnfs.so.0')")
export LD_LIBRARY_PATH=$libraries
installed/usr/bin/nnfs-train digits --hidden 8 --epochs 1 --quiet --output model.safetensors
installed/usr/bin/nnfs-predict --quiet model.safetensors digits -o predictions.csv
head -n 2 predictions.csv
test -e installed/usr/include/nnfs/nnfs.h
test -e "$libraries/pkgconfig/nnfs.pc"
test -e "$libraries/libnnfs.a"

# What docs/deploy.md says of each file: its size, to a quarter, and the libraries that it needs.
needs() {
    readelf -d "$1" | sed -n 's/.*NEEDED.*\[\(.*\)\.so.*/\1/p' | grep -vxE 'libc|libm|ld-linux-x86-64' |
        sed 's/libopenblas/OpenBLAS/; s/libjansson/jansson/; s/libz/zlib/; s/libxxhash/xxHash/; s/libprotobuf/protobuf/' |
        sort
}
rows=0
while IFS='|' read -r _ name size wanted _; do
    name=$(tr -d '` ' <<<"$name")
    file=$(find installed/usr/bin installed/usr/lib -name "$name" -type f)
    bytes=$(stat --format %s "$file")
    echo "$name: $bytes bytes, documented $size"
    awk -v a="$bytes" -v b="$size" 'BEGIN { sub(/ kB/, "", b); b *= 1000; exit !(a < 1.25 * b && b < 1.25 * a) }'
    diff <(tr ',' '\n' <<<"$wanted" | sed 's/ //g' | sort) <(needs "$file")
    rows=$((rows + 1))
done < <(grep -E '^\| `(libnnfs|nnfs-)' "$root/docs/deploy.md")
test "$rows" -eq 9

# ---- In a clean chroot ----

reason=$("$root/tests/debian13.sh" --missing)
if [ -n "$reason" ]; then
    echo "not installed in a clean chroot: $reason"
    exit
fi
# shellcheck source=/dev/null
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
export ROOT=$work/root
debootstrap --variant=minbase "$codename" "$ROOT" "${MIRROR:-http://deb.debian.org/debian}"
mkdir "$ROOT/packages"
cp libnnfs0_*.deb libnnfs-dev_*.deb nnfs_*.deb "$root/docs/one_step.c" "$ROOT/packages"
cat >"$ROOT/packages/use.sh" <<'END'
set -eux
cd /packages
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -qy --no-install-recommends install ./libnnfs0_*.deb ./nnfs_*.deb
ldd /usr/bin/nnfs-* | grep 'not found' && exit 1
nnfs-train digits --hidden 8 --epochs 1 --quiet --output model.safetensors
nnfs-predict --quiet model.safetensors digits -o predictions.csv
test "$(wc -l <predictions.csv)" -eq 10001
apt-get -qy --no-install-recommends install ./libnnfs-dev_*.deb gcc libc6-dev pkg-config
cc one_step.c $(pkg-config --cflags --libs nnfs) -o one_step
./one_step
dpkg --verify libnnfs0 libnnfs-dev nnfs
apt-get -qy purge libnnfs0 libnnfs-dev nnfs
find / -xdev -name '*nnfs*' -not -path '/packages/*' | grep . && exit 1
exit 0
END
# shellcheck disable=SC2016 # for the shell inside
unshare --mount bash -eu -c 'mount -t proc proc "$ROOT/proc"
    exec env -i HOME=/root TERM=dumb PATH="$PATH" chroot "$ROOT" bash /packages/use.sh'
echo "installed, used and purged in a clean $codename"
