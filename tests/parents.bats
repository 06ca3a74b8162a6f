#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Parents that nobody here wrote, on our core: vp_vdpa on virtio devices of a PCI bus, with traffic, and mainline's own
# simulators. Built for this kernel from its sources (tests/vm/mainline).
# time limit: 900
# processors: 2
# virtio-pci: 1

load lib/state

setup() {
	common_setup
	load_core ours
}

# parent_module NAME…
parent_module() {
	local name

	for name; do insmod "$VDPA_KO/mainline/$name.ko"; done
}

# pci_parents - gives the machine's virtio PCI devices of virtio 1 to vp_vdpa: NICS and DISKS name their management devices.
pci_parents() {
	local dir slot

	parent_module vp_vdpa
	NICS=() DISKS=()
	for dir in /sys/bus/pci/devices/*; do
		[ "$(<"$dir/vendor")" = 0x1af4 ] || continue
		slot=${dir##*/}
		case $(<"$dir/device") in
		0x1041) NICS+=("pci/$slot") ;;
		0x1042) DISKS+=("pci/$slot") ;;
		*) continue ;;
		esac
		[ ! -e "$dir/driver" ] || echo "$slot" >"$dir/driver/unbind"
		echo vp-vdpa >"$dir/driver_override"
		echo "$slot" >/sys/bus/pci/drivers/vp-vdpa/bind
	done
	[ ${#NICS[@]} = 2 ] && [ ${#DISKS[@]} = 1 ]
}

# Where the command says that a device can be used
shown_as() { "$VDPA_TOOL" -j dev show "$1" | jq -er ".dev.$1.$2"; }

# The two cards are connected: p0 and p1, each in a namespace of its own.
pci_pair() {
	local i name

	for i in 0 1; do
		vdpa dev add name "p$i" mgmtdev "${NICS[i]}"
		wait_until 20 shown_as "p$i" netdev >/dev/null
		name=$(shown_as "p$i" netdev)
		ip netns add "ns$i"
		ip link set "$name" netns "ns$i" name eth0
		ip -n "ns$i" addr add "10.0.0.$((i + 1))/24" dev eth0
		ip -n "ns$i" link set eth0 up
	done
}

@test "vp_vdpa's network devices are shown with their interfaces, and carry frames" {
	load_bus_drivers virtio_vdpa
	pci_parents
	pci_pair
	has_state p0 active

	in_ns 0 ping -q -c 3 -i 0.2 -w 20 10.0.0.2
	in_ns 0 ping -q -f -c 300 -s 1400 -w 60 10.0.0.2

	vdpa dev del p0
	vdpa dev add name p0 mgmtdev "${NICS[0]}"
	wait_until 20 shown_as p0 netdev
	wait_until 20 has_state p0 active
}

@test "vp_vdpa's disk is shown with its block device, and keeps what is written" {
	load_bus_drivers virtio_vdpa
	pci_parents
	vdpa dev add name q0 mgmtdev "${DISKS[0]}"
	wait_until 20 shown_as q0 blockdev
	assert_equal "$(shown_as q0 pci)" "${DISKS[0]#pci/}"
	disk=$(shown_as q0 blockdev)
	[ -b "$disk" ]

	fio --name=verified --filename="$disk" --direct=1 --ioengine=libaio --rw=randwrite --bs=4k --iodepth=8 --size=4m \
		--verify=crc32c --do_verify=1 --verify_fatal=1 >"$BATS_TEST_TMPDIR/fio" || fail "$(<"$BATS_TEST_TMPDIR/fio")"
	numbered 65536 | dd of="$disk" bs=64k oflag=direct conv=fsync status=none
	vdpa dev del q0
	vdpa dev add name q1 mgmtdev "${DISKS[0]}"
	wait_until 20 shown_as q1 blockdev
	numbered 65536 | cmp -n 65536 - "$(shown_as q1 blockdev)"
}

@test "what vp_vdpa cannot do is not among its capabilities, nor is it tried" {
	load_bus_drivers virtio_vdpa
	pci_parents
	vdpa dev add name q0 mgmtdev "${DISKS[0]}"
	wait_until 20 has_state q0 active

	[ "$(shown q0 '.capabilities | length')" = 0 ]
	vdpa -j dev migration show q0 | jq -e '[.. | objects | select(.name == "capabilities")][0].value == []'
	kernel_refuses EOPNOTSUPP attribute=DEV_NAME 'q0 cannot be suspended: its parent does not know how' \
		dev-suspend DEV_NAME:str:q0
	command_refuses 2 'q0' dev state save q0 file /dev/null
	vdpa -j dev vq show q0 | jq -e '.vq.q0.queues | length == 2 and all(has("avail_index") | not)'
}

@test "vp_vdpa's module goes in the middle of traffic" {
	load_bus_drivers virtio_vdpa
	pci_parents
	pci_pair
	start ip netns exec ns0 ping -q -f 10.0.0.2
	wait_until 10 alive "$PID"

	rmmod vp_vdpa

	gone p0
	gone p1
	[ "$(vdpa -j mgmtdev show | jq '.mgmtdev | length')" = 0 ]
}

@test "mainline's simulated disk runs on this core: data, suspend, positions, holds" {
	modprobe vhost_iotlb
	parent_module vringh vdpa_sim vdpa_sim_blk
	load_bus_drivers virtio_vdpa
	vdpa dev add name b0 mgmtdev vdpasim_blk
	wait_until 20 shown_as b0 blockdev
	disk=$(shown_as b0 blockdev)

	fio --name=verified --filename="$disk" --direct=1 --ioengine=libaio --rw=randwrite --bs=4k --iodepth=8 --size=1m \
		--verify=crc32c --do_verify=1 --verify_fatal=1 >"$BATS_TEST_TMPDIR/fio" || fail "$(<"$BATS_TEST_TMPDIR/fio")"

	vdpa dev suspend b0 deadline 60000
	has_state b0 suspended
	vdpa -j dev vq show b0 | jq -e '.vq.b0.queues[0] | .stable and .avail_index > 0'
	vdpa dev resume b0
	dd if="$disk" of=/dev/null bs=4k count=16 iflag=direct status=none
	vdpa dev del b0
}

@test "mainline's simulated network device runs on this core: frames, suspend, positions, holds" {
	modprobe vhost_iotlb
	parent_module vringh vdpa_sim vdpa_sim_net
	load_bus_drivers virtio_vdpa
	vdpa dev add name n0 mgmtdev vdpasim_net mac 52:54:00:00:00:20
	wait_until 20 shown_as n0 netdev
	name=$(shown_as n0 netdev)
	ip link set "$name" up

	# What is sent to its own address comes back.
	before=$(<"/sys/class/net/$name/statistics/tx_packets")
	ip neigh add 10.9.0.9 lladdr 52:54:00:00:00:20 dev "$name"
	ip addr add 10.9.0.1/24 dev "$name"
	ping -q -c 3 -i 0.2 -w 1 10.9.0.9 || [ $? = 1 ]
	[ "$(<"/sys/class/net/$name/statistics/tx_packets")" -ge $((before + 3)) ]
	[ "$(<"/sys/class/net/$name/statistics/rx_packets")" -ge 3 ]

	command_refuses 2 'n0 has a control queue this host uses: needs force' dev suspend n0
	vdpa dev suspend n0 force
	held_by n0 '["management"]'
	vdpa dev resume n0
	vdpa dev vstats show n0 qidx 0
	vdpa dev del n0
}

@test "mainline's simulators go while their devices are in use, and come again" {
	modprobe vhost_iotlb
	parent_module vringh vdpa_sim vdpa_sim_blk vdpa_sim_net
	load_bus_drivers virtio_vdpa
	for round in 1 2 3; do
		vdpa dev add name b0 mgmtdev vdpasim_blk
		vdpa dev add name n0 mgmtdev vdpasim_net
		wait_until 20 shown_as b0 blockdev
		start dd if="$(shown_as b0 blockdev)" of=/dev/null bs=4k iflag=direct
		rmmod vdpa_sim_net vdpa_sim_blk
		gone b0
		gone n0
		parent_module vdpa_sim_net vdpa_sim_blk
	done
}
