#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Drivers that break the rules, by mistake or on purpose.
# time limit: 1200

load ../lib/common
load ../lib/sim

# How long a driver is mad, in seconds, by whether the rings are translated to user addresses or to physical ones.
MAD=([1]=60 [0]=15)

# One device that is to suffer and one of the same parent that others rely on.
hostile_and_peaceful() {
	load_sim ours net blk "$@"
	load_bus_drivers vhost_vdpa
	vdpa dev add name n0 mgmtdev "$NET" max_vqp 2
	vdpa dev add name n1 mgmtdev "$NET"
	vdpa dev add name b0 mgmtdev "$BLK"
	vdpa dev add name b1 mgmtdev "$BLK"
}

# fuzzed SECONDS DEV PEACEFUL PROGRAM… - a mad driver on DEV while the program runs again and again on PEACEFUL
fuzzed() {
	local seconds=$1 dev=$2 peaceful=$3 seed=$RANDOM
	shift 3

	echo "seed $seed"
	start "$VMM" "$(vhost_of "$dev")" fuzz seed "$seed" seconds "$seconds"
	while ! ended "$PID"; do
		"$VMM" "$(vhost_of "$peaceful")" "$@"
	done
	wait "$PID"
	cat "$OUT"
	assert_match "$(cat "$OUT")" 'rounds [1-9]'
	assert_match "$(cat "$OUT")" 'resets [1-9]'
	"$VMM" "$(vhost_of "$dev")" "$@"
}

@test "each way to break a ring makes a disk ask for a reset, and work again after it" {
	for va in 1 0; do
		hostile_and_peaceful use_va=$va
		node=$(vhost_of b0)
		for kind in $("$VMM" "$node" break help); do
			run "$VMM" "$node" break "$kind"
			assert_equal "$status: $output" "0: $kind: needs reset
$kind: works again"
		done
		unload_all
	done
}

@test "a broken ring is one line in the log, and a thousand are few" {
	hostile_and_peaceful
	lines() { kernel_log | grep -c "$1: virtqueue .*; the device needs a reset"; }
	"$VMM" "$(vhost_of b0)" break head-index
	assert_equal "$(lines b0)" 1
	assert_match "$(kernel_log)" 'b0: virtqueue 0: descriptor index beyond the ring; the device needs a reset'

	"$VMM" "$(vhost_of b1)" fuzz seed 3 seconds 6 | tee "$BATS_TEST_TMPDIR/out"
	resets=$(sed -n 's/^resets //p' "$BATS_TEST_TMPDIR/out")
	((resets > 100 && $(lines b1) <= 40))
}

@test "a minute of a mad driver does no harm to a network device nor to its neighbours" {
	for va in 1 0; do
		hostile_and_peaceful use_va=$va
		fuzzed "${MAD[va]}" n0 n1 net count 300
		unload_all
	done
}

@test "a minute of a mad driver does no harm to a disk nor to its neighbours" {
	for va in 1 0; do
		hostile_and_peaceful use_va=$va
		fuzzed "${MAD[va]}" b0 b1 blk count 300
		unload_all
	done
}

@test "two mad drivers on one switch do no harm to a third device" {
	hostile_and_peaceful
	vdpa dev add name n2 mgmtdev "$NET" max_vqp 4
	start "$VMM" "$(vhost_of n2)" fuzz seed 7 seconds 22
	second=$PID

	fuzzed 20 n0 n1 net count 300
	wait "$second"
}

@test "a driver that has mapped nothing gets at nothing, wherever its rings point" {
	for va in 1 0; do
		hostile_and_peaceful use_va=$va
		run "$VMM" "$(vhost_of b0)" break nothing-mapped
		assert_equal "$status: $output" $'0: nothing-mapped: needs reset\nnothing-mapped: works again'
		assert_match "$(kernel_log)" 'b0: virtqueue 0: available ring is not mapped; the device needs a reset'
		unload_all
	done
}
