#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The examples of the README and of the pages of doc/ that are marked to be run work, and print what the pages show
# (tests/tool/doc-examples says how they are marked).

load lib/common
load lib/devices
load lib/examples

UPDATES=/lib/modules/$(uname -r)/updates

# teardown_file - what a test that failed may have left would be the next file's core
teardown_file() {
	[ ! -e "$UPDATES/vdpa.ko" ] || { rm "$UPDATES/vdpa.ko"; depmod; }
}

# host CORE - with vhost_vdpa and the simulated parents on it
host() {
	load_core "$1"
	load_bus_drivers vhost_vdpa
	load_parents
}

load_parents() {
	modprobe vhost_iotlb
	insmod "$VDPA_KO/sim/vdpa_sim.ko"
	insmod "$VDPA_KO/sim/vdpa_sim_net.ko"
	insmod "$VDPA_KO/sim/vdpa_sim_blk.ko"
}

setup() {
	common_setup
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

# step_parents go|come - the parent drivers, which modprobe knows nothing of here
step_parents() {
	case $1 in
	go) rmmod vdpa_sim_net vdpa_sim_blk vdpa_sim ;;
	come) load_parents ;;
	esac
}

# step_installed yes|no - the package is there, or gone
step_installed() {
	case $1 in
	yes) install -D -m 644 "$VDPA_KO/core/vdpa.ko" "$UPDATES/vdpa.ko" ;;
	no) rm "$UPDATES/vdpa.ko" ;;
	esac
	depmod
}

# step_core ours|distribution - which one is loaded: this project's alone has commands from 64 on
step_core() {
	run nl_raw dev-vq-get DEV_NAME:str:none
	case $1 in
	ours) [ "$(line errno)" = ENODEV ] ;;
	distribution) [ "$(line errno)" = EOPNOTSUPP ] ;;
	esac || fail "the core is not $1:" "$output"
}

@test "the examples of README.md work" {
	PAGE=README.md
	load_core ours
	load_bus_drivers virtio_vdpa
	load_parents
	examples_work "$PAGE" doc-examples
}

@test "the examples of doc/libvirt.md work" {
	PAGE=doc/libvirt.md
	host ours
	hook=/etc/libvirt/hooks/qemu.d/vdpa
	[ ! -e "$hook" ]
	install -D -m 755 "$VDPA_TOP/contrib/libvirt/vdpa" "$hook"
	examples_work "$PAGE" doc-examples
	rm -r "$hook" /var/lib/vdpa/descriptions
}

@test "the examples of doc/parents.md work" {
	PAGE=doc/parents.md
	host ours
	examples_work "$PAGE" doc-examples
}

@test "the examples of doc/deploy.md work: a host goes over to this core, and back" {
	PAGE=doc/deploy.md
	host distro
	vdpa dev add name n0 mgmtdev vdpasim_net mac 02:00:00:00:00:01
	examples_work "$PAGE" doc-examples
}

@test "there is no page whose examples are not run" {
	for page in "$VDPA_TOP"/doc/*.md "$VDPA_TOP"/*.md; do
		grep -q '^<!-- run' "$page" || continue
		page=${page#"$VDPA_TOP/"}
		grep -q "^	PAGE=$page$" "$BATS_TEST_FILENAME" || fail "the examples of $page are not run"
	done
}
