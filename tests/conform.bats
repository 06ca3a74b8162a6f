#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The generic netlink family keeps to its grammar, as a client sees it that shares nothing with our command: nl_conform
# says what it looks at.
# time limit: 900

load lib/state

# conforms PART MINIMUM - all cases of PART are as they should be, and there are at least MINIMUM of them.
conforms() {
	started_pair
	"$VDPA_TOOL" dev add name spare mgmtdev "$NET" max_vqp 2

	run "$VDPA_CLIENTS/nl_conform" "$1" n0 b0 spare
	echo "$output"
	[ "$status" = 0 ]
	[[ ${lines[-1]} =~ ^cases\ ([0-9]+)\ bad\ 0$ ]]
	((BASH_REMATCH[1] >= $2)) || fail "only ${BASH_REMATCH[1]} cases"
	echo "# $1: ${lines[-1]}" >&3
}

@test "each reply has the attributes that belong to it, each of its type, once and in its place" {
	conforms replies 150
}

@test "what is not in the grammar is refused with a word why, and changes nothing" {
	conforms refusals 2000
}

@test "a dump may be left at any point, and has each device once that is there from its beginning to its end" {
	conforms dumps 500
}
