#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The simulated NIC under DPDK, one of whose threads spins on a processor of its own.
# processors: 2

load ../lib/common
load ../lib/sim

@test "DPDK's testpmd forwards between two devices through virtio_user" {
	load_sim ours net
	load_bus_drivers vhost_vdpa
	vdpa dev add name n0 mgmtdev "$NET" mac 02:00:00:00:00:01
	vdpa dev add name n1 mgmtdev "$NET" mac 02:00:00:00:00:02
	mkdir -p "$BATS_TEST_TMPDIR/huge"
	mount -t hugetlbfs none "$BATS_TEST_TMPDIR/huge"
	echo 96 >/proc/sys/vm/nr_hugepages

	ulimit -l unlimited
	start dpdk-testpmd -l 0-1 --no-pci --iova-mode=va --huge-dir "$BATS_TEST_TMPDIR/huge" -m 64 \
		--vdev="net_virtio_user0,path=$(vhost_of n0),mac=02:00:00:00:00:01" \
		--vdev="net_virtio_user1,path=$(vhost_of n1),mac=02:00:00:00:00:02" -- \
		--forward-mode=mac --eth-peer=0,02:00:00:00:00:02 --eth-peer=1,02:00:00:00:00:01 \
		--tx-first --total-num-mbufs=2048 --no-mlockall --stats-period=1

	for dev in n0 n1; do
		wait_until 120 vstat_above "$dev" 0 'rx packets' 1000
		assert_equal "$(vstat "$dev" 1 'tx errors') $(vstat "$dev" 0 'rx errors')" '0 0'
	done
	kill -INT "$PID"
	wait_until 60 ended "$PID"
	umount "$BATS_TEST_TMPDIR/huge"
	echo 0 >/proc/sys/vm/nr_hugepages
}
