#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Drivers that break the rules, by mistake or on purpose.
# time limit: 1200
# processors: 2

load ../lib/common
load ../lib/sim

# How often a driver is mad, by whether the rings are translated to user addresses or to physical ones: in rounds, which
# are as many on a slow machine.
ROUNDS_MAD=([1]=120000 [0]=30000)

# One device that is to suffer and one of the same parent that others rely on.
hostile_and_peaceful() {
	load_sim ours net blk "$@"
	load_bus_drivers vhost_vdpa
	vdpa dev add name n0 mgmtdev "$NET" max_vqp 2 device_features -SUSPEND
	vdpa dev add name n1 mgmtdev "$NET"
	vdpa dev add name b0 mgmtdev "$BLK"
	vdpa dev add name b1 mgmtdev "$BLK"
}

# mad ROUNDS DEV - a driver begins to feed that device's rings with garbage, so often
mad() {
	local seed=$RANDOM

	echo "$2: seed $seed"
	start "$VMM" "$(vhost_of "$2")" fuzz seed "$seed" rounds "$1"
	MAD+=("$PID") MAD_OUT+=("$OUT")
}

any_mad() {
	local pid

	for pid in "${MAD[@]}"; do
		ended "$pid" || return 0
	done
	return 1
}

# others_work NET BLK - while there are mad drivers, others have their devices for themselves
others_work() {
	while any_mad; do
		"$VMM" "$(vhost_of "$1")" net count 300
		"$VMM" "$(vhost_of "$2")" blk count 300
	done
}

# all_were_mad - each has broken rings and had to reset its device
all_were_mad() {
	local out

	wait "${MAD[@]}"
	for out in "${MAD_OUT[@]}"; do
		assert_match "$(<"$out")" 'rounds [1-9][0-9]{4}'
		assert_match "$(<"$out")" 'resets [1-9]'
	done
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

@test "120000 rounds of mad drivers do no harm to a network device nor a disk, nor to their neighbours" {
	for va in 1 0; do
		hostile_and_peaceful use_va=$va
		MAD=() MAD_OUT=()
		mad "${ROUNDS_MAD[va]}" n0
		mad "${ROUNDS_MAD[va]}" b0
		others_work n1 b1
		all_were_mad
		"$VMM" "$(vhost_of n0)" net count 300
		"$VMM" "$(vhost_of b0)" blk count 300
		unload_all
	done
}

@test "two mad drivers on one switch do no harm to a third device" {
	hostile_and_peaceful
	vdpa dev add name n2 mgmtdev "$NET" max_vqp 4 device_features -SUSPEND
	MAD=() MAD_OUT=()
	mad 30000 n2
	mad 30000 n0

	others_work n1 b1
	all_were_mad
	"$VMM" "$(vhost_of n0)" net count 300
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
