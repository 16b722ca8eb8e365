shield_input=$(cat && echo .) || exit 2
shield_input=${shield_input%.}
{ printf '%s' "$shield_input" 2>/dev/null; } | "$shield_hook" hook @HOOK@ "$@" || exit
# The canary runs shield-hook alone.
[ -z "${SHIELD_HOOK_CANARY-}" ] || exit 0
# The commands below read the same standard input.
if [ -n "$shield_input" ]; then
	exec <<END_OF_INPUT
${shield_input%?}
END_OF_INPUT
else
	exec </dev/null
fi
