#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Everything at once for a minute, and its processes killed at random: make stress SECONDS=… does so for longer.
# time limit: 600
# processors: 2

load ../lib/state

@test "devices, drivers and parents that come and go at random, for people who are killed at random, leave nothing behind" {
	load_core ours
	load_bus_drivers vhost_vdpa
	insmod "$VDPA_KO/sim/vdpa_sim.ko"
	insmod "$VDPA_KO/sim/vdpa_sim_net.ko"
	insmod "$VDPA_KO/sim/vdpa_sim_blk.ko"

	run "$VDPA_TOP/tests/fuzz/stress" --seconds "${VDPA_SECONDS:-60}" --seed "${VDPA_SEED:-1}" \
		"$VDPA_KO/sim/vdpa_sim_net.ko" "$VDPA_KO/sim/vdpa_sim_blk.ko" \
		"$(modinfo -n vhost_vdpa)" "$(modinfo -n virtio_vdpa)"
	echo "$output"
	[ "$status" = 0 ]
	echo "# ${lines[-1]}" >&3

	assert_equal "$(devices)" ''
}
