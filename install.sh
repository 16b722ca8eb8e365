#!/bin/sh
# Builds shield-hook, installs it for you, puts its hooks into the git repository you are in, and proves that they work.
#
#   ./install.sh [--with-rust] [--bin DIR] [--no-hooks]
#
#   --with-rust   get Rust first, where cargo is missing or too old
#   --bin DIR     install the program there (default: ~/.local/bin, or cargo's own directory when only that is in PATH)
#   --no-hooks    only the program
#
# Needs no terminal. Nothing that comes from the network is run before its checksum was compared.
set -eu

usage() {
	sed -n '2,/^$/s/^# \{0,1\}//p' "$0" | sed '/^set /d'
}

say() {
	printf 'install.sh: %s\n' "$*"
}

fail() {
	printf 'install.sh: error: %s\n' "$1" >&2
	shift
	for line in "$@"; do
		printf '  help: %s\n' "$line" >&2
	done
	exit 2
}

with_rust=no
hooks=yes
bin=
while [ $# -gt 0 ]; do
	case $1 in
	--with-rust) with_rust=yes ;;
	--no-hooks) hooks=no ;;
	--bin)
		[ $# -gt 1 ] || fail "--bin needs a directory"
		bin=$2
		shift
		;;
	-h | --help)
		usage
		exit 0
		;;
	*) fail "unknown option $1" "./install.sh --help" ;;
	esac
	shift
done

here=$PWD
case $0 in
*/*) source_dir=$(CDPATH='' cd -- "${0%/*}" && pwd) ;;
*) source_dir=$here ;;
esac
[ -f "$source_dir/Cargo.toml" ] || fail "$source_dir holds no Cargo.toml" "run the install.sh of a whole checkout"
needed=$(sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' "$source_dir/Cargo.toml")
cargo_home=${CARGO_HOME:-$HOME/.cargo}

# The cargo in PATH, or the one that rustup puts where not every shell looks.
find_cargo() {
	cargo=$(command -v cargo 2>/dev/null) || cargo=
	[ -n "$cargo" ] || [ ! -x "$cargo_home/bin/cargo" ] || cargo=$cargo_home/bin/cargo
	version=
	[ -z "$cargo" ] || version=$("$cargo" --version 2>/dev/null | sed -n 's/^cargo \([0-9]*\.[0-9]*\).*/\1/p')
}

# Whether version $1 is at least $2; of both only the first two numbers count.
at_least() {
	[ -n "$1" ] || return 1
	[ "${1%%.*}" -gt "${2%%.*}" ] && return 0
	[ "${1%%.*}" -eq "${2%%.*}" ] || return 1
	a=${1#*.} b=${2#*.}
	[ "${a%%.*}" -ge "${b%%.*}" ]
}

download() {
	if command -v curl >/dev/null 2>&1; then
		curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --output "$2" "$1"
	elif command -v wget >/dev/null 2>&1; then
		wget --quiet --https-only --output-document="$2" "$1"
	else
		fail "neither curl nor wget is here to get Rust with" "install Rust $needed or later: https://rustup.rs"
	fi
}

sha256() {
	if command -v sha256sum >/dev/null 2>&1; then
		sha256sum "$1" | cut -d ' ' -f 1
	else
		shasum -a 256 "$1" | cut -d ' ' -f 1
	fi
}

# Gets rustup's own installer as a file, compares its checksum, and runs that file.
get_rust() {
	if command -v rustup >/dev/null 2>&1; then
		rustup toolchain install stable --profile minimal --no-self-update
		rustup default stable
		return
	fi
	case $(uname -s) in
	Linux) system=unknown-linux-gnu ;;
	Darwin) system=apple-darwin ;;
	*) fail "no Rust for this system can be got from here" "install Rust $needed or later: https://rustup.rs" ;;
	esac
	case $(uname -m) in
	x86_64 | amd64) triple=x86_64-$system ;;
	aarch64 | arm64) triple=aarch64-$system ;;
	*) fail "no Rust for this machine can be got from here" "install Rust $needed or later: https://rustup.rs" ;;
	esac
	# Alpine and others with musl have a loader of that name.
	if [ "$system" = unknown-linux-gnu ] && ls /lib/ld-musl-* >/dev/null 2>&1; then
		triple=${triple%-gnu}-musl
	fi
	from=https://static.rust-lang.org/rustup/dist/$triple/rustup-init
	temporary=$(mktemp -d)
	trap 'rm -rf "$temporary"' EXIT INT TERM
	say "getting Rust from $from"
	download "$from" "$temporary/rustup-init"
	download "$from.sha256" "$temporary/sha256"
	expected=$(cut -d ' ' -f 1 "$temporary/sha256")
	[ "$(sha256 "$temporary/rustup-init")" = "$expected" ] || fail "the checksum of rustup-init is wrong: it is not run"
	chmod +x "$temporary/rustup-init"
	"$temporary/rustup-init" -y --profile minimal --no-modify-path
}

