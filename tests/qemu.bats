#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Guests of a real virtual machine monitor: QEMU, with its own live migration.
# processors: 2

load lib/common
load lib/sim
load lib/qemu

# What QEMU is told of a NIC besides
NETDEV=()

# wire [PARAMETER…] - both classes of devices for QEMU's guests, and this machine at the other end of their network
wire() {
	load_sim ours net blk "$@"
	load_bus_drivers vhost_vdpa virtio_vdpa
	serve
}

# state_of DEV
state_of() { [[ $(vdpa dev show "$1") =~ \ state\ ([a-z]+) ]] && echo "${BASH_REMATCH[1]}"; }
has_state() { [ "$(state_of "$1")" = "$2" ]; }

# guest_on DEV [FEATURES] - a guest that has DEV, and is at work; QEMU is "source".
guest_on() {
	vdpa dev add name "$1" mgmtdev "$NET" mac $GUEST_MAC ${2:+device_features "$2"}
	nic_words "$1" "${NETDEV[@]}"
	qemu_start source "${NIC[@]}"
	fetches_on
	has_state "$1" active
}

# target_on DEV SOURCE - creates DEV by what the plan for SOURCE says, and starts a QEMU, "target", that waits for its guest.
target_on() {
	if gone "$1"; then
		vdpa -j dev migration show "$2" >"$BATS_TEST_TMPDIR/description"
		PATH=${VDPA_PROGRAM%/*}:$PATH bash -ec "$(vdpa migration plan source "$BATS_TEST_TMPDIR/description" mgmtdev "$NET" name "$1")"
	fi
	vdpa migration check source "$BATS_TEST_TMPDIR/description" dev "$1"
	nic_words "$1" "${NETDEV[@]}"
	WAY=$BATS_TEST_TMPDIR/way
	rm -f "$WAY"
	qemu_start target "${NIC[@]}" -incoming "unix:$WAY"
	wait_until 20 test -S "$WAY"
}

# Slowly: it takes a minute if nobody puts an end to it.
begin_slowly() {
	qmp source migrate-set-parameters '{"max-bandwidth":2048}'
	qmp source migrate "{\"uri\":\"unix:$WAY\"}"
	wait_until 20 migration_is source active
}

# migrate - QEMU moves its guest from "source" to "target".
migrate() {
	qmp source migrate "{\"uri\":\"unix:$WAY\"}"
	wait_until 60 migration_is source completed
}

# stays_on DEV - the guest works on, on its device, and has missed nothing.
stays_on() {
	runs source
	wait_until 20 has_state "$1" active
	fetches_on
	none_lost
}

# changes_of DEV - what the monitor has told of it: "old new cause", a line each
changes_of() {
	jq -r "select(.event == \"dev_state\" and .dev == \"$1\") | \"\\(.old) \\(.state) \\(.cause)\"" "$WATCHED"
}

@test "QEMU migrates a guest to a device that a plan has created: nothing is lost, and the source's device is free" {
	choose_qemu
	wire
	guest_on n0
	start "$VDPA_TOOL" -j -s monitor dev
	WATCHED=$OUT
	wait_until 20 said "$WATCHED" n0
	target_on n1 n0

	migrate

	echo "# QEMU: downtime $(sed 's/.*"downtime": \([0-9]*\).*/\1/' <<<"$ANSWER") ms" >&3
	wait_until 20 has_state n1 active
	has_state n0 inactive
	runs target
	quit source
	vdpa dev del n0 nowait
	fetches_on 20
	none_lost
	kill "$(qemu_pid target)"

	# The driver's last suspend is the one after which the guest went on elsewhere.
	assert_equal "$(changes_of n0 | grep driver | tail -n 3)" $'active suspending driver\nsuspending suspended driver\nsuspended inactive driver'
	assert_equal "$(changes_of n1 | head -n 1)" 'inactive active driver'
}

@test "a migration that is cancelled, and one whose target is killed, leave the guest where it is, and the command says so" {
	choose_qemu
	wire
	guest_on n0

	target_on n1 n0
	begin_slowly
	qmp source migrate_cancel
	wait_until 60 migration_is source cancelled
	stays_on n0
	wait_until 20 ended "$(qemu_pid target)"
	has_state n1 inactive

	target_on n1 n0
	begin_slowly
	kill -KILL "$(qemu_pid target)"
	wait_until 60 migration_is source failed
	stays_on n0
	has_state n1 inactive
	vdpa dev del n1 nowait
}

@test "QEMU says that it cannot migrate a guest whose device has indirect descriptors, and the guest goes on" {
	choose_qemu
	wire
	guest_on n0 -SUSPEND

	qmp_refuses source 'SVQ Invalid device feature flags' migrate '{"uri":"exec:cat >/dev/null"}'

	stays_on n0
}

@test "with x-svq=on all goes through QEMU's own virtqueues from the start, in memory that is its own" {
	choose_qemu qemu-system-x86_64
	ulimit -l unlimited
	wire use_va=0
	NETDEV=(x-svq=on)

	guest_on n0 -RING_INDIRECT_DESC,-CTRL_RX,-CTRL_VLAN,-SUSPEND

	fetches_on 20
	none_lost
}

@test "a guest boots from a disk that is QEMU's vhost-vdpa-device, and this machine finds what it has written there" {
	choose_qemu
	load_sim ours blk
	load_bus_drivers vhost_vdpa
	vdpa dev add name b0 mgmtdev "$BLK"
	{ cat "$VDPA_CLIENTS/bootsector"; head -c 3584 /dev/zero; } | "$VMM" "$(vhost_of b0)" image write blocks 1

	qemu_start disk -device "vhost-vdpa-device-pci,vhostdev=$(vhost_of b0)"
	wait_until 60 grep -q 'block' "$BATS_TEST_TMPDIR/disk.serial"
	assert_equal "$(tr -d '\r' <"$BATS_TEST_TMPDIR/disk.serial")" 'all blocks are right'
	qmp_refuses disk 'migrat' migrate '{"uri":"exec:cat >/dev/null"}'
	quit disk

	run -0 bash -c "'$VMM' '$(vhost_of b0)' image read blocks 65 | tail -c +4097 | od -An -v -tu2 -w2 | uniq -c"
	assert_equal "$(tr -s ' ' <<<"$output")" "$(printf ' 2048 %d\n' {1..64})"
}
