#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What nobody would send to the generic netlink family, some thousand times: make fuzz-kernel does so for as long as one likes.
# time limit: 1200
# processors: 2

load ../lib/state

# In the debug kernel this is what the rest of a file takes, too.
MESSAGES=50000

# fuzz [OPTION…] - what was sent last is in the machine's directory, also when the kernel dies of it.
fuzz() {
	run "$VDPA_TOP/tests/fuzz/nl_fuzz" --record "$VDPA_OUT/sent" "$@"
	echo "$output"
	[ "$status" = 0 ]
	figures=${lines[-1]}
}

# figure NAME - of the run before
figure() { [[ $figures =~ (^| )$1\ ([0-9a-f]+) ]] && echo "${BASH_REMATCH[2]}"; }

# digest SEED - of the first messages. Only of those: what the kernel tells goes into what is sent.
digest() { "$VDPA_TOP/tests/fuzz/nl_fuzz" --plain --messages 30 --seed "$1" | sed -n 's/.* digest //p'; }

# mad_drivers - of devices n1 and b1: what they put into rings is nearly right, or not at all.
mad_drivers() {
	"$VDPA_TOOL" dev add name n1 mgmtdev "$NET" max_vqp 2 device_features -SUSPEND
	"$VDPA_TOOL" dev add name b1 mgmtdev "$BLK"
	start "$VMM" "$(vhost_of n1)" fuzz seed "${VDPA_SEED:-1}" seconds 100000
	start "$VMM" "$(vhost_of b1)" fuzz seed "${VDPA_SEED:-1}" seconds 100000
}

@test "the core answers whatever is sent to it while drivers do as they like, and every device can be deleted afterwards" {
	started_pair
	mad_drivers
	load_parent

	if [ "${VDPA_SECONDS-}" ]; then
		fuzz --seconds "$VDPA_SECONDS" --seed "${VDPA_SEED:-1}" n0 b0 n1 b1
	else
		fuzz --messages "$MESSAGES" --seed "${VDPA_SEED:-1}" n0 b0 n1 b1
	fi
	echo "# $figures" >&3

	# What reaches something new is kept.
	[ "$(figure corpus)" -gt 1 ]
	[ "$(figure looking)" -le 25 ]
	assert_equal "$(devices)" $'b0\nb1\nn0\nn1'
	end_started
	for device in n0 b0 n1 b1; do
		"$VDPA_TOOL" dev del "$device"
	done
}

@test "the same seed makes the same messages, another one others" {
	load_sim ours net blk

	run -0 digest 7 && assert_equal "$(digest 7)" "$output"
	[ "$(digest 8)" != "$output" ]
}

@test "what was sent can be sent again as it was, all at once or one by one" {
	load_sim ours net blk
	fuzz --messages 500
	sent=$(figure digest)
	mv "$VDPA_OUT/sent" "$VDPA_OUT/before"

	fuzz --replay "$VDPA_OUT/before"
	assert_equal "$(figure digest)" "$sent"
	assert_equal "$(figure messages)" 500
	cmp -n 8 "$VDPA_OUT/sent" "$VDPA_OUT/before"
	fuzz --replay "$VDPA_OUT/before" --one-by-one
	assert_equal "$(figure digest)" "$sent"
	assert_equal "$(figure batches)" 500
	assert_equal "$(grep -c '^message ' <<<"$output")" 500
}
