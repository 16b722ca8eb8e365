# Git runs the repository's own hooks itself. Where one of them is ours already, this one has nothing to do.
chained=
own=$(git rev-parse --git-path hooks) || exit 2
if grep -qs '^# \(>>> \)\{0,1\}shield-hook ' "$own/$hook" "$own/../$hook" && [ -x "$own/$hook" ]; then
	exit 0
fi
