# Whether there is a hook to run beside ours. The canary runs ours alone: what a hook of yours does, it must not do for
# a test. A hook that calls this stub in its turn is not run again.
has_chained() {
	[ -f "$chained" ] && [ -x "$chained" ] && [ -z "${SHIELD_HOOK_CANARY-}" ] || return 1
	# Run as the `.legacy` hook of a hook manager, whose own script is in front of this one already.
	case $0 in
	*.legacy) ! grep -qs hook-impl "$chained" || return 1 ;;
	esac
	link=$(CDPATH='' cd -- "${chained%/*}" && pwd -P)/$hook
	case :${SHIELD_HOOK_CHAIN-}: in
	*:"$link":*) return 1 ;;
	esac
	SHIELD_HOOK_CHAIN=${SHIELD_HOOK_CHAIN-}:$link
	export SHIELD_HOOK_CHAIN
}
