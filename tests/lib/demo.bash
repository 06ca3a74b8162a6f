# SPDX-License-Identifier: GPL-2.0-or-later
# Functions for demo scripts: each command is echoed before its output, and the first unexpected result ends the script
# with a non-zero status. Demos run in a test VM.

set -euo pipefail
exec 2>&1
trap 'printf "\n%s: line %d failed: %s\n" "${0##*/}" "$LINENO" "$BASH_COMMAND" >&2' ERR

say() { printf '\n# %s\n' "$*"; }
show() { printf '$ %s\n' "$*"; eval "$*"; }
await() { for _ in {1..600}; do ! "$@" || return 0; sleep 0.05; done; "$@"; }

# refused STATUS COMMAND: shows a command that has to fail with STATUS.
refused() {
	local status=0

	printf '$ %s\n' "$2"
	eval "$2" || status=$?
	echo "(exit status $status)"
	[ "$status" -eq "$1" ]
}

vdpa() { "$VDPA_TOOL" "$@"; }
