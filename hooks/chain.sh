# Succeeds if the previous hook is to run. The canary does not run it, since it may act on the world outside. A hook that
# calls this stub in its turn is not run again.
has_chained() {
	[ -f "$chained" ] && [ -x "$chained" ] && [ -z "${SHIELD_HOOK_CANARY-}" ] || return 1
	# As the `.legacy` hook of a hook manager, this stub must not run the manager's script again.
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