find_cargo
if ! at_least "$version" "$needed"; then
	what="cargo is missing"
	[ -z "$cargo" ] || what="$cargo is version ${version:-unknown}, and $needed is needed"
	[ "$with_rust" = yes ] || fail "$what" \
		"get Rust $needed or later: run ./install.sh --with-rust, or see https://rustup.rs"
	say "$what"
	get_rust
	PATH=$cargo_home/bin:$PATH
	export PATH
	find_cargo
	at_least "$version" "$needed" || fail "the new cargo is not found, or older than $needed" "open a new shell, and run this again"
fi

# The program says how it can be built again, by an address that everybody can read and a commit that is published there.
origin=$(git -C "$source_dir" remote get-url origin 2>/dev/null) || origin=
case $origin in
*@*) ;;
https://*)
	if [ -z "$(git -C "$source_dir" status --porcelain 2>/dev/null)" ] &&
		[ -n "$(git -C "$source_dir" branch --remotes --list 'origin/*' --contains HEAD 2>/dev/null)" ]; then
		SHIELD_HOOK_SOURCE=${SHIELD_HOOK_SOURCE-$origin}
		SHIELD_HOOK_REVISION=${SHIELD_HOOK_REVISION-$(git -C "$source_dir" rev-parse HEAD)}
		export SHIELD_HOOK_SOURCE SHIELD_HOOK_REVISION
	fi
	;;
esac

say "building with $cargo $version"
log=$(mktemp)
trap 'rm -rf "$log" ${temporary:+"$temporary"}' EXIT INT TERM
"$cargo" build --release --locked --manifest-path "$source_dir/Cargo.toml" --message-format json-render-diagnostics >"$log"
built=$(sed -n 's/.*"executable":"\(.*shield-hook\(\.exe\)\{0,1\}\)".*/\1/p' "$log" | tail -n 1 | sed 's/\\\\/\\/g; s/\\"/"/g')
[ -f "$built" ] || fail "cargo named no program that it built"

in_path() {
	case :$PATH: in
	*:"$1":*) return 0 ;;
	esac
	return 1
}
if [ -z "$bin" ]; then
	bin=$HOME/.local/bin
	if ! in_path "$bin" && in_path "$cargo_home/bin"; then
		bin=$cargo_home/bin
	fi
fi
mkdir -p "$bin"
bin=$(CDPATH='' cd -- "$bin" && pwd)
case $built in
*.exe) program=$bin/shield-hook.exe ;;
*) program=$bin/shield-hook ;;
esac
# In two steps: a program that runs at this moment cannot be written over, but it can be replaced.
cp "$built" "$program.new"
chmod 755 "$program.new"
mv -f "$program.new" "$program"
say "installed $program ($("$program" --version))"
in_path "$bin" || say "note: $bin is not in your PATH; the hooks find the program all the same"

[ "$hooks" = yes ] || exit 0
cd "$here"
if ! git rev-parse --git-dir >/dev/null 2>&1; then
	say "$here is in no git repository; in one, run: $program install && $program canary"
	exit 0
fi
"$program" install
"$program" canary
