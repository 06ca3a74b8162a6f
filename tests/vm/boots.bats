#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A host that boots again has its devices again.

load ../lib/common

# boots COMMAND - a machine that boots, with the directory $KEPT that all of them share
boots() {
	run -0 --separate-stderr "$VDPA_TOP/tests/vm/run" --out "$KEPT" --timeout 300 -- bash -euc '
		insmod "$VDPA_KO/core/vdpa.ko"
		modprobe -a vhost_iotlb vhost_vdpa
		[ -z "$("$VDPA_TOOL" dev show)" ]
		'"$1"
}
PARENTS='insmod "$VDPA_KO/sim/vdpa_sim.ko"; insmod "$VDPA_KO/sim/vdpa_sim_net.ko"; insmod "$VDPA_KO/sim/vdpa_sim_blk.ko"'

@test "what is saved before a boot is there after the next one, created when its management device comes" {
	KEPT=$BATS_TEST_TMPDIR/kept
	mkdir -p "$KEPT/etc"

	boots "$PARENTS"'
		printf "%s" "{\"dev\": {\"n0\": {\"mgmtdev\": \"vdpasim_net\", \"max_vqp\": 2}, \"b0\": {\"mgmtdev\": \"vdpasim_blk\"}}}" \
			>/run/wanted.json
		"$VDPA_TOOL" apply /run/wanted.json
		"$VDPA_TOOL" dev set n0 mac 52:54:00:00:00:77
		"$VDPA_TOOL" save file "$VDPA_OUT/etc/all.json"
		"$VDPA_TOOL" -j dev show >"$VDPA_OUT/before"'

	# The parents come later than the watch, as hardware does.
	boots '
		"$VDPA_TOOL" apply -watch "$VDPA_OUT/etc" >/run/said 2>&1 &
		watch=$!
		'"$PARENTS"'
		timeout 60 "$VDPA_TOOL" dev wait n0 chardev
		timeout 60 "$VDPA_TOOL" dev wait b0 chardev
		"$VDPA_TOOL" -j dev show >"$VDPA_OUT/after"
		[ -z "$("$VDPA_TOOL" apply "$VDPA_OUT/etc")" ]
		"$VDPA_TOOL" -j dev config show n0 >"$VDPA_OUT/config"
		kill "$watch"
		wait "$watch"'

	what='.dev | map_values({type, mgmtdev, driver, max_vqs, max_vqp: .created_with.max_vqp})'
	assert_equal "$(jq -S "$what" "$KEPT/after")" "$(jq -S "$what" "$KEPT/before")"
	jq -e '.config.n0.mac == "52:54:00:00:00:77"' "$KEPT/config"
}
