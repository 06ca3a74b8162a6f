#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Several devices get the states of others, all or none of them, whatever fails, whoever comes in between.

load lib/state

setup() {
	common_setup
	cd "$BATS_TEST_TMPDIR" || return
}

sims() {
	load_sim ours net blk
	load_bus_drivers vhost_vdpa
}

# disk NAME N - a disk whose driver has done N requests with it; suspended
disk() {
	vdpa dev add name "$1" mgmtdev "$BLK"
	start "$VMM" "$(vhost_of "$1")" blk count "$2" hold 1
	DRIVER[$1]=$PID
	wait_until 30 said "$OUT" holding
	vdpa dev suspend "$1"
}

# prepared NAME - a disk whose driver has negotiated its features, and not started it
prepared() {
	vdpa dev add name "$1" mgmtdev "$BLK"
	start "$VDPA_CLIENTS/vhost_hold" --owner --features "$(jq -r .vdpa_state.features b0.state)" --status 11 \
		"$(vhost_of "$1")"
	DRIVER[$1]=$PID DRIVER_OUT[$1]=$OUT
	wait_until 30 said "$OUT" ready
}

# disks [N] - b0 and b1 with something on them (after N requests), in the files b0.state and b1.state, and c0 and c1, which
# shall have that; all suspended
disks() {
	local name

	disk b0 "${1-200}"
	disk b1 "$((${1-200} - 1))"
	disk c0 20
	disk c1 10
	for name in b0 b1; do vdpa dev state save $name file $name.state; done
}

load_both() { vdpa dev state load c0=b0.state c1=b1.state; }

# has DEV… - all that there is to know of these suspended devices
has() { vdpa dev state save "$@" | jq -c '.vdpa_state | [.features, .virtqueues, .private]' | sha256sum; }

# fault DEV NAME VALUE - a knob of one disk
fault() { knob "$BLK/devices/$1" "$2" "$3"; }

# not_loaded PATTERN - c0 and c1 cannot both be loaded, which PATTERN says; both are as they were.
not_loaded() {
	local before

	before=$(has c0 c1)
	run -2 --separate-stderr load_both
	assert_match "$stderr" "$1"
	assert_equal "$(has c0 c1)" "$before"
}

# loading - a load of c0 and c1 is under way: c0 has it, and the parent is still at c1. Its process is $LOADER.
loading() {
	fault c1 load_delay_ms "${1-60000}"
	start "$VDPA_TOOL" dev state load c0=b0.state c1=b1.state
	LOADER=$PID
	wait_until 30 is_owned
	wait_until 30 has_position c0
}
is_owned() { vdpa dev vq set c0 qidx 0 avail_index "$(position c0)" 2>&1 | grep -q 'c0 is just being loaded'; }
position() { vdpa -j dev vq show "$1" qidx 0 | jq ".vq[\"$1\"].queues[0].avail_index"; }
has_position() { [ "$(position "$1")" = "$(jq '.vdpa_state.virtqueues[0].avail_index' "${1/c/b}.state")" ]; }

# ends ERRNO - what c1's parent is at comes to its end, with this error
ends() {
	fault c1 load_errno "$1"
	fault c1 load_delay_ms 0
}

@test "what a parent refuses of one device the others give back, whichever it is and whenever it is refused" {
	sims
	disks
	for dev in c0 c1; do
		fault $dev load_delay_ms 300
		fault $dev load_errno 5
		not_loaded "$dev: its parent refuses the private state: $EIO \(VDPA_ATTR_DEV_NAME\)"
		fault $dev load_errno 0
		fault $dev load_delay_ms 0
		fault $dev set_vq_state_errno 28
		fault $dev set_vq_state_nth 1
		not_loaded "$dev: its parent refuses queue 0: -(ENOSPC|28)"
	done
	# What only the kernel looks at
	jq -c '.vdpa_state.features = "0x300000000"' b1.state >other && mv b1.state good && mv other b1.state
	not_loaded 'c1: negotiated features 0x[0-9a-f]+, saved 0x300000000'
	mv good b1.state

	load_both
	assert_equal "$(has c0 c1)" "$(has b0 b1)"
}

@test "states that were copied in rounds are loaded all or none as well" {
	sims
	disks
	for name in b0 b1; do
		vdpa dev state save $name precopy file $name.state
		(($(wc -l <$name.state) > 1))
	done
	for dev in c0 c1; do
		fault $dev load_errno 5
		not_loaded "$dev: its parent refuses the private state: $EIO \(VDPA_ATTR_DEV_NAME\)"
		fault $dev load_errno 0
		for other in c0 c1; do
			assert_match "$(<"$KNOBS/$BLK/devices/$other/precopy")" 'staged 0'
		done
	done
	# A round of the second that is refused keeps the first from being loaded.
	cp b1.state good
	jq -c 'if .vdpa_state.round == 0 then .vdpa_state.private = "" else . end' good >b1.state
	not_loaded 'c1: its parent refuses round 0'
	mv good b1.state

	load_both
	assert_equal "$(has c0 c1)" "$(has b0 b1)"
}

@test "a network device gives back what it had as well" {
	sims
	for name in n0 n1; do
		vdpa dev add name $name mgmtdev "$NET" mac 02:00:00:00:00:01
		start "$VMM" "$(vhost_of $name)" net count 20 hold 1
		wait_until 30 has_state $name active
	done
	disk b0 20
	vdpa dev suspend n0 n1
	vdpa dev state save n0 file n0.state
	vdpa dev state save b0 file b0.state
	before=$(has n1)
	fault b0 load_delay_ms 300
	fault b0 load_errno 5

	run -2 vdpa dev state load n1=n0.state b0=b0.state

	assert_equal "$(has n1)" "$before"
	fault b0 load_errno 0
	vdpa dev state load n1=n0.state b0=b0.state
	assert_equal "$(has n1)" "$(has n0)"
}

