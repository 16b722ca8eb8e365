# Git runs the repository's own hooks itself. If one of them is ours, this one is redundant.
chained=
# Git runs this hook for each step of each change of a ref; only one step can be refused.
[ "$hook" != reference-transaction ] || [ "${1-}" = prepared ] || exit 0
# A repository under construction has no hooks of its own.
own=$(git rev-parse --git-path hooks 2>/dev/null) || own=/dev/null
if grep -qs '^# \(>>> \)\{0,1\}shield-hook ' "$own/$hook" "$own/../$hook" && [ -x "$own/$hook" ]; then
	exit 0
fi
