#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests are run by.

load ../lib/common

@test "each file of the debug suite is in one part" {
	cd "$VDPA_TOP"
	assert_equal "$(sed -n 's/^[a-z]* \(tests\/.*\.bats\)$/\1/p' tests/debug/parts | sort)" \
		"$(printf '%s\n' tests/*.bats tests/sim/*.bats tests/debug/*.bats | sort)"
	[ "$(grep -vc '^#\|^$' tests/debug/parts)" = "$(sed -n '/^[a-z]* tests/p' tests/debug/parts | wc -l)" ]
}

@test "a part that is not there is refused, and nothing is run" {
	cd "$VDPA_TOP"
	run -1 tests/run --kernel debug --part nothing
	assert_match "$output" 'no part "nothing" in tests/debug/parts; there are: faults devices state migration moves parents$'
	run -1 tests/run --part faults
	assert_match "$output" 'parts are of the debug suite'
}
