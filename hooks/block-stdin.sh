shield_input=$(cat && echo .) || exit 2
shield_input=${shield_input%.}
{ printf '%s' "$shield_input" 2>/dev/null; } | "$shield_hook" hook @HOOK@ "$@" || exit
# The canary runs ours alone.
[ -z "${SHIELD_HOOK_CANARY-}" ] || exit 0
# What follows reads the same standard input.
if [ -n "$shield_input" ]; then
	exec <<END_OF_INPUT
${shield_input%?}
END_OF_INPUT
else
	exec </dev/null
fi
