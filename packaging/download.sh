# shellcheck shell=sh
# Downloads that are checked by their hash. Sourced by install.sh and packaging/fetch.sh.

# Downloads the address $1 into the file $2.
download() {
	case $1 in
	file://*)
		cp "${1#file://}" "$2"
		return
		;;
	https://*) ;;
	*)
		echo "error: $1: only https:// is downloaded" >&2
		return 1
		;;
	esac
	if command -v curl >/dev/null 2>&1; then
		curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --output "$2" "$1"
	elif command -v wget >/dev/null 2>&1; then
		wget --quiet --https-only --output-document="$2" "$1"
	else
		echo "error: $1 cannot be downloaded: neither curl nor wget is installed" >&2
		return 1
	fi
}

# Prints the SHA-256 of the file $1.
sha256() {
	if command -v sha256sum >/dev/null 2>&1; then
		sha256sum "$1" | cut -d ' ' -f 1
	else
		shasum -a 256 "$1" | cut -d ' ' -f 1
	fi
}
