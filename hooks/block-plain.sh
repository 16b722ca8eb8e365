"$shield_hook" hook @HOOK@ "$@" || exit
# The canary runs shield-hook alone.
[ -z "${SHIELD_HOOK_CANARY-}" ] || exit 0
