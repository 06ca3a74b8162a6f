#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the pages of doc/ show as to be run works, line by line (tests/tool/doc-examples says which lines these are).

load lib/common
load lib/devices
load lib/examples

setup() {
	common_setup
	load_core ours
	load_bus_drivers vhost_vdpa
	modprobe vhost_iotlb
	insmod "$VDPA_KO/sim/vdpa_sim.ko"
	insmod "$VDPA_KO/sim/vdpa_sim_net.ko"
	insmod "$VDPA_KO/sim/vdpa_sim_blk.ko"
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$VDPA_TOOL" "$BATS_TEST_TMPDIR/bin/vdpa"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	cd "$BATS_TEST_TMPDIR"
}

# step_show FILE - FILE, as PAGE shows it
step_show() {
	awk -v command="    # cat $1" '/^    # / { shown = $0 == command; next } /^[^ ]/ { shown = 0 } shown' "$VDPA_TOP/$PAGE" |
		sed 's/^    //' >"$1"
	[ -s "$1" ]
}

@test "the examples of doc/libvirt.md work" {
	PAGE=doc/libvirt.md
	hook=/etc/libvirt/hooks/qemu.d/vdpa
	[ ! -e "$hook" ]
	install -D -m 755 "$VDPA_TOP/contrib/libvirt/vdpa" "$hook"
	examples_work "$PAGE" doc-examples
	rm -r "$hook" /var/lib/vdpa/descriptions
}

@test "the examples of doc/parents.md work" {
	PAGE=doc/parents.md
	examples_work "$PAGE" doc-examples
}

@test "there is no page of doc/ whose examples are not run" {
	for page in "$VDPA_TOP"/doc/*.md "$VDPA_TOP"/*.md; do
		grep -q '^<!-- run' "$page" || continue
		page=${page#"$VDPA_TOP/"}
		grep -q "^	PAGE=$page$" "$BATS_TEST_FILENAME" || fail "the examples of $page are not run"
	done
}
