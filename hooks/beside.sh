# Git runs the repository's own hooks itself. Where one of them is ours already, this one has nothing to do.
chained=
# Asked for every step of every change of a ref: only one step can be refused.
[ "$hook" != reference-transaction ] || [ "${1-}" = prepared ] || exit 0
# A repository that is only being made has no hooks of its own.
own=$(git rev-parse --git-path hooks 2>/dev/null) || own=/dev/null
if grep -qs '^# \(>>> \)\{0,1\}shield-hook ' "$own/$hook" "$own/../$hook" && [ -x "$own/$hook" ]; then
	exit 0
fi
