#!/bin/sh
# Unpacks the released archive for this machine into a directory: bin/, share/man/, completions and licences.
#
#   packaging/fetch.sh DIR
#
# The file packaging/release names the address and the hashes. Exit 3: there is no release of this version for this machine,
# so the program has to be built. Exit 2: there is one, and it could not be downloaded, or its hash is another.
set -eu
to=$1
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=packaging/download.sh
. "$here/download.sh"
name=$(sed -n 's/^name = "\(.*\)"$/\1/p' "$here/../Cargo.toml" | head -n 1)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$here/../Cargo.toml" | head -n 1)
address=$(sed -n 's/^address //p' "$here/release")
if [ -z "$address" ] || [ "$(sed -n 's/^version //p' "$here/release")" != "$version" ]; then
	exit 3
fi

case $(uname -s) in
Linux) system=linux ;;
Darwin) system=macos ;;
MINGW* | MSYS* | CYGWIN*) system=windows ;;
*) exit 3 ;;
esac
case $(uname -m) in
x86_64 | amd64) machine=x86_64 ;;
aarch64 | arm64) machine=aarch64 ;;
*) exit 3 ;;
esac
ending=tar.gz
[ "$system" != windows ] || ending=zip
archive=$name-$version-$machine-$system.$ending
expected=$(sed -n "s/^\([0-9a-f]\{64\}\)  $archive\$/\1/p" "$here/release")
[ -n "$expected" ] || exit 3

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT INT TERM
download "$address/$archive" "$temporary/$archive" || exit 2
if [ "$(sha256 "$temporary/$archive")" != "$expected" ]; then
	echo "error: $archive has another SHA-256 than packaging/release names, so it was not unpacked" >&2
	exit 2
fi
mkdir -p "$to"
if [ "$ending" = zip ]; then
	unzip -q "$temporary/$archive" -d "$temporary" || exit 2
else
	tar -xzf "$temporary/$archive" -C "$temporary" || exit 2
fi
cp -R "$temporary/$name-$version/." "$to/"