@test "a device that is not started yet starts with what it had before, where another one was refused" {
	sims
	disks
	prepared e0
	vdpa dev state load e0 file b1.state
	fault c1 load_delay_ms 300
	fault c1 load_errno 5

	run -2 vdpa dev state load e0=b0.state c1=b1.state
	assert_equal "$(position e0)" "$(position b1)"
	kill -ALRM "${DRIVER[e0]}"
	wait_until 30 has_state e0 active
	vdpa dev suspend e0

	# The first load, not the second
	assert_equal "$(vdpa dev state save e0 | jq .vdpa_state.private | sha256sum)" "$(jq .vdpa_state.private b1.state | sha256sum)"
}

@test "while devices are loaded nobody else loads them, writes their queues, suspends or resumes them" {
	sims
	disks
	disk c2 5
	before=$(has c2)
	loading

	for words in 'load c0 file b0.state' 'load c0=b0.state c2=b1.state' 'load c1 file b0.state'; do
		command_refuses 2 'c[01] is just being loaded by another request' dev state $words
	done
	command_refuses 2 'c0 is just being loaded by another request' dev vq set c0 qidx 0 avail_index 7
	command_refuses 2 'c0 is just being loaded by another request' dev resume c2 c0
	command_refuses 2 'c1 is just being loaded by another request' dev suspend c1
	ends 0
	wait "$LOADER"

	assert_equal "$(has c0 c1 c2)" "$(has b0 b1 c2)"
	assert_equal "$(has c2)" "$before"
	# From then on they are anybody's.
	vdpa dev state load c0=b1.state c1=b0.state
	vdpa dev vq set c0 qidx 0 avail_index 7
	vdpa dev resume c0 c2
}

@test "two that want the same devices in another order: one of them gets both" {
	sims
	disks
	for round in {1..10}; do
		start "$VDPA_TOOL" dev state load c0=b0.state c1=b0.state
		first=$PID
		start "$VDPA_TOOL" dev state load c1=b1.state c0=b1.state
		second=$PID done=0
		for pid in "$first" "$second"; do
			wait "$pid" && done=$((done + 1))
		done
		((done >= 1)) || fail "round $round: neither"
		assert_equal "$(has c0)" "$(has c1)"
	done
}

@test "a client that is killed leaves all devices loaded or none, whenever that is" {
	local before after n kills=0

	sims
	disks 30
	before=$(has c0 c1) after=$(has b0 b1)
	# At each of its messages: a piece or more for each device, and one that loads them
	for n in {1..40}; do
		run strace -o /dev/null -e "inject=sendto:signal=SIGKILL:when=$n" "$VDPA_PROGRAM" dev state load c0=b0.state c1=b1.state
		[ "$status" -ne 0 ] || break
		kills=$((kills + 1))
		wait_until 30 nobody_loads
		now=$(has c0 c1)
		[[ $now = "$before" || $now = "$after" ]] || fail "in part, at message $n"
	done
	echo "# killed at $kills messages" >&3
	((kills >= 5))
	assert_equal "$(has c0 c1)" "$after"

	# And in the middle of it
	vdpa dev state load c0=b1.state c1=b0.state
	loading
	finish_off "$LOADER"
	ends 0
	wait_until 30 nobody_loads
	assert_equal "$(has c0 c1)" "$after"
}
nobody_loads() { vdpa dev vq set c1 qidx 0 avail_index "$(position c1)" 2>/dev/null; }

@test "a device that was loaded can be deleted, and reset by its driver, while another one is still loaded" {
	sims
	disks
	loading
	finish_off "${DRIVER[c0]}"
	wait_until 10 has_state c0 inactive
	timeout 20 "$VDPA_TOOL" dev del c0
	ends 5
	ends_with 2 "$LOADER"
	assert_match "$(<"${OUT}")" "c1: its parent refuses the private state"

	disk c0 10
	fault c1 load_errno 0
	load_both
}

@test "what cannot be taken back is told" {
	sims
	disks
	loading
	knob "$BLK" unload_errno 5
	ends 5
	ends_with 2 "$LOADER"
	assert_match "$(<"$OUT")" 'device c0 keeps the loaded state, others do not \(VDPA_ATTR_DEV_NAME\)'
	assert_equal "$(has c0)" "$(has b0)"
	knob "$BLK" unload_errno 0
}

@test "a parent that takes nothing back is not loaded with others, but alone" {
	load_core ours
	modprobe vhost_iotlb
	insmod "$VDPA_KO/sim/vdpa_sim.ko" take_back=N
	insmod "$VDPA_KO/sim/vdpa_sim_blk.ko"
	load_bus_drivers vhost_vdpa
	disks
	not_loaded 'device c0 could not get its old state back if others fail \(VDPA_ATTR_DEV_NAME\)'
	vdpa dev state load c0=b0.state
	assert_equal "$(has c0)" "$(has b0)"
}

@test "the kernel refuses to load what has not come, or not all of it" {
	sims
	disk b0 5
	disk b1 5
	kernel_refuses EINVAL attribute=DEV_NAME 'no state was sent for device b0' dev-state-load DEV_GROUP:names:b0,b1
	kernel_refuses EINVAL missing=DEV_NAME "the device's name is missing" dev-state-load
	kernel_refuses ENODEV attribute=DEV_NAME 'b9' dev-state-load DEV_GROUP:names:b0,b9
}
