#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The examples of the man pages work, and print what the pages show (tests/tool/man-examples says how they are marked).

load lib/common
load lib/devices
load lib/examples
load lib/guest

VMM=$VDPA_CLIENTS/vdpa_vmm

# What the pages suppose to be there (tests/tool/man-examples)
setup() {
	common_setup
	load_core ours
	load_bus_drivers virtio_vdpa
	truncate -s 64M "$BATS_TEST_TMPDIR/disk"
	start_vduse_disk v0 "$BATS_TEST_TMPDIR/disk" num-queues=2
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$VDPA_TOOL" "$BATS_TEST_TMPDIR/bin/vdpa"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

# Those pages that suspend something need a device that can be suspended: vduse's cannot.
load_simulated_disks() {
	modprobe vhost_iotlb
	insmod "$VDPA_KO/sim/vdpa_sim.ko"
	insmod "$VDPA_KO/sim/vdpa_sim_blk.ko"
	cd "$BATS_TEST_TMPDIR"
}

@test "the examples of vdpa(8) work" {
	examples_work man/vdpa.8 man-examples
}

@test "the examples of vdpa-mgmtdev(8) work" {
	examples_work man/vdpa-mgmtdev.8 man-examples
}

@test "the examples of vdpa-dev(8) work" {
	load_simulated_disks
	examples_work man/vdpa-dev.8 man-examples
}

@test "the examples of vdpa-monitor(8) work" {
	load_simulated_disks
	examples_work man/vdpa-monitor.8 man-examples
}

# A guest that works with b0, whose data is where b1 finds it
step_start() {
	echo pool >/sys/kernel/debug/vdpasim_blk/store
	vdpa dev add name b0 mgmtdev vdpasim_blk
	guest_start vm "$(vhost_node b0)" blk queues 2
	guest vm go
}
# The file as the page shows it
step_show() {
	awk -v command="# cat $1" '/^# / || /^\.EE/ { shown = $0 == command; next } shown' "$VDPA_TOP/man/vdpa-migration.8" |
		sed 's/\\-/-/g; s/\\(dq/"/g' >"$1"
	[ -s "$1" ]
}
step_prepare() { guest vm prepare "$(vhost_node "$1")"; }
step_pause() { guest vm pause; }
step_continue() {
	guest vm continue
	guest vm wait 100
}
step_finish() { step_end b1; }
step_end() {
	guest vm finish
	guest_ends vm
	vdpa dev del "$1"
}
# A guest that works with c0, whose data nobody else finds
step_private() {
	echo >/sys/kernel/debug/vdpasim_blk/store
	vdpa dev add name c0 mgmtdev vdpasim_blk
	vdpa dev add name c1 mgmtdev vdpasim_blk
	guest_start vm "$(vhost_node c0)" blk queues 2
	guest vm go
}

# It has moved nowhere.
step_finish_b0() {
	guest vm finish
	guest_ends vm
	vdpa dev del b0
}

@test "the examples of vdpa-migration(8) work" {
	rmmod virtio_vdpa
	load_bus_drivers vhost_vdpa
	load_simulated_disks
	examples_work man/vdpa-migration.8 man-examples
}

# The machine's kernel has its own core installed, and ours is loaded.
@test "the examples of vdpa-doctor(8) work" {
	examples_work man/vdpa-doctor.8 man-examples
}

@test "the examples of vdpa-apply(8) work" {
	load_simulated_disks
	examples_work man/vdpa-apply.8 man-examples
}

@test "there is no man page whose examples are not run" {
	for page in "$VDPA_TOP"/man/*.8; do
		grep -q "examples_work man/${page##*/} " "$BATS_TEST_FILENAME" || fail "the examples of ${page##*/} are not run"
	done
}
