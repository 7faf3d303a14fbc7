#!/usr/bin/env bash
# The first command of README.md in a fresh Debian 13, whose compiler is gcc 14, with warnings as errors. Takes
# debootstrap, root, the network and about 1 GB in TMPDIR.
# Usage: debian13.sh SOURCE_ROOT, or debian13.sh --missing: prints what is missing here, if anything is.
set -euo pipefail
mirror=${MIRROR:-http://deb.debian.org/debian}

missing() {
    if ! command -v debootstrap >/dev/null; then
        echo 'debootstrap is not installed'
    elif [ "$(id -u)" -ne 0 ]; then
        echo 'debootstrap and chroot need root'
    elif ! unshare --mount chroot / true 2>/dev/null; then
        echo 'a mount namespace or chroot is not permitted here'
    elif ! curl -sfI --max-time 20 "$mirror/dists/trixie/Release" >/dev/null; then
        echo "$mirror cannot be reached"
    fi
}

if [ "$1" = --missing ]; then
    missing
    exit
fi
reason=$(missing)
if [ -n "$reason" ]; then
    echo "skipped: $reason"
    exit 77
fi
cd "$1"
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
debootstrap --variant=minbase trixie "$work/root" "$mirror"
mkdir "$work/root/nnfs"
git ls-files -z | tar --null --files-from=- --create --file=- | tar --extract --directory="$work/root/nnfs"
cat >"$work/root/nnfs/first-minute.sh" <<'END'
set -eux
cd /nnfs
./bootstrap -Dwerror=true
build/nnfs-train --epochs 1
gcc --version
END
# What is mounted in a namespace of its own is gone with it.
export ROOT=$work/root
# shellcheck disable=SC2016 # for the shell inside
unshare --mount bash -eu -c 'mount -t proc proc "$ROOT/proc"
    exec env -i HOME=/root TERM=dumb PATH="$PATH" chroot "$ROOT" bash /nnfs/first-minute.sh'
