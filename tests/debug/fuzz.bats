#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What nobody would send to the generic netlink family, some thousand times: make fuzz-kernel sends a million.
# time limit: 600
# processors: 2

load ../lib/state

# In the debug kernel, where a message costs ten times as much, this is what the rest of a file takes, too.
MESSAGES=20000

# digest SEED - of the first messages. Only of those: what the kernel tells goes into what is sent.
digest() { "$VDPA_TOP/tests/fuzz/nl_fuzz" --plain --messages 30 --seed "$1" | sed -n 's/.* digest //p'; }

@test "the core answers whatever is sent to it, and every device can be deleted afterwards" {
	started_pair
	load_parent

	run "$VDPA_TOP/tests/fuzz/nl_fuzz" --messages "${VDPA_MESSAGES:-$MESSAGES}" --seed "${VDPA_SEED:-1}" n0 b0
	echo "$output"
	[ "$status" = 0 ]
	echo "# ${lines[-1]}" >&3

	assert_equal "$(devices)" $'b0\nn0'
	end_started
	"$VDPA_TOOL" dev del n0
	"$VDPA_TOOL" dev del b0
}

@test "the same seed makes the same messages, another one others" {
	load_sim ours net blk

	run -0 digest 7 && assert_equal "$(digest 7)" "$output"
	[ "$(digest 8)" != "$output" ]
}
