shield_hook=@BINARY@
[ -s "$shield_hook" ] || shield_hook=
[ -x "$shield_hook" ] || shield_hook=$(command -v shield-hook) || {
	echo "shield-hook: error: @HOOK@: the shield-hook program is missing, so nothing was checked and this is stopped" >&2
	echo "  help: install it (@INSTALL@)" >&2
	exit 2
}
