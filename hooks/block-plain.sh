"$shield_hook" hook @HOOK@ "$@" || exit
# The canary runs ours alone.
[ -z "${SHIELD_HOOK_CANARY-}" ] || exit 0
