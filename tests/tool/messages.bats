#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the core says to its clients is never cut off.

load ../lib/common

setup() { cd "$VDPA_TOP" || return; }

check_messages() { tests/tool/check-messages "$@"; }

@test "each message of the core fits, however long the names in it are" {
	run -0 check_messages kernel/core/*.c kernel/core/*/*.c
	[[ ${lines[-1]} =~ ^messages\ ([0-9]+)\ too\ long\ 0$ ]]
	((BASH_REMATCH[1] >= 80))
}

@test "a message that is too long is found" {
	sed 's/while it runs: its parent cannot/&, and will not learn it/; s/ has lost track of what it wrote: / is at a loss, as it&/' \
		kernel/core/precopy.c kernel/core/migration/dirty.c >"$BATS_TEST_TMPDIR/long.c"

	run -1 check_messages "$BATS_TEST_TMPDIR/long.c"
	assert_match "${lines[0]}" 'long.c: [0-9]+ bytes: device %.20s is at a loss'
	assert_match "${lines[-1]}" 'too long 1$'
}
